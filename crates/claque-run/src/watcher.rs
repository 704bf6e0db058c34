//! Whoever watches a run: a screen, a page, the rules by which it is given up. All hear the same, and all may want something.

use std::task::{Context, Poll};

use claque_core::{
    ids::ListenerId,
    plan::Plan,
    record::Fact,
    schedule::ArrivalSchedule,
    time::{Duration, Instant},
};
use claque_net::{audience::Progress, host::HostStats};

/// How often it is told how things stand.
pub const STANDING_EVERY: Duration = Duration::from_millis(200);

/// Watches a run.
pub trait Watcher: std::fmt::Debug {
    /// Takes what there is to be known.
    fn on_news(&self, news: News<'_>);

    /// What is wanted of the run, if anything: the task of `context` is woken when there is more. Whoever only looks wants
    /// nothing, ever.
    fn poll_wish(&self, context: &mut Context<'_>) -> Poll<Wish> {
        let _nobody_is_woken = context;
        Poll::Pending
    }
}

/// What a watcher is told.
#[derive(Clone, Copy, Debug)]
pub enum News<'a> {
    /// Something worth saying.
    Said(&'a str),
    /// Something that is said even to those who want quiet.
    Warned(&'a str),
    /// A step of the preparation: `done` of `all`.
    Preparing {
        /// What is prepared, for people.
        what: &'a str,
        /// So much of it.
        done: u64,
        /// Of so much; 0 where nobody knows.
        all: u64,
    },
    /// Listeners may start.
    Begun(RunGoal),
    /// Facts that became final.
    Facts(&'a [Fact]),
    /// How things stand at a moment of the run's clock.
    Stands {
        /// The moment.
        now: Instant,
        /// What there is to do in all; of an audience that is held at a number, by now.
        goal: RunGoal,
        /// What of it is done.
        standing: Standing,
    },
    /// Everybody is asked to hang up.
    Stopping,
    /// Nobody listens any more; what is left is saving and cleaning up.
    Ending,
    /// It is over. What is said now is said of what was.
    Ended,
}

/// What is wanted of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Change the audience by hand.
    Adjust(Adjustment),
    /// Give the run up: its figures measure nothing any more.
    GiveUp {
        /// Why, for people.
        why: String,
    },
}

/// A change of the audience by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adjustment {
    /// Hold arrivals back, or let them go on.
    HoldOrRelease,
    /// Have somebody start now who was to start later.
    More,
    /// Have those leave who came last.
    Fewer,
}

/// What a run is to do.
#[derive(Clone, Copy, Debug)]
pub struct RunGoal {
    /// Listeners.
    pub users: u64,
    /// Blocks of all listeners together.
    pub blocks: u64,
}

impl RunGoal {
    /// What `plan` comes to.
    pub fn of(plan: &Plan) -> Self {
        let users = u64::from(plan.users);
        Self { users, blocks: users * u64::from(plan.blocks) }
    }

    /// What it comes to at `now`, with so many that have started: where whoever ends is replaced, more are known of than will come, and those
    /// count who were to start by now.
    pub fn by_now(plan: &Plan, now: Instant, started: u64) -> Self {
        let all = Self::of(plan);
        let ArrivalSchedule::Held(hold) = &plan.schedule else { return all };
        let first =
            (0..hold.present).take_while(|&number| plan.schedule.intended_start(ListenerId(number)) <= now);
        let first = u64::try_from(first.count()).unwrap_or(u64::MAX);
        let users = first.max(started).min(all.users);
        Self { users, blocks: users * u64::from(plan.blocks) }
    }
}

/// How things stand, besides the counters of the audience.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// The counters.
    pub progress: Progress,
    /// Listeners that are still to start.
    pub waiting: u32,
    /// Whether arrivals are held back.
    pub held: bool,
    /// The gateway's own queue and workers, where it tells.
    pub queue: Option<Queue>,
}

/// What a gateway tells of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Queue {
    /// Jobs waiting.
    pub queued: u64,
    /// Workers with a job.
    pub busy: u64,
    /// Jobs at the overflow provider.
    pub overflowing: u64,
}

impl From<HostStats> for Queue {
    fn from(stats: HostStats) -> Self {
        let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        let pipeline = stats.gateway.pipeline;
        Self {
            queued: count(pipeline.queued),
            busy: count(pipeline.busy_workers),
            overflowing: count(pipeline.overflowing),
        }
    }
}

