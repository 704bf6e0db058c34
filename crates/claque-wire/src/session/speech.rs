//! Speech that is asked for with a request of its own: the exchange around an [`openai::SpeechAnswer`].

use std::sync::Arc;

use claque_core::event::{Event, Failure};

use super::{Delivered, Request};
use crate::{audio::PcmFormat, http1::Response, openai};

/// What all sessions of an audience share.
#[derive(Clone, Debug)]
pub struct SpeechProtocol {
    /// How speech is asked for.
    pub request: Arc<openai::RequestSettings>,
    /// Where it is asked for, below the service's address, if not where the dialect has it.
    pub path: Option<String>,
}

/// One request for speech, and its answer.
#[derive(Debug)]
pub(super) struct Speech {
    body: Vec<u8>,
    headers: [(&'static str, &'static str); 2],
    answer: openai::SpeechAnswer,
    /// Kept for its memory.
    events: Vec<Event>,
}

impl Speech {
    pub(super) fn new(protocol: &SpeechProtocol, body: Vec<u8>, answer: openai::SpeechAnswer) -> Self {
        Self { body, headers: protocol.request.header_fields(), answer, events: Vec::new() }
    }

    pub(super) fn request(&self) -> Request<'_> {
        Request { headers: &self.headers, body: Some(&self.body) }
    }

    pub(super) fn handle_sent(&self) -> Event {
        Event::Sent { blocks: vec![self.answer.block()] }
    }

    pub(super) fn handle_head(&mut self, status: u16, answer: &Response, tell: impl FnMut(Event)) {
        self.answer.handle_head(&openai::AnswerHead::of(status, answer), &mut self.events);
        self.events.drain(..).for_each(tell);
    }

    pub(super) fn handle_body(
        &mut self,
        bytes: &[u8],
        tell: impl FnMut(Event),
        mut keep: impl FnMut(&[u8]),
    ) -> Result<(), Failure> {
        let result = self.answer.handle_body(bytes, &mut keep, &mut self.events);
        self.events.drain(..).for_each(tell);
        result
    }

    pub(super) fn finish(&mut self, tell: impl FnMut(Event)) -> Result<Delivered, Failure> {
        let finished = self.answer.finish(&mut self.events);
        self.events.drain(..).for_each(tell);
        let openai::Finished { container, media, findings, .. } = finished?;
        Ok(Delivered { container, media, findings })
    }

    pub(super) fn broken(&self, why: &str) -> Failure {
        self.answer.broken(why)
    }

    pub(super) fn failed(&self, failure: Failure) -> Event {
        self.answer.failed(failure)
    }

    pub(super) const fn pcm_format(&self) -> PcmFormat {
        self.answer.pcm_format()
    }

    pub(super) fn is_done(&self) -> bool {
        self.answer.is_done()
    }

    pub(super) const fn is_refused(&self) -> bool {
        self.answer.is_refused()
    }

    pub(super) const fn has_begun(&self) -> bool {
        self.answer.has_begun()
    }
}
