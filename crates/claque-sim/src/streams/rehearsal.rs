//! One request before the run, through the real machines of both sides: what the bytes between them would mean.
//!
//! In the run itself no byte is written or read. What depends on bytes is found out here, once: whether a request is accepted, what
//! its audio is measured to be, and what a listener hears of each kind of failure.

use std::sync::Arc;

use claque_core::{
    event::Event,
    ids::BlockIdx,
    rng::Seed,
    time::{Duration, Instant, MediaTime, SampleRate},
};
use claque_front::{
    Coding, SpeechSound,
    typed::call::{CallId, Head, Input, Reply, Request, Service, ServiceConfig},
};
use claque_gateway::{Engine, LengthModel, ServiceModel};
use claque_wire::{
    audio::Container,
    typed::call::{AnswerHead, Finished, RequestSettings, SpeechAnswer},
};

/// What a reader of sockets says of a connection that ends in an answer.
const CLOSED: &str = "the connection ended in the middle of an answer";

/// Audio of a rehearsed answer.
pub(super) const REHEARSED: MediaTime = MediaTime::from_millis(1_000);

/// One request to be rehearsed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rehearsal<'a> {
    pub(super) request: &'a RequestSettings,
    pub(super) voice: &'a str,
    pub(super) text: &'a str,
}

/// What came of it.
#[derive(Clone, Debug)]
pub(super) enum Rehearsed {
    /// It was heard.
    Heard(HeardAnswer),
    /// It came to nothing; this is what the listener is told.
    Failed(Event),
}

/// An answer that was heard.
#[derive(Clone, Copy, Debug)]
pub(super) struct HeardAnswer {
    pub(super) way: AnswerWay,
    pub(super) container: Container,
    /// Its length as it was measured.
    pub(super) media: MediaTime,
    /// Of the samples that the service writes.
    pub(super) rate: SampleRate,
}

/// How an answer comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AnswerWay {
    /// Head and audio when all of it is made.
    Whole,
    /// Bytes as they are made.
    Streamed,
    /// Events as they are made.
    Events,
}

impl Rehearsal<'_> {
    /// Asks a service whose engine takes no time and makes [`REHEARSED`] of every text.
    pub(super) fn perform(self, config: &ServiceConfig) -> Rehearsed {
        let mut front = front(config);
        self.ask(&mut front, CallId(0))
    }

    /// Asks while the only slot is taken and nobody may wait.
    pub(super) fn perform_when_full(self, config: &ServiceConfig) -> Rehearsed {
        let mut config = config.clone();
        config.streaming.slots = core::num::NonZeroU32::MIN;
        config.streaming.max_queued = 0;
        config.faults.clear();
        let mut front = front(&config);
        let body = self.request.body(self.text, self.voice);
        let call = Input::Call { call: CallId(0), request: self.call(&body) };
        front.handle_input(Instant::START, call).for_each(drop);
        self.ask(&mut front, CallId(1))
    }

    fn call<'b>(&self, body: &'b [u8]) -> Request<'b>
    where
        Self: 'b,
    {
        Request { method: "POST", path: self.request.path(), query: "", headers: &[], body }
    }

    fn ask(self, front: &mut Service, call: CallId) -> Rehearsed {
        let body = self.request.body(self.text, self.voice);
        let input = Input::Call { call, request: self.call(&body) };
        let mut listening = Listening::new(self, front.rate());
        let mut replies: Vec<_> = front.handle_input(Instant::START, input).collect();
        loop {
            for output in replies.drain(..).filter(|output| output.call == call) {
                if let Some(end) = listening.hear(output.reply) {
                    return end;
                }
            }
            let Some((at, _)) = front.poll_timeout() else { return listening.break_off() };
            replies.extend(front.handle_input(at, Input::Wake));
        }
    }
}

/// A service as configured, with an engine that takes no time.
fn front(config: &ServiceConfig) -> Service {
    let mut config = config.clone();
    // Who listens has a key.
    config.api_keys.clear();
    config.streaming.engine = Engine::Modelled;
    config.streaming.first_chunk = ServiceModel::Fixed(Duration::ZERO);
    config.streaming.length = LengthModel::Fixed(REHEARSED);
    Service::new(config, Seed::root(0), Arc::new(Blank))
}

/// The listener's side.
struct Listening {
    answer: SpeechAnswer,
    way: AnswerWay,
    rate: SampleRate,
    events: Vec<Event>,
}

