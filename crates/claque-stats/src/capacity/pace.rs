//! How fast a service delivers beside how fast it is listened to: what shows an overload before anybody stalls.
//!
//! A player hides an overload until its buffer is empty. Its lead does not: it is the audio that was delivered less the audio that
//! would have been heard had nothing stalled. Where the service keeps up, the lead goes up and down with the player's requests and
//! stays where it is; where it does not, the lead falls from the beginning, by as much a second as the service is short of.

use claque_core::{
    ids::ListenerId,
    record::{BlockRecord, Fact, Incident, SessionEnd},
    time::{Instant, Speed, duration_nanos},
};
use serde::{Deserialize, Serialize};

use crate::sample::{millis, whole};

/// Moments at which the lead is looked at.
const MOMENTS: u32 = 96;
/// Fewer than so many blocks of a listener in the window tell nothing.
const FEWEST_BLOCKS: usize = 4;
/// No pace is known better than that: blocks come whole.
const LEAST_ERROR: f64 = 0.003;

/// How fast a service delivered while everybody was there.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pace {
    /// Seconds of listening that were delivered in a second, for each listener: 1 keeps up, less is an overload, more fills buffers.
    pub ratio: f64,
    /// Its standard error.
    pub error: f64,
    /// How long it was looked at, in seconds.
    pub span_s: f64,
}

/// What a listener was given, and when.
#[derive(Debug)]
struct Delivery {
    /// When it began to play, in ms.
    started_ms: f64,
    /// When each block was there, in order of time, and how long it plays, both in ms.
    blocks: Vec<(f64, f64)>,
}

/// The pace of a run; none where listeners jumped, paused or took turns, or nobody was there together for long enough.
#[must_use]
pub(super) fn pace(facts: &[Fact], speed: Speed) -> Option<Pace> {
    if facts.iter().any(interrupts) {
        return None;
    }
    let deliveries = deliveries(facts, speed);
    let from = deliveries.iter().map(|delivery| delivery.started_ms).fold(0.0, f64::max);
    let last = |delivery: &Delivery| delivery.blocks.last().map_or(0.0, |block| block.0);
    let until = deliveries.iter().map(last).fold(f64::INFINITY, f64::min);
    let in_window = |delivery: &Delivery| {
        delivery.blocks.iter().filter(|(at, _)| (from..=until).contains(at)).count() >= FEWEST_BLOCKS
    };
    if deliveries.is_empty() || until <= from || !deliveries.iter().all(in_window) {
        return None;
    }
    let leads: Vec<_> = deliveries.iter().map(|delivery| delivery.leads(from, until)).collect();
    let moments = usize::try_from(MOMENTS).unwrap_or(usize::MAX);
    let mean: Vec<f64> = (0..moments)
        .map(|moment| leads.iter().map(|lead| lead[moment]).sum::<f64>() / count(leads.len()))
        .collect();
    // In ms of listening a moment; a moment is this long.
    let step_ms = (until - from) / f64::from(MOMENTS - 1);
    let fit = Line::through(&mean);
    let slopes: Vec<_> = leads.iter().map(|lead| Line::through(lead).slope).collect();
    let error = fit.slope_error(&mean).max(error_of_mean(&slopes)) / step_ms;
    Some(Pace {
        ratio: 1.0 + fit.slope / step_ms,
        error: error.max(LEAST_ERROR),
        span_s: (until - from) / 1_000.0,
    })
}

/// Whether a listener did something that its lead does not allow for.
fn interrupts(fact: &Fact) -> bool {
    match fact {
        Fact::Incident(record) => match record.incident {
            Incident::Jumped { .. }
            | Incident::VoiceChanged { .. }
            | Incident::HungUp { .. }
            | Incident::BargedIn { .. }
            | Incident::Paused { .. } => true,
            Incident::Outage { .. }
            | Incident::Resent { .. }
            | Incident::Delayed { .. }
            | Incident::GivenUp { .. } => false,
        },
        Fact::Listener(record) => !record.paused.is_zero() || record.end == SessionEnd::Left,
        Fact::Block(_) | Fact::Stall(_) | Fact::Error(_) | Fact::Sound(_) => false,
    }
}

