//! Times of listeners and of blocks, by figure.

use super::{Better, StreamMetric};
use crate::observation::ListenerObservation;

/// A figure with many values of each listener, or one; [`figures`](super) has what each is.
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
}
