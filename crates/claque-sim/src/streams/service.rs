//! The service without its bytes: what its front decides of requests, with the same engine, faults and seeds behind.

use std::collections::BTreeMap;

use claque_core::{
    rng::Seed,
    time::{Instant, MediaTime, Speed},
};
use claque_front::typed::call::HeadTime;
use claque_gateway::{
    Piece, StreamAsk, StreamEffect, StreamFault, StreamId, StreamingConfig, StreamingEngine, StreamingInput,
    StreamingOutput, StreamingStats,
};

use super::{
    rehearsal::AnswerWay,
    terms::{Terms, Trouble},
};

/// A request for speech; its number is never used twice.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    pub(super) number: u64,
    pub(super) chars: u32,
    pub(super) voice: usize,
    /// Where the noise of its text comes from.
    pub(super) text: Seed,
}

/// What is sent of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    Head,
    /// Audio up to `delivered`: its bytes, and those of them on the way.
    Audio {
        delivered: MediaTime,
        bytes: u64,
        sent: u64,
    },
    /// It is whole.
    End,
    Failed(Trouble),
}

/// A service that answers requests for speech.
pub(super) struct Service {
    engine: StreamingEngine,
    faults: Vec<StreamFault>,
    seed: Seed,
    terms: Terms,
    /// Requests so far.
    requests: u64,
    answers: BTreeMap<u64, Answer>,
    /// Kept for its memory.
    made: Vec<StreamingOutput>,
}

/// An answer that is being made.
struct Answer {
    effect: Option<StreamEffect>,
    has_head: bool,
    made: MediaTime,
    bytes: u64,
}

impl Service {
    pub(super) fn new(
        streaming: StreamingConfig,
        faults: Vec<StreamFault>,
        terms: Terms,
        seed: Seed,
    ) -> Self {
        Self {
            engine: StreamingEngine::new(streaming),
            faults,
            seed,
            terms,
            requests: 0,
            answers: BTreeMap::new(),
            made: Vec::new(),
        }
    }

    pub(super) const fn terms(&self) -> &Terms {
        &self.terms
    }

    pub(super) fn stats(&self) -> StreamingStats {
        self.engine.stats()
    }

    /// Requests so far.
    pub(super) const fn requests(&self) -> u64 {
        self.requests
    }

    /// When it has something to do by itself.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.engine.poll_timeout().map(|(at, _)| at)
    }

    pub(super) fn wake(&mut self, now: Instant, replies: &mut Vec<(u64, Reply)>) {
        self.tell_engine(now, StreamingInput::Wake, replies);
    }

    /// Who made a call has left.
    pub(super) fn leave(&mut self, now: Instant, number: u64, replies: &mut Vec<(u64, Reply)>) {
        self.answers.remove(&number);
        self.tell_engine(now, StreamingInput::Leave { stream: StreamId(number) }, replies);
    }

    pub(super) fn ask(&mut self, now: Instant, call: Call, replies: &mut Vec<(u64, Reply)>) {
        // What was due before the call comes first.
        self.wake(now, replies);
        let number = call.number;
        let effect = StreamFault::effect(&self.faults, self.requests, self.seed).cloned();
        self.requests += 1;
        if let Some(trouble) = self.refusal(&call, effect.as_ref()) {
            replies.push((number, Reply::Failed(trouble)));
            return;
        }
        if effect == Some(StreamEffect::Silence) {
            replies.push((number, Reply::Head));
            return;
        }
        let hindrance = effect.as_ref().and_then(StreamEffect::hindrance);
        let has_head = self.terms.way != AnswerWay::Whole && self.terms.head == HeadTime::AtOnce;
        self.answers.insert(number, Answer { effect, has_head, made: MediaTime::ZERO, bytes: 0 });
        if has_head {
            replies.push((number, Reply::Head));
        }
        let ask = StreamAsk {
            stream: StreamId(number),
            chars: call.chars,
            speed: Speed::NORMAL,
            seed: call.text,
            hindrance,
        };
        self.tell_engine(now, StreamingInput::Ask(ask), replies);
    }

    /// Why a call is refused, if it is. A fault that refuses comes before anything that may be wrong with it.
    fn refusal(&self, call: &Call, effect: Option<&StreamEffect>) -> Option<Trouble> {
        if let Some(effect @ StreamEffect::Refuse { .. }) = effect {
            let rule = self.faults.iter().position(|fault| fault.effect == *effect)?;
            return Some(Trouble::Refused { rule });
        }
        if !self.terms.takes(call.chars) {
            Some(Trouble::TooLong)
        } else if self.terms.refuses(call.voice) {
            Some(Trouble::Voice { voice: call.voice })
        } else {
            None
        }
    }

    fn tell_engine(&mut self, now: Instant, input: StreamingInput, replies: &mut Vec<(u64, Reply)>) {
        let mut made = core::mem::take(&mut self.made);
        made.extend(self.engine.handle_input(now, input));
        for output in made.drain(..) {
            match output {
                // There is no engine outside.
                StreamingOutput::Started { .. } => {}
                StreamingOutput::Piece(piece) => self.piece(piece, replies),
                StreamingOutput::Refused { stream: StreamId(number) } => self.overloaded(number, replies),
            }
        }
        self.made = made;
    }

    /// A head that was to go out at once does not: whoever is refused has not been taken.
    fn overloaded(&mut self, number: u64, replies: &mut Vec<(u64, Reply)>) {
        self.answers.remove(&number);
        if replies.last() == Some(&(number, Reply::Head)) {
            replies.pop();
        }
        replies.push((number, Reply::Failed(Trouble::Overloaded)));
    }

    fn piece(&mut self, piece: Piece, replies: &mut Vec<(u64, Reply)>) {
        let number = piece.stream.0;
        let Some(answer) = self.answers.get_mut(&number) else { return };
        answer.made += piece.media;
        let mut say = |reply| replies.push((number, reply));
        if let Some(StreamEffect::Break { after }) = answer.effect
            && answer.made > after
        {
            say(Reply::Failed(if answer.has_head { Trouble::Broken } else { Trouble::Engine }));
            self.answers.remove(&number);
            return;
        }
        if self.terms.way == AnswerWay::Whole && !piece.is_last {
            return;
        }
        if !answer.has_head {
            answer.has_head = true;
            say(Reply::Head);
        }
        let (total, delivered) = self.terms.coding.measure(answer.made);
        let bytes = total.saturating_sub(answer.bytes);
        answer.bytes = total;
        if bytes > 0 {
            say(Reply::Audio { delivered, bytes, sent: self.terms.way.bytes_sent(bytes) });
        }
        if piece.is_last {
            // Who does not wait for the last event misses nothing.
            let is_without = answer.effect == Some(StreamEffect::NoDone) && self.terms.fails(Trouble::NoDone);
            say(if is_without { Reply::Failed(Trouble::NoDone) } else { Reply::End });
            self.answers.remove(&number);
        }
    }
}

impl AnswerWay {
    /// Bytes on the way for so many of audio: events carry them in base64.
    const fn bytes_sent(self, bytes: u64) -> u64 {
        match self {
            Self::Whole | Self::Streamed => bytes,
            Self::Events => bytes.div_ceil(3).saturating_mul(4),
        }
    }
}
