//! From facts to a finished run: what `run` and `simulate` have in common once something has happened.

mod folder;
mod load;
mod parts;
mod places;
mod scraped;
mod steady;
mod terms;
mod unkept;
mod verdict;

use std::path::Path;

use claque_core::{
    gap::GapLog,
    record::{Arrived, Asked, Fact},
};
use claque_gateway::Load;
use claque_net::{Clock, audience::ByHand, unix_nanos};
use claque_stats::{
    GeneratorGap, ObservationsBuilder, Reason, ScheduleLag, Summary, SummaryBuilder, Verdict,
    objective::Objective,
};
use claque_store::{
    DocumentJournal, JournalEntries, NetworkRecord, Preparation, RepeatOf, RunFolder, RunHeader, RunWriter,
    SeriesOfRun, ServiceLoad, StoreError, TokenRow, UnixNanos,
    finished::{Finished, Heading},
};

pub use self::{
    folder::{folder_name, new_folder, new_folder_called},
    verdict::{calibration_doubts, judge},
};
pub(crate) use self::{
    parts::{figures_of, machine, not_kept},
    terms::RecordTerms,
    unkept::Unkept,
    verdict::network_notes,
};
use self::{
    steady::{Steady, SteadyWatch},
    verdict::{RunContext, by_hand},
};
use crate::{RunError, order::FactsKept};

/// Facts kept back before they are written: few enough to be lost with a crash, many enough to be cheap.
const BATCH: usize = 512;

/// Facts kept in memory once the folder takes no more: some 250 MB. A run is stopped then, so few are to come; of a simulation that
/// goes on beyond it there are no figures.
const MOST_UNSAVED: usize = 1_000_000;

/// A run that is being recorded: in its folder, and as figures.
#[derive(Debug)]
#[must_use = "a run that is not finished stays partial"]
pub(crate) struct Recorder {
    heading: Heading,
    writer: RunWriter,
    waiting: Vec<Fact>,
    /// What was asked for and has arrived meanwhile.
    asked: Vec<Asked>,
    arrived: Vec<Arrived>,
    preparation: Option<Preparation>,
    load: Option<ServiceLoad>,
    objectives: Vec<Objective>,
    /// What objectives need beyond the figures; nothing is kept for nobody.
    observed: Option<ObservationsBuilder>,
    steady: Option<SteadyWatch>,
    /// The figures, where the folder will not have everybody's facts to compute them from.
    figures: Option<SummaryBuilder>,
    facts: FactsKept,
    aborted: Option<String>,
    /// What somebody at the keyboard changed.
    by_hand: Option<String>,
    /// When the generator did not run although it should have, where that was measured.
    gap: Option<GeneratorGap>,
    other_texts: Option<Reason>,
    network: NetworkRecord,
    /// Why the folder takes no more.
    trouble: Option<StoreError>,
}

