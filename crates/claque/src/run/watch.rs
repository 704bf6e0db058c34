//! While an audience listens: facts are taken down, progress is shown, and whoever is at the keyboard is obeyed.

use claque_core::{plan::Plan, schedule::ArrivalSchedule};
use claque_net::{
    audience::{Audience, Batch},
    host::Host,
};
use tokio::time::MissedTickBehavior;

use super::{
    Session, abort,
    pulse::{self, RecorderPulse},
};
use crate::{
    config::RunSettings,
    outcome::Recorder,
    report::{
        live::{Goal, Live, Queue, REDRAW, Standing, Wish},
        units::{counted, grouped},
    },
};

/// What a run is to do.
pub(super) fn goal(plan: &Plan) -> Goal {
    let users = u64::from(plan.users);
    Goal { users, blocks: users * u64::from(plan.blocks) }
}

/// What is run, in a line.
pub(super) fn about(settings: &RunSettings) -> String {
    let plan = &settings.plan;
    let target = settings.target.shown();
    let users = counted(plan.schedule.known_of(plan.users).into(), "listener");
    let held = if let ArrivalSchedule::Held(_) = plan.schedule { " at a time" } else { "" };
    let blocks = counted(plan.blocks.into(), "block");
    format!("{users}{held}, {blocks} each, at {} ×; {target}", plan.speed.as_f64())
}

impl Session<'_> {
    /// Takes down facts and shows progress until everybody is done.
    pub(super) async fn watch(
        &self,
        audience: &mut Audience,
        recorder: &mut Recorder,
        host: Option<&Host>,
        live: &Live,
        pulse: &mut RecorderPulse,
    ) {
        let goal = goal(&self.settings.plan);
        let mut beat = tokio::time::interval(pulse::HEARTBEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut redraw = tokio::time::interval(REDRAW);
        redraw.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut stopping = false;
        live.begin(goal);
        loop {
            let turn = tokio::select! {
                batch = audience.next_batch() => Turn::News(batch),
                _ = beat.tick() => Turn::Beat,
                _ = redraw.tick() => Turn::Redraw,
                wish = live.wish(), if !stopping => Turn::Wish(wish),
                () = self.interrupts.reached(1), if !stopping => Turn::Stop,
            };
            pulse.wake();
            let stops = match turn {
                Turn::Beat => false,
                Turn::News(None) => break,
                Turn::News(Some(Batch { asked, arrived, facts })) => {
                    live.take(&facts);
                    recorder.take_asked(&asked);
                    recorder.take_arrived(&arrived);
                    recorder.take(facts);
                    recorder.flush();
                    // Nothing is gained by listening to what cannot be kept.
                    let why = recorder.trouble().filter(|_| !stopping).map(ToString::to_string);
                    why.is_some_and(|why| {
                        live.warn(&format!("stopping: {why}"));
                        live.stopping();
                        recorder.abort(format!("aborted: {why}"));
                        true
                    })
                }
                Turn::Redraw => {
                    let why = self.redraw(audience, host, live).filter(|_| !stopping);
                    why.is_some_and(|why| {
                        live.warn(&format!("stopping: {why}"));
                        live.stopping();
                        recorder.abort(why);
                        true
                    })
                }
                Turn::Wish(wish) => {
                    live.say(&obey(wish, audience, self.settings.plan.users));
                    live.show(audience.clock().now(), goal, standing(audience, host));
                    false
                }
                Turn::Stop => true,
            };
            if stops {
                stopping = true;
                audience.stop();
            }
            pulse.rest();
        }
        live.show(audience.clock().now(), goal, standing(audience, host));
    }

    /// Shows how things stand. Gives why the run is to be given up, if it is.
    fn redraw(&self, audience: &mut Audience, host: Option<&Host>, live: &Live) -> Option<String> {
        let goal = goal(&self.settings.plan);
        let now = audience.clock().now();
        let standing = standing(audience, host);
        live.show(now, goal, standing);
        abort::reason(&self.settings.abort_on, goal.users, now, standing.progress)
    }
}

/// What there is to be done while an audience listens.
enum Turn {
    News(Option<Batch>),
    Beat,
    Redraw,
    Wish(Wish),
    Stop,
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
fn obey(wish: Wish, audience: &mut Audience, users: u32) -> String {
    let step = (users / 100).max(1);
    let listeners = |count: u32| counted(count.into(), "listener");
    match wish {
        Wish::HoldOrRelease if audience.release_arrivals() => "arrivals go on".to_owned(),
        Wish::HoldOrRelease if audience.hold_arrivals() => {
            format!("arrivals held back: {} wait", grouped(audience.waiting().into()))
        }
        Wish::HoldOrRelease => "nobody is left to be held back".to_owned(),
        Wish::More => match audience.bring_forward(step) {
            0 => format!("nobody is left to start: all {} have", listeners(users)),
            count => format!("{} brought forward", listeners(count)),
        },
        Wish::Fewer => match audience.dismiss(step) {
            0 => "nobody is there to leave".to_owned(),
            count => format!("{} asked to leave", listeners(count)),
        },
    }
}
