//! Something for each listener, found by its number.

use std::collections::BTreeMap;

use claque_core::{arrivals::MOST_LISTENERS, ids::ListenerId};

/// Values by listener, in order of their numbers.
///
/// Listeners of a run are numbered from zero, so theirs lie side by side: a crowd's are looked up with each fact, and a tree of them
/// costs several misses of the cache. A damaged file may name any number, so what is beyond a run's bound lies in a tree.
#[derive(Clone, Debug)]
pub(crate) struct ByListener<T> {
    numbered: Vec<Option<T>>,
    beyond: BTreeMap<ListenerId, T>,
    len: usize,
}

impl<T> Default for ByListener<T> {
    fn default() -> Self {
        Self { numbered: Vec::new(), beyond: BTreeMap::new(), len: 0 }
    }
}

impl<T: Default> ByListener<T> {
    /// The value of a listener, which is a fresh one where there is none.
    pub(crate) fn entry(&mut self, listener: ListenerId) -> &mut T {
        let Some(place) = place(listener) else {
            let len = &mut self.len;
            return self.beyond.entry(listener).or_insert_with(|| {
                *len += 1;
                T::default()
            });
        };
        if place >= self.numbered.len() {
            self.numbered.resize_with(place + 1, || None);
        }
        let value = &mut self.numbered[place];
        self.len += usize::from(value.is_none());
        value.get_or_insert_default()
    }
}

impl<T> ByListener<T> {
    pub(crate) fn remove(&mut self, listener: ListenerId) -> Option<T> {
        let removed = match place(listener) {
            Some(place) => self.numbered.get_mut(place)?.take(),
            None => self.beyond.remove(&listener),
        };
        self.len -= usize::from(removed.is_some());
        removed
    }

    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (ListenerId, &T)> {
        let numbered = (0..).map(ListenerId).zip(&self.numbered);
        let numbered = numbered.filter_map(|(listener, value)| Some((listener, value.as_ref()?)));
        numbered.chain(self.beyond.iter().map(|(listener, value)| (*listener, value)))
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &T> {
        self.iter().map(|(_, value)| value)
    }
}

/// Where a listener's value lies among those side by side.
fn place(listener: ListenerId) -> Option<usize> {
    if listener.0 < MOST_LISTENERS { usize::try_from(listener.0).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_holds_what_a_tree_holds_in_its_order(
            steps in prop::collection::vec((prop_oneof![0_u32..40, MOST_LISTENERS - 1..MOST_LISTENERS + 3], any::<bool>()), 0..200),
        ) {
            let (mut ours, mut tree) = (ByListener::<u32>::default(), BTreeMap::new());
            for (number, keeps) in steps {
                let listener = ListenerId(number);
                if keeps {
                    *ours.entry(listener) += 1;
                    *tree.entry(listener).or_default() += 1;
                } else {
                    prop_assert_eq!(ours.remove(listener), tree.remove(&listener));
                }
                prop_assert_eq!(ours.len(), tree.len());
            }
            prop_assert!(ours.values().eq(tree.values()));
            prop_assert!(ours.iter().eq(tree.iter().map(|(listener, value)| (*listener, value))));
        }
    }
}
