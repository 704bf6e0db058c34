//! How many of something there were over time: the mean in each of a fixed number of bins, exact.

use claque_core::time::Instant;

use super::{float, rounded};

/// Bins of a level: one for every two or three pixels of a wide page.
pub(super) const BINS: usize = 400;

/// A number that goes up and down, summed from spans during which it was one higher. Takes the same memory and time
/// for every span, however long.
#[derive(Clone, Debug)]
pub(super) struct Level {
    /// Length of a bin.
    width: u64,
    /// Nanoseconds of spans that begin or end inside the bin.
    parts: Vec<u64>,
    /// Spans that begin to cover whole bins at this one, and that stop before it.
    begins: Vec<u64>,
    stops: Vec<u64>,
}

impl Level {
    pub(super) fn new(horizon: Instant) -> Self {
        let bins = u64::try_from(BINS).unwrap_or(1);
        let width = horizon.as_nanos().div_ceil(bins).max(1);
        Self { width, parts: vec![0; BINS], begins: vec![0; BINS + 1], stops: vec![0; BINS + 1] }
    }

    /// Length of a bin, in ms.
    pub(super) fn width_ms(&self) -> f64 {
        Instant::from_nanos(self.width).as_millis_f64()
    }

    /// One more from `from` to `to`.
    pub(super) fn add(&mut self, from: Instant, to: Instant) {
        let (from, to) = (from.as_nanos(), to.as_nanos());
        let (first, last) = (self.bin(from), self.bin(to));
        if to <= from || first >= BINS {
            return;
        }
        if first == last {
            self.add_part(first, to - from);
            return;
        }
        self.add_part(first, self.width - from % self.width);
        self.add_part(last, to % self.width);
        // Whole bins lie between the two.
        count_at(&mut self.begins, first + 1);
        count_at(&mut self.stops, last);
    }

    /// The mean of each bin.
    pub(super) fn finish(&self) -> Vec<f64> {
        let mut whole = 0_u64;
        let mut means = Vec::with_capacity(BINS);
        for ((part, begins), stops) in self.parts.iter().zip(&self.begins).zip(&self.stops) {
            whole = (whole + begins).saturating_sub(*stops);
            means.push(rounded(float(whole) + float(*part) / float(self.width), 2));
        }
        means
    }

    fn bin(&self, at: u64) -> usize {
        usize::try_from(at / self.width).unwrap_or(usize::MAX).min(BINS)
    }

    fn add_part(&mut self, bin: usize, nanos: u64) {
        if let Some(part) = self.parts.get_mut(bin) {
            *part += nanos;
        }
    }
}

fn count_at(counts: &mut [u64], bin: usize) {
    if let Some(count) = counts.get_mut(bin) {
        *count += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(millis: u64) -> Instant {
        Instant::from_millis(millis)
    }

    /// Bins of 100 ms.
    fn level() -> Level {
        Level::new(ms(40_000))
    }

    #[test]
    fn a_span_counts_in_each_bin_as_long_as_it_lies_there() {
        let mut level = level();
        level.add(ms(150), ms(425));
        assert_eq!(level.finish()[..6], [0.0, 0.5, 1.0, 1.0, 0.25, 0.0]);
    }

    #[test]
    fn spans_add_up_also_inside_one_bin_and_on_its_edges() {
        let mut level = level();
        level.add(ms(0), ms(100));
        level.add(ms(25), ms(75));
        level.add(ms(100), ms(200));
        level.add(ms(200), ms(200));
        assert_eq!(level.finish()[..4], [1.5, 1.0, 0.0, 0.0]);
    }

    #[test]
    fn what_lies_behind_the_horizon_is_cut_off() {
        let mut level = level();
        level.add(ms(39_900), ms(90_000));
        level.add(ms(50_000), ms(60_000));
        assert_eq!(level.finish()[398..], [0.0, 1.0]);
    }

    #[test]
    fn the_sum_of_bins_is_the_sum_of_spans() {
        let mut level = level();
        let mut total = 0.0;
        for n in 0..1_000_u64 {
            let (from, length) = (n * 7_919 % 30_000, n * 104_729 % 9_000);
            level.add(ms(from), ms(from + length));
            total += float(length);
        }
        let area: f64 = level.finish().iter().sum::<f64>() * 100.0;
        assert!((area - total).abs() < 400.0, "{area} {total}");
    }
}
