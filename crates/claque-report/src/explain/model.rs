//! A model of a service in words: what its constants say, and what short simulations say of that.

use claque_stats::{
    compare::student_t_975,
    units::{counted, grouped, time},
};
use serde::Serialize;

use crate::{
    ReportError,
    error::encoded,
    paint::{Paint, Style, joined, row},
    version::{FORMAT_VERSION, Version},
    words::{sentence, wrapped},
};

/// A model of a service, explained.
#[derive(Clone, Debug, Serialize)]
pub struct ModelExplanation {
    /// Where its constants come from: a preset's name or a file.
    pub model_of: String,
    /// The slug of the model that is listened to.
    pub slug: String,
    /// Workers; absent where there is no limit.
    pub workers: Option<u32>,
    /// Time that a worker takes for a block, on average, in seconds.
    pub service_s: f64,
    /// Length of a block's audio at normal speed, on average, in seconds.
    pub audio_s: f64,
    /// Playback rate.
    pub speed: f64,
    /// The part of all workers' time that one listener takes; absent without a limit.
    pub utilisation_per_listener: Option<f64>,
    /// W x d / (s x v), in listeners; absent without a limit.
    pub throughput_ceiling: Option<f64>,
    /// After how long in the queue a block goes to the overflow provider, in seconds; absent where none does.
    pub overflow_after_s: Option<f64>,
    /// Blocks a minute that one account is allowed, where limits are on.
    pub blocks_per_minute: Option<f64>,
    /// How many listeners that is enough for, were they all of one account.
    pub limit_ceiling: Option<f64>,
    /// What allows the fewest: `workers`, `limit`, or nothing.
    pub binding: Option<&'static str>,
    /// How long a lone listener waits for the first sound in simulations.
    pub lone_startup_s: Option<Interval>,
    /// The model as it is, and with one constant twice as good; empty where nothing bounds it.
    pub simulated: Vec<Improved>,
    /// Why nothing was simulated, if so.
    pub not_simulated: Option<String>,
    /// Seeds of each simulation.
    pub seeds: u32,
    /// What speaks against the model, where it was fitted to runs.
    pub doubts: Vec<String>,
}

/// A mean over seeds, with the 95 % interval of it (Student's t).
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Interval {
    /// The mean.
    pub mean: f64,
    /// Half of the interval, were there no end to what the figure can be.
    pub plus_minus: f64,
    /// Its lower end, and no less than the figure can be.
    pub low: f64,
    /// Its upper end, and no more than that.
    pub high: f64,
}

/// A model with one constant changed.
#[derive(Clone, Debug, Serialize)]
pub struct Improved {
    /// What is twice as good; `as it is` of the first.
    pub what: String,
    /// W x d / (s x v) with that, in listeners.
    pub theory: f64,
    /// Listeners that were simulated: 15 % more than that.
    pub users: u32,
    /// Listeners that all audio was made for as fast as they listen: the number simulated times how fast was delivered.
    pub ceiling: Interval,
    /// Share of the listeners without an underrun at that number, in percent.
    pub underrun_free_pct: Interval,
}

impl Interval {
    /// Of values of as many seeds, at least two, none of which can be below zero or above `most`. An interval of a mean may be cut
    /// where the mean cannot be: it holds it as often as before.
    #[must_use]
    pub fn of(values: &[f64], most: f64) -> Self {
        let n = f64::from(u32::try_from(values.len()).unwrap_or(u32::MAX));
        let mean = values.iter().sum::<f64>() / n;
        let square: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let t = student_t_975(u32::try_from(values.len().saturating_sub(1)).unwrap_or(u32::MAX));
        let plus_minus = t * (square / (n - 1.0) / n).sqrt();
        Self { mean, plus_minus, low: (mean - plus_minus).max(0.0), high: (mean + plus_minus).min(most) }
    }
}

#[derive(Serialize)]
struct Document<'a> {
    format_version: u32,
    claque: Version,
    kind: &'static str,
    #[serde(flatten)]
    model: &'a ModelExplanation,
}

/// The explanation as one JSON document, ended by a newline.
///
/// # Errors
/// Never, as long as every key is a text.
pub fn model_to_json(model: &ModelExplanation) -> Result<String, ReportError> {
    let document =
        Document { format_version: FORMAT_VERSION, claque: Version::OURS, kind: "model-explanation", model };
    encoded("the explanation", &document)
}

/// The explanation as text, ended by a newline.
pub fn model_to_text(model: &ModelExplanation, paint: Paint) -> String {
    let doubt = |doubt: &String| format!("Doubt: {}.", sentence(doubt).trim_end_matches('.'));
    let doubts = model.doubts.iter().map(doubt).flat_map(|words| wrapped("", &words));
    let doubts: String = doubts.map(|line| format!("{line}\n")).collect();
    doubts + &explained(model, paint)
}

