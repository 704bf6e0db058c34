//! One WebSocket of a listener: dialling, writing requests, reading messages.

use std::{
    collections::VecDeque,
    io,
    sync::Arc,
    task::{Context, Poll, ready},
};

use claque_core::{
    event::{Failure, FailureClass, Kills, Phase},
    ids::{BlockIdx, ListenerId},
};
use claque_wire::yapit::{close, handshake_refused};
use futures_util::{SinkExt as _, StreamExt as _};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{Error, Message, Utf8Bytes, protocol::WebSocketConfig},
};

use super::lane::Lane;
use crate::service::{Service, connect, failure_of};

/// Bytes read from a socket at a time. A status message has a few hundred.
const READ_BUFFER: usize = 4 << 10;
/// Longest message taken. The longest lawful ones carry the words' times of one block.
const MAX_MESSAGE: usize = 4 << 20;

/// What a WebSocket runs on: TCP, or TLS on top of it.
trait Transport: AsyncRead + AsyncWrite + Unpin {}
impl<T: AsyncRead + AsyncWrite + Unpin> Transport for T {}

/// An open WebSocket.
pub(super) struct Socket {
    stream: WebSocketStream<Box<dyn Transport>>,
    /// Requests that are not yet handed over.
    unsent: VecDeque<Request>,
    /// Blocks of each request that is handed over and may not be on the wire yet.
    unflushed: VecDeque<Vec<BlockIdx>>,
}

/// A text frame that asks for blocks.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) frame: String,
    pub(super) blocks: Vec<BlockIdx>,
}

/// What a socket has to tell.
#[derive(Debug)]
pub(super) enum SocketNews {
    /// A request was written.
    Sent(Vec<BlockIdx>),
    /// A message came.
    Text(Utf8Bytes),
    /// A message came that is no text.
    NotText,
    /// The connection is over.
    Closed(Failure),
}

impl Socket {
    /// Connects and shakes hands as that listener.
    ///
    /// # Errors
    /// As [`Socket::dial`].
    pub(super) async fn dial_for(lane: &Lane, listener: ListenerId) -> Result<Self, Failure> {
        Self::dial(lane.service(listener).ok_or_else(nobody)?).await
    }

    /// Connects and shakes hands.
    ///
    /// # Errors
    /// The connection cannot be made, or the server refuses.
    pub(super) async fn dial(service: &Service) -> Result<Self, Failure> {
        let target = service.target();
        let tcp = connect(target, service.source()).await?;
        tcp.set_nodelay(true).map_err(|error| failure_of(&error, Phase::Dial))?;
        let transport: Box<dyn Transport> = if target.is_tls() {
            let name = ServerName::try_from(target.host().to_owned())
                .map_err(|error| failure_of(&io::Error::other(error), Phase::Dial))?;
            let connector = TlsConnector::from(Arc::clone(service.tls()));
            let tls = connector.connect(name, tcp).await;
            Box::new(tls.map_err(|error| failure_of(&error, Phase::Dial))?)
        } else {
            Box::new(tcp)
        };
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            .write_buffer_size(0)
            .max_message_size(Some(MAX_MESSAGE));
        let url = address(service);
        match client_async_with_config(url, transport, Some(config)).await {
            Ok((stream, _)) => Ok(Self { stream, unsent: VecDeque::new(), unflushed: VecDeque::new() }),
            Err(Error::Http(answer)) => Err(handshake_refused(answer.status().as_u16())),
            Err(error) => Err(handshake_failed(&error)),
        }
    }

    pub(super) fn push(&mut self, request: Request) {
        self.unsent.push_back(request);
    }

