//! Blocks.

use claque_core::{
    ids::{BlockIdx, ListenerId},
    record::{BlockOutcome, BlockRecord},
    time::{Duration, Instant, MediaTime, duration_nanos},
};

use super::{AUDIO, COUNT, MOMENT, NUMBER, SPAN};
use crate::{
    cells::{findings_from, leading_silence, outcome_from, remark_names, with_leading_silence},
    columns::{table, text},
};

table! {
    /// A row of `blocks.parquet`. Moments are nanoseconds since the run's start; an absent one did not happen.
    BlockRow<Text> of BlockRecord, in BLOCKS = "blocks" with BLOCK_COLUMNS, reads 0;

    /// number of the listener, from 0
    listener: u32, NUMBER => |record| record.listener.0;
    /// number of the block, from 0
    block: u32, NUMBER => |record| record.block.0;
    /// which request of the listener asked for it first, from 0
    batch: u32, NUMBER => |record| record.batch;
    /// characters of its text, 0 when not known
    chars: u32, "characters; 0 when not known" => |record| record.chars;
    /// when the listener came to want it; empty where it is not known, as of imported files but for their first requests
    intended_at_ns: Option<u64>, MOMENT => |record| record.intended_at.map(Instant::as_nanos);
    /// the first request that names it was written
    requested_at_ns: Option<u64>, MOMENT => |record| record.requested_at.map(Instant::as_nanos);
    /// the request was written that its audio answers
    answered_request_at_ns: Option<u64>, MOMENT, since 1 => |record| record.answered_request_at.map(Instant::as_nanos);
    /// the service first acknowledged it, at whichever attempt
    acknowledged_at_ns: Option<u64>, MOMENT => |record| record.acknowledged_at.map(Instant::as_nanos);
    /// the service said that it is ready
    ready_at_ns: Option<u64>, MOMENT => |record| record.ready_at.map(Instant::as_nanos);
    /// first byte of its audio that is not a container's header
    first_audio_at_ns: Option<u64>, MOMENT => |record| record.first_audio_at.map(Instant::as_nanos);
    /// its audio was whole
    complete_at_ns: Option<u64>, MOMENT => |record| record.complete_at.map(Instant::as_nanos);
    /// it began to play, on the media timeline
    started_at_ns: Option<u64>, MOMENT => |record| record.started_at.map(Instant::as_nanos);
    /// length of its audio at normal speed, counted from the container
    media_ns: u64, AUDIO => |record| record.media.as_nanos();
    /// payload bytes of its audio
    bytes: u64, "bytes" => |record| record.bytes;
    /// reads that its audio came in
    chunks: u32, COUNT => |record| record.chunks;
    /// largest (time since the first chunk - audio before it); empty for a single chunk
    buffer_deficit_ns: Option<u64>, SPAN => |record| record.buffer_deficit.map(duration_nanos);
    /// largest time between two pieces that followed each other; empty for a single one, and where nobody noted it
    largest_chunk_gap_ns: Option<u64>, SPAN, since 3 => |record| record.largest_chunk_gap.map(duration_nanos);
    /// least audio, at normal speed, that had to be there before it began to play so that it did not stall; empty for a single piece,
    /// of a player of whole blocks, and where nobody noted it
    least_start_buffer_ns: Option<u64>, AUDIO, since 3 => |record| record.least_start_buffer.map(MediaTime::as_nanos);
    /// how often it was asked for again
    resends: u8, COUNT => |record| record.resends;
    /// `played`, `unplayed`, `skipped`, `failed`, `stopped` or `abandoned`
    outcome: Text, "played, unplayed, skipped, failed, stopped or abandoned" => |record| text(record.outcome.as_str());
    /// class of the failure of a failed block
    failure: Option<Text>, "class of the failure of a failed block" => |record| match record.outcome {
        BlockOutcome::Failed(class) => Some(text(class.as_str())),
        BlockOutcome::Played
        | BlockOutcome::Unplayed
        | BlockOutcome::Skipped
        | BlockOutcome::Stopped
        | BlockOutcome::Abandoned => None,
    };
    /// what is odd about its audio, by names with spaces between; empty where nobody looked
    remarks: Option<Text>, "names of what is odd about its audio, with spaces between; absent when nobody looked", since 2
        => |record| record.findings.map(|found| text(remark_names(found)));
    /// `audible`, `silent`, `undecodable` or `missed`; empty where nobody was to listen
    sound: Option<Text>, "audible, silent, undecodable or missed; absent when nobody was to listen", since 2
        => |record| record.findings.and_then(|found| found.sound).map(|sound| text(sound.as_str()));
    /// how long its audio is silent at its head, at normal speed; empty where nobody listened to samples of it, and where all of it is
    /// silent
    leading_silence_ns: Option<u64>, AUDIO, since 4 => leading_silence;
}

