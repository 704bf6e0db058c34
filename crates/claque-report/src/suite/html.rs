//! `suite.html`: a suite as one page, in one file that asks nobody for anything and runs no script.
//!
//! Foreign words reach it only through [`Markup::words`]; links are relative, to the pages of its runs.

use super::{extent, median, moment, picture, repeats, verdict};
use crate::{
    compare::html::{STYLE, rows},
    html::{self, Markup, document},
    objectives,
    suite::{
        SuiteComparison,
        compared::alone,
        figures::{FIGURES, RunFigures, SuiteFigures},
    },
    words::{one_line, sentence},
};

/// How the section begins that tells what the suite was held against.
pub(super) const AGAINST: &str = "<section id=\"against\"";

/// The whole file.
pub(super) fn page(told: &SuiteFigures<'_>, against: Option<&SuiteComparison>) -> String {
    let suite = &told.manifest;
    document(&format!("claque: suite {}", suite.name), "", STYLE, |out| {
        out.raw("<header>\n<p class=\"kicker\">claque suite ").words(&suite.name).raw("</p>\n");
        out.element("h1", &extent(told)).raw("\n<p class=\"under\">");
        out.words(if told.target.is_empty() { "nothing was run yet" } else { &told.target });
        let end = suite.finished_at_utc.as_deref().map_or_else(|| "not finished".to_owned(), moment);
        let kind = if suite.time == "virtual" { ", in virtual time: simulations" } else { "" };
        out.raw("</p>\n<p class=\"under\">")
            .words(&format!("{} - {end} UTC{kind}", moment(&suite.started_at_utc)));
        out.raw("</p>\n</header>\n<main>\n");
        state(told, against, out);
        scenarios(told, out);
        judged(told, out);
        if let Some(against) = against {
            held(against, out);
        }
        runs(told, out);
        out.raw("</main>\n<footer><p>Made by claque ")
            .words(env!("CARGO_PKG_VERSION"))
            .raw(".</p></footer>\n");
    })
}

/// What the whole comes to, in a box.
fn state(told: &SuiteFigures<'_>, against: Option<&SuiteComparison>, out: &mut Markup) {
    let invalid: Vec<_> = told.runs().filter(|run| !run.verdict.valid).collect();
    let regressed = against.is_some_and(SuiteComparison::is_regression);
    let (word, words) = match (invalid.is_empty(), regressed, told.is_finished()) {
        (false, ..) => {
            ("INVALID", "Some runs do not measure the service; they are in no figure of the table.")
        }
        (true, true, _) => ("REGRESSION", "Every run is VALID, and something got worse."),
        (true, false, false) => {
            ("NOT FINISHED", "Nothing speaks against the figures of the runs that were made.")
        }
        (true, false, true) => {
            ("VALID", "The measurements can be trusted: nothing speaks against the figures of any run.")
        }
    };
    let bad = !invalid.is_empty() || regressed;
    out.raw("<section class=\"verdict").raw(if bad {
        " invalid\">\n<p><strong>"
    } else {
        " notable\">\n<p><strong>"
    });
    out.words(word).raw("</strong> ").words(words).raw("</p>\n");
    let mut lines = Vec::new();
    if told.has_missed() {
        lines.push("Objectives were missed, or not shown.".to_owned());
    }
    for run in invalid {
        let reasons: Vec<_> = run.verdict.reasons.iter().map(|reason| sentence(&reason.text)).collect();
        lines.push(format!("Run {}: {}", run.place, reasons.join("; ")));
    }
    if let Some(against) = against {
        let what = match (regressed, against.is_incomplete()) {
            (true, _) => "something got worse",
            (false, true) => "nothing got worse that could be compared; some scenarios could not",
            (false, false) => "nothing got worse that these data could show",
        };
        lines.push(format!("Held against {}: {what}.", against.baseline.name));
    }
    if !lines.is_empty() {
        out.raw("<ul>\n");
        lines.iter().for_each(|line| {
            out.element("li", line).raw("\n");
        });
        out.raw("</ul>\n");
    }
    out.raw("</section>\n");
}

fn scenarios(told: &SuiteFigures<'_>, out: &mut Markup) {
    out.raw("<section id=\"scenarios\">\n<h2>Scenarios</h2>\n");
    out.raw(
        "<p>The median of the VALID repeats, and below it the range from the least to the largest.</p>\n",
    );
    out.raw("<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"table\"><table>\n<thead><tr><th class=\"word\" scope=\"col\">scenario</th>");
    out.raw("<th class=\"word\" scope=\"col\">repeats</th>");
    for figure in FIGURES {
        out.raw("<th scope=\"col\">").words(figure.name.trim_end_matches("_pct")).raw("</th>");
    }
    out.raw("</tr></thead>\n<tbody>\n");
    for scenario in &told.scenarios {
        out.raw("<tr><th class=\"word\" scope=\"row\">")
            .words(&scenario.name)
            .element("small", &scenario.audience);
        out.raw("</th><td class=\"word\">").words(&repeats(scenario)).raw("<small>");
        for run in &scenario.runs {
            link(run, &run.repeat.to_string(), out);
            out.raw(" ");
        }
        out.raw("</small></td>");
        for figure in FIGURES {
            let (middle, range) = median(scenario, figure);
            out.raw("<td>").words(&middle);
            range.iter().for_each(|range| {
                out.element("small", range);
            });
            out.raw("</td>");
        }
        out.raw("</tr>\n");
    }
    out.raw("</tbody></table></div>\n");
    picture::curves(told, out);
    out.raw("</section>\n");
}

