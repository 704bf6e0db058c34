//! A script in place of the machine's own conduct: over WebSockets, and when audio is fetched. Documents, models and accounts
//! stay the machine's.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
};

use bytes::Bytes;
use claque_core::time::Instant;
use claque_gateway::{
    AudioFormat, ConnId, Flaw, Input, Output, Request, VariantHash,
    scripted::{Dialled, FetchEnd, Fetched, Script, ScriptedInput, ScriptedOutput, ScriptedServer},
};
use hyper::StatusCode;
use tokio::sync::oneshot;

use super::{
    answer::{self, Answer},
    hub::Hub,
    speech,
};

/// What a host does by a script.
#[derive(Clone, Debug)]
pub struct ScriptOptions {
    /// The script.
    pub script: Script,
    /// The script's time when the first connection is dialled; until then it stands still.
    pub first_dial_at: Instant,
}

/// Something a host that follows a script was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptLogEntry {
    /// In the script's time.
    pub at: Instant,
    /// What.
    pub told: Told,
}

/// What a host that follows a script was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// A connection was dialled.
    Dialled,
    /// One message asked for these blocks.
    Asked(Vec<i64>),
    /// The listener jumped to this block.
    Moved(i64),
    /// A block's audio was called for.
    Fetched(u32),
}

/// What audio is packed in.
const MEDIA_TYPE: &str = "audio/ogg";
/// Entries that are kept at most: a player asks some hundred times an hour.
const MOST_ENTRIES: usize = 100_000;

/// The scripted machine of a hub, in its own time.
#[derive(Debug)]
pub(super) struct ScriptedHub {
    server: RefCell<ScriptedServer>,
    first_dial_at: Instant,
    /// When the first connection was dialled, by the hub's clock.
    begun_at: Cell<Option<Instant>>,
    dialling: RefCell<BTreeMap<ConnId, oneshot::Sender<Dialled>>>,
    log: RefCell<Vec<ScriptLogEntry>>,
}

impl ScriptedHub {
    pub(super) fn new(ScriptOptions { script, first_dial_at }: ScriptOptions) -> Self {
        Self {
            server: RefCell::new(ScriptedServer::new(script)),
            first_dial_at,
            begun_at: Cell::new(None),
            dialling: RefCell::default(),
            log: RefCell::default(),
        }
    }

    pub(super) fn log(&self) -> Vec<ScriptLogEntry> {
        self.log.borrow().clone()
    }

    /// When to wake it, by the hub's clock.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        let begun_at = self.begun_at.get()?;
        let due = self.server.borrow().poll_timeout()?;
        Some(begun_at + due.since(self.first_dial_at))
    }

    /// A connection is dialled. The receiver says what became of that; nothing when the host stops.
    pub(super) fn dial(&self, now: Instant, conn: ConnId) -> (oneshot::Receiver<Dialled>, Vec<Output>) {
        if self.begun_at.get().is_none() {
            self.begun_at.set(Some(now));
        }
        let (tell, told) = oneshot::channel();
        self.dialling.borrow_mut().insert(conn, tell);
        self.note(now, Told::Dialled);
        (told, self.tell(now, ScriptedInput::Dial { conn }))
    }

    /// News of the hub's connections and clock.
    pub(super) fn handle(&self, now: Instant, input: Input) -> Vec<Output> {
        match input {
            Input::Request { conn, request } => {
                self.note(
                    now,
                    match &request {
                        Request::Synthesize { blocks, .. } => Told::Asked(blocks.clone()),
                        Request::CursorMoved { cursor, .. } => Told::Moved(*cursor),
                    },
                );
                self.tell(now, ScriptedInput::Request { conn, request })
            }
            Input::Disconnected { conn } => self.tell(now, ScriptedInput::Disconnected { conn }),
            Input::Wake => self.tell(now, ScriptedInput::Wake),
            // Whoever is connected was dialled, and nothing is synthesised.
            Input::Connected { .. } | Input::Synthesized { .. } => Vec::new(),
        }
    }

    fn fetch(&self, now: Instant, variant: &VariantHash) -> Option<Fetched> {
        let fetched = self.server.borrow_mut().fetch(variant)?;
        self.note(now, Told::Fetched(fetched.block));
        Some(fetched)
    }

    fn tell(&self, now: Instant, input: ScriptedInput) -> Vec<Output> {
        let mut passed = Vec::new();
        for output in self.server.borrow_mut().handle_input(self.time(now), input) {
            match output {
                ScriptedOutput::Dialled { conn, end } => {
                    if let Some(tell) = self.dialling.borrow_mut().remove(&conn) {
                        // Who has hung up does not want to know.
                        let _ = tell.send(end);
                    }
                }
                ScriptedOutput::Notice { conn, notice } => {
                    passed.push(Output::Notice { conn, at: now, notice });
                }
                ScriptedOutput::Close { conn, code, reason } => {
                    passed.push(Output::Close { conn, at: now, code, reason });
                }
            }
        }
        passed
    }

    fn note(&self, now: Instant, told: Told) {
        let mut log = self.log.borrow_mut();
        if log.len() < MOST_ENTRIES {
            log.push(ScriptLogEntry { at: self.time(now), told });
        }
    }

    /// The script's time.
    fn time(&self, now: Instant) -> Instant {
        self.begun_at.get().map_or(Instant::START, |begun_at| self.first_dial_at + now.since(begun_at))
    }
}

/// Answers a call for audio as the script says.
pub(super) async fn audio(hub: &Rc<Hub>, script: &ScriptedHub, hash: &str) -> Answer {
    let fetched = VariantHash::parse(hash).and_then(|variant| script.fetch(hub.clock().now(), &variant));
    let Some(Fetched { after, end, media, block }) = fetched else {
        return answer::detail(StatusCode::NOT_FOUND, "Audio not cached");
    };
    tokio::time::sleep(after).await;
    let format = AudioFormat::OggOpus;
    let body = || speech::render(media, block.into(), format).map(Bytes::from).unwrap_or_default();
    match end {
        FetchEnd::Audio => {
            hub.count(|stats| stats.audio_served += 1);
            answer::with_type(StatusCode::OK, MEDIA_TYPE, body())
        }
        FetchEnd::Refused(status) => refused(status),
        FetchEnd::Cut => answer::cut_off(MEDIA_TYPE, &body()),
        FetchEnd::NotAudio => {
            answer::with_type(StatusCode::OK, MEDIA_TYPE, Bytes::from_static(Flaw::NOT_AUDIO))
        }
    }
}

/// A refusal with a status of the script.
pub(super) fn refused(status: u16) -> Answer {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    answer::detail(status, status.canonical_reason().unwrap_or("Refused"))
}
