//! How fast a service delivers beside how fast it is listened to: what shows an overload before anybody stalls.
//!
//! A player hides an overload until its buffer is empty. Its lead does not: it is the audio that was delivered less the audio that
//! would have been heard had nothing stalled. Where the service keeps up, the lead goes up and down with the player's requests and
//! stays where it is; where it does not, the lead falls from the beginning, by as much a second as the service is short of. A wait for a
//! block that failed, or that came far later than the others, is no part of that time: a player that asked for all it may says nothing
//! then of how fast the others are made.

use std::collections::{BTreeMap, BTreeSet};

use claque_core::{
    ids::{BlockIdx, ListenerId},
    record::{BlockRecord, Fact, Incident, SessionEnd},
    time::{Instant, Speed, duration_nanos},
};
use serde::{Deserialize, Serialize};

use crate::sample::{millis, whole};

/// Moments at which the lead is looked at.
const MOMENTS: u32 = 96;
/// Fewer than so many blocks of a listener in the window tell nothing.
const FEWEST_BLOCKS: usize = 4;
/// A block that takes so many times as long as the median of its listener, or as one plays, is a straggler: it was lost and made again,
/// or the like. An overload makes all of them late.
const STRAGGLES: f64 = 3.0;
/// So many medians after the last request no more is to be expected than stragglers.
const ALL_THERE: f64 = 1.5;
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

/// A block that was delivered: when it was there, and how long it plays, both in ms.
#[derive(Clone, Copy, Debug)]
struct DeliveredBlock {
    block: BlockIdx,
    asked_ms: f64,
    there_ms: f64,
    play_ms: f64,
}

/// What a listener was given, and when.
#[derive(Debug, Default)]
struct Delivery {
    listener: ListenerId,
    /// From a block's request to its end, in ms: the median.
    median_ms: f64,
    /// When it began to play, in ms.
    started_ms: f64,
    /// What was delivered, in order of time.
    blocks: Vec<DeliveredBlock>,
    /// When these were asked for, in order, in ms.
    asked: Vec<f64>,
    /// When each would end that is heard in the order of the text without a wait, in ms after the first began.
    ends: Vec<f64>,
    /// Waits for blocks that failed or straggled: from when and until when, in ms.
    lost: Vec<(f64, f64)>,
}

/// The pace of a run; none where listeners jumped, paused or took turns, or nobody was there together for long enough.
#[must_use]
pub(super) fn pace(facts: &[Fact], speed: Speed) -> Option<Pace> {
    if facts.iter().any(interrupts) {
        return None;
    }
    let deliveries = deliveries(facts, speed);
    let from = deliveries.iter().map(|delivery| delivery.started_ms).fold(0.0, f64::max);
    let until = deliveries.iter().map(Delivery::end_ms).fold(f64::INFINITY, f64::min);
    let in_window = |delivery: &Delivery| {
        delivery.blocks.iter().filter(|block| (from..=until).contains(&block.there_ms)).count()
            >= FEWEST_BLOCKS
    };
    if deliveries.is_empty() || until <= from || !deliveries.iter().all(in_window) {
        return None;
    }
    let full = Leads::when_all_is_there(&deliveries, (from, until));
    let leads = full.unwrap_or_else(|| Leads::at_any_time(&deliveries, (from, until)));
    let block_ms = deliveries.iter().map(Delivery::mean_ms).sum::<f64>() / count(deliveries.len());
    Some(leads.pace(block_ms))
}

/// The lead of each listener at moments of a window.
#[derive(Debug)]
struct Leads {
    window: (f64, f64),
    /// In ms of listening.
    of_each: Vec<Vec<f64>>,
}

impl Leads {
    /// As they are.
    fn at_any_time(deliveries: &[Delivery], window: (f64, f64)) -> Self {
        let of = |delivery: &Delivery| moments(window).map(|now| delivery.lead(now)).collect();
        Self { window, of_each: deliveries.iter().map(of).collect() }
    }

