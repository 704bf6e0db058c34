//! Speech of somebody's own service that speaks the OpenAI API: each text is one request, answered whole.

use std::fmt;

use claque_core::{
    event::{Failure, FailureClass},
    ids::BlockIdx,
    secret::Secret,
};
use claque_wire::{
    audio::{Container, PcmFormat, wav},
    openai::{AnswerHead, AudioFormat, Expected, PcmSource, SpeechAnswer},
};
use hyper::header::{AUTHORIZATION, HeaderValue};
use serde_json::json;

use super::Recording;
use crate::service::{ConnectionChoice, HttpClient, Network, NetworkOrder, Secrets, Target, post_json};

/// A service to be asked. Only this address is ever asked: redirects are not followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenaiEngine {
    /// Its address, as it was typed, with or without `/v1`.
    pub target: Target,
    /// The model to ask for; `tts-1`, the API's own, if none is named.
    pub model: Option<String>,
    /// The voice to ask for; the one that the listener asked for if none is named.
    pub voice: Option<String>,
    /// Shown as a bearer token.
    pub key: Option<Secret>,
}

/// The same with its connections.
pub(in crate::host) struct OpenaiSpeaker {
    engine: OpenaiEngine,
    http: HttpClient,
    /// What is blanked in its words.
    secrets: Secrets,
}

impl OpenaiSpeaker {
    pub(super) fn new(engine: OpenaiEngine) -> Self {
        let network = Network::open(NetworkOrder::default());
        if let Some(key) = &engine.key {
            network.secrets().learn(key);
        }
        Self { engine, http: HttpClient::new(&network, None), secrets: network.secrets().clone() }
    }

    pub(super) const fn target(&self) -> &Target {
        &self.engine.target
    }

    /// Has a text spoken.
    ///
    /// # Errors
    /// The service's words, or what is wrong with its answer.
    pub(super) async fn speak(&self, text: &str, voice: &str) -> Result<Recording, String> {
        let OpenaiEngine { target, model, voice: own, key } = &self.engine;
        let body = json!({
            "model": model.as_deref().unwrap_or("tts-1"),
            "input": text,
            "voice": own.as_deref().unwrap_or(voice),
            "response_format": "wav",
        });
        let url = target.without_version().url("/v1/audio/speech");
        let said = |failure: Failure| self.secrets.clean(&failure.text);
        let mut request = post_json(&url, &body).map_err(said)?;
        if let Some(key) = key {
            let value = HeaderValue::from_str(&format!("Bearer {}", key.expose()));
            let mut value = value.map_err(|_| "the key of the engine is no word".to_owned())?;
            value.set_sensitive(true);
            request.headers_mut().insert(AUTHORIZATION, value);
        }
        let answer = self.http.call(ConnectionChoice::Kept, request).await.map_err(said)?;
        if let Some(lead) = answer.leads_to {
            return Err(format!("the engine sends requests on to {}; give its own address", lead.path));
        }
        read(answer.status.as_u16(), answer.content_type.as_deref(), &answer.body).map_err(|failure| {
            let refused = matches!(failure.class, FailureClass::Auth) && key.is_none();
            let remedy = if refused { "; its key belongs in CLAQUE_ENGINE_API_KEY" } else { "" };
            self.secrets.clean(&failure.text) + remedy
        })
    }
}

/// Judges an answer as a listener's would be, and takes its samples.
fn read(status: u16, content_type: Option<&str>, body: &[u8]) -> Result<Recording, Failure> {
    let expected =
        Expected { format: Some(AudioFormat::Wav), pcm: PcmFormat::OPENAI, source: PcmSource::Dialect };
    let mut answer = SpeechAnswer::new(BlockIdx(0), 0, expected);
    let mut events = Vec::new();
    answer.handle_head(&AnswerHead { status, content_type, ..AnswerHead::default() }, &mut events);
    let mut audio = Vec::new();
    answer.handle_body(body, &mut |bytes| audio.extend_from_slice(bytes), &mut events)?;
    let finished = answer.finish(&mut events)?;
    let failed = |text: String| answer.broken(&text);
    match (finished.container, finished.pcm) {
        (Container::Wav, _) => {
            let wav = wav::read(&audio).map_err(|error| failed(error.to_string()))?;
            Ok(Recording { samples: wav.samples, channels: wav.channels, rate: wav.rate })
        }
        (Container::Pcm, Some((format, _))) => {
            let samples = audio.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect();
            Ok(Recording { samples, channels: format.channels(), rate: format.rate() })
        }
        (other, _) => Err(failed(format!("WAV was asked for, and {other} came"))),
    }
}

impl fmt::Debug for OpenaiSpeaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenaiSpeaker").field("engine", &self.engine).finish_non_exhaustive()
    }
}
