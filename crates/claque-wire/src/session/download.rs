//! Audio that lies somewhere: measured as its bytes pass, and dropped.

use claque_core::{
    event::{Event, Failure, FailureScope, Phase},
    ids::BlockIdx,
    time::MediaTime,
};

use super::{Declared, Delivered, exchange::failure};
use crate::{
    audio::{AudioError, AudioMeter},
    yapit::http_failure,
};

/// As much of an unsuccessful answer as is read for its words.
const MAX_WORDS: usize = 16 << 10;

/// A body of audio on its way.
#[derive(Debug)]
pub(super) struct Download {
    /// How long the service says that it is.
    declared: Declared,
    status: Option<u16>,
    meter: AudioMeter,
    delivered: MediaTime,
    media_bytes: u64,
    /// What an unsuccessful answer says.
    words: Vec<u8>,
    /// Whether what came was found to be no audio that a player could play.
    is_no_audio: bool,
}

impl Download {
    pub(super) const fn new(declared: Declared) -> Self {
        Self {
            declared,
            status: None,
            meter: AudioMeter::new(),
            delivered: MediaTime::ZERO,
            media_bytes: 0,
            words: Vec::new(),
            is_no_audio: false,
        }
    }

    pub(super) const fn has_begun(&self) -> bool {
        self.status.is_some()
    }

    pub(super) const fn is_refused(&self) -> bool {
        matches!(self.status, Some(status) if status != 200)
    }

    pub(super) const fn is_no_audio(&self) -> bool {
        self.is_no_audio
    }

    pub(super) const fn handle_head(&mut self, status: u16) {
        self.status = Some(status);
    }

    pub(super) fn handle_body(
        &mut self,
        block: BlockIdx,
        bytes: &[u8],
        mut tell: impl FnMut(Event),
        mut keep: impl FnMut(&[u8]),
    ) -> Result<(), Failure> {
        if self.status != Some(200) {
            return self.read_words(block, bytes);
        }
        let delivered = self.delivered;
        let progress = self.meter.push(bytes).map_err(|error| {
            self.is_no_audio = is_no_audio(&error);
            audio_failure(&error, delivered)
        })?;
        let new = progress.media_bytes - self.media_bytes;
        self.media_bytes = progress.media_bytes;
        self.delivered = progress.delivered;
        if new > 0 {
            tell(Event::Audio { block, delivered: progress.delivered, bytes: new });
        }
        keep(bytes);
        Ok(())
    }

    fn read_words(&mut self, block: BlockIdx, bytes: &[u8]) -> Result<(), Failure> {
        let room = MAX_WORDS - self.words.len();
        self.words.extend_from_slice(&bytes[..bytes.len().min(room)]);
        if bytes.len() > room { Err(self.refused(block)) } else { Ok(()) }
    }

    /// What came of an answer that is whole: a failure if it says no, or if its audio is not whole.
    pub(super) fn finish(&mut self, block: BlockIdx) -> Result<Delivered, Failure> {
        if self.status != Some(200) {
            return Err(self.refused(block));
        }
        let finished = std::mem::take(&mut self.meter).finish().map_err(|error| {
            self.is_no_audio = is_no_audio(&error);
            audio_failure(&error, self.delivered)
        })?;
        let findings = finished.findings(self.declared);
        Ok(Delivered { container: finished.container, media: finished.media, findings })
    }

    pub(super) fn broken(&self, block: BlockIdx, why: &str) -> Failure {
        let phase = if self.media_bytes > 0 { Phase::MidAudio } else { Phase::BeforeAudio };
        match self.status {
            // A stream that is cut short is a failure of the audio, however the connection ended.
            Some(200) => failure(phase, format!("the audio was cut short: {why}")),
            Some(_) => self.refused(block),
            None => failure(phase, why.to_owned()),
        }
    }

    fn refused(&self, block: BlockIdx) -> Failure {
        let status = self.status.unwrap_or_default();
        http_failure(status, &self.words, FailureScope::Block(block), Phase::BeforeAudio)
    }
}

/// Whether the body is none that a player could play, in part or whole.
const fn is_no_audio(error: &AudioError) -> bool {
    match error {
        AudioError::Empty | AudioError::UnknownFormat { .. } | AudioError::Unsupported { .. } => true,
        AudioError::Truncated { .. } | AudioError::Broken { .. } => false,
    }
}

/// The failure of a body of which `delivered` could be heard.
fn audio_failure(error: &AudioError, delivered: MediaTime) -> Failure {
    let phase = match error {
        AudioError::Truncated { .. } | AudioError::Broken { .. } => Phase::MidAudio,
        AudioError::Empty | AudioError::UnknownFormat { .. } | AudioError::Unsupported { .. } => {
            if delivered > MediaTime::ZERO { Phase::MidAudio } else { Phase::BeforeAudio }
        }
    };
    failure(phase, error.to_string())
}
