//! The REST calls with a pass: how they are made, and what the service offers.

use claque_core::{
    event::{Failure, FailureClass, FailureScope, Phase},
    time::Duration,
};
use claque_wire::yapit::{
    http_failure, json,
    rest::{Model, is_document_id},
};
use hyper::{Method, Request, StatusCode};

use super::{
    Service, ServiceError,
    error::not_understood,
    guest::GUESTS,
    http::{Answer, ConnectionChoice, HttpClient, RedirectTarget},
    patience::{Pause, Refused},
    persist,
    request::bare,
    target::Target,
};

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

pub(super) type Body = http_body_util::Full<bytes::Bytes>;

impl Service {
    /// The models on offer, with their names as the service is to be told them: they may hold anything ([`Secrets::name`](super::Secrets::name)).
    /// Limits and passing trouble are waited out by `wait`, which says whether to go on.
    ///
    /// # Errors
    /// The service refuses, answers something else, or cannot be reached.
    pub async fn models(&self, wait: impl AsyncFn(Pause) -> bool) -> Result<Vec<Model>, ServiceError> {
        const ACTION: &str = "list the models";
        let url = self.target.url("/api/v1/models");
        let answer = self.call_again(ACTION, || bare(Method::GET, &url), &wait).await?;
        self.expect(ACTION, &answer, StatusCode::OK)?;
        json::read(&answer.body).map_err(|error| self.error(ACTION, not_understood("list of models", &error)))
    }

    /// Finds out of which era the server is, without making anything: `GET` on the route that hands out guests is
    /// refused with 405 where there is one, and with 404 where there is none. Passing trouble is waited out by `wait`.
    ///
    /// # Errors
    /// The service cannot be reached.
    pub async fn guess_era(&self, wait: impl AsyncFn(Pause) -> bool) -> Result<EraGuess, ServiceError> {
        const ACTION: &str = "find out the version of the service";
        let url = self.target.url(GUESTS);
        let answer = self.call_again(ACTION, || bare(Method::GET, &url), &wait).await?;
        Ok(if answer.status == StatusCode::NOT_FOUND { EraGuess::Feb2026 } else { EraGuess::Current })
    }

    /// Makes a call that does nothing twice, again while its trouble may pass and `wait` goes on. Gives the last
    /// answer, whatever it is.
    pub(super) async fn call_again(
        &self,
        action: &'static str,
        request: impl Fn() -> Result<Request<Body>, Failure>,
        wait: &impl AsyncFn(Pause) -> bool,
    ) -> Result<Answer, ServiceError> {
        let attempt = async |over| {
            let answer = self.call(over, &request).await?;
            if answer.status == StatusCode::TOO_MANY_REQUESTS || answer.status.is_server_error() {
                return Err(Refused { failure: failure(&answer), retry_after: answer.retry_after });
            }
            Ok(answer)
        };
        let refused =
            |Refused { failure, retry_after }| ServiceError { retry_after, ..self.error(action, failure) };
        persist(action, (self.clock, self.secrets()), attempt, wait).await.map_err(refused)
    }

    /// Calls, again if the token was too old and there is a new one.
    pub(super) async fn call(
        &self,
        over: ConnectionChoice,
        request: impl Fn() -> Result<Request<Body>, Failure>,
    ) -> Result<Answer, Failure> {
        let mut renewed = false;
        loop {
            let mut request = request()?;
            let mut pass = self.access.watch();
            self.access.sign(request.headers_mut());
            let answer = self.http.call(over, request).await?;
            if answer.status != StatusCode::UNAUTHORIZED || renewed || !pass.changes_within(RENEWAL).await {
                return Ok(answer);
            }
            renewed = true;
        }
    }

    pub(super) fn expect(
        &self,
        action: &'static str,
        answer: &Answer,
        wanted: StatusCode,
    ) -> Result<(), ServiceError> {
        if answer.status == wanted {
            return Ok(());
        }
        let failure = match answer.status.as_u16() {
            200..=299 => Failure {
                phase: Phase::BeforeAudio,
                class: FailureClass::Protocol,
                code: Some(answer.status.as_u16()),
                text: format!("answered where {} was expected", wanted.as_u16()),
                kills: FailureScope::Session,
            },
            _ => failure(answer),
        };
        Err(ServiceError { retry_after: answer.retry_after, ..self.error(action, failure) })
    }

    /// An id that may go into a path, wherever it comes from.
    pub(super) fn checked<'a>(&self, action: &'static str, id: &'a str) -> Result<&'a str, ServiceError> {
        if is_document_id(id) { Ok(id) } else { Err(self.error(action, no_id())) }
    }

    /// The one way from a failure to an error: what it says may come from outside.
    pub(super) fn error(&self, action: &'static str, failure: Failure) -> ServiceError {
        ServiceError {
            action,
            target: self.target.to_string(),
            failure: self.secrets().clean_failure(failure),
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
    http.call(ConnectionChoice::Fresh, request).await.is_ok_and(|answer| {
        answer.status == StatusCode::NOT_FOUND && failure(&answer).text.starts_with("Document")
    })
}

fn failure(answer: &Answer) -> Failure {
    let failure =
        http_failure(answer.status.as_u16(), &answer.body, FailureScope::Session, Phase::BeforeAudio);
    match &answer.leads_to {
        Some(lead) => Failure { text: redirect_words(lead), ..failure },
        None => failure,
    }
}

/// No redirect of a call is followed: credentials are for who was named.
fn redirect_words(RedirectTarget { origin, path }: &RedirectTarget) -> String {
    match origin {
        Some(origin) => format!(
            "the answer is a redirect to {origin}{path}, which is not followed; if the service is there, type --base-url {origin}"
        ),
        None => format!(
            "the answer is a redirect to {path} of the same service, which is not followed; check the path of --base-url"
        ),
    }
}

pub(super) fn no_id() -> Failure {
    Failure {
        phase: Phase::BeforeAudio,
        class: FailureClass::Protocol,
        code: None,
        text: "the document is named by something that is no id of one".to_owned(),
        kills: FailureScope::Session,
    }
}
