//! The REST calls with a pass: models and documents.

use claque_core::{
    event::{Failure, FailureClass, Kills, Phase},
    time::Duration,
};
use claque_wire::yapit::{
    http_failure,
    rest::{Block, DocumentCreated, DocumentRequest, Model},
};
use hyper::{Method, Request, StatusCode};
use serde_json::from_slice;

use super::{
    CALL_TIMEOUT, Service, ServiceError,
    error::not_understood,
    guest::GUESTS,
    http::{Answer, HttpClient, bare, post_json},
    patience::{Backoff, nobody_was_asked},
    target::Target,
    within,
};

/// Wait after a 429 that does not say how long: the window of a limit per minute, in twelve steps.
const DEFAULT_RETRY: Duration = Duration::from_secs(5);
/// A limit that asks for a longer wait than this is not waited out.
const LONGEST_RETRY: Duration = Duration::from_secs(120);
/// How long a call that was refused for an old token waits for a new one: an outage of the identity service.
const RENEWAL: Duration = Duration::from_secs(30);

/// Which era a server is of, by the routes it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EraGuess {
    /// It does not hand out guests: February 2026.
    Feb2026,
    /// It does: August 2026 and later.
    Current,
}

type Body = http_body_util::Full<bytes::Bytes>;

impl Service {
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

    /// Finds out of which era the server is, without making anything: `GET` on the route that hands out guests is
    /// refused with 405 where there is one, and with 404 where there is none.
    ///
    /// # Errors
    /// The service cannot be reached.
    pub async fn guess_era(&self) -> Result<EraGuess, ServiceError> {
        const ACTION: &str = "find out the version of the service";
        let answer = self.call(ACTION, || bare(Method::GET, &self.target.url(GUESTS))).await?;
        Ok(if answer.status == StatusCode::NOT_FOUND { EraGuess::Feb2026 } else { EraGuess::Current })
    }

    /// Makes a document of a Markdown text, in one attempt, and gives its id.
    ///
    /// # Errors
    /// The service refuses, a limit among the reasons ([`ServiceError::limited`]), answers something else, or cannot be
    /// reached. [`ServiceError::is_surely_refused`] says whether there can be a document all the same.
    pub async fn create_document(&self, content: &str, title: &str) -> Result<String, ServiceError> {
        const ACTION: &str = "create a document";
        let body = DocumentRequest { content: content.to_owned(), title: Some(title.to_owned()) };
        let url = self.target.url("/api/v1/documents/text");
        let answer = self.call(ACTION, || post_json(&url, &body)).await?;
        self.expect(ACTION, &answer, StatusCode::CREATED)?;
        let created: DocumentCreated = from_slice(&answer.body)
            .map_err(|error| self.error(ACTION, not_understood("new document", &error)))?;
        Ok(created.id)
    }

    /// Characters of each block that the service made of a document; none when there is no such document of ours. A
    /// rate limit is waited out by `wait`, which says whether to go on.
    ///
    /// # Errors
    /// The service refuses, answers something else, or cannot be reached.
    pub async fn blocks(
        &self,
        id: &str,
        wait: impl AsyncFn(Duration) -> bool,
    ) -> Result<Option<Vec<u32>>, ServiceError> {
        const ACTION: &str = "list the blocks of a document";
        let url = self.target.url(&format!("/api/v1/documents/{id}/blocks"));
        let answer = self.call_patiently(ACTION, || bare(Method::GET, &url), &wait).await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        self.expect(ACTION, &answer, StatusCode::OK)?;
        let blocks: Vec<Block> = from_slice(&answer.body)
            .map_err(|error| self.error(ACTION, not_understood("list of blocks", &error)))?;
        let chars = |block: &Block| u32::try_from(block.text.chars().count()).unwrap_or(u32::MAX);
        Ok(Some(blocks.iter().map(chars).collect()))
    }

    /// Deletes a document. Gives whether it was there: one that is gone already, or somebody else's, is no error.
    ///
    /// # Errors
    /// The service refuses or cannot be reached.
    pub async fn delete_document(&self, id: &str) -> Result<bool, ServiceError> {
        const ACTION: &str = "delete a document";
        let url = self.target.url(&format!("/api/v1/documents/{id}"));
        let answer = self.call_patiently(ACTION, || bare(Method::DELETE, &url), &sleep).await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(false);
        }
        self.expect(ACTION, &answer, StatusCode::NO_CONTENT)?;
        Ok(true)
    }

    /// Calls until the answer is no 429, or until `wait` has had enough.
    async fn call_patiently(
        &self,
        action: &'static str,
        request: impl Fn() -> Result<Request<Body>, Failure>,
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

    /// Calls, again if the token was too old and there is a new one, and again while the service cannot find out who
    /// calls.
    async fn call(
        &self,
        action: &'static str,
        request: impl Fn() -> Result<Request<Body>, Failure>,
    ) -> Result<Answer, ServiceError> {
        let failed = |failure| self.error(action, failure);
        let mut backoff = Backoff::new();
        let mut renewed = false;
        loop {
            let mut request = request().map_err(failed)?;
            let mut pass = self.access.watch();
            self.access.sign(request.headers_mut());
            let answer = within(CALL_TIMEOUT, self.http.call(request)).await.map_err(failed)?;
            match answer.status.as_u16() {
                401 if !renewed => {
                    renewed = true;
                    if !pass.changes_within(RENEWAL).await {
                        return Ok(answer);
                    }
                }
                503 if nobody_was_asked(&failure(&answer)) => match backoff.next_patient_wait() {
                    Some(wait) => tokio::time::sleep(wait).await,
                    None => return Ok(answer),
                },
                _ => return Ok(answer),
            }
        }
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
            _ => failure(answer),
        };
        Err(ServiceError { retry_after: answer.retry_after, ..self.error(action, failure) })
    }

    fn error(&self, action: &'static str, failure: Failure) -> ServiceError {
        ServiceError {
            action,
            target: self.target.to_string(),
            failure,
            retry_after: None,
            credentials: self.credentials.as_deref().map(str::to_owned),
        }
    }
}

/// Whether a service lets somebody in who shows nothing: asked for a document that nobody has, it says so instead of
/// asking who we are.
pub(super) async fn serves_strangers(http: &HttpClient, target: &Target) -> bool {
    let url = target.url("/api/v1/documents/00000000-0000-4000-8000-000000000000/blocks");
    let Ok(request) = bare(Method::GET, &url) else { return false };
    let answer = within(CALL_TIMEOUT, http.call(request)).await;
    answer.is_ok_and(|answer| {
        answer.status == StatusCode::NOT_FOUND && failure(&answer).text.starts_with("Document")
    })
}

fn failure(answer: &Answer) -> Failure {
    http_failure(answer.status.as_u16(), &answer.body, Kills::Session, Phase::BeforeAudio)
}

/// Waits out a limit, whatever it takes.
async fn sleep(span: Duration) -> bool {
    tokio::time::sleep(span).await;
    true
}
