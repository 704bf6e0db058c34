//! What `run.json` says of the file with what a listener heard.

use serde::{Deserialize, Serialize};

use crate::seal::FileSeal;

/// What a listener heard, as far as it is in the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HeardRecord {
    /// Whom it is of.
    pub listener: u32,
    /// Who was asked for: `worst`, or a number.
    pub asked: String,
    /// When the file begins, counted from the run's start.
    pub from_ms: f64,
    /// How long it is.
    pub length_ms: f64,
    /// How much of the wait for the first sound lies before it.
    pub startup_left_out_ms: f64,
    /// For how long the session went on behind its end.
    pub cut_ms: f64,
    /// Blocks that were heard and are silent in it: their audio was not kept, or nobody here can decode it.
    pub silent_blocks: u32,
    /// Who waited longest, where that is somebody else than was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waited_longer: Option<WaitedLonger>,
    /// The file as it was written; filled in when it is written.
    #[serde(default)]
    pub(crate) file: Option<FileSeal>,
}

/// A listener that waited longer than the one that was kept.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct WaitedLonger {
    /// Who.
    pub listener: u32,
    /// How long between sounds: in stalls, and for later answers of a conversation.
    pub between_ms: f64,
    /// How long for the first sound.
    pub startup_ms: f64,
}

impl HeardRecord {
    /// Makes the record of a file that is still to be written.
    #[must_use]
    pub const fn new(listener: u32, asked: String) -> Self {
        Self {
            listener,
            asked,
            from_ms: 0.0,
            length_ms: 0.0,
            startup_left_out_ms: 0.0,
            cut_ms: 0.0,
            silent_blocks: 0,
            waited_longer: None,
            file: None,
        }
    }
}
