//! One listener's requests.

use std::sync::Arc;

use claque_core::ids::BlockIdx;

use super::{RequestSettings, SpeechAnswer};

/// What a listener asks for.
#[derive(Clone, Debug)]
pub struct SessionSettings {
    /// What it has in common with all others.
    pub request: Arc<RequestSettings>,
    /// Its voice at first; empty asks for none.
    pub voice: String,
    /// Its text, a block each.
    pub texts: Arc<[Box<str>]>,
}

/// A listener's side of the service. It has no connection and remembers no request: an answer belongs to the request it comes to.
#[derive(Clone, Debug)]
pub struct ClientSession {
    settings: SessionSettings,
}

/// A request to be sent with `POST`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpeechRequest {
    /// The block it asks for.
    pub block: BlockIdx,
    /// Where it goes, relative to the service's address; see [`path_under`](super::path_under).
    pub path: &'static str,
    /// JSON.
    pub body: Vec<u8>,
}

impl ClientSession {
    /// Makes a session that has asked for nothing.
    #[must_use]
    pub const fn new(settings: SessionSettings) -> Self {
        Self { settings }
    }

    /// Gives a request for each block, in their order. A block that the text does not have is left out.
    #[must_use]
    pub fn ask(&self, blocks: &[BlockIdx]) -> Vec<SpeechRequest> {
        let SessionSettings { request, voice, .. } = &self.settings;
        let path = request.path();
        let ask = |block: &BlockIdx| {
            self.text(*block).map(|text| SpeechRequest {
                block: *block,
                path,
                body: request.body(text, voice),
            })
        };
        blocks.iter().filter_map(ask).collect()
    }

    /// Asks in this voice from now on. What is under way in the old one is no longer wanted: its connections are to be closed.
    pub fn change_voice(&mut self, voice: String) {
        self.settings.voice = voice;
    }

    /// Makes a reader of the answer to a request for that block.
    #[must_use]
    pub fn answer(&self, block: BlockIdx) -> SpeechAnswer {
        let chars = self.text(block).map_or(0, |text| text.chars().count());
        SpeechAnswer::new(block, u32::try_from(chars).unwrap_or(u32::MAX), self.settings.request.expected())
    }

    /// What all requests have in common.
    #[must_use]
    pub fn request(&self) -> &RequestSettings {
        &self.settings.request
    }

    fn text(&self, block: BlockIdx) -> Option<&str> {
        let index = usize::try_from(block.0).ok()?;
        self.settings.texts.get(index).map(|text| &**text)
    }
}
