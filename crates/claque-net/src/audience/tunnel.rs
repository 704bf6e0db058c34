//! Asking a proxy for a tunnel, without waiting.

use std::{
    fmt,
    io::{self, ErrorKind, Read as _, Write as _},
};

use claque_wire::http1::Tunnel;
use mio::net::TcpStream;

use crate::service::{Origin, Proxy};

/// Bytes of a proxy's answer that are read at a time.
const ANSWER: usize = 1_024;

/// A tunnel that is being made.
pub(super) struct Tunnelling {
    tcp: TcpStream,
    request: Vec<u8>,
    /// As many bytes of it are gone.
    gone: usize,
    answer: Tunnel,
}

impl Tunnelling {
    /// Begins, over a connection to the proxy.
    pub(super) fn new(tcp: TcpStream, proxy: &Proxy, to: &Origin) -> Self {
        let mut request = Vec::new();
        Tunnel::request(&to.host_and_port(), &proxy.headers(), &mut request);
        Self { tcp, request, gone: 0, answer: Tunnel::default() }
    }

    /// Goes on as far as it goes. Gives whether the tunnel stands.
    ///
    /// # Errors
    /// There will be none.
    pub(super) fn go_on(&mut self, proxy: &Proxy, to: &Origin) -> io::Result<bool> {
        let lost = |error| proxy.unreachable(to, &error);
        while self.gone < self.request.len() {
            match (&self.tcp).write(&self.request[self.gone..]) {
                Ok(count) => self.gone += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(lost(error)),
            }
        }
        let mut bytes = [0; ANSWER];
        loop {
            let count = match (&self.tcp).read(&mut bytes) {
                Ok(0) => return Err(lost(ErrorKind::UnexpectedEof.into())),
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(lost(error)),
            };
            if self.answer.answer(&bytes[..count]).map_err(|error| proxy.refused(to, &error))? {
                return Ok(true);
            }
        }
    }

    /// The connection, which is the other end's now.
    pub(super) fn into_tcp(self) -> TcpStream {
        self.tcp
    }
}

/// The request may hold a secret.
impl fmt::Debug for Tunnelling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tunnelling").field("tcp", &self.tcp).finish_non_exhaustive()
    }
}
