//! From what was served when to how it was served: the model of a service, fitted by likelihood.
//!
//! The model is the gateway's: workers take jobs in the order in which they were queued, one at a time each; a job takes
//! `(overhead + characters x rate) x noise` with log-normal noise of mean one, and is announced a delay after it is done. When a job
//! was taken is in no fact. It follows from the times at which jobs before it were done, for each number of workers: `served` works
//! that out, `line` fits the times that are left, and the number whose times are likeliest is the estimate.

mod line;
mod served;
#[cfg(test)]
mod tests;

use claque_core::time::Duration;
use serde::Serialize;

pub use self::served::ServedBlock;
use self::{
    line::{Line, fit_line},
    served::{Reconstructed, Served},
};

/// Half the 95 % quantile of chi squared with one degree of freedom: how much less likely what lies at the end of an interval may be.
const LESS_LIKELY: f64 = 1.920_729;
/// The 97.5 % quantile of the normal distribution.
const Z95: f64 = 1.959_964;
/// Fewer jobs tell nothing.
pub const FEWEST_JOBS: usize = 20;
/// Numbers of workers that are tried, at most.
const MOST_WORKERS: u32 = 512;
/// Steps in which a delay is looked for first.
const DELAYS: u32 = 24;

/// A fitted number with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// The likeliest.
    pub value: f64,
    /// The interval's lower end.
    pub low: f64,
    /// The interval's upper end.
    pub high: f64,
}

/// How many workers there are in effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct WorkersEstimate {
    /// The likeliest number.
    pub value: u32,
    /// The fewest that are likely enough.
    pub low: u32,
    /// The most that are; none where nothing speaks against any number.
    pub high: Option<u32>,
}

/// A factor on all times that lasts: neighbours on the same machine, or its heat.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SlowDowns {
    /// Standard deviation of the factor's logarithm.
    pub sigma: f64,
    /// Time over which its correlation falls to 1/e, in seconds.
    pub correlation_seconds: f64,
}

/// Something that these jobs cannot tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ambiguity {
    /// Nobody waited for a worker: there may be any number more of them.
    WorkersAreEnough,
    /// A delay of announcements would look like a longer overhead.
    DelayOrOverhead,
    /// Texts are of much the same length: what does not depend on it cannot be told from what does.
    OverheadOrRate,
    /// Times of all jobs waited for: a delay shows only where a worker was idle before.
    NoneWasTakenAtOnce,
}

/// A service, as jobs have it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Calibration {
    /// Jobs that were fitted.
    pub jobs: usize,
    /// Those of them that had to wait for a worker.
    pub waited: usize,
    /// Part of a job's time that does not depend on its text, in ms.
    pub overhead_ms: Estimate,
    /// Part for each character, in ms.
    pub ms_per_char: Estimate,
    /// Sigma of the log-normal noise.
    pub sigma: Estimate,
    /// Time from a job's end until it is announced, in ms.
    pub delivery_ms: Estimate,
    /// Workers.
    pub workers: WorkersEstimate,
    /// Correlation of the noise of each job with that of the next.
    pub autocorrelation: Estimate,
    /// The part of the noise that lasts, where the correlation is beyond chance; `sigma` is of all the noise.
    pub slow_downs: Option<SlowDowns>,
    /// What these jobs cannot tell apart.
    pub ambiguities: Vec<Ambiguity>,
}

/// One number of workers and one delay, with what is likeliest then.
#[derive(Clone, Debug)]
struct Candidate {
    workers: u32,
    delay: f64,
    line: Line,
    likelihood: f64,
}

/// Fits the model to what was served, a list for each run, in which jobs that were queued at one moment stand in the order in which
/// they were. None where there are fewer than [`FEWEST_JOBS`] jobs, or no model of
/// this kind can have served them.
#[must_use]
pub fn calibrate(runs: &[Vec<ServedBlock>]) -> Option<Calibration> {
    let served = Served::new(runs);
    if served.jobs() < FEWEST_JOBS {
        return None;
    }
    let most = served.most_at_once().min(MOST_WORKERS);
    let mut by_workers: Vec<Candidate> =
        numbers_of_workers(most).filter_map(|workers| best_delay(&served, workers)).collect();
    let likeliest = |candidates: &[Candidate]| {
        candidates.iter().max_by(|a, b| a.likelihood.total_cmp(&b.likelihood)).cloned()
    };
    let coarse = likeliest(&by_workers)?;
    // Between the numbers that were tried.
    let near =
        coarse.workers.saturating_sub(coarse.workers / 8 + 2).max(1)..=(coarse.workers * 9 / 8 + 2).min(most);
    let tried: Vec<u32> = by_workers.iter().map(|candidate| candidate.workers).collect();
    let missing = near.filter(|workers| !tried.contains(workers));
    by_workers.extend(missing.filter_map(|workers| best_delay(&served, workers)));
    let best = likeliest(&by_workers)?;
    let jobs = served.reconstruct(best.workers, best.delay)?;
    Some(told(&served, &best, &jobs, workers_of(&by_workers, &best, most)))
}

