//! Making a connection, a step at a time: name, TCP, a tunnel where there is a proxy, TLS.

use std::{io, net::SocketAddr};

use claque_core::{
    event::{Failure, Phase},
    time::Instant,
};
use mio::{Token, net::TcpStream};
use rustls::pki_types::ServerName;

use super::{
    connecting::Connecting,
    io::Io,
    places::PlaceId,
    shaping::{Hops, NetworkHandle},
    stream::{Stream, Transport},
    tunnel::Tunnelling,
};
use crate::service::failure_of;

/// A connection that is being made.
#[derive(Debug)]
pub(super) struct Dial {
    place: PlaceId,
    /// By which the lane knows whose news it is.
    token: Token,
    /// The listener's network, if it has one.
    network: Option<NetworkHandle>,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// The name is looked up.
    Naming,
    /// Its addresses are tried.
    Connecting(Connecting),
    /// It stands, and its listener's network would have taken until then.
    Waiting(TcpStream, Instant),
    /// A proxy is asked for a tunnel. Boxed, for most connections need none.
    Tunnelling(Box<Tunnelling>),
    Shaking(Stream),
    Over,
}

impl Dial {
    /// Begins. [`Dial::proceed`] is to be called at once, and whenever there is news of `token`.
    pub(super) const fn new(place: PlaceId, token: Token, network: Option<NetworkHandle>) -> Self {
        Self { place, token, network, stage: Stage::Naming }
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
                    let buffer = self.network.as_ref().and_then(NetworkHandle::receive_buffer);
                    self.stage = Stage::Connecting(Connecting::new(addresses, buffer));
                }
                Stage::Connecting(mut connecting) => {
                    let connected = connecting.go_on(io, self.place, self.token);
                    let Some(tcp) = connected.map_err(|error| self.not_reached(io, error))? else {
                        self.stage = Stage::Connecting(connecting);
                        return Ok(None);
                    };
                    tcp.set_nodelay(true)?;
                    self.stage = match self.waits_until(io) {
                        Some(at) => Stage::Waiting(tcp, at),
                        None => self.connected(io, tcp)?,
                    };
                }
                Stage::Waiting(tcp, until) => {
                    if io.clock().now() < until {
                        io.wake_slow_dial(until, self.token);
                        self.stage = Stage::Waiting(tcp, until);
                        return Ok(None);
                    }
                    self.stage = self.connected(io, tcp)?;
                }
                Stage::Tunnelling(mut tunnelling) => {
                    let place = io.places.place(self.place);
                    if let Some(proxy) = place.proxy()
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
        if let Err(trouble) = &place.route {
            return Err(io::Error::other(trouble.clone()));
        }
        let (host, port) = place.first_hop();
        let Some(mut addresses) = io.resolver.look_up(host, port, self.token, now)? else {
            return Ok(None);
        };
        if let Some(source) = place.source {
            addresses.retain(|address| address.is_ipv4() == source.is_ipv4());
            if addresses.is_empty() {
                return Err(io::Error::other(format!("the service has no address that {source} can reach")));
            }
        }
        place.addresses.order(host, &mut addresses);
        Ok(Some(addresses))
    }

    /// When a connection would stand that has just been made, over the listener's network; none if it has none.
    fn waits_until(&self, io: &Io) -> Option<Instant> {
        let network = self.network.as_ref()?;
        let now = io.clock().now();
        let hops = if io.places.place(self.place).proxy().is_some() { Hops::Proxy } else { Hops::Direct };
        Some(now + network.connecting(now, hops))
    }

    /// What comes after TCP.
    fn connected(&self, io: &Io, tcp: TcpStream) -> io::Result<Stage> {
        let place = io.places.place(self.place);
        match place.proxy() {
            Some(proxy) => Ok(Stage::Tunnelling(Box::new(Tunnelling::new(tcp, proxy, &place.origin)))),
            None => self.shake_hands(io, tcp).map(Stage::Shaking),
        }
    }

    /// An error on the way to a proxy is the proxy's.
    fn not_reached(&self, io: &Io, error: io::Error) -> io::Error {
        let place = io.places.place(self.place);
        match place.proxy() {
            Some(proxy) => proxy.unreachable(&place.origin, &error),
            None => error,
        }
    }

    fn shake_hands(&self, io: &Io, tcp: TcpStream) -> io::Result<Stream> {
        let place = io.places.place(self.place);
        let tcp = match &self.network {
            None => Transport::Direct(tcp),
            Some(network) => Transport::Shaped(Box::new(network.shape(tcp, self.token, io.clock()))),
        };
        let Some(config) = &place.tls else { return Ok(Stream::over(tcp)) };
        let name = ServerName::try_from(place.origin.host.clone()).map_err(io::Error::other)?;
        Stream::tls(tcp, config, name)
    }
}
