//! The way of one block, from when it was wanted to when it was heard, in parts that add up to the nanosecond.

use claque_core::{
    record::{BlockOutcome, BlockRecord},
    time::{Duration, Instant, MediaTime},
};
use serde::{Deserialize, Serialize};

use crate::streams::is_streamed;

/// A part of the way of a block; docs/explain.md defines each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// Wanted until its first request was written.
    Asking,
    /// From its first request to the one that its audio answers: tries that came to nothing.
    Retrying,
    /// Requested until acknowledged, where the acknowledgement came before the audio was made.
    Acceptance,
    /// Acknowledged (or requested) until it was ready, of a stream until its first audio: queue and service together.
    Making,
    /// Ready until its audio was whole; of a stream from first to last audio.
    Delivery,
    /// Everything that is no wait for this block: it lay in the player's buffer, or the player waited for another one.
    Player,
}

impl Part {
    /// Every part, in the order of the way.
    pub const ALL: [Self; 6] =
        [Self::Asking, Self::Retrying, Self::Acceptance, Self::Making, Self::Delivery, Self::Player];

    /// The name used in files and tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Asking => "asking",
            Self::Retrying => "retrying",
            Self::Acceptance => "acceptance",
            Self::Making => "making",
            Self::Delivery => "delivery",
            Self::Player => "player",
        }
    }

    const fn place(self) -> usize {
        match self {
            Self::Asking => 0,
            Self::Retrying => 1,
            Self::Acceptance => 2,
            Self::Making => 3,
            Self::Delivery => 4,
            Self::Player => 5,
        }
    }
}

/// How long each part took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PartTimes([Duration; Part::ALL.len()]);

impl PartTimes {
    /// How long a part took.
    #[must_use]
    pub const fn of(&self, part: Part) -> Duration {
        self.0[part.place()]
    }

    /// All parts together.
    #[must_use]
    pub fn sum(&self) -> Duration {
        self.0.iter().sum()
    }
}

/// Why nothing is said of the way of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WayUnknown {
    /// It failed, was given up, or was still awaited at the end.
    NotDelivered,
    /// There was nothing in it to hear.
    Silent,
    /// A moment of its way is on no record, or they are out of order.
    MomentsMissing,
}

/// The way of a block that was delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockWay {
    /// Wanted, first requested, requested by what brought it, acknowledged, made, whole: in order of time.
    moments: [Instant; 6],
    started_at: Option<Instant>,
    is_acknowledged: bool,
}

impl BlockWay {
    /// The way of a block. Where `is_stream` is set the protocol is one of streams, in which nothing is acknowledged before it is
    /// answered; else the record tells whether the block was a stream.
    ///
    /// # Errors
    /// The block has no way that is known whole.
    pub fn of(block: &BlockRecord, is_stream: bool) -> Result<Self, WayUnknown> {
        match block.outcome {
            BlockOutcome::Played | BlockOutcome::Unplayed => {}
            BlockOutcome::Skipped => return Err(WayUnknown::Silent),
            BlockOutcome::Failed(_) | BlockOutcome::Stopped | BlockOutcome::Abandoned => {
                return Err(WayUnknown::NotDelivered);
            }
        }
        if block.media == MediaTime::ZERO {
            return Err(WayUnknown::Silent);
        }
        Self::of_moments(block, is_stream || is_streamed(block)).ok_or(WayUnknown::MomentsMissing)
    }

    fn of_moments(block: &BlockRecord, is_stream: bool) -> Option<Self> {
        let answered = block.answered_request_at?;
        let made = if is_stream { block.first_audio_at } else { block.ready_at }?;
        // What came with the answer, or belongs to an earlier try, acknowledged nothing.
        let acknowledged = block.acknowledged_at.filter(|at| !is_stream && (answered..made).contains(at));
        let moments = [
            block.intended_at?,
            block.requested_at?,
            answered,
            acknowledged.unwrap_or(answered),
            made,
            block.complete_at?,
        ];
        let is_heard_late = block.started_at.is_none_or(|started| started >= made);
        (moments.is_sorted() && is_heard_late).then_some(Self {
            moments,
            started_at: block.started_at,
            is_acknowledged: acknowledged.is_some(),
        })
    }

    /// Whether it was acknowledged before it was made, so that `Acceptance` is apart from `Making`.
    #[must_use]
    pub const fn is_acknowledged(&self) -> bool {
        self.is_acknowledged
    }

    /// When its audio was whole.
    #[must_use]
    pub const fn whole_at(&self) -> Instant {
        self.moments[5]
    }

    /// From wanted to heard, or to whole where it was not heard. A stream that was heard before it was whole has no more
    /// `Delivery` from then on.
    #[must_use]
    pub fn until_heard(&self) -> PartTimes {
        self.within(self.moments[0], self.started_at.unwrap_or(self.whole_at()))
    }

    /// What the time from `from` to `until` was covered by. What lies before the block was wanted and after it was whole was no wait
    /// for it and is `Player`.
    #[must_use]
    pub fn within(&self, from: Instant, until: Instant) -> PartTimes {
        let mut times = PartTimes::default();
        for (place, ends) in self.moments.windows(2).enumerate() {
            times.0[place] = ends[1].min(until).since(ends[0].max(from));
        }
        let waited: Duration = times.0.iter().sum();
        times.0[Part::Player.place()] = until.since(from).saturating_sub(waited);
        times
    }

    /// How long a part took, whether the block was heard meanwhile or not.
    pub(super) fn whole_part(&self, part: Part) -> Duration {
        self.within(self.moments[0], self.whole_at()).of(part)
    }
}
