//! The view while a run goes on: one bar on a terminal, a line now and then elsewhere, or all of it with `--live`. All of
//! it is talk on stderr; [`page`] tells the same to a browser.

mod draw;
mod keys;
mod lines;
mod page;
mod picture;
mod screen;

use std::{
    cell::{Cell, RefCell},
    convert::Infallible,
    io::{self, IsTerminal as _},
    task::{Context, Poll},
};

use claque_core::{
    record::Fact,
    time::{Duration, Instant},
};
use claque_net::Clock;
use claque_report::words::WIDTH;
use claque_run::{
    interrupts::Interrupts,
    watcher::{News, RunGoal, STANDING_EVERY, Standing, Watcher, Wish},
};
use claque_stats::units::{counted, grouped};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use self::{
    keys::Wishes,
    lines::Pace,
    page::LivePage,
    picture::{Phase, Picture},
    screen::Screen,
};
use crate::{
    config::{LiveChoice, ScreenChoice, Verbosity},
    talk,
};

pub(crate) use self::page::Outcome;

/// How often anything is drawn, at most.
const REDRAW: Duration = STANDING_EVERY;
/// Time between two lines where nothing is drawn.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// Columns of the bar.
const BAR: usize = 12;

/// Where the view goes.
#[derive(Debug)]
pub(crate) struct Live {
    view: View,
    /// What is shown; none where a line says it all.
    picture: Option<RefCell<Picture>>,
    page: RefCell<Option<LivePage>>,
    wishes: Wishes,
    /// Only says when something is drawn again: before the run there is no other.
    clock: Clock,
    drawn: Cell<Option<Instant>>,
    /// How blocks come.
    pace: Cell<Pace>,
}

#[derive(Debug)]
enum View {
    /// Nothing but errors is said.
    Quiet,
    /// A bar on a terminal.
    Bar(ProgressBar),
    /// Lines.
    Lines {
        /// When the next line is due.
        next: Cell<Instant>,
    },
    /// The whole terminal.
    Screen(Screen),
}

impl Live {
    /// Chooses a plain view by what stderr is.
    pub(crate) fn new(quiet: bool) -> Self {
        Self::of(if quiet { View::Quiet } else { View::plain() })
    }

    /// Opens the view of a run, which is `about` this.
    ///
    /// # Errors
    /// The page cannot be served.
    pub(crate) fn open(
        talk: Verbosity,
        choice: LiveChoice,
        goal: RunGoal,
        about: String,
    ) -> anyhow::Result<Self> {
        let mut live = Self::new(talk == Verbosity::Quiet);
        let page = choice.page.map(LivePage::serve).transpose()?;
        if let Some(page) = &page {
            talk::say(&format!("the run can be watched at {}", page.url()));
        }
        if choice.screen == ScreenChoice::Whole {
            match Screen::open() {
                Ok(screen) => live.view = View::Screen(screen),
                Err(why) => {
                    talk::say(&format!("--live draws nothing: {why}; lines instead"));
                    live.view = View::Lines { next: Cell::new(Instant::START) };
                }
            }
        }
        if page.is_some() || matches!(live.view, View::Screen(_)) {
            live.picture = Some(RefCell::new(Picture::new(about, goal)));
        }
        if let Some(page) = &page {
            live.change(|picture| picture.remark(&format!("this can be watched at {}", page.url())));
        }
        live.page = RefCell::new(page);
        live.draw(Due::Now);
        Ok(live)
    }

    fn of(view: View) -> Self {
        Self {
            view,
            picture: None,
            page: RefCell::default(),
            wishes: Wishes::default(),
            clock: Clock::start(),
            drawn: Cell::new(None),
            pace: Cell::default(),
        }
    }

    /// Says something that stays.
    fn say(&self, line: &str) {
        match &self.view {
            View::Quiet => {}
            View::Bar(_) | View::Lines { .. } | View::Screen(_) => self.warn(line),
        }
    }

    /// Says something even to those who asked for quiet.
    fn warn(&self, line: &str) {
        match &self.view {
            View::Bar(bar) => bar.suspend(|| talk::say(line)),
            // While the screen is drawn on, what is said is held back.
            View::Quiet | View::Lines { .. } | View::Screen(_) => talk::say(line),
        }
        self.change(|picture| picture.remark(line));
    }

    /// Shows a step of the preparation: `done` of `all`.
    fn preparing(&self, what: &str, done: u64, all: u64) {
        match &self.view {
            View::Bar(bar) => {
                bar.set_message(format!("{what}: {done}/{all}"));
                bar.tick();
            }
            View::Lines { .. } if done == all => talk::say(&format!("{what}: {done}/{all}")),
            View::Quiet | View::Lines { .. } | View::Screen(_) => {}
        }
        self.change(|picture| picture.phase = Phase::Preparing { what: what.to_owned(), done, all });
        self.draw(if done == all { Due::Now } else { Due::InTime });
    }

    /// Turns the spinner of the preparation into the bar of the run.
    fn begin(&self, goal: RunGoal) {
        match &self.view {
            View::Quiet | View::Screen(_) => {}
            View::Bar(bar) => {
                let style = ProgressStyle::with_template("{bar:12} {human_pos}/{human_len} blocks, {msg}");
                bar.set_style(style.expect("the template is well formed").progress_chars("=> "));
                bar.set_length(goal.blocks);
            }
            View::Lines { .. } => {
                let (listeners, blocks) = (counted(goal.users, "listener"), counted(goal.blocks, "block"));
                talk::say(&format!("{listeners} listening to {blocks}"));
            }
        }
        self.change(|picture| picture.phase = Phase::Listening);
    }

