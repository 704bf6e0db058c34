//! A run in real time: prepare, play, record, clean up, whatever happens in between.

mod documents;
pub(crate) mod interrupts;
mod prepare;

use std::process::ExitCode;

use anyhow::Context as _;
use claque_core::{
    event::Failure,
    ids::ListenerId,
    plan::Plan,
    record::{ErrorRecord, Fact, ListenerRecord, SessionEnd},
    time::Instant,
};
use claque_net::{
    audience::{Audience, AudienceOrder},
    host::{Host, HostOptions},
    service::{Service, Target},
    unix_nanos,
};
use claque_stats::ScheduleLag;

use self::{
    documents::Made,
    interrupts::Interrupts,
    prepare::{Prepared, Unprepared, prepare},
};
use crate::{
    config::{RunSettings, Talk, TargetChoice, UsageError},
    outcome::{Finished, Heading, Recorder, TimeKind},
    report::{
        self,
        live::{Goal, Live, REDRAW},
    },
    unique,
};

/// Exit code of a run that was left at the second Ctrl-C.
const LEFT: u8 = 1;
/// Exit code of a run that the service would not let begin.
const USAGE: u8 = 2;
/// Listeners that share a lane before a second one is opened: so few that one core is never short.
const LISTENERS_PER_LANE: u32 = 500;

/// Runs, reports, and leaves nothing behind on the service.
///
/// # Errors
/// claque cannot go on, or was asked for something that the service does not have.
pub(crate) async fn run(settings: RunSettings) -> anyhow::Result<ExitCode> {
    let interrupts = Interrupts::listen().context("failed to listen for Ctrl-C")?;
    let made = Made::default();
    let live = Live::new(settings.output.talk == Talk::Quiet);
    let session = Session { settings: &settings, interrupts: &interrupts, made: &made };
    let result = tokio::select! {
        result = session.run(&live) => Some(result),
        () = twice(&interrupts, &live) => None,
    };
    live.end();
    let Some(result) = result else {
        for id in made.ids() {
            live.warn(&format!("left behind on the service: document {id}"));
        }
        live.warn("left at once; the run stays readable as a partial one");
        return Ok(ExitCode::from(LEFT));
    };
    let Ended { finished, usage } = result?;
    report::tell(&finished, &settings.output)?;
    Ok(if usage { ExitCode::from(USAGE) } else { finished.exit_code() })
}

/// Waits for the second interrupt, and says after the first that there can be one.
async fn twice(interrupts: &Interrupts, live: &Live) {
    interrupts.reached(1).await;
    live.say("stopping: saving the run and deleting its documents; once more to leave at once");
    interrupts.reached(2).await;
}

/// A run that is saved.
struct Ended {
    finished: Finished,
    /// Whether the user must ask for something else.
    usage: bool,
}

/// One run with all it works on.
struct Session<'a> {
    settings: &'a RunSettings,
    interrupts: &'a Interrupts,
    made: &'a Made,
}

