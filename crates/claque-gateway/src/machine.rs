//! What the machine under the workers does to their times: workers of different speeds, neighbours that slow everything down, jobs that
//! take many times as long, crashes, and the way of results back.

use claque_core::{
    rng::Seed,
    time::{Duration, Instant, duration_nanos},
};
use rand::RngExt;
use rand_distr::{Distribution, Exp1, StandardNormal};
use serde::{Deserialize, Serialize};

use crate::settings::{FromOne, Interval, Rate, SameValue, Seconds, Share, Size, Switch, WrittenAs};

/// What is between a model's times and those of its workers. By default nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MachineModel {
    /// How fast each worker is, as a factor: 2.0 takes half the time. Of more workers than there are factors these are repeated; none
    /// for workers that are alike. A job goes to the first of them that is idle.
    #[serde(rename = "worker_speeds", with = "WrittenAs::<Vec<Rate>>")]
    pub speeds: Vec<f64>,
    /// Threads of each worker, for which times are those of one thread; none for times that are as they are.
    #[serde(with = "WrittenAs::<Switch<SameValue<Threads>>>")]
    pub threads: Option<Threads>,
    /// Jobs that take many times as long.
    #[serde(with = "WrittenAs::<Switch<SameValue<Tail>>>")]
    pub tail: Option<Tail>,
    /// Others on the same machine.
    #[serde(with = "WrittenAs::<Switch<SameValue<Neighbours>>>")]
    pub neighbours: Option<Neighbours>,
    /// Time from a job's end until its result is announced. The worker takes its next job meanwhile.
    #[serde(rename = "delivery_seconds", with = "WrittenAs::<Seconds>")]
    pub delivery: Duration,
    /// Workers that pull jobs crash at work.
    #[serde(with = "WrittenAs::<Switch<SameValue<Crashes>>>")]
    pub crashes: Option<Crashes>,
}

/// Threads that share a worker's job, by the universal scalability law (Gunther 2007): with n of them it takes
/// `(1 + serial (n - 1) + contention n (n - 1)) / n` of the time of one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Threads {
    /// How many, from 1.
    #[serde(with = "WrittenAs::<FromOne>")]
    pub count: usize,
    /// Part of the work that one thread does while the others wait, 0 to 1.
    #[serde(with = "WrittenAs::<Share>")]
    pub serial: f64,
    /// What each pair of threads costs, as a part of the work: more threads can be slower for it.
    #[serde(with = "WrittenAs::<Size>")]
    pub contention: f64,
}

/// Jobs that take many times as long, each by its own chance.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tail {
    /// Share of jobs, 0 to 1.
    #[serde(with = "WrittenAs::<Share>")]
    pub share: f64,
    /// How many times as long they take.
    #[serde(with = "WrittenAs::<Rate>")]
    pub factor: f64,
}

/// A factor on the times of all workers of a model that comes and goes: log-normal with mean one, and correlated over time as an
/// Ornstein-Uhlenbeck process is. A job has the factor of the moment in which it is taken.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Neighbours {
    /// Standard deviation of the factor's logarithm.
    #[serde(with = "WrittenAs::<Size>")]
    pub sigma: f64,
    /// Time over which its correlation falls to 1/e.
    #[serde(rename = "correlation_seconds", with = "WrittenAs::<Interval>")]
    pub correlation: Duration,
}

/// Workers that crash. A job in their hands is lost until somebody looks for lost workers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Crashes {
    /// Mean time at work between two crashes of a worker; times are drawn from the exponential distribution.
    #[serde(rename = "mean_seconds", with = "WrittenAs::<Interval>")]
    pub mean: Duration,
    /// Time until a worker that has crashed takes jobs again.
    #[serde(rename = "restart_seconds", with = "WrittenAs::<Seconds>")]
    pub restart: Duration,
}

/// Steps of the process in the time over which its correlation falls to 1/e.
const STEPS: u64 = 8;

/// The factor of neighbours as time passes.
#[derive(Clone, Debug, Default)]
pub(crate) struct NeighboursNow {
    /// The step it is in, and the logarithm's deviation there in units of sigma; none before the first.
    state: Option<(u64, f64)>,
}

impl NeighboursNow {
    /// The factor at a moment, which is not before the last that was asked about. It depends on the seed and the moment alone.
    pub(crate) fn factor(&mut self, at: Instant, neighbours: Neighbours, seed: Seed) -> f64 {
        let step = (duration_nanos(neighbours.correlation) / STEPS).max(1);
        let wanted = at.as_nanos() / step;
        #[expect(clippy::cast_precision_loss, reason = "eight")]
        let kept = (-1.0 / STEPS as f64).exp();
        let fresh = |step: u64| -> f64 { StandardNormal.sample(&mut seed.index(step).rng()) };
        let (mut now, mut deviation) = self.state.unwrap_or_else(|| (0, fresh(0)));
        while now < wanted {
            now += 1;
            deviation = kept * deviation + (1.0 - kept * kept).sqrt() * fresh(now);
        }
        self.state = Some((now, deviation));
        let Neighbours { sigma, .. } = neighbours;
        (sigma * deviation - sigma * sigma / 2.0).exp()
    }
}

