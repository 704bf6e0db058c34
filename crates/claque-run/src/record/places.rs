//! Whether an audience that was to be held at a number was: every place taken, all the time.

use claque_core::{
    ids::ListenerId,
    record::{ListenerRecord, SessionEnd},
    schedule::Hold,
    time::{Duration, Instant},
};
use claque_stats::{
    Reason, ReasonId,
    units::{counted, time},
};

/// Of the time of all places, in percent: with more of it empty the service had fewer listeners than the run says.
const MOST_EMPTY_PCT: f64 = 1.0;

/// Who was at which place, as the listeners' records tell.
#[derive(Clone, Debug)]
pub(super) struct PlacesWatch {
    hold: Hold,
    /// Listeners there are to take each other's places.
    users: u32,
    stays: Vec<Stay>,
    /// When the run was stopped, if it was while somebody listened.
    stopped: Option<Instant>,
}

#[derive(Clone, Copy, Debug)]
struct Stay {
    listener: ListenerId,
    came: Instant,
    ended: Instant,
    /// From when on another was to have the place; none where nobody was.
    free_from: Option<Instant>,
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) reasons: Vec<Reason>,
    pub(super) notes: Vec<Reason>,
}

impl PlacesWatch {
    pub(super) const fn new(hold: Hold, users: u32) -> Self {
        Self { hold, users, stays: Vec::new(), stopped: None }
    }

    pub(super) fn add(&mut self, record: &ListenerRecord) {
        if record.end == SessionEnd::Stopped {
            self.stopped = self.stopped.max(Some(record.ended_at));
        }
        self.stays.push(Stay {
            listener: record.listener,
            came: record.intended_at,
            ended: record.ended_at,
            free_from: self.hold.successor(record).map(|(_, at)| at),
        });
    }

    pub(super) fn finish(mut self) -> Kept {
        let present = self.hold.present.max(1);
        self.stays.sort_by_key(|stay| (stay.listener.0 % present, stay.listener));
        // A run that was stopped has no time after that.
        let until = self.stopped.map_or(self.hold.until, |stopped| stopped.min(self.hold.until));
        let (mut late, mut never, mut empty) = (0_u64, 0_u64, Duration::ZERO);
        let (mut run_out, mut first_run_out) = (0_u64, None);
        for (number, stay) in self.stays.iter().enumerate() {
            let Some(free_from) = stay.free_from else { continue };
            let next = self.stays.get(number + 1);
            match next.filter(|next| next.listener.0 % present == stay.listener.0 % present) {
                Some(next) => {
                    late += u64::from(next.came > free_from);
                    empty += next.came.since(free_from);
                }
                None if stay.listener.0.saturating_add(present) >= self.users => {
                    run_out += 1;
                    first_run_out = first_run_out.into_iter().chain([stay.ended]).min();
                }
                None => {
                    never += 1;
                    empty += until.since(free_from);
                }
            }
        }
        let mut kept = Kept::default();
        if let Some(first) = first_run_out {
            kept.reasons.push(not_kept(format!(
                "of {present} places {run_out} had no further listener before the hold was over, the first from {} on: sessions were shorter than \
                 their texts; give longer ones (--blocks), or hold for a shorter time",
                shown(first)
            )));
        }
        if late + never > 0 {
            let pct =
                100.0 * empty.as_secs_f64() / (f64::from(present) * nonzero(until.as_millis_f64() / 1_000.0));
            let text = format!(
                "places stood empty for {} in all, {pct:.2} % of the time that {} were to be held: {} came late and at {} nobody came any more, because \
                 what they were to hear was not prepared in time; hold fewer (--users), or let each stay longer (--listens)",
                time(empty.as_secs_f64() * 1_000.0),
                counted(present.into(), "listener"),
                counted(late, "listener"),
                counted(never, "place"),
            );
            if pct > MOST_EMPTY_PCT {
                kept.reasons.push(not_kept(text))
            } else {
                kept.notes.push(not_kept(text))
            }
        }
        kept
    }
}

fn nonzero(seconds: f64) -> f64 {
    if seconds > 0.0 { seconds } else { 1.0 }
}