    /// Takes facts that became final.
    fn take(&self, facts: &[Fact]) {
        self.change(|picture| picture.take(facts));
    }

    /// Shows where the run stands at `now`.
    fn show(&self, now: Instant, goal: RunGoal, standing: Standing) {
        let progress = standing.progress;
        let mut pace = self.pace.get();
        pace.see(now, progress);
        self.pace.set(pace);
        match &self.view {
            View::Quiet | View::Screen(_) => {}
            View::Bar(bar) => {
                bar.set_position(progress.blocks);
                let room = columns().saturating_sub(BAR + 1 + blocks_of(progress.blocks, goal.blocks).len());
                bar.set_message(lines::describe(now, goal, progress, pace, room));
            }
            View::Lines { next } if now >= next.get() => {
                // The first line tells nothing at the very start.
                if next.get() > Instant::START {
                    let blocks = blocks_of(progress.blocks, goal.blocks);
                    let room = WIDTH.saturating_sub(blocks.len());
                    talk::say(&format!("{blocks}{}", lines::describe(now, goal, progress, pace, room)));
                }
                next.set(now + LINE_EVERY);
            }
            View::Lines { .. } => {}
        }
        self.change(|picture| picture.look(now, goal, standing));
        self.draw(Due::InTime);
    }

    /// Shows that everybody is asked to hang up.
    fn stopping(&self) {
        self.change(|picture| picture.stopping = true);
        self.draw(Due::Now);
    }

    /// Shows that nobody listens any more, and that what is left is saving and cleaning up.
    fn ending(&self) {
        self.change(|picture| picture.phase = Phase::Ending);
        self.draw(Due::Now);
    }

    /// Takes the view away; what is said now stays below it.
    fn end(&self) {
        match &self.view {
            View::Bar(bar) => bar.finish_and_clear(),
            View::Screen(screen) => screen.close(),
            View::Quiet | View::Lines { .. } => {}
        }
    }

    /// Tells those who look at the page what came of the run, and takes the page away.
    pub(crate) fn end_page(&self, outcome: &Outcome) {
        let page = self.page.take();
        if let (Some(page), Some(picture)) = (page, &self.picture) {
            page.end(&picture.borrow(), outcome);
        }
    }

    /// Listens to the keyboard, for ever. A wish to stop goes to `interrupts`, as Ctrl-C would.
    pub(crate) async fn listen(&self, interrupts: &Interrupts) -> Infallible {
        match &self.view {
            View::Screen(_) => keys::listen(&self.wishes, interrupts, || self.draw(Due::Now)).await,
            View::Quiet | View::Bar(_) | View::Lines { .. } => std::future::pending().await,
        }
    }

    fn change(&self, change: impl FnOnce(&mut Picture)) {
        if let Some(picture) = &self.picture {
            change(&mut picture.borrow_mut());
        }
    }

    fn draw(&self, due: Due) {
        let Some(picture) = &self.picture else { return };
        let now = self.clock.now();
        // A tick that comes a little early must not cost every other picture.
        let early = |last: Instant| now.since(last) < REDRAW * 9 / 10;
        if due == Due::InTime && self.drawn.get().is_some_and(early) {
            return;
        }
        self.drawn.set(Some(now));
        let picture = picture.borrow();
        if let View::Screen(screen) = &self.view {
            screen.draw(&picture);
        }
        if let Some(page) = &*self.page.borrow() {
            page.tell(now, &picture);
        }
    }
}

/// "62/64 blocks, ".
fn blocks_of(done: u64, all: u64) -> String {
    format!("{}/{} blocks, ", grouped(done), grouped(all))
}

/// Columns of the terminal that the bar is drawn on.
fn columns() -> usize {
    crossterm::terminal::size().map_or(WIDTH, |(columns, _)| usize::from(columns))
}

impl Watcher for Live {
    fn on_news(&self, news: News<'_>) {
        match news {
            News::Said(line) => self.say(line),
            News::Warned(line) => self.warn(line),
            News::Preparing { what, done, all } => self.preparing(what, done, all),
            News::Begun(goal) => self.begin(goal),
            News::Facts(facts) => self.take(facts),
            News::Stands { now, goal, standing } => self.show(now, goal, standing),
            News::Stopping => self.stopping(),
            News::Ending => self.ending(),
            News::Ended => self.end(),
        }
    }

    fn poll_wish(&self, context: &mut Context<'_>) -> Poll<Wish> {
        self.wishes.poll_next(context).map(Wish::Adjust)
    }
}

/// When a picture is to be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Due {
    /// At once: what changed is not to be missed.
    Now,
    /// Unless one has just been drawn.
    InTime,
}

impl View {
    fn plain() -> Self {
        if !io::stderr().is_terminal() {
            return Self::Lines { next: Cell::new(Instant::START) };
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        bar.set_style(ProgressStyle::with_template("{spinner} {msg}").expect("the template is well formed"));
        Self::Bar(bar)
    }
}
