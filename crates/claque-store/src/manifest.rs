//! `run.json`: what was run, where, and what came of it. A superset of the older script's result file.

use std::path::Path;

use claque_stats::{
    Reason, ReasonId, RunShape, Summary, SummaryBuilder, Verdict, objective::ObjectiveResult,
    window::FigureWindow,
};
use serde::{Deserialize, Serialize};

use crate::{
    FORMAT_VERSION, ServiceLoad,
    error::StoreError,
    files,
    heard::HeardRecord,
    incidents::IncidentRow,
    integrity::Integrity,
    network::NetworkRecord,
    repeat::RepeatOf,
    seal::{self, FileSeals},
    series_source::SeriesSource,
    session::Session,
    tables::{ErrorRow, ListenerRow},
    verdict::{SavedVerdict, interrupted},
    version::check_version,
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

/// Whether a run of this scenario spoke a protocol in which every answer is a stream, also one that comes in one piece.
#[must_use]
pub fn expects_streams(scenario: &serde_json::Value) -> bool {
    scenario.get("protocol").and_then(serde_json::Value::as_str) == Some("openai")
}

/// Whether the listeners of a run of this scenario took turns with the service.
#[must_use]
pub fn expects_turns(scenario: &serde_json::Value) -> bool {
    scenario.get("player").and_then(serde_json::Value::as_str) == Some("turns")
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

/// What went before a run's start, and is in none of its figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Preparation {
    /// Time from the first call to the service until the audience started.
    pub preparation_ms: f64,
    /// Part of it in which nothing could be done but wait for a limit on the making of documents.
    pub limit_wait_ms: f64,
    /// How often such a limit refused.
    pub limit_refusals: u64,
    /// Documents that were made.
    pub documents_made: u64,
    /// Documents of earlier runs that were found again.
    pub documents_reused: u64,
}

/// One thing that became of an access token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TokenRow {
    /// Number of the account, from 0 in the order given.
    pub account: u32,
    /// When, counted from the run's start; below 0 while it was prepared.
    pub at_ms: f64,
    /// `refreshed`, `signed-in-again` or `failed`.
    pub outcome: String,
    /// Why it failed.
    pub failure: Option<String>,
}

/// The program that wrote a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaqueVersion {
    /// Its version.
    pub version: String,
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
    /// What the wall clock showed at the moment all of the run's moments are counted from, in nanoseconds since 1970-01-01
    /// UTC; absent where there was no clock, and in files from before it was recorded.
    #[serde(default)]
    pub clock_started_at_unix_ns: Option<u64>,
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
    /// What came of the objectives; empty when there were none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub objectives: Vec<ObjectiveResult>,
    /// Every figure.
    pub summary: Option<Summary>,
    /// Documents made for the run.
    pub document_ids: Vec<String>,
    /// What went before the run's start; absent when it was not watched.
    #[serde(default)]
    pub preparation: Option<Preparation>,
    /// Accounts among which the listeners were dealt: listener i had account i modulo this.
    #[serde(default)]
    pub accounts: Option<u32>,
    /// What was done to the audience by hand, for people; absent where it was left alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_hand: Option<String>,
    /// Which repeat of a suite it is; absent where it is in none, and in files from before it was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat_of: Option<RepeatOf>,
    /// Whose facts are in the columns, in the words of `--facts`; absent where everybody's are. The figures are of everybody
    /// all the same: they were computed while the run went on, and cannot be computed anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facts_kept: Option<String>,
    /// The part of the run that its figures are about; absent where that is the whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<FigureWindow>,
    /// How the service was reached, where there is something to say of it.
    #[serde(default, skip_serializing_if = "NetworkRecord::is_empty")]
    pub network: NetworkRecord,
    /// What became of the accounts' access tokens, in order of time.
    #[serde(default)]
    pub token_refreshes: Vec<TokenRow>,
    /// How much the service had to do; absent where it does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_load: Option<ServiceLoad>,
    /// Whoever was asked for figures beside the audience, and how that went; empty where nobody was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub series_sources: Vec<SeriesSource>,
    /// What a listener heard, where that was kept as a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heard: Option<HeardRecord>,
    /// What is in the columns only, because there would be too much of it here: `block_arrivals`, `sessions`,
    /// `listeners`, `errors`; and `incidents`, which are in a file of their own then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_to_columns: Vec<String>,
    /// The older script's view of each listener.
    pub sessions: Vec<Session>,
    /// The facts of each listener.
    pub listeners: Vec<ListenerRow>,
    /// The facts of each failure.
    pub errors: Vec<ErrorRow>,
    /// The facts of each lost connection, block asked for again, and act of a listener; empty in files from before they
    /// were recorded.
    #[serde(default)]
    pub incidents: Vec<IncidentRow>,
    /// Whether the folder that it was read from holds what was written. In no file: it is found out each time.
    #[serde(skip)]
    pub integrity: Integrity,
}