    /// As they are when all is there that a player asked for, and between such moments on the line from one to the next. A player asks for
    /// several blocks at once: its lead goes up and down by as much, and what is left of that in a slope is more than all else where there
    /// are few listeners. None where players waited for something nearly all the time.
    fn when_all_is_there(deliveries: &[Delivery], window: (f64, f64)) -> Option<Self> {
        /// Such moments of a listener, and how much of the window lies between the first and the last of them.
        const FEWEST: usize = 4;
        const LEAST_SHARE: f64 = 0.6;
        let peaks: Vec<_> = deliveries.iter().map(|delivery| delivery.peaks(window)).collect();
        let ends = |peaks: &Vec<(f64, f64)>| Some((peaks.first()?.0, peaks.last()?.0));
        let ends: Vec<_> = peaks.iter().filter(|peaks| peaks.len() >= FEWEST).filter_map(ends).collect();
        let from = ends.iter().map(|end| end.0).fold(window.0, f64::max);
        let until = ends.iter().map(|end| end.1).fold(window.1, f64::min);
        let is_enough = ends.len() == deliveries.len() && until - from >= LEAST_SHARE * (window.1 - window.0);
        let of = |peaks: &Vec<(f64, f64)>| moments((from, until)).map(|now| between(peaks, now)).collect();
        is_enough.then(|| Self { window: (from, until), of_each: peaks.iter().map(of).collect() })
    }

    fn pace(&self, block_ms: f64) -> Pace {
        /// A queue that settles shifts a lead once, by some part of a block.
        const SETTLING: f64 = 0.25;
        let moments = usize::try_from(MOMENTS).unwrap_or(usize::MAX);
        let mean: Vec<f64> = (0..moments)
            .map(|moment| {
                self.of_each.iter().map(|lead| lead[moment]).sum::<f64>() / count(self.of_each.len())
            })
            .collect();
        let span_ms = self.window.1 - self.window.0;
        // In ms of listening a moment; a moment is this long.
        let step_ms = span_ms / f64::from(MOMENTS - 1);
        let fit = Line::through(&mean);
        let slopes: Vec<_> = self.of_each.iter().map(|lead| Line::through(lead).slope).collect();
        let error = fit.slope_error(&mean).max(error_of_mean(&slopes)) / step_ms;
        Pace {
            ratio: 1.0 + fit.slope / step_ms,
            error: error.hypot(SETTLING * block_ms / span_ms).max(LEAST_ERROR),
            span_s: span_ms / 1_000.0,
        }
    }
}

fn moments((from, until): (f64, f64)) -> impl Iterator<Item = f64> {
    (0..MOMENTS).map(move |moment| from + (until - from) * f64::from(moment) / f64::from(MOMENTS - 1))
}

/// The value on the line between the two of these points beside `now`; they are in order.
fn between(points: &[(f64, f64)], now: f64) -> f64 {
    let next = points.partition_point(|point| point.0 < now).clamp(1, points.len() - 1);
    let (a, b) = (points[next - 1], points[next]);
    let share = if b.0 > a.0 { ((now - a.0) / (b.0 - a.0)).clamp(0.0, 1.0) } else { 1.0 };
    a.1 + (b.1 - a.1) * share
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
    let mut sessions: BTreeMap<ListenerId, Delivery> = BTreeMap::new();
    for fact in facts {
        if let Fact::Listener(record) = fact
            && record.end == SessionEnd::Completed
            && let Some(at) = record.started_at
        {
            let (listener, started_ms) = (record.listener, at.as_millis_f64());
            let delivery = Delivery { listener, started_ms, ..Delivery::default() };
            sessions.insert(record.listener, delivery);
        }
    }
    let mut failed = BTreeSet::new();
    for fact in facts {
        if let Fact::Block(record) = fact
            && let Some(session) = sessions.get_mut(&record.listener)
        {
            let play_ms = millis(duration_nanos(speed.play_time(record.media)));
            match came_at(record).map(Instant::as_millis_f64) {
                Some(there_ms) => {
                    let asked_ms = record.requested_at.map_or(there_ms, Instant::as_millis_f64);
                    session.blocks.push(DeliveredBlock { block: record.block, asked_ms, there_ms, play_ms });
                    session.asked.push(asked_ms);
                }
                None => _ = failed.insert((record.listener, record.block)),
            }
        }
    }
    for session in sessions.values_mut() {
        session.sort();
        let late = session.blocks.iter().filter(|block| session.straggles(block)).map(|block| block.block);
        failed.extend(late.map(|block| (session.listener, block)));
    }
    for fact in facts {
        if let Fact::Stall(record) = fact
            && failed.contains(&(record.listener, record.block))
            && let Some(session) = sessions.get_mut(&record.listener)
        {
            let began_ms = record.began_at.as_millis_f64();
            session.lost.push((began_ms, began_ms + millis(duration_nanos(record.waited))));
        }
    }
    sessions.into_values().collect()
}

