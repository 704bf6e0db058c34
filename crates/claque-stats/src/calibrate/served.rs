//! When jobs were queued and done, and with so many workers: when each was taken.

use std::{cmp::Reverse, collections::BinaryHeap};

use claque_core::time::{Duration, Instant, duration_nanos};

use super::line::JobTime;

/// A block that a worker made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServedBlock {
    /// Characters of its text.
    pub chars: u32,
    /// When it was queued: its acknowledgement.
    pub queued_at: Instant,
    /// When it was announced.
    pub ready_at: Instant,
}

/// All jobs, run by run, in the order in which they were queued.
#[derive(Clone, Debug)]
pub(super) struct Served {
    runs: Vec<Vec<ServedBlock>>,
}

/// Jobs with the times that so many workers took for them.
#[derive(Clone, Debug)]
pub(super) struct Reconstructed {
    /// In the order in which they were taken.
    pub(super) times: Vec<JobTime>,
    /// How many had to wait for a worker.
    pub(super) waited: usize,
}

/// A job that is done sooner after it was taken cannot be.
const SHORTEST: f64 = 1e-6;

impl Served {
    pub(super) fn new(runs: &[Vec<ServedBlock>]) -> Self {
        let in_order = |run: &Vec<ServedBlock>| {
            let mut run: Vec<_> =
                run.iter().copied().filter(|job| job.chars > 0 && job.ready_at > job.queued_at).collect();
            // Stable: of those that were queued at one moment the order is told, and that in which they were ready is not it.
            run.sort_by_key(|job| job.queued_at);
            run
        };
        let runs = runs.iter().map(in_order).filter(|run| !run.is_empty()).collect();
        Self { runs }
    }

    pub(super) fn jobs(&self) -> usize {
        self.runs.iter().map(Vec::len).sum()
    }

    pub(super) fn runs(&self) -> usize {
        self.runs.len()
    }

    /// Most jobs that were queued and not ready at a time: with so many workers nobody waits.
    pub(super) fn most_at_once(&self) -> u32 {
        let of_run = |run: &Vec<ServedBlock>| {
            let (mut there, mut most) = (BinaryHeap::new(), 0);
            for job in run {
                while there.peek().is_some_and(|Reverse(ready)| *ready <= job.queued_at) {
                    there.pop();
                }
                there.push(Reverse(job.ready_at));
                most = most.max(there.len());
            }
            most
        };
        let most = self.runs.iter().map(of_run).max().unwrap_or(0);
        u32::try_from(most).unwrap_or(u32::MAX).max(1)
    }

    /// The shortest time from queue to announcement, in seconds: no delay is longer.
    pub(super) fn shortest_stay(&self) -> f64 {
        let stays = self.runs.iter().flatten().map(|job| job.ready_at.since(job.queued_at));
        stays.min().unwrap_or_default().as_secs_f64()
    }

    pub(super) fn mean_chars(&self) -> f64 {
        let chars: f64 = self.runs.iter().flatten().map(|job| f64::from(job.chars)).sum();
        chars / super::number(self.jobs().max(1))
    }

    /// When each job was taken by one of so many workers, where each is announced `delay` seconds after it is done: when it was
    /// queued, or when the first worker became free. None where a job would have been done before it was taken.
    pub(super) fn reconstruct(&self, workers: u32, delay: f64) -> Option<Reconstructed> {
        let delay = Duration::try_from_secs_f64(delay).ok()?;
        let mut times = Vec::with_capacity(self.jobs());
        let mut waited = 0;
        for run in &self.runs {
            let mut free: BinaryHeap<Reverse<u64>> = BinaryHeap::new();
            let mut of_run = Vec::with_capacity(run.len());
            for job in run {
                let queued = job.queued_at.as_nanos();
                let done = job.ready_at.as_nanos().checked_sub(duration_nanos(delay))?;
                let first_free = if free.len() < usize::try_from(workers).ok()? {
                    0
                } else {
                    free.pop().map_or(0, |Reverse(at)| at)
                };
                let taken = queued.max(first_free);
                waited += usize::from(taken > queued);
                free.push(Reverse(done));
                let seconds = Duration::from_nanos(done.checked_sub(taken)?).as_secs_f64();
                if seconds < SHORTEST {
                    return None;
                }
                of_run.push(JobTime {
                    taken: Duration::from_nanos(taken),
                    chars: f64::from(job.chars),
                    seconds,
                });
            }
            of_run.sort_by_key(|job| job.taken);
            times.append(&mut of_run);
        }
        Some(Reconstructed { times, waited })
    }
}