    /// Writes what is to be written, then reads.
    pub(super) fn poll_news(&mut self, cx: &mut Context<'_>) -> Poll<SocketNews> {
        if let Err(error) = self.poll_write(cx) {
            return Poll::Ready(SocketNews::Closed(broken(&error)));
        }
        if !self.unflushed.is_empty() {
            match self.stream.poll_flush_unpin(cx) {
                Poll::Ready(Ok(())) => {
                    if let Some(blocks) = self.unflushed.pop_front() {
                        return Poll::Ready(SocketNews::Sent(blocks));
                    }
                }
                Poll::Ready(Err(error)) => return Poll::Ready(SocketNews::Closed(broken(&error))),
                Poll::Pending => {}
            }
        }
        loop {
            let news = match ready!(self.stream.poll_next_unpin(cx)) {
                Some(Ok(Message::Text(text))) => SocketNews::Text(text),
                Some(Ok(Message::Close(frame))) => SocketNews::Closed(match frame {
                    Some(frame) => close(Some(frame.code.into()), &frame.reason),
                    None => close(None, ""),
                }),
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
                Some(Ok(Message::Binary(_))) => SocketNews::NotText,
                Some(Err(error)) => SocketNews::Closed(broken(&error)),
                None => SocketNews::Closed(close(None, "")),
            };
            return Poll::Ready(news);
        }
    }

    fn poll_write(&mut self, cx: &mut Context<'_>) -> Result<(), Error> {
        while !self.unsent.is_empty() {
            match self.stream.poll_ready_unpin(cx) {
                Poll::Ready(result) => result?,
                Poll::Pending => return Ok(()),
            }
            if let Some(Request { frame, blocks }) = self.unsent.pop_front() {
                self.stream.start_send_unpin(Message::text(frame))?;
                self.unflushed.push_back(blocks);
            }
        }
        Ok(())
    }
}

impl std::fmt::Debug for Socket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Socket").field("unsent", &self.unsent.len()).finish_non_exhaustive()
    }
}

/// The WebSocket's address with the token of the moment. Never printed.
fn address(service: &Service) -> String {
    let url = service.target().socket_url();
    match service.access().query() {
        Some(query) => format!("{url}?{query}"),
        None => url,
    }
}

/// The failure of a listener that has no seat, of whom no connection can be.
pub(super) fn nobody() -> Failure {
    Failure {
        phase: Phase::Dial,
        class: FailureClass::Transport,
        code: None,
        text: "there is no such listener".to_owned(),
        kills: Kills::Session,
    }
}

fn handshake_failed(error: &Error) -> Failure {
    match error {
        Error::Io(_) | Error::Tls(_) => failure_of(error, Phase::Handshake),
        Error::ConnectionClosed
        | Error::AlreadyClosed
        | Error::Capacity(_)
        | Error::Protocol(_)
        | Error::WriteBufferFull(_)
        | Error::Utf8(_)
        | Error::AttackAttempt
        | Error::Url(_)
        | Error::Http(_)
        | Error::HttpFormat(_) => Failure {
            phase: Phase::Handshake,
            class: FailureClass::Protocol,
            code: None,
            // Errors about the address could repeat the token in it.
            text: "the server's answer is no WebSocket handshake".to_owned(),
            kills: Kills::Session,
        },
    }
}

/// The failure of a connection that broke after the handshake.
fn broken(error: &Error) -> Failure {
    use tokio_tungstenite::tungstenite::error::ProtocolError::ResetWithoutClosingHandshake;
    match error {
        Error::ConnectionClosed
        | Error::AlreadyClosed
        | Error::Io(_)
        | Error::Tls(_)
        | Error::Protocol(ResetWithoutClosingHandshake) => close(None, ""),
        Error::Capacity(_)
        | Error::Protocol(_)
        | Error::WriteBufferFull(_)
        | Error::Utf8(_)
        | Error::AttackAttempt
        | Error::Url(_)
        | Error::Http(_)
        | Error::HttpFormat(_) => Failure {
            phase: Phase::BeforeAudio,
            class: FailureClass::Protocol,
            code: None,
            text: format!("the server broke the WebSocket protocol: {error}"),
            kills: Kills::Session,
        },
    }
}
