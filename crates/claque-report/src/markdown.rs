//! The summary as GitHub-flavoured Markdown, for a comment or a job's summary page.

use claque_stats::{
    Reason, Validity,
    figures::Place,
    units::{NONE_ON_RECORD, NOT_MEASURED, TOO_FEW_MEANS, grouped, percent_or_na, time_or_na},
};
use claque_store::finished::Finished;

use crate::{
    again,
    answer::answer,
    figures::{Spread, numbers, spreads},
    objectives,
    words::one_line,
};

/// The document, ended by a newline.
pub(super) fn summary(run: &Finished) -> String {
    let mut lines = Vec::new();
    lines.push("### claque".to_owned());
    lines.push(String::new());
    let answer = answer(&run.summary, &run.verdict, run.load.as_ref());
    for (place, words) in answer.iter().map(|words| cell_long(words)).enumerate() {
        lines.push(if place == 0 { format!("**{words}**") } else { words });
    }
    lines.push(String::new());
    lines.extend(objectives_table(&run.objectives));
    let config = &run.heading.config;
    let (users, blocks) = (grouped(config.users.into()), grouped(config.blocks_per_user.into()));
    lines.push(format!(
        "{users} users x {blocks} blocks at {} x, model {}, {}",
        config.speed,
        cell(&config.model),
        cell(&run.heading.target)
    ));
    lines.push(String::new());
    lines.push(match run.verdict.validity() {
        Validity::Valid => "VALID: the measurement can be trusted".to_owned(),
        Validity::Unverified => "UNVERIFIED: nobody measured whether the figures can be trusted".to_owned(),
        Validity::Invalid => "**INVALID**: the figures do not measure the service".to_owned(),
    });
    lines.push(String::new());
    for (kind, reasons) in [("reason", &run.verdict.reasons), ("note", &run.verdict.notes)] {
        lines.extend(reasons.iter().map(|Reason { text, .. }| format!("- {kind}: {}", cell_long(text))));
    }
    if lines.last().is_some_and(|line| !line.is_empty()) {
        lines.push(String::new());
    }
    lines.extend(figures(run));
    let mut text = lines.join("\n");
    text.push('\n');
    text
}

/// The table of objectives and an empty line; nothing without objectives.
pub(super) fn objectives_table(results: &[claque_stats::objective::ObjectiveResult]) -> Vec<String> {
    if results.is_empty() {
        return Vec::new();
    }
    let mut lines = vec!["| objective | | found |".to_owned(), "|---|---|---|".to_owned()];
    for result in results {
        let word = match objectives::word(result) {
            "met" => "met".to_owned(),
            word => format!("**{word}**"),
        };
        lines.push(format!("| {} | {word} | {} |", cell(&result.objective), objectives::found(result)));
    }
    lines.push(String::new());
    lines
}

fn figures(run: &Finished) -> Vec<String> {
    let summary = &run.summary;
    let underruns = summary.underruns.map_or_else(
        || NOT_MEASURED.to_owned(),
        |stalls| {
            if summary.may_lack_stalls() {
                return NONE_ON_RECORD.to_owned();
            }
            let (all, affected) = (grouped(stalls.count), stalls.listeners_affected_pct);
            format!("{all}, {affected:.1} % of listeners affected")
        },
    );
    let mut lines = vec![
        "| | |".to_owned(),
        "|---|---|".to_owned(),
        format!("| success | {} ({}) |", summary.blocks.fraction(), percent_or_na(summary.success_pct)),
        format!("| underruns | {underruns} |"),
        format!("| asked again | {} |", again::resends(summary)),
        format!("| given up | {} |", again::given_up(summary)),
        format!("| stalled_time | {} |", percent_or_na(summary.stalled_time_pct)),
        format!("| wall time | {} |", time_or_na(summary.wall_ms)),
        String::new(),
        "| | n | p50 | p95 | max | mean |".to_owned(),
        "|---|---:|---:|---:|---:|---:|".to_owned(),
    ];
    let rows = spreads(Place::Markdown, summary);
    for Spread { name, count, p50, p95, max, mean, .. } in &rows {
        lines.push(format!("| {name} | {count} | {p50} | {p95} | {max} | {mean} |"));
    }
    if rows.iter().any(|row| row.is_of_few) {
        lines.extend([String::new(), format!("\\{TOO_FEW_MEANS}")]);
    }
    let numbers = numbers(Place::Markdown, summary);
    if !numbers.is_empty() {
        lines.extend(["", "| | |", "|---|---|"].map(str::to_owned));
        lines.extend(numbers.iter().map(|(name, figure)| format!("| {name} | {figure} |")));
    }
    if !summary.errors.is_empty() {
        let head = ["| errors | count | healed | blocks lost |", "|---|---:|---:|---:|"].map(str::to_owned);
        lines.push(String::new());
        lines.extend(head);
        for cause in &summary.errors {
            let healed = cause.healed.map_or_else(|| NOT_MEASURED.to_owned(), grouped);
            let (count, lost) = (grouped(cause.count), grouped(cause.blocks));
            lines.push(format!("| {} | {count} | {healed} | {lost} |", cell(&cause.cause)));
        }
    }
    lines
}

/// Words that may be foreign: one line, and nothing in it is markup.
pub(super) fn cell(words: &str) -> String {
    let mut text = String::new();
    for c in one_line(words).chars() {
        match c {
            '<' => text.push_str("&lt;"),
            '&' => text.push_str("&amp;"),
            '|' | '*' | '_' | '`' | '[' | ']' | '\\' | '#' | '!' | '~' => text.extend(['\\', c]),
            // Kept from being made into a mention.
            '@' => text.push_str("&#64;"),
            c => text.push(c),
        }
    }
    text
}

/// Sentences of ours that may be long.
pub(super) fn cell_long(words: &str) -> String {
    words.split(' ').map(cell).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_words_are_no_markup() {
        assert_eq!(cell("a|b\n<img> @all [x](y)"), "a\\|b &lt;img> &#64;all \\[x\\](y)");
    }
}
