//! Documents, models and audio.

use std::sync::Arc;

use claque_gateway::{DocumentId, Speech, VariantHash};
use claque_wire::yapit::rest::{Block, DocumentCreated, Issue, ListedDocument, Model, Voice};
use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    Answer, Body, answer,
    front::Service,
    gateway::{BodyFlaw, FetchedAudio, Refusal, Resource},
    routes::Call,
};

/// How long audio may be kept by caches, as a real server says.
const AUDIO_CACHING: &str = "public, s-maxage=31536000, max-age=0";
/// Documents in a list, and the most there can be.
const USUAL_LIST: usize = 50;
const MOST_LISTED: usize = 100;

/// Makes a document of a text.
pub(super) fn create(service: &mut Service, call: &Call<'_>) -> Result<Answer, Answer> {
    let body = call.request.body;
    let body = serde_json::from_slice::<Value>(body).map_err(|error| not_json(body, &error))?;
    let caller = call.caller(service)?;
    let (content, title) = document_text(&body)?;
    let info = service.gateway.create_document(call.now, &caller, content, title);
    let info = info.map_err(|refusal| answer::refusal(&refusal, content))?;
    let (id, title) = (info.id.to_string(), info.title);
    Ok(answer::json(StatusCode::CREATED, &DocumentCreated { id, title, failed_pages: Vec::new() }))
}

/// What blocks a document became.
pub(super) fn blocks(service: &mut Service, call: &Call<'_>, id: &str) -> Result<Answer, Answer> {
    let caller = call.caller(service)?;
    let id = document_id(id)?;
    let block = |block: &crate::yapit::gateway::Block| Block {
        idx: block.idx,
        text: block.text.to_string(),
        est_duration_ms: Some(block.est_duration_ms),
    };
    let blocks: Vec<_> = service.gateway.blocks(call.now, &caller, id)?.iter().map(block).collect();
    Ok(answer::json(StatusCode::OK, &blocks))
}

/// The caller's documents, the most recently used first.
pub(super) fn list(service: &mut Service, call: &Call<'_>) -> Result<Answer, Answer> {
    let caller = call.caller(service)?;
    let number = |name, usual, least, most| match call.query_value(name) {
        None => Ok(usual),
        Some(text) => match text.parse::<usize>() {
            Ok(number) if (least..=most).contains(&number) => Ok(number),
            Ok(_) | Err(_) => {
                let words = format!("Input should be an integer from {least} to {most}");
                Err(complaint("int_parsing", &["query", name], &words, &text.into()))
            }
        },
    };
    let (offset, limit) = (number("offset", 0, 0, usize::MAX)?, number("limit", USUAL_LIST, 1, MOST_LISTED)?);
    let began = call.origin.unix_nanos.saturating_sub(call.now.as_nanos());
    let listed = |document: crate::yapit::gateway::ListedDocument| ListedDocument {
        id: document.id.to_string(),
        title: document.title,
        created: Some(utc(began.saturating_add(document.created_at.as_nanos()))),
        is_public: false,
    };
    let documents = service.gateway.documents(call.now, &caller, offset, limit)?;
    Ok(answer::json(StatusCode::OK, &documents.into_iter().map(listed).collect::<Vec<_>>()))
}

/// Deletes a document.
pub(super) fn delete(service: &mut Service, call: &Call<'_>, id: &str) -> Result<Answer, Answer> {
    let caller = call.caller(service)?;
    service.gateway.delete_document(call.now, &caller, document_id(id)?)?;
    // A real server names a type for nothing, too.
    Ok(answer::with_type(StatusCode::NO_CONTENT, "application/json", Body::Bytes(Vec::new())))
}

/// What is on offer.
pub(super) fn models(service: &mut Service, call: &Call<'_>) -> Result<Answer, Answer> {
    let model = |model: &claque_gateway::ModelInfo| Model {
        id: i64::from(model.id),
        slug: model.slug.to_string(),
        name: model.name.clone(),
        description: model.description.clone(),
        voices: model.voices.iter().map(voice).collect(),
    };
    let models: Vec<_> = service.gateway.models(call.now, call.origin.address)?.iter().map(model).collect();
    Ok(answer::json(StatusCode::OK, &models))
}

/// The audio of a variant.
pub(super) fn audio(service: &mut Service, call: &Call<'_>, hash: &str) -> Result<Answer, Answer> {
    let Some(variant) = VariantHash::parse(hash) else {
        return Err(Refusal::NotFound { resource: Resource::BlockVariant, id: hash.to_owned() }.into());
    };
    let FetchedAudio { speech, flaw, .. } = service.gateway.audio(call.now, call.origin.address, &variant)?;
    Ok(spoken(speech.into(), flaw).with("cache-control", AUDIO_CACHING))
}

/// An answer of speech.
pub(super) fn spoken(speech: Arc<Speech>, flaw: Option<BodyFlaw>) -> Answer {
    answer::with_type(StatusCode::OK, speech.format.media_type(), Body::Speech { speech, flaw })
}

/// RFC 3339, as the real ones say it.
fn utc(unix_nanos: u64) -> String {
    jiff::Timestamp::from_nanosecond(i128::from(unix_nanos)).unwrap_or_default().to_string()
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

fn not_json(body: &[u8], error: &serde_json::Error) -> Answer {
    if body.is_empty() {
        return complaint("missing", &["body"], "Field required", &Value::Null).into();
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
