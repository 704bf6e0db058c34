//! Every message and body that a real server was heard to send goes through the codec and back unchanged.
//!
//! `data/yapit-current` is a copy of the shared recordings, kept here so that the tests need nothing else.

use claque_wire::yapit::{
    ClientMessage, ClientMessageError, Era, ServerMessage,
    rest::{
        AnonymousSession, Block, DocumentCreated, DocumentRequest, ErrorBody, Model, Refreshed,
        SignInRequest, SignedIn,
    },
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

const FILES: [(&str, &str); 9] = [
    ("cursor-moved", include_str!("data/yapit-current/cursor-moved.jsonl")),
    ("errors", include_str!("data/yapit-current/errors.jsonl")),
    ("guest", include_str!("data/yapit-current/guest.jsonl")),
    ("models", include_str!("data/yapit-current/models.jsonl")),
    ("rate-limit", include_str!("data/yapit-current/rate-limit.jsonl")),
    ("session-12-blocks", include_str!("data/yapit-current/session-12-blocks.jsonl")),
    ("sign-in", include_str!("data/yapit-current/sign-in.jsonl")),
    ("two-connections-same-text", include_str!("data/yapit-current/two-connections-same-text.jsonl")),
    ("text-to-blocks", include_str!("data/yapit-current/text-to-blocks.jsonl")),
];

fn records() -> impl Iterator<Item = (String, Value)> {
    FILES.into_iter().flat_map(|(file, text)| {
        text.lines().enumerate().map(move |(line, text)| {
            (format!("{file}:{}", line + 1), serde_json::from_str(text).expect("every line is JSON"))
        })
    })
}

fn event(record: &Value) -> &str {
    record["event"].as_str().expect("every record has an event")
}

/// The messages of one kind as they went over the wire, members in their order, each with its line's place.
fn frames(kind: &str) -> Vec<(String, String)> {
    let lines = FILES.into_iter().flat_map(|(file, text)| {
        text.lines().enumerate().map(move |(line, text)| (format!("{file}:{}", line + 1), text))
    });
    let kind = format!("\"event\": \"{kind}\"");
    lines
        .filter(|(_, text)| text.contains(&kind))
        .map(|(place, text)| {
            let message = text
                .split_once("\"message\": ")
                .and_then(|(_, rest)| rest.strip_suffix('}'))
                .expect("the message is the record's last member");
            // What was sent as no JSON is recorded as a string.
            (place, serde_json::from_str(message).unwrap_or_else(|_| message.to_owned()))
        })
        .collect()
}

#[test]
fn every_server_message_decodes_and_encodes_to_the_same_value() {
    let frames = frames("ws_recv");
    for (place, text) in &frames {
        let message = ServerMessage::decode(text).unwrap_or_else(|error| panic!("{place}: {error}"));
        let encoded: Value = serde_json::from_str(&message.encode(Era::Current)).unwrap();
        assert_eq!(encoded, serde_json::from_str::<Value>(text).unwrap(), "{place}");
    }
    assert!(frames.len() > 90, "only {} messages seen", frames.len());
}

#[test]
fn server_messages_have_the_recorded_order_of_fields() {
    // The recordings have spaces between tokens, we write none; these messages have none within tokens.
    for (place, text) in frames("ws_recv").iter().filter(|(_, text)| text.contains("\"queued\"")) {
        let message = ServerMessage::decode(text).unwrap();
        assert_eq!(message.encode(Era::Current), text.replace(' ', ""), "{place}");
    }
}

#[test]
fn every_client_message_gets_the_recorded_answer() {
    let records: Vec<_> = records().collect();
    let mut refused = 0;
    for (place, text) in frames("ws_send") {
        match ClientMessage::decode(&text, Era::Current) {
            Ok(message) => {
                let sent: Value = serde_json::from_str(&message.encode()).unwrap();
                let recorded: Value = serde_json::from_str(&text).unwrap();
                for (field, value) in recorded.as_object().unwrap() {
                    assert_eq!(&sent[field], value, "{place}: {field}");
                }
            }
            Err(error) => {
                let at = records.iter().position(|(at, _)| *at == place).unwrap();
                let answer = &records[at + 1].1["message"]["error"];
                assert_eq!(answer.as_str(), Some(error.to_string().as_str()), "{place}");
                refused += 1;
            }
        }
    }
    assert_eq!(refused, 5, "bad JSON, unknown type, missing fields, 33 indices, no object");
}

#[test]
fn every_rest_body_fits_its_shape() {
    let mut request = String::new();
    for (place, record) in records() {
        match event(&record) {
            "http_request" => {
                request =
                    format!("{} {}", record["method"].as_str().unwrap(), record["path"].as_str().unwrap());
                check_request(&place, &request, &record["json"]);
            }
            "http_response" => check_answer(&place, &request, &record),
            _ => {}
        }
    }
}

fn check_request(place: &str, request: &str, body: &Value) {
    if request.ends_with("/documents/text") && body.get("content").is_some() {
        assert_same::<DocumentRequest>(place, body);
    } else if request.ends_with("/sign-in") {
        assert_same::<SignInRequest>(place, body);
    } else {
        assert!(body.is_null() || body == &serde_json::json!({}), "{place}: a body of unknown shape");
    }
}

fn check_answer(place: &str, request: &str, record: &Value) {
    let (status, body) = (record["status"].as_u64().expect("every answer has a status"), &record["body"]);
    match status {
        204 => assert_eq!(body, "", "{place}"),
        400.. => assert_same::<ErrorBody>(place, body),
        _ if request.contains("/audio/") => assert!(body.is_null(), "{place}"),
        _ if request.ends_with("/documents/text") => assert_same::<DocumentCreated>(place, body),
        _ if request.ends_with("/blocks") => assert_same::<Vec<Block>>(place, body),
        _ if request.ends_with("/models") => assert_same::<Vec<Model>>(place, body),
        _ if request.ends_with("/anonymous-session") => assert_same::<AnonymousSession>(place, body),
        _ if request.ends_with("/sign-in") => assert_same::<SignedIn>(place, body),
        _ if request.ends_with("/refresh") => assert_same::<Refreshed>(place, body),
        _ => panic!("{place}: an answer of unknown shape to {request}"),
    }
}

fn assert_same<T: Serialize + DeserializeOwned>(place: &str, body: &Value) {
    let read: T = serde_json::from_value(body.clone()).unwrap_or_else(|error| panic!("{place}: {error}"));
    assert_eq!(&serde_json::to_value(&read).expect("what was read can be written"), body, "{place}");
}

#[test]
fn error_bodies_are_told_apart() {
    let read = |text: &str| serde_json::from_str::<ErrorBody>(text).unwrap();
    assert!(matches!(read(r#"{"detail":"Not Found"}"#), ErrorBody::Detail { .. }));
    assert!(matches!(
        read(r#"{"detail":"gone","resource_type":"Document","resource_id":"1"}"#),
        ErrorBody::Resource { .. }
    ));
    assert!(matches!(
        read(r#"{"detail":{"code":"STORAGE_LIMIT_EXCEEDED","message":"full"}}"#),
        ErrorBody::Coded { .. }
    ));
    assert!(matches!(read(r#"{"code":"X","error":"words"}"#), ErrorBody::Stack { .. }));
    assert!(matches!(read(r#"{"error":"Rate limit exceeded: 10 per 1 minute"}"#), ErrorBody::Error { .. }));
}

#[test]
fn secrets_never_print() {
    let (_, sign_in) = FILES[6];
    let body = sign_in.lines().find(|line| line.contains("refresh_token")).unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    let signed_in: SignedIn = serde_json::from_value(body["body"].clone()).unwrap();
    assert_eq!(signed_in.access_token.expose(), "ACCESS_TOKEN");
    assert!(!format!("{signed_in:?}").contains("_TOKEN"));
}

#[test]
fn the_older_era_wants_cursor_and_mode() {
    let text = r#"{"type":"synthesize","document_id":"9db4c472-317f-4463-b939-68c02d21f32a","block_indices":[0],"model":"kokoro","voice":"af_heart"}"#;
    assert!(ClientMessage::decode(text, Era::Current).is_ok());
    let Err(ClientMessageError::Validation(words)) = ClientMessage::decode(text, Era::Feb2026) else {
        panic!("accepted without cursor and mode");
    };
    assert!(words.starts_with("2 validation errors for WSSynthesizeRequest\ncursor\n  Field required"));
    assert!(words.contains("\nsynthesis_mode\n"));
}

#[test]
fn complaints_quote_the_input_as_the_server_does() {
    let complain = |text: &str| ClientMessage::decode(text, Era::Current).unwrap_err().to_string();
    let words = complain(r#"{"type":"cursor_moved","document_id":"nope","cursor":1.5}"#);
    assert_eq!(
        words,
        "2 validation errors for WSCursorMoved\n\
         document_id\n  Input should be a valid UUID, invalid character: expected an optional prefix of \
         `urn:uuid:` followed by [0-9a-fA-F-], found `n` at 1 [type=uuid_parsing, input_value='nope', \
         input_type=str]\n    For further information visit https://errors.pydantic.dev/2.12/v/uuid_parsing\n\
         cursor\n  Input should be a valid integer, got a number with a fractional part \
         [type=int_from_float, input_value=1.5, input_type=float]\n    \
         For further information visit https://errors.pydantic.dev/2.12/v/int_from_float"
    );
    let words = complain(
        r#"{"type":"synthesize","document_id":7,"block_indices":[0,"x",null],"model":true,"voice":"v"}"#,
    );
    for part in [
        "4 validation errors",
        "document_id\n  UUID input should be a string, bytes or UUID object [type=uuid_type, input_value=7, input_type=int]",
        "block_indices.1\n  Input should be a valid integer, unable to parse string as an integer [type=int_parsing, input_value='x', input_type=str]",
        "block_indices.2\n  Input should be a valid integer [type=int_type, input_value=None, input_type=NoneType]",
        "model\n  Input should be a valid string [type=string_type, input_value=True, input_type=bool]",
    ] {
        assert!(words.contains(part), "{part}\nnot in\n{words}");
    }
    for (id, problem) in [
        ("9db4c472", "invalid length: expected length 32 for simple format, found 8"),
        ("9db4-c472", "invalid group count: expected 5, found 2"),
        ("9db4c47-317f-4463-b939-68c02d21f32a", "invalid group length in group 0: expected 8, found 7"),
    ] {
        let words = complain(&format!(r#"{{"type":"cursor_moved","document_id":"{id}","cursor":0}}"#));
        assert!(words.contains(&format!("valid UUID, {problem} [type=uuid_parsing")), "{words}");
    }
    assert_eq!(complain(r#"{"a":1}"#), "Unknown message type: None");
    assert_eq!(complain("[1, 2]"), "Internal server error");
}
