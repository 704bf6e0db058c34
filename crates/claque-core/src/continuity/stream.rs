//! What the pieces of one stream would have meant for a listener that waits for some audio before it begins.

use std::collections::VecDeque;

use super::Arrival;
use crate::time::{Duration, Instant, MediaTime, Speed};

/// Arrivals that a [`StreamBuffer`] keeps at most: 4 KiB. A stream of pieces of a fifth of a second has as many in 51 s.
const MOST_KEPT: usize = 256;

/// The least start buffer of one stream, kept up to date with each piece.
///
/// A start buffer is a length of audio: playback begins with the arrival that fills it. Nothing stalls if that is not before the
/// latest of all (arrival of a piece - play time of the audio before it). So the least start buffer is a nanosecond more than the
/// audio that was there before that moment; none is needed if none was. [`buffer_deficit`](super::buffer_deficit) is the same
/// moment as a wait after the first piece, which is a time and not a length of audio: a stream that comes at 0.8 of real time in
/// twenty pieces of 200 ms has a deficit of 950 ms, in which 800 ms arrive.
///
/// It holds those arrivals that may still turn out to have come before that moment, at most 256. Of more than that it puts the
/// later ones together, two and two: where that moment lies beyond the first 128 of them it may tell more than the least, by the
/// audio of those that were put together. It never tells too little.
#[derive(Clone, Debug, Default)]
pub struct StreamBuffer {
    /// Playback must not begin before.
    begins_at: Option<Instant>,
    /// Audio that was there before that.
    before: MediaTime,
    /// Later arrivals.
    later: VecDeque<Arrival>,
    delivered: MediaTime,
    pieces: u32,
}

impl StreamBuffer {
    /// Takes in the next piece, of a listener that plays at `speed`. Arrivals are in order of time.
    pub fn push(&mut self, arrival: Arrival, speed: Speed) {
        let begins_at = match self.begins_at {
            None => arrival.at,
            Some(before) => before.max(earlier(arrival.at, speed.play_time(self.delivered))),
        };
        self.begins_at = Some(begins_at);
        while let Some(early) = self.later.pop_front_if(|early| early.at < begins_at) {
            self.before = early.delivered;
        }
        self.delivered = self.delivered.max(arrival.delivered);
        self.pieces = self.pieces.saturating_add(1);
        if self.later.len() == MOST_KEPT {
            self.thin_out();
        }
        self.later.push_back(Arrival { delivered: self.delivered, ..arrival });
    }

    /// The least start buffer of what has come so far. None for fewer than two pieces, which say nothing of continuity.
    #[must_use]
    pub fn least(&self) -> Option<MediaTime> {
        let least = if self.before == MediaTime::ZERO {
            MediaTime::ZERO
        } else {
            self.before + MediaTime::from_nanos(1)
        };
        (self.pieces > 1).then_some(least)
    }

    /// Makes one arrival of two in the later half, as though the audio of both had come with the first: to count on that errs to
    /// the safe side. The earlier half stays as it is, for most streams are late by less than that.
    fn thin_out(&mut self) {
        let mut newer = self.later.split_off(MOST_KEPT / 2).into_iter();
        while let Some(first) = newer.next() {
            let delivered = newer.next().map_or(first.delivered, |second| second.delivered);
            self.later.push_back(Arrival { delivered, ..first });
        }
    }
}

/// The least start buffer with which [`replay_stream`] has no stall, as [`StreamBuffer`] tells it.
#[must_use]
pub fn least_stream_buffer(arrivals: &[Arrival], speed: Speed) -> Option<MediaTime> {
    let mut buffer = StreamBuffer::default();
    for arrival in arrivals {
        buffer.push(*arrival, speed);
    }
    buffer.least()
}

/// Audio that must be there before playback begins, and before it goes on after it ran dry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamBuffers {
    /// Before it begins.
    pub start: MediaTime,
    /// Before it goes on.
    pub resume: MediaTime,
}

/// What listening to one stream would have been.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StreamReplay {
    /// When playback begins; none if it never does.
    pub began_at: Option<Instant>,
    /// When each stall began, and how long it was.
    pub stalls: Vec<(Instant, Duration)>,
}

