//! Answers as HTTP sends them: whole, or piece by piece while they are made.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use claque_front::openai::Head;
use http_body_util::Full;
use hyper::{
    Response, StatusCode,
    body::{Body, Frame, SizeHint},
    header::{HeaderName, HeaderValue},
};
use tokio::sync::mpsc;

use super::hub::CallGuard;

/// What comes of a call: its head, and its body or where the pieces of it come from.
#[derive(Debug)]
pub(super) enum Answered {
    Whole(Head, Vec<u8>),
    Open(Head, mpsc::Receiver<Part>),
}

/// A part of a body that comes in pieces.
#[derive(Debug)]
pub(super) enum Part {
    Bytes(Bytes),
    End,
    /// The connection breaks off.
    Break,
}

/// A body.
#[derive(Debug)]
pub(super) enum CallBody {
    Whole(Full<Bytes>),
    Pieces(Pieces),
}

/// A body that is not complete until its end is told.
#[derive(Debug)]
pub(super) struct Pieces {
    parts: mpsc::Receiver<Part>,
    stage: Stage,
    /// Tells that the client has left when the body is dropped.
    _guard: CallGuard,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Open,
    /// What was sent is with the connection, which is given a turn to send it: a break that comes too early drops it.
    Breaking,
    Ended,
}

impl Answered {
    pub(super) fn into_response(self, guard: CallGuard) -> Response<CallBody> {
        let (head, body) = match self {
            Self::Whole(head, body) => (head, CallBody::Whole(Full::new(body.into()))),
            Self::Open(head, parts) => {
                (head, CallBody::Pieces(Pieces { parts, stage: Stage::Open, _guard: guard }))
            }
        };
        let mut response = Response::new(body);
        *response.status_mut() =
            StatusCode::from_u16(head.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        for (name, value) in head.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(HeaderName::from_static(name), value);
            }
        }
        response
    }
}

/// An answer without a body.
pub(super) fn empty(status: StatusCode) -> Response<CallBody> {
    let mut response = Response::new(CallBody::Whole(Full::default()));
    *response.status_mut() = status;
    response
}

impl Body for CallBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let pieces = match &mut *self {
            Self::Whole(body) => {
                return Pin::new(body).poll_frame(cx).map_err(|never| match never {});
            }
            Self::Pieces(pieces) => pieces,
        };
        match pieces.stage {
            Stage::Open => {}
            Stage::Breaking => {
                pieces.stage = Stage::Ended;
                return Poll::Ready(Some(Err(io::Error::other("broken off by an injected fault"))));
            }
            Stage::Ended => return Poll::Ready(None),
        }
        match ready!(pieces.parts.poll_recv(cx)) {
            Some(Part::Bytes(bytes)) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
            Some(Part::End) => {
                pieces.stage = Stage::Ended;
                Poll::Ready(None)
            }
            // The host stops, or the client did not read: the body is not complete.
            Some(Part::Break) | None => {
                pieces.stage = Stage::Breaking;
                cx.waker().wake_by_ref();
                Poll::Pending
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(body) => body.is_end_stream(),
            Self::Pieces(pieces) => pieces.stage == Stage::Ended,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => body.size_hint(),
            Self::Pieces(_) => SizeHint::default(),
        }
    }
}
