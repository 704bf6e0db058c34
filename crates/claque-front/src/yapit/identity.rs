//! The identity service: sign-in by password, refresh, guests, and the dress of its tokens.

use claque_wire::yapit::{
    jwt::{self, Claims},
    rest::{AnonymousSession, Refreshed, SignInRequest, SignedIn},
};
use http::StatusCode;

use super::{Answer, accounts, answer, front::Service, gateway::Route, routes::Call};
use crate::call::Request;

const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// Signs in by password.
pub(super) fn sign_in(service: &mut Service, call: &Call<'_>) -> Result<Answer, Answer> {
    for_project(&call.request)?;
    let Ok(request) = serde_json::from_slice::<SignInRequest>(call.request.body) else {
        let words = "Request validation failed: the body must hold the texts email and password";
        return Err(answer::stack(StatusCode::BAD_REQUEST, "SCHEMA_ERROR", words));
    };
    let signed = service.accounts.sign_in(call.now, request.email.expose(), request.password.expose())?;
    let (user_id, access_token) = (signed.user.to_string(), wrap(call, &signed).into());
    let refresh_token = signed.refresh.into();
    Ok(answer::json(StatusCode::OK, &SignedIn { access_token, refresh_token, user_id }))
}

/// Gives a new access token.
pub(super) fn refresh(service: &mut Service, call: &Call<'_>) -> Result<Answer, Answer> {
    for_project(&call.request)?;
    let token = call.request.header("x-stack-refresh-token").unwrap_or_default();
    let signed = service.accounts.refresh(call.now, token)?;
    Ok(answer::json(StatusCode::OK, &Refreshed { access_token: wrap(call, &signed).into() }))
}

/// Makes a guest.
pub(super) fn anonymous_session(service: &mut Service, call: &Call<'_>) -> Result<Answer, Answer> {
    service.gateway.pass(call.now, Route::AnonymousSession, call.origin.address)?;
    let guest = service.accounts.anonymous_session()?;
    Ok(answer::json(StatusCode::OK, &AnonymousSession { id: guest.id, token: guest.token.into() }))
}

/// The gateway's token out of a client's; what is no token of ours stays as it is.
pub(super) fn unwrap(token: &str) -> String {
    jwt::decode(token)
        .map(|claims| claims.jti)
        .filter(|jti| !jti.is_empty())
        .unwrap_or_else(|| token.to_owned())
}

/// A token whose end clients can read. Rounded down: it is never thought to live longer than it does.
fn wrap(call: &Call<'_>, signed: &accounts::SignedIn) -> String {
    let left = signed.expires_at.since(call.now);
    let left = u64::try_from(left.as_nanos()).unwrap_or(u64::MAX);
    let exp = call.origin.unix_nanos.saturating_add(left) / NANOS_PER_SECOND;
    jwt::encode(&Claims { sub: signed.user.to_string(), exp, jti: signed.access.clone() })
}

/// Codes and words are those of the public Stack Auth server.
///
/// # Errors
/// Refuses calls that do not say for which project they are.
fn for_project(request: &Request<'_>) -> Result<(), Answer> {
    let refuse = |code, words| Err(answer::stack(StatusCode::BAD_REQUEST, code, words));
    let has = |name| request.header(name).is_some();
    if !has("x-stack-access-type") {
        return refuse("ACCESS_TYPE_REQUIRED", "You must specify an access level for this Stack project.");
    }
    if !has("x-stack-project-id") {
        return refuse("ACCESS_TYPE_WITHOUT_PROJECT_ID", "The x-stack-project-id header was not provided.");
    }
    if !has("x-stack-publishable-client-key") {
        return refuse("CLIENT_AUTHENTICATION_REQUIRED", "The publishable client key must be provided.");
    }
    Ok(())
}
