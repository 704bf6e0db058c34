//! The same picture for a browser: JSON, told to whoever looks.

use std::{cell::Cell, net::SocketAddr};

use claque_core::time::{Duration, Instant};
use claque_net::page::{PageOrder, PageServer};
use claque_report::html;
use claque_stats::units::grouped;
use claque_store::finished::Finished;
use serde::Serialize;

use super::{
    lines::clock,
    picture::{Flow, Level, Phase, Picture, headline},
};
use crate::config::PageChoice;

/// How often the page is told anything, at most: often enough to see it move, and little to send.
const EVERY: Duration = Duration::from_millis(500);

/// What came of a run.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Outcome {
    /// Whether its figures can be trusted.
    pub(crate) valid: bool,
    /// The word for it.
    pub(crate) verdict: &'static str,
    /// Why not, and what else is to be known.
    pub(crate) reasons: Vec<String>,
    /// Where it is.
    pub(crate) folder: String,
    /// Whether the report takes the page's place.
    pub(crate) report: bool,
    /// The report itself.
    #[serde(skip)]
    pub(crate) page: Option<String>,
}

impl Outcome {
    /// What came of `run`, whose report has been written if it was to be.
    pub(crate) fn of(run: &Finished, choice: PageChoice) -> Self {
        let verdict = &run.verdict;
        let reasons = verdict.reasons.iter().chain(&verdict.notes).map(|reason| reason.text.clone());
        let page = match choice {
            // One that cannot be read is not shown; the run stands without it.
            PageChoice::Written => std::fs::read_to_string(run.folder.join(html::FILE)).ok(),
            PageChoice::LeftOut => None,
        };
        Self {
            valid: verdict.is_valid(),
            verdict: verdict.validity().as_str(),
            reasons: reasons.collect(),
            folder: run.not_kept.clone().unwrap_or_else(|| run.folder.display().to_string()),
            report: page.is_some(),
            page,
        }
    }
}

/// A page that is served.
#[derive(Debug)]
pub(super) struct LivePage {
    server: PageServer,
    told: Cell<Option<Instant>>,
}

impl LivePage {
    pub(super) fn serve(bind: SocketAddr) -> anyhow::Result<Self> {
        let nothing = Picture::new(String::new(), super::RunGoal { users: 0, blocks: 0 });
        let (page, policy) = html::live(&serde_json::to_string(&PageState::of(&nothing))?);
        let server = PageServer::start(PageOrder { bind, page, policy })?;
        Ok(Self { server, told: Cell::new(None) })
    }

    pub(super) fn url(&self) -> String {
        self.server.url()
    }

    /// Tells how things stand, unless that was told a moment ago. `now` is of any one clock.
    pub(super) fn tell(&self, now: Instant, picture: &Picture) {
        if self.told.get().is_none_or(|last| now.since(last) >= EVERY) {
            self.told.set(Some(now));
            if let Ok(line) = serde_json::to_string(&PageState::of(picture)) {
                self.server.tell(line);
            }
        }
    }

    /// Tells what came of it.
    pub(super) fn end(self, picture: &Picture, outcome: &Outcome) {
        let last = LastPageState { told: PageState::of(picture), outcome };
        if let Ok(line) = serde_json::to_string(&last) {
            self.server.end(line, outcome.page.clone());
        }
    }
}

/// How things stand.
#[derive(Debug, Serialize)]
struct PageState<'a> {
    title: String,
    about: &'a str,
    progress: String,
    horizon_ms: f64,
    counts: Counts,
    audience: Audience,
    courses: Courses,
    tells_queue: bool,
    headline: Vec<Row>,
    worst: Vec<Waiter>,
    feed: Vec<PageIncident<'a>>,
}

#[derive(Debug, Serialize)]
struct LastPageState<'a> {
    #[serde(flatten)]
    told: PageState<'a>,
    outcome: &'a Outcome,
}

/// The counters, for programs.
#[derive(Debug, Serialize)]
struct Counts {
    users: u64,
    waiting: u32,
    held: bool,
    buffering: u64,
    playing: u64,
    stalled: u64,
    awaiting: u64,
    thinking: u64,
    paused: u64,
    done: u64,
    blocks: u64,
    underruns: u64,
    errors: u64,
    resends: u64,
    give_ups: u64,
}

#[derive(Debug, Serialize)]
struct Audience {
    bin_ms: f64,
    playing: Vec<f64>,
    stalled: Vec<f64>,
    awaiting: Vec<f64>,
    thinking: Vec<f64>,
    paused: Vec<f64>,
    buffering: Vec<f64>,
    lost: Vec<f64>,
    done: Vec<f64>,
}

