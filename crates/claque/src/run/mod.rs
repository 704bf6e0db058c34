//! A run in real time: prepare, play, record, clean up, whatever happens in between.

mod abort;
mod allowance;
mod blocks;
pub(crate) mod crew;
pub(crate) mod documents;
pub(crate) mod interrupts;
pub(crate) mod leaving;
mod prepare;
pub(crate) mod pulse;
mod speech;
mod start;
pub(crate) mod waiting;
mod watch;

use std::process::ExitCode;

use anyhow::Context as _;
use claque_core::{
    event::{Failure, Phase},
    ids::ListenerId,
    plan::Plan,
    record::{ErrorRecord, Fact, ListenerRecord, SessionEnd},
    time::{Duration, Instant},
};
use claque_net::{
    Clock,
    audience::{Audience, AudienceOrder},
    host::{Host, HostOptions, OpenaiHostOptions},
    service::{Network, Service, Target},
    unix_nanos,
};
use claque_stats::ScheduleLag;
use claque_store::Preparation;
use claque_wire::session::Protocol;
use serde_json::Value;

use self::{
    crew::Crew,
    documents::{Made, MakeOrder},
    interrupts::Interrupts,
    leaving::{Course, Reached},
    prepare::{Looked, Prepared, Unprepared, prepare},
    pulse::RecorderPulse,
    waiting::Waiting,
};
use crate::{
    config::{ProtocolChoice, RunSettings, TargetChoice, UsageError},
    network,
    outcome::{Finished, Heading, Recorder, TimeKind},
    report::{
        self,
        live::{Live, Outcome},
    },
    state, unique,
};

/// Exit code of a run that was left at the second Ctrl-C.
pub(crate) const LEFT: u8 = 1;
/// Listeners that share a lane before a second one is opened: so few that one core is never short.
const LISTENERS_PER_LANE: u32 = 500;

/// Runs, reports, and leaves nothing behind on the service.
///
/// # Errors
/// claque cannot go on, or was asked for something that the service does not have.
pub(crate) async fn run(settings: RunSettings) -> anyhow::Result<ExitCode> {
    let interrupts = Interrupts::listen().context("failed to listen for Ctrl-C")?;
    let goal = watch::goal(&settings.plan);
    let live = Live::open(settings.output.talk, settings.live, goal, watch::about(&settings))?;
    let Some(Ended { finished, .. }) = perform(&settings, &interrupts, &live).await? else {
        return Ok(ExitCode::from(LEFT));
    };
    report::tell(&finished, &settings.output)?;
    live.end_page(&Outcome::of(&finished, settings.output.page));
    Ok(finished.exit_code())
}

/// Runs, saves, and leaves nothing behind on the service; nothing is told but on the way. None when it was left at once.
///
/// # Errors
/// As [`run`].
pub(crate) async fn perform(
    settings: &RunSettings,
    interrupts: &Interrupts,
    live: &Live,
) -> anyhow::Result<Option<Ended>> {
    let (made, course) = (Made::default(), Course::default());
    let network = Network::open(settings.network.clone());
    let session = Session { settings, interrupts, made: &made, course: &course, network: network.clone() };
    let result = tokio::select! {
        result = session.run(live) => Some(result),
        () = twice(interrupts, live, || course.stopping(made.clears())) => None,
        () = live.listen(interrupts) => None,
        () = network::tell_slow_calls(&network, |line| live.say(line)) => None,
    };
    live.end();
    if result.is_none() {
        course.left(&made.leave()).iter().for_each(|line| live.warn(line));
    }
    result.transpose()
}

/// Waits for the second interrupt, and says after the first what comes of it, and that there can be a second.
pub(crate) async fn twice(interrupts: &Interrupts, live: &Live, stopping: impl Fn() -> String) {
    interrupts.reached(1).await;
    live.say(&stopping());
    live.stopping();
    interrupts.reached(2).await;
}

/// A run that is saved.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) finished: Finished,
    /// Whether the user must ask for something else: no other run would fare better.
    pub(crate) usage: bool,
}

/// One run with all it works on.
struct Session<'a> {
    settings: &'a RunSettings,
    interrupts: &'a Interrupts,
    made: &'a Made,
    course: &'a Course,
    network: Network,
}

