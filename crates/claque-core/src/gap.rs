//! Stretches in which the generator did not run although it should have: what is behind `generator_gap`.

use core::fmt;

use crate::time::{Duration, Instant};

/// A stretch as long as this is told of one by one; see docs/time.md for why.
pub const NOTED_GAP: Duration = Duration::from_millis(50);

/// Stretches kept one by one, of each part of the generator. A run that has more is INVALID by its `schedule_lag`, too.
const MOST_KEPT: usize = 1_000;

/// A part of the generator that reads or acts, and so has a heartbeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GeneratorPart {
    /// A thread of listeners, by its number.
    Lane(u32),
    /// The thread that writes facts down, gives orders and renews tokens.
    Recorder,
    /// The whole machine: it was suspended, and its monotonic clock stood still.
    Machine,
    /// The thread of the embedded gateway, which is the service of a run that names no other.
    Gateway,
}

impl fmt::Display for GeneratorPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lane(number) => write!(f, "thread of listeners {number}"),
            Self::Recorder => f.write_str("recorder"),
            Self::Machine => f.write_str("suspended machine"),
            Self::Gateway => f.write_str("embedded gateway"),
        }
    }
}

/// One stretch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// When it began: the moment at which the part should have run.
    pub from: Instant,
    /// Until it ran.
    pub lasted: Duration,
    /// Which part. Of a stretch that several share, the first of them.
    pub of: GeneratorPart,
}

impl Gap {
    /// When it was over. A suspended machine has no moments meanwhile; what lies behind is taken for it.
    fn end(&self) -> Instant {
        self.from + self.lasted
    }
}

/// The stretches of a run, or of one part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GapLog {
    longest: Option<Gap>,
    noted: Vec<Gap>,
    /// Noted ones that are not kept, and their length together.
    beyond: (u64, Duration),
    /// How late the beats of each part were, all together.
    late: Vec<(GeneratorPart, Duration)>,
}

impl GapLog {
    /// Takes a stretch down, however short: the longest is told in any case.
    pub fn record(&mut self, gap: Gap) {
        if self.longest.is_none_or(|longest| gap.lasted > longest.lasted) {
            self.longest = Some(gap);
        }
        if gap.lasted < NOTED_GAP {
            return;
        }
        if self.noted.len() < MOST_KEPT {
            self.noted.push(gap);
        } else {
            self.beyond = (self.beyond.0 + 1, self.beyond.1 + gap.lasted);
        }
    }

    /// Adds to how late the beats of a part were, all together: stretches too short to be told of one by one add up in it.
    pub fn late_by(&mut self, of: GeneratorPart, lateness: Duration) {
        match self.late.iter_mut().find(|(part, _)| *part == of) {
            Some((_, total)) => *total += lateness,
            None => self.late.push((of, lateness)),
        }
    }

    /// How late the beats of the part that was latest were, all together; none where none was late.
    #[must_use]
    pub fn latest(&self) -> Option<(GeneratorPart, Duration)> {
        self.late.iter().copied().max_by_key(|(_, lateness)| *lateness)
    }

    /// Adds what another part has to tell.
    pub fn merge(&mut self, other: Self) {
        other.late.iter().for_each(|(of, lateness)| self.late_by(*of, *lateness));
        let longest = [self.longest, other.longest].into_iter().flatten();
        self.longest = longest.max_by_key(|gap| gap.lasted);
        self.noted.extend(other.noted);
        self.beyond = (self.beyond.0 + other.beyond.0, self.beyond.1 + other.beyond.1);
    }

    /// The stretches of [`NOTED_GAP`] and more, in order of time. Parts that stood still together make one of it: a process
    /// that is stopped is stopped once, however many threads it has.
    #[must_use]
    pub fn stretches(&self) -> Vec<Gap> {
        let mut noted = self.noted.clone();
        noted.sort_by_key(|gap| (gap.from, gap.of));
        let mut stretches: Vec<Gap> = Vec::new();
        for gap in noted {
            match stretches.last_mut() {
                Some(last) if gap.from <= last.end() => {
                    last.of = name_of_both(last, &gap);
                    last.lasted = last.lasted.max(gap.end().since(last.from));
                }
                Some(_) | None => stretches.push(gap),
            }
        }
        stretches
    }

    /// The longest stretch, however short; none where no heart beat.
    #[must_use]
    pub fn longest(&self) -> Option<Gap> {
        // Of several that are as long the last one counts: the earliest stretch, which knows best whose it is.
        let longest = self.stretches().into_iter().rev().max_by_key(|gap| gap.lasted);
        [self.longest, longest].into_iter().flatten().max_by_key(|gap| gap.lasted)
    }

    /// Leaves out what is after `end`: whatever a part did then, nobody listened any more.
    #[must_use]
    pub fn until(mut self, end: Instant) -> Self {
        let cut = |gap: Gap| Gap { lasted: gap.lasted.min(end.since(gap.from)), ..gap };
        self.longest = self.longest.filter(|gap| gap.from < end).map(cut);
        self.noted = self.noted.into_iter().filter(|gap| gap.from < end).map(cut).collect();
        self.noted.retain(|gap| gap.lasted >= NOTED_GAP);
        self
    }

