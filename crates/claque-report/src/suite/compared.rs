//! Two suites that are there, held against each other: what came of each scenario, told by itself.

use std::collections::BTreeMap;

use claque_stats::compare::Primary;
use serde::Serialize;

use super::{
    SuiteComparison, against::SuiteSide, cases_against, html::held, json::BaselineScenario, markdown, text,
    verdict,
};
use crate::{
    ReportError,
    compare::{self, html::STYLE, rounded},
    error::encoded,
    html::document,
    junit,
    markdown::{cell, cell_long},
    paint::{Paint, Style, joined, row},
    version::Version,
    words::wrapped,
};

/// Version of the document; raised when a key changes its meaning or goes, not when one comes.
const FORMAT_VERSION: u32 = 1;

/// The comparison as text, ended by a newline.
pub fn to_text(against: &SuiteComparison, paint: Paint) -> String {
    let mut lines = Vec::new();
    for (label, side, role) in [("A", &against.baseline, ", the baseline"), ("B", &against.suite, "")] {
        lines.push(row(label, &format!("{} ({}{role})", side.name, side.extent), paint));
    }
    let differences = differences(against);
    if !differences.is_empty() {
        lines.push(String::new());
        lines.push(format!("  {}", paint.style(Style::Bold, "what differs besides")));
        lines.extend(differences.iter().flat_map(|words| wrapped("", words)));
    }
    lines.push(String::new());
    text::scenarios(against, paint, &mut lines);
    lines.push(String::new());
    lines.extend(wrapped("", &overall(against)));
    lines.extend(notes(against).iter().flat_map(|note| wrapped("note  ", note)));
    joined(&lines)
}

/// The comparison as GitHub-flavoured Markdown, ended by a newline.
pub fn to_markdown(against: &SuiteComparison) -> String {
    let (a, b) = (cell(&against.baseline.name), cell(&against.suite.name));
    let mut lines = vec![format!("### claque: suite {b} against {a}"), String::new()];
    lines.extend([cell_long(&overall(against)), String::new()]);
    lines.extend(markdown::scenarios(against));
    lines.push(String::new());
    let differences = differences(against).into_iter().map(|words| format!("differs besides: {words}"));
    lines.extend(differences.chain(notes(against)).map(|words| format!("- {}", cell_long(&words))));
    let mut text = lines.join("\n").trim_end().to_owned();
    text.push('\n');
    text
}

/// The comparison as a page in one file, which runs no script.
pub fn to_html(against: &SuiteComparison) -> String {
    let title = format!("suite {} against {}", against.suite.name, against.baseline.name);
    document(&format!("claque: {title}"), "", STYLE, |out| {
        out.raw("<header>\n<p class=\"kicker\">claque compare</p>\n").element("h1", &title).raw("\n");
        out.element("p", &overall(against)).raw("\n</header>\n<main>\n");
        held(against, out);
        let differences =
            differences(against).into_iter().map(|words| format!("What differs besides: {words}"));
        out.raw("<section>\n<h2>Notes</h2>\n<ul>\n");
        for words in differences.chain(notes(against)) {
            out.element("li", &words).raw("\n");
        }
        out.raw("</ul>\n</section>\n</main>\n<footer><p>Made by claque ");
        out.words(env!("CARGO_PKG_VERSION")).raw(".</p></footer>\n");
    })
}

/// A test case for each scenario as JUnit XML, ended by a newline.
pub fn to_junit(against: &SuiteComparison) -> String {
    junit::document("compare", &cases_against(against))
}

#[derive(Serialize)]
struct Document<'a, C> {
    format_version: u32,
    claque: Version,
    kind: &'static str,
    /// Of all scenarios together; each comparison has its own.
    confidence_pct: f64,
    primary: Option<Primary>,
    baseline: &'a SuiteSide,
    candidate: &'a SuiteSide,
    /// What all of them come to.
    words: String,
    scenarios: Vec<BaselineScenario<'a, C>>,
}

/// The comparison as one JSON document, ended by a newline.
///
/// # Errors
/// Never, as long as every key is a text.
pub fn to_json(against: &SuiteComparison) -> Result<String, ReportError> {
    let document = Document {
        format_version: FORMAT_VERSION,
        claque: Version::OURS,
        kind: "suite-comparison",
        confidence_pct: against.confidence_pct,
        primary: against.primary,
        baseline: &against.baseline,
        candidate: &against.suite,
        words: overall(against),
        scenarios: super::json::held(against),
    };
    encoded("the comparison", &document)
}

/// "B is worse in many; no change was found in few; lone could not be compared."
fn overall(against: &SuiteComparison) -> String {
    let of = |words: &[&str]| {
        let scenarios = against.scenarios.iter().filter(|one| words.contains(&verdict(one).0));
        scenarios.map(|one| one.name.as_str()).collect::<Vec<_>>().join(", ")
    };
    let parts = [
        ("B is worse in", of(&["REGRESSION"])),
        ("B is better in", of(&["BETTER"])),
        ("no change was found in", of(&["NO DETECTABLE CHANGE"])),
        ("nothing is judged or can be compared in", of(&["NOT JUDGED", "NOT COMPARABLE"])),
    ];
    let told = parts.iter().filter(|(_, names)| !names.is_empty());
    let told: Vec<_> = told.map(|(what, names)| format!("{what} {names}")).collect();
    let words = told.join("; ");
    let mut letters = words.chars();
    let first = letters.next().map_or_else(String::new, |letter| letter.to_uppercase().collect());
    format!("{first}{}.", letters.as_str())
}

/// Settings that differ, each once, with the scenarios in which they do.
fn differences(against: &SuiteComparison) -> Vec<String> {
    let told = |one: &compare::Setting| format!("{}: A {}, B {}", one.name, one.a, one.b);
    by_scenario(against, |compared| compared.differences.iter().flatten().map(told).collect())
}

/// What a reader must know to believe the verdicts.
fn notes(against: &SuiteComparison) -> Vec<String> {
    let mut notes = vec![format!(
        "all scenarios together are judged as one comparison: where nothing changed, at most {} % of suites call anything better or \
         worse; each by itself is held to {} %",
        rounded(100.0 - against.confidence_pct),
        rounded(against.confidence_of_each_pct)
    )];
    notes.extend(against.primary.map(alone));
    notes.extend(by_scenario(against, compare::remarks_beside_the_promise));
    let names = (&against.baseline.folder, &against.suite.folder);
    notes.push(format!(
        "figure by figure: --html FILE or --json, or claque compare {0}/SCENARIO {1}/SCENARIO",
        names.0, names.1
    ));
    notes
}

/// What a verdict on one figure takes.
pub(super) fn alone(primary: Primary) -> String {
    format!(
        "verdicts and --fail-on-regression are about {} alone, as --primary says, which holds if it was chosen before the runs were seen",
        primary.as_str()
    )
}

/// What is said of comparisons, each sentence once: with the scenarios of which it is said, where that is not all of them.
fn by_scenario(against: &SuiteComparison, say: impl Fn(&compare::Compared) -> Vec<String>) -> Vec<String> {
    let mut said: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let held =
        || against.scenarios.iter().filter_map(|one| Some((one.name.as_str(), one.held.as_ref().ok()?)));
    for (name, compared) in held() {
        for words in say(compared) {
            said.entry(words).or_default().push(name);
        }
    }
    let all = held().count();
    let told = |(words, names): (String, Vec<&str>)| {
        if names.len() == all { words } else { format!("{}: {words}", names.join(", ")) }
    };
    said.into_iter().map(told).collect()
}
