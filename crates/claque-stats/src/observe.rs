//! What each listener of a run went through: what intervals and objectives need beyond a summary.

mod gathered;

use std::collections::BTreeMap;

use claque_core::{ids::ListenerId, record::Fact};

use self::gathered::Gathered;
use crate::{
    builder::RunShape,
    figures::{Better, StreamMetric},
    streams::Turns,
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
    /// Whether it is known of a listener as soon as it has begun to play.
    pub(crate) const fn is_of_start(self) -> bool {
        match self {
            Self::StartupTime | Self::Ttfa | Self::TtfaAudible | Self::FirstBlock | Self::ConnectTime => true,
            Self::RoundTrip | Self::ResponseTime | Self::SynthesisTime | Self::Stream(_) => false,
        }
    }

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
