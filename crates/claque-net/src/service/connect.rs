//! Connections for calls around a run: names, addresses, and tunnels through proxies. TLS comes on top of it.

use std::{
    io::{self, ErrorKind},
    net::{IpAddr, SocketAddr},
    pin::Pin,
    task::{Context, Poll},
};

use claque_wire::http1::Tunnel;
use futures_util::{StreamExt as _, stream::FuturesUnordered};
use hyper::Uri;
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream, lookup_host},
};
use tower_service::Service;

use super::{
    addresses::{HEAD_START, is_its_own, telling},
    network::Network,
    proxy::{Proxy, Route},
    target::Origin,
};

/// Bytes of a proxy's answer that are read at a time.
const ANSWER: usize = 1_024;

/// Makes connections for one client.
#[derive(Clone, Debug)]
pub(super) struct Connector {
    network: Network,
    /// Where they come from, if that matters.
    source: Option<IpAddr>,
}

impl Connector {
    pub(super) const fn new(network: Network, source: Option<IpAddr>) -> Self {
        Self { network, source }
    }

    async fn connect(&self, to: &Uri) -> io::Result<TcpStream> {
        let origin = Origin::of(to).ok_or_else(|| io::Error::other("the URL leads nowhere"))?;
        match self.network.route(&origin).map_err(io::Error::other)? {
            Route::Direct => self.dial(&origin.host, origin.port).await,
            Route::Through(proxy) => {
                let dialled = self.dial(&proxy.host, proxy.port).await;
                let mut tcp = dialled.map_err(|error| proxy.unreachable(&origin, &error))?;
                tunnel(&mut tcp, &proxy, &origin).await?;
                Ok(tcp)
            }
        }
    }

    /// Connects to an address of a host: one after the other until one takes it, and to the next beside it where one is slow.
    async fn dial(&self, host: &str, port: u16) -> io::Result<TcpStream> {
        let mut addresses: Vec<_> = lookup_host((host, port)).await?.collect();
        if let Some(source) = self.source {
            addresses.retain(|address| address.is_ipv4() == source.is_ipv4());
            if addresses.is_empty() {
                return Err(io::Error::other(format!("the service has no address that {source} can reach")));
            }
        }
        self.dial_any(host, addresses).await
    }

    async fn dial_any(&self, host: &str, mut addresses: Vec<SocketAddr>) -> io::Result<TcpStream> {
        let known = self.network.addresses();
        known.order(host, &mut addresses);
        let mut left = addresses.into_iter();
        let mut tries = FuturesUnordered::new();
        // In the order in which they were begun, and under way.
        let mut begun: Vec<SocketAddr> = Vec::new();
        let mut failure = None;
        loop {
            if let Some(address) = left.next() {
                begun.push(address);
                tries.push(async move { (address, self.dial_address(address).await) });
            }
            let patience = async {
                if left.len() > 0 {
                    tokio::time::sleep(HEAD_START).await;
                } else {
                    std::future::pending().await
                }
            };
            tokio::select! {
                tried = tries.next() => match tried {
                    Some((address, Ok(tcp))) => {
                        known.connected(host, address);
                        // Those that had a head start and were overtaken all the same are to be tried last.
                        begun.iter().take_while(|slower| **slower != address).for_each(|slower| known.failed(host, *slower));
                        return Ok(tcp);
                    }
                    Some((address, Err(error))) => {
                        begun.retain(|other| *other != address);
                        if is_its_own(&error) {
                            known.failed(host, address);
                        }
                        failure = Some(telling(failure, error));
                        if left.len() == 0 && tries.is_empty() {
                            break;
                        }
                    }
                    None => break,
                },
                () = patience => {}
            }
        }
        let none = || io::Error::other("failed to lookup address information: there is none");
        Err(failure.unwrap_or_else(none))
    }

    async fn dial_address(&self, address: SocketAddr) -> io::Result<TcpStream> {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        if let Some(source) = self.source {
            socket.bind((source, 0).into())?;
        }
        socket.set_nodelay(true)?;
        socket.connect(address).await
    }
}

/// Asks a proxy for a tunnel.
async fn tunnel(tcp: &mut TcpStream, proxy: &Proxy, to: &Origin) -> io::Result<()> {
    let mut request = Vec::new();
    Tunnel::request(&to.host_and_port(), &proxy.headers(), &mut request);
    let lost = |error| proxy.unreachable(to, &error);
    tcp.write_all(&request).await.map_err(lost)?;
    let mut answer = Tunnel::default();
    let mut bytes = [0; ANSWER];
    loop {
        let count = tcp.read(&mut bytes).await.map_err(lost)?;
        if count == 0 {
            return Err(lost(ErrorKind::UnexpectedEof.into()));
        }
        if answer.answer(&bytes[..count]).map_err(|error| proxy.refused(to, &error))? {
            return Ok(());
        }
    }
}

impl Service<Uri> for Connector {
    type Response = TokioIo<TcpStream>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<TokioIo<TcpStream>>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let connector = self.clone();
        Box::pin(async move { connector.connect(&to).await.map(TokioIo::new) })
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};

    use super::*;
    use crate::{
        audience::connecting::tests::{closed, silent},
        service::NetworkOrder,
    };

    fn connect_to(addresses: &[SocketAddr]) -> io::Result<SocketAddr> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let connector = Connector::new(Network::open(NetworkOrder::default()), None);
        runtime.block_on(connector.dial_any("tts.invalid", addresses.to_vec()))?.peer_addr()
    }

    #[test]
    fn an_address_that_refuses_or_is_slow_costs_no_call() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let open = listener.local_addr().unwrap();
        assert_eq!(connect_to(&[closed(), open]).unwrap(), open);
        assert_eq!(connect_to(&[closed()]).unwrap_err().kind(), ErrorKind::ConnectionRefused);
        if cfg!(target_os = "linux") {
            let (silent, _held) = silent();
            assert_eq!(connect_to(&[silent, open]).unwrap(), open);
        }
    }
}
