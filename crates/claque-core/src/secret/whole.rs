//! Whole secrets, or so much of their beginning that it says a lot, in a text that was read.

use std::collections::{BTreeMap, VecDeque};

use super::{
    TELLING,
    hints::{Counts, Window},
    part::hash,
    view::{Unit, normal_text, range},
    writing::SHORTEST_ENCODED,
};

/// Secrets by how they begin.
#[derive(Clone, Default)]
pub(super) struct WholeSet {
    /// As they are compared, in the order in which they came; empty of those that are too short to be looked for in codes.
    secrets: VecDeque<Box<[char]>>,
    /// How many were forgotten. With it a number stays a secret's own.
    forgotten: usize,
    by_head: BTreeMap<u64, Vec<usize>>,
    hints: Counts,
}

/// So many characters are a secret's head.
pub(super) const HEAD: usize = SHORTEST_ENCODED;

impl WholeSet {
    /// Adds one.
    pub(super) fn push(&mut self, secret: &str) {
        let normal = normal_text(secret);
        if let Some(head) = normal.get(..HEAD) {
            Window::<HEAD>::both_ways(head).into_iter().for_each(|hint| self.hints.add(hint));
            self.by_head.entry(hash(head)).or_default().push(self.forgotten + self.secrets.len());
        }
        let is_long = normal.len() >= HEAD;
        self.secrets.push_back(if is_long { normal.into() } else { Box::default() });
    }

    /// Forgets the oldest.
    pub(super) fn pop(&mut self) {
        let oldest = self.secrets.pop_front().unwrap_or_default();
        if let Some(head) = oldest.get(..HEAD) {
            Window::<HEAD>::both_ways(head).into_iter().for_each(|hint| self.hints.take(hint));
            if let Some(numbers) = self.by_head.get_mut(&hash(head)) {
                numbers.retain(|number| *number != self.forgotten);
            }
        }
        self.forgotten += 1;
    }

    /// What hints at a secret's head in a text, forwards or backwards, turned or not.
    pub(super) const fn hints(&self) -> &Counts {
        &self.hints
    }

    /// The bytes of the text in which one stands, `units` being what is compared.
    pub(super) fn found_in(&self, units: &[Unit]) -> Vec<(usize, usize)> {
        let chars: Vec<char> = units.iter().map(|unit| unit.c).collect();
        let at = |(place, head): (usize, &[char])| {
            let numbers = self.by_head.get(&hash(head))?;
            let secrets = numbers.iter().filter_map(|number| self.secrets.get(number - self.forgotten));
            let told = secrets.filter_map(|secret| told(secret, &chars[place..])).max()?;
            Some(range(&units[place..place + told]))
        };
        chars.windows(HEAD).enumerate().filter_map(at).collect()
    }
}

/// How many characters of a secret stand at the beginning, if they are all of it or many.
fn told(secret: &[char], text: &[char]) -> Option<usize> {
    let told = secret.iter().zip(text).take_while(|(wanted, c)| wanted == c).count();
    (told >= secret.len().min(TELLING)).then_some(told)
}