impl Session<'_> {
    async fn run(&self, live: &Live) -> anyhow::Result<Ended> {
        let (host, target, unique) = self.service()?;
        let plan = &self.settings.plan;
        let opened = tokio::select! {
            opened = Service::open(target.clone(), self.settings.credentials.clone()) => opened,
            () = self.interrupts.reached(1) => anyhow::bail!(Unprepared::Interrupted),
        };
        let service = match opened {
            Ok(service) => service,
            Err(error) => return self.unprepared(error.into(), &target, live),
        };
        let order = (plan, &self.settings.corpus, unique);
        let result = match prepare(&service, order, self.made, self.interrupts, live).await {
            Ok(prepared) => {
                let played = self.play(&service, prepared, host.as_ref(), live).await;
                played.map(|finished| Ended { finished, usage: false })
            }
            Err(reason) => self.unprepared(reason, &target, live),
        };
        for (id, error) in self.made.delete(&service).await {
            live.warn(&format!("left behind on the service: document {id}: {error}"));
        }
        if let Some(host) = host {
            host.stop();
        }
        result
    }

    /// The service to listen to: one of our own, on a free port of this machine, or the one that was named.
    fn service(&self) -> anyhow::Result<(Option<Host>, Target, claque_core::rng::Seed)> {
        let plan = &self.settings.plan;
        match &self.settings.target {
            TargetChoice::BaseUrl(target) => {
                Ok((None, target.clone(), unique::to_moment(plan, unix_nanos())))
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
        }
    }

    async fn play(
        &self,
        service: &Service,
        prepared: Prepared,
        host: Option<&Host>,
        live: &Live,
    ) -> anyhow::Result<Finished> {
        let settings = self.settings;
        let plan = &settings.plan;
        if let Some(folder) = &settings.keep_audio {
            std::fs::create_dir_all(folder).with_context(|| {
                format!("failed to create the folder {} of --keep-audio", folder.display())
            })?;
        }
        let heading = self.heading(&prepared.voice, service.target());
        let mut recorder = Recorder::create(heading, &settings.output.dir, self.made.ids())?;
        let mut audience = Audience::start(AudienceOrder {
            service: service.clone(),
            model: plan.model.clone(),
            voice: prepared.voice,
            seats: prepared.seats,
            speed: plan.speed,
            policy: plan.policy,
            schedule: plan.schedule,
            timeout: plan.timeout,
            keep_audio: settings.keep_audio.clone(),
            lanes: lanes(plan, host.is_some()),
        })?;
        let saved = self.watch(&mut audience, &mut recorder, live).await;
        let lag = ScheduleLag::from_histogram(&audience.finish());
        saved?;
        Ok(recorder.finish(lag)?)
    }

    /// Takes down facts and shows progress until everybody is done.
    async fn watch(
        &self,
        audience: &mut Audience,
        recorder: &mut Recorder,
        live: &Live,
    ) -> anyhow::Result<()> {
        let plan = &self.settings.plan;
        let users = u64::from(plan.users);
        let goal = Goal { users, blocks: users * u64::from(plan.blocks) };
        let mut redraw = tokio::time::interval(REDRAW);
        redraw.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        let mut stopping = false;
        let mut saved = Ok(());
        live.begin(goal);
        loop {
            tokio::select! {
                facts = audience.next_facts() => match facts {
                    Some(facts) if saved.is_ok() => {
                        saved = recorder.take(facts).and_then(|()| recorder.flush());
                        if saved.is_err() {
                            // Nothing is gained by listening to what cannot be kept.
                            audience.stop();
                        }
                    }
                    Some(_) => {}
                    None => break,
                },
                _ = redraw.tick() => live.show(audience.clock().now(), goal, audience.progress()),
                () = self.interrupts.reached(1), if !stopping => {
                    stopping = true;
                    audience.stop();
                }
            }
        }
        Ok(saved?)
    }

    /// There will be no audience. What the service did to it is recorded all the same, once for every listener.
    fn unprepared(&self, reason: Unprepared, target: &Target, live: &Live) -> anyhow::Result<Ended> {
        let usage = reason.is_usage();
        let Some(failure) = reason.failure() else {
            return Err(if usage { UsageError::new(reason.to_string()).into() } else { reason.into() });
        };
        live.warn(&format!("error: {reason}"));
        let plan = &self.settings.plan;
        let heading = self.heading(plan.voice.as_deref().unwrap_or_default(), target);
        let mut recorder = Recorder::create(heading, &self.settings.output.dir, self.made.ids())?;
        for listener in (0..plan.users).map(ListenerId) {
            recorder.take(never_listened(listener, plan, failure))?;
        }
        Ok(Ended { finished: recorder.finish(None)?, usage })
    }

    fn heading(&self, voice: &str, target: &Target) -> Heading {
        let settings = self.settings;
        let shown = match &settings.target {
            TargetChoice::BaseUrl(target) => target.to_string(),
            TargetChoice::Embedded(gateway) => format!("embedded gateway {} at {target}", gateway.preset),
        };
        let decided = (settings.seed, settings.scenario.clone());
        Heading::new(&settings.plan, voice, shown, TimeKind::Real, decided)
    }
}

/// The facts of a listener whose preparation failed.
fn never_listened(listener: ListenerId, plan: &Plan, failure: &Failure) -> [Fact; 2] {
    let intended_at = plan.schedule.intended_start(listener);
    [
        Fact::Error(ErrorRecord { listener, at: Instant::START, failure: failure.clone() }),
        Fact::Listener(ListenerRecord {
            listener,
            document: String::new(),
            blocks: plan.blocks,
            intended_at,
            launched_at: intended_at,
            connect_time: None,
            started_at: None,
            ended_at: intended_at,
            end: SessionEnd::Failed(failure.class),
            foreign_messages: 0,
            warnings: 0,
        }),
    ]
}

/// One lane for a small audience, so that it is ordered; for a large one as many as there are cores for it.
fn lanes(plan: &Plan, host_here: bool) -> usize {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let free = cores.saturating_sub(usize::from(host_here)).max(1);
    let wanted = usize::try_from(plan.users.div_ceil(LISTENERS_PER_LANE)).unwrap_or(usize::MAX);
    wanted.clamp(1, free)
}
