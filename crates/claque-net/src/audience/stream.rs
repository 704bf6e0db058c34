//! Bytes of one connection, over TCP or over TLS on top of it, without waiting.

use std::{
    io::{self, ErrorKind, Read, Write},
    sync::Arc,
};

use mio::net::TcpStream;
use rustls::{ClientConfig, ClientConnection, pki_types::ServerName};

use super::{
    receiver::{Receiver, SocketRead},
    shaping::ShapedTcp,
};

/// One connection.
#[derive(Debug)]
pub(super) enum Stream {
    /// TCP.
    Plain(TcpStream),
    /// TCP over a listener's network.
    Shaped(Box<ShapedTcp>),
    /// TLS. Boxed, for a session is large and many runs have none.
    Tls(Box<Tls>),
}

/// A TLS session and what it runs on.
#[derive(Debug)]
pub(super) struct Tls {
    tcp: Transport,
    session: ClientConnection,
}

/// What a TLS session runs on.
#[derive(Debug)]
pub(super) enum Transport {
    /// The real network alone.
    Direct(TcpStream),
    /// A listener's network, too.
    Shaped(Box<ShapedTcp>),
}

impl Stream {
    /// A connection without TLS.
    pub(super) fn over(tcp: Transport) -> Self {
        match tcp {
            Transport::Direct(tcp) => Self::Plain(tcp),
            Transport::Shaped(tcp) => Self::Shaped(tcp),
        }
    }

    /// Puts a TLS session on a connection; it is to be shaken hands with first.
    ///
    /// # Errors
    /// TLS's.
    pub(super) fn tls(
        tcp: Transport,
        config: &Arc<ClientConfig>,
        name: ServerName<'static>,
    ) -> io::Result<Self> {
        let session = ClientConnection::new(Arc::clone(config), name).map_err(broken)?;
        Ok(Self::Tls(Box::new(Tls { tcp, session })))
    }

    /// Goes on shaking hands. Gives whether that is over.
    ///
    /// # Errors
    /// The system's, or TLS's.
    pub(super) fn shake(&mut self, receiver: &mut Receiver) -> io::Result<bool> {
        let Self::Tls(tls) = self else { return Ok(true) };
        while tls.session.is_handshaking() {
            tls.flush()?;
            if !tls.session.is_handshaking() {
                break;
            }
            match tls.take(receiver) {
                Ok(SocketRead { count: 0, .. }) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        tls.flush()?;
        Ok(true)
    }

    /// Reads what is there; [`ErrorKind::WouldBlock`] when nothing is.
    ///
    /// # Errors
    /// The system's, or TLS's.
    pub(super) fn read(&mut self, receiver: &mut Receiver, into: &mut [u8]) -> io::Result<SocketRead> {
        match self {
            Self::Plain(tcp) => receiver.receive(tcp, into),
            Self::Shaped(tcp) => tcp.read(receiver, into),
            Self::Tls(tls) => tls.read(receiver, into),
        }
    }

    /// Whether a read that brought `count` bytes of `room` has left nothing, so that the system will tell of more.
    pub(super) const fn is_drained_by(&self, count: usize, room: usize) -> bool {
        match self {
            // epoll(7), "level-triggered and edge-triggered": a read that brings less than it could has brought all.
            Self::Plain(_) => count < room && cfg!(target_os = "linux"),
            Self::Shaped(_) | Self::Tls(_) => false,
        }
    }

    /// Writes as much as goes; [`ErrorKind::WouldBlock`] when nothing does.
    ///
    /// # Errors
    /// The system's, or TLS's.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(tcp) => tcp.write(bytes),
            Self::Shaped(tcp) => tcp.write(bytes),
            Self::Tls(tls) => {
                tls.flush()?;
                let written = tls.session.writer().write(bytes)?;
                if written == 0 && !bytes.is_empty() {
                    return Err(ErrorKind::WouldBlock.into());
                }
                tls.flush()?;
                Ok(written)
            }
        }
    }

    /// Hands on what a session keeps back. Gives whether everything is with the system.
    ///
    /// # Errors
    /// The system's.
    pub(super) fn flush(&mut self) -> io::Result<bool> {
        match self {
            Self::Plain(_) => Ok(true),
            Self::Shaped(tcp) => {
                tcp.pump();
                Ok(true)
            }
            Self::Tls(tls) => tls.flush(),
        }
    }
}

impl Tls {
    fn read(&mut self, receiver: &mut Receiver, into: &mut [u8]) -> io::Result<SocketRead> {
        let mut at = None;
        loop {
            match self.session.reader().read(into) {
                Ok(count) => {
                    let at = at.unwrap_or_else(|| receiver.clock().now());
                    return Ok(SocketRead { count, at });
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
            at = Some(self.take(receiver)?.at);
            self.flush()?;
        }
    }

    /// Feeds the session with what is there. The end of the connection is the session's to judge.
    fn take(&mut self, receiver: &mut Receiver) -> io::Result<SocketRead> {
        let mut source = Source { tcp: &mut self.tcp, receiver, last: None };
        let count = self.session.read_tls(&mut source)?;
        let at = source.last.map_or_else(|| receiver.clock().now(), |reading| reading.at);
        self.session.process_new_packets().map_err(|error| {
            // What the other side is to be told of it goes if it goes.
            let _unsent = self.session.write_tls(&mut self.tcp);
            broken(error)
        })?;
        Ok(SocketRead { count, at })
    }

    fn flush(&mut self) -> io::Result<bool> {
        if let Transport::Shaped(tcp) = &mut self.tcp {
            tcp.pump();
        }
        while self.session.wants_write() {
            match self.session.write_tls(&mut self.tcp) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }
}

impl Write for Transport {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Direct(tcp) => tcp.write(bytes),
            Self::Shaped(tcp) => tcp.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Direct(tcp) => tcp.flush(),
            Self::Shaped(tcp) => tcp.flush(),
        }
    }
}

/// Reads of a session, with their moments.
struct Source<'a> {
    tcp: &'a mut Transport,
    receiver: &'a mut Receiver,
    last: Option<SocketRead>,
}

impl Read for Source<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let reading = match self.tcp {
            Transport::Direct(tcp) => self.receiver.receive(tcp, into)?,
            Transport::Shaped(tcp) => tcp.read(self.receiver, into)?,
        };
        self.last = Some(reading);
        Ok(reading.count)
    }
}

fn broken(error: rustls::Error) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, error)
}
