//! Connections for calls around a run: names, addresses, and tunnels through proxies. TLS comes on top of it.

use std::{
    io::{self, ErrorKind},
    net::{IpAddr, SocketAddr},
    pin::Pin,
    task::{Context, Poll},
};

use claque_wire::http1::Tunnel;
use hyper::Uri;
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream, lookup_host},
};
use tower_service::Service;

use super::{
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

    /// Connects to the first address of a host that takes it.
    async fn dial(&self, host: &str, port: u16) -> io::Result<TcpStream> {
        let mut last = None;
        for address in lookup_host((host, port)).await? {
            match self.dial_address(address).await {
                Ok(tcp) => return Ok(tcp),
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or_else(|| io::Error::other("failed to lookup address information: there is none")))
    }

    async fn dial_address(&self, address: SocketAddr) -> io::Result<TcpStream> {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        match self.source {
            Some(source) if source.is_ipv4() == address.is_ipv4() => socket.bind((source, 0).into())?,
            Some(source) => {
                return Err(io::Error::other(format!("the service has no address that {source} can reach")));
            }
            None => {}
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
