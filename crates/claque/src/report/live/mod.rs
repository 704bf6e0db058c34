//! The view while a run goes on: one bar on a terminal, a line now and then elsewhere. All of it is talk on stderr.

use std::{
    cell::Cell,
    fmt::Write as _,
    io::{self, IsTerminal as _, Write as _},
};

use claque_core::time::{Duration, Instant};
use claque_net::audience::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often the bar is drawn.
pub(crate) const REDRAW: Duration = Duration::from_millis(200);
/// Time between two lines where there is no bar.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// Where the view goes.
#[derive(Debug)]
pub(crate) enum Live {
    /// Nothing but errors is said.
    Quiet,
    /// A bar on a terminal.
    Bar(ProgressBar),
    /// Lines.
    Lines {
        /// When the next line is due.
        next: Cell<Instant>,
    },
}

/// What the run is to do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Goal {
    /// Listeners.
    pub(crate) users: u64,
    /// Blocks of all listeners together.
    pub(crate) blocks: u64,
}

impl Live {
    /// Chooses the view by what stderr is.
    pub(crate) fn new(quiet: bool) -> Self {
        if quiet {
            Self::Quiet
        } else if io::stderr().is_terminal() {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            bar.set_style(
                ProgressStyle::with_template("{spinner} {msg}").expect("the template is well formed"),
            );
            Self::Bar(bar)
        } else {
            Self::Lines { next: Cell::new(Instant::START) }
        }
    }

    /// Says something that stays.
    pub(crate) fn say(&self, line: &str) {
        match self {
            Self::Quiet => {}
            Self::Bar(bar) => bar.suspend(|| say(line)),
            Self::Lines { .. } => say(line),
        }
    }

    /// Says something even to those who asked for quiet.
    pub(crate) fn warn(&self, line: &str) {
        match self {
            Self::Quiet | Self::Lines { .. } => say(line),
            Self::Bar(bar) => bar.suspend(|| say(line)),
        }
    }

    /// Shows a step of the preparation: `done` of `all`.
    pub(crate) fn preparing(&self, what: &str, done: u64, all: u64) {
        match self {
            Self::Quiet => {}
            Self::Bar(bar) => {
                bar.set_message(format!("{what}: {done}/{all}"));
                bar.tick();
            }
            Self::Lines { .. } if done == all => say(&format!("{what}: {done}/{all}")),
            Self::Lines { .. } => {}
        }
    }

    /// Turns the spinner of the preparation into the bar of the run.
    pub(crate) fn begin(&self, goal: Goal) {
        match self {
            Self::Quiet => {}
            Self::Bar(bar) => {
                let style = ProgressStyle::with_template("{bar:24} {pos}/{len} blocks, {msg}");
                bar.set_style(style.expect("the template is well formed").progress_chars("=> "));
                bar.set_length(goal.blocks);
            }
            Self::Lines { .. } => {
                let plural = if goal.users == 1 { "" } else { "s" };
                say(&format!("{} listener{plural} listening to {} blocks", goal.users, goal.blocks));
            }
        }
    }

    /// Shows where the run stands at `now`.
    pub(crate) fn show(&self, now: Instant, goal: Goal, progress: Progress) {
        match self {
            Self::Quiet => {}
            Self::Bar(bar) => {
                bar.set_position(progress.blocks);
                bar.set_message(describe(now, goal, progress));
            }
            Self::Lines { next } if now >= next.get() => {
                // The first line tells nothing at the very start.
                if next.get() > Instant::START {
                    let line = describe(now, goal, progress);
                    say(&format!("{}/{} blocks, {line}", progress.blocks, goal.blocks));
                }
                next.set(now + LINE_EVERY);
            }
            Self::Lines { .. } => {}
        }
    }

    /// Takes the bar away.
    pub(crate) fn end(&self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}

fn say(line: &str) {
    // A closed stderr is no reason to stop.
    let _closed = writeln!(io::stderr().lock(), "{line}");
}

/// "14 playing, 2 buffering, 1 stalled, 3 of 20 done, 5 underruns, 0:42, about 1:10 left".
fn describe(now: Instant, goal: Goal, progress: Progress) -> String {
    let mut text = String::new();
    for (count, what) in
        [(progress.playing, "playing"), (progress.buffering, "buffering"), (progress.stalled, "stalled")]
    {
        let _infallible = write!(text, "{count} {what}, ");
    }
    if progress.paused > 0 {
        let _infallible = write!(text, "{} paused, ", progress.paused);
    }
    let plural = if progress.underruns == 1 { "" } else { "s" };
    let _infallible = write!(
        text,
        "{} of {} done, {} underrun{plural}, {}",
        progress.done,
        goal.users,
        progress.underruns,
        clock(now.since(Instant::START))
    );
    if let Some(left) = left(now, goal, progress) {
        let _infallible = write!(text, ", about {} left", clock(left));
    }
    text
}

/// The time the rest will take if it goes on as so far; none before a twentieth is done.
fn left(now: Instant, goal: Goal, progress: Progress) -> Option<Duration> {
    let done = progress.blocks;
    if done == 0 || done >= goal.blocks || done.saturating_mul(20) < goal.blocks {
        return None;
    }
    let nanos = u128::from(now.as_nanos()) * u128::from(goal.blocks - done) / u128::from(done);
    Some(Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX)))
}

/// "1:05", "1:00:05".
fn clock(span: Duration) -> String {
    let seconds = span.as_secs();
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOAL: Goal = Goal { users: 20, blocks: 100 };

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
        let line = describe(Instant::from_millis(42_000), GOAL, progress);
        assert_eq!(
            line,
            "14 playing, 2 buffering, 1 stalled, 3 of 20 done, 1 underrun, 0:42, about 0:42 left"
        );
    }

    #[test]
    fn nothing_is_guessed_too_early_or_when_all_is_done() {
        let at = |blocks| left(Instant::from_millis(1_000), GOAL, Progress { blocks, ..Progress::default() });
        assert_eq!((at(0), at(4), at(100)), (None, None, None));
        assert_eq!(at(5), Some(Duration::from_secs(19)));
        assert_eq!(clock(Duration::from_secs(3_605)), "1:00:05");
    }
}
