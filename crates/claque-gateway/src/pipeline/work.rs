//! A job in somebody's hands: workers, workers that are taken for lost, and the overflow provider.

use std::{collections::VecDeque, sync::Arc};

use claque_core::time::{Duration, Instant};
use rand::RngExt;

use super::{Ask, JobNo, Outcome, Pipeline, Timer};
use crate::{
    config::{Engine, EngineErrors, OverflowConfig},
    faults::Suspect,
    ids::JobId,
    message::{Output, Speech, SpeechBody},
    models::Workers,
};

/// Why an attempt of the overflow provider failed when it took too long.
const TIMED_OUT: &str = "overflow request timed out";

/// One try at a job.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    no: JobNo,
    ask: Ask,
    by: By,
    started_at: Instant,
    /// Set when it is bound to fail.
    error: Option<String>,
    suspect: Suspect,
}

/// Who tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Worker,
    /// A worker that held the job too long. The job was queued again; the result still counts if it comes first.
    LostWorker,
    /// The instance of the overflow provider becomes idle when the attempt ends.
    Overflow,
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
        let Some(id) = self.start(at, no, By::Worker) else { return };
        let Some(attempt) = self.attempts.get(&id) else { return };
        let Some(job) = self.jobs.get(&no) else { return };
        let model = &self.pools[attempt.ask.pool].model;
        if let Workers::Pull(_) = model.workers {
            self.timers.set_scan(at, self.config.visibility_scan, Timer::VisibilityScan);
        }
        match self.config.engine {
            Engine::Modelled => {
                let seed = attempt.ask.variant.seed(self.seed.child("service"));
                let extra = self.faults.extra_time(Self::suspect(job, no), self.seed);
                let service = model.service.duration(attempt.ask.chars, seed).saturating_add(extra);
                self.timers.set(at + service, Timer::AttemptEnds(id));
            }
            Engine::External => self.call(id),
        }
    }

    /// An attempt is over: by its timer, with audio of the model, or by an external engine's answer.
    pub(super) fn end_attempt(&mut self, at: Instant, id: JobId, answer: Option<Result<Speech, String>>) {
        let Some(attempt) = self.attempts.remove(&id) else { return };
        let pool = attempt.ask.pool;
        match attempt.by {
            By::Worker | By::LostWorker => self.pools[pool].busy -= 1,
            By::Overflow => {
                self.pools[pool].overflowing -= 1;
                self.warm.idle_since.push_back(at);
            }
        }
        let result = match (&attempt.error, answer) {
            (Some(error), _) => Err(error.clone()),
            (None, Some(answer)) => answer,
            (None, None) => match self.config.engine {
                Engine::Modelled => Ok(self.modelled_speech(&attempt.ask)),
                Engine::External => Err(TIMED_OUT.to_owned()),
            },
        };
        match result {
            Ok(speech) => {
                match attempt.by {
                    By::Worker | By::Overflow => _ = self.drop_job(attempt.no),
                    // Meanwhile it was queued again, and nobody takes it out of the queue: it is made a second time, in vain.
                    By::LostWorker => {}
                }
                self.complete(at, &attempt.ask, speech, attempt.suspect);
            }
            Err(text) => self.attempt_failed(at, &attempt, &text),
        }
        self.dispatch(at, pool);
    }

    /// Looks for workers that hold a job too long.
    pub(super) fn scan_workers(&mut self, at: Instant) {
        let timeout = self.config.visibility_timeout;
        let mut lost = Vec::new();
        let mut held = 0_usize;
        for attempt in self.attempts.values_mut() {
            let Workers::Pull(_) = self.pools[attempt.ask.pool].model.workers else { continue };
            if attempt.by != By::Worker {
                continue;
            }
            if attempt.started_at + timeout <= at {
                attempt.by = By::LostWorker;
                lost.push(attempt.no);
            } else {
                held += 1;
            }
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
        let Some(id) = self.start(at, no, By::Overflow) else { return };
        let warm = self.warm.take(at, overflow.keep_warm);
        let Some(attempt) = self.attempts.get_mut(&id) else { return };
        self.pools[attempt.ask.pool].overflowing += 1;
        let retries = self.jobs.get(&no).map_or(0, |job| job.retries);
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
    fn start(&mut self, at: Instant, no: JobNo, by: By) -> Option<JobId> {
        let job = self.jobs.get_mut(&no)?;
        job.queued_at = None;
        let suspect = Self::suspect(job, no);
        let ask = job.ask.clone();
        let tried = self.failures.get(&suspect.variant).copied().unwrap_or(0);
        let error = self.faults.engine_error(suspect, tried, self.seed).map(str::to_owned);
        if error.is_some() {
            self.failures.insert(suspect.variant, tried.saturating_add(1));
        }
        let id = JobId(self.attempts_made);
        self.attempts_made += 1;
        self.attempts.insert(id, Attempt { no, ask, by, started_at: at, error, suspect });
        Some(id)
    }

    fn attempt_failed(&mut self, at: Instant, attempt: &Attempt, text: &str) {
        match (attempt.by, self.config.engine_errors) {
            (By::LostWorker, EngineErrors::Retry) => {}
            (By::LostWorker, EngineErrors::Report) => {
                self.stats.engine_errors += 1;
                self.announce(at, &attempt.ask, &Outcome::Failed(text.to_owned()));
            }
            (By::Worker, EngineErrors::Report) => {
                self.stats.engine_errors += 1;
                self.fail(at, attempt.no, text.to_owned());
            }
            (By::Worker, EngineErrors::Retry)
            | (By::Overflow, EngineErrors::Report | EngineErrors::Retry) => {
                self.retry(at, attempt.no);
            }
        }
    }

    /// Asks the host's engine.
    fn call(&mut self, id: JobId) {
        let Some(Attempt { ask, .. }) = self.attempts.get(&id) else { return };
        let model = Arc::clone(&self.pools[ask.pool].model.info.slug);
        let (text, voice) = (Arc::clone(&ask.text), Arc::clone(&ask.voice));
        self.calls.push_back(Output::Synthesize { job: id, text, model, voice, chars: ask.chars });
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
