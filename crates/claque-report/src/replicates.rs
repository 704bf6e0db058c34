//! How simulations of one thing with many seeds are told.

use claque_stats::{
    Summary, Verdict,
    figures::FigureUnit,
    replicates::{FEWEST_FOR_INTERVAL, ReplicatedFigure, over_replicates},
    units::{counted, time},
};
use serde_json::json;

use crate::{
    ReportError,
    paint::{Paint, Style},
};

/// Width of the names of figures.
const NAME: usize = 26;
/// Width of a column of values.
const VALUE: usize = 13;

/// What came of one seed.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    /// The seed.
    pub seed: u64,
    /// Its figures.
    pub summary: &'a Summary,
    /// What they are worth.
    pub verdict: &'a Verdict,
}

/// For people.
#[must_use]
pub fn to_text(replicates: &[Told<'_>], paint: Paint) -> String {
    let figures = over(replicates);
    let invalid = replicates.iter().filter(|told| !told.verdict.is_valid()).count();
    let mut text = String::new();
    let count = u64::try_from(replicates.len()).unwrap_or(u64::MAX);
    let seeds = replicates.iter().map(|told| told.seed);
    let (first, last) = (seeds.clone().min().unwrap_or_default(), seeds.max().unwrap_or_default());
    let head = format!("{} (seeds {first} to {last})", counted(count, "replicate"));
    text.push_str(&paint.style(Style::Bold, &head));
    text.push('\n');
    if invalid > 0 {
        let valid = format!(
            "{invalid} of them are INVALID: their figures measure no service, and they are in these all the same"
        );
        text.push_str(&format!("{valid}\n"));
    }
    if replicates.len() < FEWEST_FOR_INTERVAL {
        let words = "too few for an interval, which takes";
        text.push_str(&format!("{words} {FEWEST_FOR_INTERVAL}: chance may have these means far off\n"));
    }
    let row = |name: &str, mean: &str, interval: &str, deviation: &str| {
        format!("  {name:<NAME$}{mean:>VALUE$}{deviation:>VALUE$}   {interval}").trim_end().to_owned() + "\n"
    };
    text.push('\n');
    let head = if replicates.len() < FEWEST_FOR_INTERVAL { "" } else { "95 % interval of the mean" };
    text.push_str(&row("figure", "mean", head, "deviation"));
    for figure in &figures {
        let name = figure
            .statistic
            .map_or_else(|| figure.id.to_owned(), |statistic| format!("{} {statistic}", figure.id));
        let told = |value: f64| value_of(figure.unit, value);
        let of_some = (usize::try_from(figure.measured).ok() != Some(replicates.len()))
            .then(|| format!("measured in {} of {}", figure.measured, replicates.len()));
        let interval = figure.interval.map(|(low, high)| format!("{} to {}", told(low), told(high)));
        let interval = of_some.or(interval).unwrap_or_default();
        text.push_str(&row(
            &name,
            &told(figure.mean),
            &interval,
            &figure.deviation.map_or_else(String::new, told),
        ));
    }
    text
}

/// For programs: the figures over all replicates, and what each replicate was.
///
/// # Errors
/// Never, as long as figures are numbers.
pub fn to_json(replicates: &[Told<'_>]) -> Result<String, ReportError> {
    let each = |told: &Told<'_>| {
        let valid = told.verdict.is_valid();
        json!({ "seed": told.seed, "valid": valid, "summary": told.summary })
    };
    let replicated: Vec<_> = replicates.iter().map(each).collect();
    let document = json!({ "figures": over(replicates), "replicates": replicated });
    serde_json::to_string_pretty(&document)
        .map_err(|source| ReportError::Encode { what: "the replicates", source })
}

fn over(replicates: &[Told<'_>]) -> Vec<ReplicatedFigure> {
    let summaries: Vec<Summary> = replicates.iter().map(|told| told.summary.clone()).collect();
    over_replicates(&summaries)
}

fn value_of(unit: FigureUnit, value: f64) -> String {
    match unit {
        FigureUnit::Ms => time(value),
        FigureUnit::Pct => format!("{value:.2} %"),
        FigureUnit::Ratio
        | FigureUnit::Count
        | FigureUnit::AudioPerSecond
        | FigureUnit::CharsPerSecond
        | FigureUnit::Bytes => format!("{value:.2}"),
    }
}
