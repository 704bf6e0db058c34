//! Settings of queues, workers' leases and overflow. What makes the audio is decided by `--engine` alone.

use claque_core::time::Duration;
use claque_gateway::{EngineErrors, EvictedKey, GatewayConfig, OverflowConfig, PipelineConfig, Spread};
use serde::{Deserialize, Serialize};

use super::{
    set,
    units::{Interval, Name, Seconds, Share, Switch},
};

/// Queues and workers.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct PipelineSettings {
    visibility_timeout_seconds: Option<Seconds>,
    visibility_scan_seconds: Option<Interval>,
    max_retries: Option<u32>,
    engine_errors: Option<Name<EngineErrors>>,
    dead_letter_text: Option<Switch<String>>,
    overflow: Option<Switch<OverflowSettings>>,
    key_life_seconds: Option<Seconds>,
    evicted_key: Option<Name<EvictedKey>>,
    max_queued: Option<usize>,
    cache_capacity: Option<usize>,
}

/// The provider that takes jobs which wait too long.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
struct OverflowSettings {
    threshold_seconds: Option<Seconds>,
    scan_seconds: Option<Interval>,
    request_timeout_seconds: Option<Seconds>,
    cold_start: SpreadSettings,
    warm_start: SpreadSettings,
    keep_warm_seconds: Option<Seconds>,
    execution: SpreadSettings,
    failure_share: Option<Share>,
}

/// A distribution by two of its quantiles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
struct SpreadSettings {
    median_seconds: Option<Seconds>,
    p98_seconds: Option<Seconds>,
}

impl PipelineSettings {
    pub(super) fn apply(&self, config: &mut PipelineConfig) {
        set(&mut config.visibility_timeout, self.visibility_timeout_seconds.map(|span| span.0));
        set(&mut config.visibility_scan, self.visibility_scan_seconds.map(|span| span.0));
        set(&mut config.max_retries, self.max_retries);
        set(&mut config.engine_errors, self.engine_errors.map(|errors| errors.0));
        set(&mut config.dead_letter_text, self.dead_letter_text.as_ref().map(Switch::to_option));
        match &self.overflow {
            None => {}
            Some(Switch::Off) => config.overflow = None,
            Some(Switch::On(settings)) => settings.apply(&mut config.overflow),
        }
        set(&mut config.key_life, self.key_life_seconds.map(|span| span.0));
        set(&mut config.evicted_key, self.evicted_key.map(|key| key.0));
        set(&mut config.max_queued, self.max_queued);
        set(&mut config.cache_capacity, self.cache_capacity);
    }
}

impl OverflowSettings {
    /// Switches overflow on, if it is off, with the constants of the era that had it, and changes what is set.
    fn apply(&self, place: &mut Option<OverflowConfig>) {
        if place.is_none() {
            *place = GatewayConfig::feb_2026().pipeline.overflow;
        }
        let Some(config) = place else { return };
        set(&mut config.threshold, self.threshold_seconds.map(|span| span.0));
        set(&mut config.scan, self.scan_seconds.map(|span| span.0));
        set(&mut config.request_timeout, self.request_timeout_seconds.map(|span| span.0));
        self.cold_start.apply(&mut config.cold_start);
        self.warm_start.apply(&mut config.warm_start);
        set(&mut config.keep_warm, self.keep_warm_seconds.map(|span| span.0));
        self.execution.apply(&mut config.execution);
        set(&mut config.failure_share, self.failure_share.map(|share| share.0));
    }
}

impl SpreadSettings {
    fn apply(self, spread: &mut Spread) {
        set(&mut spread.median, self.median_seconds.map(|span| span.0));
        set(&mut spread.p98, self.p98_seconds.map(|span| span.0));
    }
}

impl From<&PipelineConfig> for PipelineSettings {
    fn from(config: &PipelineConfig) -> Self {
        let PipelineConfig {
            engine: _,
            visibility_timeout,
            visibility_scan,
            max_retries,
            engine_errors,
            dead_letter_text,
            overflow,
            key_life,
            evicted_key,
            max_queued,
            cache_capacity,
        } = config;
        Self {
            visibility_timeout_seconds: seconds(*visibility_timeout),
            visibility_scan_seconds: Some(Interval(*visibility_scan)),
            max_retries: Some(*max_retries),
            engine_errors: Some(Name(*engine_errors)),
            dead_letter_text: Some(dead_letter_text.clone().into()),
            overflow: Some(overflow.as_ref().map(Into::into).into()),
            key_life_seconds: seconds(*key_life),
            evicted_key: Some(Name(*evicted_key)),
            max_queued: Some(*max_queued),
            cache_capacity: Some(*cache_capacity),
        }
    }
}

impl From<&OverflowConfig> for OverflowSettings {
    fn from(config: &OverflowConfig) -> Self {
        let OverflowConfig {
            threshold,
            scan,
            request_timeout,
            cold_start,
            warm_start,
            keep_warm,
            execution,
            failure_share,
        } = config;
        Self {
            threshold_seconds: seconds(*threshold),
            scan_seconds: Some(Interval(*scan)),
            request_timeout_seconds: seconds(*request_timeout),
            cold_start: (*cold_start).into(),
            warm_start: (*warm_start).into(),
            keep_warm_seconds: seconds(*keep_warm),
            execution: (*execution).into(),
            failure_share: Some(Share(*failure_share)),
        }
    }
}

impl From<Spread> for SpreadSettings {
    fn from(spread: Spread) -> Self {
        let Spread { median, p98 } = spread;
        Self { median_seconds: seconds(median), p98_seconds: seconds(p98) }
    }
}

const fn seconds(span: Duration) -> Option<Seconds> {
    Some(Seconds(span))
}
