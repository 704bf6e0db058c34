//! What each listener of a run went through: what intervals and objectives need beyond a summary.

use std::collections::{BTreeMap, BTreeSet};

use claque_core::{
    ids::{BlockIdx, ListenerId},
    record::{BlockOutcome, BlockRecord, Fact, Incident, ListenerRecord, SessionEnd},
    time::{Duration, Instant, duration_nanos},
};

use crate::{
    builder::RunShape,
    causes::Causes,
    figures::{Better, StreamMetric},
    sample::millis,
    streams::{self, FirstAudio, Turns, is_streamed},
    window::FigureWindow,
};

/// A figure with many values of each listener, or one; [`figures`](crate::figures) has what each is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeMetric {
    /// Intended start until playback starts, per listener.
    StartupTime,
    /// Intended start until the first audio byte, per listener.
    Ttfa,
    /// The same and the silence at its head, per listener.
    TtfaAudible,
    /// Intended start until block 0 is ready, per listener.
    FirstBlock,
    /// Block asked for until it is ready.
    RoundTrip,
    /// Block wanted until it is ready.
    ResponseTime,
    /// Between consecutive ready blocks of one request.
    SynthesisTime,
    /// Transport and handshake, per listener.
    ConnectTime,
    /// A figure of streams, per block.
    Stream(StreamMetric),
}

impl TimeMetric {
    /// Whether more of it is better.
    #[must_use]
    pub fn is_higher_better(self) -> bool {
        match self {
            Self::Stream(metric) => metric.figure().better == Better::Higher,
            Self::StartupTime
            | Self::Ttfa
            | Self::TtfaAudible
            | Self::FirstBlock
            | Self::RoundTrip
            | Self::ResponseTime
            | Self::SynthesisTime
            | Self::ConnectTime => false,
        }
    }

    /// Whether there is one value a block, as opposed to one a listener.
    #[must_use]
    pub const fn is_per_block(self) -> bool {
        match self {
            Self::RoundTrip | Self::ResponseTime | Self::SynthesisTime | Self::Stream(_) => true,
            Self::StartupTime | Self::Ttfa | Self::TtfaAudible | Self::FirstBlock | Self::ConnectTime => {
                false
            }
        }
    }
}

/// What one listener went through. Times are in ms; what did not happen is absent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListenerObservation {
    /// Intended start until playback started.
    pub startup_ms: Option<f64>,
    /// Intended start until the first audio byte.
    pub ttfa_ms: Option<f64>,
    /// The same and the silence at its head; absent where nobody listened to it.
    pub ttfa_audible_ms: Option<f64>,
    /// Intended start until block 0 was ready.
    pub first_block_ms: Option<f64>,
    /// Transport and handshake.
    pub connect_ms: Option<f64>,
    /// One value a block that was delivered.
    pub round_trip_ms: Vec<f64>,
    /// One value a block that was delivered.
    pub response_time_ms: Vec<f64>,
    /// One value a pair of blocks of one request.
    pub synthesis_time_ms: Vec<f64>,
    /// By figure of streams, one value a block that was delivered and of which it says something.
    pub streams: BTreeMap<&'static str, Vec<f64>>,
    /// Whether a block came in several pieces, as a stream.
    pub has_pieces: bool,
    /// Blocks that failed.
    pub blocks_failed: u32,
    /// Blocks it set out to hear.
    pub blocks_intended: u32,
    /// Blocks that were delivered.
    pub blocks_ok: u32,
    /// Blocks that were not delivered though they should have been: failed (also after they were called ready), stopped or
    /// never reached.
    pub blocks_missing: u32,
    /// Stalls after playback had begun.
    pub underruns: u32,
    /// Their lengths together.
    pub stalled_ms: f64,
    /// Intended start until the end of the session; absent when no end is on record.
    pub listened_ms: Option<f64>,
    /// Failures, as the errors by cause count them.
    pub errors: u64,
    /// Whether anybody would have reported what was asked for again and given up; files of the older script do not.
    pub reports_incidents: bool,
    /// Requests for a block after its first.
    pub resends: u64,
    /// Blocks among the intended ones that were asked for again.
    pub blocks_resent: u32,
    /// Blocks among the intended ones that were given up.
    pub blocks_given_up: u32,
    /// Whether it came to the end of its text, or left of its own will.
    pub completed: bool,
}