fn judged(told: &SuiteFigures<'_>, out: &mut Markup) {
    if told.runs().all(|run| run.objectives.is_empty()) {
        return;
    }
    out.raw("<section id=\"objectives\">\n<h2>Objectives</h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"table\"><table>\n<tbody>\n");
    for scenario in &told.scenarios {
        for (at, (objective, standing)) in scenario.objectives().into_iter().enumerate() {
            let word = standing.word();
            let class = if word == "met" { "better" } else { "worse" };
            let each = scenario.runs.iter().filter_map(|run| Some((run.repeat, run.objectives.get(at)?)));
            let each: Vec<_> =
                each.map(|(repeat, result)| format!("{repeat}: {}", objectives::found(result))).collect();
            out.raw("<tr><th class=\"word\" scope=\"row\">")
                .words(&scenario.name)
                .raw("</th><td class=\"word\">");
            out.words(objective).raw("</td><td class=\"word ").raw(class).raw("\">").words(word).raw("</td>");
            out.raw("<td class=\"word\">").words(&standing.words()).raw("</td><td class=\"long\">");
            out.words(&each.join("; ")).raw("</td></tr>\n");
        }
    }
    out.raw("</tbody></table></div>\n</section>\n");
}

/// What came of each scenario.
pub(super) fn held(against: &SuiteComparison, out: &mut Markup) {
    out.raw(AGAINST).raw(" class=\"long\">\n<h2>Against ").words(&against.baseline.name).raw("</h2>\n");
    out.raw("<p>The baseline is A, this suite B. All scenarios together are judged as one comparison.</p>\n");
    if let Some(primary) = against.primary {
        out.element("p", &alone(primary)).raw("\n");
    }
    for scenario in &against.scenarios {
        let (word, rest) = verdict(scenario);
        let class = match word {
            "REGRESSION" => " invalid",
            "BETTER" => "",
            _ => " notable",
        };
        out.raw("<div class=\"verdict").raw(class).raw("\">\n<p>").words(&scenario.name).raw(": <strong>");
        out.words(word).raw("</strong></p>\n").element("p", &rest).raw("\n");
        if let Ok(compared) = &scenario.held
            && let Some(pair) = compared.comparison.pairs.first()
        {
            out.raw("<details><summary>Figure by figure</summary>\n");
            for setting in compared.differences.iter().flatten() {
                let words = format!("{}: {} in A, {} in B", setting.name, setting.a, setting.b);
                out.raw("<p class=\"under\">").words(&one_line(&words)).raw("</p>\n");
            }
            rows(pair, ("A", "B"), compared.confidence_pct, out);
            out.raw("</details>\n");
        }
        out.raw("</div>\n");
    }
    out.raw("</section>\n");
}

/// Every run in the order in which it was made.
fn runs(told: &SuiteFigures<'_>, out: &mut Markup) {
    out.raw("<section id=\"runs\" class=\"long\">\n<h2>Runs in their order</h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"table\"><table>\n<thead><tr>");
    for (class, name) in [
        ("", "run"),
        ("word", "scenario"),
        ("", "repeat"),
        ("", "seed"),
        ("word", "verdict"),
        ("word", "folder"),
    ] {
        out.raw("<th class=\"").raw(class).raw("\" scope=\"col\">").words(name).raw("</th>");
    }
    out.raw("</tr></thead>\n<tbody>\n");
    for (place, planned) in (1..).zip(&told.manifest.runs) {
        let made = told.runs().find(|run| run.place == place);
        out.raw("<tr>").element("td", &place.to_string()).raw("<td class=\"word\">").words(&planned.scenario);
        out.raw("</td>").element("td", &planned.repeat.to_string()).element("td", &planned.seed.to_string());
        let verdict = made.map_or("not made yet", |run| run.verdict.validity().as_str());
        out.raw("<td class=\"word\">").words(verdict).raw("</td><td class=\"word\">");
        made.iter().for_each(|run| link(run, &run.folder, out));
        out.raw("</td></tr>\n");
    }
    out.raw("</tbody></table></div>\n</section>\n");
}

/// A run's page, where it has one.
fn link(run: &RunFigures, words: &str, out: &mut Markup) {
    if run.has_page {
        out.raw("<a href=\"").words(&run.folder).raw("/").raw(html::FILE).raw("\">").words(words).raw("</a>");
    } else {
        out.words(words);
    }
}
