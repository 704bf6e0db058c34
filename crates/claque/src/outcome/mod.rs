//! From facts to a finished run: what `run` and `simulate` have in common once something has happened.

mod folder;
mod steady;
mod verdict;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    thread::available_parallelism,
};

use claque_core::{
    gap::GapLog,
    plan::Plan,
    record::{Arrived, Asked, Fact},
};
use claque_gateway::Load;
use claque_net::{Clock, audience::ByHand, unix_nanos};
use claque_stats::{
    GeneratorGap, ObservationsBuilder, Reason, ScheduleLag, Summary, SummaryBuilder, Verdict,
    objective::{Objective, ObjectiveResult},
};
use claque_store::{
    DocumentJournal, Machine, NetworkRecord, Preparation, RunConfig, RunFolder, RunHeader, RunWriter,
    ServiceLoad, StoreError, TokenRow, UnixNanos,
};

pub(crate) use self::{
    folder::{folder_name, new_folder, new_folder_called},
    verdict::{judge, network_notes},
};
use self::{
    steady::{Steady, SteadyTerms, SteadyWatch},
    verdict::{Told, beyond_player, by_hand},
};
use crate::load;

/// Exit code of a run whose figures are told and that could not be kept.
pub(crate) const NOT_KEPT: u8 = 1;
/// Exit codes, documented in the help.
pub(crate) const MISSED: u8 = 3;
/// See above.
pub(crate) const REGRESSION: u8 = 4;
/// See above.
pub(crate) const INVALID: u8 = 5;

/// Facts kept back before they are written: few enough to be lost with a crash, many enough to be cheap.
const BATCH: usize = 512;

/// Facts kept in memory once the folder takes no more: some 250 MB. A run is stopped then, so few are to come; of a simulation that
/// goes on beyond it there are no figures.
const MOST_UNSAVED: usize = 1_000_000;

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
    /// What is to be said beside the verdict and is known beforehand.
    pub(crate) notes: Vec<Reason>,
    /// What is to be found out about an audience that comes and goes.
    pub(crate) steady: Option<SteadyTerms>,
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
    waiting: Vec<Fact>,
    preparation: Option<Preparation>,
    load: Option<ServiceLoad>,
    objectives: Vec<Objective>,
    /// What objectives need beyond the figures; nothing is kept for nobody.
    observed: Option<ObservationsBuilder>,
    steady: Option<SteadyWatch>,
    aborted: Option<String>,
    /// What somebody at the keyboard changed.
    by_hand: Option<String>,
    /// When the generator did not run although it should have, where that was measured.
    gap: Option<GeneratorGap>,
    network: NetworkRecord,
    /// Why the folder takes no more.
    trouble: Option<StoreError>,
}

