//! The comparison as GitHub-flavoured Markdown, for a comment on a pull request.

use claque_stats::compare::{Change, Pair};

use super::{figures, headline, remarks, sentence};
use crate::{
    compare::{Compared, Setting},
    markdown::{cell, cell_long, objectives_table},
};

/// The document, ended by a newline.
pub(super) fn document(compared: &Compared) -> String {
    let mut lines = Vec::new();
    let baseline = compared.sides.first().map_or("A", |side| side.label.as_str());
    let candidates = compared.sides.iter().skip(1);
    let pairs = compared.comparison.pairs.iter().zip(&compared.differences);
    for ((side, (pair, settings)), objectives) in candidates.zip(pairs).zip(&compared.objectives) {
        let (words, rest) = headline(pair);
        let (a, b) = (baseline, side.label.as_str());
        lines.push(format!("### claque: {b} against {a}: {words}"));
        lines.push(String::new());
        lines
            .push(sentence(compared, pair, side).map_or_else(|| cell_long(&rest), |words| cell_long(&words)));
        lines.push(String::new());
        lines.extend(differences(settings, (a, b)));
        lines.extend(table(pair, (a, b), compared.confidence_pct));
        lines.extend(objectives_table(objectives));
    }
    for side in &compared.sides {
        let names: Vec<_> = side.runs.iter().map(|run| cell(&run.name)).collect();
        lines.push(format!("- {}: {}", side.label, names.join(", ")));
    }
    lines.extend(remarks(compared).iter().map(|remark| format!("- {}", cell_long(remark))));
    let mut text = lines.join("\n");
    text.push('\n');
    text
}

fn differences(settings: &[Setting], (a, b): (&str, &str)) -> Vec<String> {
    if settings.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![format!("| what differs besides | {a} | {b} |"), "|---|---|---|".to_owned()];
    for setting in settings {
        lines.push(format!("| {} | {} | {} |", cell(&setting.name), cell(&setting.a), cell(&setting.b)));
    }
    lines.push(String::new());
    lines
}

fn table(pair: &Pair, (a, b): (&str, &str), confidence_pct: f64) -> Vec<String> {
    let mut lines = vec![
        format!("| | | {a} | {b} | difference | | {confidence_pct} % interval | detectable | |"),
        "|---|---|---:|---:|---:|---:|---:|---:|---|".to_owned(),
    ];
    for row in figures::measured(&pair.rows) {
        let statistic = row.statistic.map_or("", |statistic| statistic.as_str());
        let change = match row.change {
            Change::Better | Change::Worse => format!("**{}**", row.change.as_str()),
            Change::NoDetectableChange | Change::NotComparable | Change::NotJudged => {
                figures::verdict(row).to_owned()
            }
        };
        let cells = [
            cell(&figures::name(row)),
            statistic.to_owned(),
            figures::value(row.a, row.unit),
            figures::value(row.b, row.unit),
            figures::difference(row.difference, row.unit),
            figures::relative(row),
            figures::interval(row),
            figures::detectable(row),
            change,
        ];
        lines.push(format!("| {} |", cells.join(" | ")));
    }
    lines.push(String::new());
    lines
}
