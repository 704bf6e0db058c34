//! Answers as HTTP sends them.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use claque_front::yapit::{self, Answer, gateway::BodyFlaw};
use claque_gateway::{Speech, SpeechBody};
use http_body_util::Full;
use hyper::{
    Response, StatusCode,
    body::{Body, Frame, SizeHint},
    header::{CONTENT_LENGTH, HeaderName, HeaderValue},
};

use super::super::speech;

/// A body, or the first part of one that is cut off by an injected fault.
#[derive(Debug, Default)]
pub(super) struct SentBody {
    bytes: Full<Bytes>,
    cut: Option<CutProgress>,
}

/// How far a body is that is cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CutProgress {
    ToSend,
    /// Its bytes are with the connection, which is given a turn to send them: an end that comes too early drops them.
    Sending,
    Sent,
}

impl Body for SentBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.cut {
            None | Some(CutProgress::Sent) => {}
            Some(CutProgress::ToSend) => self.cut = Some(CutProgress::Sending),
            Some(CutProgress::Sending) => {
                self.cut = Some(CutProgress::Sent);
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
        }
        Pin::new(&mut self.bytes).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.cut.is_none() && self.bytes.is_end_stream()
    }

    /// Of a body that is cut off nothing is said here, so that the length in the head stands and is not reached.
    fn size_hint(&self) -> SizeHint {
        if self.cut.is_some() { SizeHint::default() } else { self.bytes.size_hint() }
    }
}

/// An answer with all of its body that will ever be sent.
pub(super) fn response(answer: Answer) -> Response<SentBody> {
    let body = match answer.body {
        yapit::Body::Bytes(bytes) => SentPart::Whole(bytes.into()),
        yapit::Body::Speech { speech, flaw } => {
            let sent = match flaw {
                Some(BodyFlaw::NotAudio) => Some(SentPart::Whole(Bytes::from_static(BodyFlaw::NOT_AUDIO))),
                Some(BodyFlaw::Cut) => written(&speech).map(SentPart::Half),
                None => written(&speech).map(SentPart::Whole),
            };
            // A host does not start with a model whose format it cannot write.
            let Some(sent) = sent else { return response(Answer::server_error()) };
            sent
        }
    };
    let mut response = Response::new(SentBody::default());
    *response.status_mut() =
        StatusCode::from_u16(answer.head.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in answer.head.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    *response.body_mut() = match body {
        SentPart::Whole(bytes) => SentBody { bytes: Full::new(bytes), cut: None },
        SentPart::Half(bytes) => {
            response.headers_mut().insert(CONTENT_LENGTH, bytes.len().into());
            SentBody { bytes: Full::new(bytes.slice(..bytes.len() / 2)), cut: Some(CutProgress::ToSend) }
        }
    };
    response
}

/// What is sent of a body.
enum SentPart {
    Whole(Bytes),
    /// The whole is promised, and it breaks off in the middle.
    Half(Bytes),
}

/// A piece of audio as bytes; none in a format that cannot be written here.
fn written(speech: &Speech) -> Option<Bytes> {
    if let SpeechBody::Encoded(bytes) = &speech.body {
        return Some(Bytes::from_owner(bytes.clone()));
    }
    let packing = speech::packing(speech.format)?;
    let body = match &speech.body {
        SpeechBody::Synthetic { seed } => (packing.render)(speech.media, *seed),
        SpeechBody::Silence | SpeechBody::Encoded(_) => (packing.silence)(speech.media),
    };
    body.map(Bytes::from)
}
