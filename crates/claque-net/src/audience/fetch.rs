//! Fetching one block's audio: measured as its bytes pass, then dropped.

use claque_core::{
    event::{Event, Failure, FailureClass, Kills, Phase},
    ids::{BlockIdx, ListenerId},
    remark::Findings,
    time::{Instant, MediaTime},
};
use claque_wire::{
    audio::{AudioError, AudioMeter, Container},
    http1::{Part, Response},
    yapit::http_failure,
};

use super::{keeper::KeptAudio, link::Inbox, places::PlaceId};

/// As much of an unsuccessful answer as is read for its words.
const MAX_WORDS: usize = 16 << 10;

/// As much of one body as is decoded: an hour of compressed speech. Nothing of a longer one is.
const MOST_DECODED: usize = 16 << 20;

/// One block's audio to be fetched.
#[derive(Debug)]
pub(super) struct Fetch {
    pub(super) listener: ListenerId,
    pub(super) block: BlockIdx,
    /// Where the service is.
    pub(super) home: PlaceId,
    /// As the server gave it, or where it was redirected to.
    pub(super) reference: String,
    /// How long the service says that it is.
    pub(super) declared: Option<MediaTime>,
    /// Whether what came was found to be no audio that a player could play.
    pub(super) is_no_audio: bool,
    /// Redirects that led there.
    pub(super) redirects: u8,
}

impl Fetch {
    /// What a listener hears of a fetch that failed.
    pub(super) fn failed(&self, failure: Failure) -> Event {
        let failure = Failure { kills: Kills::Block(self.block), ..failure };
        if self.is_no_audio { Event::NotAudio(failure) } else { Event::Failed(failure) }
    }
}

/// A fetch under way.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) fetch: Fetch,
    status: Option<u16>,
    meter: AudioMeter,
    delivered: MediaTime,
    media_bytes: u64,
    /// What an unsuccessful answer says.
    words: Vec<u8>,
    /// The audio, if it is to be kept.
    kept: Option<KeptAudio>,
    /// The audio, if it is to be decoded.
    copy: Option<Copied>,
}

/// A fetch that came to its end.
#[derive(Debug)]
pub(super) struct Fetched {
    pub(super) container: Container,
    pub(super) media: MediaTime,
    pub(super) findings: Findings,
    pub(super) kept: Option<KeptAudio>,
    /// None where nobody is to listen to it.
    pub(super) copy: Option<Copied>,
}

/// A copy of a body that somebody is to listen to.
#[derive(Debug, Default)]
pub(super) struct Copied {
    bytes: Vec<u8>,
    is_too_long: bool,
}

impl Job {
    pub(super) fn new(fetch: Fetch, kept: Option<KeptAudio>, copy: Option<Copied>) -> Self {
        Self {
            fetch,
            status: None,
            meter: AudioMeter::new(),
            delivered: MediaTime::ZERO,
            media_bytes: 0,
            words: Vec::new(),
            kept,
            copy,
        }
    }

    /// Takes bytes of the answer. Gives whether it is whole.
    ///
    /// # Errors
    /// It is no audio, or no answer.
    pub(super) fn take(
        &mut self,
        answer: &mut Response,
        bytes: &mut &[u8],
        at: Instant,
        inbox: &mut Inbox,
    ) -> Result<bool, Failure> {
        while let Some(part) = answer.next(bytes).map_err(|error| self.broken(&error.to_string()))? {
            match part {
                Part::Head { status } => self.status = Some(status),
                Part::Body(bytes) if self.status == Some(200) => self.hear(bytes, at, inbox)?,
                Part::Body(bytes) => {
                    let room = MAX_WORDS - self.words.len();
                    self.words.extend_from_slice(&bytes[..bytes.len().min(room)]);
                    if bytes.len() > room {
                        return Err(self.refused());
                    }
                }
                Part::End => return Ok(true),
            }
        }
        Ok(false)
    }

