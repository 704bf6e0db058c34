//! The cache of audio that was made: the oldest goes first.

use std::collections::VecDeque;

use hashbrown::HashTable;

use crate::{ids::VariantHash, speech::Speech, table::Key as _};

/// Audio by its variant. A crowd's cache has a million pieces of which each is looked at twice, so they lie in the order in which they
/// were made, and what finds them by their names is small.
#[derive(Clone, Debug)]
pub(super) struct Cache {
    /// Oldest first.
    pieces: VecDeque<CachedSpeech>,
    /// The number of the oldest.
    first: u32,
    /// Numbers of pieces, counted in the order in which they were made, by the hash of their variants.
    by_hash: HashTable<u32>,
    capacity: usize,
}

/// Audio that was made.
#[derive(Clone, Debug)]
pub(super) struct CachedSpeech {
    pub(super) variant: VariantHash,
    pub(super) speech: Speech,
    /// The block and the number of the job that it was made for: what rules of faults look at.
    pub(super) block: i64,
    pub(super) number: u64,
    /// How often it was fetched.
    pub(super) fetches: u32,
}

impl Cache {
    pub(super) fn new(capacity: usize) -> Self {
        Self { pieces: VecDeque::new(), first: 0, by_hash: HashTable::new(), capacity }
    }

    pub(super) fn len(&self) -> usize {
        self.pieces.len()
    }

    /// Keeps a piece of which there is none yet.
    pub(super) fn keep(&mut self, piece: CachedSpeech) {
        let Self { pieces, first, by_hash, .. } = self;
        let number = number(*first, pieces.len());
        let hash = piece.variant.scattered();
        pieces.push_back(piece);
        by_hash.insert_unique(hash, number, |number| {
            pieces.get(place(*first, *number)).map_or(0, |piece| piece.variant.scattered())
        });
        while self.pieces.len() > self.capacity {
            self.drop_oldest();
        }
    }

    pub(super) fn get(&self, variant: &VariantHash) -> Option<&CachedSpeech> {
        self.pieces.get(self.find(variant)?)
    }

    pub(super) fn get_mut(&mut self, variant: &VariantHash) -> Option<&mut CachedSpeech> {
        let place = self.find(variant)?;
        self.pieces.get_mut(place)
    }

    fn find(&self, variant: &VariantHash) -> Option<usize> {
        let is_it = |number: &u32| {
            self.pieces.get(place(self.first, *number)).is_some_and(|piece| piece.variant == *variant)
        };
        let number = self.by_hash.find(variant.scattered(), is_it)?;
        Some(place(self.first, *number))
    }

    fn drop_oldest(&mut self) {
        let Some(oldest) = self.pieces.pop_front() else { return };
        let number = self.first;
        self.first = number.wrapping_add(1);
        if let Ok(entry) = self.by_hash.find_entry(oldest.variant.scattered(), |other| *other == number) {
            entry.remove();
        }
    }
}

/// The number of the piece at a place. Numbers come round again after four thousand million pieces, far more than there are at a time.
fn number(first: u32, place: usize) -> u32 {
    first.wrapping_add(u32::try_from(place).expect("memory holds fewer than 2^32 pieces of audio"))
}

/// Where the piece of a number lies.
fn place(first: u32, number: u32) -> usize {
    usize::try_from(number.wrapping_sub(first)).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use claque_core::time::MediaTime;
    use proptest::prelude::*;

    use super::*;
    use crate::speech::{AudioFormat, SpeechBody};

    fn piece(name: u8, seed: u64) -> CachedSpeech {
        // All of one hash, so that names are told apart and not only hashes.
        let variant =
            VariantHash::from_bytes(core::array::from_fn(|place| if place < 31 { 7 } else { name }));
        let body = SpeechBody::Synthetic { seed };
        let speech = Speech { media: MediaTime::from_millis(1), body, format: AudioFormat::Wav };
        CachedSpeech { variant, speech, block: 0, number: seed, fetches: 0 }
    }

    proptest! {
        #[test]
        fn it_holds_the_last_so_many_by_their_names(
            names in prop::collection::vec(any::<u8>(), 0..100), capacity in 0_usize..20, first in prop_oneof![Just(0), Just(u32::MAX - 3)],
        ) {
            let mut cache = Cache { first, ..Cache::new(capacity) };
            let (mut order, mut held) = (VecDeque::new(), BTreeMap::new());
            for (name, seed) in names.into_iter().zip(0_u64..) {
                let made = piece(name, seed);
                if held.contains_key(&name) {
                    prop_assert!(cache.get(&made.variant).is_some());
                    continue;
                }
                cache.keep(made);
                order.push_back(name);
                held.insert(name, seed);
                while order.len() > capacity {
                    held.remove(&order.pop_front().expect("it is not empty"));
                }
                prop_assert_eq!(cache.len(), order.len());
                for name in 0..=u8::MAX {
                    let found = cache.get(&piece(name, 0).variant).map(|piece| piece.number);
                    prop_assert_eq!(found, held.get(&name).copied());
                }
            }
        }
    }
}
