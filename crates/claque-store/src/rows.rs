//! Facts as rows of files: flat, with units in the names, and back.

use claque_core::{
    event::{Failure, FailureClass, Kills, Phase},
    ids::{BlockIdx, ListenerId},
    record::{
        BlockOutcome, BlockRecord, ErrorRecord, Fact, IncidentRecord, ListenerRecord, SessionEnd,
        SoundRecord, StallRecord,
    },
    time::{Duration, Instant, MediaTime, duration_nanos},
};
use claque_stats::names;
use serde::{Deserialize, Serialize};

use crate::{
    asked::{ArrivedRow, AskedRow},
    cells::{
        end_from, findings_from, leading_silence, outcome_from, remark_names, sound_from,
        with_leading_silence,
    },
    incidents::IncidentRow,
};

/// One line of the journal. How it is read stands in [`line`](crate::line).
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "fact", rename_all = "lowercase")]
pub(crate) enum FactRow {
    Block(BlockRow),
    Stall(StallRow),
    Error(ErrorRow),
    Incident(IncidentRow),
    Listener(ListenerRow),
    Sound(SoundRow),
    /// No fact: what was asked for, so that a run that is killed knows it.
    Asked(AskedRow),
    /// No fact either: what arrived and may not have been heard yet.
    Arrived(ArrivedRow),
}

/// A row of `blocks.parquet`. Moments are nanoseconds since the run's start; an absent one did not happen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the columns are those of BlockRecord, which documents them")]
pub struct BlockRow {
    pub listener: u32,
    pub block: u32,
    pub batch: u32,
    pub chars: u32,
    /// Absent where it is not known, as of imported files.
    pub intended_at_ns: Option<u64>,
    pub requested_at_ns: Option<u64>,
    /// Absent in files of before.
    #[serde(default)]
    pub answered_request_at_ns: Option<u64>,
    pub acknowledged_at_ns: Option<u64>,
    pub ready_at_ns: Option<u64>,
    pub first_audio_at_ns: Option<u64>,
    pub complete_at_ns: Option<u64>,
    pub started_at_ns: Option<u64>,
    pub media_ns: u64,
    pub bytes: u64,
    pub chunks: u32,
    pub buffer_deficit_ns: Option<u64>,
    /// Absent in files of before.
    #[serde(default)]
    pub largest_chunk_gap_ns: Option<u64>,
    #[serde(default)]
    pub least_start_buffer_ns: Option<u64>,
    pub resends: u8,
    /// `played`, `unplayed`, `skipped`, `failed`, `stopped` or `abandoned`.
    pub outcome: String,
    /// Class of the failure, of a failed block only.
    pub failure: Option<String>,
    /// Names of what is odd about its audio, with spaces between; absent when nobody looked.
    #[serde(default)]
    pub remarks: Option<String>,
    /// `audible`, `silent`, `undecodable` or `missed`; absent when nobody was to listen.
    #[serde(default)]
    pub sound: Option<String>,
    /// Absent where nobody could tell, and in files of before.
    #[serde(default)]
    pub leading_silence_ns: Option<u64>,
}

/// A line of the journal: audio was listened to whose block may be on record already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SoundRow {
    listener: u32,
    block: u32,
    sound: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    leading_silence_ns: Option<u64>,
}

/// A row of `stalls.parquet`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the columns are those of StallRecord, which documents them")]
pub struct StallRow {
    pub listener: u32,
    pub block: u32,
    pub began_at_ns: u64,
    pub waited_ns: u64,
}

/// An element of `errors` in `run.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are those of ErrorRecord and Failure, which document them")]
pub struct ErrorRow {
    pub listener: u32,
    pub at_ns: u64,
    #[serde(with = "names::phase")]
    pub phase: Phase,
    #[serde(with = "names::class")]
    pub class: FailureClass,
    pub code: Option<u16>,
    pub text: String,
    /// The block it ended; absent when it ended the session.
    pub block: Option<u32>,
}

