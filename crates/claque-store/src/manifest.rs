//! `run.json`: what was run, where, and what came of it. A superset of the older script's result file.

use std::path::Path;

use claque_stats::{Reason, RunShape, Summary, Validity, Verdict};
use serde::{Deserialize, Serialize};

use crate::{
    FORMAT_VERSION,
    error::StoreError,
    rows::{ErrorRow, ListenerRow},
    session::Session,
    wall_time::UnixNanos,
};

/// What is known of a run before it starts. Holds no secrets: that is the caller's duty.
#[derive(Clone, Debug)]
pub struct RunHeader {
    /// The older script's five settings.
    pub config: RunConfig,
    /// When the run started.
    pub started_at: UnixNanos,
    /// Documents made for the run, as the service names them; empty until they are known.
    pub document_ids: Vec<String>,
    /// Version of claque.
    pub claque_version: String,
    /// The whole scenario, in the caller's words.
    pub scenario: serde_json::Value,
    /// Address of the service.
    pub target: String,
    /// The machine claque ran on.
    pub machine: Machine,
    /// The root of all randomness.
    pub seed: u64,
}

/// The settings the older script wrote.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunConfig {
    /// Listeners.
    pub users: u32,
    /// Blocks each was to hear.
    pub blocks_per_user: u32,
    /// Model slug.
    pub model: String,
    /// Voice slug; empty when the service was left to choose.
    #[serde(default)]
    pub voice: String,
    /// Playback rate as a factor.
    pub speed: f64,
}

impl RunConfig {
    /// The denominators.
    #[must_use]
    pub const fn shape(&self) -> RunShape {
        RunShape { users: self.users, blocks_per_user: self.blocks_per_user }
    }
}

/// The machine claque ran on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// Operating system.
    pub os: String,
    /// Processor architecture.
    pub arch: String,
    /// Processors it may use.
    pub cpus: u32,
}

/// The program that wrote a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaqueVersion {
    /// Its version.
    pub version: String,
}

/// A verdict as files hold it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedVerdict {
    /// Whether the figures can be trusted.
    pub valid: bool,
    /// Why not.
    pub reasons: Vec<Reason>,
    /// What else a reader should know.
    pub notes: Vec<Reason>,
}

impl From<&Verdict> for SavedVerdict {
    fn from(verdict: &Verdict) -> Self {
        Self { valid: verdict.is_valid(), reasons: verdict.reasons.clone(), notes: verdict.notes.clone() }
    }
}

impl From<SavedVerdict> for Verdict {
    fn from(saved: SavedVerdict) -> Self {
        let validity = if saved.valid { Validity::Valid } else { Validity::Invalid };
        Self { validity, reasons: saved.reasons, notes: saved.notes }
    }
}

/// The whole of `run.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the folder's layout.
    pub format_version: u32,
    /// Whether the run was not finished: there are no figures then, and the facts are in the journal.
    pub partial: bool,
    /// The program that wrote it.
    pub claque: ClaqueVersion,
    /// The older script's five settings.
    pub config: RunConfig,
    /// When it started, UTC without a zone, as the older script wrote it.
    pub started_at: String,
    /// When it ended, in the same form.
    pub finished_at: Option<String>,
    /// When it started, with the zone.
    pub started_at_utc: String,
    /// When it ended, with the zone.
    pub finished_at_utc: Option<String>,
    /// Address of the service.
    pub target: String,
    /// The whole scenario, in the caller's words.
    pub scenario: serde_json::Value,
    /// The machine claque ran on.
    pub machine: Machine,
    /// The root of all randomness.
    pub seed: u64,
    /// Whether the figures can be trusted.
    pub verdict: Option<SavedVerdict>,
    /// Every figure.
    pub summary: Option<Summary>,
    /// Documents made for the run.
    pub document_ids: Vec<String>,
    /// The older script's view of each listener.
    pub sessions: Vec<Session>,
    /// The facts of each listener.
    pub listeners: Vec<ListenerRow>,
    /// The facts of each failure.
    pub errors: Vec<ErrorRow>,
}

impl Manifest {
    /// The manifest of a run that has just begun.
    pub(crate) fn begin(header: &RunHeader) -> Self {
        Self {
            format_version: FORMAT_VERSION,
            partial: true,
            claque: ClaqueVersion { version: header.claque_version.clone() },
            config: header.config.clone(),
            started_at: header.started_at.naive(),
            finished_at: None,
            started_at_utc: header.started_at.utc(),
            finished_at_utc: None,
            target: header.target.clone(),
            scenario: header.scenario.clone(),
            machine: header.machine.clone(),
            seed: header.seed,
            verdict: None,
            summary: None,
            document_ids: header.document_ids.clone(),
            sessions: Vec::new(),
            listeners: Vec::new(),
            errors: Vec::new(),
        }
    }

    pub(crate) fn encode(&self, path: &Path) -> Result<Vec<u8>, StoreError> {
        let mut bytes = serde_json::to_vec_pretty(self).map_err(|error| StoreError::encode(path, error))?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// Reads `run.json`; the version is looked at before anything else is understood.
    pub(crate) fn decode(bytes: &[u8], path: &Path) -> Result<Self, StoreError> {
        check_version(bytes, path, None)?;
        serde_json::from_slice(bytes).map_err(|error| StoreError::damaged(path, error))
    }
}

/// Whether a `run.json` is of a version and of the kind that can be read. Runs of listeners name no kind.
pub(crate) fn check_version(
    bytes: &[u8],
    path: &Path,
    wanted: Option<&'static str>,
) -> Result<(), StoreError> {
    #[derive(Deserialize)]
    struct Versioned {
        format_version: Option<u64>,
        kind: Option<String>,
    }
    const LISTENERS: &str = "listeners";
    let versioned: Versioned =
        serde_json::from_slice(bytes).map_err(|error| StoreError::damaged(path, error))?;
    match versioned.format_version {
        None => Err(StoreError::NoFormatVersion { path: path.to_owned() }),
        Some(found) if found > u64::from(FORMAT_VERSION) => {
            Err(StoreError::NewerFormat { path: path.to_owned(), found, known: FORMAT_VERSION })
        }
        Some(_) if versioned.kind.as_deref() == wanted => Ok(()),
        Some(_) => Err(StoreError::OtherKind {
            path: path.to_owned(),
            found: versioned.kind.unwrap_or_else(|| LISTENERS.to_owned()),
            wanted: wanted.unwrap_or(LISTENERS),
        }),
    }
}
