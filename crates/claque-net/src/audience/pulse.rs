//! The heartbeat of a lane: whether it ran when it should have, whoever listens and whatever they do.

use claque_core::{
    gap::{Gap, GapLog, GeneratorPart},
    time::{Duration, Instant},
};

/// A lane looks at its sockets at least this often. It is the error of the moment and of the length of a stretch in which it
/// did not, and forty more wake-ups a second at most, each of some microseconds; see docs/time.md.
pub(super) const HEARTBEAT: Duration = Duration::from_millis(25);

/// How long the waits of a lane with nothing to do are, one after the other. They differ, so that no stop that comes at equal intervals
/// falls between all of them.
const BEATS: [Duration; 4] =
    [HEARTBEAT, Duration::from_millis(16), Duration::from_millis(22), Duration::from_millis(13)];

/// A timer of the system is off by less; waits that are longer by more are late.
const SLIGHT: Duration = Duration::from_millis(1);

/// A lane's own.
#[derive(Debug)]
pub(super) struct Pulse {
    of: GeneratorPart,
    /// When the last wait was over.
    round: Instant,
    /// Which of the beats is next.
    next: usize,
    gaps: GapLog,
}

impl Pulse {
    pub(super) fn new(lane: usize, now: Instant) -> Self {
        let of = GeneratorPart::Lane(u32::try_from(lane).unwrap_or(u32::MAX));
        Self { of, round: now, next: 0, gaps: GapLog::default() }
    }

    /// By when a wait that begins now is to be over, if `due` asks for nothing sooner.
    pub(super) fn until(&self, due: Option<Instant>, now: Instant) -> Instant {
        let beat = now + BEATS.get(self.next).copied().unwrap_or(HEARTBEAT);
        due.map_or(beat, |due| due.min(beat))
    }

    /// A wait that began at `began` and was to be over at `due` is over. What was done before it, and what it was too long by,
    /// are stretches in which nobody looked at the sockets.
    pub(super) fn beat(&mut self, began: Instant, due: Instant, round: Instant) {
        if due <= began {
            self.note(self.round, round);
            self.work(round.since(self.round));
        } else {
            self.note(self.round, began);
            self.work(began.since(self.round));
            self.note(due, round);
            self.late(round.since(due));
        }
        self.next = (self.next + 1) % BEATS.len();
        self.round = round;
    }

    /// Work is late where it lets a whole beat pass. What is shorter is what the lane is for, and no lateness.
    fn work(&mut self, lasted: Duration) {
        if lasted >= HEARTBEAT {
            self.late(lasted);
        }
    }

    fn late(&mut self, lateness: Duration) {
        if lateness >= SLIGHT {
            self.gaps.late_by(self.of, lateness);
        }
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
        assert_eq!(pulse.until(None, at(0)), at(25));
        assert_eq!(pulse.until(Some(at(7)), at(0)), at(7));
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

    /// A thread that runs for `runs` ms and is then stopped for `stops` ms, again and again for ten seconds.
    fn late_of_stopped(stops: u64, runs: u64) -> Option<Duration> {
        let wakes = |due: u64| {
            let (turn, within) = (due / (stops + runs), due % (stops + runs));
            if within < runs { due } else { (turn + 1) * (stops + runs) }
        };
        let (mut pulse, mut now) = (Pulse::new(0, at(0)), 0);
        while now < 10_000 {
            let due = pulse.until(None, at(now)).since(at(0)).as_millis();
            let due = u64::try_from(due).unwrap();
            pulse.beat(at(now), at(due), at(wakes(due)));
            now = wakes(due);
        }
        pulse.finish(at(now)).latest().map(|(_, lateness)| lateness)
    }

    #[test]
    fn stops_that_are_each_too_short_to_be_told_add_up_whatever_their_period() {
        // Stops that take four fifths of ten seconds; a beat sees least of those that keep its own time.
        for (stops, runs, least) in [(45, 10, 3_000), (40, 10, 3_000), (20, 5, 1_500), (12, 3, 1_500)] {
            let late = late_of_stopped(stops, runs).unwrap();
            assert!(late > Duration::from_millis(least), "{stops} ms of {runs}: {late:?}");
        }
        assert_eq!(late_of_stopped(0, 10), None);
    }

    #[test]
    fn work_is_late_where_a_beat_passes_meanwhile() {
        let mut pulse = Pulse::new(0, at(0));
        for round in 0..100 {
            pulse.beat(at(round * 25 + 20), at(round * 25 + 25), at(round * 25 + 25));
        }
        assert_eq!(pulse.gaps.latest(), None, "20 of 25 ms are work, and on time");
        pulse.beat(at(2_560), at(2_565), at(2_565));
        assert_eq!(pulse.gaps.latest().map(|(_, late)| late), Some(Duration::from_millis(60)));
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
