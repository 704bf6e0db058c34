//! From facts to a finished run: what `run` and `simulate` have in common once something has happened.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
    thread::available_parallelism,
};

use anyhow::Context as _;
use claque_core::{plan::Plan, record::Fact};
use claque_net::unix_nanos;
use claque_stats::{ReasonId, RunShape, ScheduleLag, Summary, SummaryBuilder, Verdict};
use claque_store::{Machine, RunConfig, RunFolder, RunHeader, RunWriter, StoreError, UnixNanos};
use jiff::{Timestamp, tz::TimeZone};

/// Facts kept back before they are written: few enough to be lost with a crash, many enough to be cheap.
const BATCH: usize = 512;

/// What a run sets out to do, as far as its folder and its report are concerned.
#[derive(Clone, Debug)]
pub(crate) struct Heading {
    /// The service, for people: an address, or a word for the embedded or simulated gateway with its preset.
    pub(crate) target: String,
    /// The older script's five settings.
    pub(crate) config: RunConfig,
    /// Which time the run's times are of.
    pub(crate) time: TimeKind,
    /// The number all randomness hangs from.
    pub(crate) seed: u64,
    /// Everything that was decided, without secrets.
    pub(crate) scenario: serde_json::Value,
}

/// Which time a run's times are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimeKind {
    /// A clock's.
    Real,
    /// A model's, in which nothing can be late.
    Virtual,
}

/// A run that is being recorded: in its folder, and as figures.
#[derive(Debug)]
#[must_use = "a run that is not finished stays partial"]
pub(crate) struct Recorder {
    heading: Heading,
    writer: RunWriter,
    figures: SummaryBuilder,
    waiting: Vec<Fact>,
}

/// A run that is recorded, with everything a report says of it.
#[derive(Clone, Debug)]
pub(crate) struct Finished {
    pub(crate) heading: Heading,
    pub(crate) folder: PathBuf,
    pub(crate) summary: Summary,
    pub(crate) verdict: Verdict,
}

impl Heading {
    /// The heading of a run of `plan` that was decided in the words of `scenario`.
    pub(crate) fn new(
        plan: &Plan,
        voice: &str,
        target: String,
        time: TimeKind,
        (seed, scenario): (u64, serde_json::Value),
    ) -> Self {
        let config = RunConfig {
            users: plan.users,
            blocks_per_user: plan.blocks,
            model: plan.model.clone(),
            voice: voice.to_owned(),
            speed: plan.speed.as_f64(),
        };
        Self { target, config, time, seed, scenario }
    }
}

impl Recorder {
    /// Begins a run in a folder of its own in `parent`, named by date and time. From now on it can be read.
    ///
    /// # Errors
    /// The folder cannot be made or written.
    pub(crate) fn create(heading: Heading, parent: &Path, document_ids: Vec<String>) -> anyhow::Result<Self> {
        let started_at = UnixNanos(unix_nanos());
        let folder = new_folder(parent, started_at)?;
        let header = RunHeader {
            config: heading.config.clone(),
            started_at,
            document_ids,
            claque_version: env!("CARGO_PKG_VERSION").to_owned(),
            scenario: heading.scenario.clone(),
            target: heading.target.clone(),
            machine: machine(),
            seed: heading.seed,
        };
        let shape = RunShape { users: heading.config.users, blocks_per_user: heading.config.blocks_per_user };
        Ok(Self {
            writer: RunFolder::create(&folder, &header)?,
            figures: SummaryBuilder::new(shape),
            waiting: Vec::with_capacity(BATCH),
            heading,
        })
    }

