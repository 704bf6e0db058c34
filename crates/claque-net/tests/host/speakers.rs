//! Engines that stay up: programs that speak one text after the other, and other people's services behind a gateway of ours.

use std::{num::NonZeroU32, path::Path, time::Duration};

use claque_core::{
    secret::Secret,
    time::{MediaTime, SampleRate},
};
use claque_front::openai::{Dialect, HeadTime, OpenaiConfig};
use claque_gateway::{LengthModel, ServiceModel, StreamingConfig};
use claque_net::{
    host::{EngineChoice, Host, HostError, OpenaiEngine, OpenaiHostOptions, PersistentEngine, WyomingEngine},
    service::Target,
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpListener,
};

use crate::stage::{Reply, call, soon};

const SPEECH: &str = "/v1/audio/speech";

/// Speaks as `docs/engines.md` says: half a second at 24 kHz for every text but some. Each start leaves a line in a file.
const SCRIPT: &str = r#"
echo up >> "$1/starts"
echo '{"ready": true}'
while read -r line; do
  case "$line" in
    *die*) echo "out of memory" >&2; exit 3 ;;
    *hang*) exec sleep 600 ;;
    *refuse*) echo '{"error": "no such voice"}' ;;
    *babble*) echo 'loading ...' ;;
    *short*) echo '{"bytes": 99}'; printf RIFF; exit 0 ;;
    *) echo "{\"bytes\": 24044}"; cat "$1/spoken.wav" ;;
  esac
done
"#;

fn config() -> OpenaiConfig {
    let streaming = StreamingConfig {
        first_chunk: ServiceModel::Fixed(Duration::from_millis(10)),
        length: LengthModel::Fixed(MediaTime::from_millis(1_000)),
        slots: NonZeroU32::new(4).unwrap(),
        ..StreamingConfig::default()
    };
    let dialect = Dialect::named("openai").unwrap();
    OpenaiConfig { streaming, head: HeadTime::WithAudio, ..OpenaiConfig::of(dialect) }
}

fn start(engine: EngineChoice) -> Result<Host, HostError> {
    start_with(config(), engine)
}

fn start_with(config: OpenaiConfig, engine: EngineChoice) -> Result<Host, HostError> {
    let bind = "127.0.0.1:0".parse().unwrap();
    let seed = claque_core::rng::Seed::root(1);
    Host::start_openai(OpenaiHostOptions { bind, config, engine, seed })
}

fn program(folder: &Path, script: &str) -> PersistentEngine {
    let rate = SampleRate::new(24_000).unwrap();
    let wav = claque_wire::audio::wav::write(&[900; 12_000], rate, 1);
    std::fs::write(folder.join("spoken.wav"), wav).unwrap();
    std::fs::write(folder.join("engine.sh"), script).unwrap();
    let (script, folder) = (folder.join("engine.sh"), folder.display());
    PersistentEngine::parse(&format!("sh '{}' '{folder}'", script.display())).unwrap()
}

async fn ask(host: &Host, text: &str) -> Reply {
    let body = format!(r#"{{"model":"tts-1","voice":"alloy","input":"{text}","response_format":"pcm"}}"#);
    call(host, "POST", SPEECH, &[], body).await
}

/// The words of a block that failed.
async fn failure(host: &Host, text: &str) -> String {
    let reply = ask(host, text).await;
    assert_eq!(reply.status, 500, "{:?}", reply.body);
    reply.json()["error"]["message"].as_str().unwrap().to_owned()
}

#[track_caller]
fn starts(folder: &Path) -> usize {
    std::fs::read_to_string(folder.join("starts")).unwrap().lines().count()
}

#[tokio::test]
async fn a_program_that_stays_up_is_started_once_for_all_texts() {
    let folder = tempfile::tempdir().unwrap();
    let host = start(EngineChoice::Persistent(program(folder.path(), SCRIPT))).unwrap();
    assert_eq!(starts(folder.path()), 1, "it is up before anybody asks");
    for text in ["one", "two", "three"] {
        // Half a second of 24,000 samples of two bytes.
        assert_eq!(ask(&host, text).await.body.len(), 24_000);
    }
    assert_eq!(failure(&host, "refuse this").await, "sh: no such voice");
    assert_eq!(ask(&host, "four").await.body.len(), 24_000);
    assert_eq!(starts(folder.path()), 1, "a program that says what is wrong goes on");
    host.stop();
}

#[tokio::test]
async fn each_worker_has_a_process_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let slow = SCRIPT.replace("cat \"$1", "sleep 0.2; cat \"$1");
    let engine = PersistentEngine { processes: 3.try_into().unwrap(), ..program(folder.path(), &slow) };
    let host = start(EngineChoice::Persistent(engine)).unwrap();
    let replies = tokio::join!(ask(&host, "one"), ask(&host, "two"), ask(&host, "three"));
    assert!([replies.0, replies.1, replies.2].iter().all(|reply| reply.body.len() == 24_000));
    assert_eq!(starts(folder.path()), 3, "three at once were three processes, and no more");
    host.stop();
}

