//! The calls around a run: sign-in, models, documents, and the warming of a cache.
//!
//! Nothing here is measured. What waits here, for a rate limit or a token, waits before the run begins.

mod access;
mod error;
mod http;
mod target;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use claque_core::{
    event::{Failure, FailureClass, Kills, Phase},
    time::Duration,
};
use claque_wire::yapit::{
    http_failure,
    rest::{Block, DocumentCreated, DocumentRequest, Model},
};
use hyper::{Method, Request, StatusCode};
use rustls::ClientConfig;
use serde_json::from_slice;

pub(crate) use self::{
    access::Access,
    http::{HttpClient, bare, failure_of},
};
use self::{
    access::Refresher,
    error::{not_understood, timed_out},
    http::{Answer, post_json, tls_config},
};
pub use self::{
    access::{Credentials, PasswordSignIn},
    error::ServiceError,
    target::{Target, TargetError},
};

/// Longest wait for one REST answer.
const CALL_TIMEOUT: Duration = Duration::from_secs(60);
/// Wait after a 429 that does not say how long: the window of the creation limit, in twelve steps.
const DEFAULT_RETRY: Duration = Duration::from_secs(5);
/// A limit that asks for a longer wait than this is not waited out.
const LONGEST_RETRY: Duration = Duration::from_secs(120);

/// A yapit gateway that we are signed in to. Clones share connections and tokens.
#[derive(Clone, Debug)]
pub struct Service {
    target: Target,
    tls: Arc<ClientConfig>,
    http: HttpClient,
    access: Access,
    refreshed: Arc<AtomicU64>,
    credentials: Option<String>,
}

/// A document made for a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// As the service names it.
    pub id: String,
    /// Characters of each block the service made of the text.
    pub chars: Vec<u32>,
}

impl Service {
    /// Signs in, if there is anything to sign in with, and keeps the token fresh on this runtime for as long as the
    /// service or a clone of it is in use.
    ///
    /// # Errors
    /// The identity service refuses the credentials or cannot be reached.
    pub async fn open(target: Target, credentials: Credentials) -> Result<Self, ServiceError> {
        let tls = tls_config();
        let http = HttpClient::new(&tls);
        let refreshed = Arc::new(AtomicU64::new(0));
        let (access, place) = match credentials {
            Credentials::None => (Access::fixed(None), None),
            Credentials::Token(token) => (Access::fixed(Some(token)), Some("the token".to_owned())),
            Credentials::Password(account) => {
                let place = account.source.clone();
                let counter = Arc::clone(&refreshed);
                let sign_in = Refresher::sign_in(http.clone(), target.clone(), *account, counter);
                let (access, refresher) =
                    within(CALL_TIMEOUT, sign_in).await.map_err(|failure| ServiceError {
                        action: "sign in",
                        target: target.to_string(),
                        failure,
                        retry_after: None,
                        credentials: Some(place.clone()),
                    })?;
                tokio::spawn(refresher.run());
                (access, Some(place))
            }
        };
        Ok(Self { target, tls, http, access, refreshed, credentials: place })
    }

    /// Where it is.
    #[must_use]
    pub const fn target(&self) -> &Target {
        &self.target
    }

    /// How often the access token was replaced so far.
    #[must_use]
    pub fn token_refreshes(&self) -> u64 {
        self.refreshed.load(Ordering::Relaxed)
    }

    /// The models on offer.
    ///
    /// # Errors
    /// The service refuses, answers something else, or cannot be reached.
    pub async fn models(&self) -> Result<Vec<Model>, ServiceError> {
        const ACTION: &str = "list the models";
        let answer = self.call(ACTION, || bare(Method::GET, &self.target.url("/api/v1/models"))).await?;
        self.expect(ACTION, &answer, StatusCode::OK)?;
        from_slice(&answer.body).map_err(|error| self.error(ACTION, not_understood("list of models", &error)))
    }