    /// Puts down the documents made for the run.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub(crate) fn record_documents(&mut self, ids: Vec<String>) -> Result<(), StoreError> {
        self.writer.record_documents(ids)
    }

    /// Takes facts, in the order in which they became final. They are written in batches; see [`Recorder::flush`].
    ///
    /// # Errors
    /// The folder cannot be written; the facts are kept for the next try.
    pub(crate) fn take(&mut self, facts: impl IntoIterator<Item = Fact>) -> Result<(), StoreError> {
        for fact in facts {
            self.figures.add(&fact);
            self.waiting.push(fact);
        }
        if self.waiting.len() < BATCH { Ok(()) } else { self.flush() }
    }

    /// Writes what is kept back, so that it outlives this process.
    ///
    /// # Errors
    /// The folder cannot be written; the facts are kept for the next try.
    pub(crate) fn flush(&mut self) -> Result<(), StoreError> {
        if !self.waiting.is_empty() {
            self.writer.append(&self.waiting)?;
            self.waiting.clear();
        }
        Ok(())
    }

    /// Computes the figures, judges them, and finishes the folder. `lag` is how late the generator was, where that
    /// was measured.
    ///
    /// # Errors
    /// The folder cannot be written; the run stays readable as a partial one.
    pub(crate) fn finish(mut self, lag: Option<ScheduleLag>) -> Result<Finished, StoreError> {
        self.flush()?;
        let Self { heading, writer, figures, waiting: _ } = self;
        let summary = figures.finish(lag);
        let mut verdict = Verdict::judge(&summary);
        if heading.time == TimeKind::Virtual {
            // Not unmeasured, but impossible: nothing is late in virtual time.
            verdict.notes.retain(|note| note.id != ReasonId::LagNotMeasured);
        }
        let folder = writer.dir().to_owned();
        writer.finish(&summary, &verdict, UnixNanos(unix_nanos()))?;
        Ok(Finished { heading, folder, summary, verdict })
    }
}

impl Finished {
    /// 0 for a run that can be trusted, 5 for one that cannot.
    pub(crate) fn exit_code(&self) -> ExitCode {
        exit_code(&self.verdict)
    }
}

/// 0 for a run that can be trusted, 5 for one that cannot.
pub(crate) fn exit_code(verdict: &Verdict) -> ExitCode {
    /// Documented in the help.
    const INVALID: u8 = 5;
    if verdict.is_valid() { ExitCode::SUCCESS } else { ExitCode::from(INVALID) }
}

/// Makes a folder named by the time, with a suffix if another run has the name.
pub(crate) fn new_folder(parent: &Path, at: UnixNanos) -> anyhow::Result<PathBuf> {
    /// More runs than this do not begin in one second.
    const MOST: u32 = 1_000;
    let failed = || {
        format!("failed to create a folder for the run in {}; choose another --output-dir", parent.display())
    };
    fs::create_dir_all(parent).with_context(failed)?;
    let name = folder_name(at);
    for number in 1..=MOST {
        let folder = parent.join(if number == 1 { name.clone() } else { format!("{name}-{number}") });
        match fs::create_dir(&folder) {
            Ok(()) => return Ok(folder),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error).with_context(failed),
        }
    }
    anyhow::bail!(
        "failed to name a folder for the run: {name} and {MOST} others are taken; choose another --output-dir"
    )
}

/// UTC, to the second, without signs that some file systems refuse.
fn folder_name(at: UnixNanos) -> String {
    let moment = Timestamp::from_nanosecond(i128::from(at.0)).unwrap_or(Timestamp::UNIX_EPOCH);
    moment.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H-%M-%SZ").to_string()
}

pub(crate) fn machine() -> Machine {
    let cpus = available_parallelism().map_or(1, |cpus| u32::try_from(cpus.get()).unwrap_or(u32::MAX));
    Machine { os: std::env::consts::OS.to_owned(), arch: std::env::consts::ARCH.to_owned(), cpus }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_named_by_the_second_and_none_is_taken_twice() {
        let parent = tempfile::tempdir().unwrap();
        let parent = parent.path().join("deep/below");
        let at = UnixNanos(1_795_564_799_900_000_000);
        let names: Vec<_> = (0..3)
            .map(|_| new_folder(&parent, at).unwrap().file_name().unwrap().to_string_lossy().into_owned())
            .collect();
        assert_eq!(names, ["2026-11-24T23-59-59Z", "2026-11-24T23-59-59Z-2", "2026-11-24T23-59-59Z-3"]);
    }
}
