//! Making a connection, a step at a time: name, TCP, a tunnel where there is a proxy, TLS.

use std::{
    io::{self, ErrorKind},
    net::{IpAddr, SocketAddr},
    vec,
};

use claque_core::event::{Failure, Phase};
use mio::{Interest, Token, net::TcpStream};
use rustls::pki_types::ServerName;
use socket2::{Domain, Protocol, Socket, Type};

use super::{
    io::Io,
    places::{Place, PlaceId},
    stream::Stream,
    system::want_stamps,
    tunnel::Tunnelling,
};
use crate::service::{Proxy, Route, failure_of};

/// A connection that is being made.
#[derive(Debug)]
pub(super) struct Dial {
    place: PlaceId,
    /// By which the lane knows whose news it is.
    token: Token,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// The name is looked up.
    Naming,
    /// One address is tried, and there are these others.
    Connecting {
        tcp: TcpStream,
        others: vec::IntoIter<SocketAddr>,
    },
    /// A proxy is asked for a tunnel. Boxed, for most connections need none.
    Tunnelling(Box<Tunnelling>),
    Shaking(Stream),
    Over,
}

impl Dial {
    /// Begins. [`Dial::proceed`] is to be called at once, and whenever there is news of `token`.
    pub(super) const fn new(place: PlaceId, token: Token) -> Self {
        Self { place, token, stage: Stage::Naming }
    }

    /// Goes on as far as it goes. Gives the connection once it stands.
    ///
    /// # Errors
    /// It cannot be made.
    pub(super) fn proceed(&mut self, io: &mut Io) -> Result<Option<Stream>, Failure> {
        self.step(io).map_err(|error| failure_of(&error, Phase::Dial))
    }

    fn step(&mut self, io: &mut Io) -> io::Result<Option<Stream>> {
        loop {
            match std::mem::replace(&mut self.stage, Stage::Over) {
                Stage::Naming => {
                    let found = self.addresses(io).map_err(|error| self.not_reached(io, error))?;
                    let Some(addresses) = found else {
                        self.stage = Stage::Naming;
                        return Ok(None);
                    };
                    self.stage = self.connect_to_any(io, addresses.into_iter(), None)?;
                }
                Stage::Connecting { tcp, others } => match has_connected(&tcp) {
                    Ok(false) => {
                        self.stage = Stage::Connecting { tcp, others };
                        return Ok(None);
                    }
                    Ok(true) => {
                        tcp.set_nodelay(true)?;
                        self.stage = self.connected(io, tcp)?;
                    }
                    Err(error) => self.stage = self.connect_to_any(io, others, Some(error))?,
                },
                Stage::Tunnelling(mut tunnelling) => {
                    let place = io.places.place(self.place);
                    if let Some(proxy) = proxy_of(place)
                        && !tunnelling.go_on(proxy, &place.origin)?
                    {
                        self.stage = Stage::Tunnelling(tunnelling);
                        return Ok(None);
                    }
                    self.stage = Stage::Shaking(self.shake_hands(io, tunnelling.into_tcp())?);
                }
                Stage::Shaking(mut stream) => {
                    if stream.shake(&mut io.receiver)? {
                        return Ok(Some(stream));
                    }
                    self.stage = Stage::Shaking(stream);
                    return Ok(None);
                }
                Stage::Over => return Ok(None),
            }
        }
    }

    /// The addresses to try; none while the name is looked up.
    fn addresses(&self, io: &mut Io) -> io::Result<Option<Vec<SocketAddr>>> {
        let now = io.clock().now();
        let place = io.places.place(self.place);
        let (host, port) = match &place.route {
            Ok(Route::Direct) => (&place.origin.host, place.origin.port),
            Ok(Route::Through(proxy)) => (&proxy.host, proxy.port),
            Err(trouble) => return Err(io::Error::other(trouble.clone())),
        };
        let Some(mut addresses) = io.resolver.look_up(host, port, self.token, now)? else {
            return Ok(None);
        };
        if let Some(source) = place.source {
            addresses.retain(|address| address.is_ipv4() == source.is_ipv4());
            if addresses.is_empty() {
                return Err(io::Error::other(format!("the service has no address that {source} can reach")));
            }
        }
        Ok(Some(addresses))
    }

    /// Begins to connect to the first address that takes it. `last` is what came of the one before.
    fn connect_to_any(
        &self,
        io: &Io,
        mut addresses: vec::IntoIter<SocketAddr>,
        mut last: Option<io::Error>,
    ) -> io::Result<Stage> {
        let source = io.places.place(self.place).source;
        while let Some(address) = addresses.next() {
            match self.begin(io, address, source) {
                Ok(tcp) => return Ok(Stage::Connecting { tcp, others: addresses }),
                Err(error) => last = Some(error),
            }
        }
        let none = || io::Error::other("failed to lookup address information: there is none");
        Err(self.not_reached(io, last.unwrap_or_else(none)))
    }

    fn begin(&self, io: &Io, address: SocketAddr, source: Option<IpAddr>) -> io::Result<TcpStream> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        socket.set_nonblocking(true)?;
        if let Some(source) = source {
            socket.bind(&SocketAddr::new(source, 0).into())?;
        }
        match socket.connect(&address.into()) {
            Err(error) if !is_under_way(&error) => return Err(error),
            _ => {}
        }
        let mut tcp = TcpStream::from_std(socket.into());
        want_stamps(&tcp);
        io.poll.registry().register(&mut tcp, self.token, Interest::READABLE | Interest::WRITABLE)?;
        Ok(tcp)
    }

    /// What comes after TCP.
    fn connected(&self, io: &Io, tcp: TcpStream) -> io::Result<Stage> {
        let place = io.places.place(self.place);
        match proxy_of(place) {
            Some(proxy) => Ok(Stage::Tunnelling(Box::new(Tunnelling::new(tcp, proxy, &place.origin)))),
            None => self.shake_hands(io, tcp).map(Stage::Shaking),
        }
    }

    /// An error on the way to a proxy is the proxy's.
    fn not_reached(&self, io: &Io, error: io::Error) -> io::Error {
        let place = io.places.place(self.place);
        match proxy_of(place) {
            Some(proxy) => proxy.unreachable(&place.origin, &error),
            None => error,
        }
    }

    fn shake_hands(&self, io: &Io, tcp: TcpStream) -> io::Result<Stream> {
        let place = io.places.place(self.place);
        let Some(config) = &place.tls else { return Ok(Stream::Plain(tcp)) };
        let name = ServerName::try_from(place.origin.host.clone()).map_err(io::Error::other)?;
        Stream::tls(tcp, config, name)
    }
}

/// The proxy that a place is reached through.
fn proxy_of(place: &Place) -> Option<&Proxy> {
    match &place.route {
        Ok(Route::Through(proxy)) => Some(proxy),
        Ok(Route::Direct) | Err(_) => None,
    }
}

/// Whether a connection that was begun stands.
fn has_connected(tcp: &TcpStream) -> io::Result<bool> {
    if let Some(error) = tcp.take_error()? {
        return Err(error);
    }
    match tcp.peer_addr() {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotConnected => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether a connection is being made, which is no error.
fn is_under_way(error: &io::Error) -> bool {
    /// EINPROGRESS, of Linux and of the BSDs, which the standard library has no stable name for.
    const IN_PROGRESS: i32 = if cfg!(target_os = "linux") { 115 } else { 36 };
    error.kind() == ErrorKind::WouldBlock || error.raw_os_error() == Some(IN_PROGRESS)
}