impl Recorder {
    /// Begins a run in a folder of its own in `parent`, named by date and time. From now on it can be read.
    ///
    /// # Errors
    /// The folder cannot be made or written.
    pub(crate) fn create(
        RecordTerms { heading, steady }: RecordTerms,
        parent: &Path,
        document_ids: Vec<String>,
    ) -> Result<Self, RunError> {
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
            asked: Vec::new(),
            arrived: Vec::new(),
            preparation: None,
            load: None,
            objectives: Vec::new(),
            observed: None,
            steady: steady.map(SteadyWatch::new),
            figures: None,
            facts: FactsKept::All,
            aborted: None,
            by_hand: None,
            gap: None,
            other_texts: None,
            network: NetworkRecord::default(),
            trouble: None,
            heading,
        })
    }

    /// Has these objectives judged at the end. To be called before the first fact.
    pub(crate) fn with_objectives(mut self, objectives: &[Objective]) -> Self {
        self.observed = (!objectives.is_empty()).then(|| parts::observations_of(&self.heading));
        self.objectives = objectives.to_vec();
        self
    }

    /// Has the run know which repeat of a suite it is.
    pub(crate) fn with_repeat_of(mut self, repeat_of: Option<RepeatOf>) -> Self {
        self.writer.set_repeat_of(repeat_of);
        self
    }

    /// Keeps these facts; the figures are computed on the way then. To be called before the first fact.
    ///
    /// # Errors
    /// The figures are of a part of the run which is only known at its end, or the folder cannot be written.
    pub(crate) fn with_facts(mut self, facts: FactsKept) -> Result<Self, RunError> {
        let Some(words) = facts.words() else { return Ok(self) };
        self.writer.set_facts_kept(words)?;
        self.figures = Some(figures_of(&self.heading));
        self.facts = facts;
        Ok(self)
    }

    /// Notes that the run was given up, and why.
    pub(crate) fn abort(&mut self, why: String) {
        self.aborted.get_or_insert(why);
    }

    /// Notes what was done to the audience by hand: it is not the audience that was asked for.
    pub(crate) fn note_by_hand(&mut self, done: ByHand) {
        self.by_hand = by_hand(done);
    }

    /// Notes what is to be said of the run, if there is something.
    pub(crate) fn note(&mut self, note: Option<Reason>) {
        self.heading.notes.extend(note);
    }

    /// Notes what is odd about the blocks that the service made of the texts.
    pub(crate) fn note_blocks(&mut self, notes: Vec<Reason>, other_texts: Option<Reason>) {
        self.heading.notes.extend(notes);
        self.other_texts = other_texts;
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

    /// Keeps what others told beside the audience, and notes what lacks.
    pub(crate) fn record_series(&mut self, series: SeriesOfRun) {
        self.heading.notes.extend(scraped::incomplete(&series.rows()));
        self.writer.set_series(series);
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
            if let Some(figures) = &mut self.figures {
                figures.add(&fact);
                if let Fact::Listener(record) = &fact {
                    figures.close(record.listener);
                }
            }
            let is_kept = self.facts.keeps(fact.listener(), self.heading.config.users);
            if is_kept && (self.trouble.is_none() || self.waiting.len() <= MOST_UNSAVED) {
                self.waiting.push(fact);
            }
        }
        if self.waiting.len() >= BATCH {
            self.flush();
        }
    }

    /// Takes what was just asked for and what has arrived, for [`Recorder::flush`].
    pub(crate) fn take_under_way(&mut self, asked: Vec<Asked>, arrived: Vec<Arrived>) {
        if self.trouble.is_none() {
            self.asked.extend(asked);
            self.arrived.extend(arrived);
        }
    }

    /// Writes what is kept back, so that it outlives this process.
    pub(crate) fn flush(&mut self) {
        let Self { asked, arrived, waiting, .. } = self;
        let news = JournalEntries { asked, arrived, facts: waiting };
        if self.trouble.is_some() || news.is_empty() {
            return;
        }
        match self.writer.append_all(news) {
            Ok(()) => waiting.clear(),
            Err(error) => self.trouble = Some(error),
        }
        asked.clear();
        arrived.clear();
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
                let figures = self.figures.take().map(|figures| figures.finish(lag));
                let Self {
                    writer, heading, preparation, aborted, by_hand, gap, network, other_texts, ..
                } = &mut self;
                let steady = &steady;
                let told =
                    RunContext { heading, preparation, aborted, by_hand, gap, network, other_texts, steady };
                let judge = |of_kept: Summary| told.judge(figures.unwrap_or(of_kept));
                writer.finish_with(UnixNanos(unix_nanos()), lag, judge)
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
        let Self { heading, preparation, aborted, by_hand, gap, network, other_texts, .. } = self;
        let mut figures = figures_of(heading);
        if let Some(window) = steady.window {
            figures.figures_of(window);
            let each = claque_store::by_listener(&facts);
            each.iter().for_each(|facts| facts.summarise_into(&mut figures));
        } else {
            facts.iter().for_each(|fact| figures.add(fact));
        }
        let summary = figures.finish(lag);
        Ok(RunContext { heading, preparation, aborted, by_hand, gap, network, other_texts, steady }
            .judge(summary))
    }
}

#[cfg(test)]
mod tests;
