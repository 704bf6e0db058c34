//! Parts of secrets: a service may say back all but the first characters of a key, its middle, or groups of it with signs between.

use std::collections::{BTreeMap, VecDeque};

use base64::{Engine as _, prelude::BASE64_STANDARD};

use super::BLANK;

/// So many letters and digits in a row are found. Services tell keys apart by their last four; of as many as this no honest word
/// is made by chance.
const PART: usize = 10;

/// Secrets of fewer letters and digits are only looked for as a whole, for they may be made of words.
const SHORTEST: usize = 16;

/// Basic credentials of fewer characters than this are no credentials.
const SHORTEST_PAIR: usize = 6;

/// A part, as a number.
type Part = u64;

/// Every part of each long secret.
#[derive(Clone, Default)]
pub(super) struct PartSet {
    /// In the order in which they came; empty of those that are short.
    of_each: VecDeque<Box<[Part]>>,
    /// How many secrets have it.
    counts: BTreeMap<Part, u32>,
}

impl PartSet {
    /// Adds those of a secret.
    pub(super) fn push(&mut self, secret: &str) {
        let letters: Vec<_> = letters(secret).map(|(_, c)| c).collect();
        let is_long = letters.len() >= SHORTEST;
        let parts: Box<[Part]> = letters.windows(PART).filter(|_| is_long).map(part).collect();
        parts.iter().for_each(|part| *self.counts.entry(*part).or_default() += 1);
        self.of_each.push_back(parts);
    }

    /// Forgets those of the oldest secret.
    pub(super) fn pop(&mut self) {
        for part in self.of_each.pop_front().unwrap_or_default() {
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
        !self.ranges(text).is_empty()
    }

    /// `text` without them.
    pub(super) fn blank_in(&self, text: String) -> String {
        let ranges = self.ranges(&text);
        if ranges.is_empty() {
            return text;
        }
        let mut clean = String::with_capacity(text.len());
        let mut at = 0;
        for (from, until) in ranges {
            clean.push_str(&text[at..from]);
            clean.push_str(BLANK);
            at = until;
        }
        clean.push_str(&text[at..]);
        clean
    }

    /// Where they are, in bytes, in order and apart.
    fn ranges(&self, text: &str) -> Vec<(usize, usize)> {
        let mut ranges: Vec<(usize, usize)> = Vec::new();
        if self.counts.is_empty() {
            return ranges;
        }
        let (places, letters): (Vec<usize>, Vec<char>) = letters(text).unzip();
        for (first, window) in letters.windows(PART).enumerate() {
            if !self.counts.contains_key(&part(window)) {
                continue;
            }
            let last = first + PART - 1;
            let (from, until) = (places[first], places[last] + letters[last].len_utf8());
            match ranges.last_mut().filter(|range| range.1 >= from) {
                Some(range) => range.1 = until,
                None => ranges.push((from, until)),
            }
        }
        ranges
    }
}

/// Letters and digits with their places in bytes, in lower case as far as ASCII goes.
fn letters(text: &str) -> impl Iterator<Item = (usize, char)> {
    text.char_indices().filter(|(_, c)| c.is_alphanumeric()).map(|(at, c)| (at, c.to_ascii_lowercase()))
}

/// A number that two different parts hardly ever share (FNV-1a).
fn part(letters: &[char]) -> Part {
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
