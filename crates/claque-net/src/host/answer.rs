//! HTTP answers: bodies as `claque-wire` words them, statuses as the machine says.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use claque_gateway::{ContentFault, Era, Refusal, Resource};
use claque_wire::yapit::rest::{CodedDetail, ErrorBody, Issue};
use http_body_util::Full;
use hyper::{
    Response, StatusCode,
    body::{Body, Frame, SizeHint},
    header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue},
};
use serde::Serialize;

/// An answer with all of its body that will ever be sent.
pub(super) type Answer = Response<SentBody>;

/// A body, or the first part of one that is cut off by an injected fault.
#[derive(Debug, Default)]
pub(super) struct SentBody {
    bytes: Full<Bytes>,
    cut: Option<Cut>,
}

/// How far a body is that is cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cut {
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
            None | Some(Cut::Sent) => {}
            Some(Cut::ToSend) => self.cut = Some(Cut::Sending),
            Some(Cut::Sending) => {
                self.cut = Some(Cut::Sent);
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

/// An answer with a JSON body.
pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Answer {
    let body = serde_json::to_vec(body).expect("structs of strings and integers always serialise");
    with_type(status, "application/json", body.into())
}

/// An answer with a body of some type.
pub(super) fn with_type(status: StatusCode, content_type: &'static str, body: Bytes) -> Answer {
    let mut answer = Response::new(SentBody { bytes: Full::new(body), cut: None });
    *answer.status_mut() = status;
    set(&mut answer, CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer
}

/// An answer that promises the whole body and breaks off in the middle of it.
pub(super) fn cut_off(content_type: &'static str, body: &Bytes) -> Answer {
    let mut answer = with_type(StatusCode::OK, content_type, Bytes::new());
    set(&mut answer, CONTENT_LENGTH, body.len().into());
    *answer.body_mut() = SentBody { bytes: Full::new(body.slice(..body.len() / 2)), cut: Some(Cut::ToSend) };
    answer
}

/// Sets a header.
pub(super) fn set(answer: &mut Answer, name: HeaderName, value: HeaderValue) {
    answer.headers_mut().insert(name, value);
}

/// An error in plain words.
pub(super) fn detail(status: StatusCode, words: &str) -> Answer {
    json(status, &ErrorBody::Detail { detail: words.to_owned() })
}

/// An error of the identity service.
pub(super) fn stack(status: StatusCode, code: &str, words: &str) -> Answer {
    json(status, &ErrorBody::Stack { code: code.to_owned(), error: words.to_owned() })
}

/// 422: complaints about a request.
pub(super) fn issue(issue: Issue) -> Answer {
    json(StatusCode::UNPROCESSABLE_ENTITY, &ErrorBody::Issues { detail: vec![issue] })
}

/// What the machine refuses. `input` is the text that a complaint about it quotes.
pub(super) fn refusal(refusal: &Refusal, input: &str) -> Answer {
    let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let words = refusal.to_string();
    match refusal {
        Refusal::NotFound { resource: Resource::Document, id } => named(status, words, "Document", id),
        Refusal::NotFound { resource: Resource::BlockVariant, id } => {
            named(status, words, "BlockVariant", id)
        }
        Refusal::NotFound { resource: Resource::DocumentBlocks | Resource::AudioNotCached, .. }
        | Refusal::Unauthenticated(_)
        | Refusal::IdentityUnavailable
        | Refusal::NoSuchRoute
        | Refusal::UploadUnknown
        | Refusal::TooManyExtractions { .. }
        | Refusal::AiTransformNotConfigured => detail(status, &words),
        Refusal::PageLimit { .. } => coded(status, "USAGE_LIMIT_EXCEEDED", words),
        // As the real ones, which say nothing of how long.
        Refusal::RateLimited { era: Era::Feb2026, .. } => json(status, &ErrorBody::Error { error: words }),
        Refusal::RateLimited { era: Era::Current, .. } => detail(status, &words),
        Refusal::StorageLimit { .. } => coded(status, "STORAGE_LIMIT_EXCEEDED", words),
        Refusal::ContentInvalid(fault) => issue(content(*fault, words, input)),
        Refusal::WrongPassword => stack(status, "EMAIL_PASSWORD_MISMATCH", &words),
        Refusal::WrongRefreshToken => stack(status, "REFRESH_TOKEN_NOT_FOUND_OR_EXPIRED", &words),
        Refusal::ServerError => with_type(status, "text/plain; charset=utf-8", words.into()),
    }
}

fn coded(status: StatusCode, code: &str, message: String) -> Answer {
    json(status, &ErrorBody::Coded { detail: CodedDetail { code: code.to_owned(), message } })
}

fn named(status: StatusCode, detail: String, resource_type: &str, id: &str) -> Answer {
    let (resource_type, resource_id) = (resource_type.to_owned(), id.to_owned());
    json(status, &ErrorBody::Resource { detail, resource_type, resource_id })
}

fn content(fault: ContentFault, msg: String, input: &str) -> Issue {
    let (kind, ctx) = match fault {
        ContentFault::Missing => ("missing", None),
        ContentFault::TooShort => ("string_too_short", Some(serde_json::json!({ "min_length": 1 }))),
        ContentFault::TooLong { max } => ("string_too_long", Some(serde_json::json!({ "max_length": max }))),
    };
    let loc = vec!["body".into(), "content".into()];
    Issue { r#type: kind.to_owned(), loc, msg, input: input.into(), ctx }
}