#[tokio::test]
async fn a_process_that_ends_hangs_or_babbles_fails_its_block_and_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let engine = program(folder.path(), SCRIPT);
    let engine = PersistentEngine { timeout: Duration::from_millis(500), ..engine };
    let host = start(EngineChoice::Persistent(engine)).unwrap();
    for (count, (text, words)) in (2..).zip([
        ("die now", "sh: ended with exit status: 3: out of memory"),
        ("hang now", "sh: took more than 500ms and was stopped"),
        ("babble now", "sh: wrote a line that is no answer: loading ..."),
        ("too short", "sh: ended with exit status: 0"),
    ]) {
        assert_eq!(failure(&host, text).await, words);
        assert_eq!(ask(&host, "again").await.body.len(), 24_000, "after {text}");
        assert_eq!(starts(folder.path()), count);
    }
    host.stop();
}

#[test]
fn a_program_that_never_gets_ready_is_found_before_anybody_asks() {
    let folder = tempfile::tempdir().unwrap();
    for (script, words) in [
        ("echo no voice >&2; exit 1", "failed to start the engine: sh: ended with exit status: 1: no voice"),
        ("echo hello", "failed to start the engine: sh: wrote a line that is no answer: hello"),
        ("echo '{}'", "failed to start the engine: sh: its first line is not {\"ready\": true}"),
        ("exec sleep 600", "failed to start the engine: sh: was not ready after 300ms, and was stopped"),
    ] {
        let engine = program(folder.path(), script);
        let engine = PersistentEngine { start_timeout: Duration::from_millis(300), ..engine };
        let error = start(EngineChoice::Persistent(engine)).unwrap_err();
        assert_eq!(error.to_string(), words);
    }
    let missing = PersistentEngine::parse("no-such-speaker").unwrap();
    let error = start(EngineChoice::Persistent(missing)).unwrap_err();
    assert!(matches!(error, HostError::MissingProgram { .. }), "{error:?}");
}

fn behind(host: &Host, key: Option<&str>) -> EngineChoice {
    EngineChoice::Openai(OpenaiEngine {
        target: Target::parse(&host.base_url()).unwrap(),
        model: None,
        voice: Some("nova".to_owned()),
        key: key.map(Secret::from),
    })
}

#[tokio::test]
async fn a_service_of_the_openai_api_speaks_behind_our_queue() {
    let theirs = start(EngineChoice::Synthetic).unwrap();
    let ours = start(behind(&theirs, None)).unwrap();
    // It makes a second of whatever is asked.
    assert_eq!(ask(&ours, "Hello there.").await.body.len(), 48_000);
    assert_eq!(theirs.stats().audio_served, 1);
    ours.stop();
    theirs.stop();
}