impl ListenerObservation {
    /// The values of `metric`: none or one where there is one a listener.
    #[must_use]
    pub fn times(&self, metric: TimeMetric) -> &[f64] {
        match metric {
            TimeMetric::StartupTime => self.startup_ms.as_slice(),
            TimeMetric::Ttfa => self.ttfa_ms.as_slice(),
            TimeMetric::TtfaAudible => self.ttfa_audible_ms.as_slice(),
            TimeMetric::FirstBlock => self.first_block_ms.as_slice(),
            TimeMetric::ConnectTime => self.connect_ms.as_slice(),
            TimeMetric::RoundTrip => &self.round_trip_ms,
            TimeMetric::ResponseTime => &self.response_time_ms,
            TimeMetric::SynthesisTime => &self.synthesis_time_ms,
            TimeMetric::Stream(metric) => self.streams.get(metric.figure().id).map_or(&[], Vec::as_slice),
        }
    }

    /// Values of `metric` that there should have been and are not.
    #[must_use]
    pub fn missing(&self, metric: TimeMetric) -> u64 {
        if metric.is_per_block() {
            self.blocks_missing.into()
        } else if metric == TimeMetric::TtfaAudible {
            // That nobody listened is no sign that it never came.
            u64::from(self.ttfa_ms.is_none())
        } else {
            u64::from(self.times(metric).is_empty())
        }
    }

    /// Whether audio came to it as a stream.
    #[must_use]
    pub fn is_streamed(&self) -> bool {
        self.has_pieces || !self.streams.is_empty()
    }

    /// Whether it heard its text to the end without an underrun.
    #[must_use]
    pub const fn is_underrun_free(&self) -> bool {
        self.completed && self.startup_ms.is_some() && self.underruns == 0
    }

    /// Whether it got all it came for: every block, to the end, without an underrun.
    #[must_use]
    pub const fn is_well_served(&self) -> bool {
        self.is_underrun_free() && self.blocks_ok >= self.blocks_intended
    }
}

/// What all the listeners of a run went through; those of whom nothing is known are there, too.
#[derive(Clone, Debug, PartialEq)]
pub struct Observations {
    listeners: Vec<ListenerObservation>,
}

impl Observations {
    /// Makes them of what is known of each listener the run was to have.
    #[must_use]
    pub const fn new(listeners: Vec<ListenerObservation>) -> Self {
        Self { listeners }
    }

    /// Reads them off the facts of a run of this `shape`.
    #[must_use]
    pub fn of<'a>(shape: RunShape, facts: impl IntoIterator<Item = &'a Fact>) -> Self {
        let mut builder = ObservationsBuilder::new(shape);
        facts.into_iter().for_each(|fact| builder.add(fact));
        builder.finish()
    }

    /// One entry a listener the run was to have.
    #[must_use]
    pub fn listeners(&self) -> &[ListenerObservation] {
        &self.listeners
    }
}

/// Makes [`Observations`] of facts that arrive in any order.
#[derive(Clone, Debug)]
pub struct ObservationsBuilder {
    shape: RunShape,
    /// Whether audio comes as a stream, also where every answer is one piece.
    streams: Streams,
    turns: Turns,
    listeners: BTreeMap<ListenerId, Gathered>,
}

/// Which blocks the figures of streams are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Streams {
    /// Those that came in pieces.
    Seen,
    /// All.
    Expected,
}

/// What is known of one listener so far.
#[derive(Clone, Debug, Default)]
struct Gathered {
    seen: ListenerObservation,
    intended_at: Option<Instant>,
    started_at: Option<Instant>,
    first_audio: FirstAudio,
    ended_at: Option<Instant>,
    stalled: Duration,
    /// Blocks that need not come any more: delivered, or rightly skipped.
    settled: u32,
    /// Blocks with a record, and those of them that the listener gave up of its own will.
    recorded: u32,
    forgone: u32,
    /// Whether the listener jumped.
    jumped: bool,
    resent: BTreeSet<BlockIdx>,
    given_up: BTreeSet<BlockIdx>,
    abandoned: BTreeSet<BlockIdx>,
    /// Blocks it set out to hear, and whether it left of its own will, once it reported its end without a failure.
    set_out: Option<(u32, bool)>,
    /// Request and moment of each ready block.
    ready: Vec<(u32, Instant)>,
    causes: Causes,
}

