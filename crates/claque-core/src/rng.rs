//! The seed tree: every random choice of a run hangs from one seed by a path of names and numbers.
//!
//! Two places never share a stream, and adding a draw in one place changes nothing in another.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// A node of the seed tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seed(u64);

impl Seed {
    /// The root, from the run's `--seed`.
    #[must_use]
    pub const fn root(seed: u64) -> Self {
        Self(seed)
    }

    /// The child called `name`.
    #[must_use]
    pub fn child(self, name: &str) -> Self {
        Self(name.bytes().fold(mix(self.0 ^ 0x6e61_6d65), |state, byte| mix(state ^ u64::from(byte))))
    }

    /// The child numbered `index`.
    #[must_use]
    pub const fn index(self, index: u64) -> Self {
        Self(mix(mix(self.0 ^ 0x69_6e64_6578) ^ index))
    }

    /// The number at this node, for labels that must be unique per run.
    #[must_use]
    pub const fn value(self) -> u64 {
        mix(self.0)
    }

    /// A generator that starts here.
    #[must_use]
    pub fn rng(self) -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(self.0)
    }
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood 2014): a bijection that scatters every bit.
const fn mix(value: u64) -> u64 {
    let z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_do_not_collide() {
        let root = Seed::root(7);
        let mut seen = std::collections::BTreeSet::new();
        for name in ["a", "b", "ab", "ba", ""] {
            assert!(seen.insert(root.child(name).value()), "{name:?} collides");
        }
        for i in 0..1_000 {
            assert!(seen.insert(root.child("listener").index(i).value()), "listener {i} collides");
        }
    }
}