impl Threads {
    /// What part of the time of one thread they take.
    #[must_use]
    pub fn factor(&self) -> f64 {
        let count = f64::from(u32::try_from(self.count.max(1)).unwrap_or(u32::MAX));
        let others = count - 1.0;
        (1.0 + self.serial * others + self.contention * count * others) / count
    }
}

impl MachineModel {
    /// How fast a worker is, by its number from 0.
    pub(crate) fn speed(&self, worker: u32) -> f64 {
        let place = usize::try_from(worker).unwrap_or(usize::MAX) % self.speeds.len().max(1);
        self.speeds.get(place).copied().unwrap_or(1.0)
    }

    /// How many times as long a job takes, by the seed of its variant.
    pub(crate) fn tail(&self, seed: Seed) -> f64 {
        match self.tail {
            Some(Tail { share, factor }) if seed.child("tail").rng().random::<f64>() < share => factor,
            Some(_) | None => 1.0,
        }
    }

    /// How long after an attempt was begun its worker crashes; none where nobody does.
    pub(crate) fn crashes_after(&self, seed: Seed) -> Option<(Duration, Duration)> {
        let Crashes { mean, restart } = self.crashes?;
        let share: f64 = Exp1.sample(&mut seed.rng());
        Some((Duration::try_from_secs_f64(mean.as_secs_f64() * share).ok()?, restart))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_have_mean_one_their_spread_and_their_correlation() {
        let neighbours = Neighbours { sigma: 0.3, correlation: Duration::from_secs(20) };
        let (mut now, seed) = (NeighboursNow::default(), Seed::root(4));
        let factors: Vec<f64> = (0..80_000)
            .map(|second| now.factor(Instant::from_millis(1_000 * second), neighbours, seed))
            .collect();
        let mean = |values: &[f64]| values.iter().sum::<f64>() / 80_000.0;
        // There are 4000 times of correlation, of which two are as good as one draw: standard errors are 0.007 and 2 % of sigma.
        assert!((mean(&factors) - 1.0).abs() < 0.03, "{}", mean(&factors));
        let logs: Vec<f64> = factors.iter().map(|factor| factor.ln() + 0.045).collect();
        let squares = logs.iter().map(|log| log * log).sum::<f64>() / 80_000.0;
        assert!((squares.sqrt() - 0.3).abs() < 0.02, "{}", squares.sqrt());
        for (lag, expected) in [(20, (-1.0_f64).exp()), (60, (-3.0_f64).exp())] {
            let product =
                logs.iter().zip(&logs[lag..]).map(|(one, other)| one * other).sum::<f64>() / 80_000.0;
            assert!((product / squares - expected).abs() < 0.06, "{lag} s: {}", product / squares);
        }
        let again = NeighboursNow::default().factor(Instant::from_millis(5_000_000), neighbours, seed);
        assert!((again - factors[5_000]).abs() < 1e-12, "whoever asks first at that moment is told the same");
    }

    #[test]
    fn threads_share_the_work_as_the_law_says() {
        let factor = |count, serial, contention| Threads { count, serial, contention }.factor();
        // Amdahl: half of it in parallel on two, and the other half on one.
        assert!((factor(2, 0.5, 0.0) - 0.75).abs() < 1e-12 && (factor(1, 0.5, 0.1) - 1.0).abs() < 1e-12);
        assert!((factor(8, 0.0, 0.0) - 0.125).abs() < 1e-12);
        assert!(factor(8, 0.0, 0.04) > factor(4, 0.0, 0.04), "too many are slower");
    }

    #[test]
    fn a_tail_has_its_share_and_speeds_are_repeated() {
        let tail = Some(Tail { share: 0.1, factor: 5.0 });
        let machine = MachineModel { speeds: vec![1.0, 0.5], tail, ..MachineModel::default() };
        let long = (0..10_000).filter(|i| machine.tail(Seed::root(1).index(*i)) > 1.0).count();
        assert!((900..1_100).contains(&long), "{long}");
        assert!((machine.speed(0) - 1.0).abs() < 1e-12 && (machine.speed(3) - 0.5).abs() < 1e-12);
        assert!((MachineModel::default().speed(7) - 1.0).abs() < 1e-12);
    }
}
