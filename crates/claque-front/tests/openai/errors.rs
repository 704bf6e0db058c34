//! Errors in the shape of each dialect.

use claque_front::openai::{Dialect, OpenaiConfig, Request};

use crate::stage::{SPEECH, Stage, ask, config, get};

#[test]
fn each_dialect_words_errors_in_its_own_shape() {
    let cases = [
        ("no JSON", "{\"model\":"),
        ("no input", r#"{"model":"MODEL","voice":"VOICE"}"#),
        ("empty input", r#"{"model":"MODEL","voice":"VOICE","input":" "}"#),
        ("unknown model", r#"{"model":"nosuch","voice":"VOICE","input":"Hi.","response_format":"wav"}"#),
        ("unknown voice", r#"{"model":"MODEL","voice":"nosuch","input":"Hi.","response_format":"wav"}"#),
        ("voice is a list", r#"{"model":"MODEL","voice":[],"input":"Hi.","response_format":"wav"}"#),
        ("unknown format", r#"{"model":"MODEL","voice":"VOICE","input":"Hi.","response_format":"xyz"}"#),
        ("too fast", r#"{"model":"MODEL","voice":"VOICE","input":"Hi.","response_format":"wav","speed":9}"#),
    ];
    for dialect in Dialect::ALL {
        let mut told = Vec::new();
        for (name, body) in &cases {
            let body = body.replace("MODEL", dialect.models()[0]).replace("VOICE", dialect.voices()[0]);
            let answer = ask(config(dialect.name), &body);
            let text = match answer.header("content-type") {
                Some("application/json") => answer.text(),
                other => format!("{other:?}"),
            };
            told.push(format!("{name}: {} {text}", answer.status()));
        }
        let mut stage = Stage::new(config(dialect.name));
        for (name, request) in [("unknown path", get("/v1/nosuch")), ("wrong method", get(SPEECH))] {
            let call = stage.call(0, request);
            let answer = stage.answer(call);
            told.push(format!("{name}: {} {}", answer.status(), answer.text()));
        }
        insta::assert_snapshot!(format!("errors_{}", dialect.name), told.join("\n"));
    }
}

#[test]
fn keys_open_what_they_are_for_and_are_never_repeated() {
    let keyed = |dialect| OpenaiConfig { api_keys: vec!["right".into()], ..config(dialect) };
    let body = r#"{"model":"tts-1","voice":"alloy","input":"Hi.","response_format":"pcm"}"#;
    let statuses = |dialect: &'static str, headers: &[(&str, &str)]| {
        let mut stage = Stage::new(keyed(dialect));
        let request = Request { method: "POST", path: SPEECH, query: "", headers, body: body.as_bytes() };
        let call = stage.call(0, request);
        let answer = stage.answer(call);
        assert!(!String::from_utf8_lossy(&answer.body()).contains("wrong"));
        answer.status()
    };
    assert_eq!(statuses("openai", &[]), 401);
    assert_eq!(statuses("openai", &[("authorization", "Bearer wrong")]), 401);
    assert_eq!(statuses("openai", &[("authorization", "bearer right")]), 200);
    assert_eq!(statuses("speaches", &[]), 403);
    let mut stage = Stage::new(keyed("openai"));
    let health = stage.call(0, get("/health"));
    assert_eq!(stage.answer(health).status(), 200, "who waits for a service needs no key");
}

#[test]
fn an_input_that_is_too_long_is_refused_with_its_length() {
    let body = format!(r#"{{"model":"tts-1","voice":"alloy","input":"{}"}}"#, "é".repeat(4_097));
    let answer = ask(config("openai"), &body);
    assert_eq!(answer.status(), 400);
    assert!(answer.text().contains("4097 characters; at most 4096"), "{}", answer.text());
}

#[test]
fn fields_that_nobody_knows_are_passed_over() {
    let body = r#"{"model":"tts-1","voice":{"id":"alloy"},"input":"Hi.","response_format":"pcm",
        "seed":3,"normalization_options":{"x":[1]},"instructions":"softly","speed":null}"#;
    assert_eq!(ask(config("openai"), body).status(), 200);
}