    /// Makes a document of a Markdown text and asks what blocks it became. A rate limit is waited out by `wait`, which
    /// says whether to go on.
    ///
    /// # Errors
    /// The service refuses, answers something else, or cannot be reached; the document, if it was made, is deleted.
    pub async fn create_document(
        &self,
        content: &str,
        title: &str,
        wait: impl AsyncFn(Duration) -> bool,
    ) -> Result<Document, ServiceError> {
        const ACTION: &str = "create a document";
        let body = DocumentRequest { content: content.to_owned(), title: Some(title.to_owned()) };
        let url = self.target.url("/api/v1/documents/text");
        let answer = self.call_patiently(ACTION, || post_json(&url, &body), &wait).await?;
        self.expect(ACTION, &answer, StatusCode::CREATED)?;
        let created: DocumentCreated = from_slice(&answer.body)
            .map_err(|error| self.error(ACTION, not_understood("new document", &error)))?;
        match self.blocks(&created.id, &wait).await {
            Ok(blocks) => {
                let chars = |block: &Block| u32::try_from(block.text.chars().count()).unwrap_or(u32::MAX);
                Ok(Document { id: created.id, chars: blocks.iter().map(chars).collect() })
            }
            Err(error) => {
                if let Err(left) = self.delete_document(&created.id).await {
                    tracing::warn!("document {} is left behind: {left}", created.id);
                }
                Err(error)
            }
        }
    }

    /// Deletes a document; one that is gone already is no error.
    ///
    /// # Errors
    /// The service refuses or cannot be reached.
    pub async fn delete_document(&self, id: &str) -> Result<(), ServiceError> {
        const ACTION: &str = "delete a document";
        let url = self.target.url(&format!("/api/v1/documents/{id}"));
        let answer = self.call_patiently(ACTION, || bare(Method::DELETE, &url), &sleep).await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(());
        }
        self.expect(ACTION, &answer, StatusCode::NO_CONTENT)
    }

    /// A pool of connections for another runtime.
    pub(crate) fn another_client(&self) -> HttpClient {
        HttpClient::new(&self.tls)
    }

    pub(crate) const fn access(&self) -> &Access {
        &self.access
    }

    pub(crate) const fn tls(&self) -> &Arc<ClientConfig> {
        &self.tls
    }

    async fn blocks(
        &self,
        id: &str,
        wait: &impl AsyncFn(Duration) -> bool,
    ) -> Result<Vec<Block>, ServiceError> {
        const ACTION: &str = "list the blocks of a document";
        let url = self.target.url(&format!("/api/v1/documents/{id}/blocks"));
        let answer = self.call_patiently(ACTION, || bare(Method::GET, &url), wait).await?;
        self.expect(ACTION, &answer, StatusCode::OK)?;
        from_slice(&answer.body).map_err(|error| self.error(ACTION, not_understood("list of blocks", &error)))
    }

    /// Calls until the answer is no 429, or until `wait` has had enough.
    async fn call_patiently(
        &self,
        action: &'static str,
        request: impl Fn() -> Result<Request<http_body_util::Full<bytes::Bytes>>, Failure>,
        wait: &impl AsyncFn(Duration) -> bool,
    ) -> Result<Answer, ServiceError> {
        loop {
            let answer = self.call(action, &request).await?;
            let span = answer.retry_after.unwrap_or(DEFAULT_RETRY);
            if answer.status != StatusCode::TOO_MANY_REQUESTS || span > LONGEST_RETRY || !wait(span).await {
                return Ok(answer);
            }
        }
    }

    async fn call(
        &self,
        action: &'static str,
        request: impl Fn() -> Result<Request<http_body_util::Full<bytes::Bytes>>, Failure>,
    ) -> Result<Answer, ServiceError> {
        let mut request = request().map_err(|failure| self.error(action, failure))?;
        if let Some(header) = self.access.header() {
            request.headers_mut().insert(hyper::header::AUTHORIZATION, header);
        }
        within(CALL_TIMEOUT, self.http.call(request)).await.map_err(|failure| self.error(action, failure))
    }

    fn expect(&self, action: &'static str, answer: &Answer, wanted: StatusCode) -> Result<(), ServiceError> {
        if answer.status == wanted {
            return Ok(());
        }
        let failure = match answer.status.as_u16() {
            200..=299 => Failure {
                phase: Phase::BeforeAudio,
                class: FailureClass::Protocol,
                code: Some(answer.status.as_u16()),
                text: format!("answered where {} was expected", wanted.as_u16()),
                kills: Kills::Session,
            },
            status => http_failure(status, &answer.body, Kills::Session, Phase::BeforeAudio),
        };
        Err(ServiceError { retry_after: answer.retry_after, ..self.error(action, failure) })
    }

    fn error(&self, action: &'static str, failure: Failure) -> ServiceError {
        ServiceError {
            action,
            target: self.target.to_string(),
            failure,
            retry_after: None,
            credentials: self.credentials.clone(),
        }
    }
}

/// Waits out a limit, whatever it takes.
async fn sleep(span: Duration) -> bool {
    tokio::time::sleep(span).await;
    true
}

async fn within<T>(limit: Duration, call: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::time::timeout(limit, call).await.unwrap_or_else(|_| Err(timed_out(limit)))
}
