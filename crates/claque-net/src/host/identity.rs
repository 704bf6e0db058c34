//! The identity service: sign-in by password, refresh, and the dress of its tokens.

use bytes::Bytes;
use claque_wire::yapit::{
    jwt::{self, Claims},
    rest::{Refreshed, SignInRequest, SignedIn},
};
use hyper::{HeaderMap, StatusCode};

use super::{
    answer::{self, Answer},
    hub::Hub,
    routes::refused,
};
use crate::clock::unix_nanos;

const NANOS_PER_SECOND: u64 = 1_000_000_000;

pub(super) fn sign_in(hub: &Hub, headers: &HeaderMap, body: &Bytes) -> Answer {
    if let Some(refused) = without_project(headers) {
        return refused;
    }
    let Ok(request) = serde_json::from_slice::<SignInRequest>(body) else {
        let words = "Request validation failed: the body must hold the texts email and password";
        return answer::stack(StatusCode::BAD_REQUEST, "SCHEMA_ERROR", words);
    };
    let (email, password) = (request.email.expose(), request.password.expose());
    match hub.ask(|gateway, now| gateway.sign_in(now, email, password)) {
        Ok(signed) => {
            let user_id = signed.user.to_string();
            let access_token = wrap(hub, &signed).into();
            let refresh_token = signed.refresh.into();
            answer::json(StatusCode::OK, &SignedIn { access_token, refresh_token, user_id })
        }
        Err(refusal) => refused(&refusal),
    }
}

pub(super) fn refresh(hub: &Hub, headers: &HeaderMap) -> Answer {
    if let Some(refused) = without_project(headers) {
        return refused;
    }
    let token = headers.get("x-stack-refresh-token").and_then(|value| value.to_str().ok());
    match hub.ask(|gateway, now| gateway.refresh(now, token.unwrap_or_default())) {
        Ok(signed) => answer::json(StatusCode::OK, &Refreshed { access_token: wrap(hub, &signed).into() }),
        Err(refusal) => refused(&refusal),
    }
}

/// The machine's token out of a client's; what is no token of ours stays as it is.
pub(super) fn unwrap(token: &str) -> String {
    jwt::decode(token)
        .map(|claims| claims.jti)
        .filter(|jti| !jti.is_empty())
        .unwrap_or_else(|| token.to_owned())
}

/// A token whose end clients can read. Rounded down: it is never thought to live longer than it does.
fn wrap(hub: &Hub, signed: &claque_gateway::SignedIn) -> String {
    let left = signed.expires_at.since(hub.clock().now());
    let left = u64::try_from(left.as_nanos()).unwrap_or(u64::MAX);
    let exp = unix_nanos().saturating_add(left) / NANOS_PER_SECOND;
    jwt::encode(&Claims { sub: signed.user.to_string(), exp, jti: signed.access.clone() })
}

/// Refuses calls that do not say for which project they are; codes and words as of the public Stack Auth server.
fn without_project(headers: &HeaderMap) -> Option<Answer> {
    let refuse = |code, words| Some(answer::stack(StatusCode::BAD_REQUEST, code, words));
    if !headers.contains_key("x-stack-access-type") {
        return refuse("ACCESS_TYPE_REQUIRED", "You must specify an access level for this Stack project.");
    }
    if !headers.contains_key("x-stack-project-id") {
        return refuse("ACCESS_TYPE_WITHOUT_PROJECT_ID", "The x-stack-project-id header was not provided.");
    }
    if !headers.contains_key("x-stack-publishable-client-key") {
        return refuse("CLIENT_AUTHENTICATION_REQUIRED", "The publishable client key must be provided.");
    }
    None
}
