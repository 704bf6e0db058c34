//! Who has waited longest: a tally for everybody, and the few at its head.

use claque_core::{
    ids::ListenerId,
    record::StallRecord,
    time::{Duration, Instant, duration_nanos},
};

/// Listeners at the head of the tally.
const HEAD: usize = 12;

/// What became of one listener so far.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    stalled_ms: u32,
    underruns: u32,
}

/// One of those who waited longest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Waiter {
    pub(crate) listener: ListenerId,
    pub(crate) underruns: u32,
    pub(crate) stalled_ms: u32,
    /// When its last stall was over.
    pub(crate) until: Instant,
}

/// Stalls by listener.
#[derive(Clone, Debug)]
pub(crate) struct Worst {
    /// By listener; as many as there are.
    tallies: Vec<Tally>,
    /// The longest first. Since nobody's time ever becomes less, whoever is not in it can only come in by a stall.
    head: Vec<Waiter>,
    affected: u64,
    longest: Duration,
}

impl Worst {
    /// Nobody has waited.
    pub(crate) fn new(listeners: u64) -> Self {
        let listeners = usize::try_from(listeners).unwrap_or(usize::MAX);
        Self {
            tallies: vec![Tally::default(); listeners],
            head: Vec::new(),
            affected: 0,
            longest: Duration::ZERO,
        }
    }

    pub(crate) fn add(&mut self, stall: &StallRecord) {
        let place = usize::try_from(stall.listener.0).unwrap_or(usize::MAX);
        let Some(tally) = self.tallies.get_mut(place) else { return };
        self.affected += u64::from(tally.underruns == 0);
        tally.underruns += 1;
        let waited_ms = duration_nanos(stall.waited).div_ceil(1_000_000);
        tally.stalled_ms = tally.stalled_ms.saturating_add(u32::try_from(waited_ms).unwrap_or(u32::MAX));
        self.longest = self.longest.max(stall.waited);
        let Tally { stalled_ms, underruns } = *tally;
        let waiter =
            Waiter { listener: stall.listener, underruns, stalled_ms, until: stall.began_at + stall.waited };
        self.head.retain(|other| other.listener != stall.listener);
        let before = self.head.partition_point(|other| other.stalled_ms >= waiter.stalled_ms);
        if before < HEAD {
            self.head.insert(before, waiter);
            self.head.truncate(HEAD);
        }
    }

    /// Those who waited longest, the longest first.
    pub(crate) fn head(&self) -> &[Waiter] {
        &self.head
    }

    /// Listeners that waited at all.
    pub(crate) const fn affected(&self) -> u64 {
        self.affected
    }

    /// The longest stall.
    pub(crate) const fn longest(&self) -> Duration {
        self.longest
    }
}

#[cfg(test)]
mod tests {
    use claque_core::ids::BlockIdx;

    use super::*;

    fn stall(listener: u32, waited_ms: u64) -> StallRecord {
        StallRecord {
            listener: ListenerId(listener),
            block: BlockIdx(1),
            began_at: Instant::from_millis(5_000),
            waited: Duration::from_millis(waited_ms),
        }
    }

    #[test]
    fn the_head_is_what_sorting_everybody_would_give() {
        let mut worst = Worst::new(100);
        for turn in 0..7_u32 {
            for listener in 0..100 {
                if (listener * 7 + turn) % 3 == 0 {
                    worst.add(&stall(listener, u64::from((listener * 37 + turn * 11) % 101)));
                }
            }
        }
        let mut all: Vec<_> = worst.tallies.iter().map(|tally| tally.stalled_ms).collect();
        all.sort_unstable_by(|one, other| other.cmp(one));
        let head: Vec<_> = worst.head().iter().map(|waiter| waiter.stalled_ms).collect();
        assert_eq!(head, all[..HEAD]);
        for waiter in worst.head() {
            let tally = worst.tallies[usize::try_from(waiter.listener.0).unwrap()];
            assert_eq!((waiter.stalled_ms, waiter.underruns), (tally.stalled_ms, tally.underruns));
        }
    }

    #[test]
    fn a_listener_is_affected_once_and_a_stranger_never() {
        let mut worst = Worst::new(2);
        [stall(1, 300), stall(1, 500), stall(7, 900)].iter().for_each(|stall| worst.add(stall));
        assert_eq!((worst.affected(), worst.longest()), (1, Duration::from_millis(500)));
        assert_eq!(worst.head().len(), 1);
        assert_eq!(worst.head()[0].until, Instant::from_millis(5_500));
    }
}
