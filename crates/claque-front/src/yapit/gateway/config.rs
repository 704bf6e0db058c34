//! Every constant of a gateway.

use core::fmt;

use claque_core::time::{Duration, MediaTime};
use claque_gateway::{
    Faults, LengthModel, ModelConfig, OverflowConfig, PipelineConfig, ServiceModel, Workers, kokoro,
    models_by_slug,
    settings::{FromOne, Hidden, Interval, SameValue, Seconds, Switch, Written, WrittenAs},
};
use serde::{Deserialize, Serialize};

use super::{
    era::Era,
    extraction::ExtractionConfig,
    limits::{RestLimits, SynthesisLimit},
};

/// Everything that can be set; see [`GatewayConfig::preset`] for whole sets. What it is written as is a `[gateway]` table, from which
/// it can be read back but for accounts and tokens: those are not written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GatewayConfig {
    /// Whose wording and message shapes are used.
    pub era: Era,
    /// Who may use the server.
    #[serde(with = "WrittenAs::<Switch<SameValue<AuthConfig>>>")]
    pub auth: Auth,
    /// Models in the order in which they are listed, each with its workers.
    #[serde(with = "models_by_slug")]
    pub models: Vec<ModelConfig>,
    /// Longest block in characters before it is split; soft by 1.2 to 1.3.
    #[serde(with = "WrittenAs::<FromOne>")]
    pub max_block_chars: usize,
    /// Longest text of a document in characters.
    #[serde(with = "WrittenAs::<FromOne>")]
    pub max_content_chars: usize,
    /// Characters a user may store; none for no limit.
    #[serde(with = "WrittenAs::<Switch<SameValue<u64>>>")]
    pub storage_limit: Option<u64>,
    /// Characters that may be made into audio for a user; none for no limit. Beyond it blocks are refused with an
    /// `error` status that is not recoverable, as a spent subscription is.
    #[serde(with = "WrittenAs::<Switch<SameValue<u64>>>")]
    pub usage_limit: Option<u64>,
    /// Synthesis requests per user.
    #[serde(with = "WrittenAs::<Switch<SameValue<SynthesisLimit>>>")]
    pub synthesis_limit: Option<SynthesisLimit>,
    /// REST calls per client address.
    #[serde(with = "WrittenAs::<Switch<SameValue<RestLimits>>>")]
    pub rest_limits: Option<RestLimits>,
    /// Whether `queued` already names the audio to come.
    pub queued_variant: QueuedVariant,
    /// What a moved cursor evicts.
    pub eviction: Eviction,
    /// Who hears of a block.
    pub cross_talk: CrossTalk,
    /// Time the server takes over each requested block, one after another per connection, before it is queued.
    /// Zero: the blocks of a request are queued together, at once.
    #[serde(rename = "accept_interval_seconds", with = "WrittenAs::<Seconds>")]
    pub accept_interval: Duration,
    /// Queues and workers.
    pub pipeline: PipelineConfig,
    /// Extraction of documents.
    pub extraction: ExtractionConfig,
    /// What is to go wrong.
    pub faults: Faults,
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
    #[serde(with = "WrittenAs::<Hidden<WrittenAccount>>")]
    pub accounts: Vec<(String, String)>,
    /// Tokens that never expire; each is a user of its own.
    #[serde(with = "WrittenAs::<Hidden<SameValue<String>>>")]
    pub static_tokens: Vec<String>,
    /// How long an access token lives.
    #[serde(rename = "access_token_life_seconds", with = "WrittenAs::<Interval>")]
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
    /// August 2026: no overflow, kokoro only, REST limits on, authentication off.
    #[must_use]
    pub fn current() -> Self {
        Self {
            era: Era::Current,
            auth: Auth::Off,
            models: vec![ModelConfig::at_the_pace_of_kokoro(kokoro(), Workers::Pull(4))],
            max_block_chars: 250,
            max_content_chars: 500_000,
            storage_limit: None,
            usage_limit: None,
            synthesis_limit: Some(SynthesisLimit::CURRENT),
            rest_limits: Some(RestLimits::current()),
            queued_variant: QueuedVariant::Shown,
            eviction: Eviction::All,
            cross_talk: CrossTalk::None,
            // As recorded of one server. More than a delay: blocks that listeners ask for at the same time are queued in turn, the
            // first of everybody before anybody's second, and so all wait for about as long.
            accept_interval: Duration::from_millis(10),
            pipeline: PipelineConfig::of_speech(),
            extraction: ExtractionConfig::current(),
            faults: Faults::default(),
        }
    }

    /// The configuration in which everything is on that can be switched off: what such a part starts from where it was off and a
    /// setting of it is given. A token lives for the ten minutes of the identity service; limits on REST calls are none.
    #[must_use]
    pub fn switched_on() -> Self {
        let mut config = Self::current();
        config.auth = Auth::On(AuthConfig {
            accounts: vec![],
            static_tokens: vec![],
            access_token_life: Duration::from_secs(600),
        });
        config.rest_limits = Some(RestLimits::NONE);
        config.pipeline.overflow = Some(OverflowConfig::OF_SPEECH);
        config.extraction.pipeline.overflow = Some(OverflowConfig::OF_SPEECH);
        config
    }

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

impl Written<Auth> for Switch<SameValue<AuthConfig>> {
    fn of(auth: &Auth) -> Self {
        match auth {
            Auth::Off => Self::Off,
            Auth::On(auth) => Self::On(SameValue(auth.clone())),
        }
    }

    fn into_value(self) -> Auth {
        match self {
            Self::Off => Auth::Off,
            Self::On(SameValue(auth)) => Auth::On(auth),
        }
    }
}
