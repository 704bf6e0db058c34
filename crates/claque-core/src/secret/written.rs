//! Secrets in their own writings, where a text says them as they are, escaped, or with signs between that nobody sees.

use std::collections::VecDeque;

use super::{
    TELLING,
    hints::{Counts, Table, joined},
    reading::{CharReading, HexOnly, gap, readings},
    writing::{SHORTEST_ENCODED, writings},
};

/// Shorter secrets are not looked for, in characters: one would be found in every word and say nothing.
pub(super) const SHORTEST: usize = 3;

/// Every writing of each secret, by how it begins.
#[derive(Clone, Default)]
pub(super) struct WrittenSet {
    /// Every writing of each, the plain one first; the oldest secret first.
    secrets: VecDeque<Vec<Box<str>>>,
    /// How many were forgotten. With it a number stays a secret's own.
    forgotten: usize,
    /// How many writings begin so, with one character or with some more.
    beginnings: Counts,
    /// Secrets and which of their writings, by the beginning that is asked for.
    by_beginning: Table<Vec<Place>>,
}

/// A secret's number, and that of one of its writings.
type Place = (usize, usize);

impl WrittenSet {
    /// Adds a secret; whether it was worth it: one that is known already, or too short, changes nothing.
    pub(super) fn push(&mut self, secret: &str) -> bool {
        if secret.chars().count() < SHORTEST || self.knows(secret) {
            return false;
        }
        let number = self.count();
        let writings = writings(secret);
        for (writing, text) in writings.iter().enumerate() {
            self.by_beginning.entry(beginning(text)).or_default().push((number, writing));
            beginnings(text).for_each(|beginning| self.beginnings.add(beginning));
        }
        self.secrets.push_back(writings);
        true
    }

    fn knows(&self, secret: &str) -> bool {
        let places = self.by_beginning.get(&beginning(secret));
        let mut plain = places.into_iter().flatten().filter(|(_, writing)| *writing == 0);
        plain.any(|place| self.writing(*place) == Some(secret))
    }

    fn writing(&self, (number, writing): Place) -> Option<&str> {
        self.secrets.get(number - self.forgotten)?.get(writing).map(AsRef::as_ref)
    }

    /// Forgets the oldest.
    pub(super) fn pop(&mut self) {
        for text in self.secrets.pop_front().unwrap_or_default() {
            beginnings(&text).for_each(|beginning| self.beginnings.take(beginning));
            let beginning = beginning(&text);
            if let Some(places) = self.by_beginning.get_mut(&beginning) {
                places.retain(|(number, _)| *number != self.forgotten);
                if places.is_empty() {
                    self.by_beginning.remove(&beginning);
                }
            }
        }
        self.forgotten += 1;
    }

    /// How many are known.
    pub(super) fn len(&self) -> usize {
        self.secrets.len()
    }

    /// How many were added so far.
    pub(super) fn count(&self) -> usize {
        self.forgotten + self.secrets.len()
    }

    /// The secret of which most stands at the beginning of `text`, if that is all of it or says a lot.
    pub(super) fn longest_at(&self, text: &str) -> Option<Found> {
        let mut places = Vec::new();
        self.gather(text, (0, 0), &mut places);
        let writings = places.into_iter().filter_map(|place| self.writing(place));
        writings.map(|writing| found(writing, text)).filter(|found| found.is_telling).max()
    }

    /// Every writing whose beginning a text may have there, where so many characters before had this number: whatever [`read_along`] would follow
    /// is followed here.
    fn gather(&self, text: &str, (before, depth): (u64, usize), places: &mut Vec<Place>) {
        places.extend(self.by_beginning.get(&before).into_iter().flatten());
        if depth == SHORTEST_ENCODED {
            return;
        }
        let (mut at, mut taken) = (0, Vec::new());
        loop {
            let gap = if depth > 0 { gap(&text[at..], HexOnly::Yes) } else { None };
            let known = taken.len();
            for (c, length) in readings(&text[at..]).into_iter().flatten() {
                let beginning = joined(before, c);
                // The first place at which a character stands is where it is read.
                if self.beginnings.has(beginning) && !taken[..known].contains(&c) {
                    self.gather(&text[at + length..], (beginning, depth + 1), places);
                    taken.extend(gap.map(|_| c));
                }
            }
            let Some(length) = gap else { return };
            at += length;
        }
    }
}

/// The numbers of all beginnings of a writing, up to the one by which it is found.
fn beginnings(writing: &str) -> impl Iterator<Item = u64> {
    let length =
        if writing.chars().nth(SHORTEST_ENCODED - 1).is_some() { SHORTEST_ENCODED } else { SHORTEST };
    let numbers = writing.chars().scan(0, |before, c| {
        *before = joined(*before, c);
        Some(*before)
    });
    numbers.take(length)
}

/// By what a writing is found: of one that may have signs between its characters so many characters as it has at least, of others fewer.
fn beginning(writing: &str) -> u64 {
    beginnings(writing).last().unwrap_or_default()
}

/// How much of a secret stands at a place. Ordered by how much of the text that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Found {
    /// Whether it is all of it, or so much that it says a lot.
    is_telling: bool,
    /// Bytes of the text.
    pub(super) bytes: usize,
    /// Characters of the secret.
    pub(super) of: usize,
}

/// How much of `secret` stands at the beginning of `text`. `&amp;` is one character or five: whichever reading finds more.
fn found(secret: &str, text: &str) -> Found {
    let escaped_first = read_along(secret, text, |text| readings(text).into_iter().rev());
    escaped_first.max(read_along(secret, text, |text| readings(text).into_iter()))
}

fn read_along<I: Iterator<Item = Option<CharReading>>>(
    secret: &str,
    text: &str,
    readings: impl Fn(&str) -> I,
) -> Found {
    let (of, in_hex) = (secret.chars().count(), HexOnly::of(secret));
    let (mut bytes, mut characters) = (0, 0);
    for wanted in secret.chars() {
        let here = |at: usize| {
            let found = readings(&text[at..]).flatten().find(|(read, _)| read.eq_ignore_ascii_case(&wanted));
            found.map(|(_, length): CharReading| at + length)
        };
        // Signs that nobody sees, and line ends, may stand between two characters of it.
        let may_skip = of >= SHORTEST_ENCODED && bytes > 0;
        let places = core::iter::successors(Some(bytes), |at| {
            gap(&text[*at..], in_hex).filter(|_| may_skip).map(|length| at + length)
        });
        let Some(end) = places.into_iter().find_map(here) else { break };
        bytes = end;
        characters += 1;
    }
    Found { is_telling: characters >= of.min(TELLING), bytes, of }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// What is found by its beginning is what is found if every secret is looked for everywhere.
        #[test]
        fn no_beginning_is_missed(
            secrets in proptest::collection::vec("[a-c+&; %\\\\-]{3,9}", 1..6),
            text in "([a-c+&; %\\\\:-]|%61|&amp;|\\\\u0061|\\\\n|\u{200b}|A|613b){0,40}",
        ) {
            let mut set = WrittenSet::default();
            for secret in &secrets {
                set.push(secret);
            }
            for (at, _) in text.char_indices() {
                let rest = &text[at..];
                let all = set.secrets.iter().flatten().map(|writing| found(writing, rest));
                let telling = all.filter(|found| found.is_telling).max();
                prop_assert_eq!(set.longest_at(rest), telling, "{}", rest);
            }
        }
    }
}