/// A run that is recorded, with everything a report says of it.
#[derive(Clone, Debug)]
pub(crate) struct Finished {
    pub(crate) heading: Heading,
    pub(crate) folder: PathBuf,
    pub(crate) summary: Summary,
    pub(crate) verdict: Verdict,
    pub(crate) preparation: Option<Preparation>,
    /// How much the service had to do, where it tells.
    pub(crate) load: Option<ServiceLoad>,
    /// What came of the objectives, in their order.
    pub(crate) objectives: Vec<ObjectiveResult>,
    /// Why it is not kept, if it is not: these figures are nowhere else.
    pub(crate) not_kept: Option<String>,
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
            users: plan.schedule.known_of(plan.users),
            blocks_per_user: plan.blocks,
            model: plan.model.clone(),
            voice: voice.to_owned(),
            speed: plan.speed.as_f64(),
        };
        let notes = beyond_player(plan).into_iter().collect();
        let steady = SteadyTerms::of(plan, &scenario);
        Self { target, config, time, seed, scenario, notes, steady }
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
        Ok(Self {
            writer: RunFolder::create(&folder, &header)?,
            waiting: Vec::with_capacity(BATCH),
            preparation: None,
            load: None,
            objectives: Vec::new(),
            observed: None,
            steady: heading.steady.map(SteadyWatch::new),
            aborted: None,
            by_hand: None,
            gap: None,
            network: NetworkRecord::default(),
            trouble: None,
            heading,
        })
    }

    /// Has these objectives judged at the end. To be called before the first fact.
    pub(crate) fn with_objectives(mut self, objectives: &[Objective]) -> Self {
        let shape = self.heading.config.shape();
        let streams = claque_store::expects_streams(&self.heading.scenario);
        self.observed = (!objectives.is_empty()).then(|| {
            let mut observed = ObservationsBuilder::new(shape);
            if streams {
                observed.expect_streams();
            }
            observed
        });
        self.objectives = objectives.to_vec();
        self
    }

    /// Notes that the run was given up, and why.
    pub(crate) fn abort(&mut self, why: String) {
        self.aborted.get_or_insert(why);
    }

    /// Notes what was done to the audience by hand: it is not the audience that was asked for.
    pub(crate) fn note_by_hand(&mut self, done: ByHand) {
        self.by_hand = by_hand(done);
    }

    /// Notes how the service is reached.
    pub(crate) fn note_network(&mut self, network: NetworkRecord) {
        self.network = network.clone();
        self.writer.set_network(network);
    }

    /// Keeps when the generator did not run although it should have.
    pub(crate) fn record_gaps(&mut self, gaps: &GapLog) {
        self.gap = GeneratorGap::from_log(gaps);
    }

    /// Puts down the documents made for the run.
    pub(crate) fn record_documents(&mut self, ids: Vec<String>) {
        if self.trouble.is_none() {
            self.trouble = self.writer.record_documents(ids).err();
        }
    }

    /// Puts down that the audience starts now: with which documents, among how many accounts, and what went before.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub(crate) fn record_start(
        &mut self,
        ids: Vec<String>,
        accounts: usize,
        preparation: Preparation,
    ) -> Result<(), StoreError> {
        self.preparation = Some(preparation);
        let accounts = u32::try_from(accounts).ok();
        self.writer.record_start(UnixNanos(unix_nanos()), ids, accounts, preparation)
    }

    /// Keeps what went before a run that has no start of its own.
    pub(crate) const fn record_preparation(&mut self, preparation: Preparation) {
        self.preparation = Some(preparation);
        self.writer.set_preparation(preparation);
    }

    /// Keeps how much the service had to do, where it tells.
    pub(crate) fn record_load(&mut self, load: &Load) {
        let load = load::row(load);
        self.load = Some(load.clone());
        self.writer.set_service_load(load);
    }

    /// Keeps what the wall clock showed when the run's clock started.
    pub(crate) const fn record_clock(&mut self, clock: Clock) {
        self.writer.set_clock_start(UnixNanos(clock.started_at_unix_nanos()));
    }

    /// Keeps what became of the access tokens.
    pub(crate) fn record_tokens(&mut self, rows: Vec<TokenRow>) {
        self.writer.set_token_refreshes(rows);
    }

    /// Begins the journal of the documents that the run makes.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub(crate) fn document_journal(
        &self,
        target: &str,
        embedded: bool,
    ) -> Result<DocumentJournal, StoreError> {
        self.writer.document_journal(target, embedded)
    }

    /// The run's folder.
    pub(crate) fn folder(&self) -> &Path {
        self.writer.dir()
    }

    /// The name of the run's folder: the moment it began.
    pub(crate) fn name(&self) -> String {
        self.folder().file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Takes the folder away again: nothing came of the run.
    ///
    /// # Errors
    /// The folder cannot be removed.
    pub(crate) fn discard(self) -> Result<(), StoreError> {
        self.writer.discard()
    }

    /// Takes facts, in the order in which they became final. They are written in batches; see [`Recorder::flush`].
    pub(crate) fn take(&mut self, facts: impl IntoIterator<Item = Fact>) {
        for fact in facts {
            if let Some(observed) = &mut self.observed {
                observed.add(&fact);
            }
            if let Some(steady) = &mut self.steady {
                steady.add(&fact);
            }
            if self.trouble.is_none() || self.waiting.len() <= MOST_UNSAVED {
                self.waiting.push(fact);
            }
        }
        if self.waiting.len() >= BATCH {
            self.flush();
        }
    }

    /// Puts down what was just asked for, so that it outlives this process.
    pub(crate) fn take_asked(&mut self, asked: &[Asked]) {
        if self.trouble.is_none() && !asked.is_empty() {
            self.trouble = self.writer.append_asked(asked).err();
        }
    }

    /// Puts down what has just arrived, so that it outlives this process.
    pub(crate) fn take_arrived(&mut self, arrived: &[Arrived]) {
        if self.trouble.is_none() && !arrived.is_empty() {
            self.trouble = self.writer.append_arrived(arrived).err();
        }
    }

    /// Writes what is kept back, so that it outlives this process.
    pub(crate) fn flush(&mut self) {
        if self.trouble.is_some() || self.waiting.is_empty() {
            return;
        }
        match self.writer.append(&self.waiting) {
            Ok(()) => self.waiting.clear(),
            Err(error) => self.trouble = Some(error),
        }
    }

    /// Why the folder takes no more, if it does not: what is measured from then on is only in memory.
    pub(crate) const fn trouble(&self) -> Option<&StoreError> {
        self.trouble.as_ref()
    }

    /// Computes the figures, judges them, and finishes the folder. `lag` is how late the generator was, where that
    /// was measured. Where the folder cannot be finished the figures are computed all the same, and say so.
    ///
    /// # Errors
    /// The folder cannot be written, and what was written cannot be read back.
    pub(crate) fn finish(mut self, lag: Option<ScheduleLag>) -> Result<Finished, StoreError> {
        self.flush();
        let steady = self.steady.take().map(SteadyWatch::finish).unwrap_or_default();
        if let Some(window) = steady.window {
            self.writer.set_window(window);
        }
        let observed = self.observed.take().map(|observed| match steady.window {
            Some(window) => observed.finish_within(window),
            None => observed.finish(),
        });
        let objectives = std::mem::take(&mut self.objectives);
        let objectives: Vec<_> = observed
            .iter()
            .flat_map(|observed| objectives.iter().map(move |objective| objective.judge(&[observed])))
            .collect();
        self.writer.record_objectives(objectives.clone());
        self.writer.set_by_hand(self.by_hand.clone());
        let saved = match self.trouble.take() {
            Some(error) => Err(error),
            None => {
                let Self { writer, heading, preparation, aborted, by_hand, gap, network, .. } = &mut self;
                let told = Told { heading, preparation, aborted, by_hand, gap, network, steady: &steady };
                writer.finish_with(UnixNanos(unix_nanos()), lag, |summary| told.judge(summary))
            }
        };
        let folder = self.folder().to_owned();
        let ((summary, verdict), not_kept) = match saved {
            Ok(judged) => (judged, None),
            Err(error) => (self.judge_unsaved(lag, &steady, &error)?, Some(not_kept(&error, &folder))),
        };
        let Self { heading, preparation, load, .. } = self;
        Ok(Finished { heading, folder, summary, verdict, preparation, load, objectives, not_kept })
    }

    /// The figures of what was written until the folder took no more, and of what has waited since.
    fn judge_unsaved(
        &mut self,
        lag: Option<ScheduleLag>,
        steady: &Steady,
        why: &StoreError,
    ) -> Result<(Summary, Verdict), StoreError> {
        if self.waiting.len() > MOST_UNSAVED {
            return Err(StoreError::TooManyFacts { most: MOST_UNSAVED, why: why.to_string() });
        }
        let mut facts = self.writer.facts()?;
        facts.append(&mut self.waiting);
        let Self { heading, preparation, aborted, by_hand, gap, network, .. } = self;
        let mut figures = SummaryBuilder::new(heading.config.shape());
        if claque_store::expects_streams(&heading.scenario) {
            figures.expect_streams();
        }
        if claque_store::expects_turns(&heading.scenario) {
            figures.expect_turns();
        }
        if let Some(window) = steady.window {
            figures.figures_of(window);
            let each = claque_store::by_listener(&facts);
            each.iter().for_each(|facts| facts.summarise_into(&mut figures));
        } else {
            facts.iter().for_each(|fact| figures.add(fact));
        }
        let summary = figures.finish(lag);
        Ok(Told { heading, preparation, aborted, by_hand, gap, network, steady }.judge(summary))
    }
}

