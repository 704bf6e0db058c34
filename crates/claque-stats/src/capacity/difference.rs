//! Two capacities held against each other.

use serde::{Deserialize, Serialize};

use super::{Answer, SearchEnding};

/// Between which numbers of listeners a capacity lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct CapacityRange {
    /// At least so many.
    low: u32,
    /// At most so many; none where nothing bounds it.
    high: Option<u32>,
    /// The largest number that was tried and held; 0 where not even one listener is served.
    held: u32,
}

/// Whether two capacities differ.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// The second for each of the first; absent where one of them is no number but a bound, or the first is none.
    pub ratio: Option<f64>,
    /// The least that this ratio may be: the interval of the second held against that of the first. Absent where nothing bounds the first.
    pub low: Option<f64>,
    /// The largest; absent where nothing bounds the second, or the first may be none.
    pub high: Option<f64>,
    /// Whether the intervals have nothing in common.
    pub differs: bool,
    /// Which of the two the second carries then; absent where no difference is shown.
    pub carries: Option<Carries>,
    /// Whether it would be seen if the second carried less: not where nothing bounds it and less was tried than the first held.
    pub judged: bool,
}

/// What the second of two services carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Carries {
    /// More than the first.
    More,
    /// Less than it.
    Less,
}

/// Holds two answers against each other; none where nothing is known of one of them. They are called different only if their intervals
/// have nothing in common, which is stricter than the confidence of either.
#[must_use]
pub fn difference(a: &Answer, b: &Answer) -> Option<Difference> {
    let (a, b) = (range(a)?, range(b)?);
    let is_above = |one: CapacityRange, other: CapacityRange| other.high.is_some_and(|high| one.low > high);
    let carries = match (is_above(b, a), is_above(a, b)) {
        (true, _) => Some(Carries::More),
        (false, true) => Some(Carries::Less),
        (false, false) => None,
    };
    let is_open = b.high.is_none() && b.held < a.held;
    let by = |b: u32, a: u32| (a > 0).then(|| f64::from(b) / f64::from(a));
    let numbers = a.high.and(b.high);
    Some(Difference {
        ratio: numbers.and_then(|_| by(b.held, a.held)),
        low: a.high.and_then(|a_high| by(b.low, a_high)),
        high: b.high.and_then(|b_high| by(b_high, a.low)),
        differs: carries.is_some(),
        carries,
        judged: carries.is_some() || !is_open,
    })
}

/// Where a capacity lies; none where that is not known, or no less than that there are no fewer than none.
fn range(answer: &Answer) -> Option<CapacityRange> {
    if answer.ending == SearchEnding::NothingHolds {
        return Some(CapacityRange { low: 0, high: Some(0), held: 0 });
    }
    let (low, high, held) = (answer.low?, answer.high, answer.users?);
    (low > 0 || high.is_some()).then_some(CapacityRange { low, high, held })
}

/// Whether enough is known of a capacity to hold it against another.
#[must_use]
pub fn is_comparable(answer: &Answer) -> bool {
    range(answer).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The answer of a search that ended so.
    fn answer(ending: SearchEnding, users: Option<u32>, low: Option<u32>, high: Option<u32>) -> Answer {
        Answer {
            ending,
            users,
            low,
            high,
            confidence_pct: 95.0,
            first_failing: None,
            not_measured: None,
            ceilings: Vec::new(),
            binding: None,
            headroom: None,
            pace: None,
            failing_pace: None,
            said: None,
            shown: Vec::new(),
            fall: None,
            gave_way: None,
            networks: None,
            at_any_load: None,
            alone: Vec::new(),
            probes: 9,
            listener_minutes: 1.0,
        }
    }

    fn found(users: u32, low: u32, high: u32) -> Answer {
        answer(SearchEnding::Found, Some(users), Some(low), Some(high))
    }

    fn at_least(users: u32, low: u32) -> Answer {
        answer(SearchEnding::AtLeast, Some(users), Some(low), None)
    }

    fn nothing() -> Answer {
        answer(SearchEnding::NothingHolds, None, None, None)
    }

    fn carries(a: &Answer, b: &Answer) -> (Option<Carries>, bool) {
        let difference = difference(a, b).expect("something is known of both");
        (difference.carries, difference.judged)
    }

    #[test]
    fn not_even_one_listener_is_less_than_any() {
        assert_eq!(carries(&found(5, 4, 6), &nothing()), (Some(Carries::Less), true));
        assert_eq!(carries(&nothing(), &found(5, 4, 6)), (Some(Carries::More), true));
        assert_eq!(carries(&at_least(20, 18), &nothing()), (Some(Carries::Less), true));
        assert_eq!(carries(&nothing(), &nothing()), (None, true));
        // One that may carry none is not shown to carry more.
        assert_eq!(carries(&nothing(), &found(1, 0, 2)), (None, true));
        let difference = difference(&nothing(), &found(5, 4, 6)).unwrap();
        assert_eq!((difference.ratio, difference.low, difference.high), (None, None, None));
    }

    #[test]
    fn a_lower_end_alone_is_an_interval() {
        assert_eq!(carries(&at_least(20, 18), &found(5, 4, 6)), (Some(Carries::Less), true));
        assert_eq!(carries(&found(5, 4, 6), &at_least(20, 18)), (Some(Carries::More), true));
        assert_eq!(carries(&at_least(20, 18), &found(19, 17, 21)), (None, true));
        let difference = difference(&at_least(20, 18), &found(5, 4, 6)).unwrap();
        assert_eq!((difference.ratio, difference.low), (None, None));
        assert!((difference.high.unwrap() - 6.0 / 18.0).abs() < 1e-12);
    }

    /// Of two that held all that was tried nothing shows a loss, as long as the second was tried with as many.
    #[test]
    fn a_loss_that_nothing_would_show_is_not_judged() {
        assert_eq!(carries(&at_least(20, 18), &at_least(20, 17)), (None, true));
        assert_eq!(carries(&at_least(20, 18), &at_least(5, 4)), (None, false));
        assert_eq!(carries(&found(20, 19, 21), &at_least(5, 4)), (None, false));
        assert_eq!(carries(&found(20, 19, 21), &at_least(20, 18)), (None, true));
    }

    #[test]
    fn of_what_is_not_known_nothing_is_said() {
        let untrusted = answer(SearchEnding::Untrusted("late".to_owned()), None, None, None);
        let open = answer(SearchEnding::Undecided("time".to_owned()), Some(1), Some(0), None);
        for unknown in [untrusted, open] {
            assert!(!is_comparable(&unknown) && is_comparable(&nothing()));
            assert_eq!(difference(&found(5, 4, 6), &unknown), None);
            assert_eq!(difference(&unknown, &nothing()), None);
        }
    }

    #[test]
    fn two_intervals_are_held_against_each_other() {
        let difference = difference(&found(5, 4, 6), &found(10, 8, 12)).unwrap();
        assert_eq!(difference.carries, Some(Carries::More));
        assert_eq!((difference.ratio, difference.high), (Some(2.0), Some(3.0)));
        assert!((difference.low.unwrap() - 8.0 / 6.0).abs() < 1e-12);
    }
}
