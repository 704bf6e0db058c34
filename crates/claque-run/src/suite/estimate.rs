//! How long a suite takes when nobody has to wait: its texts, spoken.

use std::time::Duration;

use claque_core::{
    corpus::Corpus,
    ids::ListenerId,
    plan::Plan,
    schedule::ArrivalSchedule,
    script::{Script, ScriptShape},
    time::Instant,
};
use claque_stats::units::{counted, time};

use super::{Job, Work};

/// How fast kokoro speaks, in characters a second: the length model of the reference gateway.
const SPOKEN: f64 = 14.0;

impl Job {
    /// The time its listeners listen if nobody waits for anything.
    pub fn listening(&self) -> Duration {
        match &self.work {
            Work::Real(settings) => listening(&settings.plan, &settings.corpus),
            Work::Virtual(settings) => listening(&settings.plan, &settings.corpus),
        }
    }
}

/// "21 runs, about 32 min 05 s and whatever has to be waited for".
pub fn said(all: usize, left: &[&Job], rest: Duration) -> String {
    let runs = counted(u64::try_from(left.len()).unwrap_or(u64::MAX), "run");
    let of = if left.len() < all { format!(" of {all}") } else { String::new() };
    let about = time(total(left, rest).as_secs_f64() * 1_000.0);
    match left.first().map(|job| &job.work) {
        None => "every run of the suite is made".to_owned(),
        Some(Work::Real(_)) => format!("{runs}{of}, about {about} and whatever has to be waited for"),
        Some(Work::Virtual(_)) => format!("{runs}{of} in virtual time"),
    }
}

/// The time of all runs and of the rests between them.
pub fn total(jobs: &[&Job], rest: Duration) -> Duration {
    let rests = u32::try_from(jobs.len().saturating_sub(1)).unwrap_or(u32::MAX);
    jobs.iter().map(|job| job.listening()).sum::<Duration>() + rest * rests
}

fn listening(plan: &Plan, corpus: &Corpus) -> Duration {
    let shape = ScriptShape { blocks: plan.blocks, varied_lengths: plan.varied_lengths, unique: None };
    let script = Script::new(corpus, shape, plan.seed, ListenerId(0));
    let chars: usize = script.lengths().into_iter().sum();
    let chars = f64::from(u32::try_from(chars).unwrap_or(u32::MAX));
    let last = match &plan.schedule {
        ArrivalSchedule::Held(hold) => hold.until,
        schedule @ (ArrivalSchedule::Even { .. } | ArrivalSchedule::Listed(_)) => {
            schedule.intended_start(ListenerId(plan.users.saturating_sub(1)))
        }
    };
    last.since(Instant::START) + Duration::from_secs_f64(chars / SPOKEN / plan.speed.as_f64())
}
