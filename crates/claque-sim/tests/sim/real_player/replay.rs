//! One player and one scripted service in virtual time; sending takes none.

use std::collections::VecDeque;

use claque_core::{
    event::{Event, Failure, FailureClass, FailureScope, Phase},
    ids::{BlockIdx, ListenerId},
    player::{Act, Input, Output, Player, PlayerConfig, PlayerPolicy, PlayerState, SessionErrors},
    record::{Fact, Incident, Jump},
    remark::Findings,
    time::{Duration, Instant, Speed},
};
use claque_front::yapit::{
    gateway::{BlockStatus, Era, Notice, Request},
    scripted::{Dialled, FetchEnd, Fetched, ScriptedInput, ScriptedOutput, ScriptedServer},
};
use claque_gateway::{ConnId, DocumentId, VariantHash};
use claque_sim::{PersonAct, ScriptedScene};
use claque_wire::yapit::{
    self, ClientMessage, ClientSession, Consequence, ServerMessage, close, handshake_refused, http_failure,
};
use serde_json::{Value, json};

const VOICES: [&str; 2] = ["af_heart", "am_adam"];
const MODEL: &str = "kokoro";

/// What a player did, in the form of a recording's summary.
pub(crate) fn replay(scene: &ScriptedScene, policy: PlayerPolicy) -> Value {
    let mut stage = Stage::new(scene, policy);
    stage.run(scene);
    stage.seen.into_summary(stage.now)
}

struct Stage {
    now: Instant,
    player: Player,
    policy: PlayerPolicy,
    session: ClientSession,
    server: ScriptedServer,
    era: Era,
    conn: ConnId,
    is_open: bool,
    /// What happens, in the order of time and then of being planned.
    queue: VecDeque<(Instant, News)>,
    /// Fetches of an older voice are lost.
    voice: u32,
    seen: Seen,
}

#[derive(Debug)]
enum News {
    Person(PersonAct),
    Start,
    Fetched(u32, Fetched),
}

impl Stage {
    fn new(scene: &ScriptedScene, policy: PlayerPolicy) -> Self {
        let count = usize::try_from(scene.blocks).expect("few");
        let mut player = Player::new(PlayerConfig {
            listener: ListenerId(0),
            document: document().to_string().into(),
            chars: vec![80; count].into(),
            speed: possible(scene.speed, &policy),
            policy: PlayerPolicy { session_errors: SessionErrors::PlayOn, ..policy }.into(),
            timeout: Duration::from_secs(86_400),
            intended_at: scene.play_at,
        });
        player.stay_on_page();
        let mut queue: VecDeque<_> =
            scene.person.iter().map(|(at, act)| (*at, News::Person(act.clone()))).collect();
        queue.push_front((scene.play_at, News::Start));
        Self {
            now: Instant::START,
            player,
            policy,
            session: ClientSession::new(document().to_string(), MODEL.to_owned(), VOICES[0].to_owned()),
            server: ScriptedServer::new(scene.script.clone()),
            era: scene.script.era,
            conn: ConnId(0),
            is_open: false,
            queue,
            voice: 0,
            seen: Seen::default(),
        }
    }

    fn run(&mut self, scene: &ScriptedScene) {
        self.tell(Input::OpenPage);
        loop {
            let rests =
                self.player.state() == PlayerState::Paused || self.player.state() == PlayerState::Idle;
            let is_quiet = rests && !self.queue.iter().any(|(_, news)| !matches!(news, News::Fetched(..)));
            let stop_at = self.seen.stopped_at.filter(|_| is_quiet).map(|at| at + scene.after_stop);
            let end_at = stop_at.map_or(scene.end_at, |at| at.min(scene.end_at));
            let server = self.server.poll_timeout();
            let player = self.player.poll_timeout().map(|(at, _)| at);
            let news = self.queue.iter().map(|(at, _)| *at).min();
            let Some(now) = [server, player, news].into_iter().flatten().min().filter(|at| *at <= end_at)
            else {
                self.now = end_at;
                return;
            };
            self.now = now;
            if server == Some(now) {
                self.tell_server(ScriptedInput::Wake);
            } else if news == Some(now) {
                let place = self.queue.iter().position(|(at, _)| *at == now).expect("it is there");
                let (_, news) = self.queue.remove(place).expect("it is there");
                self.happen(news);
            } else {
                self.tell(Input::Wake);
            }
        }
    }

