//! What streams tell of other start buffers: the least audio each block had to have, as it was recorded.

use claque_core::time::{Instant, MediaTime};
use claque_store::{ListenerFacts, timeline::Listening};

/// What the streams of a run tell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct StreamsTold {
    /// Whether nothing is asked for ahead, so that each stream is heard by itself.
    pub(crate) is_conversation: bool,
    /// Audio that was waited for, in ms.
    pub(crate) own_ms: f64,
    /// Streams of several pieces that were delivered.
    pub(crate) streams: u64,
    /// Those of them that needed no buffer.
    pub(crate) without: u64,
    /// Blocks in one piece, which tell nothing.
    pub(crate) in_one_piece: u64,
    /// The audio that the neediest had to have, in ms.
    pub(crate) most_ms: f64,
    /// Streams that stalled on record though they had what they needed.
    pub(crate) disagree: u64,
}

#[derive(Clone, Debug)]
pub(super) struct StreamSum {
    listening: Listening,
    streams: u64,
    without: u64,
    in_one_piece: u64,
    most: MediaTime,
    disagree: u64,
}

impl StreamSum {
    pub(super) const fn new(listening: Listening) -> Self {
        Self { listening, streams: 0, without: 0, in_one_piece: 0, most: MediaTime::ZERO, disagree: 0 }
    }

    pub(super) fn add(&mut self, facts: &ListenerFacts, own: MediaTime) {
        for block in facts.blocks.iter().filter(|block| block.delivered_at().is_some()) {
            let Some(least) = block.least_start_buffer else {
                self.in_one_piece += 1;
                continue;
            };
            self.streams += 1;
            self.without += u64::from(least == MediaTime::ZERO);
            self.most = self.most.max(least);
            let stalled = || facts.stalls.iter().any(|stall| stall.block == block.block);
            self.disagree += u64::from(self.is_conversation() && own >= least && stalled());
        }
    }

    pub(super) fn finish(&self, own: MediaTime) -> StreamsTold {
        StreamsTold {
            is_conversation: self.is_conversation(),
            own_ms: own.as_millis_f64(),
            streams: self.streams,
            without: self.without,
            in_one_piece: self.in_one_piece,
            // Whoever sets it sets whole milliseconds, and one less is too little.
            most_ms: Instant::from_nanos(self.most.as_nanos()).as_millis_f64().ceil(),
            disagree: self.disagree,
        }
    }

    const fn is_conversation(&self) -> bool {
        match self.listening {
            Listening::Straight => false,
            Listening::Turns(_) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use claque_core::{record::BlockRecord, time::Speed};

    use super::{
        super::super::super::tests::{block, facts_of, session, stall},
        *,
    };

    #[test]
    fn the_neediest_stream_says_what_all_of_them_need() {
        let stream = |index, least| BlockRecord { least_start_buffer: least, ..block(0, index, 1_000) };
        // As in docs/streams.md: more than 800 ms.
        let needy = Some(MediaTime::from_nanos(800_000_001));
        let blocks = [stream(0, needy), stream(1, Some(MediaTime::ZERO)), stream(2, None)];
        let facts = facts_of(0, blocks, [stall(0, 0, 2_000, 50)], Some(session(0, Some(1_000), 20_000)));
        let told = |own| {
            let mut sum = StreamSum::new(Listening::Turns(Speed::NORMAL));
            sum.add(&facts, MediaTime::from_millis(own));
            let told = sum.finish(MediaTime::from_millis(own));
            assert_eq!((told.streams, told.without, told.in_one_piece), (2, 1, 1));
            (told.most_ms, told.disagree)
        };
        // It stalled: so it had not what it needed.
        assert_eq!((told(0), told(801)), ((801.0, 0), (801.0, 1)));
    }
}
