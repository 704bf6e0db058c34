//! Documents, models and audio.

use bytes::Bytes;
use claque_gateway::{
    AudioFormat, DocumentId, FetchedAudio, Flaw, Refusal, Resource, Speech, SpeechBody, VariantHash,
};
use claque_wire::yapit::rest::{Block, DocumentCreated, Issue, ListedDocument, Model, Voice};
use hyper::{
    HeaderMap, StatusCode,
    header::{CACHE_CONTROL, HeaderValue},
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    answer::{self, Answer},
    connection::Peer,
    hub::Hub,
    routes::{caller, query_value, refused},
    speech,
};
use crate::clock::unix_nanos;

/// How long audio may be kept by caches, as a real server says.
const AUDIO_CACHING: HeaderValue = HeaderValue::from_static("public, s-maxage=31536000, max-age=0");
/// Documents in a list, and the most there can be.
const USUAL_LIST: usize = 50;
const MOST_LISTED: usize = 100;

pub(super) fn create(hub: &Hub, peer: &Peer, headers: &HeaderMap, body: &Bytes) -> Answer {
    let body = match serde_json::from_slice::<Value>(body) {
        Ok(body) => body,
        Err(error) => return not_json(body, &error),
    };
    let caller = match caller(hub, peer, headers) {
        Ok(caller) => caller,
        Err(refusal) => return refused(&refusal),
    };
    let (content, title) = match document_text(&body) {
        Ok(texts) => texts,
        Err(issue) => return answer::issue(*issue),
    };
    match hub.ask(|gateway, now| gateway.create_document(now, &caller, content, title)) {
        Ok(info) => {
            let (id, title) = (info.id.to_string(), info.title);
            answer::json(StatusCode::CREATED, &DocumentCreated { id, title, failed_pages: Vec::new() })
        }
        Err(refusal) => answer::refusal(&refusal, content),
    }
}

pub(super) fn blocks(hub: &Hub, peer: &Peer, headers: &HeaderMap, id: &str) -> Answer {
    let caller = match caller(hub, peer, headers) {
        Ok(caller) => caller,
        Err(refusal) => return refused(&refusal),
    };
    let id = match document_id(id) {
        Ok(id) => id,
        Err(issue) => return answer::issue(*issue),
    };
    let block = |block: &claque_gateway::Block| Block {
        idx: block.idx,
        text: block.text.to_string(),
        est_duration_ms: Some(block.est_duration_ms),
    };
    let blocks = hub.ask(|gateway, now| {
        gateway.blocks(now, &caller, id).map(|blocks| blocks.iter().map(block).collect::<Vec<_>>())
    });
    match blocks {
        Ok(blocks) => answer::json(StatusCode::OK, &blocks),
        Err(refusal) => refused(&refusal),
    }
}

/// The caller's documents, the most recently used first.
pub(super) fn list(hub: &Hub, peer: &Peer, headers: &HeaderMap, query: &str) -> Answer {
    let caller = match caller(hub, peer, headers) {
        Ok(caller) => caller,
        Err(refusal) => return refused(&refusal),
    };
    let number = |name, usual, least, most| match query_value(query, name) {
        None => Ok(usual),
        Some(text) => match text.parse::<usize>() {
            Ok(number) if (least..=most).contains(&number) => Ok(number),
            Ok(_) | Err(_) => {
                let words = format!("Input should be an integer from {least} to {most}");
                Err(complaint("int_parsing", &["query", name], &words, &text.into()))
            }
        },
    };
    let (offset, limit) =
        match (number("offset", 0, 0, usize::MAX), number("limit", USUAL_LIST, 1, MOST_LISTED)) {
            (Ok(offset), Ok(limit)) => (offset, limit),
            (Err(issue), _) | (_, Err(issue)) => return answer::issue(*issue),
        };
    let began = unix_nanos().saturating_sub(hub.clock().now().as_nanos());
    let listed = |document: claque_gateway::ListedDocument| ListedDocument {
        id: document.id.to_string(),
        title: document.title,
        created: Some(utc(began.saturating_add(document.created_at.as_nanos()))),
        is_public: false,
    };
    match hub.ask(|gateway, now| gateway.documents(now, &caller, offset, limit)) {
        Ok(documents) => {
            let documents: Vec<_> = documents.into_iter().map(listed).collect();
            answer::json(StatusCode::OK, &documents)
        }
        Err(refusal) => refused(&refusal),
    }
}

pub(super) fn delete(hub: &Hub, peer: &Peer, headers: &HeaderMap, id: &str) -> Answer {
    let caller = match caller(hub, peer, headers) {
        Ok(caller) => caller,
        Err(refusal) => return refused(&refusal),
    };
    let id = match document_id(id) {
        Ok(id) => id,
        Err(issue) => return answer::issue(*issue),
    };
    match hub.ask(|gateway, now| gateway.delete_document(now, &caller, id)) {
        // A real server names a type for nothing, too.
        Ok(()) => answer::with_type(StatusCode::NO_CONTENT, "application/json", Bytes::new()),
        Err(refusal) => refused(&refusal),
    }
}

