//! Guests of either era.

use std::hash::{BuildHasher as _, RandomState};

use claque_core::event::{FailureScope, Phase};
use claque_wire::yapit::{http_failure, json, rest::AnonymousSession};
use hyper::Method;
use uuid::Builder;

use super::{
    access::Pass,
    error::not_understood,
    http::{ConnectionChoice, HttpClient},
    patience::Refused,
    request::bare,
    target::Target,
};

/// Where the server of today hands out guests.
pub(crate) const GUESTS: &str = "/api/v1/users/anonymous-session";

/// Becomes a guest: the server of today hands out id and token, and one of 2026-02, which knows no such call, believes
/// any id.
///
/// # Errors
/// The service refuses otherwise, or cannot be reached or understood.
pub(crate) async fn become_guest(
    http: &HttpClient,
    target: &Target,
    over: ConnectionChoice,
) -> Result<Pass, Refused> {
    let request = bare(Method::POST, &target.url(GUESTS))?;
    let answer = http.call(over, request).await?;
    match answer.status.as_u16() {
        200 | 201 => {
            let guest: AnonymousSession =
                json::read(&answer.body).map_err(|error| not_understood("anonymous session", &error))?;
            Ok(Pass::Guest { id: guest.id.into(), token: Some(guest.token) })
        }
        404 | 405 => Ok(Pass::Guest { id: own_id().into(), token: None }),
        status => Err(Refused {
            failure: http_failure(status, &answer.body, FailureScope::Session, Phase::Handshake),
            retry_after: answer.retry_after,
        }),
    }
}

/// A UUID (version 4) that nobody else has or can guess: the standard library seeds its hashers from the system.
fn own_id() -> String {
    let word = || RandomState::new().hash_one(crate::clock::unix_nanos()).to_be_bytes();
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&word());
    bytes[8..].copy_from_slice(&word());
    Builder::from_random_bytes(bytes).into_uuid().hyphenated().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_our_own_is_a_uuid_and_no_two_are_equal() {
        let ids: Vec<_> = (0..3).map(|_| own_id()).collect();
        assert!(ids.iter().all(|id| id.len() == 36 && id.as_bytes().get(14) == Some(&b'4')), "{ids:?}");
        assert!(ids[0] != ids[1] && ids[1] != ids[2]);
    }
}
