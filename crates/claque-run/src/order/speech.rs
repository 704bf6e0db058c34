//! Which protocol is spoken, and how speech is asked for.

use crate::usage::UsageError;
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

/// Of a service that is asked what it speaks: the setting that would do nothing, as errors name it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WithoutEffect {
    /// If it speaks yapit's protocol.
    pub in_yapit: Option<String>,
    /// If it speaks as OpenAI does.
    pub in_speech: Option<String>,
}

impl WithoutEffect {
    /// # Errors
    /// Something was asked for that does nothing in yapit's protocol, which the service was found to speak.
    pub(crate) fn refuse_in_yapit(&self) -> Result<(), UsageError> {
        self.in_yapit.as_ref().map_or(Ok(()), |named| {
            Err(UsageError::new(format!(
                "{named} is about streams, and the service speaks yapit's protocol, whose blocks come whole; leave it out, or add \
                 --protocol openai if it speaks that, too"
            )))
        })
    }

    /// # Errors
    /// Something was asked for that does nothing where speech is asked for as OpenAI does, which the service was found to speak.
    pub(crate) fn refuse_in_speech(&self) -> Result<(), UsageError> {
        self.in_speech.as_ref().map_or(Ok(()), |named| {
            Err(UsageError::new(format!(
                "{named} has no meaning with the protocol openai, which the service was found to speak; leave it out"
            )))
        })
    }
}

/// How speech is to be asked for, as far as that was said.
#[derive(Clone, Debug, Default)]
pub struct SpeechChoice {
    /// Whose way with the API.
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
    /// The same for a gateway of our own, of which dialect and rate are known.
    #[must_use]
    pub fn for_gateway(self, gateway: &claque_front::openai::Dialect) -> Self {
        let dialect = self.dialect.or_else(|| Dialect::named(gateway.name));
        let pcm = self.pcm.or_else(|| PcmFormat::new(gateway.rate_hertz(), 1));
        Self { dialect, pcm, ..self }
    }
}
