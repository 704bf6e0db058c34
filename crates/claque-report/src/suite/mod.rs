//! How a suite is told: a table and a page for people, a document for programs, Markdown and JUnit for pipelines.

mod against;
pub mod compared;
mod figures;
mod html;
mod json;
mod markdown;
mod picture;
mod plan;
mod text;

use claque_stats::{
    Verdict,
    objective::ObjectiveResult,
    units::{NOT_MEASURED, counted, grouped, percent_or_na, quantile_or_max, time},
};
use claque_store::finished::Finished;

use self::figures::{Figure, FigureKind, Spread};
pub use self::{
    against::{ScenarioComparison, SuiteComparison, Suites, hold},
    figures::{ScenarioFigures, SuiteFigures, gather},
    plan::{PlannedRun, plan_to_json, plan_to_text},
};
use crate::{ReportError, again, compare::headline, fold::folded, junit, paint::Paint, words::sentence};

/// The page's name in the suite's folder.
pub const FILE: &str = "suite.html";

/// The suite as a table, ended by a newline.
pub fn to_text(told: &SuiteFigures<'_>, against: Option<&SuiteComparison>, paint: Paint) -> String {
    text::document(told, against, paint)
}

/// The suite as one JSON document, ended by a newline.
///
/// # Errors
/// Never, as long as every key is a text.
pub fn to_json(told: &SuiteFigures<'_>, against: Option<&SuiteComparison>) -> Result<String, ReportError> {
    json::document(told, against)
}

/// The suite as GitHub-flavoured Markdown, ended by a newline.
pub fn to_markdown(told: &SuiteFigures<'_>, against: Option<&SuiteComparison>) -> String {
    markdown::document(told, against)
}

/// The suite as a page in one file, which runs no script; for the file [`FILE`] in its folder, beside its runs.
pub fn to_html(told: &SuiteFigures<'_>, against: Option<&SuiteComparison>) -> String {
    html::page(told, against)
}

/// Whether this page of a suite tells what it was held against.
pub fn tells_against(page: &str) -> bool {
    page.contains(html::AGAINST)
}

/// What was judged as JUnit XML, ended by a newline.
pub fn to_junit(told: &SuiteFigures<'_>, against: Option<&SuiteComparison>) -> String {
    junit::document("suite", &cases(told, against))
}

/// What one run of a suite came to, in a line or two.
pub fn one_run(run: &Finished) -> String {
    let summary = &run.summary;
    let verdict = run.verdict.validity().as_str();
    let missed = run.objectives.iter().filter(|result| !result.met).count();
    let mut words = format!(
        "  {verdict}, {} ({}), {}, startup_time p50 {}",
        summary.blocks.fraction(),
        percent_or_na(summary.success_pct),
        summary
            .underruns
            .as_ref()
            .filter(|_| !summary.may_lack_stalls())
            .map_or_else(|| format!("underruns {NOT_MEASURED}"), |stalls| counted(stalls.count, "underrun")),
        summary
            .startup_time
            .map_or_else(|| NOT_MEASURED.to_owned(), |times| quantile_or_max(times.p50_ms, times.max_ms)),
    );
    if summary.resends.is_some_and(|resends| resends.count > 0) {
        words.push_str(&format!(", asked again {}", again::resends(summary)));
    }
    if summary.given_up.is_some_and(|given_up| given_up.count > 0) {
        words.push_str(&format!(", given up {}", again::given_up(summary)));
    }
    if missed > 0 {
        words.push_str(&format!(
            ", {} missed",
            counted(u64::try_from(missed).unwrap_or(u64::MAX), "objective")
        ));
    }
    for reason in &run.verdict.reasons {
        words.push_str(&format!("\n    {}", sentence(&reason.text)));
    }
    words.lines().flat_map(folded).collect::<Vec<_>>().join("\n")
}

/// A test case for the verdict on each run and each of its objectives, and for each scenario's change.
fn cases(told: &SuiteFigures<'_>, against: Option<&SuiteComparison>) -> Vec<junit::TestCase> {
    let mut cases = Vec::new();
    for scenario in &told.scenarios {
        for run in &scenario.runs {
            let whose = format!("{} {}", scenario.name, run.repeat);
            let failure = junit::distrust(&Verdict::from(run.verdict.clone()));
            let wall_ms = run.summary.as_ref().and_then(|summary| summary.wall_ms);
            cases.push(junit::TestCase::of_run(format!("{whose}: the run is VALID"), failure, wall_ms));
            cases.extend(run.objectives.iter().map(|result: &ObjectiveResult| {
                let judged = junit::case(result);
                junit::TestCase { name: format!("{whose}: {}", judged.name), ..judged }
            }));
        }
    }
    cases.extend(against.map(cases_against).into_iter().flatten());
    cases
}

