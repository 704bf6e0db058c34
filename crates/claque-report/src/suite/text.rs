//! A suite as a table. Colour only underlines what the words say already.

use super::{extent, median, repeats, verdict};
use crate::{
    compare::sentence_of_one,
    paint::{Paint, Style, joined, row},
    suite::{
        SuiteComparison,
        compared::alone,
        figures::{FIGURES, Figure, SuiteFigures},
    },
    words::{WIDTH, one_line, sentence, wrapped},
};

/// The whole suite, ended by a newline.
pub(super) fn document(told: &SuiteFigures<'_>, against: Option<&SuiteComparison>, paint: Paint) -> String {
    let suite = &told.manifest;
    let mut lines = vec![
        row("suite", &format!("{}: {}", suite.name, extent(told)), paint),
        row("target", &if told.target.is_empty() { "N/A".to_owned() } else { one_line(&told.target) }, paint),
        String::new(),
    ];
    lines.extend(table(told, paint));
    objectives(told, paint, &mut lines);
    invalid(told, paint, &mut lines);
    if let Some(against) = against {
        held(against, paint, &mut lines);
    }
    lines.push(String::new());
    lines.push(row("suite folder", &told.dir.display().to_string(), paint));
    joined(&lines)
}

/// Figures that are left out where a terminal has no room for them, which says least first. The page and --json tell all.
const LEAST: [&str; 4] = ["resends", "startup_time p95", "underruns", "stalled_time_pct"];

/// What stands to the left of figures: the longest is `median`.
const LABEL: usize = 10;

/// A scenario takes a line with its name and two with the median of each figure and the range where there is one. Round trips, which are a
/// diagnostic, and what was given up, of which the success tells, are left to the page.
fn table(told: &SuiteFigures<'_>, paint: Paint) -> Vec<String> {
    let figures = FIGURES.into_iter().filter(|figure| !["round_trip p50", "given_up"].contains(&figure.name));
    let mut figures: Vec<_> = figures.collect();
    let mut left_out = Vec::new();
    for name in LEAST {
        if LABEL + width(told, &figures) <= WIDTH {
            break;
        }
        figures.retain(|figure| figure.name != name);
        left_out.push(title(name));
    }
    let widths = widths(told, &figures);
    let line = |label: &str, cells: &[String]| {
        let cells: String =
            cells.iter().zip(&widths).map(|(cell, width)| format!("  {cell:>width$}")).collect();
        format!("{label:LABEL$}{cells}").trim_end().to_owned()
    };
    let titles: Vec<_> = figures.iter().map(|figure| title(figure.name)).collect();
    let mut lines = vec![paint.style(Style::Dim, &line("", &titles))];
    for scenario in &told.scenarios {
        let (middle, range): (Vec<_>, Vec<_>) =
            figures.iter().map(|&figure| median(scenario, figure)).unzip();
        let range: Vec<_> = range.into_iter().map(Option::unwrap_or_default).collect();
        lines.push(format!("  {}  {}, {}", scenario.name, repeats(scenario), scenario.audience));
        lines.push(line("    median", &middle));
        if range.iter().any(|cell| !cell.is_empty()) {
            lines.push(paint.style(Style::Dim, &line("    range", &range)));
        }
    }
    if !left_out.is_empty() {
        lines.push(
            paint.style(Style::Dim, &format!("  no room for {}: the page tells all", left_out.join(", "))),
        );
    }
    lines
}

fn title(name: &str) -> String {
    name.trim_end_matches("_pct").replace("startup_time ", "startup ")
}

/// How wide each figure's column must be.
fn widths(told: &SuiteFigures<'_>, figures: &[Figure]) -> Vec<usize> {
    let widest = |&figure: &Figure| {
        let cells = told.scenarios.iter().flat_map(|scenario| {
            let (middle, range) = median(scenario, figure);
            [middle, range.unwrap_or_default()]
        });
        let longest = cells.map(|cell| cell.chars().count()).max().unwrap_or(0);
        longest.max(title(figure.name).chars().count())
    };
    figures.iter().map(widest).collect()
}

fn width(told: &SuiteFigures<'_>, figures: &[Figure]) -> usize {
    widths(told, figures).iter().map(|width| width + 2).sum()
}

fn objectives(told: &SuiteFigures<'_>, paint: Paint, lines: &mut Vec<String>) {
    let judged: Vec<_> = told
        .scenarios
        .iter()
        .flat_map(|scenario| {
            scenario.objectives().into_iter().map(move |(name, standing)| (scenario, name, standing))
        })
        .collect();
    if judged.is_empty() {
        return;
    }
    lines.push(String::new());
    lines.push(format!("  {}", paint.style(Style::Bold, "objectives")));
    let names = judged.iter().map(|(scenario, ..)| scenario.name.chars().count()).max().unwrap_or(0);
    let width = judged.iter().map(|(_, name, _)| name.chars().count()).max().unwrap_or(0);
    let words = judged.iter().map(|(.., standing)| standing.word().len()).max().unwrap_or(0).max(6);
    for (scenario, name, standing) in judged {
        let style = if standing.word() == "met" { Style::Good } else { Style::Bad };
        let word = paint.style(style, &format!("{:words$}", standing.word()));
        let (scenario, found) = (&scenario.name, standing.words());
        if words + names + width + found.chars().count() + 10 <= WIDTH {
            lines.push(format!("  {word}  {scenario:names$}   {name:width$}   {found}"));
        } else {
            lines.push(format!("  {word}  {scenario}: {name}"));
            lines.push(format!("  {:words$}  {found}", ""));
        }
    }
}

/// Why runs cannot be trusted.
fn invalid(told: &SuiteFigures<'_>, paint: Paint, lines: &mut Vec<String>) {
    for scenario in &told.scenarios {
        for run in scenario.runs.iter().filter(|run| !run.verdict.valid) {
            let reasons: Vec<_> = run.verdict.reasons.iter().map(|reason| sentence(&reason.text)).collect();
            lines.push(String::new());
            let word = paint.style(Style::Bad, run.verdict.validity().as_str());
            lines.push(format!(
                "  {word}  {} (repeat {}): {}",
                scenario.name,
                run.repeat,
                reasons.join("; ")
            ));
        }
    }
}

fn held(against: &SuiteComparison, paint: Paint, lines: &mut Vec<String>) {
    lines.push(String::new());
    lines.push(format!("  {}", paint.style(Style::Bold, &format!("against {}", against.baseline.name))));
    scenarios(against, paint, lines);
    lines.extend(against.primary.iter().flat_map(|primary| wrapped("note  ", &alone(*primary))));
}

/// What came of each scenario, with the sentence of its comparison below.
pub(super) fn scenarios(against: &SuiteComparison, paint: Paint, lines: &mut Vec<String>) {
    let width = against.scenarios.iter().map(|one| one.name.chars().count()).max().unwrap_or(0);
    for scenario in &against.scenarios {
        let (word, rest) = verdict(scenario);
        let style = match word {
            "REGRESSION" => Style::Bad,
            "NOT COMPARABLE" | "NOT JUDGED" => Style::Notable,
            _ => Style::Good,
        };
        let held = scenario.held.as_ref().ok().filter(|_| ["REGRESSION", "BETTER"].contains(&word));
        let words = held.and_then(|compared| sentence_of_one(compared)).unwrap_or(rest);
        lines.push(format!("  {:width$}   {}", scenario.name, paint.style(style, word)));
        lines.extend(wrapped("  ", &words));
    }
}
