//! A run in real time: prepare, play, record, clean up, whatever happens in between.

pub mod accounts;
mod allowance;
mod blocks;
pub mod documents;
mod names;
mod prepare;
mod scrape;
mod speech;
mod start;
mod watch;

use claque_core::{ids::ListenerId, plan::Plan, secret::ServiceName};
use claque_net::{
    Clock,
    audience::{Audience, AudienceOrder, HeardAudio, Seats},
    host::{Host, HostOptions, OpenaiHostOptions},
    service::{Network, Service, Target},
    unix_nanos,
};
use claque_stats::ScheduleLag;
use claque_store::{
    Preparation,
    finished::{Finished, TimeKind},
};
use claque_wire::session::Protocol;
use serde_json::Value;

use self::{
    accounts::SignedInAccounts,
    documents::{
        Document, DocumentLedger, MakeOrder,
        replacements::{Replacements, made_before},
    },
    prepare::{Prepared, ServiceInspection, prepare},
    scrape::Scraping,
    start::never_listened,
};
use crate::{
    RunError, Unprepared,
    abort::AbortRules,
    hear,
    interrupts::Interrupts,
    leaving::{RunCourse, RunPhase, twice},
    network,
    order::{ProtocolChoice, RunOrder, TargetChoice},
    pulse::RecorderPulse,
    record::{RecordTerms, Recorder},
    state, unique,
    usage::UsageError,
    waiting::Waiting,
    watcher::{News, Watcher, Watchers},
};

/// The model, and its voices.
type ModelVoices = (ServiceName, Vec<ServiceName>);

/// Runs, saves, and leaves nothing behind on the service; nothing is told but on the way, to `watcher`. None when it was left
/// at once.
///
/// # Errors
/// claque cannot go on, or was asked for something that the service does not have.
pub async fn perform(
    order: &RunOrder,
    interrupts: &Interrupts,
    watcher: &dyn Watcher,
) -> Result<Option<RunResult>, RunError> {
    let rules = AbortRules::new(&order.abort_on);
    let watcher: &dyn Watcher = &Watchers(&[&rules, watcher]);
    let (made, course) = (DocumentLedger::default(), RunCourse::default());
    let network = Network::open(order.network.clone());
    let session =
        Session { settings: order, interrupts, made: &made, course: &course, network: network.clone() };
    let result = tokio::select! {
        result = session.run(watcher) => Some(result),
        () = twice(interrupts, watcher, || course.stopping(made.clears())) => None,
        () = network::tell_slow_calls(&network, |line| watcher.say(line)) => None,
    };
    watcher.on_news(News::Ended);
    if result.is_none() {
        course.left(&made.leave()).iter().for_each(|line| watcher.warn(line));
    }
    result.transpose()
}

/// A run that is saved.
#[derive(Debug)]
pub struct RunResult {
    /// The run.
    pub finished: Finished,
    /// Whether the user must ask for something else: no other run would fare better.
    pub usage: bool,
}

/// One run with all it works on.
struct Session<'a> {
    settings: &'a RunOrder,
    interrupts: &'a Interrupts,
    made: &'a DocumentLedger,
    course: &'a RunCourse,
    network: Network,
}

