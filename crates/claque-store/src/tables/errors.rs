//! Failures.

use claque_core::{
    event::{Failure, FailureScope},
    ids::{BlockIdx, ListenerId},
    record::ErrorRecord,
    time::Instant,
};
use claque_stats::names::{class_from_name, phase_from_name, phase_name};

use super::{MOMENT, NAME, NUMBER};
use crate::columns::{table, text};

table! {
    /// A row of `errors.parquet`, and an element of `errors` in `run.json`.
    ErrorRow<Text> of ErrorRecord, in ERRORS = "errors" with ERROR_COLUMNS, reads 0;

    /// number of the listener whose session it was
    listener: u32, NUMBER => |record| record.listener.0;
    /// when
    at_ns: u64, MOMENT => |record| record.at.as_nanos();
    /// how far the session was, see above
    phase: Text, NAME => |record| text(phase_name(record.failure.phase));
    /// of which kind it is, see above
    class: Text, NAME => |record| text(record.failure.class.as_str());
    /// number of the protocol
    code: Option<u16>, "number of the protocol" => |record| record.failure.code;
    /// words of the service
    text: Text, "words of the service" => |record| text(record.failure.text.as_str());
    /// the block it ended; empty when it ended the session
    block: Option<u32>, "number of the block it ended; empty when it ended the session" => |record| {
        match record.failure.kills {
            FailureScope::Block(block) => Some(block.0),
            FailureScope::Session => None,
        }
    };
}

impl<Text: AsRef<str> + Into<String>> ErrorRow<Text> {
    pub(crate) fn into_record(self) -> Result<ErrorRecord, String> {
        let (phase, class) = (self.phase.as_ref(), self.class.as_ref());
        let failure = Failure {
            phase: phase_from_name(phase).ok_or_else(|| format!("unknown phase `{phase}`"))?,
            class: class_from_name(class).ok_or_else(|| format!("unknown failure class `{class}`"))?,
            code: self.code,
            text: self.text.into(),
            kills: self.block.map_or(FailureScope::Session, |block| FailureScope::Block(BlockIdx(block))),
        };
        Ok(ErrorRecord { listener: ListenerId(self.listener), at: Instant::from_nanos(self.at_ns), failure })
    }
}
