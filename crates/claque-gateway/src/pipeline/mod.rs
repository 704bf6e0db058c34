//! Synthesis: dedup by variant, one queue per model, workers, lost workers, retries, overflow, audio cache.
//!
//! A machine inside a service: it is asked at a moment and stepped through its own timers in order of time, so
//! a worker takes its next job when the last one ended, not when the driver woke up. [`variants`] knows what is
//! made and who waits for it; this file queues; [`work`] is about what happens to a job in somebody's hands.

mod ask;
mod cache;
mod config;
mod levels;
mod load;
mod timers;
mod variants;
mod withdrawal;
mod work;

use std::{
    collections::{BTreeSet, VecDeque},
    sync::Arc,
};

use claque_core::{rng::Seed, time::Instant};

pub use self::{
    ask::{Admission, Ask, Content, Delivery, EngineCall, Outcome, PipelineTimeout, Subscriber},
    config::{Engine, EngineErrors, EvictedKey, OverflowConfig, PipelineConfig},
    levels::ModelLevels,
    load::{Load, ModelLoad},
};
use self::{
    load::{Levels, LoadRecorder},
    timers::{Timer, Timers},
    variants::{Lookup, Variants},
    work::{Attempt, IdleWorkers, WarmInstances},
};
use crate::{
    faults::{AudioFault, FaultCandidate, Faults},
    ids::{JobId, VariantHash},
    machine::NeighboursNow,
    models::{ModelConfig, Workers},
    speech::Speech,
    table::{Key, Table, scatter},
};

/// Counters of queues and workers since the start, and what they hold now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PipelineStats {
    /// Jobs waiting now.
    pub queued: usize,
    /// Workers with a job now, lost ones included.
    pub busy_workers: usize,
    /// Requests that the overflow provider works on now.
    pub overflowing: usize,
    /// Pieces of audio kept now.
    pub cached: usize,
    /// Blocks answered from the cache.
    pub cache_hits: u64,
    /// Blocks that joined a job under way.
    pub joined: u64,
    /// Pieces of audio that were made.
    pub served: u64,
    /// Jobs handed to the overflow provider.
    pub overflowed: u64,
    /// Jobs put back into a queue.
    pub requeued: u64,
    /// Jobs given up.
    pub dead_letters: u64,
    /// Jobs that an engine's error ended.
    pub engine_errors: u64,
    /// Jobs removed because nobody wanted them any more.
    pub evicted: u64,
    /// Blocks refused because a queue was full.
    pub refused: u64,
    /// Blocks whose result came after their key had expired, so that nobody was told.
    pub forgotten: u64,
}

/// Queues and workers of every model. Asked at a moment and stepped through its own timers, in order of time.
#[derive(Clone, Debug)]
pub struct Pipeline {
    config: PipelineConfig,
    faults: Faults,
    seed: Seed,
    pools: Vec<Pool>,
    variants: Variants,
    jobs: Table<JobNo, Job>,
    jobs_made: u64,
    /// The job that was last made for a block: what a moved cursor withdraws.
    by_block: Table<Subscriber, JobNo>,
    attempts: Table<JobId, Attempt>,
    attempts_made: u64,
    /// Attempts that are over and not announced, with what came of them.
    delivering: Table<JobId, (Attempt, Result<Speech, String>)>,
    warm: WarmInstances,
    timers: Timers,
    failures: Table<VariantHash, u32>,
    deliveries: VecDeque<Delivery>,
    calls: VecDeque<EngineCall>,
    stats: PipelineStats,
    load: LoadRecorder,
}

/// A job, numbered in order of first queueing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct JobNo(u64);

impl Key for JobNo {
    fn scattered(self) -> u64 {
        scatter(self.0)
    }
}

/// One model's queue and workers.
#[derive(Clone, Debug)]
struct Pool {
    model: ModelConfig,
    /// By time of (the last) queueing: the oldest goes first.
    queue: BTreeSet<(Instant, JobNo)>,
    busy: u32,
    /// Requests of this model that the overflow provider works on.
    overflowing: u32,
    roster: IdleWorkers,
    neighbours: NeighboursNow,
}

#[derive(Clone, Debug)]
struct Job {
    ask: Ask,
    owner: Subscriber,
    queued_at: Option<Instant>,
    retries: u32,
}

