//! The constants of a pipeline.

use claque_core::time::Duration;
use serde::{Deserialize, Serialize};

use crate::{
    service::Spread,
    settings::{Interval, SameValue, Seconds, Share, Switch, WrittenAs},
};

/// Where audio comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Engine {
    /// The machine completes jobs by its own timers.
    #[default]
    Modelled,
    /// The host is asked by an [`EngineCall`](super::EngineCall) and answers.
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
    #[serde(rename = "visibility_timeout_seconds", with = "WrittenAs::<Seconds>")]
    pub visibility_timeout: Duration,
    /// How often lost workers are looked for: at multiples of this since the start.
    #[serde(rename = "visibility_scan_seconds", with = "WrittenAs::<Interval>")]
    pub visibility_scan: Duration,
    /// How often a job is queued again before it is given up.
    pub max_retries: u32,
    /// What an engine's error leads to.
    pub engine_errors: EngineErrors,
    /// Words of the `error` status of a job that was given up; none where nobody is told.
    #[serde(with = "WrittenAs::<Switch<SameValue<String>>>")]
    pub dead_letter_text: Option<String>,
    /// What happens to jobs that wait too long.
    #[serde(with = "WrittenAs::<Switch<SameValue<OverflowConfig>>>")]
    pub overflow: Option<OverflowConfig>,
    /// How long it is remembered that a variant is being made, and for whom. Who still waits then waits in vain.
    #[serde(rename = "key_life_seconds", with = "WrittenAs::<Seconds>")]
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
    #[serde(rename = "threshold_seconds", with = "WrittenAs::<Seconds>")]
    pub threshold: Duration,
    /// How often the queues are looked through: at multiples of this since the start.
    #[serde(rename = "scan_seconds", with = "WrittenAs::<Interval>")]
    pub scan: Duration,
    /// A request that takes longer has failed.
    #[serde(rename = "request_timeout_seconds", with = "WrittenAs::<Seconds>")]
    pub request_timeout: Duration,
    /// Time to start when no idle instance is left.
    pub cold_start: Spread,
    /// Time to start on an idle instance.
    pub warm_start: Spread,
    /// How long an idle instance is kept.
    #[serde(rename = "keep_warm_seconds", with = "WrittenAs::<Seconds>")]
    pub keep_warm: Duration,
    /// Time of the synthesis itself.
    pub execution: Spread,
    /// Share (0..=1) of requests that fail.
    #[serde(with = "WrittenAs::<Share>")]
    pub failure_share: f64,
}

impl PipelineConfig {
    /// Constants of speech, as the service of August 2026 has them.
    #[must_use]
    pub fn of_speech() -> Self {
        Self {
            engine: Engine::Modelled,
            visibility_timeout: Duration::from_secs(20),
            visibility_scan: Duration::from_secs(15),
            max_retries: 3,
            engine_errors: EngineErrors::Report,
            dead_letter_text: Some("Synthesis failed after several attempts".to_owned()),
            overflow: None,
            key_life: Duration::from_secs(600),
            evicted_key: EvictedKey::Freed,
            // A bound, not a figure of the service: some hours of work for its workers.
            max_queued: 1_000_000,
            cache_capacity: 1_000_000,
        }
    }
}

impl OverflowConfig {
    /// What the service of February 2026 had for speech.
    pub const OF_SPEECH: Self = Self {
        threshold: Duration::from_secs(30),
        scan: Duration::from_secs(5),
        request_timeout: Duration::from_secs(60),
        // Cold starts: p98 about 20 s as published; the median is an assumption.
        cold_start: Spread { median: Duration::from_secs(8), p98: Duration::from_secs(20) },
        warm_start: Spread::fixed(Duration::from_millis(200)),
        keep_warm: Duration::from_secs(60),
        // 4 to 8 s as published.
        execution: Spread { median: Duration::from_millis(5_500), p98: Duration::from_secs(8) },
        failure_share: 0.0,
    };
}
