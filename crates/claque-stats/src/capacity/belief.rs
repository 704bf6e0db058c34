//! Where a ceiling may lie, after what the probes have shown: chances over a grid of numbers of listeners.
//!
//! Each objective has a ceiling of its own, and so has the pace. What a run shows of it is weighed by the chance that it shows just
//! that where the ceiling lies at each number of the grid (Bayes), for several widths of the fall from good to bad and several
//! strengths of the correlation between listeners of one run, which are not known either.

use crate::{beta::ln_gamma, sample::whole};

/// The ratio of neighbours on the grid: finer than any answer.
const STEP: f64 = 0.004;

/// Chances that a ceiling lies at each number of a grid.
#[derive(Clone, Debug, PartialEq)]
pub struct Chances {
    /// Numbers of listeners, rising by a constant ratio.
    points: Vec<f64>,
    /// The chance that the ceiling is at most that number, rising to 1.
    below: Vec<f64>,
    /// The largest number that was tried.
    tried: u32,
}

impl Chances {
    /// The chance that the ceiling is at least `users`, 0 to 1.
    #[must_use]
    pub fn at_least(&self, users: f64) -> f64 {
        let place = self.points.partition_point(|&point| point < users);
        1.0 - if place == 0 { 0.0 } else { self.below[place - 1] }
    }

    /// The number of listeners that the ceiling lies below with a chance of `share`, 0 to 1.
    #[must_use]
    pub fn quantile(&self, share: f64) -> f64 {
        let place = self.below.partition_point(|&below| below < share);
        self.points[place.min(self.points.len() - 1)]
    }

    /// Whether that quantile lies above all numbers that were tried, of which nothing is known.
    #[must_use]
    pub fn is_open(&self, share: f64) -> bool {
        self.quantile(share) > f64::from(self.tried)
    }

    /// The chances of the least of several ceilings, each of which is known apart.
    #[must_use]
    pub fn least(all: &[Self]) -> Option<Self> {
        let first = all.first()?;
        let above = |place: usize| all.iter().map(|one| 1.0 - one.below[place]).product::<f64>();
        let below = (0..first.points.len()).map(|place| 1.0 - above(place)).collect();
        Some(Self { points: first.points.clone(), below, tried: first.tried })
    }
}

/// The grid: from half a listener to twice as many as are to be looked for.
fn grid(most_users: u32) -> Vec<f64> {
    let last = 2.0 * f64::from(most_users.max(1));
    let mut points = vec![0.5];
    while let Some(&point) = points.last()
        && point < last
    {
        points.push(point * (1.0 + STEP));
    }
    points
}

/// Chances for each way in which things unknown may be.
#[derive(Clone, Debug)]
struct Weights {
    points: Vec<f64>,
    /// The logarithm of the weight, for each way and each point.
    ways: Vec<Vec<f64>>,
    /// The largest number that was tried.
    tried: u32,
}

impl Weights {
    /// Knows nothing but how likely each way is in itself.
    fn new(most_users: u32, ways: impl IntoIterator<Item = f64>) -> Self {
        let points = grid(most_users);
        let ways = ways.into_iter().map(|chance| vec![chance.ln(); points.len()]).collect();
        Self { ways, points, tried: 1 }
    }

    fn add(&mut self, way: usize, likelihood: impl Fn(f64) -> f64) {
        for (weight, &point) in self.ways[way].iter_mut().zip(&self.points) {
            *weight += likelihood(point);
        }
    }

    /// Beyond twice the largest number that was tried there are no chances: nothing is said of what is there.
    fn chances(&self) -> Chances {
        let end = self.points.partition_point(|&point| point <= 2.0 * f64::from(self.tried)).max(1);
        let highest = self.ways.iter().flat_map(|way| &way[..end]).copied().fold(f64::NEG_INFINITY, f64::max);
        let sum = |place: usize| {
            let of = |way: &Vec<f64>| (way[place] - highest).exp();
            if place < end { self.ways.iter().map(of).sum::<f64>() } else { 0.0 }
        };
        let mut total = 0.0;
        let mut below: Vec<f64> = (0..self.points.len())
            .map(|place| {
                total += sum(place);
                total
            })
            .collect();
        below.iter_mut().for_each(|sum| *sum /= total);
        Chances { points: self.points.clone(), below, tried: self.tried }
    }
}