impl ObservationsBuilder {
    /// Makes a builder that has seen nothing.
    #[must_use]
    pub const fn new(shape: RunShape) -> Self {
        Self { shape, streams: Streams::Seen, turns: Turns::NotTaken, listeners: BTreeMap::new() }
    }

    /// Says that audio comes as a stream, also where every answer is one piece. To be called before the first fact.
    pub const fn expect_streams(&mut self) {
        self.streams = Streams::Expected;
    }

    /// Says that listeners take turns with the service. To be called before the first fact.
    pub const fn expect_turns(&mut self) {
        self.turns = Turns::Taken;
    }

    /// Takes one fact.
    pub fn add(&mut self, fact: &Fact) {
        match fact {
            Fact::Block(record) => {
                let (streams, turns) = (self.streams, self.turns);
                let gathered = self.of(record.listener);
                gathered.add_block(record, streams);
                if turns == Turns::Taken {
                    gathered.add_turn(record);
                }
            }
            Fact::Stall(record) => {
                let gathered = self.of(record.listener);
                gathered.seen.underruns += 1;
                gathered.stalled = gathered.stalled.saturating_add(record.waited);
            }
            Fact::Error(record) => self.of(record.listener).causes.add_error(record),
            Fact::Incident(record) => {
                self.of(record.listener).add_incident(&record.incident);
            }
            Fact::Listener(record) => self.of(record.listener).add_end(record),
            Fact::Sound(_) => {}
        }
    }

    /// What there was to see of the listeners of a window.
    #[must_use]
    pub fn finish_within(mut self, window: FigureWindow) -> Observations {
        self.shape.users = 0;
        self.listeners.retain(|_, gathered| gathered.intended_at.is_none_or(|at| window.holds(at)));
        self.finish()
    }

    /// What there was to see.
    #[must_use]
    pub fn finish(mut self) -> Observations {
        let intended = self.shape.blocks_per_user;
        (0..self.shape.users).map(ListenerId).for_each(|listener| _ = self.of(listener));
        Observations::new(self.listeners.into_values().map(|gathered| gathered.finish(intended)).collect())
    }

    fn of(&mut self, listener: ListenerId) -> &mut Gathered {
        self.listeners.entry(listener).or_default()
    }
}

impl Gathered {
    fn add_block(&mut self, record: &BlockRecord, streams: Streams) {
        self.recorded += 1;
        self.add_stream(record, streams);
        if record.outcome == BlockOutcome::Abandoned {
            self.forgone += 1;
            self.abandoned.insert(record.block);
        }
        self.seen.blocks_ok += u32::from(record.outcome.is_success());
        if let BlockOutcome::Failed(class) = record.outcome {
            self.seen.blocks_failed += 1;
            self.causes.add_failed_block(record.listener, record.block, class);
        }
        self.first_audio.add(record);
        keep_earliest(&mut self.started_at, record.started_at);
        let first = record.block == BlockIdx(0);
        if first {
            // A session that never reported its end is still known to have been meant to start then.
            keep_earliest(&mut self.intended_at, record.intended_at);
        }
        let skipped = record.outcome == BlockOutcome::Skipped;
        let delivered_at = record.delivered_at();
        self.settled += u32::from(skipped || delivered_at.is_some());
        let Some(ready_at) = delivered_at else { return };
        let response = record.intended_at.map(|wanted| ms_between(wanted, ready_at));
        self.seen.response_time_ms.extend(response);
        self.seen.round_trip_ms.extend(record.requested_at.map(|asked| ms_between(asked, ready_at)));
        if first {
            self.seen.first_block_ms = response;
        }
        self.ready.push((record.batch, ready_at));
    }

