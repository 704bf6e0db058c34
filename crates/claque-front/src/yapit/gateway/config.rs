//! Every constant of a gateway.

use core::fmt;

use claque_core::time::{Duration, MediaTime};
use claque_gateway::{
    Faults, LengthModel, ModelConfig, PipelineConfig, ServiceModel, Workers, models_by_slug,
    settings::{As, FromOne, Hidden, Interval, Same, Seconds, Switch, Written},
};
use serde::{Deserialize, Serialize};

use super::extraction::ExtractionConfig;

/// Everything that can be set; see [`GatewayConfig::preset`] for whole sets. What it is written as is a `[gateway]` table, from which
/// it can be read back but for accounts and tokens: those are not written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GatewayConfig {
    /// Whose wording and message shapes are used.
    pub era: Era,
    /// Who may use the server.
    #[serde(with = "As::<Switch<Same<AuthConfig>>>")]
    pub auth: Auth,
    /// Models in the order in which they are listed, each with its workers.
    #[serde(with = "models_by_slug")]
    pub models: Vec<ModelConfig>,
    /// Longest block in characters before it is split; soft by 1.2 to 1.3.
    #[serde(with = "As::<FromOne>")]
    pub max_block_chars: usize,
    /// Longest text of a document in characters.
    #[serde(with = "As::<FromOne>")]
    pub max_content_chars: usize,
    /// Characters a user may store; none for no limit.
    #[serde(with = "As::<Switch<Same<u64>>>")]
    pub storage_limit: Option<u64>,
    /// Characters that may be made into audio for a user; none for no limit. Beyond it blocks are refused with an
    /// `error` status that is not recoverable, as a spent subscription is.
    #[serde(with = "As::<Switch<Same<u64>>>")]
    pub usage_limit: Option<u64>,
    /// Synthesis requests per user.
    #[serde(with = "As::<Switch<Same<SynthesisLimit>>>")]
    pub synthesis_limit: Option<SynthesisLimit>,
    /// REST calls per client address.
    #[serde(with = "As::<Switch<Same<RestLimits>>>")]
    pub rest_limits: Option<RestLimits>,
    /// Whether `queued` already names the audio to come.
    pub queued_variant: QueuedVariant,
    /// What a moved cursor evicts.
    pub eviction: Eviction,
    /// Who hears of a block.
    pub cross_talk: CrossTalk,
    /// Time the server takes over each requested block, one after another per connection, before it is queued.
    /// Zero: the blocks of a request are queued together, at once.
    #[serde(rename = "accept_interval_seconds", with = "As::<Seconds>")]
    pub accept_interval: Duration,
    /// Queues and workers.
    pub pipeline: PipelineConfig,
    /// Extraction of documents.
    pub extraction: ExtractionConfig,
    /// What is to go wrong.
    pub faults: Faults,
}

/// Generations of the service, by their wording and message shapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Era {
    /// February 2026.
    #[serde(rename = "2026-02")]
    Feb2026,
    /// August 2026.
    Current,
}

/// Who may use the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Auth {
    /// Everybody, as the user `selfhost`.
    Off,
    /// Accounts, tokens and guests.
    On(AuthConfig),
}

/// Accounts and tokens. Its debug output hides them, and so does what it is written as.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthConfig {
    /// E-mail address and password of each account.
    #[serde(with = "As::<Hidden<WrittenAccount>>")]
    pub accounts: Vec<(String, String)>,
    /// Tokens that never expire; each is a user of its own.
    #[serde(with = "As::<Hidden<Same<String>>>")]
    pub static_tokens: Vec<String>,
    /// How long an access token lives.
    #[serde(rename = "access_token_life_seconds", with = "As::<Interval>")]
    pub access_token_life: Duration,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenAccount {
    email: String,
    password: String,
}

impl fmt::Debug for AuthConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthConfig")
            .field("accounts", &self.accounts.len())
            .field("static_tokens", &self.static_tokens.len())
            .field("access_token_life", &self.access_token_life)
            .finish()
    }
}

/// At most this many within a window that opens with the first of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// How many.
    pub count: u32,
    /// Within which time.
    pub window: Duration,
}

/// The limit on synthesis requests of one user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "WrittenSynthesisLimit", into = "WrittenSynthesisLimit")]
pub struct SynthesisLimit {
    /// The limit.
    pub limit: RateLimit,
    /// What is counted.
    pub counting: Counting,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSynthesisLimit {
    count: u32,
    #[serde(with = "As::<Interval>")]
    window_seconds: Duration,
    counting: Counting,
}

/// What counts as a synthesis request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Counting {
    /// A message, however many blocks it names.
    Messages,
    /// A block.
    Blocks,
}

