//! What requests look like.

use std::sync::Arc;

use claque_core::{ids::BlockIdx, time::Speed};
use claque_wire::{
    audio::PcmFormat,
    openai::{
        AudioFormat, ClientSession, Delivery, Dialect, FieldError, PcmSource, RequestField, RequestSettings,
        SessionSettings, SettingsError,
    },
};

fn settings(dialect: &str, delivery: Delivery) -> RequestSettings {
    let dialect = Dialect::named(dialect).expect("it is in the table");
    RequestSettings::new(dialect, delivery, None).expect("it has a model and that delivery")
}

fn fields(texts: &[&str]) -> Vec<RequestField> {
    texts.iter().map(|text| RequestField::parse(text).expect("a field")).collect()
}

fn body(settings: &RequestSettings) -> String {
    String::from_utf8(settings.body("Say \"é\".\n", "af_heart")).expect("JSON is UTF-8")
}

#[test]
fn streaming_is_asked_for_as_each_server_wants_it() {
    let text = r#""input":"Say \"é\".\n","voice":"af_heart""#;
    for (dialect, delivery, path, model, rest) in [
        ("openai", Delivery::Stream, "/v1/audio/speech", "gpt-4o-mini-tts", r#""response_format":"pcm"}"#),
        (
            "openai",
            Delivery::Events,
            "/v1/audio/speech",
            "gpt-4o-mini-tts",
            r#""response_format":"pcm","stream_format":"sse"}"#,
        ),
        (
            "kokoro-fastapi",
            Delivery::Stream,
            "/v1/audio/speech",
            "kokoro",
            r#""response_format":"pcm","stream":true}"#,
        ),
        (
            "kokoro-fastapi",
            Delivery::Whole,
            "/v1/audio/speech",
            "kokoro",
            r#""response_format":"pcm","stream":false}"#,
        ),
        (
            "chatterbox-api",
            Delivery::Stream,
            "/v1/audio/speech/stream",
            "chatterbox-tts-1",
            r#""response_format":"wav"}"#,
        ),
        (
            "wyoming-openai",
            Delivery::Stream,
            "/v1/audio/speech",
            "tts-1",
            r#""response_format":"wav","stream":true}"#,
        ),
    ] {
        let settings = settings(dialect, delivery);
        assert_eq!(settings.path(), path);
        assert_eq!(body(&settings), format!(r#"{{"model":"{model}",{text},{rest}"#), "{dialect}");
    }
}

#[test]
fn fields_of_the_user_stand_behind_ours_or_in_their_place_and_the_last_one_counts() {
    let added = fields(&[
        "normalization_options={\"normalize\":true}",
        "voice={\"id\":\"v1\"}",
        "lang_code=\"a\"",
        "normalization_options={\"other\":[1.5,null]}",
        "stream=false",
    ]);
    let settings = settings("kokoro-fastapi", Delivery::Stream).with_fields(added);
    assert_eq!(
        body(&settings),
        "{\"model\":\"kokoro\",\"input\":\"Say \\\"é\\\".\\n\",\"voice\":{\"id\":\"v1\"},\"response_format\":\"pcm\",\"stream\":false,\
         \"normalization_options\":{\"other\":[1.5,null]},\"lang_code\":\"a\"}"
    );
}

#[test]
fn speed_is_written_where_it_is_not_the_usual_one() {
    let fast = settings("openai", Delivery::Stream).with_speed(Speed::from_thousandths(1_700).unwrap());
    assert!(body(&fast).contains(r#""response_format":"pcm","speed":1.7"#));
    assert!(!body(&settings("openai", Delivery::Stream)).contains("speed"));
}

#[test]
fn a_field_needs_a_name_and_json_and_is_not_the_text() {
    assert!(matches!(RequestField::parse("voice"), Err(FieldError::Form(_))));
    assert!(matches!(RequestField::parse("=1"), Err(FieldError::Form(_))));
    assert_eq!(RequestField::parse("input=\"x\""), Err(FieldError::Input));
    let told = RequestField::parse("lang_code=a").unwrap_err().to_string();
    assert!(told.contains("`lang_code` is no JSON") && told.ends_with("lang_code='\"text\"'"), "{told}");
}

#[test]
fn a_format_or_rate_that_is_asked_for_is_the_one_that_is_expected() {
    let wav = settings("openai", Delivery::Stream).with_fields(fields(&["response_format=\"wav\""]));
    assert_eq!(wav.expected().format, Some(AudioFormat::Wav));
    let odd = settings("openai", Delivery::Stream).with_fields(fields(&["response_format=\"speex\""]));
    assert_eq!(odd.expected().format, None);
    assert_eq!(settings("openai", Delivery::Stream).expected().source, PcmSource::Dialect);
    // speaches makes the rate that one asks for, so it is known.
    let speaches = settings("speaches", Delivery::Stream);
    assert!(body(&speaches).ends_with(r#""sample_rate":24000}"#));
    assert_eq!(speaches.expected().source, PcmSource::Settings);
    let slow = speaches.with_pcm(PcmFormat::new(16_000, 1).unwrap());
    assert!(body(&slow).ends_with(r#""sample_rate":16000}"#));
    let field = settings("speaches", Delivery::Stream).with_fields(fields(&["sample_rate=8000"]));
    assert_eq!(field.expected().pcm, PcmFormat::new(8_000, 1).unwrap());
}

#[test]
fn a_server_without_a_model_of_its_own_needs_one() {
    let vllm = Dialect::named("vllm-omni").unwrap();
    let told = RequestSettings::new(vllm, Delivery::Stream, None).unwrap_err();
    assert_eq!(told, SettingsError::Model("vllm-omni"));
    assert!(RequestSettings::new(vllm, Delivery::Stream, Some("m".to_owned())).is_ok());
    let openedai = Dialect::named("openedai-speech").unwrap();
    assert!(matches!(
        RequestSettings::new(openedai, Delivery::Events, None),
        Err(SettingsError::Delivery(_))
    ));
}

#[test]
fn a_listener_asks_for_its_blocks_in_order_and_in_its_voice() {
    let texts: Arc<[Box<str>]> = ["One.", "", " Three "].map(Box::from).into();
    let request = Arc::new(settings("fastkokoro", Delivery::Stream));
    let mut session = ClientSession::new(SessionSettings { request, voice: "af_heart".to_owned(), texts });
    let texts_of = |session: &ClientSession| {
        let requests = session.ask(&[BlockIdx(2), BlockIdx(9), BlockIdx(0)]);
        let parsed = |body: &[u8]| serde_json::from_slice::<serde_json::Value>(body).unwrap();
        let told = |body| (parsed(body)["input"].clone(), parsed(body)["voice"].clone());
        requests.iter().map(|request| (request.block.0, told(&request.body))).collect::<Vec<_>>()
    };
    assert_eq!(
        texts_of(&session),
        [(2, (" Three ".into(), "af_heart".into())), (0, ("One.".into(), "af_heart".into()))]
    );
    session.change_voice("am_adam".to_owned());
    assert_eq!(texts_of(&session)[1], (0, ("One.".into(), "am_adam".into())));
    session.change_voice(String::new());
    assert_eq!(texts_of(&session)[1].1.1, serde_json::Value::Null, "no voice is asked for");
}