    fn add_stream(&mut self, record: &BlockRecord, streams: Streams) {
        self.seen.has_pieces |= is_streamed(record);
        if (is_streamed(record) || streams == Streams::Expected) && streams::is_delivered(record) {
            for (id, value) in streams::values_of(record) {
                self.seen.streams.entry(id).or_default().push(value);
            }
        }
    }

    /// From wanted to heard, of an utterance that did not fail; one that was interrupted was heard.
    fn add_turn(&mut self, record: &BlockRecord) {
        if let (Some(wanted), Some(heard)) = (record.intended_at, record.started_at)
            && !matches!(record.outcome, BlockOutcome::Failed(_))
        {
            self.seen.streams.entry(streams::TURN_RESPONSE).or_default().push(ms_between(wanted, heard));
        }
    }

    fn add_incident(&mut self, incident: &Incident) {
        self.seen.reports_incidents = true;
        match incident {
            Incident::Resent { block, .. } => {
                self.seen.resends += 1;
                self.resent.insert(*block);
            }
            Incident::GivenUp { block } => {
                self.given_up.insert(*block);
            }
            Incident::Jumped { .. } => self.jumped = true,
            Incident::Outage { .. }
            | Incident::Delayed { .. }
            | Incident::Paused { .. }
            | Incident::VoiceChanged { .. }
            | Incident::HungUp { .. }
            | Incident::BargedIn { .. } => {}
        }
    }

    fn add_end(&mut self, record: &ListenerRecord) {
        // Players report incidents, files of the older script do not, and they know no time of playing either.
        self.seen.reports_incidents |= record.playing.is_some();
        self.intended_at = Some(record.intended_at);
        self.ended_at = Some(record.ended_at);
        keep_earliest(&mut self.started_at, record.started_at);
        self.seen.connect_ms = record.connect_time.map(|time| millis(duration_nanos(time)));
        match record.end {
            SessionEnd::Completed => {
                self.seen.completed = true;
                self.set_out = Some((record.blocks, false));
            }
            SessionEnd::Left => {
                self.seen.completed = true;
                self.set_out = Some((record.blocks, true));
            }
            SessionEnd::Stopped => {}
            SessionEnd::Failed(class) => self.causes.add_failed_session(record.listener, class),
        }
    }

    fn finish(mut self, planned: u32) -> ListenerObservation {
        // Where nobody jumped or left, a block without a record is missing.
        let passed_over = match self.set_out {
            Some((blocks, left)) if left || self.jumped => blocks.saturating_sub(self.recorded),
            Some(_) | None => 0,
        };
        let blocks_intended = planned.saturating_sub(self.forgone).saturating_sub(passed_over);
        let since_intended = |moment: Option<Instant>| Some(ms_between(self.intended_at?, moment?));
        let wanted = |blocks: &BTreeSet<BlockIdx>| {
            u32::try_from(blocks.difference(&self.abandoned).count()).unwrap_or(u32::MAX)
        };
        let (blocks_resent, blocks_given_up) = (wanted(&self.resent), wanted(&self.given_up));
        self.ready.sort_unstable();
        let gaps = self.ready.windows(2).filter_map(|pair| match *pair {
            [(batch, earlier), (next_batch, later)] if batch == next_batch => {
                Some(ms_between(earlier, later))
            }
            _ => None,
        });
        ListenerObservation {
            startup_ms: since_intended(self.started_at),
            ttfa_ms: since_intended(self.first_audio.at()),
            ttfa_audible_ms: since_intended(self.first_audio.audible_at()),
            listened_ms: since_intended(self.ended_at),
            synthesis_time_ms: gaps.collect(),
            stalled_ms: millis(duration_nanos(self.stalled)),
            blocks_intended,
            blocks_missing: blocks_intended.saturating_sub(self.settled),
            blocks_resent,
            blocks_given_up,
            errors: self.causes.into_rows().iter().map(|cause| cause.count).sum(),
            ..self.seen
        }
    }
}

fn ms_between(earlier: Instant, later: Instant) -> f64 {
    millis(duration_nanos(later.since(earlier)))
}

fn keep_earliest(held: &mut Option<Instant>, seen: Option<Instant>) {
    if let Some(seen) = seen {
        *held = Some(held.map_or(seen, |held| held.min(seen)));
    }
}
