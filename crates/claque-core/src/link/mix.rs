//! Which listener has which network.

use std::sync::Arc;

use super::LinkProfile;
use crate::{ids::ListenerId, rng::Seed};

/// A step that spreads numbers in a row evenly over a circle: 2^64 divided by the golden ratio (Knuth, The Art of Computer Programming,
/// volume 3, section 6.4).
const GOLDEN_STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// Networks and their shares of the listeners. Without any, nothing is between listeners and service but what is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinkMix {
    classes: Vec<LinkClass>,
}

/// A network and how many have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkClass {
    /// What it is called where figures are told.
    pub name: Arc<str>,
    /// Its part of the listeners, in proportion to those of the others.
    pub share: u32,
    /// What it does.
    pub profile: LinkProfile,
}

impl LinkMix {
    /// Makes one of these.
    #[must_use]
    pub const fn new(classes: Vec<LinkClass>) -> Self {
        Self { classes }
    }

    /// One network for everybody.
    #[must_use]
    pub fn of_everybody(name: &str, profile: LinkProfile) -> Self {
        Self { classes: vec![LinkClass { name: name.into(), share: 1, profile }] }
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        self.classes.is_empty()
    }

    /// All there are.
    #[must_use]
    pub fn classes(&self) -> &[LinkClass] {
        &self.classes
    }

    /// The network of a listener, as its place among all. It depends on the plan's seed and the listener's number alone, and of any
    /// listeners in a row each network has its share, up to one or two.
    #[must_use]
    pub fn class_of(&self, seed: Seed, listener: ListenerId) -> Option<usize> {
        let all: u64 = self.classes.iter().map(|class| u64::from(class.share)).sum();
        let start = seed.child("network").value();
        let place = start.wrapping_add(u64::from(listener.0).wrapping_mul(GOLDEN_STEP));
        // The place on the circle, in shares.
        let mut place = (u128::from(place) * u128::from(all)) >> 64;
        self.classes.iter().position(|class| {
            let is_here = place < u128::from(class.share);
            place = place.saturating_sub(class.share.into());
            is_here
        })
    }

    /// The same, and what it is.
    #[must_use]
    pub fn of(&self, seed: Seed, listener: ListenerId) -> Option<&LinkClass> {
        self.class_of(seed, listener).map(|class| &self.classes[class])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mix(shares: &[u32]) -> LinkMix {
        let class = |&share| LinkClass { name: "a".into(), share, profile: LinkProfile::default() };
        LinkMix::new(shares.iter().map(class).collect())
    }

    #[test]
    fn each_network_has_its_share_of_any_listeners_in_a_row() {
        let mix = mix(&[60, 30, 10]);
        for seed in 0..50 {
            for first in [0, 7, 100_000] {
                let mut count = [0_i32; 3];
                for listener in first..first + 100 {
                    count[mix.class_of(Seed::root(seed), ListenerId(listener)).unwrap()] += 1;
                }
                let apart = count.iter().zip([60, 30, 10]).map(|(count, share)| (count - share).abs()).max();
                assert!(apart <= Some(2), "{count:?} of seed {seed} from {first}");
            }
        }
    }

    #[test]
    fn who_has_which_is_the_seeds_choice() {
        let mix = mix(&[1, 1]);
        let of = |seed| (0..40).map(move |listener| (seed, listener));
        let choose = |(seed, listener)| mix.class_of(Seed::root(seed), ListenerId(listener));
        let [one, other] = [1, 2].map(|seed| of(seed).map(choose).collect::<Vec<_>>());
        assert_ne!(one, other);
        assert_eq!(LinkMix::default().class_of(Seed::root(1), ListenerId(0)), None);
    }

    #[test]
    fn a_network_without_a_share_is_nobodys() {
        let mix = mix(&[0, 1, 0]);
        assert!((0..1_000).all(|listener| mix.class_of(Seed::root(3), ListenerId(listener)) == Some(1)));
    }
}
