//! What a gateway says beside its messages: how it closes and refuses, which voice is usual, when tokens end.

use claque_core::event::{FailureClass, FailureScope, Phase};
use claque_wire::yapit::{close, handshake_refused, http_failure, jwt, usual_voice};

#[test]
fn closes_and_refusals_have_their_class() {
    for (code, reason, class) in [
        (Some(1008), "Invalid token", FailureClass::Auth),
        (Some(1008), "Not authenticated", FailureClass::Auth),
        (Some(1008), "Invalid anonymous session", FailureClass::Auth),
        (Some(1013), "Authentication service temporarily unavailable", FailureClass::Overload),
        (Some(1000), "", FailureClass::Transport),
        (Some(1001), "", FailureClass::Transport),
        (Some(1011), "", FailureClass::Server),
        (None, "", FailureClass::Transport),
    ] {
        let failure = close(code, reason);
        assert_eq!(
            (failure.class, failure.code, failure.kills),
            (class, code, FailureScope::Session),
            "{reason}"
        );
        assert!(!failure.text.is_empty() && failure.text.contains(reason));
    }
    for (status, class) in [
        (401, FailureClass::Auth),
        (403, FailureClass::Auth),
        (404, FailureClass::Invalid),
        (429, FailureClass::Limit),
        (500, FailureClass::Server),
        (502, FailureClass::Server),
        (503, FailureClass::Overload),
    ] {
        let failure = handshake_refused(status);
        assert_eq!((failure.class, failure.code, failure.phase), (class, Some(status), Phase::Handshake));
    }
}

#[test]
fn http_failures_keep_the_words_of_any_body() {
    let words = |status, body: &[u8]| {
        let failure = http_failure(status, body, FailureScope::Session, Phase::BeforeAudio);
        (failure.class, failure.text)
    };
    for (status, body, class, text) in [
        (401, r#"{"detail":"not authenticated"}"#, FailureClass::Auth, "not authenticated"),
        (
            429,
            r#"{"error":"Rate limit exceeded: 10 per 1 minute"}"#,
            FailureClass::Limit,
            "Rate limit exceeded: 10 per 1 minute",
        ),
        (
            403,
            r#"{"detail":{"code":"STORAGE_LIMIT_EXCEEDED","message":"Storage is full"}}"#,
            FailureClass::Limit,
            "Storage is full",
        ),
        (
            422,
            r#"{"detail":[{"type":"missing","loc":["body","content"],"msg":"Field required","input":{}}]}"#,
            FailureClass::Invalid,
            "body.content: Field required",
        ),
        (
            400,
            r#"{"code":"EMAIL_PASSWORD_MISMATCH","error":"Wrong e-mail or password."}"#,
            FailureClass::Invalid,
            "Wrong e-mail or password.",
        ),
        (404, r#"{"error":{"message":"no such thing"}}"#, FailureClass::Invalid, "no such thing"),
        (500, "<h1>oh dear</h1>\n", FailureClass::Server, "<h1>oh dear</h1>"),
        (503, "", FailureClass::Overload, "HTTP 503 without a body"),
    ] {
        assert_eq!(words(status, body.as_bytes()), (class, text.to_owned()));
    }
    assert_eq!(words(500, "é".repeat(999).as_bytes()).1.chars().count(), 300);
    assert_eq!(words(500, b"\xff\xfe").0, FailureClass::Server);
}

#[test]
fn the_usual_voice_is_the_models_default_or_the_first_on_offer() {
    assert_eq!(usual_voice("kokoro", ["af_bella", "af_heart"]), Some("af_heart"));
    assert_eq!(usual_voice("inworld-1.5-max", ["alex", "ashley"]), Some("alex"));
    assert_eq!(usual_voice("kokoro", ["af_bella", "af_sky"]), Some("af_bella"));
    assert_eq!(usual_voice("openai-tts", ["coral"]), Some("coral"));
    assert_eq!(usual_voice("openai-tts", []), None);
}

#[test]
fn tokens_tell_when_they_end() {
    let claims = jwt::Claims { sub: "listener".to_owned(), exp: 1_790_000_000, jti: "7".to_owned() };
    let token = jwt::encode(&claims);
    assert_eq!(token.split('.').count(), 3);
    assert!(!token.contains(['=', '+', '/']));
    assert_eq!(jwt::decode(&token), Some(claims));
    assert_eq!(jwt::expires_at(&token), Some(1_790_000_000));
    // {"exp":1790000000.75} and {"sub":"x"}.
    assert_eq!(jwt::expires_at("e30.eyJleHAiOjE3OTAwMDAwMDAuNzV9.x"), Some(1_790_000_000));
    assert_eq!(jwt::expires_at("e30.eyJzdWIiOiJ4In0.x"), None);
    assert_eq!(jwt::expires_at("nonsense"), None);
}
