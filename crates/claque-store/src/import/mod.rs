//! Result files of the older script, as facts.
//!
//! Known: requests, answers, lengths, stalls, errors. Not known, hence absent: connect time, first audio,
//! when each block played, whose messages were counted. What is inferred is said in [`ImportedRun::notes`].

pub mod documents;

use std::{collections::BTreeSet, path::Path};

use claque_core::{
    event::{Failure, FailureClass, FailureScope, Phase},
    ids::{BlockIdx, ListenerId},
    record::{BlockOutcome, BlockRecord, ErrorRecord, Fact, ListenerRecord, SessionEnd, StallRecord},
    time::{Duration, Instant, MediaTime, duration_nanos},
};
use claque_stats::{Reason, ReasonId, Summary, lockstep, summarise};
use serde::Deserialize;

use crate::{
    error::StoreError,
    files,
    manifest::RunConfig,
    session::{BlockArrival, Session, Underrun},
    wall_time::UnixNanos,
};

/// Blocks the older script asked for in one request.
const BATCH_SIZE: u32 = 8;

/// Blocks the older script waited for, in whatever order, before it played.
const MIN_BUFFER: usize = 2;

/// The first day on which the server told connections apart.
const CROSS_TALK_ENDED: &str = "2026-02-05";

/// A result of the older script.
#[derive(Clone, Debug)]
pub struct ImportedRun {
    /// Its settings.
    pub config: RunConfig,
    /// When it started, as written: the script's local time without a zone.
    pub started_at: String,
    /// When it ended, likewise.
    pub finished_at: String,
    /// Documents it made.
    pub document_ids: Vec<String>,
    /// What is known of its listeners. All start at the run's start, for the file has no common clock.
    pub facts: Vec<Fact>,
    /// What had to be inferred, for the reader of the figures.
    pub notes: Vec<String>,
}

impl ImportedRun {
    /// When it started and ended, as if the script's clock had shown UTC, which the file does not say.
    #[must_use]
    pub fn times(&self) -> Option<(UnixNanos, UnixNanos)> {
        UnixNanos::from_naive(&self.started_at).zip(UnixNanos::from_naive(&self.finished_at))
    }

    /// Why it cannot be trusted, beyond what the figures say: until 5 February 2026 the server sent the results of a
    /// user to all connections of that user, and the script counted them all; and arrivals in lockstep.
    #[must_use]
    pub fn doubts(&self) -> Vec<Reason> {
        let mut doubts = Vec::new();
        if self.config.users > 1 && self.started_at.as_str() < CROSS_TALK_ENDED {
            let day = self.started_at.get(..10).unwrap_or(&self.started_at);
            let text = format!(
                "cross-talk suspected: {} users on {day}, before {CROSS_TALK_ENDED}",
                self.config.users
            );
            doubts.push(Reason { id: ReasonId::CrossTalkSuspected, text });
        }
        let blocks = self.facts.iter().filter_map(|fact| match fact {
            Fact::Block(record) => Some(record),
            Fact::Stall(_) | Fact::Error(_) | Fact::Incident(_) | Fact::Listener(_) | Fact::Sound(_) => None,
        });
        let found = lockstep(blocks);
        if found.is_suspected() {
            let text = format!(
                "lockstep: {} of {} pairs of listeners got their blocks at the same moments",
                found.locked, found.pairs
            );
            doubts.push(Reason { id: ReasonId::Lockstep, text });
        }
        doubts
    }

    /// The figures, as far as the file allows.
    #[must_use]
    pub fn summarise(&self) -> Summary {
        summarise(self.config.shape(), &self.facts, None).with_messages_unwatched()
    }
}

/// What a result file of the older script is about.
#[derive(Clone, Debug)]
pub enum Imported {
    /// Listeners.
    Run(Box<ImportedRun>),
    /// Extraction of documents.
    Documents(Box<documents::OldDocuments>),
}

/// Reads a result file of the older script, whatever it is about.
///
/// # Errors
/// As [`read`].
pub fn read_any(path: &Path) -> Result<Imported, StoreError> {
    let bytes = files::read(path).map_err(|source| StoreError::io("read", path, source))?;
    not_our_own(&bytes, path)?;
    if documents::OldDocuments::is_it(&bytes) {
        return documents::OldDocuments::decode(&bytes, path).map(Box::new).map(Imported::Documents);
    }
    read(path).map(Box::new).map(Imported::Run)
}

