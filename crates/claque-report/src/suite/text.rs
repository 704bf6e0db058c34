//! A suite as a table. Colour only underlines what the words say already.

use super::{extent, median, repeats, verdict};
use crate::{
    compare::sentence_of_one,
    paint::{Paint, Style, joined, row},
    suite::{
        SuiteComparison,
        compared::alone,
        figures::{FIGURES, SuiteFigures},
    },
    words::{one_line, sentence, wrapped},
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

/// A scenario takes two lines: the median of each figure, and below it the range where there is one. Lines have an end, so
/// round trips, which are a diagnostic, and what was given up, of which the success tells, are left to the page.
fn table(told: &SuiteFigures<'_>, paint: Paint) -> Vec<String> {
    let figures = FIGURES.into_iter().filter(|figure| !["round_trip p50", "given_up"].contains(&figure.name));
    let figures: Vec<_> = figures.collect();
    let mut rows = vec![vec!["scenario".to_owned(), "repeats".to_owned()]];
    rows[0].extend(figures.iter().map(|figure| figure.name.trim_end_matches("_pct").to_owned()));
    for scenario in &told.scenarios {
        let mut first = vec![scenario.name.clone(), repeats(scenario)];
        let mut second = vec![format!("  {}", scenario.audience), String::new()];
        for &figure in &figures {
            let (middle, range) = median(scenario, figure);
            first.push(middle);
            second.push(range.unwrap_or_default());
        }
        rows.extend([first, second]);
    }
    let width = |at: usize| {
        rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<_> = (0..rows[0].len()).map(width).collect();
    let line = |(place, row): (usize, &Vec<String>)| {
        let cells = row.iter().zip(&widths).enumerate().map(|(at, (cell, width))| {
            // Words stand to the left, figures to the right.
            if at < 2 { format!("{cell:width$}") } else { format!("{cell:>width$}") }
        });
        let line = format!("  {}", cells.collect::<Vec<_>>().join("  ").trim_end());
        // The head, and every second line after it.
        if place.is_multiple_of(2) { paint.style(Style::Dim, &line) } else { line }
    };
    rows.iter().enumerate().map(line).collect()
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
        lines.push(format!("  {word}  {:names$}   {name:width$}   {}", scenario.name, standing.words()));
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