/// Why a run is not kept, and what there is of it all the same.
pub(crate) fn not_kept(why: &StoreError, folder: &Path) -> String {
    if claque_store::run_kind(folder).is_ok() {
        format!("{why}; what was written before stays in {} as a partial run", folder.display())
    } else {
        why.to_string()
    }
}

impl Finished {
    /// 0 for a run that can be trusted and reached its objectives. 5 for one that cannot be trusted, whatever its
    /// objectives: they are about figures that do not measure the service. 3 for one that missed an objective. 1 for one that
    /// could not be kept, which is claque's own failure.
    pub(crate) fn exit_code(&self) -> ExitCode {
        if self.not_kept.is_some() {
            return ExitCode::from(NOT_KEPT);
        }
        let missed = self.objectives.iter().any(|result| !result.met);
        if self.verdict.is_valid() && missed { ExitCode::from(MISSED) } else { exit_code(&self.verdict) }
    }
}

/// 0 for a run that can be trusted, 5 for one that cannot, also where that is because nobody measured it.
pub(crate) fn exit_code(verdict: &Verdict) -> ExitCode {
    if verdict.is_valid() { ExitCode::SUCCESS } else { ExitCode::from(INVALID) }
}

/// What the run is made on.
pub(crate) fn machine() -> Machine {
    let cpus = available_parallelism().map_or(1, |cpus| u32::try_from(cpus.get()).unwrap_or(u32::MAX));
    Machine { os: std::env::consts::OS.to_owned(), arch: std::env::consts::ARCH.to_owned(), cpus }
}

#[cfg(test)]
mod tests;
