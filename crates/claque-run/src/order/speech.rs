//! Which protocol is spoken, and how speech is asked for.

use claque_wire::{
    audio::PcmFormat,
    openai::{AudioFormat, Delivery, Dialect, RequestField},
};

/// What was said about the protocol.
#[derive(Clone, Debug)]
pub enum ProtocolChoice {
    /// Nothing: the service is asked.
    FindOut(SpeechChoice),
    /// That of a yapit gateway.
    Yapit,
    /// OpenAI-compatible speech.
    Openai(SpeechChoice),
}

/// How speech is to be asked for, as far as that was said.
#[derive(Clone, Debug, Default)]
pub struct SpeechChoice {
    /// DocumentOwner way with the API.
    pub dialect: Option<&'static Dialect>,
    /// The model that was named.
    pub model: Option<String>,
    /// In which form its audio comes.
    pub format: Option<AudioFormat>,
    /// Whether it comes whole, in pieces or as events.
    pub delivery: Option<Delivery>,
    /// What samples without a header are.
    pub pcm: Option<PcmFormat>,
    /// What else a request says.
    pub fields: Vec<RequestField>,
    /// Where it is asked for.
    pub path: Option<String>,
    /// Whether dialect, model and voice were named, so that there is nothing to be found out.
    pub is_complete: bool,
}

impl SpeechChoice {
    /// The same for a service that speaks as this one does, if it is known.
    pub fn for_dialect(self, name: &str) -> Self {
        Self { dialect: self.dialect.or_else(|| Dialect::named(name)), ..self }
    }
}
