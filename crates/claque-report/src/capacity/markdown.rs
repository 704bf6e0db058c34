//! A capacity as GitHub-flavoured Markdown.

use claque_stats::{capacity::Answer, units::counted};
use claque_store::CapacityFolder;

use super::words;

/// The document, ended by a newline.
pub(super) fn document(book: &CapacityFolder, answer: &Answer) -> String {
    let mut text = format!("### Capacity: {}\n\n{}\n\n", words::headline(answer), words::paragraph(answer));
    for doubt in &book.doubts {
        text.push_str(&format!("{}\n\n", words::doubt(doubt)));
    }
    if !answer.ceilings.is_empty() {
        text.push_str("| ceiling by | listeners |\n|---|---|\n");
    }
    for ceiling in &answer.ceilings {
        text.push_str(&format!("| {} | {} |\n", cell(&ceiling.name), words::ceiling(ceiling, answer)));
    }
    if !answer.shown.is_empty() {
        text.push_str("\n| objective | what the runs show |\n|---|---|\n");
        for shown in &answer.shown {
            let words = words::shown(shown, answer.confidence_pct);
            text.push_str(&format!("| {} | {words} |\n", cell(&shown.objective)));
        }
    }
    let target = cell(&book.manifest.target);
    text.push_str(&format!(
        "\n{target}, {}, {:.0} listener-minutes\n",
        counted(answer.probes, "run"),
        answer.listener_minutes
    ));
    text
}

fn cell(words: &str) -> String {
    words.replace('|', "\\|").replace('\n', " ")
}
