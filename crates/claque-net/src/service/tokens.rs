//! An account's access token: fetched, kept fresh, and what came of that.

use std::collections::BTreeMap;

use claque_core::{
    event::{Failure, FailureClass, FailureScope, Phase},
    time::{Duration, Instant},
};
use claque_wire::yapit::{
    http_failure, json, jwt,
    rest::{Refreshed, SignInRequest, SignedIn},
};
use hyper::header::HeaderValue;
use tokio::sync::watch;

use super::{
    access::{Pass, PasswordSignIn, secret_header},
    error::not_understood,
    http::{ConnectionChoice, HttpClient},
    patience::{Backoff, Refused, is_transient},
    request::post_json,
    secrets::Secrets,
    target::Target,
};
use crate::clock::{Clock, unix_nanos};

/// One thing that became of an account's access token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenEvent {
    /// When, on the clock of the service it belongs to.
    pub at: Instant,
    /// What.
    pub outcome: TokenOutcome,
}

/// What became of an access token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenOutcome {
    /// It was replaced before it ended.
    Refreshed,
    /// The session was over: the account signed in once more.
    SignedInAgain,
    /// The identity service did not give another; tried again later.
    Failed(Failure),
}

/// What became of an account's tokens so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct TokenLog {
    pub(crate) events: Vec<TokenEvent>,
}

/// Keeps an account's token fresh.
#[derive(Debug)]
pub(crate) struct Refresher {
    pub(crate) http: HttpClient,
    pub(crate) target: Target,
    pub(crate) account: PasswordSignIn,
    pub(crate) tokens: SignedIn,
    pub(crate) clock: Clock,
    pub(crate) secrets: Secrets,
    pub(crate) publish: watch::Sender<Pass>,
    pub(crate) log: watch::Sender<TokenLog>,
}

/// A token is replaced this long before it ends, or after four fifths of its life if that is sooner.
const MARGIN: Duration = Duration::from_secs(60);
/// A token is never replaced sooner than this, whatever it says: clocks may disagree.
const SHORTEST_WAIT: Duration = Duration::from_millis(250);
/// Events kept: a month of refreshes every ten minutes. What comes after is still done, and not noted.
const MOST_EVENTS: usize = 4_096;

impl Refresher {
    /// Replaces the token before it ends, again and again, as long as somebody uses it. A token that does not say
    /// when it ends is left as it is. While the identity service is down the old one is used for as long as it lives.
    pub(crate) async fn run(mut self) {
        while let Some(wait) = time_to_refresh(self.tokens.access_token.expose()) {
            if !self.pause(wait).await {
                return;
            }
            let mut backoff = Backoff::new();
            loop {
                match self.refresh().await {
                    Ok(outcome) => {
                        tracing::debug!("the access token was refreshed");
                        self.note(outcome);
                        break;
                    }
                    Err(failure) => {
                        let failure = self.secrets.clean_failure(failure);
                        tracing::warn!("failed to refresh the access token: {failure}; trying again");
                        self.note(TokenOutcome::Failed(failure));
                    }
                }
                if !self.pause(backoff.next_wait()).await {
                    return;
                }
            }
        }
    }

    /// Waits; gives whether anybody still uses the token.
    async fn pause(&self, wait: Duration) -> bool {
        tokio::select! {
            () = tokio::time::sleep(wait) => true,
            () = self.publish.closed() => false,
        }
    }

    fn note(&self, outcome: TokenOutcome) {
        let at = self.clock.now();
        self.log.send_modify(|log| {
            if log.events.len() < MOST_EVENTS {
                log.events.push(TokenEvent { at, outcome });
            }
        });
    }

    async fn refresh(&mut self) -> Result<TokenOutcome, Failure> {
        let url = self.target.url("/auth/api/v1/auth/sessions/current/refresh");
        let mut request = post_json(&url, &BTreeMap::<String, String>::new())?;
        stack_headers(request.headers_mut(), &self.account)?;
        let token = secret_header(self.tokens.refresh_token.expose())?;
        request.headers_mut().insert("x-stack-refresh-token", token);
        let answer = self.http.call(ConnectionChoice::Fresh, request).await?;
        let outcome = if answer.status == 200 {
            self.tokens.access_token = json::read::<Refreshed>(&answer.body)
                .map_err(|error| not_understood("new token", &error))?
                .access_token;
            TokenOutcome::Refreshed
        } else {
            let failure = refused(answer.status.as_u16(), &answer.body);
            if is_transient(&failure) || !answer.status.is_client_error() {
                return Err(failure);
            }
            // The session itself is over: a new one is as good.
            let signed_in = sign_in(&self.http, &self.target, &self.account, ConnectionChoice::Fresh).await;
            self.tokens = signed_in.map_err(|refused| refused.failure)?;
            TokenOutcome::SignedInAgain
        };
        self.secrets.learn_all_of([&self.tokens.access_token, &self.tokens.refresh_token]);
        self.publish.send_replace(Pass::Bearer(self.tokens.access_token.clone()));
        Ok(outcome)
    }
}

/// Signs an account in.
///
/// # Errors
/// The identity service refuses, or cannot be reached or understood.
pub(crate) async fn sign_in(
    http: &HttpClient,
    target: &Target,
    account: &PasswordSignIn,
    over: ConnectionChoice,
) -> Result<SignedIn, Refused> {
    let body = SignInRequest { email: account.email.clone(), password: account.password.clone() };
    let mut request = post_json(&target.url("/auth/api/v1/auth/password/sign-in"), &body)?;
    stack_headers(request.headers_mut(), account)?;
    let answer = http.call(over, request).await?;
    if answer.status != 200 {
        let mut failure = refused(answer.status.as_u16(), &answer.body);
        if answer.status == 400 {
            // The identity service's word for a wrong address or password.
            failure.class = FailureClass::Auth;
        }
        return Err(Refused { failure, retry_after: answer.retry_after });
    }
    json::read(&answer.body).map_err(|error| not_understood("sign-in", &error).into())
}

fn refused(status: u16, body: &[u8]) -> Failure {
    http_failure(status, body, FailureScope::Session, Phase::Handshake)
}

fn stack_headers(headers: &mut hyper::HeaderMap, account: &PasswordSignIn) -> Result<(), Failure> {
    headers.insert("x-stack-access-type", HeaderValue::from_static("client"));
    headers.insert("x-stack-project-id", secret_header(&account.project_id)?);
    headers.insert("x-stack-publishable-client-key", secret_header(account.client_key.expose())?);
    Ok(())
}

/// How long a token that was just given can be used before it should be replaced; none when it does not say when it
/// ends. A token that says how long it lives is believed that, whatever our own clock thinks of its end.
fn time_to_refresh(token: &str) -> Option<Duration> {
    let left = match jwt::life(token) {
        Some(seconds) => Duration::from_secs(seconds),
        None => {
            let ends = jwt::expires_at(token)?.saturating_mul(1_000_000_000);
            Duration::from_nanos(ends.saturating_sub(unix_nanos()))
        }
    };
    Some(left.saturating_sub(MARGIN.min(left / 5)).max(SHORTEST_WAIT))
}
