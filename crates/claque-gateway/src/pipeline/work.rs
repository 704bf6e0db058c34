//! A job in somebody's hands: workers, workers that are taken for lost, and the overflow provider.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::Arc,
};

use claque_core::{
    rng::Seed,
    time::{Duration, Instant},
};
use rand::RngExt;

use super::{Ask, Engine, EngineCall, EngineErrors, JobNo, Outcome, OverflowConfig, Pipeline, Pool, Timer};
use crate::{
    faults::FaultCandidate,
    ids::JobId,
    machine::MachineModel,
    models::Workers,
    service::scale,
    speech::{Speech, SpeechBody},
};

/// Why an attempt of the overflow provider failed when it took too long.
const TIMED_OUT: &str = "overflow request timed out";

/// One try at a job.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    no: JobNo,
    ask: Ask,
    by: AttemptBy,
    started_at: Instant,
    /// Set when it is bound to fail.
    error: Option<String>,
    suspect: FaultCandidate,
    /// Who of a model's workers, where they are not alike.
    worker: u32,
}

/// Who tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AttemptBy {
    Worker,
    /// A worker that held the job too long. The job was queued again; the result still counts if it comes first.
    LostWorker,
    /// A worker that crashes at this job; the attempt's timer is its coming back.
    Crashing,
    /// The same, where the job was queued again meanwhile.
    LostCrashing,
    /// A worker that crashed at it, and is back. Nobody has noticed that the job is lost.
    Crashed,
    /// The instance of the overflow provider becomes idle when the attempt ends.
    Overflow,
}

/// Which workers of a model are idle, by their numbers; kept where they are not alike.
#[derive(Clone, Debug, Default)]
pub(super) struct IdleWorkers {
    idle: BTreeSet<u32>,
    /// Workers that have ever had a job: those of higher numbers are idle.
    known: u32,
}

impl IdleWorkers {
    /// The first that is idle has a job from now on.
    fn take(&mut self) -> u32 {
        self.idle.pop_first().unwrap_or_else(|| {
            self.known += 1;
            self.known - 1
        })
    }

    fn give_back(&mut self, worker: u32) {
        self.idle.insert(worker);
    }
}

/// Idle instances of the overflow provider by when they became idle, in order of time.
#[derive(Clone, Debug, Default)]
pub(super) struct WarmInstances {
    idle_since: VecDeque<Instant>,
}

impl WarmInstances {
    /// Takes the instance that was busy last, if one is still kept.
    fn take(&mut self, at: Instant, keep_warm: Duration) -> bool {
        while self.idle_since.front().is_some_and(|since| *since + keep_warm < at) {
            self.idle_since.pop_front();
        }
        self.idle_since.pop_back().is_some()
    }
}

impl Pipeline {
    /// Starts the oldest job on a worker that the caller has marked as busy.
    pub(super) fn start_on_worker(&mut self, at: Instant, no: JobNo) {
        let Some(id) = self.start(at, no, AttemptBy::Worker) else { return };
        let Some(attempt) = self.attempts.get(id) else { return };
        let Some(job) = self.jobs.get(no) else { return };
        let model = &self.pools[attempt.ask.pool].model;
        if let Workers::Pull(_) = model.workers {
            self.timers.set_scan(at, self.config.visibility_scan, Timer::VisibilityScan);
        }
        match self.config.engine {
            Engine::Modelled => {
                let seed = attempt.ask.variant.seed(self.seed.child("service"));
                let extra = self.faults.extra_time(Self::suspect(job, no), self.seed);
                let service = model.service.duration(attempt.ask.chars, seed);
                let ends = self.on_machine(at, id, service, seed).saturating_add(extra);
                self.timers.set(at + ends, Timer::AttemptEnds(id));
            }
            Engine::External => self.call(id),
        }
    }

    /// What the machine makes of the time of an attempt that a worker has just begun: how long the worker has it in hand.
    fn on_machine(&mut self, at: Instant, id: JobId, service: Duration, seed: Seed) -> Duration {
        let Some(attempt) = self.attempts.get_mut(id) else { return service };
        let Pool { model, roster, neighbours, .. } = &mut self.pools[attempt.ask.pool];
        let machine = &model.machine;
        if *machine == MachineModel::default() {
            return service;
        }
        let mut factor = machine.tail(seed);
        if !machine.speeds.is_empty() {
            attempt.worker = roster.take();
            factor /= machine.speed(attempt.worker);
        }
        if let Some(threads) = machine.threads {
            factor *= threads.factor();
        }
        if let Some(others) = machine.neighbours {
            factor *= neighbours.factor(at, others, self.seed.child("neighbours").child(&model.info.slug));
        }
        let service = scale(service, factor);
        let crash = machine.crashes_after(self.seed.child("crashes").index(id.0));
        match crash.filter(|(after, _)| *after < service && model.workers != Workers::Unlimited) {
            Some((after, restart)) => {
                attempt.by = AttemptBy::Crashing;
                after.saturating_add(restart)
            }
            None => service,
        }
    }

