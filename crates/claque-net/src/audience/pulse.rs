//! The heartbeat of a lane: whether it ran when it should have, whoever listens and whatever they do.

use claque_core::{
    gap::{Gap, GapLog, GeneratorPart},
    time::{Duration, Instant},
};

/// A lane looks at its sockets at least this often. It is the error of the moment and of the length of a stretch in which it
/// did not, and forty more wake-ups a second at most, each of some microseconds; see docs/time.md.
pub(super) const HEARTBEAT: Duration = Duration::from_millis(25);

/// A lane's own.
#[derive(Debug)]
pub(super) struct Pulse {
    of: GeneratorPart,
    /// When the last wait was over.
    round: Instant,
    gaps: GapLog,
}

impl Pulse {
    pub(super) fn new(lane: usize, now: Instant) -> Self {
        let of = GeneratorPart::Lane(u32::try_from(lane).unwrap_or(u32::MAX));
        Self { of, round: now, gaps: GapLog::default() }
    }

    /// By when a wait that begins now is to be over, if `due` asks for nothing sooner.
    pub(super) fn until(due: Option<Instant>, now: Instant) -> Instant {
        let beat = now + HEARTBEAT;
        due.map_or(beat, |due| due.min(beat))
    }

    /// A wait that began at `began` and was to be over at `due` is over. What was done before it, and what it was too long by,
    /// are stretches in which nobody looked at the sockets.
    pub(super) fn beat(&mut self, began: Instant, due: Instant, round: Instant) {
        if due <= began {
            self.note(self.round, round);
        } else {
            self.note(self.round, began);
            self.note(due, round);
        }
        self.round = round;
    }

    /// What there was, the time since the last wait included.
    pub(super) fn finish(mut self, now: Instant) -> GapLog {
        self.note(self.round, now);
        self.gaps
    }

    fn note(&mut self, from: Instant, to: Instant) {
        let lasted = to.since(from);
        if !lasted.is_zero() {
            self.gaps.record(Gap { from, lasted, of: self.of });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(millis: u64) -> Instant {
        Instant::from_millis(millis)
    }

    fn stretches(pulse: Pulse, now: u64) -> Vec<(Instant, Duration)> {
        pulse.finish(at(now)).stretches().into_iter().map(|gap| (gap.from, gap.lasted)).collect()
    }

    #[test]
    fn a_wait_that_was_as_long_as_it_should_is_no_gap() {
        let mut pulse = Pulse::new(0, at(0));
        assert_eq!(Pulse::until(None, at(0)), at(25));
        assert_eq!(Pulse::until(Some(at(7)), at(0)), at(7));
        for round in 1..100 {
            pulse.beat(at(round * 25 - 25), at(round * 25), at(round * 25));
        }
        assert_eq!(stretches(pulse, 2_475), []);
    }

    #[test]
    fn a_thread_that_is_stopped_while_it_waits_is_late_from_the_moment_it_was_to_look() {
        let mut pulse = Pulse::new(0, at(0));
        pulse.beat(at(1), at(26), at(3_010));
        assert_eq!(stretches(pulse, 3_011), [(at(26), Duration::from_millis(2_984))]);
    }

    #[test]
    fn a_thread_that_is_busy_or_loses_its_core_looks_at_no_socket_either() {
        let mut pulse = Pulse::new(0, at(0));
        pulse.beat(at(0), at(25), at(25));
        // Work until 300, and then something was long due.
        pulse.beat(at(300), at(40), at(310));
        assert_eq!(stretches(pulse, 310), [(at(25), Duration::from_millis(285))]);
    }
}
