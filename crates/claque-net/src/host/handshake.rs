//! How a connection becomes a WebSocket.

use std::rc::Rc;

use claque_gateway::{Credentials, scripted::Dialled};
use hyper::{
    HeaderMap, StatusCode,
    header::{
        CONNECTION, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
    },
};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::{
    answer::{self, Answer},
    connection::{Peer, Upgraded},
    hub::Hub,
    identity,
    routes::query_value,
    script,
};

/// Accepts or refuses a handshake (RFC 6455 section 4.2).
pub(super) async fn handshake(hub: &Rc<Hub>, peer: &Peer, headers: &HeaderMap, query: &str) -> Answer {
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
    if let Some(script) = hub.script() {
        let (line, told) = hub.dial(script);
        return match told.await {
            Ok(Dialled::Open) => accept(peer, key, Upgraded::On(line)),
            Ok(Dialled::Refused(status)) => {
                hub.count(|stats| stats.handshakes_refused += 1);
                script::refused(status)
            }
            // The host stops.
            Err(_) => script::refused(StatusCode::SERVICE_UNAVAILABLE.as_u16()),
        };
    }
    if let Err(status) = hub.ask(claque_gateway::Gateway::handshake) {
        hub.count(|stats| stats.handshakes_refused += 1);
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
        return answer::detail(status, status.canonical_reason().unwrap_or("Refused"));
    }
    let credentials = credentials(query);
    match hub.ask(|gateway, now| gateway.authenticate(now, &credentials)) {
        Ok(user) => accept(peer, key, Upgraded::Of(user)),
        Err(_) => {
            // Whatever the reason: a real server closes before it accepts, which makes every refusal a 403.
            hub.count(|stats| stats.handshakes_refused += 1);
            let mut refused = Answer::default();
            *refused.status_mut() = StatusCode::FORBIDDEN;
            refused
        }
    }
}

fn accept(peer: &Peer, key: &HeaderValue, upgraded: Upgraded) -> Answer {
    peer.upgraded.set(Some(upgraded));
    let mut accepted = Answer::default();
    *accepted.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    answer::set(&mut accepted, UPGRADE, HeaderValue::from_static("websocket"));
    answer::set(&mut accepted, CONNECTION, HeaderValue::from_static("upgrade"));
    if let Ok(accept) = HeaderValue::from_str(&derive_accept_key(key.as_bytes())) {
        answer::set(&mut accepted, SEC_WEBSOCKET_ACCEPT, accept);
    }
    accepted
}

fn credentials(query: &str) -> Credentials {
    match (query_value(query, "token"), query_value(query, "anonymous_id")) {
        (Some(token), _) => Credentials::Bearer(identity::unwrap(&token)),
        (None, Some(id)) => Credentials::Guest { id, token: query_value(query, "anonymous_token") },
        (None, None) => Credentials::None,
    }
}
