//! What is to be written on a connection and has not yet gone.

use std::{
    collections::VecDeque,
    io::{self, ErrorKind},
};

use bytes::Bytes;

use crate::wire::Wire;

/// A queue of pieces, each with what is to be noted once its last byte is with the system. It is empty nearly always:
/// what goes at once is never queued.
#[derive(Debug)]
pub(crate) struct Outbox<M> {
    pieces: VecDeque<Piece<M>>,
}

#[derive(Debug)]
struct Piece<M> {
    bytes: Bytes,
    mark: Option<M>,
}

impl<M> Default for Outbox<M> {
    fn default() -> Self {
        Self { pieces: VecDeque::new() }
    }
}

impl<M> Outbox<M> {
    /// Puts bytes at the end; `mark` comes out of [`Outbox::flush`] when they are gone.
    pub(crate) fn push(&mut self, bytes: Bytes, mark: Option<M>) {
        self.pieces.push_back(Piece { bytes, mark });
    }

    /// Writes what goes, and calls `gone` with each mark at the moment its piece is with the system.
    ///
    /// # Errors
    /// The connection's.
    pub(crate) fn flush(&mut self, wire: &mut Wire, mut gone: impl FnMut(M)) -> io::Result<()> {
        while let Some(piece) = self.pieces.front_mut() {
            while !piece.bytes.is_empty() {
                match wire.write(&piece.bytes) {
                    Ok(written) => drop(piece.bytes.split_to(written)),
                    Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
            if !wire.flush()? {
                return Ok(());
            }
            let mark = self.pieces.pop_front().and_then(|piece| piece.mark);
            mark.into_iter().for_each(&mut gone);
        }
        if self.pieces.capacity() > 0 {
            self.pieces = VecDeque::new();
        }
        wire.flush().map(drop)
    }
}
