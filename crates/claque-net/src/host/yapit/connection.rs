//! One TCP connection: HTTP/1.1 until it ends or becomes a WebSocket.

use std::{cell::Cell, future::poll_fn, net::SocketAddr, rc::Rc};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{io::AsyncWriteExt, net::TcpStream};

use super::{
    call,
    hub::{Hub, Receiver},
    socket,
};

/// Who a connection belongs to, as far as its requests need it.
pub(super) struct Peer {
    /// The address that limits count by.
    pub(super) address: String,
    /// Set by an accepted handshake: the connection goes on as a WebSocket.
    pub(super) upgraded: Cell<Option<Receiver>>,
}

/// Serves a connection to its end.
pub(super) async fn serve(stream: TcpStream, address: SocketAddr, hub: Rc<Hub>) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "failed to set TCP_NODELAY");
    }
    let peer = Rc::new(Peer { address: address.ip().to_string(), upgraded: Cell::new(None) });
    let service = service_fn(|request| {
        // Boxed because taking the socket back below wants a service that can be moved.
        Box::pin(call::answer(Rc::clone(&hub), Rc::clone(&peer), request))
    });
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let mut closing = hub.closing();
    let ended = tokio::select! {
        ended = poll_fn(|cx| connection.poll_without_shutdown(cx)) => ended,
        _ = closing.wait_for(|closing| *closing) => {
            std::pin::Pin::new(&mut connection).graceful_shutdown();
            poll_fn(|cx| connection.poll_without_shutdown(cx)).await
        }
    };
    let parts = connection.into_parts();
    let mut stream = parts.io.into_inner();
    match (ended, peer.upgraded.take()) {
        (Ok(()), Some(line)) => socket::serve(stream, parts.read_buf, line, hub).await,
        (Ok(()), None) => {
            // The peer may be gone already.
            let _ = stream.shutdown().await;
        }
        (Err(error), _) => tracing::debug!(%error, "connection failed"),
    }
}
