//! What tells at one glance that a text holds no secret: nearly every reading of nearly every text.

use std::collections::BTreeMap;

/// What is found by a number.
pub(super) type Table<V> = BTreeMap<u64, V>;

/// How many have each number.
#[derive(Clone, Default)]
pub(super) struct Counts(Table<u32>);

impl Counts {
    pub(super) fn add(&mut self, number: u64) {
        *self.0.entry(number).or_default() += 1;
    }

    pub(super) fn take(&mut self, number: u64) {
        if let Some(count) = self.0.get_mut(&number) {
            *count -= 1;
            if *count == 0 {
                self.0.remove(&number);
            }
        }
    }

    pub(super) fn has(&self, number: u64) -> bool {
        self.0.contains_key(&number)
    }
}

/// Odd, and with many bits (Knuth's golden ratio).
const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

/// The number of a text with one character more, whatever its case in ASCII.
pub(super) fn joined(before: u64, c: char) -> u64 {
    before.wrapping_add(1).wrapping_mul(MULTIPLIER).wrapping_add(u64::from(u32::from(c.to_ascii_lowercase())))
}

/// The last so many characters that passed, as a number that is the same whether a letter is turned by thirteen places or not.
pub(super) struct Window<const N: usize> {
    last: [u64; N],
    passed: usize,
    hash: u64,
    /// What a character weighs that leaves.
    weight: u64,
}

impl<const N: usize> Window<N> {
    pub(super) fn new() -> Self {
        let weight = (0..N).fold(1_u64, |weight, _| weight.wrapping_mul(MULTIPLIER));
        Self { last: [0; N], passed: 0, hash: 0, weight }
    }

    /// Lets a character in; the number as soon as there are enough.
    pub(super) fn push(&mut self, c: char) -> Option<u64> {
        let place = self.passed % N;
        let class = match c {
            'a'..='z' => u64::from((u32::from(c) - u32::from('a')) % 13) + 1,
            c => u64::from(u32::from(c)) + 14,
        };
        let gone = std::mem::replace(&mut self.last[place], class);
        self.hash = self
            .hash
            .wrapping_mul(MULTIPLIER)
            .wrapping_add(class)
            .wrapping_sub(gone.wrapping_mul(self.weight));
        self.passed += 1;
        (self.passed >= N).then_some(self.hash)
    }

    /// The numbers of so many characters, as they stand and backwards.
    pub(super) fn both_ways(chars: &[char]) -> [u64; 2] {
        let passed = |mut window: Self, c: &char| {
            window.push(*c);
            window
        };
        [chars.iter().fold(Self::new(), passed), chars.iter().rev().fold(Self::new(), passed)]
            .map(|window| window.hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn last<const N: usize>(text: &str) -> Option<u64> {
        let mut window = Window::<N>::new();
        text.chars().fold(None, |_, c| window.push(c))
    }

    #[test]
    fn a_windows_number_is_that_of_its_last_characters_and_of_them_turned() {
        assert_eq!(last::<3>("ab"), None);
        assert_eq!(last::<3>("xyzabc"), last::<3>("abc"));
        assert_eq!(last::<3>("abc"), last::<3>("nop"));
        assert_ne!(last::<3>("abc"), last::<3>("acb"));
        let [forwards, backwards] = Window::<3>::both_ways(&['a', 'b', 'c']);
        assert_eq!((Some(forwards), Some(backwards)), (last::<3>("abc"), last::<3>("cba")));
    }

    #[test]
    fn what_was_taken_as_often_as_it_was_added_is_gone() {
        let mut counts = Counts::default();
        (0..2).for_each(|_| counts.add(7));
        counts.take(7);
        assert!(counts.has(7));
        counts.take(7);
        assert!(counts.0.is_empty());
    }
}
