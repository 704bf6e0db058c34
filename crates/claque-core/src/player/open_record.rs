//! What is known of a block that is not over. A crowd's players keep one for each block that they have asked for and not heard,
//! so it is small: what the player knows anyway is not in it, and no time takes more than eight bytes.

use core::num::NonZeroU64;

use crate::{
    ids::{BlockIdx, ListenerId},
    record::{BlockOutcome, BlockRecord},
    remark::Findings,
    time::{Duration, Instant, MediaTime, duration_nanos},
};

/// A [`BlockRecord`] that is being written; its fields are that one's.
#[derive(Clone, Debug)]
pub(super) struct OpenRecord {
    pub(super) batch: u32,
    pub(super) chars: u32,
    pub(super) chunks: u32,
    pub(super) resends: u8,
    pub(super) intended_at: Instant,
    pub(super) requested_at: Option<Instant>,
    pub(super) answered_request_at: Option<Instant>,
    pub(super) acknowledged_at: Option<Instant>,
    pub(super) ready_at: Option<Instant>,
    pub(super) first_audio_at: Option<Instant>,
    pub(super) complete_at: Option<Instant>,
    pub(super) started_at: Option<Instant>,
    pub(super) media: MediaTime,
    pub(super) bytes: u64,
    pub(super) buffer_deficit: Option<Span>,
    pub(super) largest_chunk_gap: Option<Span>,
    pub(super) least_start_buffer: Option<MediaTime>,
    pub(super) findings: Option<Findings>,
}

/// A time of up to 584 years, as one nanosecond more than it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Span(NonZeroU64);

impl From<Duration> for Span {
    fn from(span: Duration) -> Self {
        Self(NonZeroU64::MIN.saturating_add(duration_nanos(span)))
    }
}

impl From<Span> for Duration {
    fn from(Span(more): Span) -> Self {
        Self::from_nanos(more.get() - 1)
    }
}

impl OpenRecord {
    /// That of a block that is wanted since `intended_at`, and of which nothing else is known.
    pub(super) const fn wanted(batch: u32, chars: u32, intended_at: Instant) -> Self {
        Self {
            batch,
            chars,
            chunks: 0,
            resends: 0,
            intended_at,
            requested_at: None,
            answered_request_at: None,
            acknowledged_at: None,
            ready_at: None,
            first_audio_at: None,
            complete_at: None,
            started_at: None,
            media: MediaTime::ZERO,
            bytes: 0,
            buffer_deficit: None,
            largest_chunk_gap: None,
            least_start_buffer: None,
            findings: None,
        }
    }

    /// The record of a block that ends like this.
    pub(super) fn close(&self, listener: ListenerId, block: BlockIdx, outcome: BlockOutcome) -> BlockRecord {
        BlockRecord {
            listener,
            block,
            batch: self.batch,
            chars: self.chars,
            intended_at: Some(self.intended_at),
            requested_at: self.requested_at,
            answered_request_at: self.answered_request_at,
            acknowledged_at: self.acknowledged_at,
            ready_at: self.ready_at,
            first_audio_at: self.first_audio_at,
            complete_at: self.complete_at,
            started_at: self.started_at,
            media: self.media,
            bytes: self.bytes,
            chunks: self.chunks,
            buffer_deficit: self.buffer_deficit.map(Duration::from),
            largest_chunk_gap: self.largest_chunk_gap.map(Duration::from),
            least_start_buffer: self.least_start_buffer,
            resends: self.resends,
            outcome,
            findings: self.findings,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_crowd_keeps_of_each_block_stays_small() {
        // glibc gives memory in steps of 16 bytes and keeps 8 of them: one byte more would take 16.
        assert!(size_of::<OpenRecord>() <= 136, "{} bytes", size_of::<OpenRecord>());
    }

    #[test]
    fn times_are_kept_to_the_nanosecond_and_the_longest_are_the_longest() {
        for nanos in [0, 1, u64::MAX - 1] {
            assert_eq!(Duration::from(Span::from(Duration::from_nanos(nanos))), Duration::from_nanos(nanos));
        }
        assert!(Some(Span::from(Duration::MAX)) > Some(Span::from(Duration::from_secs(1))));
        assert!(None < Some(Span::from(Duration::ZERO)));
    }
}
