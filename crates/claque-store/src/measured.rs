//! Whether two runs are one: by what was measured, whatever their folders are called and `run.json` says.

use std::hash::{DefaultHasher, Hash, Hasher};

use claque_core::record::Fact;

/// What stands for everything that was measured in a run: two runs with the same one are one run. Moments are in nanoseconds and
/// documents are told apart by their ids, so that no two runs agree by chance, but for simulations of one seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Measured(u64);

impl Measured {
    /// Of these facts, in whatever order; none where nothing was measured.
    pub(crate) fn of(facts: &[Fact]) -> Option<Self> {
        let prints = facts.iter().filter_map(print_of);
        prints.reduce(u64::wrapping_add).map(Self)
    }
}

/// What a run cannot share with another: the moments of its blocks and listeners, and whose document it was.
fn print_of(fact: &Fact) -> Option<u64> {
    let mut hasher = DefaultHasher::new();
    match fact {
        Fact::Block(block) => {
            let times = [block.requested_at, block.ready_at, block.first_audio_at, block.complete_at];
            (0_u8, block.listener, block.block, block.bytes, block.chars, times).hash(&mut hasher);
        }
        Fact::Listener(one) => {
            let times = (one.intended_at, one.launched_at, one.started_at, one.ended_at);
            (1_u8, one.listener, &one.document, one.connect_time, times).hash(&mut hasher);
        }
        Fact::Stall(stall) => {
            (2_u8, stall.listener, stall.block, stall.began_at, stall.waited).hash(&mut hasher);
        }
        Fact::Error(error) => (3_u8, error.listener, error.at).hash(&mut hasher),
        Fact::Incident(_) | Fact::Sound(_) => return None,
    }
    Some(hasher.finish())
}

#[cfg(test)]
mod tests {
    use claque_core::{
        ids::{BlockIdx, ListenerId},
        record::BlockRecord,
        time::Instant,
    };

    use super::*;

    fn block(number: u32, requested_ns: u64) -> Fact {
        let requested_at = Some(Instant::from_nanos(requested_ns));
        Fact::Block(BlockRecord {
            requested_at,
            ..BlockRecord::wanted(ListenerId(0), BlockIdx(number), Instant::START)
        })
    }

    #[test]
    fn a_nanosecond_makes_another_run_and_an_order_does_not() {
        let of = |facts: &[Fact]| Measured::of(facts);
        assert_eq!(of(&[block(0, 5), block(1, 9)]), of(&[block(1, 9), block(0, 5)]));
        assert_ne!(of(&[block(0, 5), block(1, 9)]), of(&[block(0, 5), block(1, 10)]));
        assert_ne!(of(&[block(0, 5)]), of(&[block(0, 5), block(1, 9)]));
        assert_eq!(of(&[]), None);
    }
}
