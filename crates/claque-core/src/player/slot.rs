//! What the player knows of one block.

use super::open_record::OpenRecord;
use crate::{
    continuity::{Arrival, StreamBuffer},
    event::{FailureClass, StatusKind},
    ids::{BlockIdx, ListenerId},
    player::PlayerConfig,
    record::{BlockOutcome, BlockRecord},
    remark::{self, Findings},
    time::{Duration, Instant, MediaTime, Speed},
};

/// One block: whether it is asked for, what is there of it, and what came of it so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Slot {
    /// The request that is not answered.
    pub(super) request: Option<Request>,
    /// When it was last asked for, repeats left out.
    pub(super) asked_at: Option<Instant>,
    /// Fetches of its audio under way.
    pub(super) fetches: u8,
    /// When a fetch is given up that is under way; none where whoever fetches it sees to that.
    pub(super) fetch_limit: Option<Instant>,
    pub(super) sound: Sound,
    /// Whether the buffer counts on it: it was asked for, and nothing came of that yet.
    pub(super) expected: bool,
    /// Whether playback waits for what comes of that.
    pub(super) awaited: bool,
    /// Whether it has ever come to nothing in this voice.
    pub(super) emptied: bool,
    /// How the last attempt ended that came to nothing.
    pub(super) last: Option<EmptyEnd>,
    /// When its last audio arrived, of this attempt.
    pub(super) last_audio_at: Option<Instant>,
    /// The start buffer that its stream would have needed; none of what is only heard whole.
    pub(super) stream: Option<Box<StreamBuffer>>,
    /// Its record, from the first wish for it until it is made.
    pub(super) record: Option<Box<OpenRecord>>,
    /// Whether its record was made.
    pub(super) recorded: bool,
}

/// A request that nobody has answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Request {
    /// When patience with it ends.
    pub(super) due: Instant,
    /// When it is given up, whatever the service says of it.
    pub(super) limit: Instant,
    /// Its number: of those that are due at one moment the older ones come first.
    pub(super) number: u32,
    /// Times it was sent again, or would have been.
    pub(super) resends: u8,
    pub(super) acknowledged: Acknowledged,
}

/// What the service has acknowledged of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Acknowledged {
    /// Nothing.
    Never,
    /// An acknowledgement came since patience last ended.
    Lately,
    /// The last one came before that: it is used up.
    Before,
}

/// What is there of a block's audio.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Sound {
    #[default]
    None,
    /// More is to come.
    Partial(MediaTime),
    /// Nothing more will come of what is already heard.
    Cut(MediaTime),
    Whole(MediaTime),
    /// It is whole and no audio.
    Unplayable,
}

/// How an attempt ended that brought nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EmptyEnd {
    Failed(FailureClass),
    Skipped,
    Withdrawn,
    /// The listener itself wanted something else.
    Dropped,
}

/// What to call a block that is over and was not heard to its end, by how far it had come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Closing {
    pub(super) pending: BlockOutcome,
    pub(super) whole: BlockOutcome,
}

impl Slot {
    /// Whether audio is asked for or on its way.
    pub(super) const fn is_pending(&self) -> bool {
        self.request.is_some() || self.fetches > 0
    }

    /// Whether it came to nothing, and not because the listener itself had dropped it, and nothing of it is on its way.
    pub(super) const fn came_to_nothing(&self) -> bool {
        let is_over = match self.last {
            Some(EmptyEnd::Failed(_) | EmptyEnd::Skipped | EmptyEnd::Withdrawn) => true,
            Some(EmptyEnd::Dropped) | None => false,
        };
        is_over && !self.expected && !self.is_pending()
    }

    /// Nothing of it is wanted any more. Gives whether it was asked for.
    pub(super) fn cancel(&mut self) -> bool {
        let was_pending = self.is_pending();
        if was_pending || self.expected {
            (self.request, self.fetches, self.fetch_limit) = (None, 0, None);
            (self.expected, self.awaited) = (false, false);
            self.last = Some(EmptyEnd::Dropped);
            if let Sound::Partial(_) = self.sound {
                self.sound = Sound::None;
            }
        }
        was_pending
    }

    /// Whether audio of it is awaited; who sends it unasked-for by a call for it has called it ready. `is_final` says that a fetch
    /// that is under way has the limit of its request.
    pub(super) fn takes_audio(&mut self, is_final: bool) -> bool {
        if let Some(request) = self.request.take() {
            self.fetches = self.fetches.saturating_add(1);
            self.fetch_limit = is_final.then_some(request.limit);
        }
        self.fetches > 0
    }

