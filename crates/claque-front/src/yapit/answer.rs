//! Answers: bodies as `claque-wire` words them, statuses as the gateway says.

use claque_wire::yapit::rest::{CodedDetail, ErrorBody, Issue};
use http::StatusCode;
use serde::Serialize;

use super::{
    Answer, Body, BodyReadError,
    gateway::{ContentFault, Era, Refusal, Resource},
};
use crate::call::Head;

/// An answer with a JSON body.
pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Answer {
    let body = serde_json::to_vec(body).expect("structs of strings and integers always serialise");
    with_type(status, "application/json", Body::Bytes(body))
}

/// An answer with a body of some type.
pub(super) fn with_type(status: StatusCode, content_type: &'static str, body: Body) -> Answer {
    let headers = vec![("content-type", content_type.to_owned())];
    Answer { head: Head { status: status.as_u16(), headers }, body }
}

/// An answer of a status alone.
pub(super) const fn empty(status: StatusCode) -> Answer {
    Answer { head: Head { status: status.as_u16(), headers: Vec::new() }, body: Body::Bytes(Vec::new()) }
}

/// An error in plain words.
pub(super) fn detail(status: StatusCode, words: &str) -> Answer {
    json(status, &ErrorBody::Detail { detail: words.to_owned() })
}

/// A refusal with a status that a fault or a script names, in that status's own words.
pub(super) fn plain_refusal(status: u16, instead: StatusCode) -> Answer {
    let status = StatusCode::from_u16(status).unwrap_or(instead);
    detail(status, status.canonical_reason().unwrap_or("Refused"))
}

/// An error of the identity service.
pub(super) fn stack(status: StatusCode, code: &str, words: &str) -> Answer {
    json(status, &ErrorBody::Stack { code: code.to_owned(), error: words.to_owned() })
}

/// 422: complaints about a request.
pub(super) fn issue(issue: Issue) -> Answer {
    json(StatusCode::UNPROCESSABLE_ENTITY, &ErrorBody::Issues { detail: vec![issue] })
}

/// What the gateway refuses. `input` is the text that a complaint about it quotes.
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
        Refusal::ServerError => {
            with_type(status, "text/plain; charset=utf-8", Body::Bytes(words.into_bytes()))
        }
    }
}

impl Answer {
    /// The same with one header more.
    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.head.headers.push((name, value.into()));
        self
    }

    /// The answer to a call whose body was not read to its end.
    #[must_use]
    pub fn unread(why: BodyReadError) -> Self {
        match why {
            BodyReadError::TooLong => detail(StatusCode::PAYLOAD_TOO_LARGE, "Request body too large"),
            BodyReadError::Broken => detail(StatusCode::BAD_REQUEST, "There was an error parsing the body"),
        }
    }

    /// The answer in place of one whose speech the host cannot write down.
    #[must_use]
    pub fn server_error() -> Self {
        Refusal::ServerError.into()
    }

    /// The answer to a call that is under way when the host stops.
    #[must_use]
    pub fn stopping() -> Self {
        let status = StatusCode::SERVICE_UNAVAILABLE;
        plain_refusal(status.as_u16(), status)
    }
}

impl From<Refusal> for Answer {
    /// The answer to something refused that quotes nothing.
    fn from(refused: Refusal) -> Self {
        refusal(&refused, "")
    }
}

impl From<Box<Issue>> for Answer {
    fn from(complaint: Box<Issue>) -> Self {
        issue(*complaint)
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
