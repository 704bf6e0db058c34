//! REST calls beyond the recordings: identity, guests, limits, bad requests.

use std::time::Duration;

use claque_core::time::Instant;
use claque_front::yapit::gateway::{Auth, AuthConfig, Era, GatewayConfig};
use claque_gateway::Outage;
use claque_net::host::Host;
use claque_wire::yapit::jwt;
use serde_json::json;

use crate::stage::{Reply, Socket, accounts, call, document, paragraphs, quick, start};

const PROJECT: [(&str, &str); 3] =
    [("X-Stack-Access-Type", "client"), ("X-Stack-Project-Id", "P"), ("X-Stack-Publishable-Client-Key", "K")];
const SIGN_IN: &str = "/auth/api/v1/auth/password/sign-in";
const REFRESH: &str = "/auth/api/v1/auth/sessions/current/refresh";
const TEXT: &str = "/api/v1/documents/text";
const MODELS: &str = "/api/v1/models";

fn with_auth() -> Host {
    start(GatewayConfig { auth: accounts(), ..quick() })
}

async fn sign_in(host: &Host) -> Reply {
    let body = json!({ "email": "EMAIL", "password": "PASSWORD" }).to_string();
    call(host, "POST", SIGN_IN, &PROJECT, body).await
}

async fn create(host: &Host, headers: &[(&str, &str)], body: &str) -> Reply {
    call(host, "POST", TEXT, headers, body.to_owned()).await
}

#[tokio::test]
async fn a_token_says_when_it_ends_and_a_refresh_gives_another() {
    let host = with_auth();
    let before = claque_net::unix_nanos() / 1_000_000_000;
    let signed = sign_in(&host).await.json();
    let access = signed["access_token"].as_str().unwrap();
    let left = jwt::expires_at(access).unwrap() - before;
    assert!((590..=601).contains(&left), "{left} s");
    let bearer = format!("Bearer {access}");
    let body = r#"{"content":"One."}"#;
    assert_eq!(create(&host, &[("authorization", &bearer)], body).await.status, 201);
    let refresh = ("X-Stack-Refresh-Token", signed["refresh_token"].as_str().unwrap());
    let headers = [PROJECT[0], PROJECT[1], PROJECT[2], refresh];
    let renewed = call(&host, "POST", REFRESH, &headers, "").await;
    assert_eq!(renewed.status, 200);
    assert_ne!(renewed.json()["access_token"], signed["access_token"]);
    Socket::open(&host, &format!("?token={access}")).await.unwrap();
}

#[tokio::test]
async fn the_identity_service_wants_its_headers() {
    let host = with_auth();
    for (missing, code) in
        ["ACCESS_TYPE_REQUIRED", "ACCESS_TYPE_WITHOUT_PROJECT_ID", "CLIENT_AUTHENTICATION_REQUIRED"]
            .iter()
            .enumerate()
    {
        let headers: Vec<_> = PROJECT.into_iter().take(missing).collect();
        let reply = call(&host, "POST", SIGN_IN, &headers, "{}").await;
        assert_eq!((reply.status.as_u16(), reply.json()["code"].as_str()), (400, Some(*code)));
    }
    assert_eq!(call(&host, "POST", SIGN_IN, &PROJECT, "{}").await.json()["code"], "SCHEMA_ERROR");
    let reply = call(&host, "POST", REFRESH, &PROJECT, "").await;
    assert_eq!(
        (reply.status.as_u16(), &reply.json()["code"]),
        (401, &json!("REFRESH_TOKEN_NOT_FOUND_OR_EXPIRED"))
    );
}