/// An element of `listeners` in `run.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are those of ListenerRecord, which documents them")]
pub struct ListenerRow {
    pub listener: u32,
    pub document: String,
    pub blocks: u32,
    pub intended_at_ns: u64,
    pub launched_at_ns: u64,
    pub connect_ns: Option<u64>,
    pub started_at_ns: Option<u64>,
    /// Absent in files from before it was recorded.
    #[serde(default)]
    pub playing_ns: Option<u64>,
    #[serde(default)]
    pub paused_ns: u64,
    pub ended_at_ns: u64,
    /// `completed`, `stopped`, `left` or `failed`.
    pub end: String,
    /// Class of the failure, of a failed session only.
    pub failure: Option<String>,
    pub foreign_messages: u64,
    pub warnings: u64,
    /// Absent in files of before.
    #[serde(default)]
    pub unwanted_bytes: Option<u64>,
}

impl From<&Fact> for FactRow {
    fn from(fact: &Fact) -> Self {
        match fact {
            Fact::Block(record) => Self::Block(record.into()),
            Fact::Stall(record) => Self::Stall(record.into()),
            Fact::Error(record) => Self::Error(record.into()),
            Fact::Incident(record) => Self::Incident(record.into()),
            Fact::Listener(record) => Self::Listener(record.into()),
            Fact::Sound(SoundRecord { listener, block, sound, leading_silence }) => Self::Sound(SoundRow {
                listener: listener.0,
                block: block.0,
                sound: sound.as_str().to_owned(),
                leading_silence_ns: leading_silence.map(MediaTime::as_nanos),
            }),
        }
    }
}

impl FactRow {
    /// The fact, if it is one, or what is wrong with the row.
    pub(crate) fn into_fact(self) -> Result<Option<Fact>, String> {
        Ok(Some(match self {
            Self::Block(row) => Fact::Block(row.into_record()?),
            Self::Stall(row) => Fact::Stall(row.into_record()),
            Self::Error(row) => Fact::Error(row.into_record()),
            Self::Incident(row) => Fact::Incident(IncidentRecord::try_from(row)?),
            Self::Listener(row) => Fact::Listener(row.into_record()?),
            Self::Sound(SoundRow { listener, block, sound, leading_silence_ns }) => {
                Fact::Sound(SoundRecord {
                    listener: ListenerId(listener),
                    block: BlockIdx(block),
                    sound: sound_from(&sound)?,
                    leading_silence: leading_silence_ns.map(MediaTime::from_nanos),
                })
            }
            Self::Asked(_) | Self::Arrived(_) => return Ok(None),
        }))
    }
}

impl From<&BlockRecord> for BlockRow {
    fn from(record: &BlockRecord) -> Self {
        Self {
            listener: record.listener.0,
            block: record.block.0,
            batch: record.batch,
            chars: record.chars,
            intended_at_ns: record.intended_at.map(Instant::as_nanos),
            requested_at_ns: record.requested_at.map(Instant::as_nanos),
            answered_request_at_ns: record.answered_request_at.map(Instant::as_nanos),
            acknowledged_at_ns: record.acknowledged_at.map(Instant::as_nanos),
            ready_at_ns: record.ready_at.map(Instant::as_nanos),
            first_audio_at_ns: record.first_audio_at.map(Instant::as_nanos),
            complete_at_ns: record.complete_at.map(Instant::as_nanos),
            started_at_ns: record.started_at.map(Instant::as_nanos),
            media_ns: record.media.as_nanos(),
            bytes: record.bytes,
            chunks: record.chunks,
            buffer_deficit_ns: record.buffer_deficit.map(duration_nanos),
            largest_chunk_gap_ns: record.largest_chunk_gap.map(duration_nanos),
            least_start_buffer_ns: record.least_start_buffer.map(MediaTime::as_nanos),
            resends: record.resends,
            outcome: record.outcome.as_str().to_owned(),
            failure: match record.outcome {
                BlockOutcome::Failed(class) => Some(class.as_str().to_owned()),
                BlockOutcome::Played
                | BlockOutcome::Unplayed
                | BlockOutcome::Skipped
                | BlockOutcome::Stopped
                | BlockOutcome::Abandoned => None,
            },
            remarks: record.findings.map(remark_names),
            sound: record.findings.and_then(|found| found.sound).map(|sound| sound.as_str().to_owned()),
            leading_silence_ns: leading_silence(record),
        }
    }
}

