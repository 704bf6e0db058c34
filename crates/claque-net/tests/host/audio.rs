//! Audio of the host, as the tools of the reference implementation read it.

use std::{path::Path, process::Command, time::Duration};

use bytes::Bytes;
use claque_core::time::{MediaTime, SampleRate};
use claque_front::yapit::gateway::GatewayConfig;
use claque_gateway::{AudioFault, AudioFormat, AudioRule, BlockSelector, LengthModel, Turn};
use claque_net::host::{CommandEngine, Host};
use claque_wire::audio::{AudioMeter, wav};

use crate::stage::{Keeping, Socket, call, document, paragraphs, quick, start, start_engine};

/// How far a decoder's length may be off: one packet.
const FRAME_MS: f64 = 20.0;

/// A host whose blocks all last that long.
fn lasting(media: MediaTime, format: AudioFormat) -> Host {
    let mut config = quick();
    for model in &mut config.models {
        (model.length, model.format) = (LengthModel::Fixed(media), format);
    }
    start(config)
}

/// Asks for the first block; its declared length in milliseconds, its content type, and its body.
async fn first_block(host: &Host, document: &str) -> (f64, String, Bytes) {
    let mut socket = Socket::open(host, "").await.unwrap();
    socket.ask(document, &[0]).await;
    let ready = socket.until_over(1).await.pop().unwrap();
    assert_eq!(ready["status"], "cached", "{ready}");
    let url = format!("/api{}", ready["audio_url"].as_str().unwrap());
    let reply = call(host, "GET", &url, &[], "").await;
    assert_eq!(reply.status, 200);
    let content_type = reply.header("content-type").unwrap().to_owned();
    (ready["duration_ms"].as_f64().unwrap(), content_type, reply.body)
}

fn run(program: &str, args: &[&str], file: &Path) -> String {
    let run = Command::new(program).args(args).arg(file).output();
    let run = run.unwrap_or_else(|error| panic!("{program} is needed (apt-get install opus-tools): {error}"));
    let words = [run.stdout, run.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(run.status.success(), "{program}: {words}");
    words
}

/// What opusdec makes of a body, at 48 kHz; opusinfo must have nothing to say against it.
fn decode(body: &[u8]) -> Vec<i16> {
    let folder = tempfile::tempdir().unwrap();
    let (ogg, out) = (folder.path().join("body.ogg"), folder.path().join("body.wav"));
    std::fs::write(&ogg, body).unwrap();
    let words = run("opusinfo", &[], &ogg);
    for bad in ["WARNING", "ERROR", "hole", "rror"] {
        assert!(!words.contains(bad), "{words}");
    }
    run("opusdec", &["--quiet", "--rate", "48000", ogg.to_str().unwrap()], &out);
    let decoded = wav::read(&std::fs::read(out).unwrap()).unwrap();
    let channels = usize::from(decoded.channels);
    decoded.samples.into_iter().step_by(channels).collect()
}

fn milliseconds(samples: &[i16]) -> f64 {
    MediaTime::from_samples(u64::try_from(samples.len()).unwrap(), SampleRate::OPUS).as_millis_f64()
}

fn milliseconds_of(length: u64) -> f64 {
    MediaTime::from_millis(length).as_millis_f64()
}

fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap())
}

/// Share of 20 ms pieces that can be heard.
fn audible(samples: &[i16]) -> f64 {
    let pieces: Vec<_> = samples.chunks(960).collect();
    let heard = pieces.iter().filter(|piece| piece.iter().any(|sample| sample.unsigned_abs() > 300));
    count(heard.count()) / count(pieces.len())
}

#[tokio::test]
async fn modelled_audio_is_ogg_opus_of_the_declared_length() {
    for length in [1, 20, 1_234, 5_000, 61_000] {
        let host = lasting(MediaTime::from_millis(length), AudioFormat::OggOpus);
        let document = paragraphs(&host, 1).await;
        let (declared, content_type, body) = first_block(&host, &document).await;
        assert_eq!((declared, content_type.as_str()), (milliseconds_of(length), "audio/ogg"));
        let mut meter = AudioMeter::new();
        meter.push(&body).unwrap();
        assert_eq!(meter.finish().unwrap().media, MediaTime::from_millis(length));
        let samples = decode(&body);
        assert!(
            (milliseconds(&samples) - declared).abs() <= FRAME_MS,
            "{length}: {}",
            milliseconds(&samples)
        );
        if length >= 5_000 {
            let rate = count(body.len()) * 8.0 / declared;
            assert!((28.0..52.0).contains(&rate), "{rate} kbit/s");
            let heard = audible(&samples);
            assert!((0.5..0.95).contains(&heard), "speech has sound and pauses, this has {heard}");
        }
    }
}

