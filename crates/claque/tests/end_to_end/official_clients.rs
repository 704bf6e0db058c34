//! The official Python and Node clients of the OpenAI API against our gateway of speech, as their users would write it.

use std::{path::PathBuf, process::Command};

use serde_json::{Value, json};

use crate::{
    other_programs::{StartedServer, named_by, script},
    program::claque,
};

const KEY: &str = "sk-of-the-test";
/// Bytes of the speech, a second at 24 kHz and 16 bits.
const SAMPLES: u64 = 48_000;
/// What is asked for in turn: the gateway of [`gateway`] refuses the first request for speech, and breaks the second off.
const CASES: [&str; 15] = [
    "stream:pcm",
    "stream:pcm",
    "whole:pcm",
    "whole:wav",
    "whole:mp3",
    "whole:opus",
    "whole:aac",
    "whole:flac",
    "whole:mp9",
    "stream:pcm",
    "stream:wav",
    "sse:pcm",
    "models",
    "wrong_model",
    "wrong_key",
];

/// A language of clients: the program, and what the client raises when a connection breaks.
struct Client {
    program: PathBuf,
    script: &'static str,
    broken: &'static str,
}

#[test]
fn the_python_client_is_answered_as_it_expects() {
    let Some(program) = named_by("CLAQUE_TEST_PYTHON") else { return };
    Client { program, script: "speech_client.py", broken: "RemoteProtocolError" }.check();
}

#[test]
fn the_node_client_is_answered_as_it_expects() {
    if named_by("CLAQUE_TEST_NODE_MODULES").is_none() {
        return;
    }
    Client { program: "node".into(), script: "speech_client.mjs", broken: "TypeError" }.check();
}

#[test]
fn events_of_another_dialect_reach_the_python_client() {
    let Some(program) = named_by("CLAQUE_TEST_PYTHON") else { return };
    let client = Client { program, script: "speech_client.py", broken: "" };
    let gateway = gateway("speaches", "[]");
    let lines = client.ask(&gateway, &["sse:pcm"]);
    let (last, deltas) = lines[0]["types"].as_array().unwrap().split_last().unwrap();
    assert_eq!(last, "speech.audio.done", "{lines:?}");
    assert!(deltas.len() >= 5 && deltas.iter().all(|kind| kind == "speech.audio.delta"), "{lines:?}");
    assert_eq!(lines[0]["bytes"], SAMPLES);
}

impl Client {
    #[track_caller]
    fn check(&self) {
        let faults = r#"[
            { select = { first = 1 }, effect = { refuse = { status = 429, retry_after_seconds = 30 } } },
            { select = { first = 2 }, effect = { break = { after_seconds = 0.4 } } },
        ]"#;
        let lines = self.ask(&gateway("openai", faults), &CASES);
        let told: Vec<&str> = lines.iter().map(|line| line["case"].as_str().unwrap()).collect();
        assert_eq!(told, CASES);
        assert_raised(&lines[0], "RateLimitError", 429, "rate_limit_exceeded");
        assert_eq!(lines[1]["raised"], self.broken, "a stream that breaks is no short one: {}", lines[1]);
        // Samples and WAV to the byte; of the others, that they begin as such files do.
        assert_audio(&lines[2], "audio/pcm", "", SAMPLES..=SAMPLES);
        assert_audio(&lines[3], "audio/wav", "52494646", SAMPLES + 44..=SAMPLES + 44);
        assert_audio(&lines[4], "audio/mpeg", "fff", 1_000..=SAMPLES / 2);
        assert_audio(&lines[5], "audio/opus", "4f676753", 1_000..=SAMPLES / 2);
        assert_audio(&lines[6], "audio/aac", "fff", 1_000..=SAMPLES / 2);
        assert_audio(&lines[7], "audio/flac", "664c6143", SAMPLES..=SAMPLES + 1_000);
        assert_raised(&lines[8], "BadRequestError", 400, "invalid_value");
        for (line, more) in [(&lines[9], 0), (&lines[10], 44)] {
            assert_eq!(line["bytes"], SAMPLES + more, "{line}");
            assert!(line["parts"].as_u64().unwrap() > 1, "it came while it was made: {line}");
        }
        self.assert_events(&lines[11]);
        assert_eq!(lines[12]["models"], json!(["tts-1", "tts-1-hd", "gpt-4o-mini-tts"]));
        assert_raised(&lines[13], "NotFoundError", 404, "model_not_found");
        assert_raised(&lines[14], "AuthenticationError", 401, "invalid_api_key");
        assert!(!lines[14].to_string().contains("not-the-key"), "{}", lines[14]);
    }

    #[track_caller]
    fn assert_events(&self, line: &Value) {
        assert_audio(line, "text/event-stream; charset=utf-8", "", SAMPLES..=SAMPLES);
        assert_eq!(line["types"].as_array().unwrap().last().unwrap(), "speech.audio.done", "{}", self.script);
        let usage = |key: &str| line["usage"][key].as_u64().unwrap();
        assert_eq!(usage("input_tokens") + usage("output_tokens"), usage("total_tokens"), "{line}");
    }

    /// What the client prints of each case.
    #[track_caller]
    fn ask(&self, gateway: &StartedServer, cases: &[&str]) -> Vec<Value> {
        let mut command = Command::new(&self.program);
        command.arg(script(self.script)).args([gateway.base_url(), KEY]).args(cases);
        for proxy in ["http_proxy", "https_proxy", "all_proxy"] {
            command.env_remove(proxy).env_remove(proxy.to_uppercase());
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let lines = String::from_utf8(output.stdout).unwrap();
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// The program's gateway: a second of speech for whatever text, in five pieces.
#[track_caller]
fn gateway(dialect: &str, faults: &str) -> StartedServer {
    let faults = format!("faults.streams={}", faults.replace('\n', " "));
    let arguments = ["serve", "--protocol", "openai", "--dialect", dialect, "--bind", "127.0.0.1:0"];
    let settings = [
        "stream.length={ fixed_seconds = 1 }",
        "stream.first_chunk={ fixed_seconds = 0.05 }",
        "stream.chunk_seconds=0.2",
        r#"openai.models=["tts-1","tts-1-hd","gpt-4o-mini-tts"]"#,
        r#"openai.voices=["alloy"]"#,
    ];
    let mut command = claque(&arguments);
    for setting in settings.into_iter().chain([&*faults]) {
        command.args(["--gateway-set", setting]);
    }
    StartedServer::start(command.env("CLAQUE_GATEWAY_API_KEYS", KEY)).expect("the gateway says its address")
}

#[track_caller]
fn assert_audio(line: &Value, kind: &str, begins: &str, bytes: std::ops::RangeInclusive<u64>) {
    assert_eq!(line["type"], kind, "{line}");
    assert!(line["begins"].as_str().unwrap().starts_with(begins), "{line}");
    assert!(bytes.contains(&line["bytes"].as_u64().unwrap()), "{line}");
}

#[track_caller]
fn assert_raised(line: &Value, error: &str, status: u16, code: &str) {
    assert_eq!(line["raised"], error, "{line}");
    assert_eq!((&line["status"], &line["code"]), (&json!(status), &json!(code)), "{line}");
}