    /// How many stretches of [`NOTED_GAP`] and more are not among [`GapLog::stretches`], and their length together.
    #[must_use]
    pub const fn beyond(&self) -> (u64, Duration) {
        self.beyond
    }
}

/// Whose a stretch is that two parts share: the first one's. A gateway is named only where the other stood still for less than
/// half of it, because in a process that is stopped the gateway stands still, too.
fn name_of_both(stretch: &Gap, gap: &Gap) -> GeneratorPart {
    use GeneratorPart::{Gateway, Lane, Machine, Recorder};
    match (stretch.of, gap.of) {
        (Gateway, other @ (Lane(_) | Recorder | Machine)) if gap.lasted * 2 >= stretch.lasted => other,
        (Lane(_) | Recorder | Machine, Gateway) if gap.lasted > stretch.lasted * 2 => Gateway,
        (first, _) => first,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn gap(from: u64, lasted: u64, of: GeneratorPart) -> Gap {
        Gap { from: Instant::from_millis(from), lasted: Duration::from_millis(lasted), of }
    }

    #[test]
    fn a_process_that_stood_still_stood_still_once() {
        let mut log = GapLog::default();
        log.record(gap(2_010, 2_990, GeneratorPart::Lane(1)));
        let mut other = GapLog::default();
        other.record(gap(2_000, 2_995, GeneratorPart::Lane(0)));
        other.record(gap(4_900, 150, GeneratorPart::Recorder));
        other.record(gap(9_000, 60, GeneratorPart::Lane(0)));
        log.merge(other);
        let expected = [gap(2_000, 3_050, GeneratorPart::Lane(0)), gap(9_000, 60, GeneratorPart::Lane(0))];
        assert_eq!(log.stretches(), expected);
        assert_eq!(log.longest(), Some(expected[0]));
    }

    #[test]
    fn what_is_short_is_told_only_as_the_longest() {
        let mut log = GapLog::default();
        assert_eq!(log.longest(), None);
        for lasted in [3, 12, 7] {
            log.record(gap(1_000, lasted, GeneratorPart::Recorder));
        }
        assert_eq!(log.stretches(), []);
        assert_eq!(log.longest(), Some(gap(1_000, 12, GeneratorPart::Recorder)));
    }

    #[test]
    fn beats_that_are_late_by_little_add_up_for_each_part() {
        let mut log = GapLog::default();
        assert_eq!(log.latest(), None);
        for _ in 0..1_000 {
            log.late_by(GeneratorPart::Lane(0), Duration::from_millis(30));
        }
        let mut other = GapLog::default();
        other.late_by(GeneratorPart::Recorder, Duration::from_secs(20));
        other.late_by(GeneratorPart::Lane(0), Duration::from_nanos(1));
        log.merge(other);
        assert_eq!(log.latest(), Some((GeneratorPart::Lane(0), Duration::from_nanos(30_000_000_001))));
        assert_eq!(log.stretches(), []);
    }

    #[test]
    fn what_is_too_much_to_keep_is_counted() {
        let mut log = GapLog::default();
        for number in 0..1_003 {
            log.record(gap(number * 1_000, 60, GeneratorPart::Lane(0)));
        }
        assert_eq!(log.stretches().len(), 1_000);
        assert_eq!(log.beyond(), (3, Duration::from_millis(180)));
    }

    #[test]
    fn the_gateway_is_named_where_it_stood_still_alone() {
        let of = |gaps: &[Gap]| {
            let mut log = GapLog::default();
            gaps.iter().for_each(|gap| log.record(*gap));
            (log.stretches()[0].of, log.longest().unwrap().of)
        };
        let (lane, gateway) = (GeneratorPart::Lane(0), GeneratorPart::Gateway);
        assert_eq!(of(&[gap(2_000, 3_000, gateway)]), (gateway, gateway));
        assert_eq!(
            of(&[gap(2_000, 3_000, gateway), gap(2_015, 2_985, lane)]),
            (lane, lane),
            "all of it was stopped"
        );
        assert_eq!(of(&[gap(2_000, 60, lane), gap(2_010, 3_000, gateway)]), (gateway, gateway));
        assert_eq!(of(&[gap(2_000, 3_000, gateway), gap(2_100, 60, lane)]), (gateway, gateway));
    }

    #[test]
    fn what_is_after_the_end_is_left_out() {
        let mut log = GapLog::default();
        log.record(gap(500, 60, GeneratorPart::Gateway));
        log.record(gap(1_000, 3_000, GeneratorPart::Gateway));
        log.record(gap(9_000, 300, GeneratorPart::Gateway));
        let log = log.until(Instant::from_millis(1_080));
        let expected = [gap(500, 60, GeneratorPart::Gateway), gap(1_000, 80, GeneratorPart::Gateway)];
        assert_eq!((log.stretches(), log.longest()), (expected.to_vec(), Some(expected[1])));
    }
}
