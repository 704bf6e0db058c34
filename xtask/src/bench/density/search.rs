//! The most users that a client keeps up with, found with few measurements.

use serde_json::{Value, json};

use super::{clients::Client, process::Core, row::name};

/// Steps from a number that was too many down to one that is not, or up from one that is not.
const FACTOR: u32 = 2;
/// Numbers of users so close are the same: a share of the lower one, in percent.
const CLOSE_PERCENT: u64 = 10;
/// Fewer users are not looked for: figures of so few say nothing.
const FEWEST: u32 = 100;

/// A search under way: doubling (or halving) until the answer lies between two numbers, then halving the gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Search {
    next: Option<u32>,
    /// Most users that were kept up with.
    met: Option<u32>,
    /// Fewest users that were not.
    missed: Option<u32>,
}

impl Search {
    /// Begins with a guess.
    pub(super) const fn from(guess: u32) -> Self {
        Self { next: Some(guess), met: None, missed: None }
    }

    /// How many users to measure next; none when the search is over.
    pub(super) const fn next(&self) -> Option<u32> {
        self.next
    }

    /// Takes in whether the client kept up with that many.
    pub(super) fn tell(&mut self, kept_up: bool) {
        let Some(users) = self.next else { return };
        if kept_up {
            self.met = self.met.max(Some(users));
        } else {
            self.missed = Some(self.missed.map_or(users, |missed| missed.min(users)));
        }
        self.next = match (self.met, self.missed) {
            (None, None) => Some(users),
            (Some(met), None) => met.checked_mul(FACTOR),
            (None, Some(missed)) => Some(missed / FACTOR).filter(|&fewer| fewer >= FEWEST),
            (Some(met), Some(missed)) => {
                let gap = missed.saturating_sub(met);
                let is_close = u64::from(gap) * 100 <= u64::from(met) * CLOSE_PERCENT;
                (!is_close).then_some(met + gap / 2).filter(|&between| between > met)
            }
        };
    }

    /// What is known: the most users that were kept up with, and the fewest that were not.
    pub(super) const fn found(&self) -> (Option<u32>, Option<u32>) {
        (self.met, self.missed)
    }
}

/// The most users that a client kept up with.
#[derive(Debug)]
pub(super) struct Most {
    pub(super) client: Client,
    pub(super) core: Core,
    pub(super) met: Option<u32>,
    /// The fewest that were too many.
    pub(super) missed: Option<u32>,
    /// What ended the search before its time, or stood in its way.
    pub(super) ended_by: Option<String>,
}

impl Most {
    /// The answer in words.
    pub(super) fn line(&self) -> String {
        let users = match (self.met, self.missed) {
            (Some(met), Some(missed)) => format!("most users {met} ({missed} were too many)"),
            (Some(met), None) => format!("most users {met} at least"),
            (None, Some(missed)) => format!("most users less than {missed}"),
            (None, None) => "most users N/A".to_owned(),
        };
        let ended_by = self.ended_by.as_ref().map_or_else(String::new, |reason| format!("; {reason}"));
        format!("    {}  {users}{ended_by}", name(self.client, self.core))
    }

    pub(super) fn to_json(&self) -> Value {
        json!({
            "client": self.client.as_str(),
            "cores": self.core.count(),
            "most_users": self.met,
            "too_many_users": self.missed,
            "ended_by": self.ended_by,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Searches for a client that keeps up with so many; gives what was measured and found.
    fn search(guess: u32, truly: u32) -> (Vec<u32>, (Option<u32>, Option<u32>)) {
        let (mut search, mut measured) = (Search::from(guess), Vec::new());
        while let Some(users) = search.next() {
            measured.push(users);
            search.tell(users <= truly);
        }
        (measured, search.found())
    }

    #[test]
    fn it_doubles_until_it_is_too_many_and_halves_the_gap() {
        assert_eq!(
            search(1_000, 5_200),
            (vec![1_000, 2_000, 4_000, 8_000, 6_000, 5_000, 5_500], (Some(5_000), Some(5_500)))
        );
    }

    #[test]
    fn a_guess_that_is_too_high_is_halved_first() {
        assert_eq!(
            search(8_000, 2_100),
            (vec![8_000, 4_000, 2_000, 3_000, 2_500, 2_250, 2_125], (Some(2_000), Some(2_125)))
        );
    }

    #[test]
    fn one_that_keeps_up_with_nobody_is_given_up() {
        assert_eq!(search(1_000, 0), (vec![1_000, 500, 250, 125], (None, Some(125))));
    }

    #[test]
    fn whatever_is_true_is_found_to_a_tenth() {
        for truly in (100..60_000).step_by(37) {
            let (measured, (met, missed)) = search(1_000, truly);
            let (met, missed) = (met.unwrap_or(0), missed.unwrap());
            assert!(met <= truly && truly < missed, "{truly} is not between {met} and {missed}");
            assert!(met < FEWEST || missed - met <= met.div_ceil(10), "{met} to {missed} is no tenth");
            assert!(measured.len() < 14, "{truly}: {measured:?}");
        }
    }

    #[test]
    fn the_most_users_are_told_with_how_sure_that_is() {
        let most =
            |met, missed| Most { client: Client::Claque, core: Core::Client, met, missed, ended_by: None };
        assert_eq!(
            most(Some(4_000), Some(4_400)).line(),
            "    claque     most users 4000 (4400 were too many)"
        );
        assert_eq!(most(None, Some(125)).line(), "    claque     most users less than 125");
        let ended = Most { ended_by: Some("not run: no room".to_owned()), ..most(Some(4_000), None) };
        assert_eq!(ended.line(), "    claque     most users 4000 at least; not run: no room");
    }
}
