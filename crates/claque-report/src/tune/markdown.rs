//! The answer as GitHub-flavoured Markdown.

use super::{TuneReport, words};

pub(super) fn document(told: &TuneReport<'_>) -> String {
    let answer = told.answer;
    let mut text = format!("### Tune: {}\n\n{}\n\n", cell(&words::headline(told)), words::paragraph(told));
    for doubt in told.doubts {
        text.push_str(&format!("Note: {doubt}\n\n"));
    }
    text.push_str(words::uncertainty(told));
    text.push_str("\n\n");
    let shown = answer.winner.as_ref().or(answer.nearest.as_ref());
    if let Some(result) = shown {
        let name = if answer.winner.is_some() { "cheapest" } else { "nearest" };
        text.push_str(&format!("| {name} | {} |\n|---|---|\n", cell(&words::setting(told, result))));
        text.push_str(&format!("| costs | {} |\n", words::cost(&result.cost)));
        for (objective, figure) in told.objectives.iter().zip(&result.figures) {
            text.push_str(&format!(
                "| {} | {} |\n",
                cell(objective.text()),
                words::mean(objective.unit(), figure)
            ));
        }
        text.push_str(&format!("| runs that met the objectives | {} |\n\n", words::met(result)));
    }
    if let (Some(first), false) = (told.objectives.get(told.answer.binding), answer.frontier.is_empty()) {
        text.push_str(&format!(
            "| setting | cost | {} | objectives | runs met |\n|---|---|---|---|---|\n",
            cell(first.text())
        ));
        for result in &answer.frontier {
            let figure = result
                .figures
                .get(told.answer.binding)
                .map_or_else(String::new, |figure| words::mean(first.unit(), figure));
            text.push_str(&format!(
                "| {} | {} | {figure} | {} | {} of {} |\n",
                cell(&words::setting(told, result)),
                result.cost.mean.map_or_else(|| "N/A".to_owned(), words::price),
                words::status(result.status),
                result.met,
                result.runs
            ));
        }
        text.push('\n');
    }
    text.push_str(&format!("{}; cost: {}\n", cell(told.about), cell(told.prices)));
    text
}

fn cell(words: &str) -> String {
    words.replace('|', "\\|").replace('\n', " ")
}