/// Several watchers as one: each hears everything, and whoever wants something first is heard first.
#[derive(Debug)]
pub struct Watchers<'a>(pub &'a [&'a dyn Watcher]);

impl Watcher for Watchers<'_> {
    fn on_news(&self, news: News<'_>) {
        self.0.iter().for_each(|watcher| watcher.on_news(news));
    }

    fn poll_wish(&self, context: &mut Context<'_>) -> Poll<Wish> {
        let wishes = self.0.iter().map(|watcher| watcher.poll_wish(context));
        wishes.into_iter().find(Poll::is_ready).unwrap_or(Poll::Pending)
    }
}

impl dyn Watcher + '_ {
    pub(crate) fn say(&self, line: &str) {
        self.on_news(News::Said(line));
    }

    pub(crate) fn warn(&self, line: &str) {
        self.on_news(News::Warned(line));
    }

    pub(crate) fn preparing(&self, what: &str, done: u64, all: u64) {
        self.on_news(News::Preparing { what, done, all });
    }

    /// Waits for what is wanted. Cancel-safe.
    pub(crate) async fn wish(&self) -> Wish {
        std::future::poll_fn(|context| self.poll_wish(context)).await
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, task::Waker};

    use claque_core::{listener::Behaviour, player::PlayerPolicy, rng::Seed, schedule::Hold, time::Speed};

    use super::*;

    fn plan() -> Plan {
        Plan {
            share: claque_core::share::Share::WHOLE,
            users: 1,
            blocks: 1,
            model: "kokoro".to_owned(),
            voice: None,
            speed: Speed::NORMAL,
            policy: PlayerPolicy::WEB,
            behaviour: Behaviour::NONE,
            schedule: ArrivalSchedule::Even { window: Duration::ZERO, users: 1 },
            use_cached: false,
            texts: None,
            varied_lengths: false,
            network: claque_core::link::LinkMix::default(),
            timeout: Duration::from_secs(60),
            seed: Seed::root(1),
        }
    }

    /// Keeps what was said, and wants one thing.
    #[derive(Debug)]
    struct Listener {
        heard: RefCell<Vec<String>>,
        wanted: RefCell<Option<Adjustment>>,
    }

    impl Listener {
        fn wanting(wanted: Option<Adjustment>) -> Self {
            Self { heard: RefCell::default(), wanted: RefCell::new(wanted) }
        }
    }

    impl Watcher for Listener {
        fn on_news(&self, news: News<'_>) {
            if let News::Said(line) = news {
                self.heard.borrow_mut().push(line.to_owned());
            }
        }

        fn poll_wish(&self, _: &mut Context<'_>) -> Poll<Wish> {
            self.wanted.take().map_or(Poll::Pending, |wanted| Poll::Ready(Wish::Adjust(wanted)))
        }
    }

    /// Of a thousand that could be needed two come at first, over a second, and five had come after a while.
    #[test]
    fn where_whoever_ends_is_replaced_those_count_who_were_to_start_by_now() {
        let hold = Hold { present: 2, window: Duration::from_secs(1), until: Instant::from_millis(60_000) };
        let plan = Plan { users: 1_000, blocks: 3, schedule: ArrivalSchedule::Held(hold), ..plan() };
        let users = |millis, started| RunGoal::by_now(&plan, Instant::from_millis(millis), started).users;
        assert_eq!([users(0, 0), users(600, 1), users(30_000, 5)], [1, 2, 5]);
        let everybody =
            Plan { schedule: ArrivalSchedule::Even { window: Duration::ZERO, users: 9 }, users: 9, ..plan };
        assert_eq!(RunGoal::by_now(&everybody, Instant::START, 0).users, 9);
    }

    #[test]
    fn several_hear_the_same_and_what_one_wants_costs_no_other_his_wish() {
        let first = Listener::wanting(Some(Adjustment::More));
        let second = Listener::wanting(Some(Adjustment::Fewer));
        let both: &dyn Watcher = &Watchers(&[&first, &second]);
        both.say("news");
        assert_eq!(
            (first.heard.borrow().as_slice(), second.heard.borrow().as_slice()),
            (&["news".to_owned()][..], &["news".to_owned()][..])
        );
        let context = &mut Context::from_waker(Waker::noop());
        let wishes = [(); 3].map(|()| both.poll_wish(context));
        let adjust = |wanted| Poll::Ready(Wish::Adjust(wanted));
        assert_eq!(wishes, [adjust(Adjustment::More), adjust(Adjustment::Fewer), Poll::Pending]);
    }
}
