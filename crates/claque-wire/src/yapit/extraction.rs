//! Extraction of documents: bodies of its calls, for either side, and what they mean to the conversation of
//! `claque_core::extraction`. Fields of both eras are sent, and either is understood.

use claque_core::{
    event::{Failure, FailureClass, FailureScope, Phase},
    extraction::{Accepted, Call, Created, ExtractionInProgress, Prepared, Refused, Reply, Status, Step},
    pacing::Limited,
    time::Duration,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    http_failure, json, limit_window,
    rest::{DocumentCreated, is_document_id},
    to_json,
};

/// Answer to `POST /api/v1/documents/prepare/upload`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreparedUpload {
    /// Names the upload.
    pub hash: String,
    /// Names its content.
    #[serde(default)]
    pub content_hash: Option<String>,
    /// What it is.
    #[serde(default)]
    pub metadata: UploadMetadata,
    /// Which call makes a document of it: `document` or `text`.
    #[serde(default)]
    pub endpoint: Option<String>,
    /// Pages that no cache answers, from 0.
    #[serde(default)]
    pub uncached_pages: Option<Vec<u32>>,
}

/// What an upload is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadMetadata {
    /// Media type.
    #[serde(default)]
    pub content_type: Option<String>,
    /// Pages.
    #[serde(default)]
    pub total_pages: Option<u32>,
    /// Title.
    #[serde(default)]
    pub title: Option<String>,
    /// Name of the file.
    #[serde(default)]
    pub file_name: Option<String>,
    /// Its size in bytes.
    #[serde(default)]
    pub file_size: Option<u64>,
}

/// Body of `POST /api/v1/documents/document`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtractionRequest {
    /// The upload.
    pub hash: String,
    /// Whether a language model is to rewrite the pages.
    #[serde(default)]
    pub ai_transform: bool,
}

/// Answer 202 to an [`ExtractionRequest`]. Servers of early 2026-02 answer 201 with a [`DocumentCreated`] instead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcceptedExtraction {
    /// Names the extraction.
    pub extraction_id: String,
    /// Names the content.
    #[serde(default)]
    pub content_hash: String,
    /// Pages.
    #[serde(default)]
    pub total_pages: Option<u32>,
    /// Names the words a language model is given; current era only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_hash: Option<Option<String>>,
}

/// Body of `POST /api/v1/documents/extraction/status`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusRequest {
    /// The extraction.
    pub extraction_id: String,
    /// Its content.
    pub content_hash: String,
    /// Pages asked about, from 0.
    pub pages: Vec<u32>,
    /// 2026-02: who extracts, `gemini` or `markitdown`.
    #[serde(default)]
    pub processor_slug: Option<String>,
    /// Current: whether a language model rewrites the pages.
    #[serde(default)]
    pub ai_transform: Option<bool>,
    /// Current: what it is given.
    #[serde(default)]
    pub prompt_hash: Option<String>,
}

/// Answer to a [`StatusRequest`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtractionStatus {
    /// Pages.
    #[serde(default)]
    pub total_pages: Option<u32>,
    /// Pages that are done, from 0.
    #[serde(default)]
    pub completed_pages: Vec<u32>,
    /// `processing`, `complete` or `not_found`.
    pub status: String,
    /// The document, when all is over.
    #[serde(default)]
    pub document_id: Option<String>,
    /// Why there will be none.
    #[serde(default)]
    pub error: Option<String>,
    /// Pages that could not be read, from 0.
    #[serde(default)]
    pub failed_pages: Vec<u32>,
}

/// Body of `POST /api/v1/documents/extraction/cancel`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelRequest {
    /// The extraction.
    pub extraction_id: String,
}

/// Answer to a [`CancelRequest`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cancelled {
    /// `cancelled`.
    pub status: String,
}

/// A call as HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// `POST` or `DELETE`.
    pub method: &'static str,
    /// Path below the origin.
    pub path: String,
    /// What is sent.
    pub body: Body,
}

/// What a call sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// The file, as a form.
    Upload,
    /// JSON.
    Json(String),
    /// Nothing.
    Empty,
}

/// The name of the form's field with the file.
pub const UPLOAD_FIELD: &str = "file";

