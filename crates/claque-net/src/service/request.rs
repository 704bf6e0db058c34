//! Requests as they are sent.

use std::error::Error as StdError;

use bytes::Bytes;
use claque_core::event::{Failure, FailureClass, FailureScope, Phase};
use http_body_util::Full;
use hyper::{Request, Uri, header::CONTENT_TYPE};
use serde::Serialize;

/// A request without a body.
pub(crate) fn bare(method: hyper::Method, url: &str) -> Result<Request<Full<Bytes>>, Failure> {
    build(Request::builder().method(method), url, Bytes::new())
}

/// A `POST` of a message of ours as JSON.
pub(crate) fn post_json(url: &str, message: &impl Serialize) -> Result<Request<Full<Bytes>>, Failure> {
    let body = serde_json::to_vec(message).map_err(|error| unusable(url, &error))?;
    build(Request::builder().method("POST").header(CONTENT_TYPE, "application/json"), url, body.into())
}

fn build(
    builder: hyper::http::request::Builder,
    url: &str,
    body: Bytes,
) -> Result<Request<Full<Bytes>>, Failure> {
    let uri: Uri = url.parse().map_err(|error| unusable(url, &error))?;
    builder.uri(uri).body(Full::new(body)).map_err(|error| unusable(url, &error))
}

pub(crate) fn unusable(url: &str, error: &dyn StdError) -> Failure {
    Failure {
        phase: Phase::BeforeAudio,
        class: FailureClass::Protocol,
        code: None,
        text: format!("no request to `{url}` can be made: {error}"),
        kills: FailureScope::Session,
    }
}