impl Listening {
    fn new(rehearsal: Rehearsal<'_>, rate: SampleRate) -> Self {
        let chars = u32::try_from(rehearsal.text.chars().count()).unwrap_or(u32::MAX);
        let answer = SpeechAnswer::new(BlockIdx(0), chars, rehearsal.request.expected());
        Self { answer, way: AnswerWay::Streamed, rate, events: Vec::new() }
    }

    /// Takes one reply. Gives what came of the answer, once that is known.
    fn hear(&mut self, reply: Reply) -> Option<Rehearsed> {
        match reply {
            Reply::Whole { head, body } => {
                self.head(&head);
                self.way = AnswerWay::Whole;
                Some(self.body(&body).unwrap_or_else(|| self.end()))
            }
            Reply::Open(head) => {
                self.head(&head);
                None
            }
            Reply::Bytes(bytes) => self.body(&bytes),
            Reply::End => Some(self.end()),
            Reply::Break => Some(self.break_off()),
            // The engine is a modelled one.
            Reply::Speak { .. } => None,
        }
    }

    fn head(&mut self, head: &Head) {
        let field = |wanted: &str| {
            head.headers.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.as_str())
        };
        let content_type = field("content-type");
        if content_type.is_some_and(|kind| kind.starts_with("text/event-stream")) {
            self.way = AnswerWay::Events;
        }
        let head = AnswerHead {
            status: head.status,
            content_type,
            content_encoding: field("content-encoding"),
            retry_after: field("retry-after"),
            sample_rate: field("x-sample-rate"),
            channels: field("x-channels"),
            duration_ms: field("x-duration-ms"),
        };
        self.answer.handle_head(&head, &mut self.events);
    }

    fn body(&mut self, bytes: &[u8]) -> Option<Rehearsed> {
        let failure = self.answer.handle_body(bytes, &mut |_| {}, &mut self.events).err()?;
        Some(Rehearsed::Failed(self.answer.failed(failure)))
    }

    fn end(&mut self) -> Rehearsed {
        match self.answer.finish(&mut self.events) {
            Ok(Finished { container, media, .. }) => {
                Rehearsed::Heard(HeardAnswer { way: self.way, container, media, rate: self.rate })
            }
            Err(failure) => Rehearsed::Failed(self.answer.failed(failure)),
        }
    }

    fn break_off(&self) -> Rehearsed {
        Rehearsed::Failed(self.answer.failed(self.answer.broken(CLOSED)))
    }
}

/// What a listener hears of an answer that was whole and had no audio in it.
pub(super) fn empty_answer(request: &RequestSettings, block: BlockIdx, chars: u32) -> Event {
    let mut answer = SpeechAnswer::new(block, chars, request.expected());
    let mut events = Vec::new();
    let head = AnswerHead {
        status: 200,
        content_type: Some("audio/pcm"),
        content_encoding: None,
        retry_after: None,
        sample_rate: None,
        channels: None,
        duration_ms: None,
    };
    answer.handle_head(&head, &mut events);
    let failure = answer.finish(&mut events).err().unwrap_or_else(|| answer.broken("the audio is empty"));
    answer.failed(failure)
}

/// Sound that stands for any other: packets of each coding that are well formed, and silence.
#[derive(Clone, Copy, Debug)]
struct Blank;

/// 20 ms of silence in Opus: CELT, full band, one channel (RFC 6716 section 3.1).
const OPUS: [u8; 3] = [0xf8, 0xff, 0xfe];

/// A frame of MPEG-2 layer III at 32 kbit/s and 24 kHz, one channel, with nothing in it (ISO/IEC 13818-3).
const MP3: [u8; 96] = {
    let mut frame = [0; 96];
    (frame[0], frame[1], frame[2], frame[3]) = (0xff, 0xf3, 0x44, 0xc0);
    frame
};

/// A frame of AAC LC at 24 kHz, one channel, of 96 bytes, with nothing in it (ISO/IEC 13818-7 section 6.2).
const ADTS: [u8; 96] = {
    let mut frame = [0; 96];
    (frame[0], frame[1], frame[2], frame[3]) = (0xff, 0xf1, 0x58, 0x40);
    (frame[4], frame[5], frame[6]) = (96 >> 3, 0x1f, 0xfc);
    frame
};

impl SpeechSound for Blank {
    fn samples(&self, _seed: u64, _from: u64, count: usize, out: &mut Vec<i16>) {
        out.resize(out.len() + count, 0);
    }

    fn packet(&self, coding: Coding, _seed: u64, _index: u64) -> Option<&[u8]> {
        match coding {
            Coding::Opus => Some(&OPUS),
            Coding::Mp3 => Some(&MP3),
            Coding::Aac => Some(&ADTS),
        }
    }
}
