//! A run of which the service is a model: its scenario, read again, with a fitted gateway in place of the real one.

use std::path::Path;

use claque_front::yapit::gateway::GatewayConfig;
use claque_run::order::{FactsKept, FittedNumber, ModelFit, Results, SimulateOrder};
use claque_stats::calibrate::Calibration;
use claque_store::Manifest;
use serde::Deserialize;
use toml::{Table, Value, de::DeTable};

use super::{
    UsageError, file,
    gateway::{GatewayTable, configured},
    resolve::simulate_order,
    scenario,
    wish::{Source, Wish},
};

/// What audio of a text is like, fitted to its lengths.
#[derive(Clone, Copy, Debug)]
pub(crate) enum FittedLength {
    /// In proportion to the text.
    PerChar {
        /// Characters spoken in a second.
        chars_per_second: f64,
        /// Sigma of the log-normal noise.
        sigma: f64,
    },
    /// The same for every text, in seconds.
    Fixed(f64),
}

/// Reads a model file, a `[gateway]` table and nothing else: the preset behind it, and the configuration.
///
/// # Errors
/// It cannot be read, or holds something else.
pub(super) fn read_model(path: &Path) -> Result<ReadModel, UsageError> {
    let place = format!("--gateway {}", path.display());
    let named = |what: String| UsageError::new(format!("{place}: {what}"));
    let text = file::read_text(path, file::MOST_SETTINGS).map_err(named)?;
    let source = Source { path: path.to_owned(), text };
    let table = table_of(&source)?.ok_or_else(|| {
        named("there is no [gateway] table in it; give what `claque calibrate` writes".to_owned())
    })?;
    let (preset, config) = configured(&place, &table)?;
    let file: ModelFile =
        toml::from_str(&source.text).map_err(|error| scenario::complaint(&error, &source))?;
    Ok(ReadModel { preset, config, calibration: file.calibration })
}

/// A model file, read.
#[derive(Debug)]
pub(super) struct ReadModel {
    pub(super) preset: String,
    pub(super) config: GatewayConfig,
    pub(super) calibration: CalibrationWishes,
}

/// A model file, but for its gateway.
#[derive(Debug, Deserialize)]
struct ModelFile {
    #[serde(default)]
    calibration: CalibrationWishes,
}

/// What `claque calibrate` found against the model that it wrote.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct CalibrationWishes {
    /// For people.
    pub(crate) doubts: Vec<String>,
    /// How far its constants may be off.
    pub(crate) fit: Option<FitWishes>,
}

/// How far the constants of a model may be off: of each the likeliest, and the ends of its 95 % interval.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FitWishes {
    model: String,
    overhead_seconds: [f64; 3],
    seconds_per_char: [f64; 3],
    sigma: [f64; 3],
    delivery_seconds: [f64; 3],
}

impl FitWishes {
    pub(super) fn fit(&self) -> ModelFit {
        let number = |[value, low, high]: [f64; 3]| FittedNumber(value, low, high);
        ModelFit {
            model: self.model.clone(),
            overhead_seconds: number(self.overhead_seconds),
            seconds_per_char: number(self.seconds_per_char),
            sigma: number(self.sigma),
            delivery_seconds: number(self.delivery_seconds),
        }
    }
}

/// The `[gateway]` table of a text that has no other.
fn table_of(source: &Source) -> Result<Option<GatewayTable>, UsageError> {
    let root = DeTable::parse(&source.text).map_err(|error| scenario::complaint(&error, source))?;
    if let Some(other) =
        root.get_ref().keys().find(|key| !["gateway", "calibration"].contains(&key.get_ref().as_ref()))
    {
        let place = source.line(other.span().start);
        return Err(UsageError::new(format!(
            "{place}: `{}` is no part of a model, which is a [gateway] table alone; give the file as --scenario",
            other.get_ref()
        )));
    }
    Ok(GatewayTable::of_scenario(root.get_ref(), source)?.map(|wish| wish.value))
}

