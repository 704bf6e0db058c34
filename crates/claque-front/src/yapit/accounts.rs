//! Who a caller is: accounts, access tokens that expire, guests.

use core::fmt;
use std::collections::BTreeMap;

use claque_core::{
    rng::Seed,
    time::{Duration, Instant},
};
use claque_gateway::{DocumentId, Outage, UserId};

use super::gateway::{Auth, AuthConfig, Era, Refusal, Unauthenticated};

/// What a caller shows. Its debug output hides the secrets.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Credentials {
    /// Nothing.
    None,
    /// An access token, or a static one.
    Bearer(String),
    /// A guest's id, and in the current era the guest's token.
    Guest {
        /// UUID of the guest.
        id: String,
        /// Secret of the guest.
        token: Option<String>,
    },
}

/// What a sign-in or a refresh gives. Its debug output hides the secrets.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct SignedIn {
    /// The access token, opaque. A host may wrap it, and must unwrap it before it authenticates.
    pub(super) access: String,
    /// When the access token expires.
    pub(super) expires_at: Instant,
    /// The refresh token, which does not expire.
    pub(super) refresh: String,
    /// Who signed in.
    pub(super) user: UserId,
}

/// A guest's credentials.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct GuestSession {
    /// UUID of the guest.
    pub(super) id: String,
    /// Secret, 64 hexadecimal digits.
    pub(super) token: String,
}

/// Accounts, tokens and guests.
#[derive(Clone, Debug)]
pub(super) struct Accounts {
    auth: Auth,
    era: Era,
    outage: Option<Outage>,
    seed: Seed,
    issued: u64,
    access: BTreeMap<String, Access>,
    refresh: BTreeMap<String, UserId>,
    guests: BTreeMap<String, String>,
}

#[derive(Clone, Debug)]
struct Access {
    user: UserId,
    expires_at: Instant,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Bearer(_) => f.write_str("Bearer(hidden)"),
            Self::Guest { id, token } => {
                f.debug_struct("Guest").field("id", id).field("with_token", &token.is_some()).finish()
            }
        }
    }
}

impl fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedIn")
            .field("expires_at", &self.expires_at)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for GuestSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuestSession").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Accounts {
    pub(super) const fn new(auth: Auth, era: Era, outage: Option<Outage>, seed: Seed) -> Self {
        Self {
            auth,
            era,
            outage,
            seed,
            issued: 0,
            access: BTreeMap::new(),
            refresh: BTreeMap::new(),
            guests: BTreeMap::new(),
        }
    }

    pub(super) fn sign_in(&mut self, now: Instant, email: &str, password: &str) -> Result<SignedIn, Refusal> {
        self.identity_service(now)?;
        let Auth::On(config) = &self.auth else { return Err(Refusal::NoSuchRoute) };
        let life = config.access_token_life;
        let is_account = |account: &(String, String)| account.0 == email && account.1 == password;
        let number = config.accounts.iter().position(is_account).ok_or(Refusal::WrongPassword)?;
        let user = account_user(self.seed, number);
        let refresh = self.secret();
        self.refresh.insert(refresh.clone(), user.clone());
        Ok(self.issue(now, life, user, refresh))
    }

    pub(super) fn refresh(&mut self, now: Instant, refresh: &str) -> Result<SignedIn, Refusal> {
        self.identity_service(now)?;
        let Auth::On(config) = &self.auth else { return Err(Refusal::NoSuchRoute) };
        let life = config.access_token_life;
        let user = self.refresh.get(refresh).cloned().ok_or(Refusal::WrongRefreshToken)?;
        Ok(self.issue(now, life, user, refresh.to_owned()))
    }

    pub(super) fn anonymous_session(&mut self) -> Result<GuestSession, Refusal> {
        match self.era {
            Era::Feb2026 => Err(Refusal::NoSuchRoute),
            Era::Current => {
                let id = DocumentId::from_seed(self.next_seed().child("guest")).to_string();
                let token = self.secret();
                self.guests.insert(id.clone(), token.clone());
                Ok(GuestSession { id, token })
            }
        }
    }

    pub(super) fn authenticate(&self, now: Instant, credentials: &Credentials) -> Result<UserId, Refusal> {
        let Auth::On(config) = &self.auth else { return Ok(UserId::selfhost()) };
        match credentials {
            Credentials::None => Err(Refusal::Unauthenticated(Unauthenticated::Missing)),
            Credentials::Bearer(token) => self.bearer(now, config, token),
            Credentials::Guest { id, token } => self.guest(id, token.as_deref()),
        }
    }

    fn bearer(&self, now: Instant, config: &AuthConfig, token: &str) -> Result<UserId, Refusal> {
        self.identity_service(now)?;
        if let Some(number) = config.static_tokens.iter().position(|known| known == token) {
            return Ok(UserId::new(&format!("token-{number}")));
        }
        match self.access.get(token) {
            Some(access) if now < access.expires_at => Ok(access.user.clone()),
            Some(_) | None => Err(Refusal::Unauthenticated(Unauthenticated::Token)),
        }
    }

    /// 2026-02 believes every id of the shape of a UUID; today the server hands out id and token.
    fn guest(&self, id: &str, token: Option<&str>) -> Result<UserId, Refusal> {
        let known = match self.era {
            Era::Feb2026 => DocumentId::parse(id).is_some(),
            Era::Current => self.guests.get(id).is_some_and(|secret| Some(secret.as_str()) == token),
        };
        let refusal = Refusal::Unauthenticated(Unauthenticated::Guest);
        if known { Ok(UserId::new(&format!("anon-{id}"))) } else { Err(refusal) }
    }

    fn identity_service(&self, now: Instant) -> Result<(), Refusal> {
        match self.outage {
            Some(outage) if outage.covers(now) => Err(Refusal::IdentityUnavailable),
            Some(_) | None => Ok(()),
        }
    }

    fn issue(&mut self, now: Instant, life: Duration, user: UserId, refresh: String) -> SignedIn {
        self.access.retain(|_, access| now < access.expires_at);
        let access = self.secret();
        let expires_at = now + life;
        self.access.insert(access.clone(), Access { user: user.clone(), expires_at });
        SignedIn { access, expires_at, refresh, user }
    }

    fn secret(&mut self) -> String {
        let seed = self.next_seed();
        (0..4).map(|word| format!("{:016x}", seed.index(word).value())).collect()
    }

    const fn next_seed(&mut self) -> Seed {
        self.issued += 1;
        self.seed.index(self.issued)
    }
}

