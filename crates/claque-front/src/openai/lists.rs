//! Calls that are no requests for speech: lists of models and voices, and health.

use serde::Serialize;
use serde_json::{Value, json};

use super::{FrontStats, Head, OpenaiConfig, Reply, Request, dialect::VoicesShape};
use crate::exposition::{CONTENT_TYPE, Exposition, Kind::Counter, Kind::Gauge, count};

/// When every model was made, in seconds since 1970: the first of January 2026.
const CREATED: u64 = 1_767_225_600;

/// What is called for, besides speech.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum List<'a> {
    Models,
    Model(&'a str),
    Voices,
    Health,
}

#[derive(Serialize)]
struct Models<'a> {
    object: &'static str,
    data: Vec<Model<'a>>,
}

#[derive(Serialize)]
struct Model<'a> {
    id: &'a str,
    object: &'static str,
    created: u64,
    owned_by: &'static str,
}

impl<'a> List<'a> {
    /// What that path means in the dialect.
    pub(super) fn of(path: &'a str, config: &OpenaiConfig) -> Option<Self> {
        let dialect = config.dialect;
        if dialect.health.is_some_and(|(known, _)| known == path) {
            return Some(Self::Health);
        }
        if dialect.voices_path == Some(path) {
            return Some(Self::Voices);
        }
        let rest = path.strip_prefix(dialect.models_path?)?;
        match rest.strip_prefix('/') {
            Some(id) => Some(Self::Model(id)),
            None => rest.is_empty().then_some(Self::Models),
        }
    }

    /// Whether it is for everybody, also without a key: those who wait for a service ask for it.
    pub(super) fn is_open(self) -> bool {
        self == Self::Health
    }

    /// The answer; none for a model that there is not.
    pub(super) fn answer(self, request: &Request<'_>, config: &OpenaiConfig) -> Option<Reply> {
        let body = match self {
            Self::Health => {
                return config.dialect.health.map(|(_, body)| reply(200, body.as_bytes().to_vec()));
            }
            Self::Models => {
                let data = config.models.iter().map(|id| model(id)).collect();
                serde_json::to_vec(&Models { object: "list", data })
            }
            Self::Model(id) => {
                let id = config.models.iter().find(|known| *known == id)?;
                serde_json::to_vec(&model(id))
            }
            Self::Voices => serde_json::to_vec(&voices(request, config)),
        };
        Some(reply(200, body.unwrap_or_default()))
    }
}

/// An answer of JSON, or an empty one.
pub(super) fn reply(status: u16, body: Vec<u8>) -> Reply {
    let json = ("content-type", "application/json".to_owned());
    let headers = if body.is_empty() { Vec::new() } else { vec![json] };
    Reply::Whole { head: Head { status, headers }, body }
}

/// What the service tells of itself to whoever watches it: for everybody, also without a key.
pub(super) fn metrics(stats: &FrontStats) -> Reply {
    let FrontStats { requests, open, engine } = stats;
    let mut out = Exposition::default();
    out.add("claque_gateway_queued_streams", Gauge, "Streams that wait for a slot.", count(engine.queued))
        .add("claque_gateway_running_streams", Gauge, "Streams that have a slot.", count(engine.running))
        .add("claque_gateway_open_answers", Gauge, "Answers with speech under way.", count(*open))
        .add("claque_gateway_requests_total", Counter, "Requests for speech.", *requests)
        .add("claque_gateway_admitted_total", Counter, "Streams that had a slot.", engine.admitted)
        .add(
            "claque_gateway_refused_total",
            Counter,
            "Streams refused because too many waited.",
            engine.refused,
        );
    let headers = vec![("content-type", CONTENT_TYPE.to_owned())];
    Reply::Whole { head: Head { status: 200, headers }, body: out.into_bytes() }
}

const fn model(id: &str) -> Model<'_> {
    Model { id, object: "model", created: CREATED, owned_by: "claque" }
}

fn voices(request: &Request<'_>, config: &OpenaiConfig) -> Value {
    let names = &config.voices;
    let by_name = || names.iter().map(|name| json!({ "id": name, "name": name })).collect::<Vec<_>>();
    match config.dialect.voices_shape {
        VoicesShape::Names => json!({ "voices": names }),
        VoicesShape::Objects if request.query.split('&').any(|pair| pair == "legacy=true") => {
            json!({ "voices": names })
        }
        VoicesShape::Objects => json!({ "voices": by_name() }),
        VoicesShape::WithUploaded => json!({ "voices": names, "uploaded_voices": [] }),
        VoicesShape::WithStatus => json!({ "status": "ok", "voices": names }),
    }
}
