//! From wishes to one configuration of the reference gateway.
//!
//! Later layers win: the preset, the file's short settings (`engine`, `workers`, ...), the file's `[gateway]`, the
//! flags, and `--gateway-set` in the order typed.

use std::path::Path;

use claque_core::{
    rng::Seed,
    time::{Duration, MediaTime, duration_nanos},
};
use claque_gateway::{CrossTalk, Engine, GatewayConfig, Workers};
use claque_run::order::{EngineFlag, GatewayChoice};

use super::{engine::engine, set};
use crate::config::{
    UsageError,
    calibrated::read_model,
    wish::{Place, Source, Wish},
    wishes::Wishes,
};

/// Whether the preset's limits on REST calls and synthesis hold unless something is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limits {
    /// As the preset has them.
    Preset,
    /// Off: all listeners are one user at one address.
    Off,
}

/// Longest time of a deterministic engine, in seconds: a day.
const LONGEST_SECONDS: f64 = 86_400.0;
/// Service time and length of audio with a deterministic engine, in seconds: audio comes twice as fast as it plays.
const SERVICE_SECONDS: f64 = 1.0;
const AUDIO_SECONDS: f64 = 2.0;

/// Decides on a gateway.
///
/// # Errors
/// A name is unknown, a number out of range, or settings contradict each other.
pub(crate) fn choose(
    wishes: &Wishes,
    source: &Source,
    limits: Limits,
    seed: Seed,
) -> Result<GatewayChoice, UsageError> {
    let (preset, mut config) = preset(wishes, source)?;
    let engine = engine(wishes, source)?;
    let short = Short::read(wishes, source, &engine, limits)?;
    short.apply(&mut config, |place| place != Place::Flag);
    if let Some(table) = &wishes.gateway {
        let named = |what| UsageError::new(format!("{}: {what}", source.name(table.place, "gateway")));
        table.value.apply(&mut config).map_err(named)?;
    }
    short.apply(&mut config, |place| place == Place::Flag);
    for typed in &wishes.gateway_set {
        let (key, settings) = set::parse(typed)?;
        if settings.preset.is_some() {
            return Err(UsageError::new(
                "--gateway-set sets single constants; choose the preset with --gateway",
            ));
        }
        settings
            .apply(&mut config)
            .map_err(|what| UsageError::new(format!("--gateway-set {key}: {what}")))?;
    }
    if config.models.is_empty() {
        return Err(UsageError::new("the gateway has no model left; leave it at least one"));
    }
    config.pipeline.engine = match engine {
        EngineFlag::Synthetic | EngineFlag::Deterministic => Engine::Modelled,
        EngineFlag::External { .. } => Engine::External,
    };
    let workers = config.models.iter().filter_map(|model| match model.workers {
        Workers::Pull(number) => Some(number),
        Workers::Unlimited => None,
    });
    let engine = engine.with_processes(workers.max().unwrap_or(1));
    Ok(GatewayChoice { preset, config, engine, seed })
}

fn preset(wishes: &Wishes, source: &Source) -> Result<(String, GatewayConfig), UsageError> {
    let in_file = wishes.gateway.as_ref().and_then(|table| table.value.preset.as_ref());
    let (wish, key) = match (&wishes.preset, in_file) {
        (Some(typed), _) => (typed, "gateway"),
        (None, Some(written)) => (written, "preset"),
        (None, None) => return Ok(("current".to_owned(), GatewayConfig::current())),
    };
    let is_file = wish.is_flag() && Path::new(&wish.value).extension().is_some_and(|end| end == "toml");
    if is_file {
        return read_model(Path::new(&wish.value));
    }
    let config = source.known(wish, key, &GatewayConfig::PRESETS, GatewayConfig::preset)?;
    Ok((wish.value.clone(), config))
}

/// The settings that have names of their own beside the table, each with its place.
struct Short {
    /// Where the deterministic engine was asked for: by a flag if any of its settings was.
    fixed: Option<(Place, Duration, MediaTime)>,
    workers: Option<Wish<Workers>>,
    unlimited: Option<Place>,
    cross_talk: Option<Place>,
}

impl Short {
    fn read(
        wishes: &Wishes,
        source: &Source,
        engine: &EngineFlag,
        limits: Limits,
    ) -> Result<Self, UsageError> {
        // The default comes first of all, as if it stood at the head of the file.
        let head = Place::File { offset: 0 };
        let unlimited = match (&wishes.limits, limits) {
            (Some(Wish { value: true, .. }), _) | (None, Limits::Preset) => None,
            (Some(Wish { value: false, place }), _) => Some(*place),
            (None, Limits::Off) => Some(head),
        };
        Ok(Self {
            fixed: fixed(wishes, source, engine)?,
            workers: wishes.workers.as_ref().map(|wish| Wish { value: wish.value.0, place: wish.place }),
            unlimited,
            cross_talk: reproduce(wishes, source)?,
        })
    }

    /// Applies those whose place is in `layer`.
    fn apply(&self, config: &mut GatewayConfig, layer: impl Fn(Place) -> bool) {
        if self.unlimited.is_some_and(&layer) {
            *config =
                config.clone().without_rest_limits().without_synthesis_limit().without_extraction_limit();
        }
        let fixed = self.fixed.filter(|(place, ..)| layer(*place));
        if let Some((_, service, media)) = fixed {
            *config = config.clone().with_deterministic_engine(1, service, media);
        }
        // That has set the workers, too; what was asked for comes back.
        if let Some(workers) = self.workers.as_ref().filter(|wish| fixed.is_some() || layer(wish.place)) {
            for model in &mut config.models {
                model.workers = workers.value;
            }
        }
        set(&mut config.cross_talk, self.cross_talk.is_some_and(&layer).then_some(CrossTalk::PerUser));
    }
}

pub(super) fn fixed(
    wishes: &Wishes,
    source: &Source,
    engine: &EngineFlag,
) -> Result<Option<(Place, Duration, MediaTime)>, UsageError> {
    let times = [("service_seconds", &wishes.service_seconds), ("audio_seconds", &wishes.audio_seconds)];
    match engine {
        EngineFlag::Deterministic => {}
        EngineFlag::Synthetic | EngineFlag::External { .. } => {
            return match times.into_iter().find_map(|(key, wish)| Some((key, wish.as_ref()?))) {
                Some((key, wish)) => Err(source.error(wish, key, "needs --engine deterministic")),
                None => Ok(None),
            };
        }
    }
    let service = source.within(
        wishes.service_seconds.as_ref(),
        "service_seconds",
        0.0..=LONGEST_SECONDS,
        SERVICE_SECONDS,
    )?;
    // A block without sound is a failure; a millisecond is a sound.
    let audio = source.within(
        wishes.audio_seconds.as_ref(),
        "audio_seconds",
        0.001..=LONGEST_SECONDS,
        AUDIO_SECONDS,
    )?;
    let flags = times.iter().any(|(_, wish)| wish.as_ref().is_some_and(Wish::is_flag))
        || wishes.engine.as_ref().is_some_and(Wish::is_flag);
    let place = if flags { Place::Flag } else { Place::File { offset: 0 } };
    let media = MediaTime::from_nanos(duration_nanos(Duration::from_secs_f64(audio)));
    Ok(Some((place, Duration::from_secs_f64(service), media)))
}

fn reproduce(wishes: &Wishes, source: &Source) -> Result<Option<Place>, UsageError> {
    let Some(wish) = &wishes.reproduce else { return Ok(None) };
    source
        .known(wish, "reproduce", &["cross-talk"], |name| (name == "cross-talk").then_some(Some(wish.place)))
}
