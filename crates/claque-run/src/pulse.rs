//! The heartbeat of the thread that writes facts down, and of the machine.

use claque_core::{
    gap::{Gap, GapLog, GeneratorPart},
    time::{Duration, Instant},
};
use claque_net::Clock;

/// The thread looks around at least this often. It is the error of the moment and of the length of a stretch in which it did not.
pub(crate) const HEARTBEAT: Duration = Duration::from_millis(50);

/// The recorder's own.
#[derive(Debug)]
pub(crate) struct RecorderPulse {
    clock: Clock,
    /// When it last woke, and when it last went to rest.
    woke: Instant,
    rested: Instant,
    /// How long the machine had been suspended by then, where the system tells.
    suspended: Option<Duration>,
    gaps: GapLog,
}

impl RecorderPulse {
    pub(crate) fn new(clock: Clock) -> Self {
        let (now, suspended) = (clock.now(), Clock::machine_suspended());
        Self { clock, woke: now, rested: now, suspended, gaps: GapLog::default() }
    }

    /// It wakes, at the latest a [`HEARTBEAT`] after it went to rest.
    pub(crate) fn wake(&mut self) {
        self.wake_at(self.clock.now(), Clock::machine_suspended());
    }

    /// It has done what it woke for, and hears of news again.
    pub(crate) fn rest(&mut self) {
        self.rest_at(self.clock.now());
    }

    fn wake_at(&mut self, now: Instant, suspended: Option<Duration>) {
        let due = self.rested + HEARTBEAT;
        self.note(due, now);
        self.late(now.since(due), TIMER);
        let slept = suspended.zip(self.suspended).map(|(now, before)| now.saturating_sub(before));
        if let Some(lasted) = slept.filter(|slept| *slept >= SLIGHT) {
            self.gaps.record(Gap { from: self.rested, lasted, of: GeneratorPart::Machine });
            self.gaps.late_by(GeneratorPart::Machine, lasted);
        }
        (self.woke, self.suspended) = (now, suspended);
    }

    fn rest_at(&mut self, now: Instant) {
        self.note(self.woke, now);
        // Work is late where it lets a whole beat pass.
        self.late(now.since(self.woke), HEARTBEAT);
        self.rested = now;
    }

    fn late(&mut self, lateness: Duration, from: Duration) {
        if lateness >= from {
            self.gaps.late_by(GeneratorPart::Recorder, lateness);
        }
    }

    fn note(&mut self, from: Instant, to: Instant) {
        let lasted = to.since(from);
        if !lasted.is_zero() {
            self.gaps.record(Gap { from, lasted, of: GeneratorPart::Recorder });
        }
    }

    /// What there was.
    pub(crate) fn finish(self) -> GapLog {
        self.gaps
    }
}

/// The timers of the thread are off by less; what is later is late.
const TIMER: Duration = Duration::from_millis(2);

/// Two clocks that are read one after the other differ by less.
const SLIGHT: Duration = Duration::from_millis(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_holds_the_recorder_up_is_a_stretch_and_so_is_a_beat_it_missed() {
        let mut pulse = RecorderPulse::new(Clock::start());
        let (start, suspended) = (pulse.rested, pulse.suspended);
        let at = |millis| start + Duration::from_millis(millis);
        pulse.wake_at(at(30), suspended);
        pulse.rest_at(at(1_030));
        pulse.wake_at(at(1_050), suspended);
        pulse.rest_at(at(1_051));
        pulse.wake_at(at(1_601), suspended);
        let stretches: Vec<_> = pulse.finish().stretches().iter().map(|gap| (gap.from, gap.lasted)).collect();
        let expected = [(at(30), Duration::from_secs(1)), (at(1_101), Duration::from_millis(500))];
        assert_eq!(stretches, expected);
    }

    #[test]
    fn a_suspended_machine_is_seen_though_its_clock_stood_still() {
        let mut pulse = RecorderPulse::new(Clock::start());
        pulse.suspended = Some(Duration::from_secs(40));
        pulse.wake_at(pulse.rested + Duration::from_millis(20), Some(Duration::from_secs(47)));
        let longest = pulse.finish().longest().unwrap();
        assert_eq!((longest.of, longest.lasted), (GeneratorPart::Machine, Duration::from_secs(7)));
    }
}
