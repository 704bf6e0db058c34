//! TCP to one of several addresses, without waiting: the next is tried when one fails, and beside one that is slow (RFC 8305).

use std::{
    io::{self, ErrorKind},
    net::{IpAddr, SocketAddr},
    vec,
};

use claque_core::time::Instant;
use mio::{Interest, Token, net::TcpStream};
use socket2::{Domain, Protocol, Socket, Type};

use super::{
    io::Io,
    places::{Place, PlaceId},
    system::want_stamps,
};
use crate::service::{HEAD_START, is_its_own, telling};

/// Connections that are being made, of which the first to stand is taken.
#[derive(Debug)]
pub(super) struct Connecting {
    /// Mostly one.
    tries: Vec<(SocketAddr, TcpStream)>,
    left: vec::IntoIter<SocketAddr>,
    /// When the next address is tried though none has failed.
    next_at: Option<Instant>,
    /// What came of those before.
    failure: Option<io::Error>,
    /// Room for what the system receives, in bytes, where it is not as usual.
    receive_buffer: Option<usize>,
}

impl Connecting {
    /// Makes one that is to go on at once.
    pub(super) fn new(addresses: Vec<SocketAddr>, receive_buffer: Option<usize>) -> Self {
        let (tries, left) = (Vec::with_capacity(1), addresses.into_iter());
        Self { tries, left, next_at: None, failure: None, receive_buffer }
    }

    /// Goes on as far as it goes, and gives the connection that stands. It wants to be called again when there is news of
    /// `token`, and when its time has come ([`Io::take_slow_dials`]).
    ///
    /// # Errors
    /// Every address failed.
    pub(super) fn go_on(
        &mut self,
        io: &mut Io,
        place: PlaceId,
        token: Token,
    ) -> io::Result<Option<TcpStream>> {
        loop {
            if let Some(tcp) = self.standing(io.places.place(place)) {
                return Ok(Some(tcp));
            }
            let is_time = || self.next_at.is_some_and(|at| at <= io.clock().now());
            if !self.tries.is_empty() && !is_time() {
                return Ok(None);
            }
            match self.left.next() {
                Some(address) => self.begin(io, place, token, address),
                None if self.tries.is_empty() => {
                    let none = || io::Error::other("failed to lookup address information: there is none");
                    return Err(self.failure.take().unwrap_or_else(none));
                }
                None => self.next_at = None,
            }
        }
    }

    /// Takes the first that stands, and leaves out what failed.
    fn standing(&mut self, place: &Place) -> Option<TcpStream> {
        let mut number = 0;
        while let Some((address, tcp)) = self.tries.get(number) {
            match has_connected(tcp) {
                Ok(true) => {
                    let host = place.first_hop().0;
                    place.addresses.connected(host, *address);
                    // Those that had a head start and were overtaken all the same are to be tried last.
                    for (slower, _) in &self.tries[..number] {
                        place.addresses.failed(host, *slower);
                    }
                    return Some(self.tries.remove(number).1);
                }
                Ok(false) => number += 1,
                Err(error) => {
                    let (address, _) = self.tries.remove(number);
                    self.note(place, address, error);
                }
            }
        }
        None
    }

    fn begin(&mut self, io: &mut Io, place: PlaceId, token: Token, address: SocketAddr) {
        let source = io.places.place(place).source;
        match connect(io, token, address, (source, self.receive_buffer)) {
            Ok(tcp) => {
                self.tries.push((address, tcp));
                self.next_at = (self.left.len() > 0).then(|| io.clock().now() + HEAD_START);
                if let Some(at) = self.next_at {
                    io.wake_slow_dial(at, token);
                }
            }
            Err(error) => self.note(io.places.place(place), address, error),
        }
    }

    fn note(&mut self, place: &Place, address: SocketAddr, error: io::Error) {
        if is_its_own(&error) {
            place.addresses.failed(place.first_hop().0, address);
        }
        self.failure = Some(telling(self.failure.take(), error));
    }
}