/// The `[gateway]` table of a fitted model: what the run had, or a preset, with the fitted constants of its model. `scale` is a
/// factor on all times.
///
/// # Errors
/// There is no such preset.
pub(crate) fn model_table(
    manifest: &Manifest,
    preset: Option<&str>,
    (fitted, length): (&Calibration, FittedLength),
    scale: f64,
) -> Result<Table, UsageError> {
    let own = manifest.scenario.get("gateway").filter(|_| preset.is_none());
    let mut gateway = match own.map(Table::try_from) {
        Some(Ok(table)) => table,
        Some(Err(_)) | None => {
            let preset = preset.unwrap_or("current");
            if !GatewayConfig::PRESETS.contains(&preset) {
                let known = GatewayConfig::PRESETS.join(", ");
                return Err(UsageError::new(format!("--gateway is {preset}; give one of {known}")));
            }
            Table::from_iter([("preset".to_owned(), Value::from(preset))])
        }
    };
    let seconds = |ms: f64| Value::from(rounded(ms.max(0.0) * scale / 1_000.0));
    let service = [
        ("overhead_seconds", seconds(fitted.overhead_ms.value)),
        ("seconds_per_char", seconds(fitted.ms_per_char.value)),
        ("sigma", Value::from(rounded(own_noise(fitted)))),
    ];
    let mut machine = Table::new();
    machine.insert("delivery_seconds".to_owned(), seconds(fitted.delivery_ms.value));
    if let Some(slow_downs) = fitted.slow_downs {
        let neighbours = [
            ("sigma", Value::from(rounded(slow_downs.sigma))),
            ("correlation_seconds", Value::from(rounded(slow_downs.correlation_seconds))),
        ];
        machine.insert("neighbours".to_owned(), Value::Table(table(neighbours)));
    }
    let length = match length {
        FittedLength::PerChar { chars_per_second, sigma } => table([
            ("chars_per_second", Value::from(rounded(chars_per_second))),
            ("sigma", Value::from(rounded(sigma))),
        ]),
        FittedLength::Fixed(seconds) => table([("fixed_seconds", Value::from(rounded(seconds)))]),
    };
    let model = [
        ("workers", Value::from(i64::from(fitted.workers.value))),
        ("service", Value::Table(table(service))),
        ("length", Value::Table(length)),
        ("machine", Value::Table(machine)),
    ];
    let models = gateway.entry("models").or_insert_with(|| Value::Table(Table::new()));
    let slug = manifest.config.model.clone();
    if let Some(of_slug) = models.as_table_mut().map(|models| models.entry(slug))
        && let Some(of_slug) = of_slug.or_insert_with(|| Value::Table(Table::new())).as_table_mut()
    {
        of_slug.extend(table(model));
    }
    Ok(gateway)
}

/// The noise that is each job's own: all of it but the part that lasts.
fn own_noise(fitted: &Calibration) -> f64 {
    let lasting = fitted.slow_downs.map_or(0.0, |slow_downs| slow_downs.sigma);
    (fitted.sigma.value.powi(2) - lasting.powi(2)).max(0.0).sqrt()
}

fn table<const N: usize>(entries: [(&str, Value); N]) -> Table {
    entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

/// Six digits behind the point: a microsecond.
fn rounded(number: f64) -> f64 {
    (number * 1e6).round() / 1e6
}

/// The run again, as a simulation of this gateway.
///
/// # Errors
/// Its scenario cannot be simulated.
pub(crate) fn order(
    manifest: &Manifest,
    gateway: &Table,
    results: Results,
) -> Result<SimulateOrder, UsageError> {
    /// Of the run itself, and not of its audience.
    const LEFT_OUT: [&str; 11] = [
        "time",
        "base_url",
        "engine",
        "gateway",
        "objectives",
        "abort_on",
        "confidence",
        "protocol",
        "imported",
        "calibration",
        "reuse_documents",
    ];
    let mut audience = Table::try_from(&manifest.scenario)
        .map_err(|error| UsageError::new(format!("failed to read the run's scenario again: {error}")))?;
    LEFT_OUT.iter().for_each(|key| drop(audience.remove(*key)));
    let source = Source { path: "run.json".into(), text: audience.to_string() };
    let mut wishes = scenario::parse(&source)?;
    let model = Table::from_iter([("gateway".to_owned(), Value::Table(gateway.clone()))]);
    let settings =
        table_of(&Source { path: "the model".into(), text: model.to_string() })?.unwrap_or_default();
    wishes.audience.model = Some(Wish::flag(manifest.config.model.clone()));
    wishes.gateway.table = Some(Wish::flag(settings));
    simulate_order(&wishes, &source, results, FactsKept::None)
}