/// When a block's audio was whole, if it was delivered.
fn came_at(record: &BlockRecord) -> Option<Instant> {
    record.complete_at.or(record.ready_at).filter(|_| record.outcome.is_success())
}

impl Delivery {
    /// Puts all in order when everything is there.
    fn sort(&mut self) {
        self.blocks.sort_by_key(|block| block.block);
        let mut end = 0.0;
        self.ends.extend(self.blocks.iter().map(|block| {
            end += block.play_ms;
            end
        }));
        self.blocks.sort_by(|a, b| a.there_ms.total_cmp(&b.there_ms));
        self.asked.sort_by(f64::total_cmp);
        let mut took: Vec<_> = self.blocks.iter().map(|block| block.there_ms - block.asked_ms).collect();
        took.sort_by(f64::total_cmp);
        self.median_ms = took.get(took.len() / 2).copied().unwrap_or_default();
    }

    fn straggles(&self, block: &DeliveredBlock) -> bool {
        block.there_ms - block.asked_ms > STRAGGLES * self.median_ms.max(self.mean_ms())
    }

    /// When the last block was there, or should have been.
    fn end_ms(&self) -> f64 {
        let last = self.blocks.last().map_or(0.0, |block| block.there_ms);
        self.asked.last().map_or(last, |asked| last.min(asked + ALL_THERE * self.median_ms))
    }

    /// The lead at a moment, in ms of listening: blocks that are there less those that would have been heard, each as long as the mean. So long
    /// blocks in a row, of which a player asks for no fewer, are no lead.
    fn lead(&self, now: f64) -> f64 {
        let lost: f64 = self.lost.iter().map(|(began, ended)| (now.min(*ended) - began).max(0.0)).sum();
        let there = self.blocks.partition_point(|block| block.there_ms <= now);
        (count(there) - self.heard(now - self.started_ms - lost)) * self.mean_ms()
    }

    /// How many blocks are heard in so long a time, with the part of the last.
    fn heard(&self, time_ms: f64) -> f64 {
        let whole = self.ends.partition_point(|&end| end <= time_ms);
        let began = if whole == 0 { 0.0 } else { self.ends[whole - 1] };
        let takes = self.ends.get(whole).map_or_else(|| self.mean_ms(), |end| end - began);
        count(whole) + (time_ms - began).max(0.0) / takes.max(1.0)
    }

    fn mean_ms(&self) -> f64 {
        self.ends.last().map_or(0.0, |end| end / count(self.ends.len()))
    }

    /// The moments of a window at which the last came of all that was asked for, and the lead at each.
    fn peaks(&self, (from, until): (f64, f64)) -> Vec<(f64, f64)> {
        let there = self.blocks.iter().map(|block| block.there_ms);
        let is_all = |place: usize, at: f64| self.asked.get(place + 1).is_none_or(|&next| next > at);
        let all = there.enumerate().filter(|&(place, at)| is_all(place, at)).map(|(_, at)| at);
        all.filter(|at| (from..=until).contains(at)).map(|at| (at, self.lead(at))).collect()
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