/// Plays the pieces of one stream, which was whole at `whole_at`, again with other buffers. Nothing is awaited any more from then
/// on. A stream that was never whole is not to be told by it, for what followed is unknown.
#[must_use]
pub fn replay_stream(
    arrivals: &[Arrival],
    whole_at: Instant,
    speed: Speed,
    buffers: StreamBuffers,
) -> StreamReplay {
    let mut replay = StreamReplay::default();
    // What was heard of the stream, and since when the rest of what is there plays.
    let (mut heard, mut since) = (MediaTime::ZERO, None::<Instant>);
    let mut delivered = MediaTime::ZERO;
    let end = Arrival { at: whole_at, delivered: MediaTime::ZERO };
    for (arrival, is_end) in
        arrivals.iter().map(|arrival| (*arrival, false)).chain(core::iter::once((end, true)))
    {
        let mut wanted = buffers.start;
        if let Some(began) = since {
            let dry_at = began + speed.play_time(delivered - heard);
            if dry_at > arrival.at {
                delivered = delivered.max(arrival.delivered);
                continue;
            }
            // It has run dry, and goes on at once with what comes in that very moment.
            (heard, since) = (delivered, None);
            replay.stalls.push((dry_at, Duration::ZERO));
        }
        if let Some((dry_at, _)) = replay.stalls.last() {
            wanted = if *dry_at == arrival.at { MediaTime::ZERO } else { buffers.resume };
        }
        delivered = delivered.max(arrival.delivered);
        if delivered > heard && (is_end || delivered - heard >= wanted) {
            since = Some(arrival.at);
            replay.began_at.get_or_insert(arrival.at);
            if let Some((dry_at, waited)) = replay.stalls.last_mut() {
                *waited = arrival.at.since(*dry_at);
            }
        }
    }
    if since.is_none() {
        // The end of the stream is not waited for.
        replay.stalls.pop();
    }
    replay.stalls.retain(|(_, waited)| !waited.is_zero());
    replay
}

fn earlier(at: Instant, span: Duration) -> Instant {
    Instant::from_nanos(at.as_nanos().saturating_sub(crate::time::duration_nanos(span)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn piece(at: u64, delivered: u64) -> Arrival {
        Arrival { at: Instant::from_millis(at), delivered: MediaTime::from_millis(delivered) }
    }

    #[test]
    fn a_stream_ahead_of_real_time_needs_no_buffer_and_one_piece_tells_nothing() {
        let quick: Vec<Arrival> = (0..50).map(|n| piece(n * 50, (n + 1) * 100)).collect();
        assert_eq!(least_stream_buffer(&quick, Speed::NORMAL), Some(MediaTime::ZERO));
        assert_eq!(least_stream_buffer(&quick[..1], Speed::NORMAL), None);
        // Heard twice as fast it is in real time, three times as fast late.
        let speed = |thousandths| Speed::from_thousandths(thousandths).unwrap();
        assert_eq!(least_stream_buffer(&quick, speed(2_000)), Some(MediaTime::ZERO));
        assert!(least_stream_buffer(&quick, speed(3_000)) > Some(MediaTime::ZERO));
    }

    #[test]
    fn a_long_stream_that_is_a_little_late_needs_one_piece_however_long_it_is() {
        let mut stream: Vec<Arrival> = (0..5_000).map(|n| piece(n * 200, (n + 1) * 200)).collect();
        stream[4_000].at += Duration::from_millis(50);
        // It must begin 50 ms late: with the second piece, when the first is there.
        assert_eq!(least_stream_buffer(&stream, Speed::NORMAL), Some(MediaTime::from_nanos(200_000_001)));
    }

    #[test]
    fn what_cannot_be_played_yet_needs_no_buffer() {
        // The first bytes are too few for any sound.
        let stream = [piece(0, 0), piece(100, 300), piece(350, 600)];
        assert_eq!(least_stream_buffer(&stream, Speed::NORMAL), Some(MediaTime::ZERO));
    }

    #[test]
    fn a_stream_that_is_told_to_be_whole_late_has_no_stall_at_its_end() {
        let buffers = StreamBuffers { start: MediaTime::ZERO, resume: MediaTime::ZERO };
        let replay = replay_stream(&[piece(100, 500)], Instant::from_millis(900), Speed::NORMAL, buffers);
        assert_eq!(replay, StreamReplay { began_at: Some(Instant::from_millis(100)), stalls: vec![] });
    }
}
