//! Which server it is, and how it is asked.

use claque_wire::openai::{AudioFormat, Delivery, Dialect, Probe, ProbeReply, detect, path_under};

use crate::truth::{Exchange, exchanges};

fn detected(answers: &[ProbeReply<'_>]) -> Option<&'static str> {
    detect(answers).map(|(dialect, _)| dialect.name)
}

const fn json<'a>(probe: Probe, body: &'a str) -> ProbeReply<'a> {
    ProbeReply { probe, status: 200, content_type: Some("application/json"), body: body.as_bytes() }
}

#[test]
fn recorded_servers_are_known_by_their_answers() {
    let all = exchanges();
    for (server, name) in [
        ("fastkokoro", "fastkokoro"),
        ("openedai-speech", "openedai-speech"),
        ("wyoming-openai-gateway", "wyoming-openai"),
    ] {
        let answers: Vec<ProbeReply<'_>> = Probe::ALL
            .into_iter()
            .filter_map(|probe| {
                let asks = format!("GET {} ", probe.path());
                let exchange =
                    all.iter().find(|one| one.server == server && one.request.starts_with(&asks))?;
                Some(probed(probe, exchange))
            })
            .collect();
        assert_eq!(answers.len(), 4, "{server} was asked everything");
        assert_eq!(detected(&answers), Some(name));
    }
}

fn probed(probe: Probe, exchange: &Exchange) -> ProbeReply<'_> {
    let head = std::str::from_utf8(&exchange.head).expect("ASCII");
    let content_type = head.lines().find_map(|line| line.strip_prefix("content-type: "));
    let status = head[9..12].parse().expect("a status");
    ProbeReply { probe, status, content_type, body: exchange.body.as_deref().unwrap_or_default() }
}

#[test]
fn servers_that_were_read_about_are_known_by_what_they_write() {
    for (name, probe, body) in [
        (
            "kokoro-fastapi",
            Probe::Models,
            r#"{"object":"list","data":[{"id":"tts-1","object":"model","owned_by":"kokoro"}]}"#,
        ),
        (
            "kokoro-fastapi",
            Probe::AudioVoices,
            r#"{"voices":[{"id":"af_alloy","name":"af_alloy"},{"id":"af_heart","na"#,
        ),
        ("vllm-omni", Probe::AudioVoices, r#"{"voices":["vivian"],"uploaded_voices":[]}"#),
        (
            "speaches",
            Probe::Models,
            r#"{"data":[{"id":"a/b","object":"model","owned_by":"a","task":"text-to-speech"}]}"#,
        ),
        ("chatterbox", Probe::AudioVoices, r#"{"status":"ok","voices":["Emily.wav"]}"#),
        ("chatterbox-api", Probe::Models, r#"{"data":[{"id":"chatterbox-tts-1","owned_by":"resemble-ai"}]}"#),
        ("localai", Probe::Models, r#"{"object":"list","data":[{"id":"voice-en-us","object":"model"}]}"#),
        (
            "openai",
            Probe::Models,
            r#"{"data":[{"id":"tts-1","object":"model","owned_by":"openai-internal"}]}"#,
        ),
    ] {
        assert_eq!(detected(&[json(probe, body)]), Some(name), "{body}");
    }
}

#[test]
fn a_web_page_or_a_refusal_tells_nothing() {
    let models = r#"{"data":[{"id":"tts-1","owned_by":"kokoro"}]}"#;
    let page = ProbeReply { content_type: Some("text/html"), ..json(Probe::Models, models) };
    let refused = ProbeReply { status: 404, ..json(Probe::Models, models) };
    assert_eq!(detected(&[page, refused]), None);
    assert_eq!(detected(&[json(Probe::Models, r#"{"data":[{"id":"x","owned_by":"user"}]}"#)]), None);
    assert_eq!(detected(&[]), None);
}

#[test]
fn dialects_have_a_name_of_their_own_and_a_delivery() {
    for dialect in Dialect::ALL {
        assert_eq!(Dialect::named(dialect.name), Some(dialect));
        assert!(dialect.load_format(dialect.usual_delivery()).is_ok(), "{}", dialect.name);
    }
    let chatterbox = Dialect::named("chatterbox").unwrap();
    assert_eq!(chatterbox.usual_delivery(), Delivery::Whole);
    assert_eq!(chatterbox.load_format(Delivery::Whole), Ok(AudioFormat::Wav));
    let refused = chatterbox.load_format(Delivery::Events).unwrap_err();
    assert_eq!(refused.to_string(), "chatterbox does not deliver as `sse`; it knows whole");
}

#[test]
fn an_address_may_end_with_the_version_or_not() {
    for base in ["", "/", "/v1", "/v1/"] {
        assert_eq!(path_under(base, "/v1/audio/speech"), "/v1/audio/speech");
    }
    assert_eq!(path_under("/openai/v1", "/v1/models"), "/openai/v1/models");
    assert_eq!(path_under("/openai/v1", "/health"), "/openai/v1/health");
}
