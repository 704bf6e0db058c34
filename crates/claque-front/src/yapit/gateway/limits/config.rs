//! The constants of limits, as deployed services have them.

use claque_core::time::Duration;
use claque_gateway::settings::{Interval, Written, WrittenAs};
use serde::{Deserialize, Serialize};

const MINUTE: Duration = Duration::from_secs(60);

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
    #[serde(with = "WrittenAs::<Interval>")]
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
    #[serde(with = "WrittenAs::<Vec<WrittenRate>>")]
    pub create_document: Vec<(RateLimit, String)>,
    /// For uploads.
    #[serde(with = "WrittenAs::<Vec<WrittenRate>>")]
    pub upload: Vec<(RateLimit, String)>,
    /// For orders to extract.
    #[serde(with = "WrittenAs::<Vec<WrittenRate>>")]
    pub extract: Vec<(RateLimit, String)>,
    /// For every other route, each route by itself.
    #[serde(with = "WrittenAs::<Vec<WrittenRate>>")]
    pub other: Vec<(RateLimit, String)>,
}

/// So many within a window, and the words of the refusal.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRate {
    count: u32,
    #[serde(with = "WrittenAs::<Interval>")]
    window_seconds: Duration,
    text: String,
}

impl SynthesisLimit {
    /// 300 blocks in a minute.
    pub(in crate::yapit::gateway) const CURRENT: Self =
        Self { limit: RateLimit { count: 300, window: MINUTE }, counting: Counting::Blocks };
}

impl RestLimits {
    /// No limit, but a place for some.
    pub(in crate::yapit::gateway) const NONE: Self =
        Self { create_document: vec![], upload: vec![], extract: vec![], other: vec![] };

    pub(in crate::yapit::gateway) fn current() -> Self {
        let a_minute = |count: u32| (RateLimit { count, window: MINUTE }, format!("{count} per 1 minute"));
        let a_month = |count: u32| {
            let window = MINUTE.saturating_mul(60 * 24 * 30);
            (RateLimit { count, window }, format!("{count} per 1 month"))
        };
        Self {
            create_document: vec![a_minute(10), a_month(1_000)],
            upload: vec![a_minute(10)],
            extract: vec![a_minute(5), a_month(1_000)],
            other: vec![a_minute(300)],
        }
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
