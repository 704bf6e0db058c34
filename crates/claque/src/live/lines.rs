//! How a run goes, in one line.

use std::fmt::Write as _;

use claque_core::time::{Duration, Instant};
use claque_net::audience::Progress;
use claque_stats::units::{counted, grouped};

use super::RunGoal;

/// "14 playing, 2 buffering, 1 stalled, 3 of 20 done, 5 underruns, 0:42, about 1:10 left". What of it has no room in so many columns is left
/// out: what nobody does, and then what says least.
pub(super) fn describe(now: Instant, goal: RunGoal, progress: Progress, pace: Pace, room: usize) -> String {
    // What hardly any audience does is told where somebody does it.
    let rare = [
        (progress.paused, "paused"),
        (progress.thinking, "thinking"),
        (progress.awaiting, "awaiting an answer"),
    ];
    let rare = rare.into_iter().filter(|(count, _)| *count > 0);
    let usual =
        [(progress.buffering, "buffering"), (progress.playing, "playing"), (progress.stalled, "stalled")];
    // What says least comes first.
    let mut states: Vec<(u64, &str)> = rare.chain(usual).collect();
    let rest = how_far(now, goal, progress, pace);
    loop {
        let line = line(&states, &rest);
        if line.chars().count() <= room || states.is_empty() {
            return line;
        }
        let idle = states.iter().position(|(count, _)| *count == 0);
        states.remove(idle.unwrap_or(0));
    }
}

/// In the order in which people want to know it.
fn line(states: &[(u64, &str)], rest: &str) -> String {
    const ORDER: [&str; 6] = ["playing", "buffering", "stalled", "awaiting an answer", "thinking", "paused"];
    let told = ORDER.iter().filter_map(|name| states.iter().find(|(_, what)| what == name));
    let states: String = told.map(|(count, what)| format!("{} {what}, ", grouped(*count))).collect();
    format!("{states}{rest}")
}

/// How much is done, and how long it took and will take.
fn how_far(now: Instant, goal: RunGoal, progress: Progress, pace: Pace) -> String {
    let mut text = String::new();
    let _infallible = write!(
        text,
        "{} of {} done, {}, {}",
        grouped(progress.done),
        grouped(goal.users),
        counted(progress.underruns, "underrun"),
        clock(now.since(Instant::START))
    );
    if let Some(left) = left(now, goal, progress, pace) {
        let _infallible = write!(text, ", about {} left", clock(left));
    }
    text
}

/// When blocks were last done with.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pace {
    blocks: u64,
    grew_at: Instant,
}

impl Pace {
    /// Takes how things stand at `now`.
    pub(crate) fn see(&mut self, now: Instant, progress: Progress) {
        if progress.blocks > self.blocks {
            *self = Self { blocks: progress.blocks, grew_at: now };
        }
    }
}

/// The time the rest will take if it goes on as so far; none before a twentieth is done, and none once nothing has been done for
/// longer than that, for then it does not go on so.
pub(super) fn left(now: Instant, goal: RunGoal, progress: Progress, pace: Pace) -> Option<Duration> {
    let done = progress.blocks;
    if done == 0 || done >= goal.blocks || done.saturating_mul(20) < goal.blocks {
        return None;
    }
    let nanos = u128::from(now.as_nanos()) * u128::from(goal.blocks - done) / u128::from(done);
    let left = Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
    (now.since(pace.grew_at) <= left).then_some(left)
}

/// "1:05", "1:00:05".
pub(super) fn clock(span: Duration) -> String {
    let seconds = span.as_secs();
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOAL: RunGoal = RunGoal { users: 20, blocks: 100 };

    fn done(blocks: u64) -> Progress {
        Progress { blocks, ..Progress::default() }
    }

    fn seen_at(millis: u64, blocks: u64) -> Pace {
        let mut pace = Pace::default();
        pace.see(Instant::from_millis(millis), done(blocks));
        pace
    }

    #[test]
    fn where_nothing_comes_any_more_nothing_is_promised() {
        // 90 blocks in 36 s: 4 s for the rest, as long as one came in the last 4 s.
        let mut pace = seen_at(36_000, 90);
        let at = |millis, pace| {
            left(Instant::from_millis(millis), GOAL, done(90), pace).map(|left| left.as_secs())
        };
        assert_eq!(at(36_000, pace), Some(4));
        pace.see(Instant::from_millis(66_000), done(90));
        assert_eq!(at(66_000, pace), None);
    }

    #[test]
    fn the_line_says_who_does_what_and_how_long_it_will_take() {
        let progress = Progress {
            buffering: 2,
            playing: 14,
            stalled: 1,
            done: 3,
            blocks: 50,
            underruns: 1,
            ..Progress::default()
        };
        let line = describe(Instant::from_millis(42_000), GOAL, progress, seen_at(42_000, 50), 100);
        assert_eq!(
            line,
            "14 playing, 2 buffering, 1 stalled, 3 of 20 done, 1 underrun, 0:42, about 0:42 left"
        );
    }

    #[test]
    fn a_conversation_says_who_awaits_an_answer_and_who_thinks() {
        let progress = Progress { playing: 4, awaiting: 3, thinking: 2, ..Progress::default() };
        let line = |room| describe(Instant::from_millis(42_000), GOAL, progress, Pace::default(), room);
        assert_eq!(
            line(101),
            "4 playing, 0 buffering, 0 stalled, 3 awaiting an answer, 2 thinking, 0 of 20 done, 0 underruns, 0:42"
        );
        assert_eq!(
            line(80),
            "4 playing, 3 awaiting an answer, 2 thinking, 0 of 20 done, 0 underruns, 0:42",
            "what nobody does is left out first"
        );
        assert_eq!(line(60), "4 playing, 0 of 20 done, 0 underruns, 0:42");
        assert_eq!(progress.came(), 9);
    }

    #[test]
    fn nothing_is_guessed_too_early_or_when_all_is_done() {
        let at = |blocks| left(Instant::from_millis(1_000), GOAL, done(blocks), seen_at(1_000, blocks));
        assert_eq!((at(0), at(4), at(100)), (None, None, None));
        assert_eq!(at(5), Some(Duration::from_secs(19)));
        assert_eq!(clock(Duration::from_secs(3_605)), "1:00:05");
    }
}