impl Manifest {
    /// A builder of the figures of this run that has seen nothing.
    pub(crate) fn summary_builder(&self) -> SummaryBuilder {
        let mut figures = SummaryBuilder::new(self.config.shape());
        if expects_streams(&self.scenario) {
            figures.expect_streams();
        }
        if expects_turns(&self.scenario) {
            figures.expect_turns();
        }
        if let Some(window) = self.window {
            figures.figures_of(window);
        }
        figures
    }

    /// What its figures are worth that were judged so: those of a run that did not come to its end are interrupted, whatever they are.
    #[must_use]
    pub fn worth(&self, verdict: Verdict) -> Verdict {
        if self.partial { interrupted(verdict) } else { verdict }
    }

    /// Whether the run is a file of the older script that was taken in.
    #[must_use]
    pub fn is_imported(&self) -> bool {
        self.scenario.get("imported").is_some()
    }

    /// Whether everything can be computed anew that is told of the run.
    ///
    /// # Errors
    /// It kept no facts, or not everybody's.
    pub(crate) fn has_all_facts(&self, dir: &Path) -> Result<(), StoreError> {
        match &self.facts_kept {
            None => Ok(()),
            Some(kept) => Err(StoreError::FactsNotKept { path: dir.to_owned(), kept: kept.clone() }),
        }
    }

    /// Whether its incidents are in a file of their own.
    pub(crate) fn has_incidents_file(&self) -> bool {
        self.left_to_columns.iter().any(|left| left == files::INCIDENTS_KEY)
    }

    /// What is to be said where not everybody's facts are there.
    #[must_use]
    pub fn facts_kept_note(&self) -> Option<Reason> {
        let kept = self.facts_kept.as_ref()?;
        let users = self.config.users;
        let number = kept.strip_prefix("sample:").and_then(|number| number.parse::<u32>().ok());
        let whose = number.map_or_else(
            || "no facts were kept".to_owned(),
            |number| format!("the facts of {} of {users} listeners were kept", number.min(users)),
        );
        let text = format!("{whose} (--facts {kept}); the figures are of all, and cannot be computed anew");
        Some(Reason { id: ReasonId::FactsNotKept, text })
    }

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
            clock_started_at_unix_ns: None,
            target: header.target.clone(),
            scenario: header.scenario.clone(),
            machine: header.machine.clone(),
            seed: header.seed,
            verdict: None,
            objectives: Vec::new(),
            summary: None,
            document_ids: header.document_ids.clone(),
            preparation: None,
            accounts: None,
            by_hand: None,
            repeat_of: None,
            facts_kept: None,
            window: None,
            network: NetworkRecord::default(),
            token_refreshes: Vec::new(),
            service_load: None,
            series_sources: Vec::new(),
            heard: None,
            left_to_columns: Vec::new(),
            sessions: Vec::new(),
            listeners: Vec::new(),
            errors: Vec::new(),
            incidents: Vec::new(),
            integrity: Integrity::default(),
        }
    }

    /// Writes `run.json` in `dir`, of a run that goes on.
    pub(crate) fn write(&self, dir: &Path) -> Result<(), StoreError> {
        let path = dir.join(files::RUN);
        files::replace(&path, &self.encode(&path)?)
    }

    /// Writes `run.json` in `dir`, of a run that has ended, with its seal and those of the files beside it.
    pub(crate) fn write_sealed(&self, dir: &Path, files: FileSeals) -> Result<(), StoreError> {
        let path = dir.join(files::RUN);
        files::replace(&path, &seal::encode(self, files, &path)?)
    }

    fn encode(&self, path: &Path) -> Result<Vec<u8>, StoreError> {
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

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The manifest of a run that has begun.
    pub(crate) fn manifest() -> Manifest {
        Manifest::begin(&RunHeader {
            config: RunConfig {
                users: 1,
                blocks_per_user: 1,
                model: "kokoro".to_owned(),
                voice: String::new(),
                speed: 1.0,
            },
            started_at: UnixNanos(0),
            document_ids: Vec::new(),
            claque_version: "0".to_owned(),
            scenario: serde_json::Value::Null,
            target: String::new(),
            machine: Machine { os: String::new(), arch: String::new(), cpus: 1 },
            seed: 0,
        })
    }
}