pub(super) fn models(hub: &Hub, peer: &Peer) -> Answer {
    let model = |model: &claque_gateway::ModelInfo| Model {
        id: i64::from(model.id),
        slug: model.slug.to_string(),
        name: model.name.clone(),
        description: model.description.clone(),
        voices: model.voices.iter().map(voice).collect(),
    };
    let models = hub.ask(|gateway, now| {
        gateway.models(now, &peer.address).map(|models| models.iter().map(model).collect::<Vec<_>>())
    });
    match models {
        Ok(models) => answer::json(StatusCode::OK, &models),
        Err(refusal) => refused(&refusal),
    }
}

pub(super) fn audio(hub: &Hub, peer: &Peer, hash: &str) -> Answer {
    let Some(variant) = VariantHash::parse(hash) else {
        return refused(&Refusal::NotFound { resource: Resource::BlockVariant, id: hash.to_owned() });
    };
    let FetchedAudio { speech, flaw, .. } =
        match hub.ask(|gateway, now| gateway.audio(now, &peer.address, &variant)) {
            Ok(audio) => audio,
            Err(refusal) => return refused(&refusal),
        };
    // A host does not start with a model whose format it cannot write.
    let Some(body) = body_of(&speech) else { return refused(&Refusal::ServerError) };
    hub.count(|stats| stats.audio_served += 1);
    let media_type = media_type(speech.format);
    let mut audio = match flaw {
        None => answer::with_type(StatusCode::OK, media_type, body),
        Some(Flaw::Cut) => answer::cut_off(media_type, &body),
        Some(Flaw::NotAudio) => {
            answer::with_type(StatusCode::OK, media_type, Bytes::from_static(Flaw::NOT_AUDIO))
        }
    };
    answer::set(&mut audio, CACHE_CONTROL, AUDIO_CACHING);
    audio
}

/// RFC 3339, as the real ones say it.
fn utc(unix_nanos: u64) -> String {
    jiff::Timestamp::from_nanosecond(i128::from(unix_nanos)).unwrap_or_default().to_string()
}

fn body_of(speech: &Speech) -> Option<Bytes> {
    match &speech.body {
        SpeechBody::Synthetic { seed } => speech::render(speech.media, *seed, speech.format).map(Bytes::from),
        SpeechBody::Silence => speech::silence(speech.media, speech.format).map(Bytes::from),
        SpeechBody::Encoded(bytes) => Some(Bytes::from_owner(bytes.clone())),
    }
}

const fn media_type(format: AudioFormat) -> &'static str {
    match format {
        AudioFormat::OggOpus => "audio/ogg",
        AudioFormat::Wav => "audio/wav",
        AudioFormat::Mp3 => "audio/mp3",
    }
}

fn voice(voice: &claque_gateway::VoiceInfo) -> Voice {
    Voice {
        id: i64::from(voice.id),
        slug: voice.slug.to_string(),
        name: voice.name.clone(),
        lang: Some(voice.lang.clone()),
        description: voice.description.clone(),
    }
}

/// Text and title out of a body, or the server's complaint about it.
fn document_text(body: &Value) -> Result<(&str, Option<&str>), Box<Issue>> {
    let Value::Object(members) = body else {
        let words = "Input should be a valid dictionary or object to extract fields from";
        return Err(complaint("model_attributes_type", &["body"], words, body));
    };
    let not_text =
        |field, value| complaint("string_type", &["body", field], "Input should be a valid string", value);
    let content = match members.get("content") {
        Some(Value::String(content)) => content,
        Some(other) => return Err(not_text("content", other)),
        None => return Err(complaint("missing", &["body", "content"], "Field required", body)),
    };
    match members.get("title") {
        None | Some(Value::Null) => Ok((content, None)),
        Some(Value::String(title)) => Ok((content, Some(title))),
        Some(other) => Err(not_text("title", other)),
    }
}

fn not_json(body: &Bytes, error: &serde_json::Error) -> Answer {
    if body.is_empty() {
        return answer::issue(*complaint("missing", &["body"], "Field required", &Value::Null));
    }
    answer::issue(Issue {
        r#type: "json_invalid".to_owned(),
        loc: vec!["body".into(), error.column().saturating_sub(1).into()],
        msg: "JSON decode error".to_owned(),
        input: json!({}),
        ctx: Some(json!({ "error": error.to_string() })),
    })
}

/// Any form of a UUID, as the server takes it.
fn document_id(text: &str) -> Result<DocumentId, Box<Issue>> {
    let parsed = Uuid::parse_str(text).map_err(|error| error.to_string());
    let id = parsed.map(|uuid| DocumentId::parse(&uuid.hyphenated().to_string()));
    match id {
        Ok(Some(id)) => Ok(id),
        Ok(None) | Err(_) => {
            let error = id.err().unwrap_or_default();
            let words = format!("Input should be a valid UUID, {error}");
            let mut issue = complaint("uuid_parsing", &["path", "document_id"], &words, &text.into());
            issue.ctx = Some(json!({ "error": error }));
            Err(issue)
        }
    }
}

fn complaint(kind: &str, place: &[&str], words: &str, input: &Value) -> Box<Issue> {
    let loc = place.iter().map(|part| (*part).into()).collect();
    let (r#type, msg, input) = (kind.to_owned(), words.to_owned(), input.clone());
    Box::new(Issue { r#type, loc, msg, input, ctx: None })
}
