//! Who we are to the service: tokens given, fetched and kept fresh.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use claque_core::{
    event::{Failure, FailureClass, Kills},
    time::Duration,
};
use claque_wire::yapit::{
    http_failure, jwt,
    rest::{Refreshed, Secret, SignInRequest, SignedIn},
};
use hyper::header::HeaderValue;
use tokio::sync::watch;

use super::{
    error::not_understood,
    http::{HttpClient, post_json},
    target::Target,
};
use crate::clock::unix_nanos;

/// What there is to sign in with.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// Nothing: a server with authentication off.
    None,
    /// An access token.
    Token(Secret),
    /// An account of the identity service.
    Password(Box<PasswordSignIn>),
}

/// An account of the identity service. Its debug output hides the secrets.
#[derive(Clone, Debug)]
pub struct PasswordSignIn {
    /// E-mail address of the account.
    pub email: Secret,
    /// Its password.
    pub password: Secret,
    /// The identity service's project.
    pub project_id: String,
    /// The project's publishable client key.
    pub client_key: Secret,
    /// Where these were found, for errors: names of variables and of a file.
    pub source: String,
}

/// The access token of the moment. Clones see it change.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    bearer: watch::Receiver<Option<Secret>>,
}

/// Keeps an account's token fresh.
#[derive(Debug)]
pub(crate) struct Refresher {
    http: HttpClient,
    target: Target,
    account: PasswordSignIn,
    tokens: SignedIn,
    publish: watch::Sender<Option<Secret>>,
    refreshed: Arc<AtomicU64>,
}

/// Waits between tries while the identity service is down.
const RETRY_EVERY: Duration = Duration::from_secs(1);
/// A token is replaced this long before it ends, or after four fifths of its life if that is sooner.
const MARGIN: Duration = Duration::from_secs(60);

impl Access {
    /// A token that never changes, or none.
    pub(crate) fn fixed(token: Option<Secret>) -> Self {
        Self { bearer: watch::channel(token).1 }
    }

    /// The token of the moment.
    pub(crate) fn token(&self) -> Option<Secret> {
        self.bearer.borrow().clone()
    }

    /// The `Authorization` header of the moment; none without a token, or for one that no header can hold.
    pub(crate) fn header(&self) -> Option<HeaderValue> {
        let mut value =
            HeaderValue::from_str(&format!("Bearer {}", self.bearer.borrow().as_ref()?.expose())).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

impl Refresher {
    /// Signs in.
    ///
    /// # Errors
    /// The identity service refuses or cannot be reached.
    pub(crate) async fn sign_in(
        http: HttpClient,
        target: Target,
        account: PasswordSignIn,
        refreshed: Arc<AtomicU64>,
    ) -> Result<(Access, Self), Failure> {
        let tokens = sign_in(&http, &target, &account).await?;
        let (publish, bearer) = watch::channel(Some(tokens.access_token.clone()));
        Ok((Access { bearer }, Self { http, target, account, tokens, publish, refreshed }))
    }

    /// Replaces the token before it ends, again and again, as long as somebody uses it. A token that does not say
    /// when it ends is left as it is.
    pub(crate) async fn run(mut self) {
        while let Some(wait) = time_to_refresh(self.tokens.access_token.expose()) {
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.publish.closed() => return,
            }
            while let Err(failure) = self.refresh().await {
                tracing::warn!("failed to refresh the access token: {failure}; trying again");
                tokio::time::sleep(RETRY_EVERY).await;
            }
            self.refreshed.fetch_add(1, Ordering::Relaxed);
            tracing::debug!("the access token was refreshed");
        }
    }

    async fn refresh(&mut self) -> Result<(), Failure> {
        let url = self.target.url("/auth/api/v1/auth/sessions/current/refresh");
        let mut request = post_json(&url, &BTreeMap::<String, String>::new())?;
        stack_headers(request.headers_mut(), &self.account)?;
        request.headers_mut().insert("x-stack-refresh-token", header(self.tokens.refresh_token.expose())?);
        let answer = self.http.call(request).await?;
        let access = if answer.status == 200 {
            serde_json::from_slice::<Refreshed>(&answer.body)
                .map_err(|error| not_understood("new token", &error))?
                .access_token
        } else if answer.status.is_client_error() {
            // The session itself is over: a new one is as good.
            self.tokens = sign_in(&self.http, &self.target, &self.account).await?;
            self.tokens.access_token.clone()
        } else {
            return Err(refused(answer.status.as_u16(), &answer.body));
        };
        self.tokens.access_token = access.clone();
        self.publish.send_replace(Some(access));
        Ok(())
    }
}

async fn sign_in(http: &HttpClient, target: &Target, account: &PasswordSignIn) -> Result<SignedIn, Failure> {
    let body = SignInRequest { email: account.email.clone(), password: account.password.clone() };
    let mut request = post_json(&target.url("/auth/api/v1/auth/password/sign-in"), &body)?;
    stack_headers(request.headers_mut(), account)?;
    let answer = http.call(request).await?;
    if answer.status != 200 {
        let mut failure = refused(answer.status.as_u16(), &answer.body);
        if answer.status == 400 {
            // The identity service's word for a wrong address or password.
            failure.class = FailureClass::Auth;
        }
        return Err(failure);
    }
    serde_json::from_slice(&answer.body).map_err(|error| not_understood("sign-in", &error))
}

fn refused(status: u16, body: &[u8]) -> Failure {
    http_failure(status, body, Kills::Session, claque_core::event::Phase::Handshake)
}

fn stack_headers(headers: &mut hyper::HeaderMap, account: &PasswordSignIn) -> Result<(), Failure> {
    headers.insert("x-stack-access-type", HeaderValue::from_static("client"));
    headers.insert("x-stack-project-id", header(&account.project_id)?);
    headers.insert("x-stack-publishable-client-key", header(account.client_key.expose())?);
    Ok(())
}

/// A header of something secret.
fn header(secret: &str) -> Result<HeaderValue, Failure> {
    let mut value = HeaderValue::from_str(secret).map_err(|_| Failure {
        phase: claque_core::event::Phase::Handshake,
        class: FailureClass::Auth,
        code: None,
        text: "a credential holds characters that no header can carry".to_owned(),
        kills: Kills::Session,
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// How long a token can still be used before it should be replaced; none when it does not say when it ends.
fn time_to_refresh(token: &str) -> Option<Duration> {
    let ends = jwt::expires_at(token)?.saturating_mul(1_000_000_000);
    let left = Duration::from_nanos(ends.saturating_sub(unix_nanos()));
    Some(left.saturating_sub(MARGIN.min(left / 5)))
}
