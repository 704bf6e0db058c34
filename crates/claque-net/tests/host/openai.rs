//! OpenAI-compatible speech over loopback, byte by byte.

use std::num::NonZeroU32;

use claque_core::{
    rng::Seed,
    time::{Duration, MediaTime, Speed},
};
use claque_front::openai::{Dialect, OpenaiConfig};
use claque_gateway::{
    Batching, LengthModel, ServiceModel, StreamEffect, StreamFault, StreamSelector, StreamingConfig,
};
use claque_net::host::{CommandEngine, EngineChoice, Host, OpenaiHostOptions};
use claque_wire::audio::AudioMeter;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::Instant,
};

use crate::stage::{call, soon, until};

const SPEECH: &str = "/v1/audio/speech";

fn config(dialect: &str) -> OpenaiConfig {
    let streaming = StreamingConfig {
        first_chunk: ServiceModel::Fixed(Duration::from_millis(60)),
        rate: Speed::from_thousandths(4_000).unwrap(),
        chunk: MediaTime::from_millis(200),
        length: LengthModel::Fixed(MediaTime::from_millis(1_000)),
        slots: NonZeroU32::new(4).unwrap(),
        batching: Batching::Slowdown { thousandths: 0 },
        ..StreamingConfig::default()
    };
    OpenaiConfig { streaming, ..OpenaiConfig::of(Dialect::named(dialect).unwrap()) }
}

fn faulty(effect: StreamEffect) -> OpenaiConfig {
    let faults = vec![StreamFault { selector: StreamSelector::Nth(0), effect }];
    OpenaiConfig { faults, ..config("openai") }
}

fn start(config: OpenaiConfig) -> Host {
    start_with(config, EngineChoice::Synthetic)
}

fn start_with(config: OpenaiConfig, engine: EngineChoice) -> Host {
    let bind = "127.0.0.1:0".parse().unwrap();
    Host::start_openai(OpenaiHostOptions { bind, config, engine, seed: Seed::root(1) }).unwrap()
}

fn wanted(format: &str) -> String {
    format!(r#"{{"model":"tts-1","voice":"alloy","input":"Hello there.","response_format":"{format}"}}"#)
}

/// A request written out, and what comes until the connection ends or nothing comes for that long.
struct Raw {
    stream: TcpStream,
    came: Vec<u8>,
}

impl Raw {
    async fn send(host: &Host, body: &str) -> Self {
        let mut stream = TcpStream::connect(host.address()).await.unwrap();
        let head = format!("POST {SPEECH} HTTP/1.1\r\nhost: test\r\ncontent-length: {}\r\n\r\n", body.len());
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(body.as_bytes()).await.unwrap();
        Self { stream, came: Vec::new() }
    }

    /// Reads until `done` holds for what came; gives false when the connection ends before.
    async fn read_until(&mut self, done: impl Fn(&[u8]) -> bool) -> bool {
        while !done(&self.came) {
            match soon(self.stream.read_buf(&mut self.came)).await {
                Ok(0) | Err(_) => return false,
                Ok(_) => {}
            }
        }
        true
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.came).into_owned()
    }
}

fn ended(came: &[u8]) -> bool {
    came.ends_with(b"\r\n0\r\n\r\n")
}

fn media(body: &[u8]) -> MediaTime {
    let mut meter = AudioMeter::new();
    meter.push(body).unwrap();
    meter.finish().unwrap().media
}

#[tokio::test]
async fn all_formats_are_audio_of_the_length_that_the_engine_made() {
    let host = start(config("openai"));
    for format in ["wav", "flac", "opus", "mp3", "aac"] {
        let reply = call(&host, "POST", SPEECH, &[], wanted(format)).await;
        assert_eq!(reply.status, 200, "{format}");
        let length = media(&reply.body).as_millis_f64();
        let packet = match format {
            "mp3" => 24.0,
            "aac" => 43.0,
            _ => 0.001,
        };
        assert!((1_000.0..=1_000.0 + packet).contains(&length), "{format}: {length} ms");
    }
    let pcm = call(&host, "POST", SPEECH, &[], wanted("pcm")).await;
    assert_eq!(pcm.body.len(), 48_000);
    assert!(pcm.body.iter().any(|byte| *byte > 3), "it is speech and no silence");
    host.stop();
}

#[tokio::test]
async fn pieces_arrive_when_they_are_made() {
    let host = start(config("openai"));
    let sent = Instant::now();
    let mut raw = Raw::send(&host, &wanted("pcm")).await;
    assert!(raw.read_until(|came| came.windows(4).any(|window| window == b"\r\n\r\n")).await);
    let head = raw.text().to_lowercase();
    assert!(
        head.contains("transfer-encoding: chunked") && head.contains("content-type: audio/pcm"),
        "{head}"
    );
    // 200 ms of audio a piece; the first after 60 ms, the others 50 ms apart. Never earlier; how much later is the machine's.
    for (pieces, earliest) in [(1, 60), (2, 110), (5, 260)] {
        assert!(raw.read_until(|came| came.len() >= pieces * 9_600).await);
        assert!(sent.elapsed() >= Duration::from_millis(earliest), "{pieces} after {:?}", sent.elapsed());
    }
    assert!(raw.read_until(ended).await);
    host.stop();
}