/// The head promises all of it; half of it comes, and then the end of the connection.
#[tokio::test]
async fn a_fault_breaks_audio_off_in_the_middle_and_another_sends_something_else() {
    let rule = |first, fault| AudioRule {
        selector: BlockSelector::Every,
        turn: Turn { first, times: Some(1) },
        fault,
    };
    let mut config = quick();
    config.faults.audio = vec![rule(0, AudioFault::Cut), rule(1, AudioFault::NotAudio)];
    let host = start(config);
    let document = paragraphs(&host, 1).await;
    let mut socket = Socket::open(&host, "").await.unwrap();
    socket.ask(&document, &[0]).await;
    let ready = socket.until_over(1).await.pop().unwrap();
    let url = format!("/api{}", ready["audio_url"].as_str().unwrap());
    let mut connection = Keeping::open(&host).await;
    let (promised, body) = connection.fetch_broken(&url).await;
    let odd = call(&host, "GET", &url, &[], "").await;
    assert!(odd.status == 200 && AudioMeter::new().push(&odd.body).is_err(), "{odd:?}");
    let whole = call(&host, "GET", &url, &[], "").await;
    assert_eq!((promised, body), (whole.body.len(), whole.body.slice(..promised / 2)));
    assert_eq!(odd.header("content-type"), whole.header("content-type"));
}

#[tokio::test]
async fn different_texts_sound_different() {
    let host = lasting(MediaTime::from_millis(3_000), AudioFormat::OggOpus);
    let (one, two) = (document(&host, "", "One text.").await, document(&host, "", "Another text.").await);
    let first = first_block(&host, &one).await.2;
    assert_ne!(first, first_block(&host, &two).await.2);
    assert_eq!(first, first_block(&host, &one).await.2, "and the same text always the same");
}

#[tokio::test]
async fn modelled_audio_can_be_wav() {
    let host = lasting(MediaTime::from_millis(1_234), AudioFormat::Wav);
    let document = paragraphs(&host, 1).await;
    let (declared, content_type, body) = first_block(&host, &document).await;
    assert_eq!((declared, content_type.as_str()), (1_234.0, "audio/wav"));
    let wav = wav::read(&body).unwrap();
    assert_eq!((wav.rate.hertz(), wav.channels, wav.samples.len()), (24_000, 1, 24 * 1_234));
    assert!(wav.samples.iter().any(|sample| sample.unsigned_abs() > 1_000));
}

#[tokio::test]
async fn espeak_ng_speaks_through_the_host() {
    let engine = CommandEngine::preset("espeak-ng", None).unwrap();
    let host = start_engine(GatewayConfig::current(), engine);
    let text =
        "This is a paragraph that a listener hears, \u{e9}\u{e0}\u{fc}, while the next one is on its way.";
    let document = document(&host, "", text).await;
    let (declared, content_type, body) = first_block(&host, &document).await;
    assert_eq!(content_type, "audio/ogg");
    assert!((3_000.0..12_000.0).contains(&declared), "{declared} ms for {} characters", text.len());
    let samples = decode(&body);
    assert!(
        (milliseconds(&samples) - declared).abs() <= FRAME_MS,
        "{declared} but {}",
        milliseconds(&samples)
    );
    let mut meter = AudioMeter::new();
    meter.push(&body).unwrap();
    let media = meter.finish().unwrap().media.as_millis_f64();
    assert!(
        (0.0..1.0).contains(&(media - declared)),
        "what is declared is rounded down: {declared}, {media}"
    );
    assert!(audible(&samples) > 0.6, "{}", audible(&samples));
}

#[tokio::test]
async fn espeak_ng_can_be_spoken_to_by_argument_and_file() {
    let mut engine = CommandEngine::parse("espeak-ng -v en-us -w {output} {text}").unwrap();
    engine.timeout = Duration::from_secs(10);
    let mut config = GatewayConfig::current();
    config.models[0].format = AudioFormat::Wav;
    let host = start_engine(config, engine);
    let document = document(&host, "", "A short text.").await;
    let (declared, content_type, body) = first_block(&host, &document).await;
    assert_eq!(content_type, "audio/wav");
    let wav = wav::read(&body).unwrap();
    let frames = MediaTime::from_samples(u64::try_from(wav.samples.len()).unwrap(), wav.rate).as_millis_f64();
    assert!((frames - declared).abs() < 1.0, "{frames}, {declared}");
}