const fn not_kept(text: String) -> Reason {
    Reason { id: ReasonId::HoldNotKept, text }
}

fn shown(at: Instant) -> String {
    time(at.as_millis_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stay(listener: u32, from: u64, to: u64) -> ListenerRecord {
        let second = |second: u64| Instant::from_millis(second * 1_000);
        ListenerRecord {
            listener: ListenerId(listener),
            document: String::new(),
            blocks: 1,
            intended_at: second(from),
            launched_at: second(from),
            connect_time: None,
            started_at: None,
            playing: None,
            paused: Duration::ZERO,
            ended_at: second(to),
            end: SessionEnd::Left,
            foreign_messages: 0,
            warnings: 0,
            unwanted_bytes: None,
            network: None,
        }
    }

    /// What comes of these stays at two places that are held for 1,000 s.
    fn kept(stays: &[(u32, u64, u64)]) -> Kept {
        watched(stays).finish()
    }

    fn watched(stays: &[(u32, u64, u64)]) -> PlacesWatch {
        let hold = Hold { present: 2, window: Duration::ZERO, until: Instant::from_millis(1_000_000) };
        let mut watch = PlacesWatch::new(hold, 8);
        stays.iter().for_each(|&(listener, from, to)| watch.add(&stay(listener, from, to)));
        watch
    }

    #[test]
    fn places_that_are_taken_in_the_moment_they_are_free_are_not_spoken_of() {
        assert_eq!(kept(&[(1, 0, 500), (0, 0, 400), (2, 400, 1_001), (3, 500, 1_000)]), Kept::default());
    }

    #[test]
    fn what_was_empty_is_added_up_and_above_one_percent_it_is_not_the_audience_that_was_asked_for() {
        // 20 of 2,000 s are one in a hundred.
        let late = kept(&[(0, 0, 400), (1, 0, 1_000), (2, 420, 1_000)]);
        assert_eq!((late.reasons.len(), late.notes.len()), (0, 1));
        assert!(
            late.notes[0].text.starts_with("places stood empty for 20.0 s in all, 1.00 % of"),
            "{late:?}"
        );
        let later = kept(&[(0, 0, 400), (1, 0, 1_000), (2, 421, 1_000)]);
        assert_eq!((later.reasons.len(), later.notes.len()), (1, 0));
        assert!(later.reasons[0].text.contains("1 listener came late and at 0 places nobody"), "{later:?}");
    }

    #[test]
    fn a_listener_without_a_document_is_skipped_and_a_place_to_which_nobody_comes_is_empty_to_the_end() {
        // Listener 2 never came: 4 has the place as soon as it is free.
        assert_eq!(kept(&[(0, 0, 400), (1, 0, 1_000), (4, 400, 1_000)]), Kept::default());
        let never = kept(&[(0, 0, 400), (1, 0, 1_000)]);
        assert!(never.reasons[0].text.starts_with("places stood empty for 10 min"), "{never:?}");
    }

    #[test]
    fn a_place_that_has_used_up_its_listeners_is_told_as_that() {
        let out = kept(&[(1, 0, 1_000), (0, 0, 10), (2, 10, 20), (4, 20, 30), (6, 30, 40)]);
        assert!(out.reasons[0].text.starts_with("of 2 places 1 had no further listener"), "{out:?}");
        assert_eq!(out.reasons.len(), 1);
    }

    #[test]
    fn a_run_that_was_stopped_has_no_time_after_that() {
        let mut watch = watched(&[(0, 0, 400)]);
        watch.add(&ListenerRecord { end: SessionEnd::Stopped, ..stay(1, 0, 404) });
        let stopped = watch.finish();
        assert!(
            stopped.notes[0].text.starts_with("places stood empty for 4.00 s in all, 0.50 %"),
            "{stopped:?}"
        );
        // Where everybody had gone before it was over, it was not held either.
        let left = kept(&[(0, 0, 400), (1, 0, 404)]);
        assert!(
            left.reasons[0].text.starts_with("places stood empty for 19 min 56 s in all, 59.80 %"),
            "{left:?}"
        );
    }
}
