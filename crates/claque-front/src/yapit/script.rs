//! A script in place of the gateway's own conduct: over WebSockets, and when audio is fetched. Documents, models and accounts
//! stay the gateway's.

use std::sync::Arc;

use claque_core::time::Instant;
use claque_gateway::{AudioFormat, ConnId, Speech, SpeechBody, VariantHash};
use http::StatusCode;

use super::{
    Answer, answer,
    documents::spoken,
    gateway::{BodyFlaw, Request},
    scripted::{FetchEnd, Fetched, Script, ScriptedInput, ScriptedOutput, ScriptedServer},
};

/// What a service does by a script.
#[derive(Clone, Debug)]
pub struct ScriptOptions {
    /// The script.
    pub script: Script,
    /// The script's time when the first connection is dialled; until then it stands still.
    pub first_dial_at: Instant,
}

/// Something a service that follows a script was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptLogEntry {
    /// In the script's time.
    pub at: Instant,
    /// What.
    pub told: ScriptInput,
}

/// What a service that follows a script was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScriptInput {
    /// A connection was dialled.
    Dialled,
    /// One message asked for these blocks.
    Asked(Vec<i64>),
    /// The listener jumped to this block.
    Moved(i64),
    /// A block's audio was called for.
    Fetched(u32),
}

/// Entries that are kept at most: a player asks some hundred times an hour.
const MOST_ENTRIES: usize = 100_000;

/// A scripted service in the time of its host.
#[derive(Debug)]
pub(super) struct ScriptedService {
    server: ScriptedServer,
    first_dial_at: Instant,
    /// When the first connection was dialled.
    begun_at: Option<Instant>,
    log: Vec<ScriptLogEntry>,
}

impl ScriptedService {
    pub(super) fn new(ScriptOptions { script, first_dial_at }: ScriptOptions) -> Self {
        Self { server: ScriptedServer::new(script), first_dial_at, begun_at: None, log: Vec::new() }
    }

    pub(super) fn log(&self) -> &[ScriptLogEntry] {
        &self.log
    }

    /// When to wake it.
    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        let due = self.server.poll_timeout()?;
        Some(self.begun_at? + due.since(self.first_dial_at))
    }

    /// A connection is dialled.
    pub(super) fn dial(&mut self, now: Instant, conn: ConnId) -> Vec<ScriptedOutput> {
        self.begun_at.get_or_insert(now);
        self.note(now, ScriptInput::Dialled);
        self.tell(now, ScriptedInput::Dial { conn })
    }

    /// A message has come.
    pub(super) fn request(&mut self, now: Instant, conn: ConnId, request: Request) -> Vec<ScriptedOutput> {
        let told = match &request {
            Request::Synthesize { blocks, .. } => ScriptInput::Asked(blocks.clone()),
            Request::CursorMoved { cursor, .. } => ScriptInput::Moved(*cursor),
        };
        self.note(now, told);
        self.tell(now, ScriptedInput::Request { conn, request })
    }

    /// Anything else.
    pub(super) fn tell(&mut self, now: Instant, input: ScriptedInput) -> Vec<ScriptedOutput> {
        self.server.handle_input(self.time(now), input).collect()
    }

    /// The answer to a call for audio, and when it is due.
    ///
    /// # Errors
    /// The answer at once where there is no such audio.
    pub(super) fn fetch(&mut self, now: Instant, hash: &str) -> Result<(Instant, Fetched), Answer> {
        let fetched = VariantHash::parse(hash).and_then(|variant| self.server.fetch(&variant));
        let fetched = fetched.ok_or_else(|| answer::detail(StatusCode::NOT_FOUND, "Audio not cached"))?;
        self.note(now, ScriptInput::Fetched(fetched.block));
        Ok((now + fetched.after, fetched))
    }

    fn note(&mut self, now: Instant, told: ScriptInput) {
        if self.log.len() < MOST_ENTRIES {
            self.log.push(ScriptLogEntry { at: self.time(now), told });
        }
    }

    /// The script's time.
    fn time(&self, now: Instant) -> Instant {
        self.begun_at.map_or(Instant::START, |begun_at| self.first_dial_at + now.since(begun_at))
    }
}

/// The answer to a call for audio, as the script says.
pub(super) fn audio(Fetched { end, media, block, .. }: Fetched) -> Answer {
    let body = SpeechBody::Synthetic { seed: block.into() };
    let speech = Arc::new(Speech { media, body, format: AudioFormat::OggOpus });
    match end {
        FetchEnd::Audio => spoken(speech, None),
        FetchEnd::Refused(status) => refused(status),
        FetchEnd::Cut => spoken(speech, Some(BodyFlaw::Cut)),
        FetchEnd::NotAudio => spoken(speech, Some(BodyFlaw::NotAudio)),
    }
}

/// A refusal with a status of the script.
pub(super) fn refused(status: u16) -> Answer {
    answer::plain_refusal(status, StatusCode::INTERNAL_SERVER_ERROR)
}
