//! One listener plays so many blocks, with everything that is claque's own between the bytes of messages and audio and the
//! facts: codec, player, audio meter. No sockets and no clock, so that callgrind counts the same instructions every time;
//! `cargo xtask bench hot-path` does.

use std::{collections::VecDeque, hint::black_box, process::ExitCode};

use claque_core::{
    event::Event,
    ids::{BlockIdx, ListenerId},
    listener::{Behaviour, Listener, ListenerConfig},
    player::{Input, Output, PlayerConfig, PlayerPolicy, PlayerState},
    rng::Seed,
    time::{Duration, Instant, MediaTime, Speed},
};
use claque_wire::{
    audio::AudioMeter,
    yapit::{BlockStatus, ClientSession, Era, ServerMessage, SessionEvent, Status},
};

const DOCUMENT: &str = "9db4c472-317f-4463-b939-68c02d21f32a";
/// A block that a real server spoke: 36 KB of Ogg Opus.
const AUDIO: &[u8] = include_bytes!("../tests/data/yapit-current/block-0.ogg");
/// As much as one read of a connection brings.
const READ: usize = 16 << 10;

fn main() -> ExitCode {
    let Some(blocks) = std::env::args().nth(1).and_then(|text| text.parse().ok()) else {
        return ExitCode::from(2);
    };
    let facts = play(blocks);
    // Each block and the session have a fact; fewer would be a cheap path for the wrong reason.
    if facts < blocks { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Plays, and gives how many facts came of it.
fn play(blocks: usize) -> usize {
    let player = PlayerConfig {
        listener: ListenerId(0),
        document: DOCUMENT.to_owned(),
        chars: vec![80; blocks].into(),
        speed: Speed::NORMAL,
        policy: PlayerPolicy::YAPIT,
        timeout: Duration::from_secs(60),
        intended_at: Instant::START,
    };
    let (behaviour, seed) = (Behaviour::NONE, Seed::root(1));
    let mut listener = Listener::new(ListenerConfig { player, behaviour, voices: 1, seed });
    let mut session = ClientSession::new(DOCUMENT.to_owned(), "kokoro".to_owned(), "af_heart".to_owned());
    let (mut now, mut facts) = (Instant::START, 0);
    let mut inputs = VecDeque::from([Input::Start]);
    while listener.state() != PlayerState::Done {
        let input = inputs.pop_front().unwrap_or_else(|| {
            now = listener.poll_timeout().map_or(now, |(at, _)| at);
            Input::Wake
        });
        for output in listener.handle_input(now, input) {
            match output {
                Output::Dial => inputs.push_back(Input::Event(Event::Dialed { connect: Duration::ZERO })),
                Output::Ask { blocks, .. } => {
                    black_box(session.request(&blocks));
                    blocks.into_iter().for_each(|block| answer(&mut session, block, &mut inputs));
                }
                Output::Fact(fact) => {
                    black_box(fact);
                    facts += 1;
                }
                Output::Forget { .. } | Output::Move { .. } | Output::ChangeVoice { .. } | Output::Ended => {}
            }
        }
    }
    facts
}

/// What a service says of a block: that it waits, that it is ready; and then its audio.
fn answer(session: &mut ClientSession, block: BlockIdx, inputs: &mut VecDeque<Input>) {
    for status in [BlockStatus::Queued, BlockStatus::Cached] {
        let mut said = Vec::new();
        session.handle_text(&notice(block, status), &mut said);
        for event in said {
            match event {
                SessionEvent::Event(event) => inputs.push_back(Input::Event(event)),
                SessionEvent::Fetch { block, url, declared } => {
                    black_box(url);
                    hear(block, declared, inputs);
                }
            }
        }
    }
}

fn notice(block: BlockIdx, status: BlockStatus) -> String {
    ServerMessage::Status(Status {
        document_id: DOCUMENT.into(),
        block_idx: block.0.into(),
        status,
        audio_url: Some("/v1/audio/0f3a5b5cf1ad7f0d3c8a4be3d6f0f3a5".into()),
        error: None,
        recoverable: Some(true),
        model_slug: Some("kokoro".into()),
        voice_slug: Some("af_heart".into()),
        word_timestamps: None,
        duration_ms: (status == BlockStatus::Cached).then_some(6_340),
    })
    .encode(Era::Current)
}

/// Measures the audio as its bytes pass.
fn hear(block: BlockIdx, declared: Option<MediaTime>, inputs: &mut VecDeque<Input>) {
    let mut meter = AudioMeter::new();
    let mut media_bytes = 0;
    for part in AUDIO.chunks(READ) {
        let Ok(progress) = meter.push(part) else { return };
        let bytes = progress.media_bytes - media_bytes;
        media_bytes = progress.media_bytes;
        inputs.push_back(Input::Event(Event::Audio { block, delivered: progress.delivered, bytes }));
    }
    let Ok(finished) = meter.finish() else { return };
    let (media, findings) = (finished.media, finished.findings(declared));
    inputs.push_back(Input::Event(Event::Complete { block, media, findings }));
}
