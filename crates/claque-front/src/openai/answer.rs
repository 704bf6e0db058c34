//! One answer with speech: what was asked for, and how far it is.

use std::sync::Arc;

use claque_core::{
    rng::Seed,
    time::{MediaTime, SampleRate, Speed},
};
use claque_gateway::{StreamEffect, StreamId};
use claque_wire::openai::AudioFormat as Format;

use super::{
    CallId, Head, HeadTime, OpenaiConfig, Reply,
    dialect::{AfterStream, Dialect, EventFailure},
    error::{Complaint, ComplaintKind},
    events, lists,
    request::{Delivery, SpeechRequest},
};
use crate::audio::{AudioWriter, Container, Source};

/// An answer that is being made.
#[derive(Debug)]
pub(super) struct SpeechAnswer {
    pub(super) text: Arc<str>,
    pub(super) voice: Arc<str>,
    pub(super) speed: Speed,
    /// Noise and sound come from it.
    pub(super) seed: Seed,
    dialect: &'static Dialect,
    format: Format,
    delivery: Delivery,
    effect: Option<StreamEffect>,
    rate: SampleRate,
    writer: AudioWriter,
    stage: Stage,
    made: MediaTime,
    /// Audio of an answer that is sent when all of it is made.
    body: Vec<u8>,
}

/// How far an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Nothing was sent.
    Taken,
    /// The head was sent.
    Opened,
    /// Audio was sent.
    Speaking,
}

/// Whether an answer goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AnswerState {
    On,
    /// There is nothing more to say.
    Ended,
}

impl SpeechAnswer {
    pub(super) fn new(
        call: CallId,
        request: SpeechRequest,
        effect: Option<StreamEffect>,
        (config, rate, seed): (&OpenaiConfig, SampleRate, Seed),
    ) -> Self {
        let SpeechRequest { text, voice, speed, format, delivery } = request;
        let container = match effect {
            Some(StreamEffect::WrongContainer) if format == Format::Wav => Container::Flac,
            Some(StreamEffect::WrongContainer) => Container::Wav,
            Some(_) | None => Container::of(format),
        };
        let [.., a, b, c, d] = call.0.to_be_bytes();
        Self {
            text: text.into(),
            voice: voice.into(),
            speed,
            seed,
            dialect: config.dialect,
            format,
            delivery,
            effect,
            rate,
            writer: AudioWriter::new(container, rate, u32::from_be_bytes([a, b, c, d])),
            stage: Stage::Taken,
            made: MediaTime::ZERO,
            body: Vec::new(),
        }
    }

    /// Whether nothing is ever made of it, by an injected fault.
    pub(super) fn is_silent(&self) -> bool {
        self.effect == Some(StreamEffect::Silence)
    }

    /// It was taken.
    pub(super) fn taken(&mut self, head: HeadTime, say: &mut Vec<Reply>) {
        if self.is_silent() {
            self.open(say);
            self.begin(None, say);
            return;
        }
        match (self.delivery, head) {
            (Delivery::Whole, _) | (_, HeadTime::WithAudio) => {}
            (Delivery::Streamed | Delivery::Events, HeadTime::AtOnce) => self.open(say),
        }
    }

    /// A piece of its audio was made.
    pub(super) fn piece(
        &mut self,
        source: Source<'_>,
        (media, is_last): (MediaTime, bool),
        say: &mut Vec<Reply>,
    ) -> AnswerState {
        self.made += media;
        if let Some(StreamEffect::Break { after }) = self.effect
            && self.made > after
        {
            let complaint = Complaint::new(ComplaintKind::Engine, None, "the engine has failed");
            return self.fail(&complaint, say);
        }
        let bytes = self.writer.piece(source, self.made, is_last);
        if self.delivery == Delivery::Whole {
            self.body.extend(bytes);
            return if is_last { self.whole(say) } else { AnswerState::On };
        }
        self.open(say);
        self.begin(None, say);
        self.send(&bytes, say);
        if is_last { self.end(say) } else { AnswerState::On }
    }

    /// It cannot go on.
    pub(super) fn fail(&self, complaint: &Complaint, say: &mut Vec<Reply>) -> AnswerState {
        let (status, body) = complaint.answer(self.dialect.errors);
        let events = self.dialect.events.as_ref().filter(|_| self.delivery == Delivery::Events);
        match (self.stage, events) {
            (Stage::Taken, _) => say.push(lists::reply(status, body)),
            (Stage::Opened | Stage::Speaking, Some(events)) if events.failure == EventFailure::Event => {
                say.extend([Reply::Bytes(events::failure(events, &body)), Reply::End]);
            }
            (Stage::Opened | Stage::Speaking, _) => say.push(Reply::Break),
        }
        AnswerState::Ended
    }

    fn whole(&mut self, say: &mut Vec<Reply>) -> AnswerState {
        let mut body = self.writer.header(Some(self.made));
        body.append(&mut self.body);
        say.push(Reply::Whole { head: self.head(), body });
        AnswerState::Ended
    }

    fn end(&self, say: &mut Vec<Reply>) -> AnswerState {
        let without = self.effect == Some(StreamEffect::NoDone);
        if let Some(events) = self.events().filter(|_| !without) {
            say.push(Reply::Bytes(events::done(events, self.text.chars().count(), self.made)));
        }
        say.push(Reply::End);
        AnswerState::Ended
    }

    /// Sends the head, once.
    fn open(&mut self, say: &mut Vec<Reply>) {
        if self.stage == Stage::Taken {
            self.stage = Stage::Opened;
            say.push(Reply::Open(self.head()));
        }
    }

    /// Sends what stands before the audio, once.
    fn begin(&mut self, total: Option<MediaTime>, say: &mut Vec<Reply>) {
        if self.stage != Stage::Opened {
            return;
        }
        self.stage = Stage::Speaking;
        if let Some(first) = self.events().map(|events| events::first(events, self.rate)) {
            say.extend((!first.is_empty()).then_some(Reply::Bytes(first)));
        }
        let header = self.writer.header(total);
        self.send(&header, say);
    }

    fn send(&self, bytes: &[u8], say: &mut Vec<Reply>) {
        if bytes.is_empty() {
            return;
        }
        say.push(Reply::Bytes(match self.events() {
            Some(events) => events::delta(events, self.format, bytes),
            None => bytes.to_vec(),
        }));
    }

    fn events(&self) -> Option<&'static super::dialect::Events> {
        self.dialect.events.as_ref().filter(|_| self.delivery == Delivery::Events)
    }

    fn head(&self) -> Head {
        let content_type = match self.delivery {
            Delivery::Events => "text/event-stream; charset=utf-8",
            Delivery::Whole | Delivery::Streamed => self.dialect.content_type(self.format),
        };
        let mut headers = vec![("content-type", content_type.to_owned())];
        if self.delivery != Delivery::Whole && self.dialect.after_stream == AfterStream::Closed {
            headers.push(("connection", "close".to_owned()));
        }
        Head { status: 200, headers }
    }
}

/// A stream has the number of its call.
pub(super) const fn stream(call: CallId) -> StreamId {
    StreamId(call.0)
}
