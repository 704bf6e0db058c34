//! Extraction of documents: uploads, orders, and how far they are.

use std::rc::Rc;

use bytes::Bytes;
use claque_core::{extraction::AiTransform, time::Duration};
use claque_gateway::{
    Caller, ContentHash, CreationAnswer, ExtractionEnd, ExtractionId, Input, Refusal, Upload,
};
use claque_wire::{
    multipart, pdf,
    yapit::{
        self,
        extraction::{
            AcceptedExtraction, CancelRequest, Cancelled, ExtractionRequest, ExtractionStatus,
            PreparedUpload, StatusRequest, UPLOAD_FIELD, UploadMetadata,
        },
        rest::{DocumentCreated, Issue},
    },
};
use hyper::{HeaderMap, StatusCode, header::CONTENT_TYPE};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    answer::{self, Answer},
    connection::Peer,
    hub::Hub,
    routes::{caller, refused},
};

/// Longest time for the counting of an upload's pages.
const COUNT_TIMEOUT: Duration = Duration::from_secs(10);
/// Words for a file whose pages cannot be counted. Our own.
const UNREADABLE: &str = "Could not read the document: it is no PDF, or its pages cannot be counted";

/// Takes a file in.
pub(super) async fn prepare(hub: &Hub, peer: &Peer, headers: &HeaderMap, body: &Bytes) -> Answer {
    let caller = match caller(hub, peer, headers) {
        Ok(caller) => caller,
        Err(refusal) => return refused(&refusal),
    };
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let parts = multipart::read(content_type, body).unwrap_or_default();
    let Some(file) = parts.iter().find(|part| part.name == UPLOAD_FIELD) else {
        return answer::issue(missing(UPLOAD_FIELD));
    };
    let Some(pages) = pages_of(body.slice_ref(file.content)).await else {
        return answer::detail(StatusCode::UNPROCESSABLE_ENTITY, UNREADABLE);
    };
    let file_name = file.file_name.unwrap_or("document.pdf");
    let title = file_name.rsplit_once('.').map_or(file_name, |(stem, _)| stem).to_owned();
    let upload = Upload { content: ContentHash::of(file.content), pages, title: title.clone() };
    let content = upload.content.to_string();
    match hub.ask(|gateway, now| gateway.prepare_upload(now, &caller, upload)) {
        Ok(prepared) => answer::json(
            StatusCode::OK,
            &PreparedUpload {
                hash: prepared.hash.to_string(),
                content_hash: Some(content),
                metadata: UploadMetadata {
                    content_type: file.content_type.map(str::to_owned),
                    total_pages: Some(pages),
                    title: Some(title),
                    file_name: Some(file_name.to_owned()),
                    file_size: u64::try_from(file.content.len()).ok(),
                },
                endpoint: Some("document".to_owned()),
                uncached_pages: Some(prepared.uncached),
            },
        ),
        Err(refusal) => refused(&refusal),
    }
}

/// Pages of an upload, counted where neither a file that takes long nor one that makes the reader fall is in anybody's way.
async fn pages_of(file: Bytes) -> Option<u32> {
    let counting = tokio::task::spawn_blocking(move || pdf::page_count(&file));
    match tokio::time::timeout(COUNT_TIMEOUT, counting).await {
        Ok(Ok(pages)) => pages,
        Ok(Err(_)) | Err(_) => None,
    }
}

/// Begins an extraction, and waits for its end where servers of the era did.
pub(super) async fn create(hub: Rc<Hub>, peer: &Peer, headers: &HeaderMap, body: &Bytes) -> Answer {
    let caller = match caller(&hub, peer, headers) {
        Ok(caller) => caller,
        Err(refusal) => return refused(&refusal),
    };
    let request: ExtractionRequest = match read(body, "hash") {
        Ok(request) => request,
        Err(issue) => return answer::issue(*issue),
    };
    let Some(hash) = ContentHash::parse(&request.hash) else { return refused(&Refusal::UploadUnknown) };
    let ai_transform = if request.ai_transform { AiTransform::On } else { AiTransform::Off };
    let accepted = match hub.ask(|gateway, now| gateway.create_extraction(now, &caller, &hash, ai_transform))
    {
        Ok(accepted) => accepted,
        Err(refusal) => return refused(&refusal),
    };
    // The machine wants to be woken at another time now.
    hub.handle(Input::Wake);
    match hub.look(|gateway| gateway.config().extraction.answer) {
        CreationAnswer::Document => when_done(&hub, &caller, accepted.id).await,
        CreationAnswer::Accepted => answer::json(
            StatusCode::ACCEPTED,
            &AcceptedExtraction {
                extraction_id: accepted.id.to_string(),
                content_hash: accepted.content.to_string(),
                total_pages: Some(accepted.pages),
                prompt_hash: match hub.era() {
                    yapit::Era::Feb2026 => None,
                    yapit::Era::Current => Some(None),
                },
            },
        ),
    }
}

