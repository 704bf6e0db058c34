//! A run over documents in real time: make, extract, record, clear away, whatever happens in between.

use std::sync::Arc;

use claque_core::{
    extraction::{
        DocumentFact, DocumentNo, Extraction, ExtractionConfig, Input, OnStop, Output, Refused, Reply,
    },
    rng::Seed,
    time::Instant,
};
use claque_net::{
    extraction::{Conversations, ExtractionOrder, JournalAck, News, Paper},
    host::{Host, HostOptions},
    service::{Network, Service, ServiceError, Target},
    unix_nanos,
};
use claque_stats::ScheduleLag;
use claque_store::finished::{DocumentsHeading, FinishedDocuments, TimeKind};
use tokio::time::MissedTickBehavior;

use super::{
    left::{DocumentLedger, DocumentOwner},
    paced::Paced,
    paper,
    record::DocumentsRecorder,
};
use crate::{
    RunError,
    interrupts::Interrupts,
    leaving::{RunCourse, RunPhase, twice},
    network::tell_slow_calls,
    order::{DocumentsOrder, TargetChoice},
    pulse::{self, RecorderPulse},
    waiting::Waiting,
    watcher::{self, Watcher},
};

/// Runs, saves, and leaves nothing behind on the service; nothing is told but on the way. None when it was left at once.
///
/// # Errors
/// claque cannot go on.
pub async fn perform(
    settings: &DocumentsOrder,
    interrupts: &Interrupts,
    watcher: &dyn Watcher,
) -> Result<Option<FinishedDocuments>, RunError> {
    let (left, course) = (&DocumentLedger::default(), &RunCourse::default());
    let network = Network::open(settings.network.clone());
    let session = Session { settings, interrupts, left, course, watcher, network: network.clone() };
    let result = tokio::select! {
        result = session.run() => Some(result),
        () = twice(interrupts, watcher, || course.stopping(left.clears())) => None,
        () = tell_slow_calls(&network, |line| watcher.say(line)) => None,
    };
    watcher.on_news(watcher::News::Ended);
    let Some(result) = result else {
        course.left(&left.leave()).iter().for_each(|line| watcher.warn(line));
        return Ok(None);
    };
    let finished = result?;
    for what in &finished.summary.left_behind {
        watcher.warn(&format!("left behind on the service: {what}"));
    }
    Ok(Some(finished))
}

/// One run with all it works on.
struct Session<'a> {
    settings: &'a DocumentsOrder,
    interrupts: &'a Interrupts,
    /// What is on the service at this moment.
    left: &'a DocumentLedger,
    course: &'a RunCourse,
    watcher: &'a dyn Watcher,
    network: Network,
}

