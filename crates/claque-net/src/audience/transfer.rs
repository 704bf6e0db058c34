//! An exchange on a connection: its answer is understood as its bytes pass, and dropped unless it is to be kept.

use std::borrow::Cow;

use claque_core::{event::Failure, time::Instant};
use claque_wire::{
    http1::{Part, Response},
    session::{Delivered, Exchange},
};

use super::{heard::HeardCopy, inbox::Inbox, keeper::KeptAudio};

/// As much of one body as is decoded: an hour of compressed speech. Nothing of a longer one is.
const MOST_DECODED: usize = 16 << 20;

/// A chunk of so few bytes is likely to be one of many.
const SMALL: usize = 15;

/// Content of one read. It is copied only where it comes in more than one chunk.
#[derive(Debug, Default)]
struct Arrival<'b> {
    content: Cow<'b, [u8]>,
}

impl<'b> Arrival<'b> {
    fn add(&mut self, bytes: &'b [u8]) {
        if self.content.is_empty() {
            self.content = Cow::Borrowed(bytes);
        } else {
            self.content.to_mut().extend_from_slice(bytes);
        }
    }

    /// Adds what is cut into so small chunks behind one of them that each by itself would cost more than its audio.
    fn add_small(&mut self, answer: &mut Response, bytes: &mut &[u8]) {
        /// A chunk with its frame is six bytes at least, five of which are frame.
        const FRAMED: usize = 6;
        let content = self.content.to_mut();
        content.reserve(bytes.len() / FRAMED);
        answer.take_small_chunks(bytes, content);
    }

    fn take(&mut self) -> Cow<'b, [u8]> {
        std::mem::take(&mut self.content)
    }
}

/// An exchange under way.
#[derive(Debug)]
pub(super) struct Transfer {
    pub(super) exchange: Box<Exchange>,
    /// The audio, if it is to be kept.
    kept: Option<KeptAudio>,
    /// The audio, if it is to be decoded.
    copy: Option<AudioCopy>,
    /// The audio, if somebody wants to hear what the listener heard.
    heard: Option<Box<HeardCopy>>,
}

/// A transfer that came to its end.
#[derive(Debug)]
pub(super) struct Transferred {
    pub(super) delivered: Delivered,
    pub(super) kept: Option<KeptAudio>,
    /// None where nobody is to listen to it.
    pub(super) copy: Option<AudioCopy>,
}

/// A copy of a body that somebody is to listen to.
#[derive(Debug, Default)]
pub(super) struct AudioCopy {
    bytes: Vec<u8>,
    is_too_long: bool,
}

impl Transfer {
    pub(super) const fn new(
        exchange: Box<Exchange>,
        kept: Option<KeptAudio>,
        copy: Option<AudioCopy>,
        heard: Option<Box<HeardCopy>>,
    ) -> Self {
        Self { exchange, kept, copy, heard }
    }

    /// Takes bytes of the answer. Gives whether it is whole, or says that it is although its body goes on.
    ///
    /// # Errors
    /// It is no audio, or no answer.
    pub(super) fn take(
        &mut self,
        answer: &mut Response,
        bytes: &mut &[u8],
        at: Instant,
        inbox: &mut Inbox,
    ) -> Result<bool, Failure> {
        // What one read brought has one moment, in however many chunks it is framed: it is one arrival.
        let mut arrival = Arrival::default();
        loop {
            let part = answer.next(bytes);
            if !matches!(part, Ok(Some(Part::Body(_)))) {
                self.take_body(arrival.take(), at, inbox)?;
            }
            match part.map_err(|error| self.exchange.broken(&error.to_string()))? {
                Some(Part::Head { status }) => {
                    self.exchange.handle_head(status, answer, |event| inbox.push(at, event));
                }
                Some(Part::Body(content)) => {
                    arrival.add(content);
                    if content.len() <= SMALL {
                        arrival.add_small(answer, bytes);
                    }
                }
                Some(Part::End) => return Ok(true),
                // Of an answer that leads elsewhere nobody waits for the words.
                None => return Ok(self.exchange.is_whole() || answer.location().is_some()),
            }
        }
    }

    fn take_body(&mut self, bytes: Cow<'_, [u8]>, at: Instant, inbox: &mut Inbox) -> Result<(), Failure> {
        if bytes.is_empty() {
            return Ok(());
        }
        let Self { exchange, kept, copy, heard } = self;
        if let Some(heard) = heard {
            heard.pcm = exchange.pcm_format();
        }
        let keep = |audio: &[u8]| {
            if let Some(kept) = kept {
                kept.push(audio);
            }
            if let Some(copy) = copy {
                copy.push(audio);
            }
            if let Some(heard) = heard {
                heard.push(audio);
            }
        };
        exchange.handle_body(&bytes, |event| inbox.push(at, event), keep)
    }

    /// What came of an answer that is whole: a failure if it says no, or if its audio is not whole.
    pub(super) fn finish(
        mut self,
        at: Instant,
        inbox: &mut Inbox,
    ) -> (Box<Exchange>, Result<Transferred, Failure>) {
        match self.exchange.finish(|event| inbox.push(at, event)) {
            Ok(delivered) => {
                if let Some(heard) = &mut self.heard {
                    heard.container = Some(delivered.container);
                    heard.pcm = self.exchange.pcm_format();
                }
                (self.exchange, Ok(Transferred { delivered, kept: self.kept, copy: self.copy }))
            }
            Err(failure) => (self.exchange, Err(failure)),
        }
    }
}

impl AudioCopy {
    fn push(&mut self, bytes: &[u8]) {
        self.is_too_long |= self.bytes.len() + bytes.len() > MOST_DECODED;
        if self.is_too_long {
            self.bytes = Vec::new();
        } else {
            self.bytes.extend_from_slice(bytes);
        }
    }

    /// None if it was too long.
    pub(super) fn into_bytes(self) -> Option<Vec<u8>> {
        (!self.is_too_long).then_some(self.bytes)
    }
}
