//! Which part of a run its figures are about: where an audience comes and goes, the part in which it has settled.
//!
//! The start of a run is not like the rest of it: queues are empty, or everybody asks at once. [`mser5`] finds from the data how much of a
//! series is to be left out for that.

use claque_core::time::Instant;
use serde::{Deserialize, Serialize};

/// Values of a batch.
const BATCH: usize = 5;
/// Fewer batches than this say nothing about where a warm-up ends.
const FEWEST: usize = 40;
/// Of the batches, a tenth and at least so many are always kept: the spread of fewer is chance, and chance finds little of it somewhere.
const LAST: usize = 5;

/// A part of a run. A listener is in it if it was meant to start in it; its facts are then in the figures, whenever they happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FigureWindow {
    /// Where it begins, in ns since the run's start.
    pub from_ns: u64,
    /// Where it ends, in ns since the run's start; no longer in it.
    pub until_ns: u64,
}

/// The same with what was left out, as figures tell it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct WindowFigures {
    /// Where it begins, in ms since the run's start.
    pub from_ms: f64,
    /// Where it ends, in ms since the run's start.
    pub until_ms: f64,
    /// Listeners that were meant to start before or after it. They are in the facts and in no figure.
    pub listeners_left_out: u64,
}

impl FigureWindow {
    /// Whether a listener that was meant to start then is in it.
    #[must_use]
    pub const fn holds(&self, intended_at: Instant) -> bool {
        self.from_ns <= intended_at.as_nanos() && intended_at.as_nanos() < self.until_ns
    }
}

/// Where the warm-up of a series ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truncation {
    /// So many values are to be left out at its head.
    After(usize),
    /// In its second half, or nowhere: what is left would be too little to call it steady.
    NotLeft,
    /// It has too few values to tell, fewer than two hundred.
    TooShort,
}

/// Finds the end of the warm-up of `series`, in the order of time, by MSER-5 (White, Cobb and Spratt 2000): of all numbers of batches of five that could be left
/// out, the one for which the mean of the rest has the least standard error, sum of squares over the square of their number. One in the second half of the series is no
/// answer, as its authors advise.
#[must_use]
pub fn mser5(series: &[f64]) -> Truncation {
    let batches: Vec<f64> =
        series.chunks_exact(BATCH).map(|batch| batch.iter().sum::<f64>() / BATCH_SIZE).collect();
    if batches.len() < FEWEST {
        return Truncation::TooShort;
    }
    let kept = LAST.max(batches.len() / 10);
    // From the end, so that each step adds one batch (Welford 1962).
    let (mut count, mut mean, mut squares) = (0.0, 0.0, 0.0);
    let mut best = (f64::INFINITY, 0);
    for (first, batch) in batches.iter().enumerate().rev() {
        count += 1.0;
        let off = batch - mean;
        mean += off / count;
        squares += off * (batch - mean);
        let error = squares / (count * count);
        // Of equals the one that leaves least out.
        if first + kept <= batches.len() && error <= best.0 {
            best = (error, first);
        }
    }
    if best.1 > batches.len() / 2 { Truncation::NotLeft } else { Truncation::After(best.1 * BATCH) }
}

/// [`BATCH`] as a divisor.
const BATCH_SIZE: f64 = 5.0;

/// A window, and the listeners within and without.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counted {
    window: FigureWindow,
    within: u32,
    without: u64,
}

impl Counted {
    pub(crate) const fn new(window: FigureWindow) -> Self {
        Self { window, within: 0, without: 0 }
    }

    /// Counts a listener that was meant to start then; gives whether that is within. Of whom it is not known it is.
    pub(crate) fn count(&mut self, intended_at: Option<Instant>) -> bool {
        let is_within = intended_at.is_none_or(|at| self.window.holds(at));
        self.within += u32::from(is_within);
        self.without += u64::from(!is_within);
        is_within
    }

    pub(crate) const fn within(self) -> u32 {
        self.within
    }

    pub(crate) fn figures(self) -> WindowFigures {
        let ms = |nanos| Instant::from_nanos(nanos).as_millis_f64();
        let FigureWindow { from_ns, until_ns } = self.window;
        WindowFigures { from_ms: ms(from_ns), until_ms: ms(until_ns), listeners_left_out: self.without }
    }
}

#[cfg(test)]
mod tests {
    use claque_core::rng::Seed;

    use super::*;

    /// Noise of standard deviation one, about.
    fn noise(seed: u64, count: usize) -> Vec<f64> {
        let uniform = |place: u64| {
            let bits = u32::try_from(Seed::root(seed).index(place).value() >> 32).unwrap();
            f64::from(bits) / f64::from(u32::MAX)
        };
        // The sum of twelve uniform numbers less six.
        let value = |index: u64| (0..12).map(|part| uniform(12 * index + part)).sum::<f64>() - 6.0;
        (0..u64::try_from(count).unwrap()).map(value).collect()
    }

    fn with_head(seed: u64, count: usize, head: impl Fn(f64) -> f64) -> Vec<f64> {
        let place = |index: usize| f64::from(u32::try_from(index).unwrap());
        noise(seed, count).into_iter().enumerate().map(|(index, noise)| noise + head(place(index))).collect()
    }

    #[test]
    fn a_head_at_another_level_is_cut_where_it_ends() {
        let series: Vec<f64> = (0..1_000).map(|index| if index < 250 { 9.0 } else { 1.0 }).collect();
        assert_eq!(mser5(&series), Truncation::After(250), "to the value, without noise");
        for seed in 0..50 {
            let series = with_head(seed, 1_000, |index| if index < 250.0 { 5.0 } else { 0.0 });
            let Truncation::After(cut) = mser5(&series) else { panic!("seed {seed}") };
            assert!((250..=350).contains(&cut), "seed {seed}: {cut}");
        }
    }

    #[test]
    fn a_head_that_fades_is_cut_where_it_is_lost_in_the_noise() {
        // e^-3 of ten standard deviations is half of one.
        for seed in 0..50 {
            let series = with_head(seed, 2_000, |index| 10.0 * (-index / 100.0).exp());
            let Truncation::After(cut) = mser5(&series) else { panic!("seed {seed}") };
            assert!((150..=700).contains(&cut), "seed {seed}: {cut}");
        }
    }

    #[test]
    fn of_a_series_that_is_steady_little_is_cut_and_rarely_called_unsettled() {
        let cuts: Vec<Truncation> = (0..400).map(|seed| mser5(&noise(seed, 1_000))).collect();
        let unsettled = cuts.iter().filter(|cut| **cut == Truncation::NotLeft).count();
        assert!(unsettled <= 20, "{unsettled} of 400");
        let little = cuts.iter().filter(|cut| matches!(cut, Truncation::After(cut) if *cut <= 250)).count();
        assert!(little >= 320, "{little} of 400");
        assert_eq!(mser5(&[4.0; 200]), Truncation::After(0));
    }

    #[test]
    fn what_grows_to_the_end_or_changes_late_is_not_settled() {
        for seed in 0..50 {
            let trend = with_head(seed, 1_000, |index| index / 50.0);
            assert_eq!(mser5(&trend), Truncation::NotLeft, "seed {seed}");
            let late = with_head(seed, 1_000, |index| if index < 700.0 { 8.0 } else { 0.0 });
            assert_eq!(mser5(&late), Truncation::NotLeft, "seed {seed}");
        }
    }

    #[test]
    fn too_few_values_tell_nothing() {
        assert_eq!(mser5(&[1.0; 199]), Truncation::TooShort);
        assert_eq!(mser5(&[]), Truncation::TooShort);
    }
}
