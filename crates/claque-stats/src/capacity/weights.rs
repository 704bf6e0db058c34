//! Chances over a grid of numbers of listeners, for each way in which things that are not known may be.

use crate::sample::whole;

/// The ratio of neighbours on the grid: finer than any answer.
pub(super) const STEP: f64 = 0.004;

/// A pace can be so much below what it was without being told from it: either end of an interval is so much further out.
pub(super) const BLUR: f64 = 1.01;

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

    /// The chances where one of so many that are `nowhere` has no ceiling at all, for not even a lone listener is served as asked.
    pub(super) fn or_none(mut self, nowhere: f64) -> Self {
        self.below.iter_mut().for_each(|below| *below = nowhere + (1.0 - nowhere) * *below);
        self
    }
}

/// The grid: from half a listener to twice as many as are to be looked for.
fn grid(most_users: u32, step: f64) -> Vec<f64> {
    let last = 2.0 * f64::from(most_users.max(1));
    let mut points = vec![0.5];
    while let Some(&point) = points.last()
        && point < last
    {
        points.push(point * (1.0 + step));
    }
    points
}

/// Chances for each way in which things unknown may be.
#[derive(Clone, Debug)]
pub(super) struct Weights {
    points: Vec<f64>,
    /// The logarithm of the weight, for each way and each point.
    pub(super) ways: Vec<Vec<f64>>,
    /// The largest number that was tried.
    tried: u32,
}

impl Weights {
    /// Knows nothing but how likely each way is in itself.
    pub(super) fn new(most_users: u32, step: f64, ways: impl IntoIterator<Item = f64>) -> Self {
        let points = grid(most_users, step);
        let ways = ways.into_iter().map(|chance| vec![chance.ln(); points.len()]).collect();
        Self { ways, points, tried: 1 }
    }

    pub(super) fn note_tried(&mut self, users: u32) {
        self.tried = self.tried.max(users);
    }

    pub(super) fn add(&mut self, way: usize, likelihood: impl Fn(f64) -> f64) {
        for (weight, &point) in self.ways[way].iter_mut().zip(&self.points) {
            *weight += likelihood(point);
        }
    }

    /// Beyond twice the largest number that was tried there are no chances: nothing is said of what is there.
    pub(super) fn chances(&self) -> Chances {
        let (end, highest) = (self.end(), self.highest());
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

    /// Where the points end of which something is said.
    fn end(&self) -> usize {
        self.points.partition_point(|&point| point <= 2.0 * f64::from(self.tried)).max(1)
    }

    fn highest(&self) -> f64 {
        let end = self.end();
        self.ways.iter().flat_map(|way| &way[..end]).copied().fold(f64::NEG_INFINITY, f64::max)
    }

    /// The logarithm of the mean weight over these points: how well what was seen was foretold.
    pub(super) fn evidence(&self) -> f64 {
        let (end, highest) = (self.end(), self.highest());
        let sum: f64 =
            self.ways.iter().flat_map(|way| &way[..end]).map(|weight| (weight - highest).exp()).sum();
        highest + (sum / whole(u64::try_from(end).unwrap_or(u64::MAX))).ln()
    }

    /// The mean of what each way and point has, by their weights.
    pub(super) fn mean(&self, of: impl Fn(usize, f64) -> f64) -> f64 {
        let (end, highest) = (self.end(), self.highest());
        let (mut sum, mut total) = (0.0, 0.0);
        for (way, weights) in self.ways.iter().enumerate() {
            for (weight, &point) in weights[..end].iter().zip(&self.points) {
                // What weighs nothing is not worked out.
                if weight - highest > -12.0 {
                    let weight = (weight - highest).exp();
                    sum += weight * of(way, point);
                    total += weight;
                }
            }
        }
        sum / total
    }
}
