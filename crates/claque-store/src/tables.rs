//! The columns of a run's four tables, in order; the reader takes them in the same order.

use claque_core::{
    event::{Failure, Kills},
    ids::{BlockIdx, ListenerId},
    record::{BlockOutcome, BlockRecord, ErrorRecord, ListenerRecord, SessionEnd, StallRecord},
    remark::Sound,
    time::{Duration, Instant, MediaTime, duration_nanos},
};
use claque_stats::names as failure_names;

use crate::{
    cells::{end_from, findings_from, leading_silence, outcome_from, remark_names, with_leading_silence},
    columns::{Cells, ColumnSpec, Kind, Table, Values, text_cell},
};

pub(crate) const MOMENT: &str = "nanoseconds since the run's start";
const SPAN: &str = "nanoseconds";
pub(crate) const NUMBER: &str = "number from 0";
const COUNT: &str = "count";
const NAME: &str = "name";

/// Names of the columns of `blocks.parquet`, in order.
pub const BLOCK_COLUMN_NAMES: [&str; BLOCK_COLUMNS.len()] = names(&BLOCK_COLUMNS);

/// Names of the columns of `stalls.parquet`, in order.
pub const STALL_COLUMN_NAMES: [&str; STALL_COLUMNS.len()] = names(&STALL_COLUMNS);

/// Names of the columns of `listeners.parquet`, in order.
pub const LISTENER_COLUMN_NAMES: [&str; LISTENER_COLUMNS.len()] = names(&LISTENER_COLUMNS);

/// Names of the columns of `errors.parquet`, in order.
pub const ERROR_COLUMN_NAMES: [&str; ERROR_COLUMNS.len()] = names(&ERROR_COLUMNS);

pub(crate) static BLOCKS: Table<BlockRecord> =
    Table { name: "blocks", specs: &BLOCK_COLUMNS, values: block_values, row: block_row };

pub(crate) static STALLS: Table<StallRecord> =
    Table { name: "stalls", specs: &STALL_COLUMNS, values: stall_values, row: stall_row };

pub(crate) static LISTENERS: Table<ListenerRecord> =
    Table { name: "listeners", specs: &LISTENER_COLUMNS, values: listener_values, row: listener_row };

pub(crate) static ERRORS: Table<ErrorRecord> =
    Table { name: "errors", specs: &ERROR_COLUMNS, values: error_values, row: error_row };

const BLOCK_COLUMNS: [ColumnSpec; 24] = [
    column("listener", Kind::Int, NUMBER),
    column("block", Kind::Int, NUMBER),
    column("batch", Kind::Int, NUMBER),
    column("chars", Kind::Int, "characters; 0 when not known"),
    column("intended_at_ns", Kind::OptionalInt, MOMENT),
    column("requested_at_ns", Kind::OptionalInt, MOMENT),
    column("acknowledged_at_ns", Kind::OptionalInt, MOMENT),
    column("ready_at_ns", Kind::OptionalInt, MOMENT),
    column("first_audio_at_ns", Kind::OptionalInt, MOMENT),
    column("complete_at_ns", Kind::OptionalInt, MOMENT),
    column("started_at_ns", Kind::OptionalInt, MOMENT),
    column("media_ns", Kind::Int, "nanoseconds of audio at normal speed"),
    column("bytes", Kind::Int, "bytes"),
    column("chunks", Kind::Int, COUNT),
    column("buffer_deficit_ns", Kind::OptionalInt, SPAN),
    column("resends", Kind::Int, COUNT),
    column("outcome", Kind::Text, "played, unplayed, skipped, failed, stopped or abandoned"),
    column("failure", Kind::OptionalText, "class of the failure of a failed block"),
    added("answered_request_at_ns", Kind::OptionalInt, MOMENT),
    added(
        "remarks",
        Kind::OptionalText,
        "names of what is odd about its audio, with spaces between; absent when nobody looked",
    ),
    added(
        "sound",
        Kind::OptionalText,
        "audible, silent, undecodable or missed; absent when nobody was to listen",
    ),
    added("largest_chunk_gap_ns", Kind::OptionalInt, SPAN),
    added("least_start_buffer_ns", Kind::OptionalInt, "nanoseconds of audio at normal speed"),
    added("leading_silence_ns", Kind::OptionalInt, "nanoseconds of audio at normal speed"),
];