/// How a call is made.
#[must_use]
pub fn request(call: &Call) -> Request {
    match call {
        Call::Prepare => post("prepare/upload", Body::Upload),
        Call::Create { hash, ai_transform } => {
            let request = ExtractionRequest { hash: hash.clone(), ai_transform: ai_transform.as_bool() };
            post("document", Body::Json(to_json(&request)))
        }
        Call::Poll(ExtractionInProgress { accepted, pages, ai_transform }) => {
            let processor = if ai_transform.as_bool() { "gemini" } else { "markitdown" };
            let request = StatusRequest {
                extraction_id: accepted.extraction_id.clone(),
                content_hash: accepted.content_hash.clone(),
                pages: (0..*pages).collect(),
                processor_slug: Some(processor.to_owned()),
                ai_transform: Some(ai_transform.as_bool()),
                prompt_hash: accepted.prompt_hash.clone(),
            };
            post("extraction/status", Body::Json(to_json(&request)))
        }
        Call::Cancel(ExtractionInProgress { accepted, .. }) => {
            let request = CancelRequest { extraction_id: accepted.extraction_id.clone() };
            post("extraction/cancel", Body::Json(to_json(&request)))
        }
        Call::Delete { id } => {
            Request { method: "DELETE", path: format!("/api/v1/documents/{id}"), body: Body::Empty }
        }
    }
}

/// What an answer means. `retry_after` is its header of that name.
#[must_use]
pub fn reply(step: Step, status: u16, retry_after: Option<Duration>, body: &[u8]) -> Reply {
    match (step, status) {
        (Step::Prepare, 200 | 201) => understood(body, |prepared: PreparedUpload| {
            Reply::Prepared(Prepared {
                hash: prepared.hash,
                pages: prepared.metadata.total_pages,
                uncached: prepared.uncached_pages,
            })
        }),
        (Step::Create, 200 | 202) => understood(body, |accepted: AcceptedExtraction| {
            Reply::Accepted(Accepted {
                extraction_id: accepted.extraction_id,
                content_hash: accepted.content_hash,
                prompt_hash: accepted.prompt_hash.flatten(),
                pages: accepted.total_pages,
            })
        }),
        (Step::Create, 201) => understood(body, |created: DocumentCreated| {
            named(created.id, |id| Reply::Created(Created { id, failed: created.failed_pages }))
        }),
        (Step::Poll, 200) => understood(body, |status: ExtractionStatus| {
            let found = status.status != "not_found";
            let (completed, failed) = (status.completed_pages, status.failed_pages);
            let told = Status {
                found,
                pages: status.total_pages,
                completed,
                failed,
                document: None,
                error: status.error,
            };
            match status.document_id {
                Some(id) => named(id, |id| Reply::Status(Status { document: Some(id), ..told })),
                None => Reply::Status(told),
            }
        }),
        // What became of it is asked for afterwards, so the words do not matter.
        (Step::Cancel, 200..=299) => Reply::Cancelled,
        // Somebody else was faster.
        (Step::Delete, 200..=299 | 404) => Reply::Deleted,
        (_, 200..=299) => broken(Some(status), format!("answered {status}, which {step} has no meaning for")),
        (_, status) => refused(status, retry_after, body),
    }
}

/// What a refusal means. A limit is told by the status alone (429, or 503 that says how long), for its words change:
/// the call may be let through later. Any other refusal is the result.
#[must_use]
pub fn refused(status: u16, retry_after: Option<Duration>, body: &[u8]) -> Reply {
    let failure = http_failure(status, body, FailureScope::Session, Phase::BeforeAudio);
    let is_limit = status == 429 || (status == 503 && retry_after.is_some());
    let limit = is_limit.then(|| Limited { retry_after, window: limit_window(&failure.text) });
    Reply::Refused(Refused { failure, limit })
}

fn post(route: &str, body: Body) -> Request {
    Request { method: "POST", path: format!("/api/v1/documents/{route}"), body }
}

fn understood<T: DeserializeOwned>(body: &[u8], meaning: impl FnOnce(T) -> Reply) -> Reply {
    match json::read(body) {
        Ok(message) => meaning(message),
        Err(error) => broken(None, format!("the answer is not what the protocol says: {error}")),
    }
}

/// Goes into a path later on.
fn named(id: String, meaning: impl FnOnce(String) -> Reply) -> Reply {
    if is_document_id(&id) {
        meaning(id)
    } else {
        broken(None, "the answer names a document by something that is no id".to_owned())
    }
}

const fn broken(code: Option<u16>, text: String) -> Reply {
    let (phase, class, kills) = (Phase::BeforeAudio, FailureClass::Protocol, FailureScope::Session);
    Reply::Refused(Refused { failure: Failure { phase, class, code, text, kills }, limit: None })
}

#[cfg(test)]
mod tests {
    use claque_core::extraction::AiTransform;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn failure(reply: Reply) -> (FailureClass, String, Option<Limited>) {
        match reply {
            Reply::Refused(Refused { failure, limit }) => (failure.class, failure.text, limit),
            reply @ (Reply::Prepared(_)
            | Reply::Accepted(_)
            | Reply::Created(_)
            | Reply::Status(_)
            | Reply::Cancelled
            | Reply::Deleted) => panic!("{reply:?}"),
        }
    }