impl Session<'_> {
    async fn run(&self, watcher: &dyn Watcher) -> Result<RunResult, RunError> {
        let (host, target, unique) = self.service().await?;
        let begun = Clock::start();
        let (waiting, credentials) = (Waiting::new(self.interrupts, watcher), &self.settings.credentials);
        let wait = async |pause| waiting.wait(pause).await;
        let opened = tokio::select! {
            opened = SignedInAccounts::open(
                &target,
                credentials,
                &self.settings.limits.sources,
                &self.network,
                wait,
            ) => opened,
            () = self.interrupts.reached(1) => return Err(Unprepared::Interrupted.into()),
        };
        let accounts = match opened {
            Ok(accounts) => accounts,
            Err(error) => return self.unprepared(error.into(), &target, None, watcher),
        };
        if accounts.each().any(Service::is_unasked) {
            watcher.say("the service asks nobody who he is: the credentials are not used");
        }
        let looked = match self.look(&accounts, unique, watcher).await {
            Ok(looked) => looked,
            Err(reason) => return self.unprepared(reason, &target, None, watcher),
        };
        let result = self.run_recorded(&accounts, looked, begun, host.as_ref(), watcher).await;
        if let Some(host) = host {
            host.stop();
        }
        result
    }

    /// Looks at the service in the protocol that was named, or in the one that it is found to speak.
    async fn look(
        &self,
        accounts: &SignedInAccounts,
        unique: claque_core::rng::Seed,
        watcher: &dyn Watcher,
    ) -> Result<ServiceInspection, Unprepared> {
        let Self { settings, interrupts, .. } = self;
        match &settings.protocol {
            ProtocolChoice::Openai(choice) => {
                speech::look(accounts, settings, choice, (unique, interrupts), watcher).await
            }
            ProtocolChoice::Yapit => prepare::look(accounts, settings, unique, interrupts, watcher).await,
            ProtocolChoice::FindOut(choice) => {
                match prepare::look(accounts, settings, unique, interrupts, watcher).await {
                    Err(Unprepared::Service(error)) if speech::may_be_spoken(&error) => {
                        let found = speech::find(accounts, settings, choice, unique, watcher).await?;
                        let found = found.ok_or(Unprepared::Service(error))?;
                        settings.without_effect.refuse_in_speech().map_err(Unprepared::Usage).map(|()| found)
                    }
                    looked => {
                        let looked = looked?;
                        settings.without_effect.refuse_in_yapit().map_err(Unprepared::Usage).map(|()| looked)
                    }
                }
            }
        }
    }

    /// From here on there is a run's folder, in which all that is made is noted before it is made.
    async fn run_recorded(
        &self,
        accounts: &SignedInAccounts,
        ServiceInspection { protocol, plan, scenario, model, voices, scripts }: ServiceInspection,
        begun: Clock,
        host: Option<&Host>,
        watcher: &dyn Watcher,
    ) -> Result<RunResult, RunError> {
        let settings = self.settings;
        let target = accounts.of_listener(0).target();
        let voice = voices.first().cloned().unwrap_or_else(|| ServiceName::chosen(""));
        let mut recorder = self.recorder(self.terms((&plan, &scenario), &voice.to_string(), target))?;
        recorder.note(names::note(&model, &voices, &plan));
        if host.is_none() {
            state::remember(target.as_str());
        }
        self.course.prepare(recorder.folder());
        let documents = match &protocol {
            Protocol::Yapit => {
                self.made.begin(recorder.document_journal(target.as_str(), host.is_some())?);
                Some(MakeOrder {
                    scripts: &scripts,
                    first: made_before(&plan),
                    marker: recorder.name(),
                    keep_in: settings.limits.reuse_documents.then(|| settings.results.kept_dir.clone()),
                })
            }
            // Each request says its text: nothing is made on the service, before the audience comes or while it listens.
            Protocol::Openai(_) => None,
        };
        let prepared = match &documents {
            Some(order) => {
                prepare(accounts, &plan, (&voice, order), self.made, self.interrupts, watcher).await
            }
            None => Ok(speech::prepare(accounts, &scripts)),
        };
        let mut heard = None;
        let result = match prepared {
            Ok(prepared) => {
                let preparation = start::preparation(begun.now(), self.made.stats());
                let start = (protocol, (&plan, documents.as_ref()), (model, voices), prepared, preparation);
                self.play(accounts, start, recorder, host, watcher).await.map(|(finished, audio)| {
                    heard = audio;
                    RunResult { finished, usage: false }
                })
            }
            Err(reason) if reason.failure().is_none() => {
                if self.made.delete(accounts, self.interrupts, watcher).await? {
                    watcher.warn("the run's folder keeps the list of them for `claque cleanup`");
                } else {
                    recorder.discard()?;
                    self.course.reach(RunPhase::Nothing);
                }
                return Err(reason.into());
            }
            Err(reason) => self.unprepared(reason, target, Some(recorder), watcher),
        };
        self.course.reach(RunPhase::Clearing);
        if self.made.delete(accounts, self.interrupts, watcher).await? {
            watcher.warn("`claque cleanup` with the run's folder tries again");
        }
        if let (Ok(result), Some(wish)) = (&result, settings.hear) {
            hear::keep(&result.finished, (wish, plan.speed), heard, watcher).await;
        }
        result
    }

    /// The service to listen to: one of our own, on a free port of this machine, or the one that was named.
    async fn service(&self) -> Result<(Option<Host>, Target, claque_core::rng::Seed), RunError> {
        let plan = &self.settings.plan;
        match &self.settings.target {
            // Texts must come again for their documents to be found again.
            TargetChoice::BaseUrl(target) if self.settings.limits.reuse_documents => {
                Ok((None, target.clone(), unique::to_plan(plan)))
            }
            TargetChoice::BaseUrl(target) => {
                let target = match self.settings.protocol {
                    ProtocolChoice::Yapit => target.clone(),
                    ProtocolChoice::FindOut(_) | ProtocolChoice::Openai(_) => target.without_version(),
                };
                Ok((None, target, unique::to_moment(plan, unix_nanos())))
            }
            TargetChoice::Embedded(gateway) => {
                let host = Host::begin(HostOptions {
                    bind: (std::net::Ipv4Addr::LOCALHOST, 0).into(),
                    config: gateway.config.clone(),
                    engine: gateway.engine.to_host(),
                    seed: gateway.seed,
                })?;
                let host = start::ready(host, self.interrupts).await?;
                let target = Target::parse(&host.base_url())?;
                Ok((Some(host), target, unique::to_plan(plan)))
            }
            TargetChoice::EmbeddedSpeech(gateway) => {
                let host = Host::begin_openai(OpenaiHostOptions {
                    bind: (std::net::Ipv4Addr::LOCALHOST, 0).into(),
                    config: gateway.config.clone(),
                    engine: gateway.engine.to_host(),
                    seed: gateway.seed,
                })?;
                let host = start::ready(host, self.interrupts).await?;
                let target = Target::parse(&host.base_url())?;
                Ok((Some(host), target, unique::to_plan(plan)))
            }
        }
    }

    async fn play(
        &self,
        accounts: &SignedInAccounts,
        (protocol, (plan, to_make), (model, voices), Prepared { seats, failed, documents }, preparation): (
            Protocol,
            (&Plan, Option<&MakeOrder<'_>>),
            ModelVoices,
            Prepared,
            Preparation,
        ),
        mut recorder: Recorder,
        host: Option<&Host>,
        watcher: &dyn Watcher,
    ) -> Result<(Finished, Option<HeardAudio>), RunError> {
        let settings = self.settings;
        if let Some(folder) = &settings.keep_audio {
            std::fs::create_dir_all(folder).map_err(|error| RunError::Folder {
                words: format!("failed to create the folder {} of --keep-audio", folder.display()),
                source: Some(error),
            })?;
        }
        recorder.record_start(self.made.ids(), accounts.count(), preparation)?;
        self.course.reach(RunPhase::Measuring);
        let known = plan.own().known();
        // Nobody waits for those who would have replaced others: the next in their place does.
        for (listener, failure) in failed.iter().filter(|(listener, _)| known.contains(&listener.0)) {
            recorder.take(never_listened(*listener, plan, failure));
        }
        if let Some(host) = host {
            host.restart_load();
        }
        let missing = (0..).zip(&seats).filter(|(_, seat)| seat.is_none()).map(|(place, _)| place).collect();
        let mut audience = Audience::start(AudienceOrder {
            protocol,
            plan: plan.clone(),
            model: model.as_sent().into(),
            policy: plan.policy.into(),
            voices: voices.iter().map(|voice| voice.as_sent().into()).collect(),
            seats: Seats::new(seats, plan.own().count()),
            keep_audio: settings.keep_audio.clone(),
            hear: settings.hear,
            decode_share: settings.decode_share,
            lanes: start::lanes(plan, host.is_some()),
        })?;
        let clock = audience.clock();
        recorder.record_clock(clock);
        if let Some(host) = host {
            host.follow_gaps(clock);
        }
        let scraping = Scraping::begin(self, host, clock, watcher);
        let mut pulse = RecorderPulse::new(clock);
        let later = to_make.map(|order| {
            Replacements::new(accounts, plan, (order, self.made), missing, audience.seat_filler(), watcher)
        });
        let beside = (later.as_ref(), &scraping);
        self.watch((&mut audience, beside), &mut recorder, host, watcher, &mut pulse).await;
        scraping.end(&mut recorder, watcher);
        let later = later.map(Replacements::into_documents).unwrap_or_default();
        let documents: Vec<Document> = documents.into_iter().chain(later).collect();
        let doubts = blocks::doubts(plan.blocks, &documents);
        recorder.note_blocks(doubts.notes, doubts.reason);
        if to_make.is_some() && plan.schedule.replaced_until().is_some() {
            recorder.record_documents(self.made.ids());
            recorder.record_preparation(start::with_later(preparation, self.made.stats()));
        }
        recorder.note_by_hand(audience.by_hand());
        watcher.on_news(News::Ending);
        let mut kept = audience.finish();
        kept.gaps.merge(pulse.finish());
        if let Some(gaps) = host.and_then(|host| host.gaps(clock.now())) {
            kept.gaps.merge(gaps);
        }
        recorder.record_tokens(start::token_rows(accounts, clock));
        if let Some(load) = host.and_then(Host::load) {
            recorder.record_load(&load);
        }
        recorder.record_gaps(&kept.gaps);
        self.note_network(&mut recorder);
        Ok((recorder.finish(ScheduleLag::from_histogram(&kept.lag))?, kept.heard))
    }

    fn recorder(&self, terms: RecordTerms) -> Result<Recorder, RunError> {
        let results = &self.settings.results;
        let mut recorder = Recorder::create(terms, &results.dir, self.made.ids())?;
        self.note_network(&mut recorder);
        Ok(recorder.with_objectives(&results.objectives).with_repeat_of(results.repeat_of.clone()))
    }

    fn note_network(&self, recorder: &mut Recorder) {
        recorder.note_network(network::record(&self.settings.network, &self.settings.target, &self.network));
    }

    /// There will be no audience. What the service did to it is recorded all the same, once for every listener.
    fn unprepared(
        &self,
        reason: Unprepared,
        target: &Target,
        begun: Option<Recorder>,
        watcher: &dyn Watcher,
    ) -> Result<RunResult, RunError> {
        let usage = reason.is_usage();
        let Some(failure) = reason.failure() else {
            return Err(if usage { UsageError::new(reason.to_string()).into() } else { reason.into() });
        };
        watcher.warn(&format!("error: {reason}"));
        let plan = &self.settings.plan;
        let decided = (plan, &self.settings.scenario);
        let terms = || self.terms(decided, plan.voice.as_deref().unwrap_or_default(), target);
        let mut recorder = begun.map_or_else(|| self.recorder(terms()), Ok)?;
        recorder.record_documents(self.made.ids());
        self.note_network(&mut recorder);
        for listener in plan.own().known().map(ListenerId) {
            recorder.take(never_listened(listener, plan, failure));
        }
        Ok(RunResult { finished: recorder.finish(None)?, usage })
    }

    fn terms(&self, (plan, scenario): (&Plan, &Value), voice: &str, target: &Target) -> RecordTerms {
        let settings = self.settings;
        let shown = settings.target.shown_at(target);
        let decided = (settings.seed, scenario.clone());
        RecordTerms::new(plan, voice, shown, TimeKind::Real, decided)
    }
}