impl Pipeline {
    /// Makes a pipeline for these models, in whose order [`Ask::pool`] counts. All noise comes from `seed`.
    #[must_use]
    pub fn new(config: PipelineConfig, models: &[ModelConfig], faults: Faults, seed: Seed) -> Self {
        let pool = |model: &ModelConfig| Pool {
            model: model.clone(),
            queue: BTreeSet::new(),
            busy: 0,
            overflowing: 0,
            roster: IdleWorkers::default(),
            neighbours: NeighboursNow::default(),
        };
        Self {
            variants: Variants::new(config.cache_capacity, config.key_life),
            config,
            faults,
            seed,
            pools: models.iter().map(pool).collect(),
            jobs: Table::default(),
            jobs_made: 0,
            by_block: Table::default(),
            attempts: Table::default(),
            attempts_made: 0,
            delivering: Table::default(),
            warm: WarmInstances::default(),
            timers: Timers::default(),
            failures: Table::default(),
            deliveries: VecDeque::new(),
            calls: VecDeque::new(),
            stats: PipelineStats::default(),
            load: LoadRecorder::new(models.len()),
        }
    }

    /// Answers from the cache, joins what is under way, or queues.
    ///
    /// # Panics
    /// If there is no such pool.
    pub fn ask(&mut self, at: Instant, ask: Ask, subscriber: Subscriber) -> Admission {
        match self.variants.look_up(at, ask.variant, subscriber) {
            Lookup::Cached(media) => {
                self.stats.cache_hits += 1;
                Admission::Cached(media)
            }
            Lookup::Joined => {
                self.stats.joined += 1;
                Admission::Waiting
            }
            Lookup::Unknown => {
                let admission = self.queue_new(at, ask, subscriber);
                self.note_load(at);
                admission
            }
        }
    }

    /// An external engine answers.
    pub fn synthesized(&mut self, at: Instant, job: JobId, result: Result<Speech, String>) {
        self.end_attempt(at, job, Some(result));
        self.note_load(at);
    }

    /// Whether the audio of a variant is there.
    #[must_use]
    pub fn has_audio(&self, variant: &VariantHash) -> bool {
        self.variants.audio(variant).is_some()
    }

    /// Audio as it is fetched, with what is wrong with this fetch.
    pub fn fetch(&mut self, variant: &VariantHash) -> Option<(Speech, Option<AudioFault>)> {
        let cached = self.variants.audio_mut(variant)?;
        let suspect = FaultCandidate { variant: *variant, block: cached.block, number: cached.number };
        let fetch = cached.fetches;
        cached.fetches = fetch.saturating_add(1);
        Some((cached.speech.clone(), self.faults.audio(suspect, fetch, self.seed)))
    }

    /// Whether a variant was asked for whose audio is not there.
    #[must_use]
    pub fn is_pending(&self, variant: &VariantHash) -> bool {
        self.variants.is_pending(variant)
    }

    /// When [`Pipeline::step`] has something to do, and why; none while only a call can change anything.
    #[must_use]
    pub fn next_timer(&self) -> Option<(Instant, PipelineTimeout)> {
        self.timers.next()
    }

    /// Does what is due first, at its own time.
    pub fn step(&mut self) {
        let Some((at, timer)) = self.timers.pop() else { return };
        match timer {
            Timer::AttemptEnds(id) => self.end_attempt(at, id, None),
            Timer::Delivers(id) => self.deliver(at, id),
            Timer::VisibilityScan => self.scan_workers(at),
            Timer::OverflowScan => self.scan_queues(at),
        }
        self.note_load(at);
    }

    /// Takes the next final news for a subscriber.
    pub fn pop_delivery(&mut self) -> Option<Delivery> {
        self.deliveries.pop_front()
    }

    /// Takes the next work for an engine outside.
    pub fn pop_call(&mut self) -> Option<EngineCall> {
        self.calls.pop_front()
    }

    /// Has [`Pipeline::load`] count from `at` on.
    pub fn restart_load(&mut self, at: Instant) {
        self.load.restart(at);
    }

    /// How much speech there was to be made until `at`, model by model.
    #[must_use]
    pub fn load(&self, at: Instant) -> Load {
        self.load.load(at, self.pools.iter().map(|pool| (&pool.model.info.slug, pool.workers())))
    }

    /// What it holds and has done.
    #[must_use]
    pub fn stats(&self) -> PipelineStats {
        let sum = |of: fn(&Pool) -> u32| {
            usize::try_from(self.pools.iter().map(of).sum::<u32>()).unwrap_or(usize::MAX)
        };
        PipelineStats {
            queued: self.pools.iter().map(|pool| pool.queue.len()).sum(),
            busy_workers: sum(|pool| pool.busy),
            overflowing: sum(|pool| pool.overflowing),
            cached: self.variants.cached(),
            forgotten: self.variants.forgotten(),
            ..self.stats
        }
    }