impl Session<'_> {
    async fn run(&self, live: &Live) -> anyhow::Result<Ended> {
        let (host, target, unique) = self.service()?;
        let begun = Clock::start();
        let (waiting, credentials) = (Waiting::new(self.interrupts, live), &self.settings.credentials);
        let wait = async |pause| waiting.wait(pause).await;
        let opened = tokio::select! {
            opened = Crew::open(
                &target,
                credentials,
                &self.settings.courtesy.sources,
                &self.network,
                wait,
            ) => opened,
            () = self.interrupts.reached(1) => anyhow::bail!(Unprepared::Interrupted),
        };
        let crew = match opened {
            Ok(crew) => crew,
            Err(error) => return self.unprepared(error.into(), &target, None, live),
        };
        if crew.each().any(Service::is_unasked) {
            live.say("the service asks nobody who he is: the credentials are not used");
        }
        let looked = match self.look(&crew, unique, live).await {
            Ok(looked) => looked,
            Err(reason) => return self.unprepared(reason, &target, None, live),
        };
        let result = self.run_recorded(&crew, looked, begun, host.as_ref(), live).await;
        if let Some(host) = host {
            host.stop();
        }
        result
    }

    /// Looks at the service in the protocol that was named, or in the one that it is found to speak.
    async fn look(
        &self,
        crew: &Crew,
        unique: claque_core::rng::Seed,
        live: &Live,
    ) -> Result<Looked, Unprepared> {
        let Self { settings, interrupts, .. } = self;
        match &settings.protocol {
            ProtocolChoice::Openai(choice) => {
                speech::look(crew, settings, choice, (unique, interrupts), live).await
            }
            ProtocolChoice::Yapit => prepare::look(crew, settings, unique, interrupts, live).await,
            ProtocolChoice::FindOut(choice) => {
                match prepare::look(crew, settings, unique, interrupts, live).await {
                    Err(Unprepared::Service(error)) if speech::may_be_spoken(&error) => {
                        let found = speech::find(crew, settings, choice, unique, live).await?;
                        found.ok_or(Unprepared::Service(error))
                    }
                    looked => looked,
                }
            }
        }
    }

    /// From here on there is a run's folder, in which all that is made is noted before it is made.
    async fn run_recorded(
        &self,
        crew: &Crew,
        Looked { protocol, plan, scenario, voices, scripts }: Looked,
        begun: Clock,
        host: Option<&Host>,
        live: &Live,
    ) -> anyhow::Result<Ended> {
        let settings = self.settings;
        let target = crew.of_listener(0).target();
        let voice = voices.first().cloned().unwrap_or_default();
        let heading = self.heading((&plan, &scenario), &voice, target);
        let recorder = self.recorder(heading)?;
        if host.is_none() {
            state::remember(target.as_str());
        }
        self.course.prepare(recorder.folder());
        self.made.begin(recorder.document_journal(target.as_str(), host.is_some())?);
        let order = MakeOrder {
            scripts: &scripts,
            marker: recorder.name(),
            keep_in: settings.courtesy.reuse_documents.then(|| settings.output.kept_dir.clone()),
        };
        let order = (voice.as_str(), &order);
        let prepared = match &protocol {
            Protocol::Yapit => prepare(crew, &plan, order, self.made, self.interrupts, live).await,
            Protocol::Openai(_) => Ok(speech::prepare(crew, &scripts)),
        };
        let result = match prepared {
            Ok(prepared) => {
                let preparation = start::preparation(begun.now(), self.made.stats());
                let start = (protocol, &plan, voices, prepared, preparation);
                let played = self.play(crew, start, recorder, host, live).await;
                played.map(|finished| Ended { finished, usage: false })
            }
            Err(reason) if reason.failure().is_none() => {
                if self.made.delete(crew, self.interrupts, live).await? {
                    live.warn("the run's folder keeps the list of them for `claque cleanup`");
                } else {
                    recorder.discard()?;
                    self.course.reach(Reached::Nothing);
                }
                return Err(reason.into());
            }
            Err(reason) => self.unprepared(reason, target, Some(recorder), live),
        };
        self.course.reach(Reached::Clearing);
        if self.made.delete(crew, self.interrupts, live).await? {
            live.warn("`claque cleanup` with the run's folder tries again");
        }
        result
    }

    /// The service to listen to: one of our own, on a free port of this machine, or the one that was named.
    fn service(&self) -> anyhow::Result<(Option<Host>, Target, claque_core::rng::Seed)> {
        let plan = &self.settings.plan;
        match &self.settings.target {
            // Texts must come again for their documents to be found again.
            TargetChoice::BaseUrl(target) if self.settings.courtesy.reuse_documents => {
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
                let host = Host::start(HostOptions {
                    bind: (std::net::Ipv4Addr::LOCALHOST, 0).into(),
                    config: gateway.config.clone(),
                    engine: gateway.engine.to_host(),
                    seed: gateway.seed,
                })?;
                let target = Target::parse(&host.base_url())?;
                Ok((Some(host), target, unique::to_plan(plan)))
            }
            TargetChoice::EmbeddedSpeech(gateway) => {
                let host = Host::start_openai(OpenaiHostOptions {
                    bind: (std::net::Ipv4Addr::LOCALHOST, 0).into(),
                    config: gateway.config.clone(),
                    engine: gateway.engine.to_host(),
                    seed: gateway.seed,
                })?;
                let target = Target::parse(&host.base_url())?;
                Ok((Some(host), target, unique::to_plan(plan)))
            }
        }
    }

    async fn play(
        &self,
        crew: &Crew,
        (protocol, plan, voices, Prepared { seats, failed }, preparation): (
            Protocol,
            &Plan,
            Vec<String>,
            Prepared,
            Preparation,
        ),
        mut recorder: Recorder,
        host: Option<&Host>,
        live: &Live,
    ) -> anyhow::Result<Finished> {
        let settings = self.settings;
        if let Some(folder) = &settings.keep_audio {
            std::fs::create_dir_all(folder).with_context(|| {
                format!("failed to create the folder {} of --keep-audio", folder.display())
            })?;
        }
        recorder.record_start(self.made.ids(), crew.accounts(), preparation)?;
        self.course.reach(Reached::Measuring);
        let known = plan.schedule.known_of(plan.users);
        // Nobody waits for those who would have replaced others: the next in their place does.
        for (listener, failure) in failed.iter().filter(|(listener, _)| listener.0 < known) {
            recorder.take(never_listened(*listener, plan, failure));
        }
        if let Some(host) = host {
            host.restart_load();
        }
        let mut audience = Audience::start(AudienceOrder {
            protocol,
            model: plan.model.clone(),
            voices,
            seats,
            speed: plan.speed,
            policy: plan.policy,
            behaviour: plan.behaviour,
            seed: plan.seed,
            schedule: plan.schedule.clone(),
            timeout: plan.timeout,
            keep_audio: settings.keep_audio.clone(),
            decode_share: settings.decode_share,
            lanes: lanes(plan, host.is_some()),
        })?;
        let clock = audience.clock();
        recorder.record_clock(clock);
        if let Some(host) = host {
            host.follow_gaps(clock);
        }
        let mut pulse = RecorderPulse::new(clock);
        self.watch(&mut audience, &mut recorder, host, live, &mut pulse).await;
        recorder.note_by_hand(audience.by_hand());
        live.ending();
        let mut kept = audience.finish();
        kept.gaps.merge(pulse.finish());
        if let Some(gaps) = host.and_then(|host| host.gaps(clock.now())) {
            kept.gaps.merge(gaps);
        }
        recorder.record_tokens(start::token_rows(crew, clock));
        if let Some(load) = host.and_then(Host::load) {
            recorder.record_load(&load);
        }
        recorder.record_gaps(&kept.gaps);
        self.note_network(&mut recorder);
        Ok(recorder.finish(ScheduleLag::from_histogram(&kept.lag))?)
    }

    fn recorder(&self, heading: Heading) -> anyhow::Result<Recorder> {
        let output = &self.settings.output;
        let mut recorder = Recorder::create(heading, &output.dir, self.made.ids())?;
        self.note_network(&mut recorder);
        Ok(recorder.with_objectives(&output.judging.objectives))
    }

    fn note_network(&self, recorder: &mut Recorder) {
        let Self { settings, network, .. } = self;
        recorder.note_network(network::record(&settings.network, &settings.target, network));
    }

    /// There will be no audience. What the service did to it is recorded all the same, once for every listener.
    fn unprepared(
        &self,
        reason: Unprepared,
        target: &Target,
        begun: Option<Recorder>,
        live: &Live,
    ) -> anyhow::Result<Ended> {
        let usage = reason.is_usage();
        let Some(failure) = reason.failure() else {
            return Err(if usage { UsageError::new(reason.to_string()).into() } else { reason.into() });
        };
        live.warn(&format!("error: {reason}"));
        let plan = &self.settings.plan;
        let decided = (plan, &self.settings.scenario);
        let heading = || self.heading(decided, plan.voice.as_deref().unwrap_or_default(), target);
        let mut recorder = begun.map_or_else(|| self.recorder(heading()), Ok)?;
        recorder.record_documents(self.made.ids());
        self.note_network(&mut recorder);
        for listener in (0..plan.schedule.known_of(plan.users)).map(ListenerId) {
            recorder.take(never_listened(listener, plan, failure));
        }
        Ok(Ended { finished: recorder.finish(None)?, usage })
    }

    fn heading(&self, (plan, scenario): (&Plan, &Value), voice: &str, target: &Target) -> Heading {
        let settings = self.settings;
        let shown = settings.target.shown_at(target);
        let decided = (settings.seed, scenario.clone());
        Heading::new(plan, voice, shown, TimeKind::Real, decided)
    }
}

/// The facts of a listener whose preparation failed.
fn never_listened(listener: ListenerId, plan: &Plan, failure: &Failure) -> [Fact; 2] {
    let intended_at = plan.schedule.intended_start(listener);
    [
        Fact::Error(ErrorRecord {
            listener,
            at: Instant::START,
            failure: Failure { phase: Phase::Preparation, ..failure.clone() },
        }),
        Fact::Listener(ListenerRecord {
            listener,
            document: String::new(),
            blocks: plan.blocks,
            intended_at,
            launched_at: intended_at,
            connect_time: None,
            started_at: None,
            playing: None,
            paused: Duration::ZERO,
            ended_at: intended_at,
            end: SessionEnd::Failed(failure.class),
            foreign_messages: 0,
            warnings: 0,
            unwanted_bytes: None,
        }),
    ]
}

/// One lane for a small audience, so that it is ordered; for a large one as many as there are cores for it.
fn lanes(plan: &Plan, host_here: bool) -> usize {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let free = cores.saturating_sub(usize::from(host_here)).max(1);
    let wanted = usize::try_from(plan.schedule.known_of(plan.users).div_ceil(LISTENERS_PER_LANE))
        .unwrap_or(usize::MAX);
    wanted.clamp(1, free)
}
