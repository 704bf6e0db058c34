//! The WebSocket of one listener.

use std::{
    future::poll_fn,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use bytes::Bytes;
use claque_core::time::Duration;
use claque_front::yapit::Input;
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        self, Message,
        protocol::{CloseFrame, Role, WebSocketConfig},
    },
};

use super::hub::{Hub, Outgoing, Receiver};

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

/// Serves a WebSocket to its end. `early` was read from the stream before.
pub(super) async fn serve(stream: TcpStream, early: Bytes, line: Receiver, hub: Rc<Hub>) {
    let config = WebSocketConfig::default()
        .read_buffer_size(BUFFER_BYTES)
        .write_buffer_size(BUFFER_BYTES)
        .max_write_buffer_size(MAX_UNSENT_BYTES)
        .max_message_size(Some(MAX_MESSAGE_BYTES))
        .max_frame_size(Some(MAX_MESSAGE_BYTES));
    // Copied, because it is mostly nothing in a buffer of 8 KiB.
    let part = early.to_vec();
    drop(early);
    let socket = WebSocketStream::from_partially_read(stream, part, Role::Server, Some(config)).await;
    hub.handle(Input::Upgraded { conn: line.conn });
    let mut session = Session { socket, line, unflushed: false };
    let end = session.converse(&hub).await;
    session.finish(end).await;
}

struct Session {
    socket: WebSocketStream<TcpStream>,
    line: Receiver,
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
    /// It is dropped without a close, once what was said before is sent.
    Dropped,
    /// It is closed with these words.
    Closed { code: u16, reason: String },
}

impl Session {
    async fn converse(&mut self, hub: &Rc<Hub>) -> End {
        loop {
            match poll_fn(|cx| self.poll_news(cx)).await {
                News::Say(Outgoing::Text(text)) => self.send(text),
                News::Say(Outgoing::Close { code, reason }) => return End::Closed { code, reason },
                News::Say(Outgoing::Cut) => return End::Dropped,
                News::Heard(Message::Text(text)) => {
                    hub.handle(Input::Text { conn: self.line.conn, text: &text });
                }
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
    fn send(&mut self, text: String) {
        // What goes wrong here is seen by the next look for news.
        let _ = Pin::new(&mut self.socket).start_send(Message::text(text));
        self.unflushed = true;
    }

    async fn finish(self, end: End) {
        let Self { mut socket, line, .. } = self;
        // From here on nothing more is said to it.
        drop(line);
        let (code, reason) = match end {
            End::Gone | End::Cut => return,
            End::Dropped => {
                // A client that does not read is dropped all the same.
                let _ = timeout(GOODBYE, socket.flush()).await;
                return;
            }
            End::Closed { code, reason } => (code, reason),
        };
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
