//! Which listeners of a plan one machine has, when others have the rest.
//!
//! The numbers of listeners, their texts, behaviour and moments are the plan's, whoever has them. Nothing here knows who has the rest.

use core::ops::Range;

use crate::ids::ListenerId;

/// A share of the listeners whose starts are known beforehand, by their numbers, and of whoever takes their places later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    first: u32,
    end: u32,
}

/// The listeners of a share, in order of their numbers: each has a place, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnListeners {
    first: u32,
    /// Those that are there at a time.
    width: u32,
    /// Those of all shares that are there at a time: whoever replaces one of them has a number that is larger by this.
    present: u32,
    /// Those of all shares.
    users: u32,
}

impl Share {
    /// Everybody.
    pub const WHOLE: Self = Self { first: 0, end: u32::MAX };

    /// The listeners of these numbers. What lies beyond the plan's is nobody.
    #[must_use]
    pub const fn of(numbers: Range<u32>) -> Self {
        Self { first: numbers.start, end: numbers.end }
    }

    /// Those of it in a plan with `users` listeners, of whom the starts of the first `present` are known beforehand.
    #[must_use]
    pub fn in_plan(self, users: u32, present: u32) -> OwnListeners {
        let first = self.first.min(present);
        let width = self.end.clamp(first, present) - first;
        OwnListeners { first, width, present: present.max(1), users }
    }
}

impl OwnListeners {
    /// How many there are at most, those who replace others among them.
    #[must_use]
    pub fn count(&self) -> usize {
        let rounds = as_count(self.users / self.present);
        let rest = (self.users % self.present).saturating_sub(self.first).min(self.width);
        rounds * as_count(self.width) + as_count(rest)
    }

    /// Those whose starts are known beforehand: the first so many places, and so many numbers in a row.
    #[must_use]
    pub const fn known(&self) -> Range<u32> {
        self.first..self.first + self.width
    }

    /// Who has a place. What lies beyond the last is nobody's, and gives the largest number there is.
    #[must_use]
    pub fn listener(&self, place: usize) -> ListenerId {
        let number = || {
            let place = u32::try_from(place).ok()?;
            let (round, offset) = (place.checked_div(self.width)?, place.checked_rem(self.width)?);
            round.checked_mul(self.present)?.checked_add(self.first + offset)
        };
        ListenerId(number().unwrap_or(u32::MAX))
    }

    /// Where a listener stands; none for one of another share.
    #[must_use]
    pub fn place(&self, listener: ListenerId) -> Option<usize> {
        let (round, number) = (listener.0 / self.present, listener.0 % self.present);
        let offset = number.checked_sub(self.first).filter(|offset| *offset < self.width)?;
        Some(as_count(round) * as_count(self.width) + as_count(offset))
    }

    /// All of them, in order of their places.
    pub fn iter(&self) -> impl Iterator<Item = ListenerId> + use<> {
        let own = *self;
        (0..own.count()).map(move |place| own.listener(place))
    }
}

fn as_count(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn numbers(own: OwnListeners) -> Vec<u32> {
        own.iter().map(|listener| listener.0).collect()
    }

    #[test]
    fn a_share_has_its_numbers_and_whoever_replaces_them() {
        let everybody_known = Share::of(5..8).in_plan(10, 10);
        assert_eq!(numbers(everybody_known), [5, 6, 7]);
        assert_eq!((everybody_known.known(), everybody_known.place(ListenerId(6))), (5..8, Some(1)));
        assert_eq!(everybody_known.place(ListenerId(8)), None);
        // Four at a time: 4 replaces 0, and so on.
        let replaced = Share::of(1..3).in_plan(10, 4);
        assert_eq!(numbers(replaced), [1, 2, 5, 6, 9]);
        assert_eq!((replaced.known(), replaced.place(ListenerId(6))), (1..3, Some(3)));
        assert_eq!(numbers(Share::of(8..20).in_plan(10, 10)), [8, 9]);
        assert_eq!(numbers(Share::of(20..30).in_plan(10, 10)), []);
        assert_eq!(numbers(Share::of(0..3).in_plan(0, 0)), []);
    }

    proptest! {
        #[test]
        fn every_listener_is_of_one_share_and_has_one_place(
            users in 0_u32..60,
            present in 1_u32..60,
            cuts in proptest::collection::vec(0_u32..70, 0..4),
        ) {
            let present = present.min(users);
            let mut cuts = cuts;
            cuts.extend([0, u32::MAX]);
            cuts.sort_unstable();
            let mut all = Vec::new();
            for cut in cuts.windows(2) {
                let own = Share::of(cut[0]..cut[1]).in_plan(users, present);
                let numbers = numbers(own);
                prop_assert!(numbers.is_sorted());
                prop_assert_eq!(numbers.len(), own.count());
                for (place, number) in numbers.iter().enumerate() {
                    prop_assert_eq!(own.place(ListenerId(*number)), Some(place));
                }
                all.extend(numbers);
            }
            all.sort_unstable();
            prop_assert_eq!(all, (0..users).collect::<Vec<_>>());
        }
    }
}