#[tokio::test]
async fn an_expired_token_is_refused_everywhere() {
    let account = ("EMAIL".to_owned(), "PASSWORD".to_owned());
    let auth = AuthConfig {
        accounts: vec![account],
        static_tokens: vec![],
        access_token_life: Duration::from_nanos(1),
    };
    let host = start(GatewayConfig { auth: Auth::On(auth), ..quick() });
    let signed = sign_in(&host).await.json();
    let access = signed["access_token"].as_str().unwrap();
    assert_eq!(Socket::open(&host, &format!("?token={access}")).await.err().unwrap(), 403);
    let reply = create(&host, &[("authorization", &format!("Bearer {access}"))], r#"{"content":"a"}"#).await;
    assert_eq!((reply.status.as_u16(), reply.json()), (401, json!({ "detail": "invalid or expired token" })));
    assert_eq!(host.stats().handshakes_refused, 1);
}

#[tokio::test]
async fn while_the_identity_service_is_down_nobody_comes_in() {
    let mut config = GatewayConfig { auth: accounts(), ..quick() };
    config.faults.identity_outage =
        Some(Outage { from: Instant::START, until: Instant::from_millis(1_000_000) });
    let host = start(config);
    let words = json!({ "detail": "Authentication service temporarily unavailable" });
    let reply = sign_in(&host).await;
    assert_eq!((reply.status.as_u16(), reply.json()), (503, words.clone()));
    let reply = create(&host, &[("authorization", "Bearer ACCESS_TOKEN")], r#"{"content":"a"}"#).await;
    assert_eq!((reply.status.as_u16(), reply.json()), (503, words));
    assert_eq!(Socket::open(&host, "?token=ACCESS_TOKEN").await.err().unwrap(), 403);
}

#[tokio::test]
async fn a_guest_of_today_needs_the_token_and_one_of_february_does_not() {
    let host = with_auth();
    let guest = call(&host, "POST", "/api/v1/users/anonymous-session", &[], "").await.json();
    let (id, token) = (guest["id"].as_str().unwrap(), guest["token"].as_str().unwrap());
    let body = r#"{"content":"One."}"#;
    let reply = create(&host, &[("x-anonymous-id", id), ("x-anonymous-token", token)], body).await;
    assert_eq!(reply.status, 201);
    let alone = create(&host, &[("x-anonymous-id", id)], body).await;
    assert_eq!(
        (alone.status.as_u16(), alone.json()),
        (401, json!({ "detail": "invalid anonymous session" }))
    );
    let nobody = create(&host, &[], body).await;
    assert_eq!((nobody.status.as_u16(), nobody.json()), (401, json!({ "detail": "not authenticated" })));
    Socket::open(&host, &format!("?anonymous_id={id}&anonymous_token={token}")).await.unwrap();
    assert_eq!(Socket::open(&host, &format!("?anonymous_id={id}")).await.err().unwrap(), 403);

    let host = start(GatewayConfig { auth: accounts(), ..GatewayConfig::feb_2026() });
    assert_eq!(call(&host, "POST", "/api/v1/users/anonymous-session", &[], "").await.status, 404);
    assert_eq!(create(&host, &[("x-anonymous-id", id)], body).await.status, 201);
    Socket::open(&host, &format!("?anonymous_id={id}")).await.unwrap();
}

#[tokio::test]
async fn the_eleventh_document_of_a_minute_is_refused_in_the_words_of_its_era() {
    for (era, words) in [
        (Era::Feb2026, json!({ "error": "Rate limit exceeded: 10 per 1 minute" })),
        (Era::Current, json!({ "detail": "Too many requests. Please wait a moment and try again." })),
    ] {
        let limits = GatewayConfig::current().rest_limits;
        let host = start(GatewayConfig { rest_limits: limits, era, ..quick() });
        for _ in 0..10 {
            document(&host, "", "One.").await;
        }
        let reply = create(&host, &[], r#"{"content":"One."}"#).await;
        assert_eq!((reply.status.as_u16(), reply.header("retry-after")), (429, None));
        assert_eq!(reply.json(), words);
        assert_eq!(call(&host, "GET", MODELS, &[], "").await.status, 200, "other calls go on");
    }
}

#[tokio::test]
async fn a_list_has_the_callers_documents_and_bounds() {
    let host = start(quick());
    let id = document(&host, "", "One.").await;
    let reply = call(&host, "GET", "/api/v1/documents", &[], "").await;
    assert_eq!(reply.status, 200);
    let list = reply.json();
    assert_eq!(
        (&list[0]["id"], &list[0]["is_public"], list.as_array().unwrap().len()),
        (&json!(id), &json!(false), 1)
    );
    for query in ["limit=0", "limit=101", "offset=-1", "limit=x"] {
        let reply = call(&host, "GET", &format!("/api/v1/documents?{query}"), &[], "").await;
        assert_eq!(reply.status, 422, "{query}");
    }
    assert_eq!(call(&host, "GET", "/api/v1/documents?offset=1&limit=100", &[], "").await.json(), json!([]));
}

#[tokio::test]
async fn a_full_account_is_told_so() {
    let host = start(GatewayConfig { storage_limit: Some(10), ..quick() });
    let reply = create(&host, &[], r#"{"content":"More than ten."}"#).await;
    assert_eq!(
        (reply.status.as_u16(), &reply.json()["detail"]["code"]),
        (403, &json!("STORAGE_LIMIT_EXCEEDED"))
    );
}

#[tokio::test]
async fn bad_bodies_are_complained_about_at_their_place() {
    let host = start(GatewayConfig { max_content_chars: 20, ..quick() });
    let complaint = async |body: &str| {
        let reply = create(&host, &[], body).await;
        assert_eq!(reply.status, 422, "{body}");
        let issue = reply.json()["detail"][0].clone();
        (
            issue["type"].as_str().unwrap().to_owned(),
            issue["loc"].to_string(),
            issue["msg"].as_str().unwrap().to_owned(),
        )
    };
    for (body, kind, place, words) in [
        ("", "missing", r#"["body"]"#, "Field required"),
        ("{", "json_invalid", r#"["body",0]"#, "JSON decode error"),
        (
            "[]",
            "model_attributes_type",
            r#"["body"]"#,
            "Input should be a valid dictionary or object to extract fields from",
        ),
        (r#"{"content":5}"#, "string_type", r#"["body","content"]"#, "Input should be a valid string"),
        (
            r#"{"content":"a","title":[]}"#,
            "string_type",
            r#"["body","title"]"#,
            "Input should be a valid string",
        ),
        (
            r#"{"content":"012345678901234567890"}"#,
            "string_too_long",
            r#"["body","content"]"#,
            "String should have at most 20 characters",
        ),
    ] {
        let (got_kind, got_place, got_words) = complaint(body).await;
        assert_eq!(
            (got_kind.as_str(), got_place.as_str(), got_words.as_str()),
            (kind, place, words),
            "{body}"
        );
    }
    let large = "x".repeat(7_000_000);
    assert_eq!(create(&host, &[], &large).await.status, 413);
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let host = start(quick());
    for path in ["/", "/api/v1/document", "/api/v1/models/", "/api/v1/ws/tts", "/auth/api/v1/users/me"] {
        let reply = call(&host, "GET", path, &[], "").await;
        assert_eq!((reply.status.as_u16(), reply.json()), (404, json!({ "detail": "Not Found" })), "{path}");
    }
    let reply = call(&host, "POST", MODELS, &[], "").await;
    assert_eq!((reply.status.as_u16(), reply.json()), (405, json!({ "detail": "Method Not Allowed" })));
    assert_eq!(reply.header("allow"), Some("GET"));
    let reply = call(&host, "DELETE", "/api/v1/documents/nonsense", &[], "").await;
    assert_eq!((reply.status.as_u16(), &reply.json()["detail"][0]["type"]), (422, &json!("uuid_parsing")));
    let reply = call(&host, "GET", "/api/v1/audio/nonsense", &[], "").await;
    assert_eq!(
        (reply.status.as_u16(), &reply.json()["detail"]),
        (404, &json!("BlockVariant 'nonsense' not found"))
    );
    // An id is an id in any of its forms.
    let id = paragraphs(&host, 2).await;
    let path = format!("/api/v1/documents/{}/blocks", id.replace('-', "").to_uppercase());
    assert_eq!(call(&host, "GET", &path, &[], "").await.json().as_array().unwrap().len(), 2);
}