impl BlockRow {
    pub(crate) fn into_record(self) -> Result<BlockRecord, String> {
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
            outcome: outcome_from(&self.outcome, self.failure.as_deref())?,
            findings: findings_from(self.remarks.as_deref(), self.sound.as_deref())?
                .map(|found| with_leading_silence(found, self.leading_silence_ns)),
        })
    }
}

impl From<&StallRecord> for StallRow {
    fn from(record: &StallRecord) -> Self {
        Self {
            listener: record.listener.0,
            block: record.block.0,
            began_at_ns: record.began_at.as_nanos(),
            waited_ns: duration_nanos(record.waited),
        }
    }
}

impl StallRow {
    pub(crate) const fn into_record(self) -> StallRecord {
        StallRecord {
            listener: ListenerId(self.listener),
            block: BlockIdx(self.block),
            began_at: Instant::from_nanos(self.began_at_ns),
            waited: Duration::from_nanos(self.waited_ns),
        }
    }
}

impl From<&ErrorRecord> for ErrorRow {
    fn from(record: &ErrorRecord) -> Self {
        let failure = &record.failure;
        Self {
            listener: record.listener.0,
            at_ns: record.at.as_nanos(),
            phase: failure.phase,
            class: failure.class,
            code: failure.code,
            text: failure.text.clone(),
            block: match failure.kills {
                Kills::Block(block) => Some(block.0),
                Kills::Session => None,
            },
        }
    }
}

impl ErrorRow {
    pub(crate) fn into_record(self) -> ErrorRecord {
        ErrorRecord {
            listener: ListenerId(self.listener),
            at: Instant::from_nanos(self.at_ns),
            failure: Failure {
                phase: self.phase,
                class: self.class,
                code: self.code,
                text: self.text,
                kills: self.block.map_or(Kills::Session, |block| Kills::Block(BlockIdx(block))),
            },
        }
    }
}

impl From<&ListenerRecord> for ListenerRow {
    fn from(record: &ListenerRecord) -> Self {
        Self {
            listener: record.listener.0,
            document: record.document.clone(),
            blocks: record.blocks,
            intended_at_ns: record.intended_at.as_nanos(),
            launched_at_ns: record.launched_at.as_nanos(),
            connect_ns: record.connect_time.map(duration_nanos),
            started_at_ns: record.started_at.map(Instant::as_nanos),
            playing_ns: record.playing.map(duration_nanos),
            paused_ns: duration_nanos(record.paused),
            ended_at_ns: record.ended_at.as_nanos(),
            end: record.end.as_str().to_owned(),
            failure: match record.end {
                SessionEnd::Failed(class) => Some(class.as_str().to_owned()),
                SessionEnd::Completed | SessionEnd::Stopped | SessionEnd::Left => None,
            },
            foreign_messages: record.foreign_messages,
            warnings: record.warnings,
            unwanted_bytes: record.unwanted_bytes,
        }
    }
}

impl ListenerRow {
    pub(crate) fn into_record(self) -> Result<ListenerRecord, String> {
        Ok(ListenerRecord {
            end: end_from(&self.end, self.failure.as_deref())?,
            listener: ListenerId(self.listener),
            document: self.document,
            blocks: self.blocks,
            intended_at: Instant::from_nanos(self.intended_at_ns),
            launched_at: Instant::from_nanos(self.launched_at_ns),
            connect_time: self.connect_ns.map(Duration::from_nanos),
            started_at: self.started_at_ns.map(Instant::from_nanos),
            playing: self.playing_ns.map(Duration::from_nanos),
            paused: Duration::from_nanos(self.paused_ns),
            ended_at: Instant::from_nanos(self.ended_at_ns),
            foreign_messages: self.foreign_messages,
            warnings: self.warnings,
            unwanted_bytes: self.unwanted_bytes,
        })
    }
}