impl<Text: AsRef<str>> BlockRow<Text> {
    pub(crate) fn into_record(self) -> Result<BlockRecord, String> {
        let [failure, remarks, sound] =
            [&self.failure, &self.remarks, &self.sound].map(|name| name.as_ref().map(AsRef::as_ref));
        Ok(BlockRecord {
            listener: ListenerId(self.listener),
            block: BlockIdx(self.block),
            batch: self.batch,
            chars: self.chars,
            intended_at: self.intended_at_ns.map(Instant::from_nanos),
            requested_at: self.requested_at_ns.map(Instant::from_nanos),
            answered_request_at: self.answered_request_at_ns.map(Instant::from_nanos),
            acknowledged_at: self.acknowledged_at_ns.map(Instant::from_nanos),
            ready_at: self.ready_at_ns.map(Instant::from_nanos),
            first_audio_at: self.first_audio_at_ns.map(Instant::from_nanos),
            complete_at: self.complete_at_ns.map(Instant::from_nanos),
            started_at: self.started_at_ns.map(Instant::from_nanos),
            media: MediaTime::from_nanos(self.media_ns),
            bytes: self.bytes,
            chunks: self.chunks,
            buffer_deficit: self.buffer_deficit_ns.map(Duration::from_nanos),
            largest_chunk_gap: self.largest_chunk_gap_ns.map(Duration::from_nanos),
            least_start_buffer: self.least_start_buffer_ns.map(MediaTime::from_nanos),
            resends: self.resends,
            outcome: outcome_from(self.outcome.as_ref(), failure)?,
            findings: findings_from(remarks, sound)?
                .map(|found| with_leading_silence(found, self.leading_silence_ns)),
        })
    }
}

#[cfg(test)]
mod tests {
    use claque_core::{
        event::FailureClass,
        remark::{Findings, Remark, Remarks, Sound},
    };

    use super::*;
    use crate::columns::{Column, ColumnKind, Table, TableReader, TableWriter};

    /// Files of before told of every block since when it was wanted.
    const OLDER_COLUMNS: [Column; BLOCK_COLUMNS.len() - 6] = {
        let mut columns = [BLOCK_COLUMNS[0]; BLOCK_COLUMNS.len() - 6];
        let mut at = 0;
        while at < columns.len() {
            columns[at] = BLOCK_COLUMNS[at];
            at += 1;
        }
        columns[4].kind = ColumnKind::Int;
        columns
    };

    /// The columns of files from before the asking that an answer came to was told, what its audio was like, and how it came.
    static OLDER: Table<BlockRecord> = Table {
        name: "blocks",
        columns: &OLDER_COLUMNS,
        values: |rows| {
            let mut values = (BLOCKS.values)(rows);
            values.truncate(OLDER_COLUMNS.len());
            values
        },
        record: BLOCKS.record,
    };

    const FOUND: Findings = Findings {
        remarks: Remarks::NONE.with(Remark::Hurried).with(Remark::JunkBetween),
        sound: Some(Sound::Silent),
        leading_silence: Some(MediaTime::from_millis(70)),
    };

    fn written(table: &'static Table<BlockRecord>) -> Vec<BlockRecord> {
        let record = BlockRecord {
            chars: 80,
            requested_at: Some(Instant::from_millis(1)),
            answered_request_at: Some(Instant::from_millis(20_001)),
            resends: 2,
            outcome: BlockOutcome::Failed(FailureClass::Timeout),
            findings: Some(FOUND),
            largest_chunk_gap: Some(Duration::from_millis(90)),
            least_start_buffer: Some(MediaTime::from_millis(200)),
            ..BlockRecord::wanted(ListenerId(1), BlockIdx(2), Instant::START)
        };
        let parent = tempfile::tempdir().expect("there is room for a folder");
        let path = parent.path().join("blocks.parquet");
        let mut writer = TableWriter::create(table, path.clone()).expect("it can be created");
        writer.push(record).expect("it can be written");
        writer.finish().expect("it can be finished");
        TableReader::open(&BLOCKS, path).and_then(|reader| reader.rows()).expect("it can be read")
    }

    #[test]
    fn a_file_of_before_is_read_without_the_columns_that_were_added() {
        let (today, before) = (written(&BLOCKS), written(&OLDER));
        assert_eq!(today[0].answered_request_at, Some(Instant::from_millis(20_001)));
        assert_eq!(today[0].findings, Some(FOUND));
        assert_eq!(today[0].largest_chunk_gap, Some(Duration::from_millis(90)));
        let same = BlockRecord {
            answered_request_at: None,
            findings: None,
            largest_chunk_gap: None,
            least_start_buffer: None,
            ..today[0].clone()
        };
        assert_eq!(before, [same]);
    }
}
