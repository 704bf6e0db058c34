//! One side of a comparison: its figures, and what they would be in other runs of the same.
//!
//! Other runs are drawn by bootstrap (Efron and Tibshirani 1993). What is drawn are whole listeners, because the blocks of one
//! are not independent; with several runs on a side, whole runs, each kept as it is (Davison and Hinkley 1997, section
//! 3.8, strategy 2: drawing again inside a drawn run would count the inner spread twice).

use claque_core::rng::Seed;
use rand::RngExt as _;

use super::measure::{FEWEST_FOR_P95, Floor, Measure, Ratio};
use crate::{
    observe::{ListenerObservation, Observations, TimeMetric},
    sample::whole,
};

/// The listeners of a side, made ready for many draws.
pub(super) struct Side<'a> {
    listeners: Vec<&'a ListenerObservation>,
    /// Where each run's listeners begin and end.
    runs: Vec<core::ops::Range<usize>>,
    /// Every value with its listener, ascending, for each metric that has a percentile.
    sorted: Vec<(TimeMetric, Vec<(f64, usize)>)>,
    someone_started: bool,
}

/// What many draws from a side gave for one figure.
#[derive(Clone, Debug)]
pub(super) struct Draws {
    /// The figure in each draw; none where a draw had nothing of it.
    pub(super) values: Vec<Option<f64>>,
    /// Clusters that had a value, at least 2.
    pub(super) clusters: usize,
    /// The standard error it has at least because all there was to draw from was alike, 0 for a time; none if it was not.
    pub(super) alike: Option<f64>,
}

/// What is drawn whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cluster {
    Listener,
    Run,
}