/// Limits on REST calls of one address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RestLimits {
    /// For the creation of documents; all of them hold. Each with its words for the answer.
    #[serde(with = "As::<Vec<WrittenRate>>")]
    pub create_document: Vec<(RateLimit, String)>,
    /// For uploads.
    #[serde(with = "As::<Vec<WrittenRate>>")]
    pub upload: Vec<(RateLimit, String)>,
    /// For orders to extract.
    #[serde(with = "As::<Vec<WrittenRate>>")]
    pub extract: Vec<(RateLimit, String)>,
    /// For every other route, each route by itself.
    #[serde(with = "As::<Vec<WrittenRate>>")]
    pub other: Vec<(RateLimit, String)>,
}

/// So many within a window, and the words of the refusal.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRate {
    count: u32,
    #[serde(with = "As::<Interval>")]
    window_seconds: Duration,
    text: String,
}

/// Whether `queued` names the audio.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum QueuedVariant {
    /// No.
    Hidden,
    /// Yes, although it is not there yet.
    Shown,
}

/// Which pending blocks of a document a moved cursor evicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Eviction {
    /// Those outside `[cursor - behind, cursor + ahead]`.
    Outside {
        /// Blocks kept before the cursor.
        behind: u32,
        /// Blocks kept after the cursor.
        ahead: u32,
    },
    /// All.
    All,
    /// None: no server is known to do so; a fault.
    Nothing,
}

/// Who hears of a result. An answer to a request goes to the connection that asked, always.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum CrossTalk {
    /// Every connection that has asked for something of the document.
    None,
    /// Every connection of the user: the bug of servers before 2026-02-05.
    PerUser,
}

impl GatewayConfig {
    /// This configuration as a known truth: every model has `workers` workers, each block takes `service` and
    /// becomes `media` of audio, and a request's blocks are queued together.
    #[must_use]
    pub fn with_deterministic_engine(mut self, workers: u32, service: Duration, media: MediaTime) -> Self {
        for model in &mut self.models {
            model.workers = Workers::Pull(workers);
            model.service = ServiceModel::Fixed(service);
            model.length = LengthModel::Fixed(media);
        }
        self.accept_interval = Duration::ZERO;
        self
    }

    /// This configuration without any limit on REST calls.
    #[must_use]
    pub fn without_rest_limits(mut self) -> Self {
        self.rest_limits = None;
        self
    }

    /// This configuration without a limit on extractions at a time.
    #[must_use]
    pub const fn without_extraction_limit(mut self) -> Self {
        self.extraction.max_concurrent = None;
        self
    }

    /// This configuration without a limit on synthesis requests. With authentication off all listeners are one
    /// user, whom the published limit stops at 300 blocks a minute.
    #[must_use]
    pub const fn without_synthesis_limit(mut self) -> Self {
        self.synthesis_limit = None;
        self
    }
}

impl Written<(String, String)> for WrittenAccount {
    fn of((email, password): &(String, String)) -> Self {
        Self { email: email.clone(), password: password.clone() }
    }

    fn into_value(self) -> (String, String) {
        (self.email, self.password)
    }
}

impl Written<(RateLimit, String)> for WrittenRate {
    fn of((limit, text): &(RateLimit, String)) -> Self {
        Self { count: limit.count, window_seconds: limit.window, text: text.clone() }
    }

    fn into_value(self) -> (RateLimit, String) {
        (RateLimit { count: self.count, window: self.window_seconds }, self.text)
    }
}

impl Written<Auth> for Switch<Same<AuthConfig>> {
    fn of(auth: &Auth) -> Self {
        match auth {
            Auth::Off => Self::Off,
            Auth::On(auth) => Self::On(Same(auth.clone())),
        }
    }

    fn into_value(self) -> Auth {
        match self {
            Self::Off => Auth::Off,
            Self::On(Same(auth)) => Auth::On(auth),
        }
    }
}

impl From<WrittenSynthesisLimit> for SynthesisLimit {
    fn from(written: WrittenSynthesisLimit) -> Self {
        let WrittenSynthesisLimit { count, window_seconds: window, counting } = written;
        Self { limit: RateLimit { count, window }, counting }
    }
}

impl From<SynthesisLimit> for WrittenSynthesisLimit {
    fn from(limit: SynthesisLimit) -> Self {
        let SynthesisLimit { limit: RateLimit { count, window: window_seconds }, counting } = limit;
        Self { count, window_seconds, counting }
    }
}
