//! Names of figures of streams that are computed apart.

pub(crate) const TURN_RESPONSE: &str = "turn_response";
pub(crate) const AFTER_CANCEL: &str = "after_cancel";
pub(crate) const AFTER_HEARD: &str = "after_heard";
pub(crate) const CANCEL_RATIO: &str = "cancel_ratio";
pub(crate) const AUDIO_RATE: &str = "audio_rate";
pub(crate) const CHARS_PER_SECOND: &str = "chars_per_second";
pub(crate) const UNWANTED_BYTES: &str = "unwanted_bytes";
pub(crate) const BARGE_INS: &str = "barge_ins";
