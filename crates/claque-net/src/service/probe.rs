//! Looking at what a service answers, whatever that is: how a protocol finds out whom it speaks to.

use bytes::Bytes;
use claque_core::{event::Failure, time::Duration};
use hyper::Method;

use super::{Service, error::timed_out, http::ConnectionChoice, request::bare};

/// Longest that a service may take to answer: some answer nothing while their engine works.
const PATIENCE: Duration = Duration::from_secs(10);

/// What was answered.
#[derive(Clone, Debug)]
pub struct ProbeAnswer {
    /// HTTP status.
    pub status: u16,
    /// What the body is said to be.
    pub content_type: Option<String>,
    /// The body.
    pub body: Bytes,
}

impl Service {
    /// Asks with `GET` for what is at a path below the service's address. Any status is an answer.
    ///
    /// # Errors
    /// It cannot be reached, or does not answer within ten seconds.
    pub async fn probe(&self, path: &str) -> Result<ProbeAnswer, Failure> {
        let url = self.target.url(path);
        let call = async {
            let mut request = bare(Method::GET, &url)?;
            self.access.sign(request.headers_mut());
            let answer = self.http.call(ConnectionChoice::Kept, request).await?;
            let status = answer.status.as_u16();
            Ok::<_, Failure>(ProbeAnswer { status, content_type: answer.content_type, body: answer.body })
        };
        let answered = tokio::time::timeout(PATIENCE, call).await;
        answered
            .unwrap_or_else(|_| Err(timed_out(PATIENCE)))
            .map_err(|failure| self.secrets().clean_failure(failure))
    }
}
