//! `claque calibrate`: the service behind runs, as a model.

mod fitness;

use std::{fmt::Write as _, num::NonZeroUsize, path::PathBuf, process::ExitCode, thread};

use anyhow::Context as _;
use claque_core::{
    record::{BlockRecord, Fact},
    rng::Seed,
    time::MediaTime,
};
use claque_report::{
    Paint,
    calibrate::{CalibrationReport, HeldAgainst, Predicted, to_json, to_text},
};
use claque_run::order::{Results, SimulatedService};
use claque_stats::{
    Summary,
    calibrate::{Calibration, Estimate, FEWEST_JOBS, ServedBlock},
    replicates::prediction,
};
use claque_store::{Manifest, Run};

use crate::{
    cli::CalibrateFlags,
    config::{FittedLength, UsageError, model_table, order_of_run},
    find, talk,
};

/// Fits, predicts, tells, and writes the model.
///
/// # Errors
/// There is no such run, it cannot be fitted, or a file cannot be read or written.
pub(crate) fn calibrate(flags: &CalibrateFlags) -> anyhow::Result<ExitCode> {
    let mut runs = Vec::new();
    for typed in &flags.runs {
        let folder = find::run(typed, &flags.kept.dir())?;
        let run = claque_store::open(&folder)?;
        runs.push((folder.display().to_string(), run));
    }
    refuse_what_cannot_be_fitted(&runs)?;
    fitness::refuse_one_run_twice(&runs)?;
    let held_out = if runs.len() > 1 { runs.pop() } else { None };
    runs.iter().try_for_each(refuse_networks)?;
    runs.iter().try_for_each(fitness::refuse_what_is_no_queue)?;
    let served: Vec<_> = runs.iter().map(|(_, run)| served(run)).collect();
    let fitted = claque_stats::calibrate::calibrate(&served).ok_or_else(|| {
        UsageError::new(format!(
            "no model could be fitted: that takes {FEWEST_JOBS} blocks that were acknowledged and made at the first attempt; give \
             longer runs"
        ))
    })?;
    let length = length(runs.iter().map(|(_, run)| run));
    let (first, how) = match (&held_out, runs.first()) {
        (Some(held_out), _) => (held_out, HeldAgainst::HeldOut),
        (None, Some(first)) => (first, HeldAgainst::Fitted),
        (None, None) => return Err(UsageError::new("give a run to fit").into()),
    };
    let (name, against) = first;
    let predicted = predict(against, flags, (&fitted, length))?;
    let left_out = runs.iter().map(|(_, run)| left_out(run)).sum();
    let mut doubts = fitness::of_fit(&runs, &fitted, left_out);
    doubts.extend(fitness::of_predictions(name, &predicted));
    let model_file = flags.write.as_ref().map(|path| path.display().to_string());
    if let Some(path) = &flags.write {
        let base = runs.first().map_or(&against.manifest, |(_, run)| &run.manifest);
        let table = model_table(base, flags.gateway.as_deref(), (&fitted, length), 1.0)?;
        let text = model_text((&fitted, &doubts), (&base.config.model, &runs), &table);
        std::fs::write(path, text)
            .with_context(|| format!("failed to write {}; give another file with --write", path.display()))?;
    }
    let names: Vec<String> = runs.iter().map(|(name, _)| name.clone()).collect();
    let told = CalibrationReport {
        calibration: &fitted,
        left_out,
        doubts: &doubts,
        fitted: &names,
        against: (name, how),
        predicted: &predicted,
        simulations: flags.simulations,
        model_file: model_file.as_deref(),
    };
    let text =
        if flags.json { to_json(&told)? } else { to_text(&told, Paint::new(talk::stdout_has_colours())) };
    talk::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// # Errors
/// A run is of streams, or they are not of one model.
fn refuse_what_cannot_be_fitted(runs: &[(String, Run)]) -> Result<(), UsageError> {
    let first = runs.first().map(|(_, run)| &run.manifest.config.model);
    for (name, run) in runs {
        if run.manifest.scenario.get("protocol").is_some_and(|protocol| protocol == "openai") {
            return Err(UsageError::new(format!(
                "{name} is of streams, which do not tell when they were queued; give runs of yapit's protocol"
            )));
        }
        if Some(&run.manifest.config.model) != first {
            let (model, first) = (&run.manifest.config.model, first.map_or("", String::as_str));
            return Err(UsageError::new(format!(
                "{name} is of the model {model} and others of {first}; calibrate each model by itself"
            )));
        }
    }
    Ok(())
}

/// What a listener's network adds is in no model of the service. A run that is predicted may have some: the prediction has them, too.
///
/// # Errors
/// The run has networks.
fn refuse_networks((name, run): &(String, Run)) -> Result<(), UsageError> {
    if run.manifest.scenario.get("network").is_none() {
        return Ok(());
    }
    Err(UsageError::new(format!(
        "{name} has networks between its listeners and the service (--network), which would be fitted as if the service took that time; \
         fit a run without, and give this one last to see how well it is predicted"
    )))
}

fn blocks(run: &Run) -> impl Iterator<Item = &BlockRecord> {
    run.facts.iter().filter_map(|fact| if let Fact::Block(record) = fact { Some(record) } else { None })
}

/// The blocks that a worker made at the first attempt, and not a cache, in the order in which they were queued: a gateway of ours takes
/// what comes to many connections at one moment in their order, which is that of listeners.
fn served(run: &Run) -> Vec<ServedBlock> {
    let served = |record: &BlockRecord| {
        // What is asked for again while it is under way is still one job.
        let is_first = record.requested_at == record.answered_request_at;
        let (queued_at, ready_at) = (record.acknowledged_at?, record.ready_at?);
        let is_made = record.outcome.is_success() && ready_at > queued_at && record.media > MediaTime::ZERO;
        let job = ServedBlock { chars: record.chars, queued_at, ready_at };
        let place = (queued_at, record.listener, record.block);
        (is_first && is_made).then_some((place, job))
    };
    let mut served: Vec<_> = blocks(run).filter_map(served).collect();
    served.sort_by_key(|(place, _)| *place);
    served.into_iter().map(|(_, job)| job).collect()
}

/// Blocks that workers may have made beside those: asked for, and never ready, not at the first attempt, or not delivered.
fn left_out(run: &Run) -> usize {
    let came_to_nothing = |record: &&BlockRecord| {
        record.requested_at.is_some()
            && (record.ready_at.is_none()
                || record.requested_at != record.answered_request_at
                || !record.outcome.is_success())
    };
    blocks(run).filter(came_to_nothing).count()
}

/// How long audio is: the mean and the spread of the logarithm of its length for each character.
fn length<'a>(runs: impl Iterator<Item = &'a Run>) -> FittedLength {
    let of_block = |record: &BlockRecord| {
        let seconds = record.media.as_millis_f64() / 1_000.0;
        (record.chars > 0 && seconds > 0.0).then_some((record.chars, seconds))
    };
    let lengths: Vec<_> = runs.flat_map(blocks).filter_map(of_block).collect();
    if let Some(&(chars, seconds)) = lengths.first()
        && lengths.iter().all(|(_, other)| (other - seconds).abs() < 1e-6)
        && lengths.iter().any(|(other, _)| *other != chars)
    {
        return FittedLength::Fixed(seconds);
    }
    let logs: Vec<f64> = lengths.iter().map(|(chars, seconds)| (seconds / f64::from(*chars)).ln()).collect();
    let count = f64::from(u32::try_from(logs.len().max(1)).unwrap_or(u32::MAX));
    let mean = logs.iter().sum::<f64>() / count;
    let sigma = (logs.iter().map(|log| (log - mean).powi(2)).sum::<f64>() / count).sqrt();
    FittedLength::PerChar { chars_per_second: (-mean - sigma * sigma / 2.0).exp(), sigma }
}

