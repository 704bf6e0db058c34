//! What one listener of a run went through.

use std::collections::BTreeMap;

/// What one listener went through. Times are in ms; what did not happen is absent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListenerObservation {
    /// Intended start until playback started.
    pub startup_ms: Option<f64>,
    /// Intended start until the first audio byte.
    pub ttfa_ms: Option<f64>,
    /// The same and the silence at its head; absent where nobody listened to it.
    pub ttfa_audible_ms: Option<f64>,
    /// Intended start until block 0 was ready.
    pub first_block_ms: Option<f64>,
    /// Transport and handshake.
    pub connect_ms: Option<f64>,
    /// One value a block that was delivered.
    pub round_trip_ms: Vec<f64>,
    /// One value a block that was delivered.
    pub response_time_ms: Vec<f64>,
    /// One value a pair of blocks of one request.
    pub synthesis_time_ms: Vec<f64>,
    /// By figure of streams, one value a block that was delivered and of which it says something.
    pub streams: BTreeMap<&'static str, Vec<f64>>,
    /// Whether a block came in several pieces, as a stream.
    pub has_pieces: bool,
    /// Blocks that failed.
    pub blocks_failed: u32,
    /// Blocks it set out to hear.
    pub blocks_intended: u32,
    /// Blocks that were delivered.
    pub blocks_ok: u32,
    /// Those of them that the service passed over, so that nobody heard them.
    pub blocks_skipped: u32,
    /// Blocks that were not delivered though they should have been: failed (also after they were called ready), stopped or
    /// never reached.
    pub blocks_missing: u32,
    /// Stalls after playback had begun.
    pub underruns: u32,
    /// Their lengths together.
    pub stalled_ms: f64,
    /// Intended start until the end of the session; absent when no end is on record.
    pub listened_ms: Option<f64>,
    /// Failures, as the errors by cause count them.
    pub errors: u64,
    /// Whether anybody would have reported what was asked for again and given up; files of the older script do not.
    pub reports_incidents: bool,
    /// Requests for a block after its first.
    pub resends: u64,
    /// Blocks among the intended ones that were asked for again.
    pub blocks_resent: u32,
    /// Blocks among the intended ones that were given up.
    pub blocks_given_up: u32,
    /// How it came to its end, as far as it listened to one.
    pub ending: Ending,
}

/// How far a listener listened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ending {
    /// It failed, was stopped, or has no end on record.
    #[default]
    Cut,
    /// To the end of its text.
    Completed,
    /// Until it had heard as much as it came for.
    Left,
    /// Until it hung up, of its own will.
    HungUp,
}

impl ListenerObservation {
    /// Whether audio came to it as a stream.
    #[must_use]
    pub fn is_streamed(&self) -> bool {
        self.has_pieces || !self.streams.is_empty()
    }

    /// Whether it listened without an underrun, to the end of its text or until it left of its own will.
    #[must_use]
    pub const fn is_underrun_free(&self) -> bool {
        let was_cut = matches!(self.ending, Ending::Cut);
        !was_cut && self.startup_ms.is_some() && self.underruns == 0
    }

    /// Whether it came to the end of its text.
    #[must_use]
    pub const fn is_completed(&self) -> bool {
        matches!(self.ending, Ending::Completed)
    }

    /// Whether it got all it came for: every block, to the end of its text or of the time that it meant to listen, without an underrun. What the
    /// service passed over it did not get, and whoever hung up before did not get the rest.
    #[must_use]
    pub const fn is_well_served(&self) -> bool {
        let heard_all = matches!(self.ending, Ending::Completed | Ending::Left);
        heard_all
            && self.is_underrun_free()
            && self.blocks_skipped == 0
            && self.blocks_ok >= self.blocks_intended
    }
}