/// Reads a result file of the older script.
///
/// # Errors
/// The file cannot be read, is not such a file, or holds a time that is negative or no number.
pub fn read(path: &Path) -> Result<ImportedRun, StoreError> {
    let bytes = files::read(path).map_err(|source| StoreError::io("read", path, source))?;
    not_our_own(&bytes, path)?;
    let file: OldFile = serde_json::from_slice(&bytes).map_err(|error| unlike(path, &error))?;
    let mut notes =
        vec![format!("start of playback is inferred: block 0 and {MIN_BUFFER} blocks in all had arrived")];
    agrees_with_itself(&file).map_err(|what| StoreError::damaged(path, what))?;
    let mut facts = Vec::new();
    for (number, session) in file.sessions.iter().enumerate() {
        let imported = import_session(session, &mut notes)
            .map_err(|what| StoreError::damaged(path, format!("sessions[{number}].{what}")))?;
        facts.extend(imported);
    }
    let OldFile { config, started_at, finished_at, document_ids, .. } = file;
    Ok(ImportedRun { config, started_at, finished_at, document_ids, facts, notes })
}

/// What claque wrote itself has a version, which the older script never wrote.
fn not_our_own(bytes: &[u8], path: &Path) -> Result<(), StoreError> {
    #[derive(Deserialize)]
    struct Versioned {
        format_version: Option<serde_json::Value>,
    }
    let versioned: Option<Versioned> = serde_json::from_slice(bytes).ok();
    match versioned.and_then(|file| file.format_version) {
        None => Ok(()),
        Some(_) => {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            let folder = folder.unwrap_or_else(|| Path::new(".")).to_owned();
            Err(StoreError::OwnFile { path: path.to_owned(), folder })
        }
    }
}

/// What is whole as JSON is not damaged, but another file.
pub(crate) fn unlike(path: &Path, error: &serde_json::Error) -> StoreError {
    if error.is_data() {
        return StoreError::NotAnOldResult { path: path.to_owned(), what: error.to_string() };
    }
    StoreError::damaged(path, error)
}

#[derive(Debug, Deserialize)]
struct OldFile {
    config: RunConfig,
    started_at: String,
    finished_at: String,
    // The first of these files had none.
    #[serde(default)]
    document_ids: Vec<String>,
    sessions: Vec<Session>,
}

/// Whether what the file says of its audience holds for its sessions. One that was changed by hand would give shares above
/// all there is.
fn agrees_with_itself(file: &OldFile) -> Result<(), String> {
    let OldFile { config, sessions, .. } = file;
    if sessions.len() > usize::try_from(config.users).unwrap_or(usize::MAX) {
        return Err(format!("config.users is {}, and there are {} sessions", config.users, sessions.len()));
    }
    let mut users = BTreeSet::new();
    for (number, session) in sessions.iter().enumerate() {
        if !users.insert(session.user_id) {
            return Err(format!("sessions[{number}].user_id: user {} is there already", session.user_id));
        }
        if session.blocks_requested > config.blocks_per_user {
            let (more, all) = (session.blocks_requested, config.blocks_per_user);
            return Err(format!(
                "sessions[{number}].blocks_requested: {more} of config.blocks_per_user {all}"
            ));
        }
    }
    Ok(())
}

fn import_session(session: &Session, notes: &mut Vec<String>) -> Result<Vec<Fact>, String> {
    let listener = ListenerId(session.user_id);
    let ended_at = Instant::START + span("duration_ms", session.duration_ms)?;
    // A block arrives once; the script counted what came for other users, too.
    let mut seen = BTreeSet::new();
    let is_first: Vec<bool> = session.block_arrivals.iter().map(|arrival| seen.insert(arrival.idx)).collect();
    let again = is_first.iter().filter(|is_first| !**is_first).count();
    if again > 0 {
        notes.push(format!(
            "user {listener}: {again} of the arrivals are of blocks that had arrived; they are left out"
        ));
    }
    let complete = seen.len() == usize::try_from(session.blocks_requested).unwrap_or(usize::MAX);
    let mut blocks = Vec::new();
    for (number, arrival) in session.block_arrivals.iter().enumerate().filter(|(place, _)| is_first[*place]) {
        let block = import_block(listener, arrival, complete);
        blocks.push(block.map_err(|what| format!("block_arrivals[{number}].{what}"))?);
    }
    let mut facts = Vec::new();
    for underrun in &session.underruns {
        if underrun.at_block == 0 {
            // Nothing had been heard yet: by every definition this is startup, and startup holds it already.
            notes.push(format!(
                "user {listener}: a wait of {:.0} ms for block 0 is startup",
                underrun.waited_ms
            ));
        } else {
            facts.push(Fact::Stall(import_stall(listener, *underrun, &blocks)?));
        }
    }
    facts.extend(session.errors.iter().map(|text| Fact::Error(import_error(listener, ended_at, text))));
    let end = match session.errors.first() {
        _ if complete => SessionEnd::Completed,
        Some(text) => SessionEnd::Failed(class_of(text)),
        None => SessionEnd::Stopped,
    };
    facts.push(Fact::Listener(ListenerRecord {
        listener,
        document: session.document_id.clone(),
        blocks: session.blocks_requested,
        intended_at: Instant::START,
        launched_at: Instant::START,
        connect_time: None,
        started_at: started_at(&blocks),
        playing: None,
        paused: Duration::ZERO,
        ended_at,
        end,
        foreign_messages: 0,
        warnings: 0,
        unwanted_bytes: None,
        network: None,
    }));
    facts.extend(blocks.into_iter().map(Fact::Block));
    Ok(facts)
}