    /// An attempt is over: by its timer, with audio of the model, or by an external engine's answer.
    pub(super) fn end_attempt(&mut self, at: Instant, id: JobId, answer: Option<Result<Speech, String>>) {
        let Some(attempt) = self.attempts.remove(id) else { return };
        let pool = attempt.ask.pool;
        match attempt.by {
            AttemptBy::Worker | AttemptBy::LostWorker | AttemptBy::Crashing | AttemptBy::LostCrashing => {
                let Pool { model, busy, roster, .. } = &mut self.pools[pool];
                *busy -= 1;
                if !model.machine.speeds.is_empty() {
                    roster.give_back(attempt.worker);
                }
            }
            AttemptBy::Overflow => {
                self.pools[pool].overflowing -= 1;
                self.warm.idle_since.push_back(at);
            }
            AttemptBy::Crashed => {}
        }
        match attempt.by {
            AttemptBy::Worker | AttemptBy::LostWorker | AttemptBy::Overflow => {}
            AttemptBy::Crashing => {
                self.attempts.insert(id, Attempt { by: AttemptBy::Crashed, ..attempt });
                return self.dispatch(at, pool);
            }
            AttemptBy::LostCrashing | AttemptBy::Crashed => return self.dispatch(at, pool),
        }
        let result = match (&attempt.error, answer) {
            (Some(error), _) => Err(error.clone()),
            (None, Some(answer)) => answer,
            (None, None) => match self.config.engine {
                Engine::Modelled => Ok(self.modelled_speech(&attempt.ask)),
                Engine::External => Err(TIMED_OUT.to_owned()),
            },
        };
        let delay = self.pools[pool].model.machine.delivery;
        if delay > Duration::ZERO && attempt.by != AttemptBy::Overflow {
            self.delivering.insert(id, (attempt, result));
            self.timers.set(at + delay, Timer::Delivers(id));
        } else {
            self.take_result(at, &attempt, result);
        }
        self.dispatch(at, pool);
    }

    /// The result of an attempt that ended a while ago is there.
    pub(super) fn deliver(&mut self, at: Instant, id: JobId) {
        if let Some((attempt, result)) = self.delivering.remove(id) {
            self.take_result(at, &attempt, result);
            self.dispatch(at, attempt.ask.pool);
        }
    }

    fn take_result(&mut self, at: Instant, attempt: &Attempt, result: Result<Speech, String>) {
        match result {
            Ok(speech) => {
                match attempt.by {
                    AttemptBy::Worker | AttemptBy::Overflow => _ = self.drop_job(attempt.no),
                    // Meanwhile it was queued again, and nobody takes it out of the queue: it is made a second time, in vain.
                    AttemptBy::LostWorker
                    | AttemptBy::Crashing
                    | AttemptBy::LostCrashing
                    | AttemptBy::Crashed => {}
                }
                self.complete(at, &attempt.ask, speech, attempt.suspect);
            }
            Err(text) => self.attempt_failed(at, attempt, &text),
        }
    }

    /// Looks for workers that hold a job too long.
    pub(super) fn scan_workers(&mut self, at: Instant) {
        let timeout = self.config.visibility_timeout;
        let mut lost = Vec::new();
        let mut held = 0_usize;
        let mut gone = Vec::new();
        for (id, attempt) in self.attempts.sorted() {
            let Workers::Pull(_) = self.pools[attempt.ask.pool].model.workers else { continue };
            let lost_by = match attempt.by {
                AttemptBy::Worker => AttemptBy::LostWorker,
                AttemptBy::Crashing => AttemptBy::LostCrashing,
                AttemptBy::Crashed => AttemptBy::Crashed,
                AttemptBy::LostWorker | AttemptBy::LostCrashing | AttemptBy::Overflow => continue,
            };
            if attempt.started_at + timeout > at {
                held += 1;
                continue;
            }
            if attempt.by == AttemptBy::Crashed {
                gone.push(id);
            }
            attempt.by = lost_by;
            lost.push(attempt.no);
        }
        for id in gone {
            self.attempts.remove(id);
        }
        if held > 0 {
            self.timers.set_scan(at, self.config.visibility_scan, Timer::VisibilityScan);
        }
        for no in lost {
            self.retry(at, no);
        }
    }

