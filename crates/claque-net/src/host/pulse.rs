//! The heartbeat of a host's thread: whether an embedded gateway ran when it should have.

use std::{cell::RefCell, rc::Rc};

use claque_core::{
    gap::{Gap, GapLog, GeneratorPart},
    time::{Duration, Instant},
};

use crate::clock::Clock;

/// The thread comes round to its timers at least this often while it is followed. It is the error of the moment and of the
/// length of a stretch in which it did not; see docs/time.md.
const HEARTBEAT: Duration = Duration::from_millis(25);

/// The timers of the thread are off by less; what is later is late.
const SLIGHT: Duration = Duration::from_millis(2);

/// A host's own. It beats only for a run, and by the run's clock.
#[derive(Debug, Default)]
pub(super) struct HostPulse(RefCell<Option<HostHeartbeat>>);

#[derive(Debug)]
struct HostHeartbeat {
    clock: Clock,
    /// By when the next beat is due.
    due: Instant,
    gaps: GapLog,
}

impl HostPulse {
    /// Beats from `since` on, until it is finished. To be called on the host's thread.
    pub(super) fn follow(self: &Rc<Self>, clock: Clock, since: Instant) {
        *self.0.borrow_mut() = Some(HostHeartbeat { clock, due: since + HEARTBEAT, gaps: GapLog::default() });
        let pulse = Rc::clone(self);
        tokio::task::spawn_local(async move {
            while let Some((clock, due)) = pulse.next() {
                clock.sleep_until(due).await;
                pulse.beat(clock.now());
            }
        });
    }

    /// What there was until `end`; nothing where it was not followed.
    pub(super) fn finish(&self, end: Instant) -> GapLog {
        self.beat(end);
        self.0.take().map(|followed| followed.gaps.until(end)).unwrap_or_default()
    }

    fn next(&self) -> Option<(Clock, Instant)> {
        self.0.borrow().as_ref().map(|followed| (followed.clock, followed.due))
    }

    fn beat(&self, now: Instant) {
        let mut followed = self.0.borrow_mut();
        let Some(HostHeartbeat { due, gaps, .. }) = followed.as_mut() else { return };
        let lasted = now.since(*due);
        if !lasted.is_zero() {
            gaps.record(Gap { from: *due, lasted, of: GeneratorPart::Gateway });
        }
        if lasted >= SLIGHT {
            gaps.late_by(GeneratorPart::Gateway, lasted);
        }
        *due = (*due).max(now + HEARTBEAT);
    }
}

#[cfg(test)]
mod tests {
    use tokio::task::LocalSet;

    use super::*;

    /// Follows a thread of which something takes possession for so long.
    fn gaps_beside(busy: Duration) -> GapLog {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        LocalSet::new().block_on(&runtime, async {
            let (pulse, clock) = (Rc::new(HostPulse::default()), Clock::start());
            pulse.follow(clock, clock.now());
            clock.sleep_until(Instant::from_millis(60)).await;
            let end = clock.now() + busy;
            while clock.now() < end {}
            clock.sleep_until(clock.now() + Duration::from_millis(30)).await;
            pulse.finish(clock.now())
        })
    }

    #[test]
    fn a_gateway_that_cannot_come_round_to_its_connections_has_a_gap() {
        let longest = gaps_beside(Duration::from_millis(400)).longest().unwrap();
        assert_eq!(longest.of, GeneratorPart::Gateway);
        assert!(longest.lasted >= Duration::from_millis(374), "it was held for 400 ms: {longest:?}");
    }

    #[test]
    fn a_gateway_that_still_stands_at_the_end_has_stood_until_then() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        LocalSet::new().block_on(&runtime, async {
            let (pulse, clock) = (Rc::new(HostPulse::default()), Clock::start());
            pulse.follow(clock, Instant::from_millis(1_000));
            let gaps = pulse.finish(Instant::from_millis(1_925));
            assert_eq!(gaps.longest().map(|gap| gap.lasted), Some(Duration::from_millis(900)));
            assert_eq!(
                pulse.finish(Instant::from_millis(2_000)),
                GapLog::default(),
                "it is followed no more"
            );
        });
    }
}
