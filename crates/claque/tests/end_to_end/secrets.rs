//! A service that says back what it was shown, in whatever it answers.

use claque_core::time::Duration;
use serde_json::Value;

use crate::{
    canned::{self, Answers, BLOCKS, CREATED, MODELS},
    program::{assert_none_holds, run_with},
    stream_server::{Answer, Lists, StreamServer, paced},
    under_way::slow_host,
};

const TOKEN: &str = "SEKRET-token/with+signs-0123456789";
/// The token as it stands, as a URL writes it, and in other letters.
const ECHO: &str = r#"{"detail":"no: SEKRET-token/with+signs-0123456789 SEKRET-token%2Fwith%2Bsigns-0123456789 sekret-TOKEN/with+signs-0123456789"}"#;

#[test]
fn a_token_that_is_said_back_is_nowhere_to_be_read() {
    let deleted = ("DELETE /api/v1/documents/", "403 Forbidden", ECHO);
    let answers: [Vec<(&str, &str, &str)>; 4] = [
        vec![("", "401 Unauthorized", ECHO)],
        vec![MODELS, ("POST /api/v1/documents/text", "403 Forbidden", ECHO)],
        vec![MODELS, CREATED, ("GET /api/v1/documents/", "500 Internal Server Error", ECHO), deleted],
        // The handshake of the WebSocket.
        vec![MODELS, CREATED, BLOCKS, deleted, ("GET /api/v1/ws/tts", "403 Forbidden", ECHO)],
    ];
    for answers in answers {
        let answers: Answers = Vec::leak(answers);
        let address = canned::serve(answers);
        let url = format!("http://{address}");
        let audience = ["--users", "2", "--blocks", "2", "--timeout", "2", "--reconnect", "off"];
        let ran = run_with("run", &[&audience[..], &["--base-url", &url]].concat(), |command| {
            command.env("CLAQUE_TOKEN", TOKEN)
        });
        assert_ne!(ran.code, Some(0));
        let mut artefacts = ran.artefacts();
        if ran.run.is_some() {
            // Columns are packed.
            artefacts.push(("the facts".to_owned(), format!("{:?}", ran.errors()).into_bytes()));
        }
        assert_none_holds(&artefacts, &["SEKRET", "sekret"]);
        let said = format!("{}{}", ran.stdout, ran.stderr);
        assert!(said.contains("no: "), "the service's other words are told: {said}");
    }
}

/// Names with the key in them, as a proxy may have them.
const LISTS: Lists = &[
    ("/v1/models", r#"{"object":"list","data":[{"id":"m-hush-hush-1","object":"model"}]}"#),
    ("/v1/audio/voices", r#"{"voices":["v/hush-hush-1","other"]}"#),
];

#[test]
fn a_name_with_the_key_in_it_is_sent_as_the_service_listed_it_and_told_without_the_key() {
    let server = StreamServer::start_with_lists(Answer::audio("audio/pcm", paced(2, Duration::ZERO)), LISTS);
    let url = server.base_url();
    let audience = ["--protocol", "openai", "--base-url", &url, "--users", "1", "--blocks", "2"];
    let ran = run_with("run", &audience, |command| command.env("OPENAI_API_KEY", "hush-hush-1"));
    ran.assert_valid();
    let sent = server.log().sent;
    assert_eq!(sent.len(), 2, "{sent:?}");
    for (_, body) in &sent {
        let request: Value = serde_json::from_str(body).unwrap();
        assert_eq!(
            (&request["model"], &request["voice"]),
            (&"m-hush-hush-1".into(), &"v/hush-hush-1".into())
        );
    }
    assert_none_holds(&ran.artefacts(), &["hush-hush"]);
    let manifest = ran.manifest();
    assert_eq!(
        (&manifest["config"]["model"], &manifest["config"]["voice"]),
        (&"m-[secret]".into(), &"v/[secret]".into())
    );
    let notes = manifest["verdict"]["notes"].as_array().unwrap();
    let note = notes.iter().find(|note| note["id"] == "secret-in-name").unwrap()["text"].as_str().unwrap();
    assert!(
        note.contains("the model `m-[secret]`, the voice `v/[secret]`; requests have the name as it is"),
        "{note}"
    );
}

#[test]
fn a_voice_that_is_called_like_the_token_is_asked_for_by_its_name() {
    let host = slow_host();
    let url = host.base_url();
    let ran =
        run_with("run", &["--base-url", &url, "--users", "1", "--blocks", "1", "--speed", "4"], |command| {
            command.env("CLAQUE_TOKEN", "af_heart")
        });
    ran.assert_valid();
    assert_eq!(ran.manifest()["config"]["voice"], "[secret]");
}
