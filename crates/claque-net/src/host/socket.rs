//! The WebSocket of one listener.

use std::{
    future::poll_fn,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use bytes::Bytes;
use claque_core::time::Duration;
use claque_gateway::{BlockNotice, BlockStatus, Credentials, DocumentId, Input, Notice, Request, UserId};
use claque_wire::yapit::{self, ClientMessage, Era, ServerMessage, Status, SynthesisMode};
use futures_util::{Sink, Stream, StreamExt};
use hyper::{
    HeaderMap, StatusCode,
    header::{
        CONNECTION, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
    },
};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        self, Message,
        handshake::derive_accept_key,
        protocol::{CloseFrame, Role, WebSocketConfig},
    },
};

use super::{
    answer::{self, Answer},
    connection::Peer,
    hub::{Hub, Outgoing, Receiver},
    identity,
    routes::query_value,
};

/// Bytes of each buffer: there may be thousands of connections, and messages are some hundred bytes long.
const BUFFER_BYTES: usize = 4 << 10;
/// Most bytes of a message: tens of thousands of blocks.
const MAX_MESSAGE_BYTES: usize = 256 << 10;
/// Most bytes of unsent messages, on top of what the system buffers.
const MAX_UNSENT_BYTES: usize = 512 << 10;
/// Most bytes of a close reason (RFC 6455 section 5.5, less the code).
const MAX_REASON_BYTES: usize = 123;
/// How long the other side may take to answer a close.
const GOODBYE: Duration = Duration::from_secs(1);
/// What an injected fault sends: a message that was cut.
const GARBAGE: &str = r#"{"type":"status","document_id":"#;

/// Accepts or refuses a handshake (RFC 6455 section 4.2).
pub(super) fn handshake(hub: &Hub, peer: &Peer, headers: &HeaderMap, query: &str) -> Answer {
    let has = |name, word: &str| {
        let value = headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok()).unwrap_or_default();
        value.split(',').any(|part| part.trim().eq_ignore_ascii_case(word))
    };
    if !has(UPGRADE, "websocket") || !has(CONNECTION, "upgrade") {
        // For plain HTTP there is nothing at this address.
        return answer::detail(StatusCode::NOT_FOUND, "Not Found");
    }
    let key = headers.get(SEC_WEBSOCKET_KEY).filter(|_| has(SEC_WEBSOCKET_VERSION, "13"));
    let Some(key) = key else {
        let mut refused =
            answer::detail(StatusCode::UPGRADE_REQUIRED, "Only WebSocket version 13 is spoken here");
        answer::set(&mut refused, SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        return refused;
    };
    let credentials = credentials(query);
    match hub.ask(|gateway, now| gateway.authenticate(now, &credentials)) {
        Ok(user) => {
            peer.upgraded.set(Some(user));
            let mut accepted = Answer::default();
            *accepted.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
            answer::set(&mut accepted, UPGRADE, HeaderValue::from_static("websocket"));
            answer::set(&mut accepted, CONNECTION, HeaderValue::from_static("upgrade"));
            if let Ok(accept) = HeaderValue::from_str(&derive_accept_key(key.as_bytes())) {
                answer::set(&mut accepted, SEC_WEBSOCKET_ACCEPT, accept);
            }
            accepted
        }
        Err(_) => {
            // Whatever the reason: a real server closes before it accepts, which makes every refusal a 403.
            hub.count(|stats| stats.handshakes_refused += 1);
            let mut refused = Answer::default();
            *refused.status_mut() = StatusCode::FORBIDDEN;
            refused
        }
    }
}

/// Serves a WebSocket to its end. `early` was read from the stream before.
pub(super) async fn serve(stream: TcpStream, early: Bytes, user: UserId, hub: Rc<Hub>) {
    let config = WebSocketConfig::default()
        .read_buffer_size(BUFFER_BYTES)
        .write_buffer_size(BUFFER_BYTES)
        .max_write_buffer_size(MAX_UNSENT_BYTES)
        .max_message_size(Some(MAX_MESSAGE_BYTES))
        .max_frame_size(Some(MAX_MESSAGE_BYTES));
    let socket = WebSocketStream::from_partially_read(stream, early.into(), Role::Server, Some(config)).await;
    let era = hub.era();
    let line = hub.connect(user);
    let mut session = Session { socket, line, era, unflushed: false };
    let end = session.converse(&hub).await;
    session.finish(end).await;
}

struct Session {
    socket: WebSocketStream<TcpStream>,
    line: Receiver,
    era: Era,
    unflushed: bool,
}

/// What happens next on a connection.
enum News {
    /// Something is to be sent.
    Say(Outgoing),
    /// Something came.
    Heard(Message),
    /// It is over.
    Over(End),
}

/// How a connection ends.
enum End {
    /// The other side is gone.
    Gone,
    /// It is dropped without a word.
    Cut,
    /// It is closed with these words.
    Closed { code: u16, reason: String },
}

impl Session {
    async fn converse(&mut self, hub: &Rc<Hub>) -> End {
        loop {
            match poll_fn(|cx| self.poll_news(cx)).await {
                News::Say(Outgoing::Notice(notice)) => self.send(&encode(&notice, self.era)),
                News::Say(Outgoing::Garbage) => self.send(GARBAGE),
                News::Say(Outgoing::Close { code, reason }) => return End::Closed { code, reason },
                News::Heard(Message::Text(text)) => self.heard(&text, hub),
                News::Heard(Message::Binary(_)) => {
                    return End::Closed { code: 1003, reason: "only text is spoken here".to_owned() };
                }
                // The protocol's answers are queued by reading and leave with the next flush.
                News::Heard(Message::Ping(_) | Message::Close(_)) => self.unflushed = true,
                News::Heard(Message::Pong(_) | Message::Frame(_)) => {}
                News::Over(end) => return end,
            }
        }
    }