fn import_block(listener: ListenerId, arrival: &BlockArrival, complete: bool) -> Result<BlockRecord, String> {
    let requested_at = Instant::START + span("requested_ms", arrival.requested_ms)?;
    let arrived_at = Instant::START + span("arrived_ms", arrival.arrived_ms)?;
    let outcome = match arrival.status.as_str() {
        "cached" if complete => BlockOutcome::Played,
        "cached" => BlockOutcome::Unplayed,
        "skipped" => BlockOutcome::Skipped,
        "error" => BlockOutcome::Failed(FailureClass::Server),
        other => return Err(format!("status: unknown status `{other}`")),
    };
    let delivered = match outcome {
        BlockOutcome::Played | BlockOutcome::Unplayed => Some(arrived_at),
        BlockOutcome::Skipped | BlockOutcome::Failed(_) | BlockOutcome::Stopped | BlockOutcome::Abandoned => {
            None
        }
    };
    let batch = arrival.idx / BATCH_SIZE;
    Ok(BlockRecord {
        batch,
        // The first request is wanted from the start; when later ones were wanted is not in the file.
        intended_at: (batch == 0).then_some(Instant::START),
        requested_at: Some(requested_at),
        acknowledged_at: delivered.is_none().then_some(arrived_at),
        ready_at: delivered,
        media: MediaTime::from_nanos(duration_nanos(span("duration_ms", arrival.duration_ms)?)),
        outcome,
        ..BlockRecord::wanted(listener, BlockIdx(arrival.idx), Instant::START)
    })
}

fn import_stall(
    listener: ListenerId,
    underrun: Underrun,
    blocks: &[BlockRecord],
) -> Result<StallRecord, String> {
    let waited = span("underruns.waited_ms", underrun.waited_ms)?;
    let block = BlockIdx(underrun.at_block);
    let ready_at = blocks.iter().find(|record| record.block == block).and_then(|record| record.ready_at);
    let waited_nanos = duration_nanos(waited);
    let began_at = ready_at.map_or(0, |at| at.as_nanos().saturating_sub(waited_nanos));
    Ok(StallRecord { listener, block, began_at: Instant::from_nanos(began_at), waited })
}

fn import_error(listener: ListenerId, at: Instant, text: &str) -> ErrorRecord {
    let failure = Failure {
        phase: Phase::BeforeAudio,
        class: class_of(text),
        code: None,
        text: text.to_owned(),
        kills: FailureScope::Session,
    };
    ErrorRecord { listener, at, failure }
}

/// The file has only words; the one class that decides a verdict is recognised by the server's own.
fn class_of(text: &str) -> FailureClass {
    if text.to_ascii_lowercase().contains("rate limit") { FailureClass::Limit } else { FailureClass::Server }
}

/// When the script began to play: to it a skipped or failed block was as good as a ready one.
fn started_at(blocks: &[BlockRecord]) -> Option<Instant> {
    let answered_at = |block: &BlockRecord| block.ready_at.or(block.acknowledged_at);
    let mut answered: Vec<_> = blocks.iter().filter_map(answered_at).collect();
    answered.sort_unstable();
    let enough = *answered.get(MIN_BUFFER.min(blocks.len()).checked_sub(1)?)?;
    let first = blocks.iter().find(|block| block.block == BlockIdx(0)).and_then(answered_at)?;
    Some(enough.max(first))
}

fn span(name: &str, millis: f64) -> Result<Duration, String> {
    Duration::try_from_secs_f64(millis / 1_000.0).map_err(|error| format!("{name}: {millis}: {error}"))
}