#[derive(Debug, Serialize)]
struct Courses {
    bin_ms: f64,
    blocks: Vec<f64>,
    underruns: Vec<f64>,
    errors: Vec<f64>,
    queued: Vec<f64>,
    busy: Vec<f64>,
}

#[derive(Debug, Serialize)]
struct Row {
    name: &'static str,
    value: String,
    more: String,
}

#[derive(Debug, Serialize)]
struct Waiter {
    listener: u32,
    underruns: u32,
    stalled_ms: u32,
    until_ms: f64,
}

#[derive(Debug, Serialize)]
struct PageIncident<'a> {
    at_ms: f64,
    count: u64,
    class: Option<&'static str>,
    words: &'a str,
}

impl<'a> PageState<'a> {
    fn of(picture: &'a Picture) -> Self {
        let history = &picture.history;
        let bin_ms = history.width().as_secs_f64() * 1_000.0;
        let standing = picture.standing;
        let queued = |level| if standing.queue.is_some() { history.levels(level) } else { vec![] };
        Self {
            title: title(picture),
            about: &picture.about,
            progress: progress(picture),
            horizon_ms: picture.now.as_millis_f64().max(1_000.0),
            counts: Counts::of(picture),
            audience: Audience {
                bin_ms,
                playing: history.levels(Level::Playing),
                stalled: history.levels(Level::Stalled),
                awaiting: history.levels(Level::Awaiting),
                thinking: history.levels(Level::Thinking),
                paused: history.levels(Level::Paused),
                buffering: history.levels(Level::Buffering),
                lost: history.levels(Level::Lost),
                done: history.levels(Level::Done),
            },
            courses: Courses {
                bin_ms,
                blocks: history.rates(Flow::Blocks),
                underruns: history.rates(Flow::Underruns),
                errors: history.rates(Flow::Errors),
                queued: queued(Level::Queued),
                busy: queued(Level::Busy),
            },
            tells_queue: standing.queue.is_some(),
            headline: headline(picture)
                .into_iter()
                .map(|figure| Row { name: figure.name, value: figure.value, more: figure.more })
                .collect(),
            worst: picture.worst().iter().map(Waiter::of).collect(),
            feed: picture.feed().map(PageIncident::of).collect(),
        }
    }
}

impl Counts {
    const fn of(picture: &Picture) -> Self {
        let standing = picture.standing;
        let progress = standing.progress;
        let (resends, give_ups) = picture.asked_again();
        Self {
            users: picture.goal.users,
            waiting: standing.waiting,
            held: standing.held,
            buffering: progress.buffering,
            playing: progress.playing,
            stalled: progress.stalled,
            awaiting: progress.awaiting,
            thinking: progress.thinking,
            paused: progress.paused,
            done: progress.done,
            blocks: progress.blocks,
            underruns: progress.underruns,
            errors: progress.errors,
            resends,
            give_ups,
        }
    }
}

impl Waiter {
    fn of(waiter: &super::picture::Waiter) -> Self {
        Self {
            listener: waiter.listener.0,
            underruns: waiter.underruns,
            stalled_ms: waiter.stalled_ms,
            until_ms: waiter.until.as_millis_f64(),
        }
    }
}

impl<'a> PageIncident<'a> {
    fn of(entry: &'a super::picture::Entry) -> Self {
        Self {
            at_ms: entry.at.as_millis_f64(),
            count: entry.count,
            class: entry.class.map(claque_core::event::FailureClass::as_str),
            words: &entry.words,
        }
    }
}

fn title(picture: &Picture) -> String {
    let (blocks, all) = (picture.standing.progress.blocks, picture.goal.blocks);
    let percent = (blocks * 100).checked_div(all).unwrap_or_default();
    format!("{percent} % of a run")
}

/// "120/240 blocks done, 0:42, about 0:42 left".
fn progress(picture: &Picture) -> String {
    match &picture.phase {
        Phase::Preparing { what, all: 0, .. } => what.clone(),
        Phase::Preparing { what, done, all } => format!("{what}: {done}/{all}"),
        Phase::Ending => "Saving the run and deleting its documents.".to_owned(),
        Phase::Listening => {
            let progress = picture.standing.progress;
            let time = clock(picture.now.since(Instant::START));
            let mut text =
                format!("{}/{} blocks done, {time}", grouped(progress.blocks), grouped(picture.goal.blocks));
            if let Some(left) = picture.left() {
                text.push_str(&format!(", about {} left", clock(left)));
            }
            if picture.standing.held {
                text.push_str(&format!(", arrivals held, {} wait", grouped(picture.standing.waiting.into())));
            }
            if picture.stopping {
                text.push_str(", stopping");
            }
            text
        }
    }
}