/// How far an extraction is.
pub(super) fn status(hub: &Hub, peer: &Peer, headers: &HeaderMap, body: &Bytes) -> Answer {
    let caller = match caller(hub, peer, headers) {
        Ok(caller) => caller,
        Err(refusal) => return refused(&refusal),
    };
    let request: StatusRequest = match read(body, "extraction_id") {
        Ok(request) => request,
        Err(issue) => return answer::issue(*issue),
    };
    if let Some(field) = lacks_field_of_its_era(&request, hub.era()) {
        return answer::issue(missing(field));
    }
    let found = match ExtractionId::parse(&request.extraction_id) {
        None => Ok(None),
        Some(id) => hub.ask(|gateway, now| gateway.extraction_status(now, &caller, id)),
    };
    let mut words = ExtractionStatus {
        total_pages: u32::try_from(request.pages.len()).ok(),
        completed_pages: Vec::new(),
        status: "not_found".to_owned(),
        document_id: None,
        error: None,
        failed_pages: Vec::new(),
    };
    match found {
        Err(refusal) => return refused(&refusal),
        Ok(None) => {}
        Ok(Some(found)) => {
            let asked = |page: &u32| request.pages.contains(page);
            words.completed_pages = found.completed.into_iter().filter(asked).collect();
            words.failed_pages = found.failed.into_iter().filter(asked).collect();
            words.status = if found.end.is_some() { "complete" } else { "processing" }.to_owned();
            match found.end {
                None => {}
                Some(ExtractionEnd::Document { id, .. }) => words.document_id = Some(id.to_string()),
                Some(ExtractionEnd::Failed { text }) => words.error = Some(text),
            }
        }
    }
    answer::json(StatusCode::OK, &words)
}

/// Calls an extraction off. One that is over, unknown, or somebody else's is answered in the same way: a real server
/// leaves a note for its workers and looks at nothing.
pub(super) fn cancel(hub: &Rc<Hub>, peer: &Peer, headers: &HeaderMap, body: &Bytes) -> Answer {
    let caller = match caller(hub, peer, headers) {
        Ok(caller) => caller,
        Err(refusal) => return refused(&refusal),
    };
    let request: CancelRequest = match read(body, "extraction_id") {
        Ok(request) => request,
        Err(issue) => return answer::issue(*issue),
    };
    if let Some(id) = ExtractionId::parse(&request.extraction_id)
        && let Err(refusal) = hub.ask(|gateway, now| gateway.cancel_extraction(now, &caller, id))
    {
        return refused(&refusal);
    }
    // Whoever waits for its end hears of it, and the machine wants to be woken at another time.
    hub.handle(Input::Wake);
    answer::json(StatusCode::OK, &Cancelled { status: "cancelled".to_owned() })
}

/// The document, when the extraction is over.
async fn when_done(hub: &Hub, caller: &Caller, id: ExtractionId) -> Answer {
    let mut happened = hub.happened();
    loop {
        happened.mark_unchanged();
        let ended = hub.look(|gateway| gateway.extraction_end(&caller.user, id));
        let failed_pages = ended.as_ref().map_or_else(Vec::new, |status| status.failed.clone());
        match ended.and_then(|status| status.end) {
            Some(ExtractionEnd::Document { id, title }) => {
                let created = DocumentCreated { id: id.to_string(), title: Some(title), failed_pages };
                return answer::json(StatusCode::CREATED, &created);
            }
            Some(ExtractionEnd::Failed { text }) => {
                return answer::detail(StatusCode::INTERNAL_SERVER_ERROR, &text);
            }
            // The hub outlives its connections.
            None => drop(happened.changed().await),
        }
    }
}

/// What a server of the era does not do without.
const fn lacks_field_of_its_era(request: &StatusRequest, era: yapit::Era) -> Option<&'static str> {
    match era {
        yapit::Era::Feb2026 if request.processor_slug.is_none() => Some("processor_slug"),
        yapit::Era::Current if request.ai_transform.is_none() => Some("ai_transform"),
        yapit::Era::Feb2026 | yapit::Era::Current => None,
    }
}

/// A body, or the complaint that it lacks `field`.
fn read<T: DeserializeOwned>(body: &Bytes, field: &'static str) -> Result<T, Box<Issue>> {
    serde_json::from_slice(body).map_err(|_| Box::new(missing(field)))
}

fn missing(field: &'static str) -> Issue {
    Issue {
        r#type: "missing".to_owned(),
        loc: vec!["body".into(), field.into()],
        msg: "Field required".to_owned(),
        input: Value::Null,
        ctx: None,
    }
}