const STALL_COLUMNS: [ColumnSpec; 4] = [
    column("listener", Kind::Int, NUMBER),
    column("block", Kind::Int, NUMBER),
    column("began_at_ns", Kind::Int, MOMENT),
    column("waited_ns", Kind::Int, SPAN),
];

const LISTENER_COLUMNS: [ColumnSpec; 15] = [
    column("listener", Kind::Int, NUMBER),
    column("document", Kind::Text, NAME),
    column("blocks", Kind::Int, COUNT),
    column("intended_at_ns", Kind::Int, MOMENT),
    column("launched_at_ns", Kind::Int, MOMENT),
    column("connect_ns", Kind::OptionalInt, SPAN),
    column("started_at_ns", Kind::OptionalInt, MOMENT),
    column("ended_at_ns", Kind::Int, MOMENT),
    column("end", Kind::Text, "completed, stopped, left or failed"),
    column("failure", Kind::OptionalText, "class of the failure of a failed session"),
    column("foreign_messages", Kind::Int, COUNT),
    column("warnings", Kind::Int, COUNT),
    column("playing_ns", Kind::OptionalInt, SPAN),
    column("paused_ns", Kind::Int, SPAN),
    added("unwanted_bytes", Kind::OptionalInt, "bytes"),
];

const ERROR_COLUMNS: [ColumnSpec; 7] = [
    column("listener", Kind::Int, NUMBER),
    column("at_ns", Kind::Int, MOMENT),
    column("phase", Kind::Text, NAME),
    column("class", Kind::Text, NAME),
    column("code", Kind::OptionalInt, "number of the protocol"),
    column("text", Kind::Text, "words of the service"),
    column("block", Kind::OptionalInt, "number of the block it ended; empty when it ended the session"),
];

fn block_values(rows: &[BlockRecord]) -> Vec<Values> {
    let moment = |at: Option<Instant>| at.map(Instant::as_nanos);
    vec![
        ints(rows, |row| Some(row.listener.0.into())),
        ints(rows, |row| Some(row.block.0.into())),
        ints(rows, |row| Some(row.batch.into())),
        ints(rows, |row| Some(row.chars.into())),
        ints(rows, |row| moment(row.intended_at)),
        ints(rows, |row| moment(row.requested_at)),
        ints(rows, |row| moment(row.acknowledged_at)),
        ints(rows, |row| moment(row.ready_at)),
        ints(rows, |row| moment(row.first_audio_at)),
        ints(rows, |row| moment(row.complete_at)),
        ints(rows, |row| moment(row.started_at)),
        ints(rows, |row| Some(row.media.as_nanos())),
        ints(rows, |row| Some(row.bytes)),
        ints(rows, |row| Some(row.chunks.into())),
        ints(rows, |row| row.buffer_deficit.map(duration_nanos)),
        ints(rows, |row| Some(row.resends.into())),
        texts(rows, |row| Some(row.outcome.as_str())),
        texts(rows, |row| match row.outcome {
            BlockOutcome::Failed(class) => Some(class.as_str()),
            BlockOutcome::Played
            | BlockOutcome::Unplayed
            | BlockOutcome::Skipped
            | BlockOutcome::Stopped
            | BlockOutcome::Abandoned => None,
        }),
        ints(rows, |row| moment(row.answered_request_at)),
        Values::Text(
            rows.iter().map(|row| row.findings.map(|found| text_cell(&remark_names(found)))).collect(),
        ),
        texts(rows, |row| row.findings.and_then(|found| found.sound).map(Sound::as_str)),
        ints(rows, |row| row.largest_chunk_gap.map(duration_nanos)),
        ints(rows, |row| row.least_start_buffer.map(MediaTime::as_nanos)),
        ints(rows, leading_silence),
    ]
}