/// How fast the share of the good falls where the ceiling is passed: the ratio of numbers in which the odds fall to a third, each
/// with how likely that is. Queues fall steeply; what goes wrong now and then at any load hardly falls at all.
const WIDTHS: [(f64, f64); 5] = [(0.004, 0.34), (0.02, 0.34), (0.06, 0.19), (0.15, 0.09), (0.6, 0.04)];
/// The same for what a run meets or does not as a whole, such as `errors = 0`: what goes wrong now and then does so the more often the
/// more there is of it, and no queue makes it steep.
const SLOPES: [f64; 5] = [0.15, 0.15, 0.2, 0.25, 0.25];
/// How much listeners of one run share its luck: 0 for those who are independent, 1 for those who all fare alike; each with how
/// likely that is.
const ALIKE: [(f64, f64); 3] = [(0.0, 0.4), (0.1, 0.4), (0.6, 0.2)];

/// What is known of the ceiling of an objective.
#[derive(Clone, Debug)]
pub(super) struct ObjectiveBelief {
    weights: Weights,
    is_slope: bool,
}

impl ObjectiveBelief {
    pub(super) fn new(most_users: u32) -> Self {
        let ways = WIDTHS.iter().flat_map(|(_, width)| ALIKE.map(|(_, alike)| width * alike));
        Self { weights: Weights::new(most_users, ways), is_slope: false }
    }

    /// Takes that it is about whole runs.
    pub(super) fn expect_slope(&mut self) {
        if !self.is_slope {
            self.is_slope = true;
            for (way, weights) in self.weights.ways.iter_mut().enumerate() {
                let width = way / ALIKE.len();
                let more = (SLOPES[width] / WIDTHS[width].1).ln();
                weights.iter_mut().for_each(|weight| *weight += more);
            }
        }
    }

    /// Takes that so many listeners were tried.
    pub(super) fn note_tried(&mut self, users: u32) {
        self.weights.tried = self.weights.tried.max(users);
    }

    /// Takes what a run at `users` listeners shows: of `of` there were `good`, and `target` of them must be.
    pub(super) fn add(&mut self, users: u32, (good, of): (f64, f64), target: f64) {
        self.note_tried(users);
        let ways = WIDTHS.iter().flat_map(|&(width, _)| ALIKE.map(|(alike, _)| (width, alike)));
        for (way, (width, alike)) in ways.enumerate() {
            let users = f64::from(users);
            self.weights.add(way, |ceiling| {
                let share = share(users / ceiling, width, target);
                chance(good, of, share, alike)
            });
        }
    }

    pub(super) fn chances(&self) -> Chances {
        self.weights.chances()
    }
}

/// The share that is good at so many times the ceiling, where it is the target: a logistic curve of the logarithm. Whatever the load,
/// some luck is left on either side.
fn share(times: f64, width: f64, target: f64) -> f64 {
    let luck = ((1.0 - target) / 20.0).min(0.02);
    let odds = (target / (1.0 - target)).ln() - times.ln() / width;
    luck + (1.0 - 2.0 * luck) / (1.0 + (-odds).exp())
}

/// The logarithm of the chance to see `good` of `of`, but for a constant: binomial, or beta-binomial (Skellam 1948) where they are
/// alike.
fn chance(good: f64, of: f64, share: f64, alike: f64) -> f64 {
    let bad = of - good;
    if alike <= 0.0 {
        return good * share.ln() + bad * (1.0 - share).ln();
    }
    let size = (1.0 - alike) / alike;
    let (a, b) = (share * size, (1.0 - share) * size);
    let beta = |a: f64, b: f64| ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b);
    beta(good + a, bad + b) - beta(a, b)
}

/// How the pace falls beyond the ceiling: with the load, or slower or faster where the service gets quicker or slower by it;
/// each with how likely that is.
const FALLS: [(f64, f64); 3] = [(0.4, 0.25), (1.0, 0.5), (2.0, 0.25)];
/// How far the pace of a run may be off besides its own error, which is what all of a run shares, such as a worker that was lost;
/// each with how likely that is.
const LUCK: [(f64, f64); 3] = [(0.0, 0.45), (0.01, 0.45), (0.025, 0.1)];

/// How far off the curve is beyond the ceiling, for each part that the pace has fallen: there players give blocks up and ask for them
/// again, and the service makes what nobody hears.
const CURVE: f64 = 0.3;