/// What each listener was given who came to the end of the text.
fn deliveries(facts: &[Fact], speed: Speed) -> Vec<Delivery> {
    let mut sessions: Vec<(ListenerId, f64)> = Vec::new();
    let mut blocks: Vec<(ListenerId, f64, f64)> = Vec::new();
    for fact in facts {
        match fact {
            Fact::Block(record) => {
                let play_ms = millis(duration_nanos(speed.play_time(record.media)));
                blocks.extend(came_at(record).map(|at| (record.listener, at.as_millis_f64(), play_ms)));
            }
            Fact::Listener(record) if record.end == SessionEnd::Completed => {
                sessions.extend(record.started_at.map(|at| (record.listener, at.as_millis_f64())));
            }
            Fact::Listener(_) | Fact::Stall(_) | Fact::Error(_) | Fact::Incident(_) | Fact::Sound(_) => {}
        }
    }
    blocks.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    sessions.sort_by_key(|session| session.0);
    let mut rest = blocks.as_slice();
    let of = |(listener, started_ms): (ListenerId, f64)| {
        let skipped = rest.partition_point(|block| block.0 < listener);
        rest = &rest[skipped..];
        let own = rest.partition_point(|block| block.0 == listener);
        let blocks = rest[..own].iter().map(|&(_, at, play)| (at, play)).collect();
        rest = &rest[own..];
        Delivery { started_ms, blocks }
    };
    sessions.into_iter().map(of).collect()
}

/// When a block's audio was whole, if it was delivered.
fn came_at(record: &BlockRecord) -> Option<Instant> {
    record.complete_at.or(record.ready_at).filter(|_| record.outcome.is_success())
}

impl Delivery {
    /// The lead at each moment of the window, in ms of listening.
    fn leads(&self, from: f64, until: f64) -> Vec<f64> {
        let (mut next, mut delivered) = (0, 0.0);
        let at_moment = |moment: u32| {
            let now = from + (until - from) * f64::from(moment) / f64::from(MOMENTS - 1);
            while let Some((at, play)) = self.blocks.get(next)
                && *at <= now
            {
                delivered += play;
                next += 1;
            }
            delivered - (now - self.started_ms)
        };
        (0..MOMENTS).map(at_moment).collect()
    }
}

/// A line of least squares through values at 0, 1, 2 and so on.
#[derive(Clone, Copy, Debug)]
struct Line {
    middle: f64,
    mean: f64,
    slope: f64,
    /// The sum of squares of the places about their middle.
    spread: f64,
}

impl Line {
    fn through(values: &[f64]) -> Self {
        let n = count(values.len());
        let (middle, mean) = ((n - 1.0) / 2.0, values.iter().sum::<f64>() / n);
        let places = (0_u32..).map(f64::from);
        let sums = places.zip(values).map(|(x, y)| ((x - middle) * (y - mean), (x - middle).powi(2)));
        let (cross, spread) = sums.fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        Self { middle, mean, slope: cross / spread, spread }
    }

    /// The standard error of the slope where residuals resemble their neighbours, as those of a lead do that goes up and down: the
    /// variance is inflated by the sum of their autocorrelations up to the first that is not positive (Geyer 1992).
    fn slope_error(&self, values: &[f64]) -> f64 {
        let places = (0_u32..).map(f64::from);
        let line = |x: f64| self.mean + self.slope * (x - self.middle);
        let rest: Vec<f64> = places.zip(values).map(|(x, y)| y - line(x)).collect();
        let square: f64 = rest.iter().map(|value| value * value).sum();
        let n = count(rest.len());
        if square <= 0.0 {
            return 0.0;
        }
        let alike =
            |lag: usize| -> f64 { rest.iter().zip(&rest[lag..]).map(|(a, b)| a * b).sum::<f64>() / square };
        let sum: f64 = (1..rest.len() / 2).map(alike).take_while(|&share| share > 0.0).sum();
        (square / (n - 2.0) * (1.0 + 2.0 * sum) / self.spread).sqrt()
    }
}

/// The standard error of the mean of these values as if they were independent; 0 of fewer than two.
fn error_of_mean(values: &[f64]) -> f64 {
    if values.len() < 2 {
        return 0.0;
    }
    let n = count(values.len());
    let mean = values.iter().sum::<f64>() / n;
    let square: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (square / (n - 1.0) / n).sqrt()
}

fn count(number: usize) -> f64 {
    whole(u64::try_from(number).unwrap_or(u64::MAX))
}
