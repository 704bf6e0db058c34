//! While an audience listens: facts are taken down, progress is shown, and what watchers want is done.

use claque_core::{plan::Plan, time::Duration};
use claque_net::{
    audience::{Audience, Batch},
    host::Host,
};
use claque_stats::units::{counted, grouped};
use futures_util::future::OptionFuture;
use tokio::time::{Interval, MissedTickBehavior};

use super::{Session, documents::replacements::Replacements, scrape::Scraping};
use crate::{
    pulse::{self, RecorderPulse},
    record::Recorder,
    watcher::{Adjustment, News, Queue, RunGoal, STANDING_EVERY, Standing, Watcher, Wish},
};

impl Session<'_> {
    /// Takes down facts and shows progress until everybody is done. `later` makes what those hear who come later, in a protocol where
    /// something has to be made on the service for that.
    pub(super) async fn watch(
        &self,
        (audience, (later, scraping)): (&mut Audience, (Option<&Replacements<'_>>, &Scraping)),
        recorder: &mut Recorder,
        host: Option<&Host>,
        watcher: &dyn Watcher,
        pulse: &mut RecorderPulse,
    ) {
        let plan = &self.settings.plan;
        let (mut beat, mut stand) = (every(pulse::HEARTBEAT), every(STANDING_EVERY));
        let mut stopping = false;
        let mut making = std::pin::pin!(OptionFuture::from(later.map(Replacements::make)));
        let mut is_making = later.is_some();
        watcher.on_news(News::Begun(RunGoal::of(plan)));
        loop {
            let turn = tokio::select! {
                // A run that is to be given up is given up before anything else becomes of it. News come last: they are the only
                // ones of which there may always be more.
                biased;
                wish = watcher.wish(), if !stopping => Turn::Wish(wish),
                () = self.interrupts.reached(1), if !stopping => Turn::Stop,
                _ = beat.tick() => Turn::Beat,
                _ = &mut making, if is_making => {
                    is_making = false;
                    Turn::Beat
                }
                _ = stand.tick() => Turn::Stand,
                batch = audience.next_batch() => Turn::News(batch),
            };
            pulse.wake();
            let stops = match turn {
                Turn::Beat => false,
                Turn::News(None) => break,
                Turn::News(Some(Batch { asked, arrived, facts })) => {
                    watcher.on_news(News::Facts(&facts));
                    later.iter().for_each(|later| later.note(&facts));
                    recorder.take_under_way(asked, arrived);
                    recorder.take(facts);
                    recorder.flush();
                    // Nothing is gained by listening to what cannot be kept.
                    let why = recorder.trouble().filter(|_| !stopping).map(ToString::to_string);
                    why.is_some_and(|why| {
                        watcher.warn(&format!("stopping: {why}"));
                        watcher.on_news(News::Stopping);
                        recorder.abort(format!("aborted: {why}"));
                        true
                    })
                }
                Turn::Stand => {
                    tell_standing(watcher, audience, host, plan);
                    scraping.tell(watcher);
                    false
                }
                Turn::Wish(Wish::GiveUp { why }) => {
                    watcher.warn(&format!("stopping: {why}"));
                    watcher.on_news(News::Stopping);
                    recorder.abort(why);
                    true
                }
                Turn::Wish(Wish::Adjust(adjustment)) => {
                    watcher.say(&adjust(adjustment, audience, self.settings.plan.users));
                    tell_standing(watcher, audience, host, plan);
                    false
                }
                Turn::Stop => true,
            };
            if stops {
                stopping = true;
                audience.stop();
                later.iter().for_each(|later| later.close());
            }
            pulse.rest();
        }
        if let Some(later) = later {
            later.end(is_making.then_some(making)).await;
        }
        tell_standing(watcher, audience, host, plan);
    }
}

/// Ticks, of which those that were missed are not made up for.
fn every(span: Duration) -> Interval {
    let mut ticks = tokio::time::interval(span);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    ticks
}

/// What there is to be done while an audience listens.
enum Turn {
    News(Option<Batch>),
    Beat,
    Stand,
    Wish(Wish),
    Stop,
}

/// Tells how things stand now.
fn tell_standing(watcher: &dyn Watcher, audience: &mut Audience, host: Option<&Host>, plan: &Plan) {
    let (now, standing) = (audience.clock().now(), standing(audience, host));
    let goal = RunGoal::by_now(plan, now, standing.progress.came());
    watcher.on_news(News::Stands { now, goal, standing });
}

/// How things stand. The gateway's own figures are those of the last thing that happened there.
fn standing(audience: &mut Audience, host: Option<&Host>) -> Standing {
    Standing {
        progress: audience.progress(),
        waiting: audience.waiting(),
        held: audience.is_held(),
        queue: host.map(|host| Queue::from(host.stats())),
    }
}

/// Does what is wanted by hand, and says what came of it. One press moves a hundredth of the audience, at least one
/// listener.
fn adjust(wanted: Adjustment, audience: &mut Audience, users: u32) -> String {
    let step = (users / 100).max(1);
    let listeners = |count: u32| counted(count.into(), "listener");
    match wanted {
        Adjustment::HoldOrRelease if audience.release_arrivals() => "arrivals go on".to_owned(),
        Adjustment::HoldOrRelease if audience.hold_arrivals() => {
            format!("arrivals held back: {} wait", grouped(audience.waiting().into()))
        }
        Adjustment::HoldOrRelease => "nobody is left to be held back".to_owned(),
        Adjustment::More => match audience.bring_forward(step) {
            0 => format!("nobody is left to start: all {} have", listeners(users)),
            count => format!("{} brought forward", listeners(count)),
        },
        Adjustment::Fewer => match audience.dismiss(step) {
            0 => "nobody is there to leave".to_owned(),
            count => format!("{} asked to leave", listeners(count)),
        },
    }
}