#[tokio::test]
async fn a_service_that_says_no_is_quoted_and_its_key_is_not() {
    let keys = OpenaiConfig { api_keys: vec![Secret::from("hush-theirs")], ..config() };
    let theirs = start_with(keys, EngineChoice::Synthetic).unwrap();
    let ours = start(behind(&theirs, Some("hush-theirs"))).unwrap();
    assert_eq!(ask(&ours, "Hello there.").await.body.len(), 48_000);
    let without = start(behind(&theirs, None)).unwrap();
    let words = failure(&without, "Hello there.").await;
    assert!(words.contains("its key belongs in CLAQUE_ENGINE_API_KEY"), "{words}");
    let wrong = start(behind(&theirs, Some("hush-other"))).unwrap();
    let words = failure(&wrong, "Hello there.").await;
    assert!(!words.contains("hush"), "{words}");
    theirs.stop();
    let words = failure(&ours, "Hello there.").await;
    assert!(!words.is_empty());
}

#[test]
fn a_service_that_is_not_there_is_found_before_anybody_asks() {
    let theirs = start(EngineChoice::Synthetic).unwrap();
    let (address, engine) = (theirs.address(), behind(&theirs, None));
    theirs.stop();
    for engine in [engine, EngineChoice::Wyoming(WyomingEngine::parse(&address.to_string()).unwrap())] {
        let words = start(engine).unwrap_err().to_string();
        let expected =
            format!("failed to start the engine: failed to reach 127.0.0.1, port {}", address.port());
        assert!(words.starts_with(&expected), "{words}");
    }
}

/// Events as wyoming-piper 2.5.2 writes them: data in a block of its own behind the header, samples behind that.
fn wyoming(samples: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut event = |kind: &str, data: &str, payload: &[u8]| {
        let payload_length = if payload.is_empty() {
            String::new()
        } else {
            format!(r#", "payload_length": {}"#, payload.len())
        };
        let length = data.len();
        bytes.extend(
            format!(r#"{{"type": "{kind}", "version": "1.10.2", "data_length": {length}{payload_length}}}"#)
                .into_bytes(),
        );
        bytes.push(b'\n');
        bytes.extend(data.as_bytes());
        bytes.extend(payload);
    };
    let format = r#"{"rate": 22050, "width": 2, "channels": 1, "timestamp": null}"#;
    event("audio-start", format, b"");
    for part in vec![7_u8; samples * 2].chunks(2_048) {
        event("audio-chunk", format, part);
    }
    event("audio-stop", r#"{"timestamp": null}"#, b"");
    bytes
}

/// Answers each text with these bytes, and gives what it was asked.
async fn wyoming_server(answers: Vec<Vec<u8>>) -> (EngineChoice, tokio::task::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serve = tokio::spawn(async move {
        let mut asked = Vec::new();
        for answer in std::iter::once(None).chain(answers.into_iter().map(Some)) {
            let (stream, _) = listener.accept().await.unwrap();
            // The first only looks whether somebody is there.
            let Some(answer) = answer else { continue };
            let mut stream = BufReader::new(stream);
            let mut line = String::new();
            stream.read_line(&mut line).await.unwrap();
            asked.push(line);
            stream.get_mut().write_all(&answer).await.unwrap();
        }
        asked
    });
    let engine = WyomingEngine::parse(&address.to_string()).unwrap();
    (EngineChoice::Wyoming(WyomingEngine { voice: Some("joe".to_owned()), ..engine }), serve)
}

#[tokio::test]
async fn a_wyoming_server_speaks_behind_our_queue() {
    let broken = wyoming(22_050)[..9_000].to_vec();
    let error = br#"{"type": "error", "data": {"text": "no such voice"}}
"#;
    let (engine, serve) = wyoming_server(vec![wyoming(22_050), broken, error.to_vec()]).await;
    let host = tokio::task::spawn_blocking(move || start(engine).unwrap()).await.unwrap();
    // A second, at our own rate of 24,000.
    assert_eq!(ask(&host, "Say \\\"one\\\".").await.body.len(), 48_000);
    assert_eq!(failure(&host, "two").await, "the engine hung up before its audio was whole");
    assert_eq!(failure(&host, "three").await, "no such voice");
    let asked: serde_json::Value = serde_json::from_str(&soon(serve).await.unwrap()[0]).unwrap();
    let data = serde_json::json!({ "text": "Say \"one\".", "voice": { "name": "joe" } });
    assert_eq!((&asked["type"], &asked["data"]), (&serde_json::json!("synthesize"), &data));
    host.stop();
}