/// What is known of the ceiling by throughput.
#[derive(Clone, Debug)]
pub(super) struct PaceBelief {
    weights: Weights,
}

impl PaceBelief {
    pub(super) fn new(most_users: u32) -> Self {
        let ways = FALLS.iter().flat_map(|(_, fall)| LUCK.map(|(_, luck)| fall * luck));
        Self { weights: Weights::new(most_users, ways) }
    }

    /// Takes that so many listeners were tried.
    pub(super) fn note_tried(&mut self, users: u32) {
        self.weights.tried = self.weights.tried.max(users);
    }

    /// Takes the pace of a run at `users` listeners. Whether a service that keeps up could do more is not seen, so more than 1 is 1.
    pub(super) fn add(&mut self, users: u32, ratio: f64, error: f64) {
        let seen = ratio.min(1.0);
        self.note_tried(users);
        let ways = FALLS.iter().flat_map(|&(fall, _)| LUCK.map(|(luck, _)| (fall, luck)));
        for (way, (fall, luck)) in ways.enumerate() {
            let error = error.hypot(luck).hypot(CURVE * (1.0 - seen));
            self.weights.add(way, |ceiling| {
                let expected = (ceiling / f64::from(users)).powf(fall).min(1.0);
                -((seen - expected) / error).powi(2) / 2.0 - error.ln()
            });
        }
    }

    /// Takes that a limit of the service bit at `users` listeners, which it may do below the ceiling only by mishap.
    pub(super) fn add_limit(&mut self, users: u32) {
        const MISHAP: f64 = 0.02;
        self.note_tried(users);
        for way in 0..self.weights.ways.len() {
            self.weights.add(way, |ceiling| if ceiling < f64::from(users) { 0.0 } else { MISHAP.ln() });
        }
    }

    pub(super) fn chances(&self) -> Chances {
        self.weights.chances()
    }
}

/// Of many blocks no more are counted than there were listeners: those of one listener are alike.
pub(super) fn counted(good: u64, of: u64, most: u64) -> (f64, f64) {
    let (good, of, most) = (whole(good), whole(of), whole(most));
    if of > most { (good * most / of, most) } else { (good, of) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cliff_between_two_numbers_is_found_there() {
        let mut belief = ObjectiveBelief::new(1_000);
        for _ in 0..3 {
            belief.add(37, (37.0, 37.0), 0.99);
            belief.add(38, (0.0, 38.0), 0.99);
        }
        let chances = belief.chances();
        assert!(chances.at_least(36.5) > 0.97, "{}", chances.at_least(36.5));
        assert!(chances.at_least(38.0) < 0.01, "{}", chances.at_least(38.0));
        assert!((36.5..38.0).contains(&chances.quantile(0.5)));
    }

    #[test]
    fn a_number_that_holds_says_nothing_of_how_far_up_the_ceiling_is() {
        let mut belief = ObjectiveBelief::new(1_000);
        belief.add(8, (8.0, 8.0), 0.99);
        assert!(belief.chances().is_open(0.975));
        belief.add(16, (3.0, 16.0), 0.99);
        assert!(!belief.chances().is_open(0.975));
    }

    /// A pace of 0.8 at 50 listeners is that of a service for 40, whose speed does not depend on the load.
    #[test]
    fn an_overload_tells_where_the_ceiling_is() {
        let mut belief = PaceBelief::new(1_000);
        belief.add(50, 0.8, 0.005);
        belief.add(40, 1.0, 0.005);
        belief.add(42, 0.953, 0.005);
        belief.add(45, 0.889, 0.005);
        let chances = belief.chances();
        assert!((39.0..41.0).contains(&chances.quantile(0.5)), "{}", chances.quantile(0.5));
        assert!(chances.at_least(43.0) < 0.1, "{}", chances.at_least(43.0));
    }

    #[test]
    fn the_least_of_two_ceilings_is_at_most_either() {
        let (mut low, mut high) = (ObjectiveBelief::new(100), ObjectiveBelief::new(100));
        low.add(10, (0.0, 10.0), 0.99);
        high.add(50, (0.0, 50.0), 0.99);
        let (low, high) = (low.chances(), high.chances());
        let least = Chances::least(&[low.clone(), high.clone()]).unwrap();
        for share in [0.1, 0.5, 0.9] {
            assert!(least.quantile(share) <= low.quantile(share).min(high.quantile(share)));
        }
    }
}