fn account_user(seed: Seed, number: usize) -> UserId {
    let number = u64::try_from(number).unwrap_or(u64::MAX);
    UserId::new(&DocumentId::from_seed(seed.child("account").index(number)).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Instant = Instant::from_millis(1_000);

    fn accounts(era: Era, outage: Option<Outage>) -> Accounts {
        let auth = Auth::On(AuthConfig {
            accounts: vec![("a@example.org".to_owned(), "right".to_owned())],
            static_tokens: vec!["fixed".to_owned()],
            access_token_life: Duration::from_secs(10),
        });
        Accounts::new(auth, era, outage, Seed::root(1))
    }

    fn bearer(token: &str) -> Credentials {
        Credentials::Bearer(token.to_owned())
    }

    #[test]
    fn a_token_expires_and_a_refresh_gives_another_for_the_same_user() {
        let mut accounts = accounts(Era::Current, None);
        assert_eq!(accounts.sign_in(NOON, "a@example.org", "wrong"), Err(Refusal::WrongPassword));
        let signed = accounts.sign_in(NOON, "a@example.org", "right").unwrap();
        assert_eq!(accounts.authenticate(NOON, &bearer(&signed.access)), Ok(signed.user.clone()));
        let expired = Refusal::Unauthenticated(Unauthenticated::Token);
        assert_eq!(accounts.authenticate(signed.expires_at, &bearer(&signed.access)), Err(expired));
        let again = accounts.refresh(signed.expires_at, &signed.refresh).unwrap();
        assert_ne!(again.access, signed.access);
        assert_eq!(accounts.authenticate(signed.expires_at, &bearer(&again.access)), Ok(signed.user));
        assert_eq!(accounts.refresh(NOON, "made up"), Err(Refusal::WrongRefreshToken));
        assert!(accounts.authenticate(NOON, &bearer("fixed")).is_ok());
        let missing = Err(Refusal::Unauthenticated(Unauthenticated::Missing));
        assert_eq!(accounts.authenticate(NOON, &Credentials::None), missing);
    }

    #[test]
    fn guests_of_the_current_era_need_the_token_they_were_given() {
        let mut accounts = accounts(Era::Current, None);
        let guest = accounts.anonymous_session().unwrap();
        let show = |token: Option<&str>| Credentials::Guest {
            id: guest.id.clone(),
            token: token.map(str::to_owned),
        };
        assert!(accounts.authenticate(NOON, &show(Some(&guest.token))).is_ok());
        let refused = Err(Refusal::Unauthenticated(Unauthenticated::Guest));
        assert_eq!(accounts.authenticate(NOON, &show(None)), refused);
        assert_eq!(accounts.authenticate(NOON, &show(Some("other"))), refused);
    }

    #[test]
    fn guests_of_2026_02_name_themselves() {
        let mut accounts = accounts(Era::Feb2026, None);
        assert_eq!(accounts.anonymous_session(), Err(Refusal::NoSuchRoute));
        let show = |id: &str| Credentials::Guest { id: id.to_owned(), token: None };
        assert!(accounts.authenticate(NOON, &show("cf88a4b7-f1f9-4703-be97-adcce78c016a")).is_ok());
        assert!(accounts.authenticate(NOON, &show("me")).is_err());
    }

    #[test]
    fn while_the_identity_service_is_down_nobody_signs_in() {
        let outage = Outage { from: NOON, until: Instant::from_millis(2_000) };
        let mut accounts = accounts(Era::Current, Some(outage));
        let sign_in = |accounts: &mut Accounts, at| accounts.sign_in(at, "a@example.org", "right");
        assert_eq!(sign_in(&mut accounts, NOON), Err(Refusal::IdentityUnavailable));
        assert!(sign_in(&mut accounts, outage.until).is_ok());
    }

    #[test]
    fn secrets_are_never_printed() {
        let mut accounts = accounts(Era::Current, None);
        let signed = accounts.sign_in(NOON, "a@example.org", "right").unwrap();
        let guest = accounts.anonymous_session().unwrap();
        let shown = format!("{signed:?} {guest:?} {:?} {:?}", accounts.auth, bearer("fixed"));
        for secret in ["right", "fixed", &signed.access, &signed.refresh, &guest.token] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}
