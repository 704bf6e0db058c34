//! A suite as GitHub-flavoured Markdown, for a comment or a job's summary page.

use super::{extent, median, repeats, verdict};
use crate::{
    markdown::{cell, cell_long},
    suite::{
        SuiteComparison,
        figures::{FIGURES, SuiteFigures},
    },
};

/// The document, ended by a newline.
pub(super) fn document(told: &SuiteFigures<'_>, against: Option<&SuiteComparison>) -> String {
    let suite = &told.manifest;
    let mut lines = vec![format!("### claque: suite {}", cell(&suite.name)), String::new()];
    lines.push(format!("{}, {}", extent(told), cell(&told.target)));
    lines.push(String::new());
    let names: Vec<_> = FIGURES.iter().map(|figure| cell(figure.name)).collect();
    lines.push(format!("| scenario | audience | repeats | {} |", names.join(" | ")));
    lines.push(format!("|---|---|---|{}", "---:|".repeat(names.len())));
    for scenario in &told.scenarios {
        let figures = FIGURES.map(|figure| {
            let (middle, range) = median(scenario, figure);
            range.map_or_else(|| middle.clone(), |range| format!("{middle} ({range})"))
        });
        let words = [cell(&scenario.name), cell(&scenario.audience), repeats(scenario)];
        lines.push(format!("| {} | {} |", words.join(" | "), figures.join(" | ")));
    }
    lines.push(String::new());
    let mut judged = Vec::new();
    for scenario in &told.scenarios {
        for (objective, standing) in scenario.objectives() {
            let word = match standing.word() {
                "met" => "met".to_owned(),
                word => format!("**{word}**"),
            };
            let (name, objective) = (cell(&scenario.name), cell(objective));
            judged.push(format!("| {name} | {objective} | {word} | {} |", standing.words()));
        }
    }
    if !judged.is_empty() {
        lines.extend(["| scenario | objective | | |".to_owned(), "|---|---|---|---|".to_owned()]);
        lines.extend(judged);
        lines.push(String::new());
    }
    for scenario in &told.scenarios {
        for run in scenario.runs.iter().filter(|run| !run.verdict.valid) {
            let reasons: Vec<_> = run.verdict.reasons.iter().map(|reason| cell_long(&reason.text)).collect();
            let (name, repeat) = (cell(&scenario.name), run.repeat);
            let word = run.verdict.validity().as_str();
            lines.push(format!("- {word}: {name} (repeat {repeat}): {}", reasons.join("; ")));
        }
    }
    if let Some(against) = against {
        lines.extend(scenarios(against));
    }
    let mut text = lines.join("\n").trim_end().to_owned();
    text.push('\n');
    text
}

/// A table of what came of each scenario that is held against another.
pub(super) fn scenarios(against: &SuiteComparison) -> Vec<String> {
    let head = [format!("| against {} | | |", cell(&against.baseline.name)), "|---|---|---|".to_owned()];
    let rows = against.scenarios.iter().map(|scenario| {
        let (word, rest) = verdict(scenario);
        format!("| {} | **{word}** | {} |", cell(&scenario.name), cell_long(&rest))
    });
    head.into_iter().chain(rows).collect()
}
