//! The calls around a run: sign-in, models, documents, and the warming of a cache.
//!
//! Nothing here is measured. What waits here, for a rate limit or a token, waits before the run begins or beside it.

mod access;
mod addresses;
mod calls;
mod common_name;
mod connect;
mod documents;
mod error;
mod guest;
mod headers;
mod http;
mod identity;
mod named_files;
mod network;
mod no_proxy;
mod patience;
mod probe;
mod proxy;
mod proxy_trouble;
mod request;
mod secrets;
mod source;
mod target;
mod tokens;
mod trust;

use std::{net::IpAddr, sync::Arc};

use claque_core::{event::FailureClass, secret::Secret};
use claque_wire::yapit::jwt;
use tokio::sync::watch;

pub(crate) use self::{
    access::Access,
    addresses::{Addresses, HEAD_START, is_its_own, telling},
    headers::ExtraHeaders,
    http::{Answer, ConnectionChoice, HttpClient, failure_of},
    proxy::{Proxy, Route},
    request::{bare, post_json, unusable},
    target::{AudioPlace, Origin, redirected},
};
use self::{
    access::Pass,
    guest::become_guest,
    patience::Refused,
    tokens::{Refresher, TokenLog, sign_in},
};
pub use self::{
    access::{Credentials, PasswordSignIn},
    addresses::AddressUse,
    calls::EraGuess,
    documents::Listing,
    error::ServiceError,
    headers::{ExtraHeader, HeaderError},
    identity::{ClientIdentity, IdentityError},
    network::{AllowedHost, Certificates, Network, NetworkOrder, SlowCall},
    patience::{Pause, Persistence},
    probe::ProbeAnswer,
    proxy::ProxySettings,
    proxy_trouble::ProxyTrouble,
    secrets::Secrets,
    source::{SourceError, check_source},
    target::{Target, TargetError},
    tokens::{TokenEvent, TokenOutcome},
};
use crate::clock::Clock;

/// What signing in is called in errors.
const SIGN_IN: &str = "sign in";

/// A yapit gateway that we are signed in to. Clones share connections and tokens.
#[derive(Clone, Debug)]
pub struct Service {
    target: Target,
    network: Network,
    http: HttpClient,
    source: Option<IpAddr>,
    access: Access,
    clock: Clock,
    log: watch::Receiver<TokenLog>,
    owner: Arc<str>,
    credentials: Option<Arc<str>>,
    /// The credentials that were given are not used, because nobody asks for any.
    unasked: bool,
}

/// What signing in comes to.
struct Opened {
    access: Access,
    log: watch::Receiver<TokenLog>,
    owner: String,
    unasked: bool,
}

impl Service {
    /// Signs in, if there is anything to sign in with, and keeps the token fresh on this runtime for as long as the
    /// service or a clone of it is in use. A limit, or an identity service in passing trouble, is waited out by `wait`,
    /// which says whether to go on.
    ///
    /// # Errors
    /// The identity service refuses the credentials or cannot be reached.
    pub async fn open(
        target: Target,
        credentials: Credentials,
        network: &Network,
        wait: impl AsyncFn(Pause) -> bool,
    ) -> Result<Self, ServiceError> {
        let secrets = network.secrets();
        secrets.learn_all(&credentials);
        let http = HttpClient::new(network, None);
        let clock = Clock::start();
        let place: Option<Arc<str>> = match &credentials {
            Credentials::None => None,
            Credentials::Token { source, .. } => Some(source.as_str().into()),
            Credentials::Password(account) => Some(account.source.as_str().into()),
            Credentials::Guest => Some("--guest: does the service take guests?".into()),
        };
        let refused = |action| {
            let (target, place) = (target.to_string(), place.as_deref().map(str::to_owned));
            move |why| refused(action, target, why, place)
        };
        let opened = match credentials {
            Credentials::None => Opened::fixed(Pass::Nobody, "nobody"),
            Credentials::Token { token, .. } => {
                let owner = jwt::subject(token.expose()).map(|user| format!("user {}", secrets.clean(&user)));
                Opened::fixed(Pass::Bearer(token), owner.as_deref().unwrap_or("token"))
            }
            Credentials::Guest => {
                const ACTION: &str = "become a guest";
                let attempt = async |over| become_guest(&http, &target, over).await;
                let pass =
                    persist(ACTION, (clock, secrets), attempt, &wait).await.map_err(refused(ACTION))?;
                secrets.learn_pass(&pass);
                Opened::fixed(pass, "guest")
            }
            Credentials::Password(account) => {
                let opened = sign_in_and_keep(&http, &target, *account, (clock, secrets), &wait).await;
                opened.map_err(refused(SIGN_IN))?
            }
        };
        let Opened { access, log, owner, unasked } = opened;
        let (owner, network) = (owner.into(), network.clone());
        Ok(Self {
            target,
            network,
            http,
            source: None,
            access,
            clock,
            log,
            owner,
            credentials: place,
            unasked,
        })
    }