/// A figure that is predicted, in ms.
type Figure = (&'static str, fn(&Summary) -> Option<f64>);

/// Simulates the run with the fitted model many times, and each time with all times a little off, as far as the fit may be.
fn predict(
    run: &Run,
    flags: &CalibrateFlags,
    (fitted, length): (&Calibration, FittedLength),
) -> anyhow::Result<Vec<Predicted>> {
    let Manifest { seed, .. } = run.manifest;
    let root = Seed::root(seed).child("calibrate");
    let jobs = f64::from(u32::try_from(fitted.jobs.max(1)).unwrap_or(u32::MAX));
    let mut orders = Vec::new();
    for number in 0..u64::from(flags.simulations) {
        let root = root.index(number);
        // Twelve evenly distributed numbers together are close enough to normal.
        let normal = (0..12).map(|draw| evenly(root.child("times").index(draw))).sum::<f64>() - 6.0;
        let scale = (normal * fitted.sigma.value / jobs.sqrt()).exp();
        let table = model_table(&run.manifest, flags.gateway.as_deref(), (fitted, length), scale)?;
        let results = Results {
            dir: PathBuf::new(),
            kept_dir: PathBuf::new(),
            objectives: Vec::new(),
            repeat_of: None,
        };
        let mut order = order_of_run(&run.manifest, &table, results)?;
        if let SimulatedService::Yapit(gateway) = &mut order.service {
            gateway.seed = root.child("gateway");
        }
        orders.push(order);
    }
    let cores = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let replicates = claque_run::replicate(&orders, cores)?;
    let measured = run.recompute();
    let figures: [Figure; 3] = [
        ("startup_time", |summary| summary.startup_time.map(|times| times.mean_ms)),
        ("round_trip", |summary| summary.round_trip.map(|times| times.mean_ms)),
        ("stalled", |summary| summary.underruns.map(|stalls| stalls.total_ms)),
    ];
    let predicted = figures.into_iter().filter_map(|(id, of)| {
        let values: Vec<f64> = replicates.iter().filter_map(|replicate| of(&replicate.summary)).collect();
        let (predicted_ms, range_ms) = prediction(&values)?;
        Some(Predicted { id, measured_ms: of(&measured)?, predicted_ms, range_ms })
    });
    Ok(predicted.collect())
}

/// A number from 0 to 1.
fn evenly(seed: Seed) -> f64 {
    f64::from(u32::try_from(seed.value() >> 32).unwrap_or(u32::MAX)) / f64::from(u32::MAX)
}

/// How far the constants may be off, for who simulates the model: each with the ends of its interval.
fn fit_table(fitted: &Calibration, model: &str) -> toml::Value {
    let rounded = |number: f64| (number * 1e9).round() / 1e9;
    let of = |estimate: &Estimate, scale: f64| {
        let numbers = [estimate.value, estimate.low, estimate.high];
        toml::Value::from(numbers.map(|number| rounded(number * scale)).to_vec())
    };
    let entries = [
        ("model", toml::Value::from(model)),
        ("overhead_seconds", of(&fitted.overhead_ms, 1e-3)),
        ("seconds_per_char", of(&fitted.ms_per_char, 1e-3)),
        ("sigma", of(&fitted.sigma, 1.0)),
        ("delivery_seconds", of(&fitted.delivery_ms, 1e-3)),
    ];
    toml::Value::Table(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

/// The model file: what it came from as comments, and the table.
fn model_text(
    (fitted, doubts): (&Calibration, &[String]),
    (model, runs): (&str, &[(String, Run)]),
    gateway: &toml::Table,
) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "# Fitted by claque calibrate to {} blocks of:", fitted.jobs);
    for (name, _) in runs {
        let _ = writeln!(text, "#   {name}");
    }
    let interval =
        |estimate: &Estimate| format!("{:.3} ({:.3} to {:.3})", estimate.value, estimate.low, estimate.high);
    let _ = writeln!(
        text,
        "# overhead {} ms, {} ms a character",
        interval(&fitted.overhead_ms),
        interval(&fitted.ms_per_char)
    );
    let _ =
        writeln!(text, "# sigma {}, delivery {} ms", interval(&fitted.sigma), interval(&fitted.delivery_ms));
    let mut file: toml::Table =
        [("gateway".to_owned(), toml::Value::Table(gateway.clone()))].into_iter().collect();
    let mut calibration = toml::Table::from_iter([("fit".to_owned(), fit_table(fitted, model))]);
    if !doubts.is_empty() {
        // Whoever simulates the model is told.
        calibration.insert("doubts".to_owned(), doubts.to_vec().into());
    }
    file.insert("calibration".to_owned(), toml::Value::Table(calibration));
    text + "\n" + &file.to_string()
}