impl<'a> Side<'a> {
    pub(super) fn new(runs: &[&'a Observations], measures: &[Measure]) -> Self {
        let mut listeners = Vec::new();
        let mut places = Vec::new();
        for run in runs {
            let begin = listeners.len();
            listeners.extend(run.listeners());
            places.push(begin..listeners.len());
        }
        let mut sorted: Vec<(TimeMetric, Vec<(f64, usize)>)> = Vec::new();
        for &measure in measures {
            if let Measure::Time(metric, statistic) = measure
                && statistic.percent().is_some()
                && sorted.iter().all(|(known, _)| *known != metric)
            {
                sorted.push((metric, sorted_values(&listeners, metric)));
            }
        }
        let someone_started = listeners.iter().any(|listener| listener.startup_ms.is_some());
        Self { listeners, runs: places, sorted, someone_started }
    }

    /// The figure itself; none when nothing of it was measured, or too little for it.
    pub(super) fn value(&self, measure: Measure) -> Option<f64> {
        let once = vec![1; self.listeners.len()];
        self.weighted(&Prepared::new(self, measure), &once)
    }

    /// Draws for every measure, the same for all of them; none where there is too little to draw from.
    ///
    /// Where there are several runs, only how they differ counts, be it more or less than their listeners would make
    /// one think: a busy machine slows all of them, and in a queue one listener's gain is another's wait.
    pub(super) fn draws(&self, measures: &[Measure], draws: u32, seed: Seed) -> Vec<Option<Draws>> {
        let cluster = if self.runs.len() > 1 { Cluster::Run } else { Cluster::Listener };
        let prepared: Vec<_> = measures.iter().map(|&measure| Prepared::new(self, measure)).collect();
        let mut values = vec![Vec::new(); measures.len()];
        let mut rng = seed.rng();
        let mut weights = vec![0_u64; self.listeners.len()];
        for _ in 0..draws {
            self.draw(cluster, &mut weights, &mut rng);
            for (measure, values) in prepared.iter().zip(&mut values) {
                values.push(self.weighted(measure, &weights));
            }
        }
        let finished = |(prepared, values): (&Prepared, Vec<Option<f64>>)| {
            let clusters = self.clusters(prepared, cluster);
            let moments = Moments::of(values.iter().copied().flatten());
            let alike = moments.is_constant().then(|| self.floor(prepared.measure));
            (clusters > 1 && moments.count > 1.0).then_some(Draws { values, clusters, alike })
        };
        prepared.iter().zip(values).map(finished).collect()
    }

    /// The error of a figure that was the same for everybody, 0 if it is a time.
    fn floor(&self, measure: Measure) -> f64 {
        let total = self.total(measure);
        match measure.floor() {
            Floor::None => 0.0,
            // One more that has it and one more that has not (Agresti and Caffo 2000).
            Floor::Share => {
                let share = (total.above / 100.0 + 1.0) / (total.below + 2.0);
                100.0 * (share * (1.0 - share) / (total.below + 2.0)).sqrt()
            }
            // One more event than were seen, as a Poisson count.
            Floor::Count => (total.above + 1.0).sqrt() / total.below,
        }
    }

    fn total(&self, measure: Measure) -> Ratio {
        self.listeners.iter().fold(Ratio::default(), |sum, listener| {
            let part = measure.ratio(listener);
            Ratio { above: sum.above + part.above, below: sum.below + part.below }
        })
    }

    /// Clusters with a value: the others tell nothing of how far it is off.
    fn clusters(&self, prepared: &Prepared, cluster: Cluster) -> usize {
        let has_value = |listener: &usize| prepared.parts.get(*listener).is_some_and(|part| part.below > 0.0);
        let in_runs = self.runs.iter().map(|run| run.clone().filter(has_value).count());
        match cluster {
            Cluster::Listener => in_runs.sum(),
            Cluster::Run => in_runs.filter(|&listeners| listeners > 0).count(),
        }
    }

    fn draw(&self, cluster: Cluster, weights: &mut [u64], rng: &mut impl rand::Rng) {
        weights.fill(0);
        match cluster {
            Cluster::Listener => {
                for _ in 0..weights.len() {
                    let drawn = rng.random_range(0..weights.len());
                    weights[drawn] += 1;
                }
            }
            Cluster::Run => {
                for _ in &self.runs {
                    let drawn = rng.random_range(0..self.runs.len());
                    weights[self.runs[drawn].clone()].iter_mut().for_each(|weight| *weight += 1);
                }
            }
        }
    }

    /// The figure of a draw in which listeners occur as often as `weights` says.
    fn weighted(&self, prepared: &Prepared, weights: &[u64]) -> Option<f64> {
        if prepared.measure.needs_a_start() && !self.someone_started {
            return None;
        }
        let percent = prepared.measure.statistic().and_then(super::Statistic::percent);
        if let (Some(percent), Measure::Time(metric, _)) = (percent, prepared.measure) {
            return self.percentile(prepared, metric, percent, weights);
        }
        let mut sum = Ratio::default();
        for (part, &weight) in prepared.parts.iter().zip(weights) {
            if weight > 0 {
                sum.above += part.above * whole(weight);
                sum.below += part.below * whole(weight);
            }
        }
        (sum.below > 0.0).then(|| sum.above / sum.below)
    }

    /// Nearest-rank, as in the summary.
    fn percentile(
        &self,
        prepared: &Prepared,
        metric: TimeMetric,
        percent: u64,
        weights: &[u64],
    ) -> Option<f64> {
        let (_, values) = self.sorted.iter().find(|(known, _)| *known == metric)?;
        if percent > 50 && u64::try_from(values.len()).unwrap_or(u64::MAX) < FEWEST_FOR_P95 {
            return None;
        }
        let total: u64 = prepared.counts.iter().zip(weights).map(|(count, weight)| count * weight).sum();
        let rank = (total * percent).div_ceil(100).max(1);
        let mut passed = 0;
        for &(value, listener) in values {
            passed += weights[listener];
            if passed >= rank {
                return Some(value);
            }
        }
        None
    }
}

/// A measure with what each listener adds to it.
struct Prepared {
    measure: Measure,
    parts: Vec<Ratio>,
    counts: Vec<u64>,
}

impl Prepared {
    fn new(side: &Side<'_>, measure: Measure) -> Self {
        let parts = side.listeners.iter().map(|listener| measure.ratio(listener)).collect();
        let counts = match measure {
            Measure::Time(metric, _) => {
                let count = |listener: &&ListenerObservation| listener.times(metric).len();
                side.listeners.iter().map(|one| u64::try_from(count(one)).unwrap_or(u64::MAX)).collect()
            }
            Measure::StalledTime
            | Measure::Underruns
            | Measure::ListenersAffected
            | Measure::Success
            | Measure::Errors
            | Measure::Goodput => Vec::new(),
        };
        Self { measure, parts, counts }
    }
}

fn sorted_values(listeners: &[&ListenerObservation], metric: TimeMetric) -> Vec<(f64, usize)> {
    let values = |(place, listener): (usize, &&ListenerObservation)| -> Vec<(f64, usize)> {
        listener.times(metric).iter().map(|&value| (value, place)).collect()
    };
    let mut sorted: Vec<_> = listeners.iter().enumerate().flat_map(values).collect();
    sorted.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    sorted
}

/// Mean and spread of numbers that pass by (Welford 1962).
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Moments {
    pub(super) count: f64,
    mean: f64,
    squares: f64,
}

impl Moments {
    pub(super) fn of(values: impl Iterator<Item = f64>) -> Self {
        values.fold(Self::default(), |mut moments, value| {
            moments.count += 1.0;
            let off = value - moments.mean;
            moments.mean += off / moments.count;
            moments.squares += off * (value - moments.mean);
            moments
        })
    }

    pub(super) fn deviation(self) -> f64 {
        (self.squares / (self.count - 1.0).max(1.0)).max(0.0).sqrt()
    }

    /// Sums in another order are not the same to the last bit.
    fn is_constant(self) -> bool {
        self.deviation() <= 1e-9 * self.mean.abs()
    }
}
