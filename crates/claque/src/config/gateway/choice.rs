//! From wishes to one configuration of the reference gateway.
//!
//! Later layers win: the preset, the file's short settings (`engine`, `workers`, ...), the file's `[gateway]`, the
//! flags, and `--gateway-set` in the order typed.

use std::path::Path;

use claque_core::{
    rng::Seed,
    time::{Duration, MediaTime, duration_nanos},
};
use claque_front::yapit::gateway::GatewayConfig;
use claque_gateway::{Engine, ModelConfig, Workers};
use claque_run::order::{EngineFlag, GatewayChoice};
use serde::Deserialize;

use super::{
    engine::engine,
    layers::{self, Layers},
    table::{self, GatewayTable},
};
use crate::cli::{GatewayFlags, LimitFlags};
use crate::config::{
    UsageError,
    calibrated::{CalibrationWishes, FitWishes, ReadModel, read_model},
    groups::Group,
    no_effect,
    wish::{Place, Source, Wish},
    wishes::{Wishes, over},
};

/// What was said about the reference gateway, by the names it has in a scenario.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct GatewayWishes {
    pub(in crate::config) engine: Option<Wish<String>>,
    pub(super) workers: Option<Wish<Workers>>,
    service_seconds: Option<Wish<f64>>,
    audio_seconds: Option<Wish<f64>>,
    pub(in crate::config) limits: Option<Wish<bool>>,
    pub(in crate::config) reproduce: Option<Wish<String>>,
    /// The file's table.
    #[serde(rename = "gateway")]
    pub(in crate::config) table: Option<Wish<GatewayTable>>,
    /// Of a model file.
    calibration: Option<CalibrationWishes>,
    /// `--gateway`.
    #[serde(skip)]
    pub(in crate::config) preset: Option<Wish<String>>,
    /// `--gateway-set`, in the order typed.
    #[serde(skip)]
    pub(in crate::config) gateway_set: Vec<String>,
}

impl GatewayWishes {
    /// # Errors
    /// The number of workers is none.
    pub(in crate::config) fn lay(&mut self, flags: GatewayFlags) -> Result<(), UsageError> {
        over(&mut self.preset, flags.gateway);
        over(&mut self.engine, flags.engine);
        over(&mut self.workers, flags.workers.as_deref().map(workers).transpose()?);
        over(&mut self.service_seconds, flags.service_seconds);
        over(&mut self.audio_seconds, flags.audio_seconds);
        over(&mut self.reproduce, flags.reproduce);
        self.gateway_set = flags.gateway_set;
        Ok(())
    }

    pub(in crate::config) fn lay_limits(&mut self, flags: &LimitFlags) {
        over(&mut self.limits, flags.limits);
    }

    /// The first that was said, with its name; flags before the file.
    pub(in crate::config) fn first(&self) -> Option<(Place, &'static str)> {
        fn of<T>(wish: Option<&Wish<T>>, key: &'static str) -> Option<(Place, &'static str)> {
            wish.map(|wish| (wish.place, key))
        }
        let sets = (!self.gateway_set.is_empty()).then_some((Place::Flag, "gateway_set"));
        let all = [
            of(self.preset.as_ref(), "gateway"),
            of(self.engine.as_ref(), "engine"),
            of(self.workers.as_ref(), "workers"),
            of(self.service_seconds.as_ref(), "service_seconds"),
            of(self.audio_seconds.as_ref(), "audio_seconds"),
            of(self.limits.as_ref(), "limits"),
            of(self.reproduce.as_ref(), "reproduce"),
            sets,
            of(self.table.as_ref(), "gateway"),
        ];
        let found: Vec<_> = all.into_iter().flatten().collect();
        found.iter().find(|found| found.0 == Place::Flag).or_else(|| found.first()).copied()
    }
}

impl Group for GatewayWishes {}

