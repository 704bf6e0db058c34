//! How simulations of one thing with many seeds are told.

use claque_stats::{
    Summary, Verdict,
    figures::FigureUnit,
    replicates::{FEWEST_FOR_INTERVAL, ReplicatedFigure, over_replicates},
    units::{NOT_MEASURED, counted, grouped, time},
};
use claque_store::SavedVerdict;
use serde::Serialize;

use crate::{
    ReportError,
    error::encoded,
    paint::{Paint, Style, joined},
    version::{FORMAT_VERSION, Version},
    words::one_line,
};

/// INVALID replicates that are told each with its reasons.
const MOST_REASONS: usize = 5;
/// Width of the names of figures, of which the longest is `listeners_affected_pct`.
const NAME: usize = 23;
/// Width of the names of statistics.
const STATISTIC: usize = 4;
/// Width of a column of values, of which the longest is "59 min 59 s".
const VALUE: usize = 12;

/// What came of one seed.
#[derive(Clone, Copy, Debug)]
pub struct SeedResult<'a> {
    /// The seed.
    pub seed: u64,
    /// Its figures.
    pub summary: &'a Summary,
    /// What they are worth.
    pub verdict: &'a Verdict,
}

/// For people.
#[must_use]
pub fn to_text(replicates: &[SeedResult<'_>], paint: Paint) -> String {
    let count = number(replicates.len());
    let seeds = replicates.iter().map(|told| told.seed);
    let (first, last) = (seeds.clone().min().unwrap_or_default(), seeds.max().unwrap_or_default());
    let head = format!("{} (seeds {first} to {last})", counted(count, "replicate"));
    let mut lines = vec![paint.style(Style::Bold, &head)];
    lines.extend(not_valid(replicates, paint));
    let valid = valid(replicates);
    if valid.is_empty() {
        return joined(&lines);
    }
    if replicates.len() < FEWEST_FOR_INTERVAL {
        let words = "too few for an interval, which takes";
        lines.push(format!("{words} {FEWEST_FOR_INTERVAL}: chance may have these means far off"));
    }
    lines.push(String::new());
    let figures = over_replicates(&valid, replicates.len());
    let has_interval = figures.iter().any(|figure| figure.interval.is_some());
    let head = if has_interval { "95 % interval of it" } else { "" };
    lines.push(line(["figure (values)", ""], ["mean", "deviation"], head));
    let mut before = "";
    for figure in &figures {
        lines.push(of_figure(figure, valid.len(), before == figure.id));
        before = figure.id;
    }
    joined(&lines)
}

/// The replicates whose figures measure no service, and why; nothing where there are none.
fn not_valid(replicates: &[SeedResult<'_>], paint: Paint) -> Vec<String> {
    let others: Vec<_> = replicates.iter().filter(|told| !told.verdict.is_valid()).collect();
    if others.is_empty() {
        return Vec::new();
    }
    let left = replicates.len() - others.len();
    let rest = match left {
        0 => "so that there are none to tell".to_owned(),
        left => format!(
            "those below are of the other {}, a chosen part, and have no intervals",
            grouped(number(left))
        ),
    };
    let head =
        format!("{} of {} measure no service, {rest}", grouped(number(others.len())), replicates.len());
    let mut lines = vec![paint.style(Style::Bad, &head)];
    let each = |told: &&&SeedResult<'_>| {
        let words =
            format!("seed {} is {}: {}", told.seed, told.verdict.validity().as_str(), told.verdict.doubts());
        one_line(&words)
    };
    lines.extend(others.iter().take(MOST_REASONS).map(|told| format!("  {}", each(&told))));
    if others.len() > MOST_REASONS {
        let more = grouped(number(others.len() - MOST_REASONS));
        lines.push(format!("  and {more} more, all of which --json tells"));
    }
    lines
}

/// A figure of `valid` replicates as a line. A name is said once for all its statistics, with how many values there were.
fn of_figure(figure: &ReplicatedFigure, valid: usize, is_named: bool) -> String {
    let values = figure.values.map_or_else(String::new, |values| format!(" ({})", grouped(values)));
    let name = if is_named { String::new() } else { format!("{}{values}", figure.id) };
    let told = |value: f64| value_of(figure.unit, value);
    let is_the_same = valid > 1 && figure.deviation.is_some_and(|deviation| deviation <= 0.0);
    let interval = match figure.interval {
        _ if figure.measured > 0 && usize::try_from(figure.measured).ok() != Some(valid) => {
            format!("measured in {} of {valid}", figure.measured)
        }
        Some((low, high)) => format!("{} to {}", told(low), told(high)),
        None if is_the_same => format!("the same in all {valid}"),
        None => String::new(),
    };
    let mean = figure.mean.map_or_else(|| NOT_MEASURED.to_owned(), told);
    let statistic = figure.statistic.unwrap_or_default();
    line([&name, statistic], [&mean, &figure.deviation.map_or_else(String::new, told)], &interval)
}

fn line([name, statistic]: [&str; 2], [mean, deviation]: [&str; 2], interval: &str) -> String {
    // A long name takes the blank behind it from the next column.
    let over = (name.chars().count() + 1).saturating_sub(NAME);
    let (name_width, rest) = (NAME + over, STATISTIC.saturating_sub(over));
    let line = format!("  {name:<name_width$}{statistic:rest$}{mean:>VALUE$}{deviation:>VALUE$}  {interval}");
    line.trim_end().to_owned()
}

#[derive(Serialize)]
struct Document<'a> {
    format_version: u32,
    claque: Version,
    kind: &'static str,
    /// Replicates whose figures measure the service, of which `figures` are.
    valid: usize,
    figures: Vec<ReplicatedFigure>,
    replicates: Vec<Replicated<'a>>,
}

#[derive(Serialize)]
struct Replicated<'a> {
    seed: u64,
    valid: bool,
    verdict: SavedVerdict,
    summary: &'a Summary,
}

/// For programs: the figures over all replicates that measure the service, and what each replicate was. Ended by a newline.
///
/// # Errors
/// Never, as long as figures are numbers.
pub fn to_json<'a>(replicates: &[SeedResult<'a>]) -> Result<String, ReportError> {
    let each = |told: &SeedResult<'a>| Replicated {
        seed: told.seed,
        valid: told.verdict.is_valid(),
        verdict: SavedVerdict::from(told.verdict),
        summary: told.summary,
    };
    let valid = valid(replicates);
    let document = Document {
        format_version: FORMAT_VERSION,
        claque: Version::OURS,
        kind: "replicates",
        valid: valid.len(),
        figures: over_replicates(&valid, replicates.len()),
        replicates: replicates.iter().map(each).collect(),
    };
    encoded("the replicates", &document)
}

fn valid(replicates: &[SeedResult<'_>]) -> Vec<Summary> {
    replicates.iter().filter(|told| told.verdict.is_valid()).map(|told| told.summary.clone()).collect()
}

fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
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
