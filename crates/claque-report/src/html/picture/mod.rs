//! What the page draws, computed from facts: everything is binned, thinned or encoded here, so that the page stays
//! small however long the run was. Facts come listener by listener and are not kept.

mod audience;
mod buffer;
mod ecdf;
mod errors;
mod heard;
mod levels;
mod slope;
mod strips;

use claque_core::{
    ids::ListenerId,
    time::{Instant, Speed},
};
use claque_stats::window::FigureWindow;
use claque_store::{
    ListenerFacts,
    timeline::{Listening, Timeline},
};
use serde::Serialize;

pub(crate) use self::buffer::StartBuffer;
pub(super) use self::{
    audience::Audience,
    buffer::{Buffers, StreamsTold, ToldText},
    ecdf::Ecdf,
    errors::ErrorsInTime,
    heard::HeardStrip,
    slope::Slope,
    strips::Strips,
};
use self::{
    audience::AudienceSum, buffer::BufferSum, ecdf::Spreads, errors::ErrorSum, slope::SlopeSum,
    strips::StripSum,
};

/// What must be known of a run before its facts are read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    /// The last moment shown; above the run's start.
    pub(crate) horizon: Instant,
    /// Playback rate.
    pub(crate) speed: Speed,
    /// Listeners there are, for choosing how many are shown one by one.
    pub(crate) listeners: u64,
    /// Blocks there are, for choosing how many listeners are played again.
    pub(crate) blocks: u64,
    /// How they listen.
    pub(crate) listening: Listening,
    /// What they wait for before they begin.
    pub(crate) start_buffer: StartBuffer,
    /// Whom the figures are about, if not everybody.
    pub(crate) window: Option<FigureWindow>,
    /// Of whom there is a file to be heard.
    pub(crate) heard: Option<ListenerId>,
}

/// Everything the page draws. Times are in milliseconds since the run's start.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Picture {
    pub(super) horizon_ms: f64,
    pub(super) audience: Audience,
    pub(super) strips: Strips,
    pub(super) spreads: Vec<Ecdf>,
    pub(super) slope: Slope,
    pub(super) buffers: Buffers,
    pub(super) errors: ErrorsInTime,
    /// Of whom there is a file to be heard; none if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) heard: Option<HeardStrip>,
}

/// Draws a picture of facts that come listener by listener.
#[derive(Clone, Debug)]
pub(crate) struct Painter {
    frame: Frame,
    audience: AudienceSum,
    strips: StripSum,
    spreads: Spreads,
    slope: SlopeSum,
    buffers: BufferSum,
    errors: ErrorSum,
    heard: Option<HeardStrip>,
}

impl Painter {
    /// Makes a painter that has seen nobody.
    pub(crate) fn new(frame: Frame) -> Self {
        Self {
            frame,
            audience: AudienceSum::new(frame.horizon),
            strips: StripSum::new(frame.horizon, frame.listeners),
            spreads: Spreads::default(),
            slope: SlopeSum::default(),
            buffers: BufferSum::new(&frame),
            errors: ErrorSum::new(frame.horizon),
            heard: None,
        }
    }

    /// Takes all facts of one listener. Listeners come in order of their numbers. What is drawn over time is of all of them,
    /// the rest of those whom the figures are about.
    pub(crate) fn add(&mut self, facts: &ListenerFacts) {
        let timeline = Timeline::of(facts, self.frame.listening);
        self.audience.add(facts, timeline.as_ref());
        self.strips.add(facts, timeline.as_ref());
        if self.frame.heard == Some(facts.listener) {
            self.heard = timeline.as_ref().map(|timeline| HeardStrip::of(facts, timeline));
        }
        let is_in = |at| self.frame.window.is_none_or(|window| window.holds(at));
        if facts.intended_at().is_none_or(is_in) {
            self.spreads.add(facts);
            self.slope.add(facts);
            self.buffers.add(facts);
            self.errors.add(facts);
        }
    }

    /// The finished picture.
    pub(crate) fn finish(self) -> Picture {
        Picture {
            horizon_ms: self.frame.horizon.as_millis_f64(),
            audience: self.audience.finish(),
            strips: self.strips.finish(),
            spreads: self.spreads.finish(),
            slope: self.slope.finish(),
            buffers: self.buffers.finish(),
            errors: self.errors.finish(),
            heard: self.heard,
        }
    }
}

/// A figure with as many decimals as anybody can see.
fn rounded(value: f64, decimals: i32) -> f64 {
    let scale = 10_f64.powi(decimals);
    (value * scale).round() / scale
}

/// Small enough to be exact in a float: counts of listeners, blocks and bins.
fn float(count: u64) -> f64 {
    // A ratio is the same in any unit, so the one lossy conversion of the workspace serves here, too.
    Instant::from_nanos(count).as_millis_f64() * 1e6
}

/// The last moment of which a listener's facts tell.
pub(super) fn last_moment(facts: &ListenerFacts) -> Option<Instant> {
    Timeline::of(facts, Listening::Straight).map(|timeline| timeline.ended_at)
}
