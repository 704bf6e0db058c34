//! Which call a request is, and who makes it.

use claque_core::time::Instant;
use claque_wire::yapit::Era;
use http::{Method, StatusCode};
use percent_encoding::percent_decode_str;

use super::{
    Answer, Origin,
    accounts::Credentials,
    answer,
    front::Service,
    gateway::{Caller, Refusal},
    identity,
};
use crate::{call::Request, exposition};

/// Most bytes of a body: 500,000 characters, none of which takes more than 12 bytes as escaped JSON, and some
/// room.
const MAX_BODY_BYTES: usize = 6_500_000;

/// Most bytes of an upload, its form included: thousands of pages with figures.
const MAX_UPLOAD_BYTES: usize = 256 << 20;

/// A call with what is around it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call<'a> {
    pub(super) now: Instant,
    pub(super) era: Era,
    pub(super) origin: Origin<'a>,
    pub(super) request: Request<'a>,
}

/// A call that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target<'a> {
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
    Metrics,
}

impl<'a> Target<'a> {
    /// The call that a method and a path mean.
    ///
    /// # Errors
    /// The answer where there is none.
    pub(super) fn find(method: &str, path: &'a str, era: Era) -> Result<Self, Answer> {
        let Some(target) = Self::of(path).filter(|target| target.is_of(era)) else {
            return Err(answer::detail(StatusCode::NOT_FOUND, "Not Found"));
        };
        if method != target.method().as_str() {
            let refused = answer::detail(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed");
            return Err(refused.with("allow", target.method().as_str()));
        }
        Ok(target)
    }

    /// The call at a path.
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
            // Of no yapit: it is the reference gateway that is watched here.
            _ if path == exposition::PATH => Some(Self::Metrics),
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
            Self::Documents
            | Self::Blocks { .. }
            | Self::Models
            | Self::Audio { .. }
            | Self::Socket
            | Self::Metrics => Method::GET,
            Self::Document { .. } => Method::DELETE,
        }
    }

    /// Most bytes of its body.
    pub(super) const fn max_body(self) -> usize {
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
            | Self::Refresh
            | Self::Metrics => MAX_BODY_BYTES,
        }
    }
}

impl Call<'_> {
    /// Who makes it.
    ///
    /// # Errors
    /// The gateway's refusal of a caller who is not let in.
    pub(super) fn caller(&self, service: &Service) -> Result<Caller, Refusal> {
        let credentials = match (self.request.bearer(), self.request.header("x-anonymous-id")) {
            (Some(token), _) => Credentials::Bearer(identity::unwrap(token)),
            (None, Some(id)) => {
                let token = self.request.header("x-anonymous-token").map(str::to_owned);
                Credentials::Guest { id: id.to_owned(), token }
            }
            (None, None) => Credentials::None,
        };
        let user = service.accounts.authenticate(self.now, &credentials)?;
        Ok(Caller { user, address: self.origin.address.to_owned() })
    }

    /// The value of a name in its query, with its escapes taken back.
    pub(super) fn query_value(&self, name: &str) -> Option<String> {
        query_value(self.request.query, name)
    }
}

fn query_value(query: &str, name: &str) -> Option<String> {
    let pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.into_iter().find(|(key, _)| *key == name).map(|(_, value)| unescape(value))
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