    /// Sending goes first, but never keeps from reading: who only writes is found by the line filling up.
    fn poll_news(&mut self, cx: &mut Context<'_>) -> Poll<News> {
        if Pin::new(&mut self.line.cut).poll(cx).is_ready() {
            return Poll::Ready(News::Over(End::Cut));
        }
        let mut socket = Pin::new(&mut self.socket);
        match socket.as_mut().poll_ready(cx) {
            Poll::Ready(Ok(())) => {
                if let Poll::Ready(outgoing) = self.line.outgoing.poll_recv(cx) {
                    return Poll::Ready(outgoing.map_or(News::Over(End::Cut), News::Say));
                }
                if self.unflushed {
                    match socket.as_mut().poll_flush(cx) {
                        Poll::Ready(Ok(())) => self.unflushed = false,
                        Poll::Ready(Err(_)) => return Poll::Ready(News::Over(End::Gone)),
                        Poll::Pending => {}
                    }
                }
            }
            Poll::Ready(Err(_)) => return Poll::Ready(News::Over(End::Gone)),
            Poll::Pending => {}
        }
        socket.as_mut().poll_next(cx).map(|message| match message {
            Some(Ok(message)) => News::Heard(message),
            Some(Err(tungstenite::Error::Capacity(_))) => {
                News::Over(End::Closed { code: 1009, reason: "the message is too big".to_owned() })
            }
            Some(Err(_)) | None => News::Over(End::Gone),
        })
    }

    /// Puts a message into the buffer; the next look for news sends it on.
    fn send(&mut self, text: &str) {
        // What goes wrong here is seen by the next look for news.
        let _ = Pin::new(&mut self.socket).start_send(Message::text(text));
        self.unflushed = true;
    }

    fn heard(&self, text: &str, hub: &Rc<Hub>) {
        let conn = self.line.conn;
        match ClientMessage::decode(text, self.era) {
            Ok(message) => {
                if let Some(request) = request(message) {
                    hub.handle(Input::Request { conn, request });
                }
            }
            Err(error) => hub.say(conn, Outgoing::Notice(Notice::Error { text: error.to_string() })),
        }
    }

    async fn finish(self, end: End) {
        let Self { mut socket, line, .. } = self;
        // From here on nothing more is said to it.
        drop(line);
        let End::Closed { code, reason } = end else { return };
        let mut at = reason.len().min(MAX_REASON_BYTES);
        while !reason.is_char_boundary(at) {
            at -= 1;
        }
        let frame = CloseFrame { code: code.into(), reason: reason[..at].into() };
        let goodbye = async {
            // The rest is read up to the answer, so that the close is not lost to a reset.
            if socket.close(Some(frame)).await.is_ok() {
                while let Some(Ok(_)) = socket.next().await {}
            }
        };
        // A client that does not answer is left alone with it.
        let _ = timeout(GOODBYE, goodbye).await;
    }
}

fn credentials(query: &str) -> Credentials {
    match (query_value(query, "token"), query_value(query, "anonymous_id")) {
        (Some(token), _) => Credentials::Bearer(identity::unwrap(&token)),
        (None, Some(id)) => Credentials::Guest { id, token: query_value(query, "anonymous_token") },
        (None, None) => Credentials::None,
    }
}

/// What the machine is asked; nothing for audio that the client makes itself.
fn request(message: ClientMessage) -> Option<Request> {
    match message {
        ClientMessage::Synthesize { synthesis_mode: Some(SynthesisMode::Browser), .. } => None,
        ClientMessage::Synthesize { document_id, block_indices, model, voice, .. } => {
            let document = DocumentId::parse(&document_id)?;
            Some(Request::Synthesize { document, blocks: block_indices, model, voice })
        }
        ClientMessage::CursorMoved { document_id, cursor } => {
            Some(Request::CursorMoved { document: DocumentId::parse(&document_id)?, cursor })
        }
    }
}

fn encode(notice: &Notice, era: Era) -> String {
    match notice {
        Notice::Status(status) => encode_status(status, era),
        Notice::Evicted { document, blocks } => {
            let document_id = document.to_string().into();
            ServerMessage::Evicted { document_id, block_indices: blocks.clone() }.encode(era)
        }
        Notice::Error { text } => ServerMessage::Error { error: text.as_str().into() }.encode(era),
    }
}

fn encode_status(status: &BlockNotice, era: Era) -> String {
    const NANOS_PER_MILLISECOND: u64 = 1_000_000;
    ServerMessage::Status(Status {
        document_id: status.document.to_string().into(),
        block_idx: status.block,
        status: match status.status {
            BlockStatus::Queued => yapit::BlockStatus::Queued,
            BlockStatus::Processing => yapit::BlockStatus::Processing,
            BlockStatus::Cached => yapit::BlockStatus::Cached,
            BlockStatus::Skipped => yapit::BlockStatus::Skipped,
            BlockStatus::Error => yapit::BlockStatus::Error,
        },
        audio_url: status.variant.map(|variant| format!("/v1/audio/{variant}").into()),
        error: status.error.as_deref().map(Into::into),
        recoverable: Some(status.recoverable),
        model_slug: Some((&*status.model).into()),
        voice_slug: Some((&*status.voice).into()),
        word_timestamps: None,
        duration_ms: status.duration.map(|media| media.as_nanos() / NANOS_PER_MILLISECOND),
    })
    .encode(era)
}
