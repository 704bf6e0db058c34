//! Which call a request is, and who makes it.

use std::{convert::Infallible, rc::Rc};

use bytes::Bytes;
use claque_gateway::{Caller, Credentials, Refusal};
use claque_wire::yapit::{Era, rest::AnonymousSession};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::{
    HeaderMap, Method, Request, StatusCode,
    body::Incoming,
    header::{ALLOW, AUTHORIZATION, HeaderValue},
};
use percent_encoding::percent_decode_str;

use super::{
    answer::{self, Answer},
    connection::Peer,
    documents, extraction,
    handshake::handshake,
    hub::Hub,
    identity, script,
};

/// Most bytes of a body: 500,000 characters, none of which takes more than 12 bytes as escaped JSON, and some
/// room.
const MAX_BODY_BYTES: usize = 6_500_000;

/// Most bytes of an upload, its form included: thousands of pages with figures.
const MAX_UPLOAD_BYTES: usize = 256 << 20;

/// A call that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target<'a> {
    CreateDocument,
    PrepareUpload,
    CreateExtraction,
    ExtractionStatus,
    CancelExtraction,
    Documents,
    Document { id: &'a str },
    Blocks { id: &'a str },
    Models,
    AnonymousSession,
    Audio { hash: &'a str },
    Socket,
    SignIn,
    Refresh,
}

impl<'a> Target<'a> {
    fn of(path: &'a str) -> Option<Self> {
        let parts: Vec<&str> = path.split('/').collect();
        match parts.as_slice() {
            ["", "api", "v1", "documents", "text"] => Some(Self::CreateDocument),
            ["", "api", "v1", "documents", "prepare", "upload"] => Some(Self::PrepareUpload),
            ["", "api", "v1", "documents", "document"] => Some(Self::CreateExtraction),
            ["", "api", "v1", "documents", "extraction", "status"] => Some(Self::ExtractionStatus),
            ["", "api", "v1", "documents", "extraction", "cancel"] => Some(Self::CancelExtraction),
            ["", "api", "v1", "documents"] => Some(Self::Documents),
            ["", "api", "v1", "documents", id] => Some(Self::Document { id }),
            ["", "api", "v1", "documents", id, "blocks"] => Some(Self::Blocks { id }),
            ["", "api", "v1", "models"] => Some(Self::Models),
            ["", "api", "v1", "users", "anonymous-session"] => Some(Self::AnonymousSession),
            ["", "api", "v1", "audio", hash] => Some(Self::Audio { hash }),
            ["", "api", "v1", "ws", "tts"] => Some(Self::Socket),
            ["", "auth", "api", "v1", "auth", "password", "sign-in"] => Some(Self::SignIn),
            ["", "auth", "api", "v1", "auth", "sessions", "current", "refresh"] => Some(Self::Refresh),
            _ => None,
        }
    }

    /// Whether servers of that era have it. Guests of 2026-02 named themselves.
    fn is_of(self, era: Era) -> bool {
        self != Self::AnonymousSession || era == Era::Current
    }

    const fn method(self) -> Method {
        match self {
            Self::CreateDocument
            | Self::PrepareUpload
            | Self::CreateExtraction
            | Self::ExtractionStatus
            | Self::CancelExtraction
            | Self::AnonymousSession
            | Self::SignIn
            | Self::Refresh => Method::POST,
            Self::Documents | Self::Blocks { .. } | Self::Models | Self::Audio { .. } | Self::Socket => {
                Method::GET
            }
            Self::Document { .. } => Method::DELETE,
        }
    }

    /// Most bytes of its body.
    const fn max_body(self) -> usize {
        match self {
            Self::PrepareUpload => MAX_UPLOAD_BYTES,
            Self::CreateDocument
            | Self::CreateExtraction
            | Self::ExtractionStatus
            | Self::CancelExtraction
            | Self::Documents
            | Self::Document { .. }
            | Self::Blocks { .. }
            | Self::Models
            | Self::AnonymousSession
            | Self::Audio { .. }
            | Self::Socket
            | Self::SignIn
            | Self::Refresh => MAX_BODY_BYTES,
        }
    }
}

/// Answers a request.
pub(super) async fn answer(
    hub: Rc<Hub>,
    peer: Rc<Peer>,
    request: Request<Incoming>,
) -> Result<Answer, Infallible> {
    hub.count(|stats| stats.requests += 1);
    let (head, body) = request.into_parts();
    let Some(target) = Target::of(head.uri.path()).filter(|target| target.is_of(hub.era())) else {
        return Ok(answer::detail(StatusCode::NOT_FOUND, "Not Found"));
    };
    if head.method != target.method() {
        return Ok(wrong_method(target));
    }
    let body = match read(body, target.max_body()).await {
        Ok(body) => body,
        Err(refused) => return Ok(*refused),
    };
    let headers = &head.headers;
    Ok(match target {
        Target::CreateDocument => documents::create(&hub, &peer, headers, &body),
        Target::PrepareUpload => extraction::prepare(&hub, &peer, headers, &body).await,
        Target::CreateExtraction => extraction::create(hub, &peer, headers, &body).await,
        Target::ExtractionStatus => extraction::status(&hub, &peer, headers, &body),
        Target::CancelExtraction => extraction::cancel(&hub, &peer, headers, &body),
        Target::Documents => documents::list(&hub, &peer, headers, head.uri.query().unwrap_or_default()),
        Target::Document { id } => documents::delete(&hub, &peer, headers, id),
        Target::Blocks { id } => documents::blocks(&hub, &peer, headers, id),
        Target::Models => documents::models(&hub, &peer),
        Target::AnonymousSession => anonymous_session(&hub, &peer),
        Target::Audio { hash } => match hub.script() {
            Some(script) => script::audio(&hub, script, hash).await,
            None => documents::audio(&hub, &peer, hash),
        },
        Target::Socket => handshake(&hub, &peer, headers, head.uri.query().unwrap_or_default()).await,
        Target::SignIn => identity::sign_in(&hub, headers, &body),
        Target::Refresh => identity::refresh(&hub, headers),
    })
}

/// Who makes a REST call.
///
/// # Errors
/// The machine's refusal of a caller who is not let in.
pub(super) fn caller(hub: &Hub, peer: &Peer, headers: &HeaderMap) -> Result<Caller, Refusal> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = bearer
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let credentials = match (token, text("x-anonymous-id")) {
        (Some((_, token)), _) => Credentials::Bearer(identity::unwrap(token.trim())),
        (None, Some(id)) => {
            Credentials::Guest { id: id.to_owned(), token: text("x-anonymous-token").map(str::to_owned) }
        }
        (None, None) => Credentials::None,
    };
    let user = hub.ask(|gateway, now| gateway.authenticate(now, &credentials));
    let address = peer.address.clone();
    user.map(|user| Caller { user, address })
}

/// The answer to something refused that quotes nothing.
pub(super) fn refused(refusal: &Refusal) -> Answer {
    answer::refusal(refusal, "")
}

/// The value of a name in a query, with its escapes taken back.
pub(super) fn query_value(query: &str, name: &str) -> Option<String> {
    let pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.into_iter().find(|(key, _)| *key == name).map(|(_, value)| unescape(value))
}

fn anonymous_session(hub: &Hub, peer: &Peer) -> Answer {
    match hub.ask(|gateway, now| gateway.anonymous_session(now, &peer.address)) {
        Ok(guest) => {
            answer::json(StatusCode::OK, &AnonymousSession { id: guest.id, token: guest.token.into() })
        }
        Err(refusal) => refused(&refusal),
    }
}

fn wrong_method(target: Target<'_>) -> Answer {
    let mut refused = answer::detail(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed");
    if let Ok(allow) = HeaderValue::from_str(target.method().as_str()) {
        answer::set(&mut refused, ALLOW, allow);
    }
    refused
}

async fn read(body: Incoming, most: usize) -> Result<Bytes, Box<Answer>> {
    match Limited::new(body, most).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(answer::detail(StatusCode::PAYLOAD_TOO_LARGE, "Request body too large").into())
        }
        Err(_) => Err(answer::detail(StatusCode::BAD_REQUEST, "There was an error parsing the body").into()),
    }
}

/// Percent escapes and plus signs of a query (URL standard, application/x-www-form-urlencoded).
fn unescape(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_read_with_their_escapes() {
        let query = "token=a%2Fb%3D&anonymous_id=x+y&odd=%zz%4&empty";
        assert_eq!(query_value(query, "token").as_deref(), Some("a/b="));
        assert_eq!(query_value(query, "anonymous_id").as_deref(), Some("x y"));
        assert_eq!(query_value(query, "odd").as_deref(), Some("%zz%4"));
        assert_eq!(query_value(query, "empty").as_deref(), Some(""));
        assert_eq!(query_value(query, "oken"), None);
    }

    #[test]
    fn only_whole_paths_are_calls() {
        assert_eq!(Target::of("/api/v1/documents/x/blocks"), Some(Target::Blocks { id: "x" }));
        assert_eq!(Target::of("/api/v1/documents/text"), Some(Target::CreateDocument));
        for path in ["/", "/api/v1/models/", "/api/v2/models", "/v1/audio/x", "api/v1/models"] {
            assert_eq!(Target::of(path), None, "{path}");
        }
    }
}
