//! The calls of one conversation, over HTTP.

use bytes::Bytes;
use claque_core::{
    event::{Failure, FailureClass, FailureScope, Phase},
    extraction::{Call, Refused, Reply, Step},
};
use claque_wire::{
    multipart::{self, Part},
    yapit::extraction::{self, Body, UPLOAD_FIELD},
};
use http_body_util::Full;
use hyper::{Request, header::CONTENT_TYPE};

use super::Paper;
use crate::service::{Answer, ConnectionChoice, HttpClient, Service};

/// Makes calls.
#[derive(Clone)]
pub(super) struct Client {
    pub(super) service: Service,
    pub(super) http: HttpClient,
    pub(super) form: Form,
}

impl Client {
    pub(super) async fn make(self, call: Call) -> Reply {
        let step = call.step();
        let answer = match self.request(&call) {
            Ok(request) => self.send(step, request).await,
            Err(failure) => Err(failure),
        };
        let reply = match answer {
            Ok(answer) => extraction::reply(step, answer.status.as_u16(), answer.retry_after, &answer.body),
            Err(failure) => Reply::Refused(Refused { failure, limit: None }),
        };
        self.service.secrets().clean_reply(reply)
    }

    /// What must not be done twice goes over a connection of its own; anything else that is lost on a kept one, which the
    /// server may have been closing, is sent again over a new one at once.
    async fn send(&self, step: Step, request: Request<Full<Bytes>>) -> Result<Answer, Failure> {
        let over = match step {
            Step::Create => ConnectionChoice::Fresh,
            Step::Prepare | Step::Poll | Step::Cancel | Step::Delete => ConnectionChoice::Kept,
        };
        match self.http.call(over, request.clone()).await {
            Err(lost) if over == ConnectionChoice::Kept && lost.class == FailureClass::Transport => {
                self.http.call(ConnectionChoice::Fresh, request).await
            }
            answer => answer,
        }
    }

    fn request(&self, call: &Call) -> Result<Request<Full<Bytes>>, Failure> {
        let extraction::Request { method, path, body } = extraction::request(call);
        let mut request = Request::builder().method(method).uri(self.service.target().url(&path));
        let body = match body {
            Body::Empty => Bytes::new(),
            Body::Json(text) => {
                request = request.header(CONTENT_TYPE, "application/json");
                text.into()
            }
            Body::Upload => {
                request = request.header(CONTENT_TYPE, &self.form.content_type);
                self.form.body.clone()
            }
        };
        let mut request = request.body(Full::new(body)).map_err(|error| Failure {
            phase: Phase::BeforeAudio,
            class: FailureClass::Protocol,
            code: None,
            text: format!("no request to `{path}` can be made: {error}"),
            kills: FailureScope::Session,
        })?;
        self.service.access().sign(request.headers_mut());
        Ok(request)
    }
}

/// A file as it is sent.
#[derive(Clone, Debug, Default)]
pub(super) struct Form {
    /// Size of the file itself.
    pub(super) bytes: u64,
    pub(super) pages: Option<u32>,
    content_type: String,
    body: Bytes,
}

impl Form {
    pub(super) fn new(paper: Paper) -> Self {
        let (content_type, body) = multipart::write(&Part {
            name: UPLOAD_FIELD,
            file_name: Some(&paper.file_name),
            content_type: Some("application/pdf"),
            content: &paper.content,
        });
        let bytes = u64::try_from(paper.content.len()).unwrap_or(u64::MAX);
        Self { bytes, pages: paper.pages, content_type, body: body.into() }
    }
}