    /// Takes in an arrival of audio that ends at `delivered` of this block. Its first byte may come before there is
    /// enough of it to play. `plays_at` is the speed of a listener that plays from the first audio on.
    pub(super) fn handle_audio(
        &mut self,
        now: Instant,
        delivered: MediaTime,
        bytes: u64,
        plays_at: Option<Speed>,
    ) {
        if let Some(record) = self.record.as_deref_mut().filter(|record| record.complete_at.is_none()) {
            record.acknowledged_at.get_or_insert(now);
            if bytes > 0 || delivered > record.media {
                let first = *record.first_audio_at.get_or_insert(now);
                if record.chunks > 0 {
                    let owed = now.since(first).saturating_sub(Duration::from_nanos(record.media.as_nanos()));
                    record.buffer_deficit = record.buffer_deficit.max(Some(owed.into()));
                    let gap = now.since(self.last_audio_at.unwrap_or(first));
                    record.largest_chunk_gap = record.largest_chunk_gap.max(Some(gap.into()));
                }
                self.last_audio_at = Some(now);
                record.chunks += 1;
                if let Some(speed) = plays_at {
                    let stream = self.stream.get_or_insert_default();
                    stream.push(Arrival { at: now, delivered }, speed);
                    record.least_start_buffer = stream.least();
                }
            }
            record.media = record.media.max(delivered);
            record.bytes += bytes;
        }
        self.sound = match self.sound {
            Sound::None => Sound::Partial(delivered),
            Sound::Partial(media) => Sound::Partial(media.max(delivered)),
            other @ (Sound::Cut(_) | Sound::Whole(_) | Sound::Unplayable) => other,
        };
    }

    pub(super) fn handle_status(&mut self, now: Instant, kind: StatusKind) {
        let record = self.record.as_deref_mut().filter(|record| record.complete_at.is_none());
        if let Some(record) = record {
            record.acknowledged_at.get_or_insert(now);
            if kind == StatusKind::Ready {
                record.ready_at.get_or_insert(now);
            }
        }
        match kind {
            StatusKind::Queued | StatusKind::Processing => {
                if let Some(request) = &mut self.request {
                    request.acknowledged = Acknowledged::Lately;
                }
            }
            StatusKind::Ready => {
                self.request = None;
                self.fetches = self.fetches.saturating_add(1);
            }
            StatusKind::Skipped => self.request = None,
        }
    }

    /// Its audio is whole. What is being heard cannot become shorter.
    pub(super) fn handle_complete(
        &mut self,
        now: Instant,
        media: MediaTime,
        findings: Findings,
        heard: MediaTime,
    ) -> MediaTime {
        let media = media.max(heard);
        if let Some(record) = self.record.as_deref_mut().filter(|record| record.complete_at.is_none()) {
            let remarks = findings.remarks.and(remark::of_length(record.chars, media));
            record.findings = Some(Findings { remarks, ..findings });
            record.media = media;
            record.ready_at.get_or_insert(now);
            record.complete_at = Some(now);
        }
        self.stream = None;
        media
    }

    /// It is asked for again: what an earlier attempt brought was not all and is gone.
    pub(super) fn begin_attempt(&mut self) {
        if let Some(record) = self.record.as_deref_mut().filter(|record| record.complete_at.is_none()) {
            record.answered_request_at = None;
            record.ready_at = None;
            record.first_audio_at = None;
            record.media = MediaTime::ZERO;
            record.bytes = 0;
            record.chunks = 0;
            record.buffer_deficit = None;
            record.largest_chunk_gap = None;
            record.least_start_buffer = None;
        }
        self.last_audio_at = None;
        self.stream = None;
    }

    /// Its record, if it has one that is not yet made.
    pub(super) fn take_record(
        &mut self,
        listener: ListenerId,
        block: BlockIdx,
        outcome: BlockOutcome,
    ) -> Option<BlockRecord> {
        let record = self.record.take()?;
        self.recorded = true;
        Some(record.close(listener, block, outcome))
    }

    /// What to call it, if it was not heard to its end.
    pub(super) fn outcome(&self, closing: Closing) -> BlockOutcome {
        // What arrived once has arrived, whatever came of asking for it anew.
        let arrived = self.record.as_ref().is_some_and(|record| record.complete_at.is_some());
        match (self.sound, self.last) {
            (_, _) if arrived => closing.whole,
            (Sound::Whole(_), _) => closing.whole,
            (Sound::Unplayable, _) => BlockOutcome::Failed(FailureClass::Protocol),
            (_, _) if self.is_pending() => closing.pending,
            (_, Some(EmptyEnd::Failed(class))) => BlockOutcome::Failed(class),
            (_, Some(EmptyEnd::Skipped)) => BlockOutcome::Skipped,
            (_, Some(EmptyEnd::Dropped)) => BlockOutcome::Abandoned,
            (_, Some(EmptyEnd::Withdrawn) | None) => closing.pending,
        }
    }
}

impl Sound {
    /// How much of it can be heard.
    pub(super) const fn media(self) -> MediaTime {
        match self {
            Self::Partial(media) | Self::Cut(media) | Self::Whole(media) => media,
            Self::None | Self::Unplayable => MediaTime::ZERO,
        }
    }
}

/// The record of a block that is wanted since `intended_at`.
pub(super) fn record(
    config: &PlayerConfig,
    block: BlockIdx,
    batch: u32,
    intended_at: Instant,
) -> Box<OpenRecord> {
    let index = usize::try_from(block.0).unwrap_or(usize::MAX);
    let chars = config.chars.get(index).copied().unwrap_or_default();
    Box::new(OpenRecord::wanted(batch, chars, intended_at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listener::Listener;

    #[test]
    fn a_listener_of_a_crowd_and_what_it_keeps_of_each_block_stay_small() {
        let sizes = [size_of::<Listener>(), size_of::<Slot>(), size_of::<Request>()];
        let most = [600, 88, 24];
        assert!(sizes.iter().zip(most).all(|(size, most)| *size <= most), "{sizes:?} bytes, not {most:?}");
    }
}