    fn happen(&mut self, news: News) {
        match news {
            News::Start => self.tell(Input::Start),
            News::Person(act) => {
                if let Some(act) = self.act(act) {
                    self.tell(Input::Act(act));
                }
            }
            News::Fetched(voice, fetched) if voice == self.voice => self.take_fetched(fetched),
            News::Fetched(..) => {}
        }
    }

    fn act(&self, act: PersonAct) -> Option<Act> {
        let current = self.player.current();
        Some(match act {
            PersonAct::Play => Act::Resume,
            PersonAct::Pause => Act::Pause,
            PersonAct::Stop => Act::Stop,
            PersonAct::Seek(to) => Act::Jump { to: BlockIdx(to), how: Jump::Seek },
            PersonAct::Forward => Act::Jump { to: current.next(), how: Jump::Skip },
            PersonAct::Back => Act::Jump { to: BlockIdx(current.0.saturating_sub(1)), how: Jump::Skip },
            PersonAct::Speed(speed) => Act::ChangeSpeed { speed: possible(speed, &self.policy) },
            PersonAct::Voice(slug) => {
                let voice = VOICES.iter().position(|voice| *voice == slug).expect("a voice of the model");
                Act::ChangeVoice { voice: u32::try_from(voice).expect("few") }
            }
            PersonAct::LookAtPage => Act::LookAtPage,
        })
    }

    fn take_fetched(&mut self, Fetched { end, media, block, .. }: Fetched) {
        let block = BlockIdx(block);
        let broken = |text: &str| Failure {
            phase: Phase::BeforeAudio,
            class: FailureClass::Protocol,
            code: None,
            text: text.to_owned(),
            kills: FailureScope::Block(block),
        };
        match end {
            FetchEnd::Audio => {
                self.tell(Input::Event(Event::Audio { block, delivered: media, bytes: 1 }));
                self.tell(Input::Event(Event::Complete { block, media, findings: Findings::NONE }));
            }
            FetchEnd::Refused(status) => {
                let failure = http_failure(status, b"", FailureScope::Block(block), Phase::BeforeAudio);
                self.tell(Input::Event(Event::Failed(failure)));
            }
            FetchEnd::Cut => self.tell(Input::Event(Event::Failed(broken("the audio was cut short")))),
            FetchEnd::NotAudio => self.tell(Input::Event(Event::NotAudio(broken("this is no audio")))),
        }
    }

    /// Tells the player something, and does what it wants.
    fn tell(&mut self, input: Input) {
        let is_act = matches!(input, Input::Act(_));
        let outputs: Vec<Output> = self.player.handle_input(self.now, input).collect();
        self.seen.look(self.now, &self.player, is_act);
        for output in outputs {
            match output {
                Output::Dial => {
                    self.conn = ConnId(self.conn.0 + 1);
                    self.seen.dials.push(millis(self.now));
                    self.tell_server(ScriptedInput::Dial { conn: self.conn });
                }
                Output::Ask { blocks, voice } => self.ask(blocks, voice),
                Output::Forget { blocks } => self.session.forget(&blocks),
                Output::Move { cursor } => {
                    assert!(self.is_open, "the service is told of a jump only while there is a connection");
                    self.seen.moves.push(json!([millis(self.now), cursor.0]));
                    let frame = self.session.cursor_moved(cursor);
                    self.send(&frame);
                }
                Output::ChangeVoice { voice } => {
                    self.voice = voice;
                    self.session.change_voice(slug(voice).to_owned());
                }
                Output::Fact(Fact::Incident(record)) => {
                    if let Incident::GivenUp { block } = record.incident {
                        self.seen.given_up.push(json!([millis(record.at), block.0]));
                    }
                }
                Output::Fact(_) | Output::Ended => {}
            }
        }
    }