/// Reads what was typed after `--workers`.
///
/// # Errors
/// It is neither a number from 1 nor `unlimited`.
fn workers(typed: &str) -> Result<Workers, UsageError> {
    let error = || UsageError::new(format!("--workers is {typed}; give {}", Workers::EXPECTED));
    Workers::parse(typed).ok_or_else(error)
}

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
    let ReadModel { preset, config: base, calibration } = preset(wishes, source)?;
    let engine = engine(wishes, source)?;
    no_effect::constants_of_no_model(wishes, &engine)?;
    let short = NamedSettings::read(wishes, source, &engine, limits)?;
    let mut layers = Layers::over(&base);
    layers.lay(short.written(&layers.models(), |place| place != Place::Flag));
    if let Some(table) = &wishes.gateway.table {
        lay(&mut layers, &source.name(table.place, "gateway"), &table.value.text)?;
    }
    layers.lay(short.written(&layers.models(), |place| place == Place::Flag));
    for typed in &wishes.gateway.gateway_set {
        let (place, line) = table::of_flag(typed)?;
        lay(&mut layers, &place, &line)?;
    }
    let mut config: GatewayConfig = layers.read().map_err(UsageError::new)?;
    in_order(&mut config.models, &base.models);
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
    let of_file = wishes.gateway.calibration.iter().flat_map(|calibration| &calibration.doubts);
    let doubts = of_file.chain(&calibration.doubts).cloned().collect();
    let of_file = wishes.gateway.calibration.as_ref().and_then(|of_file| of_file.fit.as_ref());
    let fit = of_file.or(calibration.fit.as_ref()).map(FitWishes::fit);
    Ok(GatewayChoice { preset, config, engine, seed, doubts, fit })
}

/// The preset behind a table that was written at `place`, and the configuration that the two are.
///
/// # Errors
/// There is no such preset, or the table does not fit it.
pub(crate) fn configured(place: &str, table: &GatewayTable) -> Result<(String, GatewayConfig), UsageError> {
    let preset = table.preset.as_ref().map_or("current", |wish| wish.value.as_str()).to_owned();
    let base = GatewayConfig::preset(&preset).ok_or_else(|| {
        let known = GatewayConfig::PRESETS.join(", ");
        UsageError::new(format!("{place}: there is no preset `{preset}`; give {known}"))
    })?;
    let mut layers = Layers::over(&base);
    lay(&mut layers, place, &table.text)?;
    let mut config: GatewayConfig =
        layers.read().map_err(|what| UsageError::new(format!("{place}: {what}")))?;
    in_order(&mut config.models, &base.models);
    Ok((preset, config))
}

fn preset(wishes: &Wishes, source: &Source) -> Result<ReadModel, UsageError> {
    let of_ours = |preset, config| ReadModel { preset, config, calibration: CalibrationWishes::default() };
    let in_file = wishes.gateway.table.as_ref().and_then(|table| table.value.preset.as_ref());
    let (wish, key) = match (&wishes.gateway.preset, in_file) {
        (Some(typed), _) => (typed, "gateway"),
        (None, Some(written)) => (written, "preset"),
        (None, None) => return Ok(of_ours("current".to_owned(), GatewayConfig::current())),
    };
    let is_file = wish.is_flag() && Path::new(&wish.value).extension().is_some_and(|end| end == "toml");
    if is_file {
        return read_model(Path::new(&wish.value));
    }
    let config = source.known(wish, key, &GatewayConfig::PRESETS, GatewayConfig::preset)?;
    Ok(of_ours(wish.value.clone(), config))
}

/// The settings that have names of their own beside the table, each with its place.
struct NamedSettings {
    /// Where the deterministic engine was asked for: by a flag if any of its settings was.
    fixed: Option<(Place, Duration, MediaTime)>,
    workers: Option<Wish<Workers>>,
    unlimited: Option<Place>,
    cross_talk: Option<Place>,
}

impl NamedSettings {
    fn read(
        wishes: &Wishes,
        source: &Source,
        engine: &EngineFlag,
        limits: Limits,
    ) -> Result<Self, UsageError> {
        // The default comes first of all, as if it stood at the head of the file.
        let head = Place::File { offset: 0 };
        let unlimited = match (&wishes.gateway.limits, limits) {
            (Some(Wish { value: true, .. }), _) | (None, Limits::Preset) => None,
            (Some(Wish { value: false, place }), _) => Some(*place),
            (None, Limits::Off) => Some(head),
        };
        Ok(Self {
            fixed: fixed(wishes, source, engine)?,
            workers: wishes.gateway.workers.clone(),
            unlimited,
            cross_talk: reproduce(wishes, source)?,
        })
    }

