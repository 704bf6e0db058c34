//! Every constant of a gateway.

use core::fmt;

use claque_core::time::{Duration, MediaTime};
use serde::{Deserialize, Serialize};

use crate::{
    extraction::ExtractionConfig,
    faults::Faults,
    models::{self, ModelConfig, Workers},
    service::{LengthModel, ServiceModel, Spread},
    settings::{As, FromOne, Hidden, Interval, Same, Seconds, Share, Switch, Written},
};

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
    #[serde(with = "models::by_slug")]
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

/// Where audio comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Engine {
    /// The machine completes jobs by its own timers.
    #[default]
    Modelled,
    /// The host is asked by `Output::Synthesize` and answers by `Input::Synthesized`.
    External,
}

/// Constants of queues and workers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PipelineConfig {
    /// Where audio comes from. In no table: `--engine` alone decides on it.
    #[serde(skip)]
    pub engine: Engine,
    /// A worker that holds a job longer than this is taken for lost.
    #[serde(rename = "visibility_timeout_seconds", with = "As::<Seconds>")]
    pub visibility_timeout: Duration,
    /// How often lost workers are looked for: at multiples of this since the start.
    #[serde(rename = "visibility_scan_seconds", with = "As::<Interval>")]
    pub visibility_scan: Duration,
    /// How often a job is queued again before it is given up.
    pub max_retries: u32,
    /// What an engine's error leads to.
    pub engine_errors: EngineErrors,
    /// Words of the `error` status of a job that was given up; none where nobody is told.
    #[serde(with = "As::<Switch<Same<String>>>")]
    pub dead_letter_text: Option<String>,
    /// What happens to jobs that wait too long.
    #[serde(with = "As::<Switch<Same<OverflowConfig>>>")]
    pub overflow: Option<OverflowConfig>,
    /// How long it is remembered that a variant is being made, and for whom. Who still waits then waits in vain.
    #[serde(rename = "key_life_seconds", with = "As::<Seconds>")]
    pub key_life: Duration,
    /// What becomes of that memory when the job is withdrawn.
    pub evicted_key: EvictedKey,
    /// Jobs waiting for one model; more are answered with `error`.
    pub max_queued: usize,
    /// Pieces of audio kept; the oldest go first.
    pub cache_capacity: usize,
}

/// What becomes of the key of a variant whose job is withdrawn from the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum EvictedKey {
    /// It goes with the job: who asks again has the variant queued anew.
    Freed,
    /// It stays for as long as it lives: who asks again is told `queued`, and nobody makes it.
    Kept,
}

/// What an engine's error leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum EngineErrors {
    /// An `error` status at once: the engine answered, retries are for lost workers.
    Report,
    /// Another attempt, up to the number of retries.
    Retry,
}

/// The provider with unlimited parallelism that takes jobs which wait too long.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OverflowConfig {
    /// Age in the queue from which a job is taken.
    #[serde(rename = "threshold_seconds", with = "As::<Seconds>")]
    pub threshold: Duration,
    /// How often the queues are looked through: at multiples of this since the start.
    #[serde(rename = "scan_seconds", with = "As::<Interval>")]
    pub scan: Duration,
    /// A request that takes longer has failed.
    #[serde(rename = "request_timeout_seconds", with = "As::<Seconds>")]
    pub request_timeout: Duration,
    /// Time to start when no idle instance is left.
    pub cold_start: Spread,
    /// Time to start on an idle instance.
    pub warm_start: Spread,
    /// How long an idle instance is kept.
    #[serde(rename = "keep_warm_seconds", with = "As::<Seconds>")]
    pub keep_warm: Duration,
    /// Time of the synthesis itself.
    pub execution: Spread,
    /// Share (0..=1) of requests that fail.
    #[serde(with = "As::<Share>")]
    pub failure_share: f64,
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
