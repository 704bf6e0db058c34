//! A capacity as text. Colour only underlines what the words say already.

use claque_stats::{
    capacity::{Answer, Length, ProbeTrust, SearchEnding},
    units::counted,
};
use claque_store::{CapacityFolder, ProbeRow};

use super::words;
use crate::{
    paint::{Paint, Style, joined, row},
    words::{one_line, wrapped},
};

/// Width of the names of ceilings and objectives: what is longer goes on below.
const NAME: usize = 44;

/// The whole answer, ended by a newline.
pub(super) fn document(book: &CapacityFolder, answer: &Answer, paint: Paint) -> String {
    let style = match answer.ending {
        SearchEnding::Found | SearchEnding::AtLeast => Style::Good,
        SearchEnding::NothingHolds | SearchEnding::Untrusted(_) => Style::Bad,
        SearchEnding::Undecided(_) | SearchEnding::Stopped => Style::Notable,
    };
    let mut lines = vec![
        row("capacity", &paint.style(style, &words::headline(answer)), paint),
        row("interval", &words::interval(answer).unwrap_or_else(|| "N/A".to_owned()), paint),
        row("target", &one_line(&book.manifest.target), paint),
        String::new(),
    ];
    for words in book.doubts.iter().map(|doubt| words::doubt(doubt)).chain([words::paragraph(answer)]) {
        lines.extend(wrapped("", &words));
    }
    if !answer.ceilings.is_empty() {
        lines.push(String::new());
        lines.push(format!("  {:<NAME$}  {}", "ceiling by", "listeners"));
    }
    for ceiling in &answer.ceilings {
        lines.push(format!("  {:<NAME$}  {}", ceiling.name, words::ceiling(ceiling, answer)));
    }
    if let Some(users) = answer.users.filter(|_| !answer.shown.is_empty()) {
        lines.push(String::new());
        lines.push(format!("  {}", words::shown_title(users)));
        for shown in &answer.shown {
            lines.push(format!(
                "  {:<NAME$}  {}",
                shown.objective,
                words::shown(shown, answer.confidence_pct)
            ));
        }
    }
    lines.push(String::new());
    lines.extend(probes(&book.manifest.probes));
    if !book.manifest.without_networks.is_empty() {
        lines.push(String::new());
        lines.push("  made again with no network between listeners and service".to_owned());
        lines.extend(probes(&book.manifest.without_networks));
    }
    lines.push(String::new());
    let minutes = format!("{} in {}", minutes(answer.listener_minutes), counted(answer.probes, "run"));
    lines.push(row("listened", &minutes, paint));
    if !book.manifest.probes.is_empty() {
        lines.push(row("folder", &book.dir.display().to_string(), paint));
    }
    joined(&lines)
}

fn minutes(minutes: f64) -> String {
    format!("{minutes:.0} listener-minutes")
}

/// Every run in a line.
fn probes(probes: &[ProbeRow]) -> Vec<String> {
    let mut lines = vec![format!(
        "  {:>3}  {:>9}  {:>6}  {:>12}  {}",
        "run", "listeners", "blocks", "pace", "objectives"
    )];
    for probe in probes {
        let (place, evidence) = (probe.order.number + 1, &probe.evidence);
        let pace = evidence
            .pace
            .map_or_else(|| "N/A".to_owned(), |pace| format!("{:.3} ±{:.3}", pace.ratio, pace.error));
        let words = match &evidence.worth {
            ProbeTrust::Invalid(why) => format!("INVALID: {}", one_line(why)),
            ProbeTrust::Limited(why) => format!("limited: {}", one_line(why)),
            ProbeTrust::Unserved(why) => format!("not served: {}", one_line(why)),
            ProbeTrust::Valid => {
                let trials = evidence.trials.iter();
                let one = |met, good, of| format!("{} {good}/{of}", if met { "met" } else { "MISSED" });
                let all: Vec<_> = trials.map(|trial| one(trial.result.met, trial.good, trial.of)).collect();
                let short = if evidence.length == Length::Short { " (short)" } else { "" };
                format!("{}{short}", all.join(", "))
            }
        };
        let (users, blocks) = (evidence.users, evidence.blocks);
        lines.push(format!("  {place:>3}  {users:>9}  {blocks:>6}  {pace:>12}  {words}"));
    }
    lines
}