    #[test]
    fn a_poll_sends_the_fields_of_both_eras() {
        let accepted = Accepted {
            extraction_id: "x".to_owned(),
            content_hash: "c".to_owned(),
            prompt_hash: None,
            pages: Some(3),
        };
        for (ai_transform, processor) in [(AiTransform::On, "gemini"), (AiTransform::Off, "markitdown")] {
            let call =
                Call::Poll(ExtractionInProgress { accepted: accepted.clone(), pages: 3, ai_transform });
            let Request { method, path, body: Body::Json(body) } = request(&call) else { panic!("no JSON") };
            assert_eq!((method, path.as_str()), ("POST", "/api/v1/documents/extraction/status"));
            let wanted = json!({
                "extraction_id": "x", "content_hash": "c", "pages": [0, 1, 2], "processor_slug": processor,
                "ai_transform": ai_transform.as_bool(), "prompt_hash": null,
            });
            assert_eq!(serde_json::from_str::<Value>(&body).unwrap(), wanted);
        }
    }

    #[test]
    fn answers_of_both_eras_are_understood() {
        let body = br#"{"extraction_id":"x","content_hash":"c","total_pages":3}"#;
        let accepted = Accepted {
            extraction_id: "x".to_owned(),
            content_hash: "c".to_owned(),
            prompt_hash: None,
            pages: Some(3),
        };
        assert_eq!(reply(Step::Create, 202, None, body), Reply::Accepted(accepted.clone()));
        let body = br#"{"extraction_id":"x","content_hash":"c","total_pages":3,"prompt_hash":"p","more":1}"#;
        let with_prompt = Accepted { prompt_hash: Some("p".to_owned()), ..accepted };
        assert_eq!(reply(Step::Create, 202, None, body), Reply::Accepted(with_prompt));
        let body = br#"{"id":"9db4c472-317f-4463-b939-68c02d21f32a","title":null,"failed_pages":[2]}"#;
        let created = Created { id: "9db4c472-317f-4463-b939-68c02d21f32a".to_owned(), failed: vec![2] };
        assert_eq!(reply(Step::Create, 201, None, body), Reply::Created(created));
        let body = br#"{"total_pages":3,"completed_pages":[0],"status":"processing","document_id":null,"error":null}"#;
        let status = Status { found: true, pages: Some(3), completed: vec![0], ..Status::default() };
        assert_eq!(reply(Step::Poll, 200, None, body), Reply::Status(status));
        let body = br#"{"status":"not_found"}"#;
        assert_eq!(reply(Step::Poll, 200, None, body), Reply::Status(Status::default()));
        assert_eq!(reply(Step::Cancel, 200, None, br#"{"status":"cancelled"}"#), Reply::Cancelled);
        assert_eq!(reply(Step::Delete, 204, None, b""), Reply::Deleted);
        assert_eq!(reply(Step::Delete, 404, None, b"{}"), Reply::Deleted);
    }

    #[test]
    fn a_limit_is_told_by_its_status_whatever_it_says() {
        let limit =
            |status, retry_after, body: &[u8]| failure(reply(Step::Create, status, retry_after, body)).2;
        let (minute, wait) = (Some(Duration::from_secs(60)), Some(Duration::from_secs(40)));
        let old = br#"{"error":"Rate limit exceeded: 5 per 1 minute"}"#;
        assert_eq!(limit(429, wait, old), Some(Limited { retry_after: wait, window: minute }));
        assert_eq!(limit(429, None, old), Some(Limited { retry_after: None, window: minute }));
        for body in [
            br#"{"detail":"Too many requests. Please wait a moment and try again."}"#.as_slice(),
            br#"{"detail":"Too many concurrent document extractions. Maximum 10."}"#,
            b"<html>slow down</html>",
            b"",
        ] {
            assert_eq!(limit(429, None, body), Some(Limited::default()));
        }
        assert_eq!(limit(503, wait, b"{}"), Some(Limited { retry_after: wait, window: None }));
        assert_eq!((limit(503, None, b"{}"), limit(402, wait, old)), (None, None));
        assert_eq!(failure(reply(Step::Create, 402, None, b"{}")).0, FailureClass::Limit);
        assert_eq!(failure(reply(Step::Create, 503, None, b"{}")).0, FailureClass::Overload);
    }

    #[test]
    fn an_id_that_would_lead_elsewhere_is_a_breach_of_the_protocol() {
        for id in ["", "../users", "a?b", "a/b", "9db4c472317f4463b93968c02d21f32a"] {
            let body = json!({ "id": id }).to_string();
            assert_eq!(failure(reply(Step::Create, 201, None, body.as_bytes())).0, FailureClass::Protocol);
        }
    }

    proptest! {
        #[test]
        fn nothing_makes_it_fall(status in 100_u16..600, body: Vec<u8>) {
            for step in Step::ALL {
                let _any = reply(step, status, None, &body);
            }
        }
    }
}