fn block_row(cells: &mut Cells<'_>) -> Result<BlockRecord, String> {
    // Fields are evaluated as written, which is the order of the columns.
    let record = BlockRecord {
        listener: ListenerId(cells.int()?),
        block: BlockIdx(cells.int()?),
        batch: cells.int()?,
        chars: cells.int()?,
        intended_at: cells.optional()?.map(Instant::from_nanos),
        requested_at: cells.optional()?.map(Instant::from_nanos),
        acknowledged_at: cells.optional()?.map(Instant::from_nanos),
        ready_at: cells.optional()?.map(Instant::from_nanos),
        first_audio_at: cells.optional()?.map(Instant::from_nanos),
        complete_at: cells.optional()?.map(Instant::from_nanos),
        started_at: cells.optional()?.map(Instant::from_nanos),
        media: MediaTime::from_nanos(cells.int()?),
        bytes: cells.int()?,
        chunks: cells.int()?,
        buffer_deficit: cells.optional()?.map(Duration::from_nanos),
        resends: cells.int()?,
        outcome: {
            let name = cells.text()?;
            outcome_from(name, cells.optional_text()?)?
        },
        answered_request_at: cells.optional()?.map(Instant::from_nanos),
        findings: {
            let remarks = cells.optional_text()?;
            findings_from(remarks, cells.optional_text()?)?
        },
        largest_chunk_gap: cells.optional()?.map(Duration::from_nanos),
        least_start_buffer: cells.optional()?.map(MediaTime::from_nanos),
    };
    let silence = cells.optional()?;
    let findings = record.findings.map(|found| with_leading_silence(found, silence));
    Ok(BlockRecord { findings, ..record })
}

fn stall_values(rows: &[StallRecord]) -> Vec<Values> {
    vec![
        ints(rows, |row| Some(row.listener.0.into())),
        ints(rows, |row| Some(row.block.0.into())),
        ints(rows, |row| Some(row.began_at.as_nanos())),
        ints(rows, |row| Some(duration_nanos(row.waited))),
    ]
}

fn stall_row(cells: &mut Cells<'_>) -> Result<StallRecord, String> {
    Ok(StallRecord {
        listener: ListenerId(cells.int()?),
        block: BlockIdx(cells.int()?),
        began_at: Instant::from_nanos(cells.int()?),
        waited: Duration::from_nanos(cells.int()?),
    })
}

fn listener_values(rows: &[ListenerRecord]) -> Vec<Values> {
    vec![
        ints(rows, |row| Some(row.listener.0.into())),
        texts(rows, |row| Some(row.document.as_str())),
        ints(rows, |row| Some(row.blocks.into())),
        ints(rows, |row| Some(row.intended_at.as_nanos())),
        ints(rows, |row| Some(row.launched_at.as_nanos())),
        ints(rows, |row| row.connect_time.map(duration_nanos)),
        ints(rows, |row| row.started_at.map(Instant::as_nanos)),
        ints(rows, |row| Some(row.ended_at.as_nanos())),
        texts(rows, |row| Some(row.end.as_str())),
        texts(rows, |row| match row.end {
            SessionEnd::Failed(class) => Some(class.as_str()),
            SessionEnd::Completed | SessionEnd::Stopped | SessionEnd::Left => None,
        }),
        ints(rows, |row| Some(row.foreign_messages)),
        ints(rows, |row| Some(row.warnings)),
        ints(rows, |row| row.playing.map(duration_nanos)),
        ints(rows, |row| Some(duration_nanos(row.paused))),
        ints(rows, |row| row.unwanted_bytes),
    ]
}

fn listener_row(cells: &mut Cells<'_>) -> Result<ListenerRecord, String> {
    Ok(ListenerRecord {
        listener: ListenerId(cells.int()?),
        document: cells.text()?.to_owned(),
        blocks: cells.int()?,
        intended_at: Instant::from_nanos(cells.int()?),
        launched_at: Instant::from_nanos(cells.int()?),
        connect_time: cells.optional()?.map(Duration::from_nanos),
        started_at: cells.optional()?.map(Instant::from_nanos),
        ended_at: Instant::from_nanos(cells.int()?),
        end: {
            let name = cells.text()?;
            end_from(name, cells.optional_text()?)?
        },
        foreign_messages: cells.int()?,
        warnings: cells.int()?,
        playing: cells.optional()?.map(Duration::from_nanos),
        paused: Duration::from_nanos(cells.int()?),
        unwanted_bytes: cells.optional()?,
    })
}