    /// Those whose place is in `layer`, as a table.
    fn written(&self, models: &[String], layer: impl Fn(Place) -> bool) -> String {
        let mut lines = Vec::new();
        if self.unlimited.is_some_and(&layer) {
            lines.extend(["rest_limits", "synthesis_limit", "extraction.max_concurrent"].map(off));
        }
        let models: Vec<_> = models.iter().map(|slug| toml::Value::from(slug.as_str())).collect();
        let fixed = self.fixed.filter(|(place, ..)| layer(*place));
        if let Some((_, service, media)) = fixed {
            let audio = Duration::from_nanos(media.as_nanos()).as_secs_f64();
            let service = service.as_secs_f64();
            lines.push("accept_interval_seconds = 0".to_owned());
            for slug in &models {
                lines.push(format!("models.{slug}.service = {{ fixed_seconds = {service:?} }}"));
                lines.push(format!("models.{slug}.length = {{ fixed_seconds = {audio:?} }}"));
            }
        }
        // A deterministic engine has one worker; what was asked for wins, wherever it was asked for.
        let asked = self.workers.as_ref().filter(|wish| fixed.is_some() || layer(wish.place));
        let workers = asked.map(|wish| wish.value).or(fixed.map(|_| Workers::Pull(1)));
        if let Some(workers) = workers {
            let workers = match workers {
                Workers::Pull(number) => number.to_string(),
                Workers::Unlimited => "\"unlimited\"".to_owned(),
            };
            lines.extend(models.iter().map(|slug| format!("models.{slug}.workers = {workers}")));
        }
        if self.cross_talk.is_some_and(&layer) {
            lines.push("cross_talk = \"per-user\"".to_owned());
        }
        lines.join("\n")
    }
}

fn off(key: &str) -> String {
    format!("{key} = false")
}

/// # Errors
/// It is about the other gateway, or does not fit.
fn lay(layers: &mut Layers, place: &str, table: &str) -> Result<(), UsageError> {
    let foreign = layers::parsed(table).ok().as_ref().and_then(table::first_of_openai);
    if let Some(key) = foreign {
        return Err(UsageError::new(format!("{place}: `{key}` needs --protocol openai")));
    }
    layers.lay_written::<GatewayConfig>(place, table)
}

/// Models of the preset in its order, then those that were added, by their slugs.
pub(super) fn in_order(models: &mut [ModelConfig], known: &[ModelConfig]) {
    let place = |model: &ModelConfig| known.iter().position(|known| known.info.slug == model.info.slug);
    models.sort_by_key(|model| place(model).unwrap_or(known.len()));
    ModelConfig::number(models);
}

pub(super) fn fixed(
    wishes: &Wishes,
    source: &Source,
    engine: &EngineFlag,
) -> Result<Option<(Place, Duration, MediaTime)>, UsageError> {
    let times = [
        ("service_seconds", &wishes.gateway.service_seconds),
        ("audio_seconds", &wishes.gateway.audio_seconds),
    ];
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
        wishes.gateway.service_seconds.as_ref(),
        "service_seconds",
        0.0..=LONGEST_SECONDS,
        SERVICE_SECONDS,
    )?;
    // A block without sound is a failure; a millisecond is a sound.
    let audio = source.within(
        wishes.gateway.audio_seconds.as_ref(),
        "audio_seconds",
        0.001..=LONGEST_SECONDS,
        AUDIO_SECONDS,
    )?;
    let flags = times.iter().any(|(_, wish)| wish.as_ref().is_some_and(Wish::is_flag))
        || wishes.gateway.engine.as_ref().is_some_and(Wish::is_flag);
    let place = if flags { Place::Flag } else { Place::File { offset: 0 } };
    let media = MediaTime::from_nanos(duration_nanos(Duration::from_secs_f64(audio)));
    Ok(Some((place, Duration::from_secs_f64(service), media)))
}

fn reproduce(wishes: &Wishes, source: &Source) -> Result<Option<Place>, UsageError> {
    let Some(wish) = &wishes.gateway.reproduce else { return Ok(None) };
    source
        .known(wish, "reproduce", &["cross-talk"], |name| (name == "cross-talk").then_some(Some(wish.place)))
}
