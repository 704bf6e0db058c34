//! Whole configurations by name.
//!
//! Service times of kokoro come from the published figures for 4 workers of 2 threads on a shared 16-vCPU machine:
//! blocks of about 80 characters in 2.0 to 2.9 s per worker, taken as 2.6 s, and about 7 s at worst for 300. The line
//! through both is 1.0 s + 20 ms a character; sigma 0.1 puts 80 characters at 2.1 to 3.2 s (2 sigma). Nothing is
//! published on the inworld models: theirs is an assumption.

use claque_core::time::Duration;
use claque_gateway::{
    Engine, EngineErrors, EvictedKey, Faults, ModelConfig, ModelInfo, OverflowConfig, PipelineConfig,
    ServiceModel, Spread, Workers, inworld, kokoro,
};

use super::{
    config::{
        Auth, AuthConfig, Counting, CrossTalk, Era, Eviction, GatewayConfig, QueuedVariant, RateLimit,
        RestLimits, SynthesisLimit,
    },
    extraction::{CreationAnswer, ExtractionConfig},
};

const MINUTE: Duration = Duration::from_secs(60);

impl GatewayConfig {
    /// Names that [`GatewayConfig::preset`] knows, oldest first.
    pub const PRESETS: [&'static str; 3] = ["2026-02", "2026-02-tuned", "current"];

    /// The configuration of that name; none for an unknown one.
    #[must_use]
    pub fn preset(name: &str) -> Option<Self> {
        match name {
            "2026-02" => Some(Self::feb_2026()),
            "2026-02-tuned" => Some(Self::feb_2026_tuned()),
            "current" => Some(Self::current()),
            _ => None,
        }
    }

    /// February 2026: overflow, three models, authentication off.
    #[must_use]
    pub fn feb_2026() -> Self {
        let inworld_model = |id, slug, name, overhead, per_char| ModelConfig {
            workers: Workers::Unlimited,
            service: ServiceModel::PerChar {
                overhead: Duration::from_millis(overhead),
                per_char: Duration::from_millis(per_char),
                sigma: 0.25,
            },
            ..model(inworld(id, slug, name))
        };
        let mut config = Self {
            era: Era::Feb2026,
            max_block_chars: 150,
            queued_variant: QueuedVariant::Hidden,
            eviction: Eviction::Outside { behind: 8, ahead: 16 },
            ..Self::current()
        };
        config.models.push(inworld_model(2, "inworld-1.5", "Inworld TTS 1.5", 600, 4));
        config.models.push(inworld_model(3, "inworld-1.5-max", "Inworld TTS 1.5 Max", 900, 6));
        config.synthesis_limit = Some(SynthesisLimit { counting: Counting::Messages, ..SYNTHESIS_LIMIT });
        config.pipeline.visibility_timeout = Duration::from_secs(30);
        // Published source: for as long as a jump withdrew only what lay outside a window, it left the key behind.
        config.pipeline.evicted_key = EvictedKey::Kept;
        config.pipeline.overflow = Some(OVERFLOW);
        config
    }

    /// February 2026 after the tuning of the 11th: lost workers and waiting jobs are seen earlier.
    #[must_use]
    pub fn feb_2026_tuned() -> Self {
        let mut config = Self::feb_2026();
        config.pipeline.visibility_timeout = Duration::from_secs(20);
        if let Some(overflow) = &mut config.pipeline.overflow {
            overflow.threshold = Duration::from_secs(15);
            overflow.scan = Duration::from_secs(2);
            overflow.request_timeout = Duration::from_secs(25);
        }
        config
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
        config.rest_limits =
            Some(RestLimits { create_document: vec![], upload: vec![], extract: vec![], other: vec![] });
        config.pipeline.overflow = Some(OVERFLOW);
        config.extraction.pipeline.overflow = Some(OVERFLOW);
        config
    }

    /// August 2026: no overflow, kokoro only, REST limits on, authentication off.
    #[must_use]
    pub fn current() -> Self {
        Self {
            era: Era::Current,
            auth: Auth::Off,
            models: vec![model(kokoro())],
            max_block_chars: 250,
            max_content_chars: 500_000,
            storage_limit: None,
            usage_limit: None,
            synthesis_limit: Some(SYNTHESIS_LIMIT),
            rest_limits: Some(RestLimits {
                create_document: vec![
                    (RateLimit { count: 10, window: MINUTE }, "10 per 1 minute".to_owned()),
                    (
                        RateLimit { count: 1_000, window: MINUTE.saturating_mul(60 * 24 * 30) },
                        "1000 per 1 month".to_owned(),
                    ),
                ],
                upload: vec![(RateLimit { count: 10, window: MINUTE }, "10 per 1 minute".to_owned())],
                extract: vec![
                    (RateLimit { count: 5, window: MINUTE }, "5 per 1 minute".to_owned()),
                    (
                        RateLimit { count: 1_000, window: MINUTE.saturating_mul(60 * 24 * 30) },
                        "1000 per 1 month".to_owned(),
                    ),
                ],
                other: vec![(RateLimit { count: 300, window: MINUTE }, "300 per 1 minute".to_owned())],
            }),
            queued_variant: QueuedVariant::Shown,
            eviction: Eviction::All,
            cross_talk: CrossTalk::None,
            // As recorded of one server. More than a delay: blocks that listeners ask for at the same time are queued in turn, the
            // first of everybody before anybody's second, and so all wait for about as long.
            accept_interval: Duration::from_millis(10),
            pipeline: PipelineConfig {
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
            },
            extraction: extraction(),
            faults: Faults::default(),
        }
    }
}

/// Detection of what is on pages. Lease and overflow are as published; how long a page takes and how many workers
/// there are is not, and is assumed: half a dozen pages a second.
fn extraction() -> ExtractionConfig {
    ExtractionConfig {
        workers: Workers::Pull(4),
        page: Duration::from_millis(600),
        sigma: 0.2,
        ai_transform: Some(Duration::from_secs(3)),
        pipeline: PipelineConfig {
            engine: Engine::Modelled,
            visibility_timeout: Duration::from_secs(10),
            visibility_scan: Duration::from_secs(5),
            max_retries: 3,
            engine_errors: EngineErrors::Report,
            dead_letter_text: Some("Page extraction failed after several attempts".to_owned()),
            overflow: Some(OverflowConfig {
                threshold: Duration::from_secs(10),
                scan: Duration::from_secs(2),
                request_timeout: MINUTE,
                // As for speech: p98 about 20 s as published, the median is an assumption.
                cold_start: Spread { median: Duration::from_secs(8), p98: Duration::from_secs(20) },
                warm_start: Spread::fixed(Duration::from_millis(200)),
                keep_warm: MINUTE,
                execution: Spread { median: Duration::from_secs(1), p98: Duration::from_secs(3) },
                failure_share: 0.0,
            }),
            // An extraction waits for its pages, however long that takes.
            key_life: MINUTE.saturating_mul(60 * 24),
            evicted_key: EvictedKey::Freed,
            max_queued: 1_000_000,
            cache_capacity: 1_000_000,
        },
        max_concurrent: Some(10),
        page_limit: None,
        answer: CreationAnswer::Accepted,
    }
}

/// What the service of February 2026 had.
const OVERFLOW: OverflowConfig = OverflowConfig {
    threshold: Duration::from_secs(30),
    scan: Duration::from_secs(5),
    request_timeout: Duration::from_secs(60),
    // Cold starts: p98 about 20 s as published; the median is an assumption.
    cold_start: Spread { median: Duration::from_secs(8), p98: Duration::from_secs(20) },
    warm_start: Spread::fixed(Duration::from_millis(200)),
    keep_warm: MINUTE,
    // 4 to 8 s as published.
    execution: Spread { median: Duration::from_millis(5_500), p98: Duration::from_secs(8) },
    failure_share: 0.0,
};

/// 300 blocks in a minute.
const SYNTHESIS_LIMIT: SynthesisLimit =
    SynthesisLimit { limit: RateLimit { count: 300, window: MINUTE }, counting: Counting::Blocks };

/// A model with four workers and the times of kokoro.
fn model(info: ModelInfo) -> ModelConfig {
    ModelConfig::at_the_pace_of_kokoro(info, Workers::Pull(4))
}

#[cfg(test)]
mod tests {
    use claque_core::rng::Seed;

    use super::*;

    #[test]
    fn every_preset_has_its_name_and_kokoro_first() {
        for name in GatewayConfig::PRESETS {
            let config = GatewayConfig::preset(name).unwrap();
            assert_eq!(&*config.models[0].info.slug, "kokoro", "{name}");
        }
        assert_eq!(GatewayConfig::preset("2025"), None);
        let models = GatewayConfig::feb_2026_tuned().models;
        let slugs: Vec<_> = models.iter().map(|model| &*model.info.slug).collect();
        assert_eq!(slugs, ["kokoro", "inworld-1.5", "inworld-1.5-max"]);
    }

    #[test]
    fn the_default_worker_speaks_at_the_published_pace() {
        let service = GatewayConfig::current().models[0].service;
        let mean = |chars| {
            let seconds = |i| service.duration(chars, Seed::root(1).index(i)).as_secs_f64();
            (0..2_000).map(seconds).sum::<f64>() / 2_000.0
        };
        assert!((2.5..2.7).contains(&mean(80)), "{}", mean(80));
        assert!((6.8..7.2).contains(&mean(300)), "{}", mean(300));
    }
}
