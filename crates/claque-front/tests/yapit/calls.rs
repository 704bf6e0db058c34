//! Calls, their answers, and the wall clock in them.

use claque_core::time::Duration;
use claque_front::yapit::{
    Answer, BodyReadError,
    gateway::{Auth, AuthConfig, GatewayConfig},
};
use claque_wire::yapit::jwt;

use crate::stage::{BEGAN, Stage, one_worker};

const PROJECT: [(&str, &str); 3] =
    [("x-stack-access-type", "client"), ("x-stack-project-id", "p"), ("x-stack-publishable-client-key", "k")];

fn with_accounts() -> GatewayConfig {
    let auth = Auth::On(AuthConfig {
        accounts: vec![("a@example.org".to_owned(), "right".to_owned())],
        static_tokens: Vec::new(),
        access_token_life: Duration::from_secs(600),
    });
    GatewayConfig { auth, ..one_worker() }
}

#[test]
fn what_there_is_not_is_answered_before_a_body_is_read() {
    let stage = Stage::new(one_worker(), None);
    let status = |method, path| stage.front.most_body(method, path).map_err(|answer| answer.head.status);
    assert_eq!(status("GET", "/api/v1/nothing"), Err(404));
    assert_eq!(status("PUT", "/api/v1/documents"), Err(405));
    assert!(status("POST", "/api/v1/documents/prepare/upload") > status("POST", "/api/v1/documents/text"));
    assert_eq!(Answer::unread(BodyReadError::TooLong).head.status, 413);
}

#[test]
fn a_token_says_when_it_ends_by_the_wall_clock_and_lets_in_until_then() {
    let mut stage = Stage::new(with_accounts(), None);
    let body = br#"{"email":"a@example.org","password":"right"}"#;
    let target = ("POST", "/auth/api/v1/auth/password/sign-in");
    let call = stage.send(2_000, target, (&PROJECT, body), claque_front::yapit::Upgrade::No);
    let (_, signed) = stage.json(call);
    let token = signed["access_token"].as_str().unwrap();
    assert_eq!(jwt::decode(token).unwrap().exp, BEGAN / 1_000_000_000 + 602);
    let bearer = format!("bearer {token}");
    let mut list = |at| {
        let headers = [("authorization", bearer.as_str())];
        let target = ("GET", "/api/v1/documents");
        let call = stage.send(at, target, (&headers, b""), claque_front::yapit::Upgrade::No);
        stage.answer(call).unwrap().1.head.status
    };
    assert_eq!((list(601_999), list(602_000)), (200, 401));
}

#[test]
fn a_list_of_documents_tells_when_each_was_made_whenever_it_is_asked_for() {
    let mut stage = Stage::new(one_worker(), None);
    let id = stage.document(1_500, 1);
    for at in [1_500, 90_000] {
        let call = stage.call(at, ("GET", "/api/v1/documents"), b"");
        let (_, list) = stage.json(call);
        assert_eq!(
            (list[0]["id"].as_str(), list[0]["created"].as_str()),
            (Some(id.as_str()), Some("2026-08-01T00:00:01.5Z"))
        );
    }
}