    fn ask(&mut self, blocks: Vec<BlockIdx>, voice: u32) {
        assert!(self.is_open, "nothing is asked for without a connection");
        let indices: Vec<u32> = blocks.iter().map(|block| block.0).collect();
        self.seen.requests.push(json!([millis(self.now), indices]));
        let frame = if voice == self.voice {
            self.session.request(&blocks)
        } else {
            self.session.request_in(slug(voice), &blocks)
        };
        self.send(&frame);
        self.tell(Input::Event(Event::Sent { blocks }));
    }

    fn send(&mut self, frame: &str) {
        let era = match self.era {
            Era::Feb2026 => yapit::Era::Feb2026,
            Era::Current => yapit::Era::Current,
        };
        let request = match ClientMessage::decode(frame, era).expect("the service understands its client") {
            ClientMessage::Synthesize { block_indices, model, voice, .. } => {
                let (model, voice) = (model.into(), voice.into());
                Request::Synthesize { document: document(), blocks: block_indices, model, voice }
            }
            ClientMessage::CursorMoved { cursor, .. } => {
                Request::CursorMoved { document: document(), cursor }
            }
        };
        self.tell_server(ScriptedInput::Request { conn: self.conn, request });
    }

    fn tell_server(&mut self, input: ScriptedInput) {
        let outputs: Vec<ScriptedOutput> = self.server.handle_input(self.now, input).collect();
        for output in outputs {
            match output {
                ScriptedOutput::Dialled { end: Dialled::Open, .. } => {
                    self.is_open = true;
                    self.tell(Input::Event(Event::Dialed { connect: Duration::ZERO }));
                }
                ScriptedOutput::Dialled { end: Dialled::Refused(status), .. } => {
                    self.tell(Input::Event(Event::Closed(handshake_refused(status))));
                }
                ScriptedOutput::Close { code, reason, .. } => {
                    self.is_open = false;
                    // A connection that breaks has no code on the wire.
                    let code = Some(code).filter(|code| *code != 1_006);
                    self.tell(Input::Event(Event::Closed(close(code, &reason))));
                }
                ScriptedOutput::Notice { notice, .. } => self.hear(&notice),
            }
        }
    }

    fn hear(&mut self, notice: &Notice) {
        let era = match self.era {
            Era::Feb2026 => yapit::Era::Feb2026,
            Era::Current => yapit::Era::Current,
        };
        let mut events = Vec::new();
        self.session
            .handle_text(&message(notice).encode(era), &mut |event| events.push(event.map(str::to_owned)));
        for event in events {
            match event {
                Consequence::Event(event) => self.tell(Input::Event(event)),
                Consequence::Fetch { audio: url, .. } => {
                    let hash = url.rsplit('/').next().and_then(VariantHash::parse).expect("it was named so");
                    let fetched = self.server.fetch(&hash).expect("the service has what it calls ready");
                    self.queue.push_back((self.now + fetched.after, News::Fetched(self.voice, fetched)));
                }
            }
        }
    }
}

/// What a page makes of a speed that is chosen.
fn possible(speed: Speed, policy: &PlayerPolicy) -> Speed {
    speed.clamp(policy.slowest, policy.fastest)
}

fn document() -> DocumentId {
    DocumentId::from_seed(claque_core::rng::Seed::root(7))
}

fn slug(voice: u32) -> &'static str {
    VOICES[usize::try_from(voice).expect("few")]
}

fn millis(at: Instant) -> u64 {
    at.as_nanos() / 1_000_000
}

