//! One listener plays so many blocks, with everything that is claque's own between the bytes of messages and audio and the
//! facts: codec, player, audio meter. No sockets and no clock, so that callgrind counts the same instructions every time;
//! `cargo xtask bench hot-path` does.

use std::{collections::VecDeque, hint::black_box, process::ExitCode, sync::Arc};

use claque_core::{
    event::Event,
    ids::{BlockIdx, ListenerId},
    listener::{Behaviour, Listener, ListenerConfig},
    player::{Input, Output, PlayerConfig, PlayerPolicy, PlayerState},
    rng::Seed,
    time::{Duration, Instant, Speed},
};
use claque_wire::{
    session::{Action, Exchange, Protocol, Session, Subject},
    yapit::{BlockStatus, Era, ServerMessage, Status},
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
        document: DOCUMENT.into(),
        chars: vec![80; blocks].into(),
        speed: Speed::NORMAL,
        policy: PlayerPolicy::WEB.into(),
        timeout: Duration::from_secs(60),
        intended_at: Instant::START,
    };
    let (behaviour, seed) = (Behaviour::NONE, Seed::root(1));
    let mut listener = Listener::new(ListenerConfig { player, behaviour, voices: 1, seed });
    let (texts, mut actions) = (Arc::default(), Vec::new());
    let [document, model, voice] = [DOCUMENT, "kokoro", "af_heart"].map(Arc::from);
    let subject = Subject { document: &document, texts: &texts, model: &model, voice: &voice };
    let mut session = Protocol::Yapit.session(&subject);
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
                    session.ask(&blocks, None, &mut actions);
                    actions.drain(..).for_each(|action| drop(black_box(action)));
                    for block in blocks {
                        answer(&mut session, block, &mut actions, &mut inputs);
                    }
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
fn answer(session: &mut Session, block: BlockIdx, actions: &mut Vec<Action>, inputs: &mut VecDeque<Input>) {
    for status in [BlockStatus::Queued, BlockStatus::Cached] {
        session.handle_text(&notice(block, status), actions);
        for action in actions.drain(..) {
            match action {
                Action::Tell(event) => inputs.push_back(Input::Event(event)),
                Action::Begin(mut exchange) => transfer(&mut exchange, inputs),
                Action::Say { .. } | Action::HangUp(_) => {}
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
fn transfer(exchange: &mut Exchange, inputs: &mut VecDeque<Input>) {
    black_box(exchange.reference());
    exchange.handle_head(200, &exchange.response(), |event| inputs.push_back(Input::Event(event)));
    for part in AUDIO.chunks(READ) {
        let tell = |event| inputs.push_back(Input::Event(event));
        if exchange.handle_body(part, tell, |_| {}).is_err() {
            return;
        }
    }
    let finished = exchange.finish(|event| inputs.push_back(Input::Event(event)));
    black_box(finished.is_ok());
}