fn error_values(rows: &[ErrorRecord]) -> Vec<Values> {
    vec![
        ints(rows, |row| Some(row.listener.0.into())),
        ints(rows, |row| Some(row.at.as_nanos())),
        texts(rows, |row| Some(failure_names::phase_name(row.failure.phase))),
        texts(rows, |row| Some(row.failure.class.as_str())),
        ints(rows, |row| row.failure.code.map(u64::from)),
        texts(rows, |row| Some(row.failure.text.as_str())),
        ints(rows, |row| match row.failure.kills {
            Kills::Block(block) => Some(block.0.into()),
            Kills::Session => None,
        }),
    ]
}

fn error_row(cells: &mut Cells<'_>) -> Result<ErrorRecord, String> {
    let (listener, at) = (ListenerId(cells.int()?), Instant::from_nanos(cells.int()?));
    let phase = cells.text()?;
    let phase = failure_names::phase_from_name(phase).ok_or_else(|| format!("unknown phase `{phase}`"))?;
    let class = cells.text()?;
    let class =
        failure_names::class_from_name(class).ok_or_else(|| format!("unknown failure class `{class}`"))?;
    let (code, text) = (cells.optional()?, cells.text()?.to_owned());
    let kills = cells.optional()?.map_or(Kills::Session, |block| Kills::Block(BlockIdx(block)));
    Ok(ErrorRecord { listener, at, failure: Failure { phase, class, code, text, kills } })
}

const fn names<const N: usize>(specs: &[ColumnSpec; N]) -> [&'static str; N] {
    let mut names = [""; N];
    let mut at = 0;
    while at < N {
        names[at] = specs[at].name;
        at += 1;
    }
    names
}

pub(crate) const fn column(name: &'static str, kind: Kind, unit: &'static str) -> ColumnSpec {
    ColumnSpec { name, kind, unit, is_newer: false }
}

/// A column that files of before end without; its cells are empty there.
const fn added(name: &'static str, kind: Kind, unit: &'static str) -> ColumnSpec {
    ColumnSpec { name, kind, unit, is_newer: true }
}

/// Parquet's integers are signed: what lies beyond 292 years or 8 EiB is put down as the largest.
pub(crate) fn ints<Row>(rows: &[Row], cell: impl Fn(&Row) -> Option<u64>) -> Values {
    Values::Int(
        rows.iter().map(|row| cell(row).map(|value| i64::try_from(value).unwrap_or(i64::MAX))).collect(),
    )
}

pub(crate) fn texts<Row>(rows: &[Row], cell: impl Fn(&Row) -> Option<&str>) -> Values {
    Values::Text(rows.iter().map(|row| cell(row).map(text_cell)).collect())
}

#[cfg(test)]
mod tests {
    use claque_core::{
        event::FailureClass,
        remark::{Findings, Remark, Remarks},
    };

    use super::*;
    use crate::columns::{TableReader, TableWriter};

    /// Files of before told of every block since when it was wanted.
    const OLDER_COLUMNS: [ColumnSpec; BLOCK_COLUMNS.len()] = {
        let mut columns = BLOCK_COLUMNS;
        columns[4] = column("intended_at_ns", Kind::Int, MOMENT);
        columns
    };

    /// The columns of files from before the asking that an answer came to was told, what its audio was like, and how it came.
    static OLDER: Table<BlockRecord> = Table {
        name: "blocks",
        specs: OLDER_COLUMNS.split_at(BLOCK_COLUMNS.len() - 6).0,
        values: |rows| {
            let mut values = block_values(rows);
            values.truncate(BLOCK_COLUMNS.len() - 6);
            values
        },
        row: block_row,
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
