//! One call: read, handed to the machine, answered.

use std::{convert::Infallible, rc::Rc};

use bytes::Bytes;
use claque_core::time::Duration;
use claque_front::{
    Request,
    yapit::{Answer, BodyReadError, Input, Origin, Upgrade},
};
use claque_wire::pdf;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::{
    HeaderMap, Response, StatusCode,
    body::Incoming,
    header::{
        CONNECTION, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
    },
};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::{
    body::{SentBody, response},
    connection::Peer,
    hub::{Hub, Receiver, Reply},
};
use crate::{clock::unix_nanos, host::headers::text_headers};

/// Longest time for the counting of an upload's pages.
const COUNT_TIMEOUT: Duration = Duration::from_secs(10);

/// Answers a call.
pub(super) async fn answer(
    hub: Rc<Hub>,
    peer: Rc<Peer>,
    request: hyper::Request<Incoming>,
) -> Result<Response<SentBody>, Infallible> {
    hub.count(|stats| stats.requests += 1);
    let (head, body) = request.into_parts();
    let (method, path) = (head.method.as_str(), head.uri.path());
    let body = match hub.look(|front| front.most_body(method, path)) {
        Ok(most) => match read(body, most).await {
            Ok(body) => body,
            Err(why) => return Ok(response(Answer::unread(why))),
        },
        Err(answer) => return Ok(response(answer)),
    };
    let line = asks_for_websocket(&head.headers).map(|key| key.map(|key| (key, hub.open_line())));
    let upgrade = match &line {
        None => Upgrade::No,
        Some(None) => Upgrade::Unsuitable,
        Some(Some((_, line))) => Upgrade::WebSocket(line.conn),
    };
    let headers = text_headers(&head.headers);
    let query = head.uri.query().unwrap_or_default();
    let request = Request { method, path, query, headers: &headers, body: &body };
    let origin = Origin { address: &peer.address, unix_nanos: unix_nanos(), upgrade };
    let (mut call, mut told) = hub.open_call();
    hub.handle(Input::Call { call: call.id(), origin, request });
    loop {
        match told.await {
            Ok(Reply::Answer(answer)) => {
                call.is_over();
                return Ok(response(answer));
            }
            Ok(Reply::Upgrade) => {
                call.is_over();
                let line = line.flatten();
                return Ok(line.map_or_else(
                    || response(Answer::server_error()),
                    |(key, line)| switch_protocols(&peer, key, line),
                ));
            }
            Ok(Reply::CountPages(file)) => {
                let pages = page_count(body.slice(file)).await;
                told = call.goes_on();
                hub.handle(Input::Counted { call: call.id(), pages });
            }
            // The host stops.
            Err(_) => return Ok(response(Answer::stopping())),
        }
    }
}

async fn read(body: Incoming, most: usize) -> Result<Bytes, BodyReadError> {
    match Limited::new(body, most).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(BodyReadError::TooLong),
        Err(_) => Err(BodyReadError::Broken),
    }
}

/// Pages of an upload, counted where neither a file that takes long nor one that makes the reader fall is in anybody's way.
async fn page_count(file: Bytes) -> Option<u32> {
    let counting = tokio::task::spawn_blocking(move || pdf::page_count(&file));
    match tokio::time::timeout(COUNT_TIMEOUT, counting).await {
        Ok(Ok(pages)) => pages,
        Ok(Err(_)) | Err(_) => None,
    }
}

/// Whether a call asks to become a WebSocket, and the key of one that can (RFC 6455 section 4.2.1).
fn asks_for_websocket(headers: &HeaderMap) -> Option<Option<&HeaderValue>> {
    let has = |name, word: &str| {
        let value = headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok()).unwrap_or_default();
        value.split(',').any(|part| part.trim().eq_ignore_ascii_case(word))
    };
    if !has(UPGRADE, "websocket") || !has(CONNECTION, "upgrade") {
        return None;
    }
    Some(headers.get(SEC_WEBSOCKET_KEY).filter(|_| has(SEC_WEBSOCKET_VERSION, "13")))
}

/// The answer after which the connection is a WebSocket (RFC 6455 section 4.2.2).
fn switch_protocols(peer: &Peer, key: &HeaderValue, line: Receiver) -> Response<SentBody> {
    peer.upgraded.set(Some(line));
    let mut accepted = Response::new(SentBody::default());
    *accepted.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = accepted.headers_mut();
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    if let Ok(accept) = HeaderValue::from_str(&derive_accept_key(key.as_bytes())) {
        headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
    }
    accepted
}