    /// What came of an answer that is whole: a failure if it says no, or if its audio is not whole.
    pub(super) fn finish(mut self) -> (Fetch, Result<Fetched, Failure>) {
        if self.status != Some(200) {
            let refused = self.refused();
            return (self.fetch, Err(refused));
        }
        let finished = match self.meter.finish() {
            Ok(finished) => finished,
            Err(error) => {
                self.fetch.is_no_audio = is_no_audio(&error);
                return (self.fetch, Err(audio_failure(&error, self.delivered)));
            }
        };
        let findings = finished.findings(self.fetch.declared);
        let (container, media) = (finished.container, finished.media);
        (self.fetch, Ok(Fetched { container, media, findings, kept: self.kept, copy: self.copy }))
    }

    /// The failure of an answer that broke off or makes no sense; `why` is known to whoever read it.
    pub(super) fn broken(&self, why: &str) -> Failure {
        let phase = if self.media_bytes > 0 { Phase::MidAudio } else { Phase::BeforeAudio };
        match self.status {
            // A stream that is cut short is a failure of the audio, however the connection ended.
            Some(200) => failure(phase, format!("the audio was cut short: {why}")),
            Some(_) => self.refused(),
            None => failure(phase, why.to_owned()),
        }
    }

    /// Whether the head of a good answer has come.
    pub(super) const fn has_begun(&self) -> bool {
        self.status.is_some()
    }

    fn refused(&self) -> Failure {
        let status = self.status.unwrap_or_default();
        http_failure(status, &self.words, Kills::Block(self.fetch.block), Phase::BeforeAudio)
    }

    fn hear(&mut self, bytes: &[u8], at: Instant, inbox: &mut Inbox) -> Result<(), Failure> {
        let delivered = self.delivered;
        let unplayable = &mut self.fetch.is_no_audio;
        let progress = self.meter.push(bytes).map_err(|error| {
            *unplayable = is_no_audio(&error);
            audio_failure(&error, delivered)
        })?;
        let new = progress.media_bytes - self.media_bytes;
        self.media_bytes = progress.media_bytes;
        self.delivered = progress.delivered;
        if new > 0 {
            let block = self.fetch.block;
            inbox.push(at, Event::Audio { block, delivered: progress.delivered, bytes: new });
        }
        if let Some(kept) = &mut self.kept {
            kept.push(bytes);
        }
        if let Some(copy) = &mut self.copy {
            copy.push(bytes);
        }
        Ok(())
    }
}

impl Copied {
    fn push(&mut self, bytes: &[u8]) {
        self.is_too_long |= self.bytes.len() + bytes.len() > MOST_DECODED;
        if self.is_too_long {
            self.bytes = Vec::new();
        } else {
            self.bytes.extend_from_slice(bytes);
        }
    }

    /// None if it was too long.
    pub(super) fn into_bytes(self) -> Option<Vec<u8>> {
        (!self.is_too_long).then_some(self.bytes)
    }
}

/// Whether the body is none that a player could play, in part or whole.
const fn is_no_audio(error: &AudioError) -> bool {
    match error {
        AudioError::Empty | AudioError::UnknownFormat { .. } | AudioError::Unsupported { .. } => true,
        AudioError::Truncated { .. } | AudioError::Broken { .. } => false,
    }
}

fn audio_failure(error: &AudioError, delivered: MediaTime) -> Failure {
    let phase = match error {
        AudioError::Truncated { .. } | AudioError::Broken { .. } => Phase::MidAudio,
        AudioError::Empty | AudioError::UnknownFormat { .. } | AudioError::Unsupported { .. } => {
            if delivered > MediaTime::ZERO { Phase::MidAudio } else { Phase::BeforeAudio }
        }
    };
    failure(phase, error.to_string())
}

fn failure(phase: Phase, text: String) -> Failure {
    Failure { phase, class: FailureClass::Protocol, code: None, text, kills: Kills::Session }
}
