//! Runs against runs: [`sides`] reads them and holds them against each other, and the others tell what came of it: a table and
//! a page for people, a document for programs, Markdown and JUnit for pipelines.

mod differ;
mod figures;
pub(crate) mod html;
pub(crate) mod json;
mod markdown;
mod sentence;
mod sides;
#[cfg(test)]
mod tests;
mod text;

use std::collections::BTreeSet;

use claque_stats::{
    compare::{Change, Design, Pair, Primary, Statistic},
    units::counted,
};

pub(crate) use self::figures::rounded;
use self::{differ::WHERE_AND_WHEN, sentence::sentence};
pub use self::{
    differ::{Differs, Setting},
    sides::{
        Answer, CompareTerms, Compared, Found, InvalidRuns, LoadedRun, Side, hold_against, label, sides,
    },
};
use crate::{ReportError, junit, paint::Paint};

/// The comparison as a table, ended by a newline.
pub fn to_text(compared: &Compared, paint: Paint) -> String {
    text::document(compared, paint)
}

/// The comparison as one JSON document, ended by a newline.
///
/// # Errors
/// Never, as long as every key is a text.
pub fn to_json(compared: &Compared) -> Result<String, ReportError> {
    json::document(compared)
}

/// The comparison as GitHub-flavoured Markdown, ended by a newline.
pub fn to_markdown(compared: &Compared) -> String {
    markdown::document(compared)
}

/// The comparison as a page in one file, which runs no script.
pub fn to_html(compared: &Compared) -> String {
    html::page(compared)
}

/// What was judged as JUnit XML, ended by a newline.
pub fn to_junit(compared: &Compared) -> String {
    junit::document("compare", &cases(compared))
}

/// One test case for the verdict on each candidate, one for each of its objectives.
fn cases(compared: &Compared) -> Vec<junit::TestCase> {
    let mut cases = Vec::new();
    let candidates = compared.sides.iter().skip(1).zip(&compared.comparison.pairs);
    for ((side, pair), objectives) in candidates.zip(&compared.objectives) {
        let failure = pair
            .is_regression()
            .then(|| format!("worse: {}", names(pair, Change::Worse)))
            .or_else(|| pair.objection.as_ref().map(|why| format!("not comparable: {why}")))
            .or_else(|| pair.not_judged().map(str::to_owned));
        let told = shown(compared, pair, side).filter(|_| failure.is_none());
        cases.push(junit::TestCase {
            told,
            ..junit::TestCase::judged(format!("{}: no regression was shown", side.label), failure)
        });
        cases.extend(objectives.iter().map(|result| {
            let judged = junit::case(result);
            junit::TestCase { name: format!("{}: {}", side.label, judged.name), ..judged }
        }));
    }
    let case = |why: &String| junit::TestCase::judged("objectives".to_owned(), Some(why.clone()));
    cases.extend(compared.not_judged.iter().map(case));
    cases
}

/// What the only candidate showed, where no regression was: that none was shown is no proof that there is none.
pub(crate) fn what_was_shown(compared: &Compared) -> Option<String> {
    shown(compared, compared.comparison.pairs.first()?, compared.sides.get(1)?)
}

/// The sentence about the only candidate.
pub(crate) fn sentence_of_one(compared: &Compared) -> Option<String> {
    sentence(compared, compared.comparison.pairs.first()?, compared.sides.get(1)?)
}

/// The sentence about a candidate, and how large a difference could have been seen.
fn shown(compared: &Compared, pair: &Pair, side: &Side) -> Option<String> {
    let words = sentence(compared, pair, side)?;
    Some(match could_be_seen(pair) {
        seen if seen.is_empty() => words,
        seen => format!("{words} A difference could have been seen of {}.", seen.join(", ")),
    })
}

/// "41 ms of round_trip (mean)": what each judged row would have shown in four of five comparisons.
fn could_be_seen(pair: &Pair) -> Vec<String> {
    let judged = pair.rows.iter().filter(|row| row.judged && row.detectable.is_some());
    judged.map(|row| format!("{} of {}", figures::detectable(row), figures::with_statistic(row))).collect()
}

/// The rows that came to `change`: "round_trip (mean, p95), errors".
fn names(pair: &Pair, change: Change) -> String {
    let mut metrics: Vec<(&str, Vec<&str>)> = Vec::new();
    for row in pair.rows_that_are(change) {
        let statistic = row.statistic.map(Statistic::as_str);
        match metrics.last_mut() {
            Some((metric, statistics)) if *metric == row.metric => statistics.extend(statistic),
            Some(_) | None => metrics.push((&row.metric, statistic.into_iter().collect())),
        }
    }
    let name = |(metric, statistics): &(&str, Vec<&str>)| match statistics.as_slice() {
        [] => (*metric).to_owned(),
        statistics => format!("{metric} ({})", statistics.join(", ")),
    };
    metrics.iter().map(name).collect::<Vec<_>>().join(", ")
}