impl Session<'_> {
    async fn run(&self) -> Result<FinishedDocuments, RunError> {
        let (host, target, unique) = self.service().await?;
        let papers = tokio::select! {
            papers = self.papers(unique) => papers?,
            () = self.interrupts.reached(1) => return Err(RunError::Interrupted),
        };
        let waiting = Waiting::new(self.interrupts, self.watcher);
        let wait = async |pause| waiting.wait(pause).await;
        let opened = tokio::select! {
            opened = Service::open(target.clone(), self.settings.credentials.clone(), &self.network, wait) => opened,
            () = self.interrupts.reached(1) => return Err(RunError::Interrupted),
        };
        let result = match opened {
            Ok(service) => self.extract(service, papers, host.as_ref()).await,
            Err(error) => self.refused(&error, &target, &papers),
        };
        if let Some(host) = host {
            host.stop();
        }
        result
    }

    /// The service that is meant: one of our own, on a free port of this machine, or the one that was named. With it,
    /// what makes documents differ from all that it has seen.
    async fn service(&self) -> Result<(Option<Host>, Target, Seed), RunError> {
        let unique = self.settings.plan.seed.child("unique");
        match &self.settings.target {
            TargetChoice::BaseUrl(target) => Ok((None, target.clone(), unique.index(unix_nanos()))),
            TargetChoice::Embedded(gateway) => {
                let host = Host::begin(HostOptions {
                    bind: (std::net::Ipv4Addr::LOCALHOST, 0).into(),
                    config: gateway.config.clone(),
                    engine: gateway.engine.to_host(),
                    seed: gateway.seed,
                })?;
                let host = tokio::select! {
                    host = host.ready() => host?,
                    () = self.interrupts.reached(1) => return Err(RunError::Interrupted),
                };
                let target = Target::parse(&host.base_url())?;
                Ok((Some(host), target, unique))
            }
            TargetChoice::EmbeddedSpeech(_) => Err(RunError::NothingToExtract),
        }
    }

    /// Makes the documents, off this thread, so that an interrupt is heard meanwhile.
    async fn papers(&self, unique: Seed) -> Result<Vec<Paper>, RunError> {
        const STEP: &str = "making documents";
        let (plan, corpus) = (Arc::new(self.settings.plan.clone()), Arc::new(self.settings.corpus.clone()));
        let count = plan.concurrent;
        let mut papers = Vec::new();
        for number in 0..count {
            self.watcher.preparing(STEP, number.into(), count.into());
            let (plan, corpus) = (Arc::clone(&plan), Arc::clone(&corpus));
            let made = tokio::task::spawn_blocking(move || paper(&plan, &corpus, unique, number)).await;
            papers.push(made?);
        }
        self.watcher.preparing(STEP, count.into(), count.into());
        Ok(papers)
    }

    async fn extract(
        &self,
        service: Service,
        papers: Vec<Paper>,
        host: Option<&Host>,
    ) -> Result<FinishedDocuments, RunError> {
        let settings = self.settings;
        let mut recorder = self.recorder(service.target())?;
        let whose = DocumentOwner {
            owner: service.owner().to_owned(),
            files: papers.iter().map(|paper| paper.file_name.clone()).collect(),
        };
        let embedded = !matches!(settings.target, TargetChoice::BaseUrl(_));
        if !embedded {
            crate::state::remember(service.target().as_str());
        }
        self.course.prepare(recorder.folder());
        self.left.begin(recorder.document_journal(service.target().as_str(), embedded)?);
        self.watcher.say(&format!(
            "extracting {} document{}",
            papers.len(),
            if papers.len() == 1 { "" } else { "s" }
        ));
        self.course.reach(RunPhase::Measuring);
        let mut conversations = Conversations::start(ExtractionOrder {
            service,
            papers,
            ai_transform: settings.plan.ai_transform,
            poll: settings.plan.poll,
            patience: settings.plan.patience,
            on_stop: self.on_stop(),
        });
        let clock = conversations.clock();
        if let Some(host) = host {
            host.follow_gaps(clock);
        }
        let mut pulse = RecorderPulse::new(clock);
        self.watch(&mut conversations, &mut recorder, &whose, &mut pulse).await;
        let mut gaps = pulse.finish();
        if let Some(of_host) = host.and_then(|host| host.gaps(clock.now())) {
            gaps.merge(of_host);
        }
        recorder.record_gaps(gaps);
        let lag = ScheduleLag::from_histogram(&conversations.finish().await);
        self.note_network(&mut recorder);
        let finished = recorder.finish(lag);
        self.left.close()?;
        Ok(finished)
    }

    /// Takes down facts and shows progress until every document is done.
    async fn watch(
        &self,
        conversations: &mut Conversations,
        recorder: &mut DocumentsRecorder,
        whose: &DocumentOwner,
        pulse: &mut RecorderPulse,
    ) {
        let mut beat = tokio::time::interval(pulse::HEARTBEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut stopping = false;
        let (mut progress, mut paced) = (Progress::of(self.settings), Paced::default());
        loop {
            let turn = tokio::select! {
                news = conversations.next_news() => Turn::News(news),
                _ = beat.tick() => Turn::Beat,
                () = self.interrupts.reached(1), if !stopping => Turn::Stop,
            };
            pulse.wake();
            match turn {
                Turn::Beat => {}
                Turn::Stop => {
                    stopping = true;
                    conversations.stop();
                }
                Turn::News(news) => match news {
                    None => return,
                    Some(News::Facts(facts)) => {
                        if progress.take(&facts) {
                            self.watcher.preparing("pages", progress.done, progress.all);
                        }
                        recorder.take(&facts);
                    }
                    Some(News::Paced { document, step, wait }) => {
                        paced.note(document, step, wait).iter().for_each(|line| self.watcher.say(line));
                    }
                    Some(News::Remains { document, what, noted }) => {
                        if let Some(what) = &what {
                            tracing::debug!("on the service: {what}");
                        }
                        match self.left.note(document, what, whose) {
                            Ok(()) => drop(noted.send(JournalAck)),
                            Err(error) => recorder.give_up(error),
                        }
                    }
                },
            }
            // Nothing is gained by measuring what cannot be kept.
            if let Some(why) = recorder.trouble().filter(|_| !stopping) {
                self.watcher.warn(&format!("stopping: {why}"));
                stopping = true;
                conversations.stop();
            }
            pulse.rest();
        }
    }

    /// There will be no conversation. What the service did is recorded all the same, once for every document.
    fn refused(
        &self,
        error: &ServiceError,
        target: &Target,
        papers: &[Paper],
    ) -> Result<FinishedDocuments, RunError> {
        self.watcher.warn(&format!("error: {error}"));
        let mut recorder = self.recorder(target)?;
        for (paper, number) in papers.iter().zip(0..) {
            recorder.take(&self.never_sent(DocumentNo(number), paper, error));
        }
        Ok(recorder.finish(None))
    }

    /// The facts of a document that the service would not hear of, as the machine puts them.
    fn never_sent(&self, document: DocumentNo, paper: &Paper, error: &ServiceError) -> Vec<DocumentFact> {
        let plan = &self.settings.plan;
        let mut machine = Extraction::new(ExtractionConfig {
            document,
            bytes: u64::try_from(paper.content.len()).unwrap_or(u64::MAX),
            pages: paper.pages,
            ai_transform: plan.ai_transform,
            poll: plan.poll,
            patience: plan.patience,
            intended_at: Instant::START,
            on_stop: OnStop::Leave,
        });
        machine.handle_input(Instant::START, Input::Start).for_each(drop);
        let refused = Refused { failure: error.failure.clone(), limit: None };
        let outputs = machine.handle_input(Instant::START, Input::Reply(Reply::Refused(refused)));
        let fact = |output| match output {
            Output::Fact(fact) => Some(fact),
            Output::Call(_) | Output::Paced { .. } | Output::Exists(_) | Output::Gone | Output::Ended => None,
        };
        outputs.filter_map(fact).collect()
    }

    fn on_stop(&self) -> OnStop {
        match &self.settings.target {
            TargetChoice::BaseUrl(_) => OnStop::Clear,
            // It ends with us, and so do its documents.
            TargetChoice::Embedded(_) | TargetChoice::EmbeddedSpeech(_) => OnStop::Leave,
        }
    }

    fn note_network(&self, recorder: &mut DocumentsRecorder) {
        let Self { settings, network, .. } = self;
        recorder.note_network(crate::network::record(&settings.network, &settings.target, network));
    }

    fn recorder(&self, target: &Target) -> Result<DocumentsRecorder, RunError> {
        let settings = self.settings;
        let mut recorder = DocumentsRecorder::create(self.heading(target), &settings.results.dir)?;
        self.note_network(&mut recorder);
        Ok(recorder)
    }

    fn heading(&self, target: &Target) -> DocumentsHeading {
        let settings = self.settings;
        DocumentsHeading {
            target: settings.target.shown_at(target),
            shape: settings.plan.shape(),
            ai_transform: settings.plan.ai_transform,
            time: TimeKind::Real,
            seed: settings.seed,
            scenario: settings.scenario.clone(),
        }
    }
}

/// What there is to be done while documents are extracted.
enum Turn {
    News(Option<News>),
    Beat,
    Stop,
}

/// How many pages are done, for whoever watches.
#[derive(Clone, Copy, Debug)]
struct Progress {
    done: u64,
    /// 0 when nobody knows, which is so of files of the user's.
    all: u64,
}

impl Progress {
    fn of(settings: &DocumentsOrder) -> Self {
        let shape = settings.plan.shape();
        Self { done: 0, all: u64::from(shape.documents) * u64::from(shape.pages.unwrap_or(0)) }
    }

    /// Gives whether there is something new to show.
    fn take(&mut self, facts: &[DocumentFact]) -> bool {
        let pages = facts.iter().filter(|fact| match fact {
            DocumentFact::Page(_) => true,
            DocumentFact::Error(_) | DocumentFact::Document(_) => false,
        });
        let pages = u64::try_from(pages.count()).unwrap_or(u64::MAX);
        self.done = (self.done + pages).min(self.all);
        pages > 0 && self.all > 0
    }
}
