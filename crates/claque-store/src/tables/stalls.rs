//! Stalls.

use claque_core::{
    ids::{BlockIdx, ListenerId},
    record::StallRecord,
    time::{Duration, Instant, duration_nanos},
};

use super::{MOMENT, NUMBER, SPAN};
use crate::columns::table;

table! {
    /// A row of `stalls.parquet`.
    StallRow of StallRecord, in STALLS = "stalls" with STALL_COLUMNS, reads 0;

    /// number of the listener that waited
    listener: u32, NUMBER => |record| record.listener.0;
    /// number of the block that it waited for
    block: u32, NUMBER => |record| record.block.0;
    /// when the audio before it ended, on the media timeline
    began_at_ns: u64, MOMENT => |record| record.began_at.as_nanos();
    /// until playback resumed or the session ended
    waited_ns: u64, SPAN => |record| duration_nanos(record.waited);
}

impl StallRow {
    #[expect(clippy::unnecessary_wraps, reason = "rows of other tables may be damaged")]
    pub(crate) const fn into_record(self) -> Result<StallRecord, String> {
        Ok(StallRecord {
            listener: ListenerId(self.listener),
            block: BlockIdx(self.block),
            began_at: Instant::from_nanos(self.began_at_ns),
            waited: Duration::from_nanos(self.waited_ns),
        })
    }
}