/// All numbers up to 32, and beyond that steps of an eighth.
fn numbers_of_workers(most: u32) -> impl Iterator<Item = u32> {
    let next =
        |workers: &u32| Some(workers + (workers / 8).max(1)).filter(|_| *workers >= 32).or(Some(workers + 1));
    std::iter::successors(Some(1_u32), next).take_while(move |workers| *workers < most).chain([most])
}

/// The likeliest delay with so many workers.
fn best_delay(served: &Served, workers: u32) -> Option<Candidate> {
    let longest = served.shortest_stay() * 0.9;
    let at = |delay: f64| candidate(served, workers, delay);
    let step = longest / f64::from(DELAYS);
    let tried = (0..DELAYS).filter_map(|number| at(f64::from(number) * step));
    let coarse = tried.max_by(|a, b| a.likelihood.total_cmp(&b.likelihood))?;
    Some(golden(coarse, step, longest, at))
}

/// Looks for a likelier delay within a step of a candidate's (golden section; Kiefer 1953).
fn golden(coarse: Candidate, step: f64, longest: f64, at: impl Fn(f64) -> Option<Candidate>) -> Candidate {
    const INVERSE_PHI: f64 = 0.618_033_988_75;
    let (mut low, mut high) = ((coarse.delay - step).max(0.0), (coarse.delay + step).min(longest));
    let mut best = coarse;
    for _ in 0..18 {
        let (left, right) = (high - (high - low) * INVERSE_PHI, low + (high - low) * INVERSE_PHI);
        let (of_left, of_right) = (at(left), at(right));
        let likelihood = |candidate: &Option<Candidate>| {
            candidate.as_ref().map_or(f64::NEG_INFINITY, |candidate| candidate.likelihood)
        };
        if likelihood(&of_left) >= likelihood(&of_right) {
            high = right
        } else {
            low = left
        }
        for found in [of_left, of_right].into_iter().flatten() {
            if found.likelihood > best.likelihood {
                best = found;
            }
        }
    }
    best
}

fn candidate(served: &Served, workers: u32, delay: f64) -> Option<Candidate> {
    let Reconstructed { times, .. } = served.reconstruct(workers, delay)?;
    let line = fit_line(&times)?;
    let likelihood = line.likelihood;
    Some(Candidate { workers, delay, line, likelihood })
}

fn workers_of(tried: &[Candidate], best: &Candidate, most: u32) -> WorkersEstimate {
    let likely = tried.iter().filter(|candidate| best.likelihood - candidate.likelihood <= LESS_LIKELY);
    let numbers: Vec<u32> = likely.map(|candidate| candidate.workers).collect();
    let low = numbers.iter().copied().min().unwrap_or(best.workers);
    let high = numbers.iter().copied().max().filter(|high| *high < most);
    WorkersEstimate { value: best.workers, low, high }
}

fn told(served: &Served, best: &Candidate, jobs: &Reconstructed, workers: WorkersEstimate) -> Calibration {
    let line = &best.line;
    let delivery = delay_interval(served, best);
    // What a delay that is a little longer takes from the overhead.
    let spread = (delivery.high - delivery.low) / (2.0 * Z95);
    let apart = |of: fn(&Line) -> f64| {
        let ends = [delivery.low, delivery.high].map(|delay| candidate(served, best.workers, delay));
        let values = ends.iter().flatten().map(|candidate| of(&candidate.line));
        let (low, high) =
            values.fold((of(line), of(line)), |(low, high), value| (low.min(value), high.max(value)));
        if spread > 0.0 { (high - low) / (2.0 * Z95) } else { 0.0 }
    };
    let ms = |value: f64, own: f64, of_delay: f64| {
        let deviation = own.hypot(of_delay);
        estimate(value * 1_000.0, deviation * 1_000.0)
    };
    let overhead = ms(line.overhead, line.overhead_deviation, apart(|line| line.overhead));
    let rate = ms(line.per_char, line.per_char_deviation, apart(|line| line.per_char));
    let count = number(jobs.times.len());
    let sigma = estimate(line.sigma, line.sigma / (2.0 * count).sqrt());
    let noise = line.noise(&jobs.times);
    let (correlation, slow_downs) = correlation(&noise, line.sigma);
    let ambiguities = ambiguities(served, jobs, (&delivery, &overhead), line, workers);
    Calibration {
        jobs: jobs.times.len(),
        waited: jobs.waited,
        overhead_ms: at_least_zero(overhead),
        ms_per_char: at_least_zero(rate),
        sigma: at_least_zero(sigma),
        delivery_ms: Estimate {
            value: delivery.value * 1_000.0,
            low: delivery.low * 1_000.0,
            high: delivery.high * 1_000.0,
        },
        workers,
        autocorrelation: correlation,
        slow_downs,
        ambiguities,
    }
}

