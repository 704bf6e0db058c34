//! Who may have a WebSocket.

use claque_gateway::UserId;
use http::StatusCode;

use super::{Answer, accounts::Credentials, answer, front::Service, identity, routes::Call};

/// The user whose WebSocket a connection becomes.
///
/// # Errors
/// The answer to a handshake that is refused.
pub(super) fn user(service: &mut Service, call: &Call<'_>) -> Result<UserId, Answer> {
    service
        .gateway
        .handshake(call.now)
        .map_err(|status| answer::plain_refusal(status, StatusCode::SERVICE_UNAVAILABLE))?;
    // Whatever the reason: a real server closes before it accepts, which makes every refusal a 403.
    service
        .accounts
        .authenticate(call.now, &credentials(call))
        .map_err(|_| answer::empty(StatusCode::FORBIDDEN))
}

/// The answer to a call for a WebSocket that asks for none: for plain HTTP there is nothing at this address.
pub(super) fn not_asked_for() -> Answer {
    answer::detail(StatusCode::NOT_FOUND, "Not Found")
}

/// The answer to a call for a WebSocket of another version.
pub(super) fn unsuitable() -> Answer {
    answer::detail(StatusCode::UPGRADE_REQUIRED, "Only WebSocket version 13 is spoken here")
        .with("sec-websocket-version", "13")
}

fn credentials(call: &Call<'_>) -> Credentials {
    match (call.query_value("token"), call.query_value("anonymous_id")) {
        (Some(token), _) => Credentials::Bearer(identity::unwrap(&token)),
        (None, Some(id)) => Credentials::Guest { id, token: call.query_value("anonymous_token") },
        (None, None) => Credentials::None,
    }
}