/// A test case for each scenario that is held against another.
fn cases_against(against: &SuiteComparison) -> Vec<junit::TestCase> {
    let mut cases = Vec::new();
    for scenario in &against.scenarios {
        let (word, rest) = verdict(scenario);
        let failing = ["REGRESSION", "NOT COMPARABLE", "NOT JUDGED"].contains(&word);
        let failure = failing.then(|| format!("{}: {rest}", word.to_lowercase()));
        let held = scenario.held.as_ref().ok().filter(|_| failure.is_none());
        let told = held.and_then(|compared| crate::compare::what_was_shown(compared));
        let judged = junit::TestCase::judged(format!("{}: no regression was shown", scenario.name), failure);
        cases.push(junit::TestCase { told, ..judged });
    }
    cases
}

/// What a scenario came to against the baseline, in a word or two, and the rest of the sentence.
fn verdict(scenario: &ScenarioComparison) -> (&'static str, String) {
    let pair = scenario.held.as_ref().map(|compared| compared.comparison.pairs.first());
    match pair {
        Ok(Some(pair)) => match headline(pair) {
            // It speaks of a table that is not everywhere.
            ("NO DETECTABLE CHANGE", rest) => {
                let shown =
                    scenario.held.as_ref().ok().and_then(|compared| crate::compare::what_was_shown(compared));
                ("NO DETECTABLE CHANGE", shown.unwrap_or(rest))
            }
            told => told,
        },
        Ok(None) => ("NOT COMPARABLE", "there is nothing to compare".to_owned()),
        Err(why) => ("NOT COMPARABLE", why.clone()),
    }
}

/// "2 of 3 VALID", "3 VALID", "none yet".
fn repeats(scenario: &ScenarioFigures) -> String {
    let (made, wanted) = (scenario.runs.len(), usize::try_from(scenario.repeats).unwrap_or(usize::MAX));
    let valid = match (made, scenario.valid()) {
        (0, _) => return format!("0 of {wanted} made"),
        (made, valid) if made == valid => format!("{valid} VALID"),
        (made, valid) => format!("{valid} of {made} VALID"),
    };
    if made == wanted { valid } else { format!("{valid}, {} missing", wanted - made) }
}

/// A figure as people read it.
fn value(value: f64, figure: Figure) -> String {
    match figure.kind() {
        FigureKind::Percent => format!("{value:.1} %"),
        FigureKind::Time => time(value),
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it was a count")]
        FigureKind::Count => grouped(value as u64),
    }
}

/// The median over the repeats, and the range where there is one. Where there are too few values for a quantile, the largest.
fn median(scenario: &ScenarioFigures, figure: Figure) -> (String, Option<String>) {
    let (spread, word) = match scenario.spread(figure) {
        Some(spread) => (Some(spread), ""),
        None => (scenario.largest_instead(figure), "max "),
    };
    let Some(Spread { median, least, most }) = spread else { return (NOT_MEASURED.to_owned(), None) };
    let (low, high) = (value(least, figure), value(most, figure));
    let range = (low != high).then(|| span(&low, &high));
    (format!("{word}{}", value(median, figure)), range)
}

/// "1.88 - 3.61 s": a unit that both have is said once.
fn span(low: &str, high: &str) -> String {
    let unit = |words: &str| words.rsplit_once(' ').map(|(_, unit)| unit.to_owned());
    match low.rsplit_once(' ') {
        Some((number, same)) if unit(high).as_deref() == Some(same) => format!("{number} - {high}"),
        _ => format!("{low} - {high}"),
    }
}

/// "7 scenarios, 21 runs", or how far it has come.
fn extent(told: &SuiteFigures<'_>) -> String {
    let suite = &told.manifest;
    let count = |len: usize| u64::try_from(len).unwrap_or(u64::MAX);
    let (made, all) = (told.runs().count(), suite.runs.len());
    let runs = if made == all {
        counted(count(all), "run")
    } else {
        format!("{made} of {} made", counted(count(all), "run"))
    };
    format!("{}, {runs}", counted(count(suite.scenarios.len()), "scenario"))
}

/// The moment without its fraction, in UTC.
fn moment(utc: &str) -> String {
    utc.split('.').next().unwrap_or_default().replace('T', " ")
}