/// What a pair comes to, in one word or two, and the rest of the sentence.
pub(crate) fn headline(pair: &Pair) -> (&'static str, String) {
    if let Some(why) = &pair.objection {
        return ("NOT COMPARABLE", why.clone());
    }
    if let Some(why) = pair.not_judged() {
        return ("NOT JUDGED", why.trim_start_matches("not judged: ").to_owned());
    }
    if pair.is_regression() {
        return ("REGRESSION", format!("worse: {}", names(pair, Change::Worse)));
    }
    match names(pair, Change::Better) {
        better if better.is_empty() => {
            ("NO DETECTABLE CHANGE", "`detectable` says what could have been seen".to_owned())
        }
        better => ("BETTER", better),
    }
}

/// What a reader must know to believe the table.
fn remarks(compared: &Compared) -> Vec<String> {
    let beside = remarks_beside_the_promise(compared);
    promise(compared).into_iter().chain(beside).chain(too_few(compared)).collect()
}

/// How often an interval or a verdict is wrong.
fn promise(compared: &Compared) -> Option<String> {
    let chance = 100.0 - compared.confidence_pct;
    let judged = compared.comparison.judged;
    // A tenth of a percent is the finest that can be asked for.
    let chance = format!("{chance:.1}");
    let usual = || {
        format!(
            "intervals hold the true difference with {} % confidence, each for its row; verdicts are over the {judged} judged rows \
             together: where nothing changed, at most {} % of comparisons call anything better or worse",
            rounded(compared.confidence_pct),
            chance.trim_end_matches(".0")
        )
    };
    let alone = |primary: Primary| {
        let sides = if judged > 1 { format!(", over the {judged} sides together") } else { String::new() };
        format!(
            "verdicts and --fail-on-regression are about {} alone, as --primary says{sides}: if it was chosen before the runs were seen and \
             nothing changed, at most {} % of comparisons call it better or worse; all other rows are for information, and each interval of \
             {} % confidence is for its row",
            primary.as_str(),
            chance.trim_end_matches(".0"),
            rounded(compared.confidence_pct)
        )
    };
    (judged > 0).then(|| compared.primary.map_or_else(usual, alone))
}

/// The other remarks: what was held against what, and what speaks against it.
pub(crate) fn remarks_beside_the_promise(compared: &Compared) -> Vec<String> {
    let mut remarks = Vec::new();
    let designs: Vec<_> = compared.comparison.pairs.iter().map(|pair| pair.design).collect();
    if designs.contains(&Design::Pairs) {
        remarks.push("runs of equal seed are held against each other as pairs".to_owned());
    }
    if designs.contains(&Design::OneRun) {
        remarks.push(
            "one run cannot tell how runs differ, and so no difference is judged; give each side 3 to 5 runs, with the same \
             seeds on both"
                .to_owned(),
        );
    }
    let apart =
        compared.differences.iter().flatten().filter(|one| WHERE_AND_WHEN.contains(&one.name.as_str()));
    for name in apart.map(|setting| setting.name.as_str()).collect::<BTreeSet<_>>() {
        remarks.push(format!(
            "the sides were not run on the same {name}: what that does to all runs of a side alike cannot be told from what \
             changed; run them in turn"
        ));
    }
    remarks.extend(compared.not_judged.iter().cloned());
    for side in &compared.sides {
        for run in side.runs.iter().filter(|run| run.invalid.is_some()) {
            let why = run.invalid.as_deref().unwrap_or_default();
            remarks.push(format!("{} is INVALID and compared all the same: {why}", run.name));
        }
        for (run, why) in side.runs.iter().filter_map(|run| Some((run, run.unverified.as_ref()?))) {
            remarks.push(format!("{} is UNVERIFIED: {why}", run.name));
        }
        let failed = failed_blocks(side);
        if failed > 0 {
            let what = counted(failed, "block");
            remarks.push(format!(
                "{what} of {} never became ready: its times are of the rest; see success_pct",
                side.label
            ));
        }
    }
    remarks
}

/// Quantiles that are not told because a run has too few values: rows that no table would have otherwise.
fn too_few(compared: &Compared) -> Option<String> {
    let rows = compared.comparison.pairs.iter().flat_map(|pair| &pair.rows);
    let quantiles = rows.filter_map(|row| {
        let is_quantile = [Some(Statistic::P50), Some(Statistic::P95)].contains(&row.statistic);
        let is_missing = row.change == Change::NotJudged && (row.a.is_none() || row.b.is_none());
        (is_quantile && is_missing)
            .then(|| format!("{} {}", row.metric, row.statistic.map_or("", Statistic::as_str)))
    });
    let names: Vec<_> = quantiles.collect::<BTreeSet<_>>().into_iter().collect();
    (!names.is_empty()).then(|| {
        format!("not judged, for a run has too few values (p50 takes 2, p95 20): {}", names.join(", "))
    })
}

fn failed_blocks(side: &Side) -> u64 {
    let listeners = side.runs.iter().flat_map(|run| run.observed.listeners());
    listeners.map(|listener| u64::from(listener.blocks_missing)).sum()
}
