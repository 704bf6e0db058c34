//! Whether a figure of somebody else's rose before a stall. That it came before does not say that it was the cause.

use claque_core::time::{Duration, Instant, duration_nanos};

/// How far back from the stall a rise is looked for.
pub const LOOK_BACK: Duration = Duration::from_secs(30);

/// A rise is at least so much of all that the figure ever moved in the run.
const LEAST_SHARE: f64 = 0.2;

/// It ends at no less than so many times where it began.
const LEAST_GROWTH: f64 = 1.5;

/// The rise has begun where the figure was last within so much of it from its lowest value.
const BEGUN: f64 = 0.1;

/// Before that it was never higher than so much of the rise: one that swings does not rise.
const CALM: f64 = 0.5;

/// A figure on a grid of time: at each multiple of `cell` the value that was known then; none where none was.
#[derive(Clone, Debug, PartialEq)]
pub struct Levels {
    /// Between one value and the next.
    pub cell: Duration,
    /// From the run's start on.
    pub values: Vec<Option<f64>>,
}

/// What is found of a figure before a moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum BeforeStall {
    /// It rose.
    Rose(Rise),
    /// It did not.
    Calm,
    /// Values lack, so that nothing can be said.
    Unknown,
}

/// A rise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rise {
    /// From its beginning to the stall; good to one cell.
    pub lead: Duration,
    /// The lowest value before.
    pub from: f64,
    /// The value at the stall.
    pub to: f64,
}

impl Levels {
    /// What it did before `stall`, by the rule of `docs/scrape.md`.
    #[must_use]
    pub fn before(&self, stall: Instant) -> BeforeStall {
        let place =
            |at: Duration| usize::try_from(duration_nanos(at) / duration_nanos(self.cell).max(1)).ok();
        let since_start = stall.since(Instant::START);
        let bounds = place(since_start).zip(place(since_start.saturating_sub(LOOK_BACK)));
        let Some((end, first)) = bounds.filter(|(end, _)| *end < self.values.len()) else {
            return BeforeStall::Unknown;
        };
        // A source that was asked later than the run began has no values at first.
        let window = self.values.get(first..=end).unwrap_or_default();
        let known = window.iter().position(Option::is_some).and_then(|begin| window.get(begin..));
        let values: Option<Vec<f64>> = known.and_then(|known| known.iter().copied().collect());
        let Some(values) = values.filter(|values| values.len() >= 2) else { return BeforeStall::Unknown };
        self.rise(&values).map_or(BeforeStall::Calm, BeforeStall::Rose)
    }

    /// Of values one cell apart, the last of which is that at the stall.
    fn rise(&self, values: &[f64]) -> Option<Rise> {
        let to = *values.last()?;
        let from = values.iter().copied().fold(f64::INFINITY, f64::min);
        let height = to - from;
        let all = || self.values.iter().copied().flatten();
        let range = all().fold(f64::NEG_INFINITY, f64::max) - all().fold(f64::INFINITY, f64::min);
        // Also false where a value is no number.
        let is_high = height > 0.0 && height >= LEAST_SHARE * range && to >= LEAST_GROWTH * from;
        if !is_high {
            return None;
        }
        let begin = values.iter().rposition(|value| *value <= from + BEGUN * height)?;
        let is_calm = values.iter().take(begin).all(|value| *value <= from + CALM * height);
        let cells = u32::try_from(values.len() - 1 - begin).ok()?;
        is_calm.then_some(Rise { lead: self.cell.saturating_mul(cells), from, to })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CELL: Duration = Duration::from_millis(250);

    fn levels(values: &[f64]) -> Levels {
        Levels { cell: CELL, values: values.iter().map(|value| Some(*value)).collect() }
    }

    fn before(levels: &Levels, millis: u64) -> BeforeStall {
        levels.before(Instant::from_millis(millis))
    }

    #[test]
    fn a_queue_that_grows_has_risen_since_it_was_last_low() {
        // 4 s of nothing, then one more every quarter of a second; the stall is at 6 s, where there are 8.
        let mut values = vec![0.0; 17];
        values.extend((1..=16).map(f64::from));
        let expected = Rise { lead: Duration::from_secs(2), from: 0.0, to: 8.0 };
        assert_eq!(before(&levels(&values), 6_000), BeforeStall::Rose(expected));
        // What comes after the stall is not looked at, but for the range.
        assert_eq!(before(&levels(&values), 6_249), BeforeStall::Rose(expected));
    }

    #[test]
    fn one_that_rises_from_the_very_start_has_risen_since_then() {
        let values: Vec<_> = (0..=40).map(f64::from).collect();
        let BeforeStall::Rose(rise) = before(&levels(&values), 10_000) else { panic!("it rose") };
        assert_eq!((rise.lead, rise.from), (Duration::from_secs(9), 0.0), "4 of 40 is a tenth");
    }

    #[test]
    fn what_swings_stays_or_falls_has_not_risen() {
        let swing: Vec<_> = (0..40).map(|cell| if cell % 4 < 2 { 0.0 } else { 10.0 }).collect();
        assert_eq!(before(&levels(&swing), 9_750), BeforeStall::Calm);
        assert_eq!(before(&levels(&[7.0; 40]), 9_000), BeforeStall::Calm);
        let falling: Vec<_> = (0..40).map(|cell| f64::from(40 - cell)).collect();
        assert_eq!(before(&levels(&falling), 9_000), BeforeStall::Calm);
    }

    #[test]
    fn a_little_more_of_much_is_no_rise() {
        // By less than half of where it began.
        let mut values = vec![100.0; 20];
        values.extend([110.0, 120.0, 130.0, 140.0]);
        assert_eq!(before(&levels(&values), 5_750), BeforeStall::Calm);
        // By less than a fifth of what it moves in the run.
        let mut values = vec![0.0; 20];
        values.extend([1.0; 4]);
        values.extend([6.0; 4]);
        assert_eq!(before(&levels(&values), 5_750), BeforeStall::Calm);
    }

    #[test]
    fn where_values_lack_nothing_is_said() {
        let mut holed = levels(&[0.0; 40]);
        holed.values[30] = None;
        assert_eq!(before(&holed, 9_000), BeforeStall::Unknown);
        assert_eq!(before(&holed, 60_000), BeforeStall::Unknown, "it was told no more by then");
        assert_eq!(before(&levels(&[1.0]), 0), BeforeStall::Unknown);
        // What lacks before the source was first asked is no hole.
        let mut late = levels(&[0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 3.0]);
        late.values[0] = None;
        assert!(matches!(before(&late, 1_500), BeforeStall::Rose(_)));
        let mut odd = levels(&[0.0; 40]);
        odd.values[36] = Some(f64::NAN);
        assert_eq!(before(&odd, 9_000), BeforeStall::Calm);
    }

    #[test]
    fn only_half_a_minute_is_looked_at() {
        // Up a minute before the stall, down again, and up.
        let mut values = vec![10.0; 40];
        values.extend(vec![0.0; 160]);
        values.extend([5.0, 10.0]);
        let BeforeStall::Rose(rise) = before(&levels(&values), 201 * 250) else { panic!("it rose") };
        assert_eq!(rise.lead, Duration::from_millis(500));
    }
}