    fn note_load(&mut self, at: Instant) {
        let levels = self.pools.iter().map(|pool| Levels {
            queued: u32::try_from(pool.queue.len()).unwrap_or(u32::MAX),
            busy: pool.busy,
            overflowing: pool.overflowing,
        });
        self.load.note(at, levels);
    }

    fn queue_new(&mut self, at: Instant, ask: Ask, subscriber: Subscriber) -> Admission {
        let pool = ask.pool;
        if self.pools[pool].queue.len() >= self.config.max_queued {
            self.stats.refused += 1;
            let _ = self.variants.unsubscribe(&ask.variant, &subscriber);
            return Admission::Full;
        }
        let no = JobNo(self.jobs_made);
        self.jobs_made += 1;
        self.variants.open(at, &ask.variant, no);
        self.by_block.insert(subscriber, no);
        self.jobs.insert(no, Job { ask, owner: subscriber, queued_at: None, retries: 0 });
        self.enqueue(at, no);
        self.dispatch(at, pool);
        Admission::Waiting
    }

    /// Puts a job at the end of its queue.
    fn enqueue(&mut self, at: Instant, no: JobNo) {
        let Some(job) = self.jobs.get_mut(no) else { return };
        job.queued_at = Some(at);
        let pool = &mut self.pools[job.ask.pool];
        pool.queue.insert((at, no));
        if let (Workers::Pull(_), Some(overflow)) = (pool.model.workers, &self.config.overflow) {
            self.timers.set_scan(at, overflow.scan, Timer::OverflowScan);
        }
    }

    /// Gives jobs to idle workers, oldest first.
    fn dispatch(&mut self, at: Instant, pool: usize) {
        loop {
            let Pool { model, queue, busy, .. } = &mut self.pools[pool];
            let idle = match model.workers {
                Workers::Pull(workers) => *busy < workers,
                Workers::Unlimited => true,
            };
            if !idle {
                return;
            }
            let Some((_, no)) = queue.pop_first() else { return };
            *busy += 1;
            self.start_on_worker(at, no);
        }
    }

    /// Queues a job once more, or gives it up.
    fn retry(&mut self, at: Instant, no: JobNo) {
        let Some(job) = self.jobs.get_mut(no) else { return };
        job.retries += 1;
        let pool = job.ask.pool;
        if job.retries > self.config.max_retries {
            self.stats.dead_letters += 1;
            match self.config.dead_letter_text.clone() {
                Some(text) => self.fail(at, no, text),
                // Its key lives on: who asks again joins what nobody makes.
                None => drop(self.drop_job(no)),
            }
            return;
        }
        self.stats.requeued += 1;
        self.enqueue(at, no);
        self.dispatch(at, pool);
    }

    fn fail(&mut self, at: Instant, no: JobNo, text: String) {
        if let Some(job) = self.drop_job(no) {
            self.announce(at, &job.ask, &Outcome::Failed(text));
        }
    }

    /// Audio, or the news that there is nothing to speak. It counts for whoever waits for the variant, whichever attempt it
    /// came from; without a key it counts for nothing.
    fn complete(&mut self, at: Instant, ask: &Ask, speech: Speech, suspect: FaultCandidate) {
        match ask.content {
            Content::Nothing => _ = self.announce(at, ask, &Outcome::Silent),
            Content::Something => {
                if self.announce(at, ask, &Outcome::Ready(speech.media)) {
                    self.stats.served += 1;
                    self.variants.keep(speech, suspect);
                }
            }
        }
    }

    /// Tells everybody who waits; says whether the result counted.
    fn announce(&mut self, at: Instant, ask: &Ask, outcome: &Outcome) -> bool {
        let Some(subscribers) = self.variants.finish(at, &ask.variant) else { return false };
        for subscriber in subscribers {
            let model = Arc::clone(&self.pools[ask.pool].model.info.slug);
            let (variant, voice) = (ask.variant, Arc::clone(&ask.voice));
            let outcome = outcome.clone();
            self.deliveries.push_back(Delivery { at, subscriber, variant, model, voice, outcome });
        }
        true
    }

    fn drop_job(&mut self, no: JobNo) -> Option<Job> {
        let job = self.jobs.remove(no)?;
        if self.by_block.get(job.owner) == Some(&no) {
            self.by_block.remove(job.owner);
        }
        if let Some(queued_at) = job.queued_at {
            self.pools[job.ask.pool].queue.remove(&(queued_at, no));
        }
        Some(job)
    }

    const fn suspect(job: &Job, no: JobNo) -> FaultCandidate {
        FaultCandidate { variant: job.ask.variant, block: job.owner.block, number: no.0 }
    }
}
