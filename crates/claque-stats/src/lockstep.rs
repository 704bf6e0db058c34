//! Whether listeners got their blocks in lockstep: the mark that a server which sends everybody's results to everybody
//! leaves in the times of a client that does not look whose they are.
//!
//! Such a client takes the first block 7 that comes for its own, so block 7 comes to all at the same moment, and so do
//! all others: the time between two listeners' arrivals of a block is the same for every block. Listeners that share a
//! queue are slowed down together, but each waits for work of its own, and that time is never twice the same. Where
//! all work takes the same time, or all comes at once from a cache, the two cannot be told apart, and nothing is said.

use std::collections::BTreeMap;

use claque_core::{
    ids::{BlockIdx, ListenerId},
    record::BlockRecord,
    time::Instant,
};

/// What arrivals tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lockstep {
    /// Pairs of listeners that could be compared.
    pub pairs: usize,
    /// Pairs among them whose arrivals were the same.
    pub locked: usize,
}

impl Lockstep {
    /// Whether the listeners were in lockstep: most pairs were.
    #[must_use]
    pub const fn is_suspected(self) -> bool {
        self.pairs > 0 && self.locked * 2 > self.pairs
    }
}

/// Blocks two listeners must have in common: fewer can agree by chance.
const LEAST_COMMON: usize = 6;

/// Listeners compared at most, the first ones: 780 pairs.
const MOST_LISTENERS: usize = 40;

/// Two arrivals are the same if their distance from the usual one is at most this share of the usual gap.
const SAME: f64 = 0.05;

/// And at most this many ms, and no need to be nearer than that.
const SAME_MS: (f64, f64) = (2.0, 25.0);

/// Share of the common blocks that must have arrived the same.
const MOSTLY: f64 = 0.75;

/// Share of a listener's gaps that must differ from all others, else work takes equal times and nothing can be told.
const DISTINCT: f64 = 0.4;

/// Compares all listeners of a run.
#[must_use]
pub fn lockstep<'a>(blocks: impl IntoIterator<Item = &'a BlockRecord>) -> Lockstep {
    let mut listeners: BTreeMap<ListenerId, BTreeMap<BlockIdx, f64>> = BTreeMap::new();
    for block in blocks {
        if let Some(ready_at) = block.ready_at {
            listeners.entry(block.listener).or_default().insert(block.block, ms(ready_at));
        }
    }
    let listeners: Vec<_> = listeners.into_values().take(MOST_LISTENERS).collect();
    let mut found = Lockstep { pairs: 0, locked: 0 };
    for (place, one) in listeners.iter().enumerate() {
        for other in listeners.iter().skip(place + 1) {
            if let Some(locked) = is_locked(one, other) {
                found.pairs += 1;
                found.locked += usize::from(locked);
            }
        }
    }
    found
}

/// None if nothing can be told of the two.
fn is_locked(one: &BTreeMap<BlockIdx, f64>, other: &BTreeMap<BlockIdx, f64>) -> Option<bool> {
    let common: Vec<(f64, f64)> =
        one.iter().filter_map(|(block, at)| other.get(block).map(|other| (*at, *other))).collect();
    if common.len() < LEAST_COMMON {
        return None;
    }
    let gaps = gaps(common.iter().map(|pair| pair.0).collect());
    let usual_gap = median(gaps.clone())?;
    let same = (usual_gap * SAME).clamp(SAME_MS.0, SAME_MS.1);
    // All at once, or all alike.
    if usual_gap < 4.0 * SAME_MS.0 || distinct(&gaps, same) < DISTINCT {
        return None;
    }
    let differences: Vec<f64> = common.iter().map(|(one, other)| one - other).collect();
    let usual = median(differences.clone())?;
    let near = differences.iter().filter(|difference| (**difference - usual).abs() <= same).count();
    Some(share(near, differences.len()) >= MOSTLY)
}

/// The times between consecutive arrivals.
fn gaps(mut arrivals: Vec<f64>) -> Vec<f64> {
    arrivals.sort_by(f64::total_cmp);
    arrivals.windows(2).filter_map(|pair| Some(pair.get(1)? - pair.first()?)).collect()
}

/// The share of gaps that no other is like.
fn distinct(gaps: &[f64], same: f64) -> f64 {
    let mut sorted = gaps.to_vec();
    sorted.sort_by(f64::total_cmp);
    let apart = |one: Option<&f64>, other: Option<&f64>| match (one, other) {
        (Some(one), Some(other)) => other - one > same / 4.0,
        (None, _) | (_, None) => true,
    };
    let alone = (0..sorted.len())
        .filter(|&at| {
            let here = sorted.get(at);
            let before = at.checked_sub(1).and_then(|before| sorted.get(before));
            apart(before, here) && apart(here, sorted.get(at + 1))
        })
        .count();
    share(alone, sorted.len())
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

fn share(part: usize, whole: usize) -> f64 {
    let float = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    if whole == 0 { 0.0 } else { float(part) / float(whole) }
}

fn ms(at: Instant) -> f64 {
    at.as_millis_f64()
}
