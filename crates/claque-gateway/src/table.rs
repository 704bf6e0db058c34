//! Things found by a key: what a gateway with a million blocks under way looks things up in.
//!
//! A table of hashes. It cannot be walked through but by [`Table::sorted`], so that no order can come of the hash; and
//! the hash is the same in every process. Keys that nobody outside chooses need no other.

use core::fmt;

use hashbrown::HashTable;

use crate::ids::{ConnId, DocumentId, JobId, VariantHash};

/// Something to look things up by.
pub trait Key: Copy + Ord {
    /// A number that differs in every bit for most keys that differ.
    fn scattered(self) -> u64;
}

/// Values by key.
#[derive(Clone)]
pub struct Table<K, V> {
    entries: HashTable<(K, V)>,
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self { entries: HashTable::new() }
    }
}

impl<K, V> fmt::Debug for Table<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").field("len", &self.entries.len()).finish_non_exhaustive()
    }
}

impl<K: Key, V> Table<K, V> {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The value of a key.
    pub fn get(&self, key: K) -> Option<&V> {
        self.entries.find(key.scattered(), |(other, _)| *other == key).map(|(_, value)| value)
    }

    /// The value of a key, to be changed.
    pub fn get_mut(&mut self, key: K) -> Option<&mut V> {
        self.entries.find_mut(key.scattered(), |(other, _)| *other == key).map(|(_, value)| value)
    }

    /// The value of a key, which is `fresh` where there is none.
    pub fn get_or_insert_with(&mut self, key: K, fresh: impl FnOnce() -> V) -> &mut V {
        let entry =
            self.entries.entry(key.scattered(), |(other, _)| *other == key, |(key, _)| key.scattered());
        &mut entry.or_insert_with(|| (key, fresh())).into_mut().1
    }

    /// Gives a key this value; gives the one it had.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        if let Some(held) = self.get_mut(key) {
            return Some(core::mem::replace(held, value));
        }
        self.entries.insert_unique(key.scattered(), (key, value), |(key, _)| key.scattered());
        None
    }

    /// Takes a key and its value away.
    pub fn remove(&mut self, key: K) -> Option<V> {
        let entry = self.entries.find_entry(key.scattered(), |(other, _)| *other == key).ok()?;
        Some(entry.remove().0.1)
    }

    /// Every value, in order of keys. Costs a sorting.
    pub fn sorted(&mut self) -> impl Iterator<Item = (K, &mut V)> {
        let mut all: Vec<_> = self.entries.iter_mut().map(|(key, value)| (*key, value)).collect();
        all.sort_unstable_by_key(|(key, _)| *key);
        all.into_iter()
    }
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood 2014).
pub(crate) const fn scatter(number: u64) -> u64 {
    let z = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Key for ConnId {
    fn scattered(self) -> u64 {
        scatter(self.0)
    }
}

impl Key for JobId {
    fn scattered(self) -> u64 {
        scatter(self.0)
    }
}

impl Key for DocumentId {
    fn scattered(self) -> u64 {
        scatter(self.low_bits())
    }
}

impl Key for VariantHash {
    /// A digest is scattered as it is.
    fn scattered(self) -> u64 {
        self.low_bits()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_holds_what_a_tree_holds(steps in prop::collection::vec((0_u64..40, 0_u8..4, any::<u32>()), 0..400)) {
            let (mut table, mut tree) = (Table::default(), BTreeMap::new());
            for (number, step, value) in steps {
                let key = ConnId(number);
                match step {
                    0 => prop_assert_eq!(table.insert(key, value), tree.insert(key, value)),
                    1 => prop_assert_eq!(table.remove(key), tree.remove(&key)),
                    2 => prop_assert_eq!(*table.get_or_insert_with(key, || value), *tree.entry(key).or_insert(value)),
                    _ => prop_assert_eq!(table.get(key), tree.get(&key)),
                }
                prop_assert_eq!(table.len(), tree.len());
            }
            let all: Vec<_> = table.sorted().map(|(key, value)| (key, *value)).collect();
            prop_assert_eq!(all, tree.into_iter().collect::<Vec<_>>());
        }
    }
}