    /// Hands every job that has waited too long to the overflow provider.
    pub(super) fn scan_queues(&mut self, at: Instant) {
        let Some(overflow) = self.config.overflow.clone() else { return };
        let mut claimed = Vec::new();
        let mut waiting = 0_usize;
        for pool in &mut self.pools {
            let Workers::Pull(_) = pool.model.workers else { continue };
            while let Some(&(queued_at, no)) = pool.queue.first()
                && queued_at + overflow.threshold <= at
            {
                pool.queue.pop_first();
                claimed.push(no);
            }
            waiting += pool.queue.len();
        }
        if waiting > 0 {
            self.timers.set_scan(at, overflow.scan, Timer::OverflowScan);
        }
        for no in claimed {
            self.start_on_overflow(at, no, &overflow);
        }
    }

    fn start_on_overflow(&mut self, at: Instant, no: JobNo, overflow: &OverflowConfig) {
        let Some(id) = self.start(at, no, AttemptBy::Overflow) else { return };
        let warm = self.warm.take(at, overflow.keep_warm);
        let Some(attempt) = self.attempts.get_mut(id) else { return };
        self.pools[attempt.ask.pool].overflowing += 1;
        let retries = self.jobs.get(no).map_or(0, |job| job.retries);
        let seed = attempt.ask.variant.seed(self.seed.child("overflow").index(u64::from(retries)));
        self.stats.overflowed += 1;
        if seed.child("failure").rng().random::<f64>() < overflow.failure_share {
            attempt.error = Some("overflow request failed".to_owned());
        }
        match self.config.engine {
            Engine::Modelled => {
                let start = if warm { overflow.warm_start } else { overflow.cold_start };
                let took = start.draw(seed.child("start")) + overflow.execution.draw(seed.child("execution"));
                if took > overflow.request_timeout {
                    attempt.error = Some(TIMED_OUT.to_owned());
                }
                self.timers.set(at + took.min(overflow.request_timeout), Timer::AttemptEnds(id));
            }
            Engine::External => {
                self.call(id);
                self.timers.set(at + overflow.request_timeout, Timer::AttemptEnds(id));
            }
        }
    }

    /// Takes a job out of its queue into the hands of `by`.
    fn start(&mut self, at: Instant, no: JobNo, by: AttemptBy) -> Option<JobId> {
        let job = self.jobs.get_mut(no)?;
        job.queued_at = None;
        let suspect = Self::suspect(job, no);
        let ask = job.ask.clone();
        let tried = self.failures.get(suspect.variant).copied().unwrap_or(0);
        let error = self.faults.engine_error(suspect, tried, self.seed).map(str::to_owned);
        if error.is_some() {
            self.failures.insert(suspect.variant, tried.saturating_add(1));
        }
        let id = JobId(self.attempts_made);
        self.attempts_made += 1;
        self.attempts.insert(id, Attempt { no, ask, by, started_at: at, error, suspect, worker: 0 });
        Some(id)
    }

    fn attempt_failed(&mut self, at: Instant, attempt: &Attempt, text: &str) {
        match (attempt.by, self.config.engine_errors) {
            (
                AttemptBy::LostWorker | AttemptBy::Crashing | AttemptBy::LostCrashing | AttemptBy::Crashed,
                EngineErrors::Retry,
            )
            | (AttemptBy::Crashing | AttemptBy::LostCrashing | AttemptBy::Crashed, EngineErrors::Report) => {}
            (AttemptBy::LostWorker, EngineErrors::Report) => {
                self.stats.engine_errors += 1;
                self.announce(at, &attempt.ask, &Outcome::Failed(text.to_owned()));
            }
            (AttemptBy::Worker, EngineErrors::Report) => {
                self.stats.engine_errors += 1;
                self.fail(at, attempt.no, text.to_owned());
            }
            (AttemptBy::Worker, EngineErrors::Retry)
            | (AttemptBy::Overflow, EngineErrors::Report | EngineErrors::Retry) => {
                self.retry(at, attempt.no);
            }
        }
    }

    /// Asks the host's engine.
    fn call(&mut self, id: JobId) {
        let Some(Attempt { ask, .. }) = self.attempts.get(id) else { return };
        let model = Arc::clone(&self.pools[ask.pool].model.info.slug);
        let text = ask.text.clone().expect("an external engine is given texts that were kept");
        let voice = Arc::clone(&ask.voice);
        self.calls.push_back(EngineCall { job: id, text, model, voice, chars: ask.chars });
    }

    fn modelled_speech(&self, ask: &Ask) -> Speech {
        let model = &self.pools[ask.pool].model;
        let seed = ask.variant.seed(self.seed.child("speech"));
        Speech {
            media: model.length.media(ask.chars, seed),
            body: SpeechBody::Synthetic { seed: seed.value() },
            format: model.format,
        }
    }
}
