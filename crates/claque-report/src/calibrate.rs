//! How a calibration is told: the fitted model, what the data cannot tell apart, and predictions beside what was measured.

use claque_stats::{
    calibrate::{Ambiguity, Calibration, Estimate},
    units::{counted, grouped, time},
};
use serde::Serialize;
use serde_json::json;

use crate::{
    ReportError,
    paint::{Paint, Style},
    words::{sentence, wrapped},
};

/// Width of the names of parameters.
const NAME: usize = 22;
/// Width of a column of values.
const VALUE: usize = 12;

/// A figure of a run, as it was measured and as the fitted model has it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Predicted {
    /// The figure: `startup_time`, `round_trip` or `stalled`.
    pub id: &'static str,
    /// What was measured, in ms.
    pub measured_ms: f64,
    /// The mean of the simulated runs, in ms.
    pub predicted_ms: f64,
    /// Where one such run lies with 95 % confidence: over chance, and over how far the calibration may be off.
    pub range_ms: (f64, f64),
}

/// What a calibration was held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum HeldAgainst {
    /// A run that was not fitted.
    HeldOut,
    /// The very run that was fitted: it says that the model can be so, not that it predicts.
    Fitted,
}

/// Everything that is told.
#[derive(Clone, Debug)]
pub struct CalibrationReport<'a> {
    /// The fit.
    pub calibration: &'a Calibration,
    /// Blocks that were asked for and could not be fitted, for they came to nothing at the first attempt: workers made them all the
    /// same, and the fit takes those for idle.
    pub left_out: usize,
    /// What speaks against the model, for people.
    pub doubts: &'a [String],
    /// Runs that were fitted.
    pub fitted: &'a [String],
    /// The run that predictions are held against, and whether it was fitted.
    pub against: (&'a str, HeldAgainst),
    /// The predictions.
    pub predicted: &'a [Predicted],
    /// Simulations behind each prediction.
    pub simulations: u32,
    /// Where the model was written.
    pub model_file: Option<&'a str>,
}

/// For people.
#[must_use]
pub fn to_text(told: &CalibrationReport<'_>, paint: Paint) -> String {
    let Calibration { jobs, waited, overhead_ms, ms_per_char, sigma, delivery_ms, workers, .. } =
        told.calibration;
    let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let mut lines = Vec::new();
    let head = format!(
        "{} of {}, of which {} waited for a worker",
        counted(count(*jobs), "block"),
        counted(count(told.fitted.len()), "run"),
        grouped(count(*waited))
    );
    lines.push(paint.style(Style::Bold, &head));
    lines.push(String::new());
    let row =
        |name: &str, value: String, interval: String| format!("  {name:<NAME$}{value:>VALUE$}   {interval}");
    let of_time =
        |name, of: &Estimate| row(name, time(of.value), format!("{} to {}", time(of.low), time(of.high)));
    let of_number = |name, of: &Estimate| {
        row(name, format!("{:.3}", of.value), format!("{:.3} to {:.3}", of.low, of.high))
    };
    for doubt in told.doubts {
        let words = format!("Doubt: {}.", sentence(doubt).trim_end_matches('.'));
        lines.extend(wrapped("", &words).iter().map(|line| paint.style(Style::Bad, line)));
        lines.push(String::new());
    }
    lines.push(row("parameter", "fitted".to_owned(), "95 % interval".to_owned()));
    lines.push(of_time("overhead", overhead_ms));
    lines.push(of_time("time per character", ms_per_char));
    lines.push(of_number("sigma of the noise", sigma));
    lines.push(of_time("delivery delay", delivery_ms));
    let many = workers.high.map_or_else(|| "any number more".to_owned(), |high| high.to_string());
    lines.push(row("workers", workers.value.to_string(), format!("{} to {many}", workers.low)));
    lines.push(of_number("autocorrelation", &told.calibration.autocorrelation));
    if let Some(slow_downs) = told.calibration.slow_downs {
        let words = format!(
            "The noise lasts: a factor of sigma {:.3} that keeps for {} or so is on all times.",
            slow_downs.sigma,
            time(slow_downs.correlation_seconds * 1_000.0)
        );
        lines.push(String::new());
        lines.extend(wrapped("", &words));
    }
    for ambiguity in &told.calibration.ambiguities {
        lines.push(String::new());
        lines.extend(wrapped("", words(*ambiguity)));
    }
    predictions(told, &mut lines);
    if let Some(file) = told.model_file {
        lines.push(String::new());
        lines.push(format!("model file  {file}"));
    }
    lines.iter().map(|line| format!("{}\n", line.trim_end())).collect()
}

fn predictions(told: &CalibrationReport<'_>, lines: &mut Vec<String>) {
    lines.push(String::new());
    let (run, how) = told.against;
    let against = match how {
        HeldAgainst::HeldOut => format!("held against {run}, which was not fitted"),
        HeldAgainst::Fitted => format!(
            "held against {run}, which was fitted itself: give a second run to learn how well it predicts"
        ),
    };
    lines.extend(wrapped("", &format!("{against}; {}:", counted(told.simulations.into(), "simulation"))));
    let columns = |name: &str, measured: &str, predicted: &str, error: &str, range: &str| {
        format!("  {name:<14}{measured:>VALUE$}{predicted:>VALUE$}{error:>10}   {range}")
    };
    lines.push(columns("figure", "measured", "predicted", "error", "95 % of such runs"));
    for Predicted { id, measured_ms, predicted_ms, range_ms: (low, high) } in told.predicted {
        let error = if *measured_ms > 0.0 {
            format!("{:+.1} %", 100.0 * (predicted_ms / measured_ms - 1.0))
        } else {
            "-".to_owned()
        };
        let range = format!("{} to {}", time(*low), time(*high));
        lines.push(columns(id, &time(*measured_ms), &time(*predicted_ms), &error, &range));
    }
}

/// For programs.
///
/// # Errors
/// Never, as long as figures are numbers.
pub fn to_json(told: &CalibrationReport<'_>) -> Result<String, ReportError> {
    let (run, how) = told.against;
    let document = json!({
        "calibration": told.calibration,
        "left_out": told.left_out,
        "doubts": told.doubts,
        "fitted": told.fitted,
        "held_against": { "run": run, "how": how },
        "predicted": told.predicted,
        "simulations": told.simulations,
        "model_file": told.model_file,
    });
    serde_json::to_string_pretty(&document)
        .map_err(|source| ReportError::Encode { what: "the calibration", source })
}

/// What the data cannot tell, and which run would.
const fn words(ambiguity: Ambiguity) -> &'static str {
    match ambiguity {
        Ambiguity::WorkersAreEnough => {
            "No block says that there are not more workers: nobody waited with so many. A run with more listeners than they can \
             serve would tell."
        }
        Ambiguity::DelayOrOverhead => {
            "Overhead and delivery delay cannot be told apart: both are in every block's time, and only blocks that wait for a \
             worker have one without the other. A run with more listeners, so that blocks queue, would tell."
        }
        Ambiguity::OverheadOrRate => {
            "Overhead and time per character cannot be told apart, for the texts are of much the same length. A run with \
             --varied-lengths would tell."
        }
        Ambiguity::NoneWasTakenAtOnce => {
            "Overhead and delivery delay cannot be told apart, for a worker was hardly ever idle. A run with one listener would tell."
        }
    }
}
