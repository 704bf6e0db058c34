//! Parts of secrets: a service may say back all but the first characters of a key, its middle, or groups of it with signs between.

use std::collections::{BTreeMap, VecDeque};

use base64::{Engine as _, prelude::BASE64_STANDARD};

use super::{
    hints::{Counts, Window},
    view::{Unit, range},
};

/// So many letters and digits in a row are found. Services tell keys apart by their last four; of as many as this no honest word
/// is made by chance.
pub(super) const PART: usize = 10;

/// Secrets of fewer letters and digits are only looked for as a whole, for they may be made of words.
const SHORTEST: usize = 16;

/// Basic credentials of fewer characters than this are no credentials.
const SHORTEST_PAIR: usize = 6;

/// A part, as a number.
type Part = u64;

/// A part, with what hints at it.
type Hinted = (Part, [u64; 2]);

/// Every part of each long secret.
#[derive(Clone, Default)]
pub(super) struct PartSet {
    /// In the order in which they came; empty of those that are short. Each with what hints at it.
    of_each: VecDeque<Box<[Hinted]>>,
    /// How many secrets have it.
    counts: BTreeMap<Part, u32>,
    hints: Counts,
}

impl PartSet {
    /// Adds those of a secret.
    pub(super) fn push(&mut self, secret: &str) {
        let letters: Vec<_> = letters(secret).collect();
        let is_long = letters.len() >= SHORTEST;
        let windows = letters.windows(PART).filter(|_| is_long);
        let parts: Box<[Hinted]> =
            windows.map(|window| (hash(window), Window::<PART>::both_ways(window))).collect();
        for (part, hints) in &parts {
            *self.counts.entry(*part).or_default() += 1;
            hints.iter().for_each(|hint| self.hints.add(*hint));
        }
        self.of_each.push_back(parts);
    }

    /// Forgets those of the oldest secret.
    pub(super) fn pop(&mut self) {
        for (part, hints) in self.of_each.pop_front().unwrap_or_default() {
            hints.iter().for_each(|hint| self.hints.take(*hint));
            if let Some(count) = self.counts.get_mut(&part) {
                *count -= 1;
                if *count == 0 {
                    self.counts.remove(&part);
                }
            }
        }
    }

    /// Whether a part of any is in `text`.
    pub(super) fn is_in(&self, text: &str) -> bool {
        let letters: Vec<char> = letters(text).collect();
        letters.windows(PART).any(|window| self.counts.contains_key(&hash(window)))
    }

    /// What hints at a part in a text, forwards or backwards, turned or not.
    pub(super) const fn hints(&self) -> &Counts {
        &self.hints
    }

    /// The bytes of the text in which each stands, `units` being what is compared.
    pub(super) fn found_in(&self, units: &[Unit]) -> Vec<(usize, usize)> {
        if self.counts.is_empty() {
            return Vec::new();
        }
        let (letters, chars): (Vec<Unit>, Vec<char>) =
            units.iter().filter(|unit| unit.c.is_alphanumeric()).map(|unit| (*unit, unit.c)).unzip();
        let is_part = |(_, window): &(usize, &[char])| self.counts.contains_key(&hash(window));
        let parts = chars.windows(PART).enumerate().filter(is_part);
        parts.map(|(first, _)| range(&letters[first..first + PART])).collect()
    }
}

/// Letters and digits, in lower case as far as ASCII goes.
fn letters(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|c| c.is_alphanumeric()).map(|c| c.to_ascii_lowercase())
}

/// A number that two different texts hardly ever share (FNV-1a).
pub(super) fn hash(letters: &[char]) -> Part {
    letters.iter().fold(0xcbf2_9ce4_8422_2325, |hash, c| {
        (hash ^ u64::from(u32::from(*c))).wrapping_mul(0x0100_0000_01b3)
    })
}

/// What Basic credentials say: both together, and the password alone. The last word may stand behind the name of the scheme.
pub(super) fn decoded_pair(secret: &str) -> Option<[String; 2]> {
    let word = secret.split_whitespace().next_back()?;
    let pair = String::from_utf8(BASE64_STANDARD.decode(word).ok()?).ok()?;
    let (_, password) = pair.split_once(':').filter(|_| pair.chars().count() >= SHORTEST_PAIR)?;
    let password = password.to_owned();
    pair.chars().all(|c| !c.is_control()).then_some([pair, password])
}
