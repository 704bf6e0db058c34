//! The same over HTTP: uploads, orders, and how far they are.

use core::ops::Range;

use claque_core::extraction::AiTransform;
use claque_gateway::UserId;
use claque_wire::{
    multipart,
    yapit::{
        Era,
        extraction::{
            AcceptedExtraction, CancelRequest, Cancelled, ExtractionRequest, ExtractionStatus,
            PreparedUpload, StatusRequest, UPLOAD_FIELD, UploadMetadata,
        },
        rest::{DocumentCreated, Issue},
    },
};
use http::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{ExtractionEnding, Order, cancel, order, status};
use crate::yapit::{
    Answer, answer,
    front::Service,
    gateway::{Caller, ContentHash, ExtractionEnd, ExtractionId, PreparedUpload as Prepared, Upload},
    routes::Call,
};

/// Words for a file whose pages cannot be counted. Our own.
const UNREADABLE: &str = "Could not read the document: it is no PDF, or its pages cannot be counted";

/// A file that came in and whose pages are being counted.
#[derive(Clone, Debug)]
pub(crate) struct UncountedUpload {
    caller: Caller,
    content: ContentHash,
    file_name: String,
    content_type: Option<String>,
    file_size: Option<u64>,
}

/// An order that is answered when its extraction is over.
#[derive(Clone, Debug)]
pub(crate) struct OpenOrder {
    pub(crate) user: UserId,
    pub(crate) id: ExtractionId,
}

/// Takes a file in. Says where in the body it is.
pub(crate) fn prepare(service: &Service, call: &Call<'_>) -> Result<(UncountedUpload, Range<usize>), Answer> {
    let caller = call.caller(service)?;
    let body = call.request.body;
    let content_type = call.request.header("content-type").unwrap_or_default();
    let parts = multipart::read(content_type, body).unwrap_or_default();
    let file = parts.iter().find(|part| part.name == UPLOAD_FIELD).ok_or_else(|| missing(UPLOAD_FIELD))?;
    let start = file.content.as_ptr().addr() - body.as_ptr().addr();
    let upload = UncountedUpload {
        caller,
        content: ContentHash::of(file.content),
        file_name: file.file_name.unwrap_or("document.pdf").to_owned(),
        content_type: file.content_type.map(str::to_owned),
        file_size: u64::try_from(file.content.len()).ok(),
    };
    Ok((upload, start..start + file.content.len()))
}

/// Its pages are counted.
pub(crate) fn counted(
    service: &mut Service,
    now: claque_core::time::Instant,
    upload: UncountedUpload,
    pages: Option<u32>,
) -> Result<Answer, Answer> {
    let pages = pages.ok_or_else(|| answer::detail(StatusCode::UNPROCESSABLE_ENTITY, UNREADABLE))?;
    let UncountedUpload { caller, content, file_name, content_type, file_size } = upload;
    let title = file_name.rsplit_once('.').map_or(&*file_name, |(stem, _)| stem).to_owned();
    let upload = Upload { content, pages, title: title.clone() };
    let Prepared { hash, uncached } = service.gateway.prepare_upload(now, &caller, upload)?;
    let words = PreparedUpload {
        hash: hash.to_string(),
        content_hash: Some(content.to_string()),
        metadata: UploadMetadata {
            content_type,
            total_pages: Some(pages),
            title: Some(title),
            file_name: Some(file_name),
            file_size,
        },
        endpoint: Some("document".to_owned()),
        uncached_pages: Some(uncached),
    };
    Ok(answer::json(StatusCode::OK, &words))
}

/// Begins an extraction, and says for whose end to wait where servers of the era did.
pub(crate) fn create(service: &mut Service, call: &Call<'_>) -> Result<Result<Answer, OpenOrder>, Answer> {
    let caller = call.caller(service)?;
    let request: ExtractionRequest = read(call, "hash")?;
    let ai_transform = if request.ai_transform { AiTransform::On } else { AiTransform::Off };
    match order(&mut service.gateway, call.now, &caller, &request.hash, ai_transform)? {
        Order::WhenOver(id) => Ok(Err(OpenOrder { user: caller.user, id })),
        Order::Accepted(accepted) => {
            let words = AcceptedExtraction {
                extraction_id: accepted.id.to_string(),
                content_hash: accepted.content.to_string(),
                total_pages: Some(accepted.pages),
                prompt_hash: match call.era {
                    Era::Feb2026 => None,
                    Era::Current => Some(None),
                },
            };
            Ok(Ok(answer::json(StatusCode::ACCEPTED, &words)))
        }
    }
}

/// The answer to an order whose extraction is over.
pub(crate) fn over(ending: ExtractionEnding) -> Answer {
    match ending {
        ExtractionEnding::Document { id, title, failed } => {
            let created = DocumentCreated { id: id.to_string(), title: Some(title), failed_pages: failed };
            answer::json(StatusCode::CREATED, &created)
        }
        ExtractionEnding::Failed { text } => answer::detail(StatusCode::INTERNAL_SERVER_ERROR, &text),
    }
}

/// How far an extraction is.
pub(crate) fn progress(service: &mut Service, call: &Call<'_>) -> Result<Answer, Answer> {
    let caller = call.caller(service)?;
    let request: StatusRequest = read(call, "extraction_id")?;
    if let Some(field) = lacks_field_of_its_era(&request, call.era) {
        return Err(missing(field).into());
    }
    let found = status(&mut service.gateway, call.now, &caller, &request.extraction_id)?;
    let mut words = ExtractionStatus {
        total_pages: u32::try_from(request.pages.len()).ok(),
        completed_pages: Vec::new(),
        status: "not_found".to_owned(),
        document_id: None,
        error: None,
        failed_pages: Vec::new(),
    };
    if let Some(found) = found {
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
    Ok(answer::json(StatusCode::OK, &words))
}

/// Calls an extraction off.
pub(crate) fn call_off(service: &mut Service, call: &Call<'_>) -> Result<Answer, Answer> {
    let caller = call.caller(service)?;
    let request: CancelRequest = read(call, "extraction_id")?;
    cancel(&mut service.gateway, call.now, &caller, &request.extraction_id)?;
    Ok(answer::json(StatusCode::OK, &Cancelled { status: "cancelled".to_owned() }))
}

/// What a server of the era does not do without.
const fn lacks_field_of_its_era(request: &StatusRequest, era: Era) -> Option<&'static str> {
    match era {
        Era::Feb2026 if request.processor_slug.is_none() => Some("processor_slug"),
        Era::Current if request.ai_transform.is_none() => Some("ai_transform"),
        Era::Feb2026 | Era::Current => None,
    }
}

/// A body, or the complaint that it lacks `field`.
fn read<T: DeserializeOwned>(call: &Call<'_>, field: &'static str) -> Result<T, Box<Issue>> {
    serde_json::from_slice(call.request.body).map_err(|_| missing(field))
}

fn missing(field: &'static str) -> Box<Issue> {
    Box::new(Issue {
        r#type: "missing".to_owned(),
        loc: vec!["body".into(), field.into()],
        msg: "Field required".to_owned(),
        input: Value::Null,
        ctx: None,
    })
}