fn explained(model: &ModelExplanation, paint: Paint) -> String {
    let mut lines = vec![
        row("model", &format!("{} of {}", model.slug, model.model_of), paint),
        row("block", &block(model), paint),
        row("workers", &workers(model), paint),
    ];
    if let Some(ceiling) = model.throughput_ceiling {
        let words = format!(
            "{ceiling:.1} listeners: W x d / (s x v) = {} x {:.2} / ({:.2} x {})",
            model.workers.unwrap_or_default(),
            model.audio_s,
            model.service_s,
            model.speed
        );
        lines.push(row("ceiling", &paint.style(Style::Good, &words), paint));
    }
    if let Some((limit, minute)) = model.limit_ceiling.zip(model.blocks_per_minute) {
        let words = format!("{limit:.1} listeners of one account, at {minute:.0} blocks a minute");
        lines.push(row("limit", &words, paint));
    }
    lines.push(row("binds", &binds(model), paint));
    if let Some(after) = model.overflow_after_s {
        let words = format!(
            "takes what waits longer than {}, so that beyond the ceiling it is its speed that counts",
            time(after * 1e3)
        );
        lines.push(row("overflow", &words, paint));
    }
    if let Some(startup) = model.lone_startup_s {
        let words = format!("{} until the first sound, simulated {}", told_s(startup), seeds(model));
        lines.push(row("alone", &words, paint));
    }
    lines.push(String::new());
    lines.extend(simulated(model));
    joined(&lines)
}

fn block(model: &ModelExplanation) -> String {
    format!(
        "{} to make, {} to hear at {} x, on average",
        time(model.service_s * 1e3),
        time(model.audio_s / model.speed * 1e3),
        model.speed
    )
}

fn workers(model: &ModelExplanation) -> String {
    match (model.workers, model.utilisation_per_listener) {
        (Some(workers), Some(share)) => {
            format!("{}; a listener takes {:.1} % of their time", grouped(workers.into()), 100.0 * share)
        }
        (_, _) => "as many as there are blocks: they never bind".to_owned(),
    }
}

fn binds(model: &ModelExplanation) -> String {
    match model.binding {
        Some("limit") => "the limit of an account: other accounts, or a higher one, would help".to_owned(),
        Some(_) => "the workers: more of them, or less time for a block".to_owned(),
        None => "nothing that could be counted in listeners".to_owned(),
    }
}

fn simulated(model: &ModelExplanation) -> Vec<String> {
    if let Some(why) = &model.not_simulated {
        return vec![format!("  nothing was simulated: {why}")];
    }
    let head = format!("  {:<25}  {:>8}  {:>9}  {:>26}", "", "theory", "simulated", "ceiling, found");
    let lines = |one: &Improved| {
        let Interval { mean, low, high, .. } = one.ceiling;
        let free = one.underrun_free_pct;
        [
            format!(
                "  {:<25}  {:>8.1}  {:>9}  {:>26}",
                one.what,
                one.theory,
                one.users,
                format!("{mean:.1} ({low:.1} to {high:.1})")
            ),
            format!(
                "    of {} listeners {:.0} % ({:.0} to {:.0}) had no underrun",
                grouped(one.users.into()),
                free.mean,
                free.low,
                free.high
            ),
        ]
    };
    let note = format!("  Means {}, with 95 % intervals.", seeds(model));
    std::iter::once(head).chain(model.simulated.iter().flat_map(lines)).chain([note]).collect()
}

fn seeds(model: &ModelExplanation) -> String {
    format!("over {}", counted(model.seeds.into(), "seed"))
}

fn told_s(interval: Interval) -> String {
    format!("{:.2} s ({:.2} to {:.2})", interval.mean, interval.low, interval.high)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of 1, 2 and 3 the standard error is 1 / sqrt(3), and Student's t of two degrees of freedom 4.303.
    #[test]
    fn an_interval_is_students() {
        let interval = Interval::of(&[1.0, 2.0, 3.0], f64::INFINITY);
        assert!((interval.mean - 2.0).abs() < 1e-12);
        assert!((interval.plus_minus - 4.303 / 3.0_f64.sqrt()).abs() < 1e-3, "{}", interval.plus_minus);
        assert!(interval.low.abs() < 1e-12 && (interval.high - 2.0 - interval.plus_minus).abs() < 1e-12);
    }

    #[test]
    fn no_share_is_above_100() {
        let interval = Interval::of(&[60.0, 100.0, 100.0], 100.0);
        assert!((interval.high - 100.0).abs() < 1e-12 && interval.low >= 0.0, "{interval:?}");
    }
}
