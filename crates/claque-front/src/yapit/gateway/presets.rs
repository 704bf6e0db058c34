//! Configurations of earlier days by name: what they had otherwise than [`GatewayConfig::current`], whose values stand at the settings
//! themselves.

use claque_core::time::Duration;
use claque_gateway::{EvictedKey, ModelConfig, OverflowConfig, ServiceModel, Workers, inworld};

use super::{
    config::{Eviction, GatewayConfig, QueuedVariant},
    era::Era,
    limits::{Counting, SynthesisLimit},
};

/// Kokoro on the shared machine of 16 virtual CPUs with four workers of two threads on which February's tests were made: 5.7 s for a block of 80 characters.
/// Fitted to what is published of one listener at 3 x, which a tool measured that asks for everything at once (docs/simulation.md): first block 5.1 to 5.7 s,
/// two blocks 6.5 to 8.2 s, round trip 10.4 to 13.1 s, no underrun. Of a grid of 0.1 s and 0.05 it is the best of those with an underrun in at most one run of six. Nothing is known
/// of other lengths there, so time is taken to be in proportion to them, as published factors of real time have it.
const KOKORO_FEB_2026: ServiceModel =
    ServiceModel::PerChar { overhead: Duration::ZERO, per_char: Duration::from_micros(71_250), sigma: 0.35 };

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
            // Nothing is published on these times: they are an assumption.
            service: ServiceModel::PerChar {
                overhead: Duration::from_millis(overhead),
                per_char: Duration::from_millis(per_char),
                sigma: 0.25,
            },
            ..ModelConfig::at_the_pace_of_kokoro(inworld(id, slug, name), Workers::Unlimited)
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
        config.synthesis_limit =
            Some(SynthesisLimit { counting: Counting::Messages, ..SynthesisLimit::CURRENT });
        if let Some(kokoro) = config.models.first_mut() {
            kokoro.service = KOKORO_FEB_2026;
        }
        config.pipeline.visibility_timeout = Duration::from_secs(30);
        // Published source: for as long as a jump withdrew only what lay outside a window, it left the key behind.
        config.pipeline.evicted_key = EvictedKey::Kept;
        config.pipeline.overflow = Some(OverflowConfig::OF_SPEECH);
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