/// Begins to connect.
fn connect(
    io: &Io,
    token: Token,
    address: SocketAddr,
    (source, receive_buffer): (Option<IpAddr>, Option<usize>),
) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    if let Some(bytes) = receive_buffer {
        socket.set_recv_buffer_size(bytes)?;
    }
    if let Some(source) = source {
        socket.bind(&SocketAddr::new(source, 0).into())?;
    }
    match socket.connect(&address.into()) {
        Err(error) if !is_under_way(&error) => return Err(error),
        _ => {}
    }
    let mut tcp = TcpStream::from_std(socket.into());
    want_stamps(&tcp);
    io.poll.registry().register(&mut tcp, token, Interest::READABLE | Interest::WRITABLE)?;
    Ok(tcp)
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

#[cfg(test)]
pub(crate) mod tests {
    use std::{
        net::{Ipv4Addr, TcpListener},
        sync::Arc,
    };

    use claque_core::rng::Seed;
    use mio::{Events, Poll, Waker};

    use super::*;
    use crate::{
        clock::Clock,
        service::{AddressUse, Credentials, Network, NetworkOrder, Service, Target},
    };

    /// An address at which nothing listens.
    pub(crate) fn closed() -> SocketAddr {
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap()
    }

    /// An address that answers nobody, for as long as what is given lives: its queue is full.
    pub(crate) fn silent() -> (SocketAddr, Vec<Socket>) {
        let made = || Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP)).unwrap();
        let listener = made();
        listener.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).unwrap();
        listener.listen(0).unwrap();
        let address = listener.local_addr().unwrap().as_socket().unwrap();
        let mut held = vec![listener];
        for _ in 0..4 {
            let visitor = made();
            visitor.set_nonblocking(true).unwrap();
            // Those that no longer fit are under way for ever.
            let _under_way = visitor.connect(&address.into());
            held.push(visitor);
        }
        (address, held)
    }

    /// Connects; gives what came of it, and of each address.
    fn connect_to(addresses: &[SocketAddr]) -> (io::Result<SocketAddr>, Vec<AddressUse>) {
        let network = Network::open(NetworkOrder::default());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let target = Target::parse("http://tts.invalid").unwrap();
        let service = Service::open(target, Credentials::None, &network, async |_| false);
        let service = runtime.block_on(service).unwrap();
        let poll = Poll::new().unwrap();
        let waker = Arc::new(Waker::new(poll.registry(), Token(0)).unwrap());
        let mut io = Io::new(poll, waker, Clock::start(), Seed::root(1));
        let place = io.places.of_service(&service);
        let mut connecting = Connecting::new(addresses.to_vec(), None);
        let mut events = Events::with_capacity(8);
        loop {
            match connecting.go_on(&mut io, place, Token(2)) {
                Ok(None) => {}
                Ok(Some(tcp)) => return (tcp.peer_addr(), network.address_uses()),
                Err(error) => return (Err(error), network.address_uses()),
            }
            let now = io.clock().now();
            let patience = io.slow_dial_due().map(|at| at.since(now));
            io.wait(&mut events, patience).unwrap();
            io.take_slow_dials(io.clock().now());
        }
    }

    #[test]
    fn the_next_address_is_tried_when_one_refuses_and_both_are_counted() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let (open, closed) = (listener.local_addr().unwrap(), closed());
        let (connected, uses) = connect_to(&[closed, open]);
        assert_eq!(connected.unwrap(), open);
        let of = |address| uses.iter().find(|used| used.address == address).unwrap();
        assert_eq!((of(closed).connections, of(closed).failed), (0, 1));
        assert_eq!((of(open).connections, of(open).failed), (1, 0));
        let (connected, _) = connect_to(&[closed]);
        assert_eq!(connected.unwrap_err().kind(), ErrorKind::ConnectionRefused);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn another_is_tried_beside_one_that_is_slow() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let ((silent, _held), open) = (silent(), listener.local_addr().unwrap());
        let clock = Clock::start();
        let (connected, uses) = connect_to(&[silent, open]);
        assert_eq!(connected.unwrap(), open);
        let failed: Vec<_> = uses.iter().map(|used| (used.address == silent, used.failed)).collect();
        assert!(failed.contains(&(true, 1)) && failed.contains(&(false, 0)), "{uses:?}");
        assert!(clock.now().since(Instant::START) >= HEAD_START);
    }
}