fn message(notice: &Notice) -> ServerMessage<'static> {
    match notice {
        Notice::Status(status) => ServerMessage::Status(yapit::Status {
            document_id: status.document.to_string().into(),
            block_idx: status.block,
            status: match status.status {
                BlockStatus::Queued => yapit::BlockStatus::Queued,
                BlockStatus::Processing => yapit::BlockStatus::Processing,
                BlockStatus::Cached => yapit::BlockStatus::Cached,
                BlockStatus::Skipped => yapit::BlockStatus::Skipped,
                BlockStatus::Error => yapit::BlockStatus::Error,
            },
            audio_url: status.variant.as_ref().map(|variant| format!("/v1/audio/{variant}").into()),
            error: status.error.clone().map(Into::into),
            recoverable: Some(status.recoverable),
            model_slug: Some(status.model.to_string().into()),
            voice_slug: Some(status.voice.to_string().into()),
            word_timestamps: None,
            duration_ms: None,
        }),
        Notice::Evicted { document, blocks } => {
            ServerMessage::Evicted { document_id: document.to_string().into(), block_indices: blocks.clone() }
        }
        Notice::Error { text } => ServerMessage::Error { error: text.clone().into() },
    }
}

/// What was to be seen of the player.
#[derive(Debug, Default)]
struct Seen {
    dials: Vec<u64>,
    requests: Vec<Value>,
    moves: Vec<Value>,
    given_up: Vec<Value>,
    plays: Vec<Value>,
    waits: Vec<Value>,
    heard: std::collections::BTreeSet<u32>,
    sounding: Option<(u32, Instant)>,
    /// The block waited for at first, since when, and the one waited for now.
    waiting: Option<(u32, Instant, u32)>,
    stopped_at: Option<Instant>,
    status: &'static str,
}

impl Seen {
    fn look(&mut self, now: Instant, player: &Player, is_act: bool) {
        let sounding = player.sounding().map(|(block, since)| (block.0, since));
        if self.sounding != sounding {
            if let Some((block, since)) = self.sounding {
                let how = if is_act { "halt" } else { "end" };
                if !is_act {
                    self.heard.insert(block);
                }
                self.plays.push(json!([block, millis(since), millis(now), how]));
            }
            self.sounding = sounding;
        }
        let waits = player.is_waiting().then_some(player.current().0);
        // A recording tells a wait that a jump leads into another as one.
        match (&mut self.waiting, waits) {
            (Some((_, _, current)), Some(block)) if is_act => *current = block,
            (waiting, _) if waiting.map(|(_, _, current)| current) != waits => {
                if let Some((block, since, _)) = waiting.filter(|(_, since, _)| *since < now) {
                    self.waits.push(json!([millis(since), millis(now), block]));
                }
                *waiting = waits.map(|block| (block, now, block));
            }
            _ => {}
        }
        self.status = match player.state() {
            PlayerState::Idle | PlayerState::Thinking | PlayerState::Paused | PlayerState::Done => "stopped",
            PlayerState::Buffering | PlayerState::Playing | PlayerState::Stalled | PlayerState::Awaiting => {
                if player.is_buffering() {
                    "buffering"
                } else {
                    "playing"
                }
            }
        };
        if self.status != "stopped" {
            self.stopped_at = None;
        } else if player.state() != PlayerState::Idle && self.stopped_at.is_none() {
            self.stopped_at = Some(now);
        }
    }

    fn into_summary(mut self, _end: Instant) -> Value {
        if let Some((block, since)) = self.sounding {
            self.plays.push(json!([block, millis(since), null, null]));
        }
        if let Some((block, since, _)) = self.waiting {
            self.waits.push(json!([millis(since), null, block]));
        }
        json!({
            "dials": self.dials, "requests": self.requests, "moves": self.moves, "given_up": self.given_up,
            "plays": self.plays, "waits": self.waits, "heard": self.heard, "status": self.status,
        })
    }
}
