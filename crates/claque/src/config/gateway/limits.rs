//! Settings of limits and of authentication.

use claque_core::time::Duration;
use claque_gateway::{Auth, AuthConfig, Counting, RateLimit, RestLimits, SynthesisLimit};
use serde::{Deserialize, Serialize};

use super::{
    set,
    units::{Hidden, Interval, Name, Switch},
};

/// The limit on synthesis requests of one user.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct SynthesisSettings {
    count: Option<u32>,
    window_seconds: Option<Interval>,
    counting: Option<Name<Counting>>,
}

/// Limits on REST calls of one address. Each list replaces the old one.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RestSettings {
    create_document: Option<Vec<RateSetting>>,
    upload: Option<Vec<RateSetting>>,
    extract: Option<Vec<RateSetting>>,
    other: Option<Vec<RateSetting>>,
}

/// So many within a window, and the words of the refusal.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct RateSetting {
    count: u32,
    window_seconds: Interval,
    text: String,
}

/// Accounts and tokens of the reference gateway. What is saved and shown hides them.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct AuthSettings {
    accounts: Option<Hidden<Vec<Account>>>,
    static_tokens: Option<Hidden<Vec<String>>>,
    access_token_life_seconds: Option<Interval>,
}

/// An account of the reference gateway.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Account {
    email: String,
    password: String,
}

/// How long an access token lives unless it is said: the identity service's ten minutes.
const TOKEN_LIFE: Duration = Duration::from_secs(600);
/// What a limit starts from where there was none: the published one.
const SYNTHESIS: SynthesisLimit = SynthesisLimit {
    limit: RateLimit { count: 300, window: Duration::from_secs(60) },
    counting: Counting::Blocks,
};

pub(super) fn apply_synthesis(
    setting: Option<&Switch<SynthesisSettings>>,
    place: &mut Option<SynthesisLimit>,
) {
    match setting {
        None => {}
        Some(Switch::Off) => *place = None,
        Some(Switch::On(setting)) => {
            let limit = place.get_or_insert(SYNTHESIS);
            set(&mut limit.limit.count, setting.count);
            set(&mut limit.limit.window, setting.window_seconds.map(|window| window.0));
            set(&mut limit.counting, setting.counting.map(|counting| counting.0));
        }
    }
}

pub(super) fn apply_rest(setting: Option<&Switch<RestSettings>>, place: &mut Option<RestLimits>) {
    match setting {
        None => {}
        Some(Switch::Off) => *place = None,
        Some(Switch::On(setting)) => {
            let none =
                || RestLimits { create_document: vec![], upload: vec![], extract: vec![], other: vec![] };
            let limits = place.get_or_insert_with(none);
            set(&mut limits.create_document, setting.create_document.as_deref().map(rates));
            set(&mut limits.upload, setting.upload.as_deref().map(rates));
            set(&mut limits.extract, setting.extract.as_deref().map(rates));
            set(&mut limits.other, setting.other.as_deref().map(rates));
        }
    }
}

fn rates(settings: &[RateSetting]) -> Vec<(RateLimit, String)> {
    let rate = |setting: &RateSetting| {
        (RateLimit { count: setting.count, window: setting.window_seconds.0 }, setting.text.clone())
    };
    settings.iter().map(rate).collect()
}

impl AuthSettings {
    /// Switches authentication on, if it is off, and changes what is set.
    pub(super) fn apply(&self, place: &mut Auth) {
        let mut auth = match place {
            Auth::On(auth) => auth.clone(),
            Auth::Off => {
                AuthConfig { accounts: vec![], static_tokens: vec![], access_token_life: TOKEN_LIFE }
            }
        };
        let pair = |account: &Account| (account.email.clone(), account.password.clone());
        set(&mut auth.accounts, self.accounts.as_ref().map(|all| all.0.iter().map(pair).collect()));
        set(&mut auth.static_tokens, self.static_tokens.as_ref().map(|tokens| tokens.0.clone()));
        set(&mut auth.access_token_life, self.access_token_life_seconds.map(|life| life.0));
        *place = Auth::On(auth);
    }
}

impl From<&AuthConfig> for AuthSettings {
    fn from(auth: &AuthConfig) -> Self {
        let AuthConfig { accounts, static_tokens, access_token_life } = auth;
        let account = |(email, password): &(String, String)| Account {
            email: email.clone(),
            password: password.clone(),
        };
        Self {
            accounts: Some(Hidden(accounts.iter().map(account).collect())),
            static_tokens: Some(Hidden(static_tokens.clone())),
            access_token_life_seconds: Some(Interval(*access_token_life)),
        }
    }
}

impl From<SynthesisLimit> for SynthesisSettings {
    fn from(limit: SynthesisLimit) -> Self {
        let SynthesisLimit { limit: RateLimit { count, window }, counting } = limit;
        Self { count: Some(count), window_seconds: Some(Interval(window)), counting: Some(Name(counting)) }
    }
}

impl From<&RestLimits> for RestSettings {
    fn from(limits: &RestLimits) -> Self {
        let RestLimits { create_document, upload, extract, other } = limits;
        let settings = |rates: &[(RateLimit, String)]| {
            let setting = |(rate, text): &(RateLimit, String)| RateSetting {
                count: rate.count,
                window_seconds: Interval(rate.window),
                text: text.clone(),
            };
            Some(rates.iter().map(setting).collect())
        };
        Self {
            create_document: settings(create_document),
            upload: settings(upload),
            extract: settings(extract),
            other: settings(other),
        }
    }
}
