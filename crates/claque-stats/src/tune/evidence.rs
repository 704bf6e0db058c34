//! What the runs of one setting show.

use serde::{Deserialize, Serialize};

use super::{TuneRun, TuneTerms};
use crate::{compare::student::two_sided_t, replicates::FEWEST_FOR_INTERVAL};

/// The runs of one setting, in the order of their seeds.
#[derive(Clone, Debug)]
pub(super) struct Evidence {
    pub(super) runs: Vec<TuneRun>,
    /// Where the share of good runs lies (Clopper & Pearson 1934).
    pub(super) share: (f64, f64),
}

impl Default for Evidence {
    fn default() -> Self {
        Self { runs: Vec::new(), share: (0.0, 1.0) }
    }
}

/// Where the share of good runs lies, as the runs so far show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// At least where it should.
    Shown,
    /// Below it.
    Missed,
    /// Neither is shown.
    Open,
}

impl Evidence {
    pub(super) fn count(&self) -> u32 {
        u32::try_from(self.runs.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn met(&self) -> u32 {
        u32::try_from(self.runs.iter().filter(|run| run.met).count()).unwrap_or(u32::MAX)
    }

    /// Takes a run, as the search sees it (`attempt` 0), or an attempt to confirm.
    pub(super) fn add(&mut self, run: TuneRun, terms: &TuneTerms, attempt: usize) {
        self.runs.push(run);
        let (met, of, tail) = (u64::from(self.met()), u64::from(self.count()), terms.tail(attempt));
        self.share = (tail.least_share(met, of), tail.largest_share(met, of));
    }

    pub(super) fn standing(&self, terms: &TuneTerms) -> Standing {
        let (low, high) = self.share;
        let asked = terms.share();
        if low >= asked {
            Standing::Shown
        } else if high < asked {
            Standing::Missed
        } else {
            Standing::Open
        }
    }

    pub(super) fn cost(&self, confidence_pct: f64) -> MeanEstimate {
        let costs: Vec<_> = self.runs.iter().map(|run| Some(run.cost)).collect();
        MeanEstimate::of(&costs, confidence_pct)
    }

    pub(super) fn mean_cost(&self) -> f64 {
        let costs: Vec<_> = self.runs.iter().map(|run| run.cost).collect();
        mean(&costs).unwrap_or(f64::INFINITY)
    }

    pub(super) fn figure(&self, objective: usize, confidence_pct: f64) -> MeanEstimate {
        MeanEstimate::of(&self.values(objective), confidence_pct)
    }

    /// One value a run.
    pub(super) fn values(&self, objective: usize) -> Vec<Option<f64>> {
        self.runs.iter().map(|run| run.figures.get(objective).copied().flatten()).collect()
    }

    /// How bad the figure of an objective is, the less the better; a figure that a run did not measure is the worst.
    pub(super) fn badness(&self, terms: &TuneTerms, objective: usize) -> f64 {
        mean(&self.badnesses(terms, objective)).unwrap_or(f64::INFINITY)
    }

    /// The same of each run.
    pub(super) fn badnesses(&self, terms: &TuneTerms, objective: usize) -> Vec<f64> {
        let sign = if terms.less_is_better.get(objective).copied().unwrap_or(true) { 1.0 } else { -1.0 };
        let bad = |value: Option<f64>| value.map_or(f64::INFINITY, |value| sign * value);
        self.values(objective).into_iter().map(bad).collect()
    }

    /// Runs that do not measure the service.
    pub(super) fn invalid(&self) -> u32 {
        u32::try_from(self.runs.iter().filter(|run| run.invalid.is_some()).count()).unwrap_or(u32::MAX)
    }

    /// Why the first of them does not.
    pub(super) fn why_invalid(&self) -> Option<&str> {
        self.runs.iter().find_map(|run| run.invalid.as_deref())
    }
}

/// The mean of a figure over runs, and where that of all runs lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MeanEstimate {
    /// Absent where no run measured it.
    pub mean: Option<f64>,
    /// Where the mean of all runs lies (Student's t). Absent for fewer runs than [`FEWEST_FOR_INTERVAL`], where some did not measure it,
    /// for those that are left are a chosen part, and where it was the same in all.
    pub interval: Option<(f64, f64)>,
    /// The least and the largest value.
    pub range: Option<(f64, f64)>,
    /// Runs that measured it.
    pub measured: u32,
    /// All runs.
    pub of: u32,
}

impl MeanEstimate {
    pub(super) fn of(values: &[Option<f64>], confidence_pct: f64) -> Self {
        let numbers: Vec<f64> = values.iter().copied().flatten().filter(|value| value.is_finite()).collect();
        let least = numbers.iter().copied().fold(f64::INFINITY, f64::min);
        let most = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let is_whole = numbers.len() == values.len() && numbers.len() >= FEWEST_FOR_INTERVAL;
        Self {
            mean: mean(&numbers),
            interval: if is_whole && least < most { interval(&numbers, confidence_pct) } else { None },
            range: (!numbers.is_empty()).then_some((least, most)),
            measured: count(numbers.len()),
            of: count(values.len()),
        }
    }

    /// Whether every run came to the same.
    #[must_use]
    pub fn is_the_same_in_all(&self) -> bool {
        self.measured == self.of && self.range.is_some_and(|(least, most)| least >= most)
    }
}

/// The mean, which is never outside of the range of the numbers: a sum is rounded.
fn mean(numbers: &[f64]) -> Option<f64> {
    let count = u32::try_from(numbers.len()).ok().filter(|count| *count > 0)?;
    let least = numbers.iter().copied().fold(f64::INFINITY, f64::min);
    let most = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    Some((numbers.iter().sum::<f64>() / f64::from(count)).max(least).min(most))
}

fn interval(numbers: &[f64], confidence_pct: f64) -> Option<(f64, f64)> {
    let mean = mean(numbers)?;
    let count = f64::from(u32::try_from(numbers.len()).ok()?);
    let squares: f64 = numbers.iter().map(|number| (number - mean).powi(2)).sum();
    let deviation = (squares / (count - 1.0)).sqrt();
    let reach = two_sided_t(1.0 - confidence_pct / 100.0, count - 1.0) * deviation / count.sqrt();
    Some((mean - reach, mean + reach))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_that_of_a_text_book() {
        // Student's own example: yields of ten plots, t(9) = 2.262.
        let numbers = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0].map(Some);
        let estimate = MeanEstimate::of(&numbers, 95.0);
        let (low, high) = estimate.interval.unwrap();
        assert!((estimate.mean.unwrap() - 0.75).abs() < 1e-12);
        assert!((low + 0.53).abs() < 5e-3 && (high - 2.03).abs() < 5e-3, "{low} {high}");
    }

    #[test]
    fn what_is_left_of_some_and_what_never_varied_has_no_interval() {
        let of = |values: &[Option<f64>]| MeanEstimate::of(values, 95.0);
        assert_eq!(of(&[Some(1.0); 9]).interval, None);
        assert!(of(&[Some(1.0); 9]).is_the_same_in_all());
        let holed = [Some(1.0), Some(2.0), None, Some(3.0), Some(4.0), Some(5.0)];
        assert_eq!((of(&holed).interval, of(&holed).measured, of(&holed).of), (None, 5, 6));
        assert_eq!(of(&[]).mean, None);
        let tenths = of(&[Some(0.1); 3]);
        assert_eq!(tenths.mean, Some(0.1), "0.1 + 0.1 + 0.1 is more than 0.3 as floats are added");
    }
}
