//! An exchange on a connection: its answer is understood as its bytes pass, and dropped unless it is to be kept.

use claque_core::{event::Failure, time::Instant};
use claque_wire::{
    http1::{Part, Response},
    session::{Delivered, Exchange},
};

use super::{inbox::Inbox, keeper::KeptAudio};

/// As much of one body as is decoded: an hour of compressed speech. Nothing of a longer one is.
const MOST_DECODED: usize = 16 << 20;

/// An exchange under way.
#[derive(Debug)]
pub(super) struct Transfer {
    pub(super) exchange: Box<Exchange>,
    /// The audio, if it is to be kept.
    kept: Option<KeptAudio>,
    /// The audio, if it is to be decoded.
    copy: Option<AudioCopy>,
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
    ) -> Self {
        Self { exchange, kept, copy }
    }

    /// Takes bytes of the answer. Gives whether it is whole.
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
        while let Some(part) = answer.next(bytes).map_err(|error| self.exchange.broken(&error.to_string()))? {
            match part {
                Part::Head { status } => {
                    self.exchange.handle_head(status, answer, |event| inbox.push(at, event));
                }
                Part::Body(bytes) => self.take_body(bytes, at, inbox)?,
                Part::End => return Ok(true),
            }
        }
        Ok(false)
    }

    fn take_body(&mut self, bytes: &[u8], at: Instant, inbox: &mut Inbox) -> Result<(), Failure> {
        let Self { exchange, kept, copy, .. } = self;
        let keep = |audio: &[u8]| {
            if let Some(kept) = kept {
                kept.push(audio);
            }
            if let Some(copy) = copy {
                copy.push(audio);
            }
        };
        exchange.handle_body(bytes, |event| inbox.push(at, event), keep)
    }

    /// What came of an answer that is whole: a failure if it says no, or if its audio is not whole.
    pub(super) fn finish(
        mut self,
        at: Instant,
        inbox: &mut Inbox,
    ) -> (Box<Exchange>, Result<Transferred, Failure>) {
        match self.exchange.finish(|event| inbox.push(at, event)) {
            Ok(delivered) => (self.exchange, Ok(Transferred { delivered, kept: self.kept, copy: self.copy })),
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
