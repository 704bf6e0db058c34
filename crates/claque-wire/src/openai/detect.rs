//! Which server it is, by what it answers to a few questions.

use serde_json::Value;

use super::{Dialect, media_type::Kind};

/// What a service is asked, with `GET`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Probe {
    /// `/v1/models`.
    Models,
    /// `/v1/audio/voices`.
    AudioVoices,
    /// `/v1/voices`.
    Voices,
    /// `/health`.
    Health,
}

impl Probe {
    /// Every question, in the order in which they are asked.
    pub const ALL: [Self; 4] = [Self::Models, Self::AudioVoices, Self::Voices, Self::Health];

    /// Where it is asked, below the service's address.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Models => "/v1/models",
            Self::AudioVoices => "/v1/audio/voices",
            Self::Voices => "/v1/voices",
            Self::Health => "/health",
        }
    }
}

/// What it answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProbeReply<'a> {
    /// To which question.
    pub probe: Probe,
    /// With which status.
    pub status: u16,
    /// As what.
    pub content_type: Option<&'a str>,
    /// The body, or its first 16 KiB.
    pub body: &'a [u8],
}

/// Tells the dialect, and why it is taken for that; none when nothing in the answers tells. Only success with JSON counts: servers
/// answer any path with 200 and a web page.
#[must_use]
pub fn detect(answers: &[ProbeReply<'_>]) -> Option<(&'static Dialect, String)> {
    let body = |probe: Probe| {
        let answer = answers.iter().find(|answer| answer.probe == probe)?;
        let is_json = answer.status == 200 && Kind::of(answer.content_type) == Kind::Json;
        is_json.then_some(answer.body)
    };
    let models: Option<Value> = body(Probe::Models).and_then(|body| serde_json::from_slice(body).ok());
    let found = models
        .as_ref()
        .and_then(by_models)
        .or_else(|| body(Probe::AudioVoices).and_then(by_voices))
        .or_else(|| body(Probe::Voices).and_then(by_other_voices))
        .or_else(|| models.as_ref().and_then(by_shape_of_models))?;
    let (name, why) = found;
    Some((Dialect::named(name)?, why))
}

/// Who owns the models, as servers write of themselves.
const OWNERS: [(&str, &str); 8] = [
    ("kokoro", "kokoro-fastapi"),
    ("fastkokoro", "fastkokoro"),
    ("vllm", "vllm-omni"),
    ("resemble-ai", "chatterbox-api"),
    ("openai", "openai"),
    ("openai-internal", "openai"),
    ("system", "openai"),
    ("user", "openedai-speech"),
];

fn by_models(models: &Value) -> Option<(&'static str, String)> {
    let list = models.get("data")?.as_array()?;
    if list.iter().any(|model| model.get("task").and_then(Value::as_str) == Some("text-to-speech")) {
        return Some(("speaches", "its models have a `task`".to_owned()));
    }
    let owner = |model: &Value| model.get("owned_by").and_then(Value::as_str).map(str::to_owned);
    let known = |owner: String| {
        let (_, name) = OWNERS.iter().find(|(known, _)| *known == owner)?;
        // Anybody may call itself a user; this one has the API's models under their names.
        let is_sure = *name != "openedai-speech"
            || list.iter().any(|model| model.get("id").is_some_and(|id| id == "tts-1"));
        is_sure.then(|| (*name, format!("its models are owned by `{owner}`")))
    };
    list.iter().filter_map(owner).find_map(known)
}

/// Models that have a name and nothing else are LocalAI's.
fn by_shape_of_models(models: &Value) -> Option<(&'static str, String)> {
    let list = models.get("data")?.as_array()?;
    let is_bare = |model: &Value| {
        model.as_object().is_some_and(|model| model.keys().all(|key| key == "id" || key == "object"))
    };
    (!list.is_empty() && list.iter().all(is_bare))
        .then(|| ("localai", "its models have a name and nothing else".to_owned()))
}

/// Lists of voices are long, and may be cut: what is in the part that is there tells.
fn by_voices(body: &[u8]) -> Option<(&'static str, String)> {
    let text = String::from_utf8_lossy(body);
    if text.contains("\"uploaded_voices\"") {
        return Some(("vllm-omni", "it lists `uploaded_voices`".to_owned()));
    }
    if let Ok(voices) = serde_json::from_slice::<Value>(body)
        && voices.get("voices").is_some()
        && voices.get("status").and_then(Value::as_str) == Some("ok")
    {
        return Some(("chatterbox", "its list of voices has a `status`".to_owned()));
    }
    text.contains("\"af_heart\"").then(|| ("kokoro-fastapi", "it has Kokoro's voices".to_owned()))
}

/// Voices as the Wyoming protocol describes them.
fn by_other_voices(body: &[u8]) -> Option<(&'static str, String)> {
    let text = String::from_utf8_lossy(body);
    let is_described = text.contains("Attribution(") && text.contains("\"languages\"");
    is_described.then(|| ("wyoming-openai", "it lists a Wyoming server's voices".to_owned()))
}