    /// The same, with connections from `source`, an address of this machine.
    #[must_use]
    pub fn from_source(&self, source: IpAddr) -> Self {
        Self { http: HttpClient::new(&self.network, Some(source)), source: Some(source), ..self.clone() }
    }

    /// Where it is.
    #[must_use]
    pub const fn target(&self) -> &Target {
        &self.target
    }

    /// Who owns what we make there, as far as is known without a secret: "user ID", "token" for one that does not say
    /// whose it is, "guest", or "nobody" where no credentials are shown.
    #[must_use]
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// Whether credentials were given that nobody there asks for.
    #[must_use]
    pub const fn is_unasked(&self) -> bool {
        self.unasked
    }

    /// What became of the access token so far, in order, on the clock of [`Service::clock`].
    #[must_use]
    pub fn token_events(&self) -> Vec<TokenEvent> {
        self.log.borrow().events.clone()
    }

    /// The clock of its events; started when it was opened.
    #[must_use]
    pub const fn clock(&self) -> Clock {
        self.clock
    }

    /// A pool of connections for another runtime.
    pub(crate) fn another_client(&self) -> HttpClient {
        HttpClient::new(&self.network, self.source)
    }

    /// Where its connections come from, if that matters.
    pub(crate) const fn source(&self) -> Option<IpAddr> {
        self.source
    }

    pub(crate) const fn access(&self) -> &Access {
        &self.access
    }

    /// How it is reached.
    #[must_use]
    pub const fn network(&self) -> &Network {
        &self.network
    }

    /// The secrets that were given or received.
    #[must_use]
    pub const fn secrets(&self) -> &Secrets {
        self.network.secrets()
    }
}

impl Opened {
    fn fixed(pass: Pass, owner: &str) -> Self {
        let log = watch::channel(TokenLog::default()).1;
        Self { access: Access::fixed(pass), log, owner: owner.to_owned(), unasked: false }
    }
}

/// Signs an account in and sees to its token from then on. A service without an identity service that serves
/// strangers needs neither.
async fn sign_in_and_keep(
    http: &HttpClient,
    target: &Target,
    account: PasswordSignIn,
    (clock, secrets): (Clock, &Secrets),
    wait: &impl AsyncFn(Pause) -> bool,
) -> Result<Opened, Refused> {
    let attempt = async |over| sign_in(http, target, &account, over).await;
    let tokens = match persist(SIGN_IN, (clock, secrets), attempt, wait).await {
        Ok(tokens) => tokens,
        Err(why) if why.failure.code == Some(404) && calls::serves_strangers(http, target).await => {
            return Ok(Opened { unasked: true, ..Opened::fixed(Pass::Nobody, "nobody") });
        }
        Err(why) => return Err(why),
    };
    secrets.learn_all_of([&tokens.access_token, &tokens.refresh_token]);
    let owner = format!("user {}", secrets.clean(&tokens.user_id));
    let pass = |token: &Secret| Pass::Bearer(token.clone());
    let (publish, seen) = watch::channel(pass(&tokens.access_token));
    let (log, events) = watch::channel(TokenLog::default());
    let (http, target, secrets) = (http.clone(), target.clone(), secrets.clone());
    tokio::spawn(Refresher { http, target, account, tokens, clock, secrets, publish, log }.run());
    Ok(Opened { access: Access::changing(seen), log: events, owner, unasked: false })
}

/// Makes a call that does nothing twice, again while its trouble may pass and `wait` goes on: over a new connection
/// then, for the one before may have been the trouble.
async fn persist<T>(
    action: &'static str,
    (clock, secrets): (Clock, &Secrets),
    attempt: impl AsyncFn(ConnectionChoice) -> Result<T, Refused>,
    wait: &impl AsyncFn(Pause) -> bool,
) -> Result<T, Refused> {
    let mut persistence = Persistence::new(clock.now());
    let mut over = ConnectionChoice::Kept;
    loop {
        let refused = match attempt(over).await {
            Err(refused) => Refused { failure: secrets.clean_failure(refused.failure), ..refused },
            Ok(answer) => return Ok(answer),
        };
        let Refused { failure, retry_after } = &refused;
        let Some(span) = persistence.next_wait(clock.now(), failure, *retry_after) else {
            return Err(refused);
        };
        tracing::debug!("failed to {action}: {failure}; trying again");
        if !wait(Pause { action, span, failure: failure.clone() }).await {
            return Err(refused);
        }
        over = ConnectionChoice::Fresh;
    }
}

fn refused(action: &'static str, target: String, why: Refused, credentials: Option<String>) -> ServiceError {
    let Refused { mut failure, retry_after } = why;
    // Whoever is refused as what he said he is, must say something else.
    if failure.code == Some(404) {
        failure.class = FailureClass::Invalid;
    }
    ServiceError { action, target, failure, retry_after, credentials }
}
