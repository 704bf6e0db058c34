//! What is to be written on a connection and has not yet gone.

use std::{
    collections::VecDeque,
    io::{self, ErrorKind},
};

use super::stream::Stream;

/// Bytes in order, and marks between them. It is empty nearly always, and then holds no memory: what goes at once goes.
#[derive(Debug)]
pub(super) struct Outbox<M> {
    bytes: Vec<u8>,
    /// As many of them are gone.
    gone: usize,
    /// Each with as many bytes as must be gone before it is reached.
    marks: VecDeque<(usize, M)>,
}

impl<M> Default for Outbox<M> {
    fn default() -> Self {
        Self { bytes: Vec::new(), gone: 0, marks: VecDeque::new() }
    }
}

impl<M> Outbox<M> {
    /// Where to put bytes at the end.
    pub(super) const fn bytes(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Puts a mark behind the bytes that are there now; [`Outbox::flush`] gives it when they are with the system.
    pub(super) fn mark(&mut self, mark: M) {
        self.marks.push_back((self.bytes.len(), mark));
    }

    /// Writes what goes, and calls `reached` with each mark at the moment it is.
    ///
    /// # Errors
    /// The connection's.
    pub(super) fn flush(&mut self, stream: &mut Stream, mut reached: impl FnMut(M)) -> io::Result<()> {
        while self.gone < self.bytes.len() {
            match stream.write(&self.bytes[self.gone..]) {
                Ok(written) => self.gone += written,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        // A session of TLS may have taken what the system has not.
        if !stream.flush()? {
            return Ok(());
        }
        while let Some((_, mark)) = self.marks.pop_front_if(|(place, _)| *place <= self.gone) {
            reached(mark);
        }
        if self.gone == self.bytes.len() && self.marks.is_empty() {
            *self = Self::default();
        }
        Ok(())
    }
}
