//! Bytes over TCP, or over TLS on top of it, without waiting.

use std::{
    io::{self, ErrorKind, Read as _, Write as _},
    sync::Arc,
};

use anyhow::Context as _;
use mio::{
    Interest, Registry, Token,
    net::{TcpListener, TcpStream},
};
use rustls::{Connection as Session, ServerConfig, ServerConnection};

/// Plain bytes that one TLS session keeps at most for want of room in the socket.
const TLS_PLAIN: usize = 64 << 10;

/// One connection.
#[derive(Debug)]
pub(crate) enum Wire {
    /// TCP.
    Plain(TcpStream),
    /// TLS. Boxed, for a session is large and most runs have none.
    Tls(Box<Tls>),
}

/// A TLS session and what it runs on.
#[derive(Debug)]
pub(crate) struct Tls {
    stream: TcpStream,
    session: Session,
}

impl Wire {
    /// Takes a connection that waits to be; none when none does.
    ///
    /// # Errors
    /// The system has no more connections, or TLS cannot be begun.
    pub(crate) fn accept(
        listener: &TcpListener,
        tls: Option<&Arc<ServerConfig>>,
    ) -> anyhow::Result<Option<Self>> {
        let stream = loop {
            match listener.accept() {
                Ok((stream, _)) => break stream,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
                // Somebody who is gone already is nobody's loss.
                Err(error) if error.kind() == ErrorKind::ConnectionAborted => {}
                Err(error) => return Err(error).context("failed to take a connection"),
            }
        };
        stream.set_nodelay(true)?;
        let session = tls.map(|config| ServerConnection::new(Arc::clone(config))).transpose()?;
        Ok(Some(Self::new(stream, session.map(Session::Server))))
    }

    /// Puts a connection on the wire, in a session if one is given.
    pub(crate) fn new(stream: TcpStream, session: Option<Session>) -> Self {
        match session {
            None => Self::Plain(stream),
            Some(mut session) => {
                session.set_buffer_limit(Some(TLS_PLAIN));
                Self::Tls(Box::new(Tls { stream, session }))
            }
        }
    }

    /// Asks to be told of news, once each time there is some.
    ///
    /// # Errors
    /// The system's.
    pub(crate) fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        let both = Interest::READABLE | Interest::WRITABLE;
        match self {
            Self::Plain(stream) => registry.register(stream, token, both),
            Self::Tls(tls) => registry.register(&mut tls.stream, token, both),
        }
    }

    /// Reads what is there; [`ErrorKind::WouldBlock`] when nothing is, 0 at the end.
    ///
    /// # Errors
    /// The system's, or TLS's.
    pub(crate) fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(into),
            Self::Tls(tls) => tls.read(into),
        }
    }

    /// Writes as much as goes; [`ErrorKind::WouldBlock`] when nothing does.
    ///
    /// # Errors
    /// The system's, or TLS's.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write(bytes),
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
    pub(crate) fn flush(&mut self) -> io::Result<bool> {
        match self {
            Self::Plain(_) => Ok(true),
            Self::Tls(tls) => tls.flush(),
        }
    }
}

impl Tls {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.session.reader().read(into) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                settled => return settled,
            }
            if self.session.read_tls(&mut self.stream)? == 0 {
                return Ok(0);
            }
            self.session.process_new_packets().map_err(io::Error::other)?;
            self.flush()?;
        }
    }

    fn flush(&mut self) -> io::Result<bool> {
        while self.session.wants_write() {
            match self.session.write_tls(&mut self.stream) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }
}