#[tokio::test]
async fn a_connection_is_kept_behind_a_stream_unless_the_dialect_closes_it() {
    let host = start(config("openai"));
    let mut connection = crate::stage::Keeping::open(&host).await;
    for _ in 0..2 {
        assert_eq!(connection.call("POST", SPEECH, &[], wanted("wav")).await.status, 200);
    }
    host.stop();
    let host = start(config("wyoming-openai"));
    let body = r#"{"voice":"en_US-joe-medium","input":"Hi.","stream":true}"#;
    let mut raw = Raw::send(&host, body).await;
    assert!(!raw.read_until(|_| false).await, "the server closes");
    assert!(raw.text().contains("connection: close") && ended(&raw.came));
    host.stop();
}

#[tokio::test]
async fn a_break_leaves_the_body_without_its_end() {
    let host = start(faulty(StreamEffect::Break { after: MediaTime::from_millis(500) }));
    let mut raw = Raw::send(&host, &wanted("pcm")).await;
    assert!(!raw.read_until(ended).await, "the connection ends first");
    assert!(raw.came.len() > 2 * 9_600, "what was sent before arrives");
    host.stop();
}

#[tokio::test]
async fn silence_lasts_until_the_client_goes() {
    let host = start(faulty(StreamEffect::Silence));
    let mut raw = Raw::send(&host, &wanted("wav")).await;
    assert!(raw.read_until(|came| came.windows(4).any(|window| window == b"data")).await);
    let more = tokio::time::timeout(Duration::from_millis(150), raw.stream.read_u8()).await;
    assert!(more.is_ok_and(|read| read.is_ok()) || raw.came.len() < 400, "nothing but the header's rest");
    drop(raw);
    assert_eq!(call(&host, "POST", SPEECH, &[], wanted("pcm")).await.status, 200);
    host.stop();
}

#[tokio::test]
async fn who_leaves_holds_a_slot_until_the_work_is_done() {
    let mut config = config("openai");
    config.streaming.slots = NonZeroU32::MIN;
    let host = start(config);
    let mut raw = Raw::send(&host, &wanted("pcm")).await;
    assert!(raw.read_until(|came| came.len() > 9_600).await);
    let left = Instant::now();
    drop(raw);
    // The rest of the work is 150 ms and more, and then 60 for the first piece.
    let mut next = Raw::send(&host, &wanted("pcm")).await;
    assert!(next.read_until(|came| came.len() > 9_600).await);
    assert!(left.elapsed() >= Duration::from_millis(150), "{:?}", left.elapsed());
    host.stop();
}

#[tokio::test]
async fn health_does_not_wait_for_the_engine() {
    let host = start(faulty(StreamEffect::Stuck { held: None }));
    let mut raw = Raw::send(&host, &wanted("wav")).await;
    assert!(raw.read_until(|came| came.windows(4).any(|window| window == b"\r\n\r\n")).await);
    let health = call(&host, "GET", "/health", &[], "").await;
    assert_eq!((health.status.as_u16(), health.json()["status"].as_str()), (200, Some("ok")));
    host.stop();
}

#[tokio::test]
async fn a_refusal_and_a_missing_key_have_the_dialects_words() {
    let effect = StreamEffect::Refuse { status: 429, retry_after: Some(Duration::from_secs(3)) };
    let host = start(OpenaiConfig { api_keys: vec!["right".into()], ..faulty(effect) });
    let without = call(&host, "POST", SPEECH, &[], wanted("wav")).await;
    assert_eq!((without.status.as_u16(), &without.json()["error"]["code"]), (401, &"invalid_api_key".into()));
    let key = [("authorization", "Bearer right")];
    let refused = call(&host, "POST", SPEECH, &key, wanted("wav")).await;
    assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (429, Some("3")));
    assert_eq!(refused.json()["error"]["code"], "rate_limit_exceeded");
    assert_eq!(call(&host, "POST", SPEECH, &key, wanted("wav")).await.status, 200);
    host.stop();
}

#[tokio::test]
async fn figures_count_calls_and_answers_with_speech() {
    let host = start(config("openai"));
    let _pcm = call(&host, "POST", SPEECH, &[], wanted("pcm")).await;
    let _lost = call(&host, "GET", "/nosuch", &[], "").await;
    until(&host, |stats| stats.audio_served == 1 && stats.requests == 2).await;
    assert!(host.load().is_none() && host.page_log().is_none());
    host.stop();
}

#[tokio::test]
async fn a_program_speaks_at_the_rate_of_the_dialect() {
    // A program that is on every machine of a developer: it copies a WAV of 16 kHz that lies here.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spoken.wav");
    let rate = claque_core::time::SampleRate::new(16_000).unwrap();
    std::fs::write(&path, claque_wire::audio::wav::write(&[900; 16_000], rate, 1)).unwrap();
    let command = CommandEngine::parse(&format!("cat '{}'", path.display())).unwrap();
    let host = start_with(config("openai"), EngineChoice::Command(command));
    let pcm = call(&host, "POST", SPEECH, &[], wanted("pcm")).await;
    assert_eq!(pcm.body.len(), 48_000);
    let mp3 = call(&host, "POST", SPEECH, &[], wanted("mp3")).await;
    assert_eq!(mp3.status, 400);
    assert!(mp3.json()["error"]["message"].as_str().unwrap().contains("ask for pcm, wav or flac"));
    host.stop();
}

#[tokio::test]
async fn a_program_that_fails_is_an_error_in_words() {
    let command = CommandEngine::parse("false").unwrap();
    let config = OpenaiConfig { head: claque_front::openai::HeadTime::WithAudio, ..config("openai") };
    let host = start_with(config, EngineChoice::Command(command));
    let reply = call(&host, "POST", SPEECH, &[], wanted("wav")).await;
    assert_eq!(reply.status, 500);
    assert!(reply.json()["error"]["message"].as_str().unwrap().starts_with("false: "), "{:?}", reply.body);
    host.stop();
}
