//! What is to be written on a connection and has not yet gone.

use std::{
    collections::VecDeque,
    io::{self, ErrorKind},
};

use super::stream::Stream;

/// Bytes that may wait: what a listener asks for in hours, for a request has some hundred bytes. A peer that leaves more of them
/// unread reads nothing.
pub(super) const MOST_WAITING: usize = 256 << 10;

/// Bytes in order, and marks between them. It is empty nearly always, and then holds no memory: what goes at once goes.
///
/// It does not bound itself: whoever fills it looks at [`Outbox::waiting`] and ends a connection of which nothing is read.
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

    /// Bytes that have not gone.
    pub(super) const fn waiting(&self) -> usize {
        self.bytes.len() - self.gone
    }

    /// Whether everything has gone, and every mark was reached.
    pub(super) const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
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
        self.forget_gone();
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

    /// Lets go of the memory of what has gone, once that is most of it: a peer that reads slowly is behind all the time.
    fn forget_gone(&mut self) {
        if self.gone <= self.bytes.len() / 2 {
            return;
        }
        self.bytes.drain(..self.gone);
        self.marks.iter_mut().for_each(|(place, _)| *place = place.saturating_sub(self.gone));
        self.gone = 0;
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::Read as _,
        net::{TcpListener, TcpStream as StdStream},
    };

    use mio::net::TcpStream;

    use super::*;

    /// Both ends of a connection, of which ours does not wait.
    fn connection() -> io::Result<(Stream, StdStream)> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let ours = StdStream::connect(listener.local_addr()?)?;
        ours.set_nonblocking(true)?;
        Ok((Stream::Plain(TcpStream::from_std(ours)), listener.accept()?.0))
    }

    #[test]
    fn what_a_slow_peer_has_read_is_not_kept_and_marks_are_reached_in_order() {
        let (mut stream, mut peer) = connection().unwrap();
        let mut outbox = Outbox::default();
        let (mut read, mut reached, mut sent) = (0, Vec::new(), 0);
        let mut buffer = vec![0; 64 << 10];
        // Four times as much as the system takes at once goes through, and the peer reads a little of it at a time.
        for number in 0..400 {
            outbox.bytes().extend_from_slice(&[7; 64 << 10]);
            outbox.mark(number);
            sent += 64 << 10;
            outbox.flush(&mut stream, |mark| reached.push(mark)).unwrap();
            while outbox.waiting() > MOST_WAITING {
                read += peer.read(&mut buffer).unwrap();
                outbox.flush(&mut stream, |mark| reached.push(mark)).unwrap();
            }
            assert!(outbox.bytes.len() <= 4 * MOST_WAITING, "{} bytes are kept", outbox.bytes.len());
        }
        while !outbox.is_empty() {
            read += peer.read(&mut buffer).unwrap();
            outbox.flush(&mut stream, |mark| reached.push(mark)).unwrap();
        }
        assert!(read <= sent);
        assert_eq!(reached, (0..400).collect::<Vec<_>>());
    }
}