/// The delays that are likely enough, in seconds: as far on each side of the likeliest as the likelihood allows.
fn delay_interval(served: &Served, best: &Candidate) -> Estimate {
    let longest = served.shortest_stay() * 0.9;
    let is_likely = |delay: f64| {
        candidate(served, best.workers, delay)
            .is_some_and(|candidate| best.likelihood - candidate.likelihood <= LESS_LIKELY)
    };
    let end = |unlikely: f64| {
        if is_likely(unlikely) {
            return unlikely;
        }
        let (mut inside, mut outside) = (best.delay, unlikely);
        for _ in 0..24 {
            let middle = f64::midpoint(inside, outside);
            if is_likely(middle) { inside = middle } else { outside = middle }
        }
        inside
    };
    Estimate { value: best.delay, low: end(0.0), high: end(longest) }
}

/// Of the noise of jobs in the order in which they were taken: its correlation from one to the next, and the part that lasts.
fn correlation(noise: &[(Duration, f64)], sigma: f64) -> (Estimate, Option<SlowDowns>) {
    let count = number(noise.len());
    let mean = noise.iter().map(|(_, noise)| noise).sum::<f64>() / count;
    let variance = noise.iter().map(|(_, noise)| (noise - mean).powi(2)).sum::<f64>() / count;
    // Mean product of noise, and mean time, between jobs that are so far apart in the order.
    let lagged = |lag: usize| {
        let pairs = noise.iter().zip(noise.iter().skip(lag));
        let (product, apart) = pairs.fold((0.0, 0.0), |(product, apart), ((at, one), (later, other))| {
            (product + (one - mean) * (other - mean), apart + later.saturating_sub(*at).as_secs_f64())
        });
        let pairs = number(noise.len().saturating_sub(lag).max(1));
        (product / pairs, apart / pairs)
    };
    let (near, near_apart) = lagged(1);
    let value = if variance > 0.0 { near / variance } else { 0.0 };
    let reach = Z95 / count.sqrt();
    let estimate = Estimate { value, low: (value - reach).max(-1.0), high: (value + reach).min(1.0) };
    let slow_downs = (estimate.low > 0.0 && sigma > 0.0).then(|| {
        // A correlation that falls exponentially: through the nearest jobs and the first that are half as alike.
        let falls = (2..noise.len() / 4).map(lagged).find(|(product, _)| *product < near / 2.0);
        let correlation_seconds = match falls {
            Some((far, far_apart)) if far > 0.0 => (far_apart - near_apart) / (near / far).ln(),
            Some((_, far_apart)) => far_apart - near_apart,
            None => near_apart * count,
        };
        let correlation_seconds = correlation_seconds.max(near_apart).max(1e-3);
        let lasting = (near * (near_apart / correlation_seconds).exp()).min(variance);
        SlowDowns { sigma: lasting.sqrt(), correlation_seconds }
    });
    (estimate, slow_downs)
}

fn ambiguities(
    served: &Served,
    jobs: &Reconstructed,
    (delivery, overhead): (&Estimate, &Estimate),
    line: &Line,
    workers: WorkersEstimate,
) -> Vec<Ambiguity> {
    /// An interval of a delay that is a larger part of delay and overhead together says nothing of either.
    const TOLD: f64 = 0.25;
    let mut found = Vec::new();
    if workers.high.is_none() {
        found.push(Ambiguity::WorkersAreEnough);
    }
    let together = delivery.value + overhead.value / 1_000.0;
    if delivery.high - delivery.low > TOLD * together {
        let all_waited = jobs.waited + served.runs() >= jobs.times.len();
        found.push(if all_waited { Ambiguity::NoneWasTakenAtOnce } else { Ambiguity::DelayOrOverhead });
    }
    // The two ends of what they come to for a text of the mean length.
    let of_text = line.per_char * served.mean_chars();
    if line.overhead_deviation * Z95 > TOLD * (line.overhead + of_text) {
        found.push(Ambiguity::OverheadOrRate);
    }
    found
}

fn estimate(value: f64, deviation: f64) -> Estimate {
    Estimate { value, low: value - Z95 * deviation, high: value + Z95 * deviation }
}

fn at_least_zero(estimate: Estimate) -> Estimate {
    Estimate { low: estimate.low.max(0.0), ..estimate }
}

fn number(count: usize) -> f64 {
    crate::sample::whole(u64::try_from(count).unwrap_or(u64::MAX))
}
