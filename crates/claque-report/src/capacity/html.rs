//! `capacity.html`: a capacity as one page, in one file that asks nobody for anything and runs no script.
//!
//! Foreign words reach it only through [`Markup::words`]; links are relative, to the folders of its runs.

use claque_stats::{
    capacity::{Answer, ProbeTrust, SearchEnding},
    units::counted,
};
use claque_store::{CapacityFolder, ProbeRow};

use super::{picture, words};
use crate::{
    compare::html::STYLE,
    html::{Markup, document},
    words::one_line,
};

/// The whole file.
pub(super) fn page(book: &CapacityFolder, answer: &Answer) -> String {
    let manifest = &book.manifest;
    document("claque: capacity", "", STYLE, |out| {
        out.raw("<header>\n<p class=\"kicker\">claque capacity</p>\n");
        out.element("h1", &words::headline(answer)).raw("\n<p class=\"under\">");
        let time = if manifest.time == "virtual" { ", in virtual time: simulations" } else { "" };
        out.words(&one_line(&manifest.target)).words(time).raw("</p>\n<p class=\"under\">");
        let ended = manifest.finished_at_utc.as_deref().unwrap_or("not finished");
        out.words(&format!("{} - {ended}", manifest.started_at_utc)).raw("</p>\n</header>\n<main>\n");
        state(book, answer, out);
        out.raw("<section id=\"curve\">\n<h2>What holds at how many listeners</h2>\n<p>");
        out.words("Each point is a run. The line falls as little as the runs allow (an isotonic fit), the field is the interval.");
        out.raw("</p>\n");
        picture::curves(&manifest.probes, answer, out);
        out.raw("</section>\n");
        ceilings(answer, out);
        out.raw("<section id=\"search\" class=\"long\">\n<h2>The search, run by run</h2>\n");
        picture::time_line(&manifest.probes, answer, out);
        runs(&manifest.probes, out);
        if !manifest.without_networks.is_empty() {
            out.raw("<h3>").words("Made again with no network between listeners and service").raw("</h3>\n");
            runs(&manifest.without_networks, out);
        }
        out.raw("</section>\n</main>\n<footer><p>");
        let effort = format!(
            "{}, {:.0} listener-minutes. Made by claque {}.",
            counted(answer.probes, "run"),
            answer.listener_minutes,
            env!("CARGO_PKG_VERSION")
        );
        out.words(&effort).raw("</p></footer>\n");
    })
}

/// The answer in a box, to be quoted.
fn state(book: &CapacityFolder, answer: &Answer, out: &mut Markup) {
    let (word, class) = match answer.ending {
        SearchEnding::Found => ("FOUND", ""),
        SearchEnding::AtLeast => ("AT LEAST", ""),
        SearchEnding::NothingHolds => ("NOTHING HOLDS", " invalid"),
        SearchEnding::Untrusted(_) => ("INVALID", " invalid"),
        SearchEnding::Undecided(_) => ("UNDECIDED", " notable"),
        SearchEnding::Stopped => ("STOPPED", " notable"),
    };
    out.raw("<section class=\"verdict").raw(class).raw("\">\n<p><strong>").words(word).raw("</strong> ");
    out.words(&words::paragraph(answer)).raw("</p>\n");
    for doubt in &book.doubts {
        out.element("p", &words::doubt(doubt)).raw("\n");
    }
    out.raw("</section>\n");
}

fn ceilings(answer: &Answer, out: &mut Markup) {
    if answer.ceilings.is_empty() {
        return;
    }
    out.raw("<section id=\"ceilings\">\n<h2>Ceilings</h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"table\"><table>\n<tbody>\n");
    for ceiling in &answer.ceilings {
        out.raw("<tr><th class=\"word\" scope=\"row\">").words(&ceiling.name).raw("</th><td class=\"word\">");
        out.words(&words::ceiling(ceiling, answer)).raw("</td></tr>\n");
    }
    out.raw("</tbody></table></div>\n");
    if let Some(users) = answer.users.filter(|_| !answer.shown.is_empty()) {
        out.raw("<p>").words(&words::shown_title(users)).raw("</p>\n<ul class=\"notes\">\n");
        for shown in &answer.shown {
            let words = format!("{}: {}", shown.objective, words::shown(shown, answer.confidence_pct));
            out.element("li", &words).raw("\n");
        }
        out.raw("</ul>\n");
    }
    out.raw("</section>\n");
}

/// Every run in the order in which it was made.
fn runs(probes: &[ProbeRow], out: &mut Markup) {
    out.raw("<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"table\"><table>\n<thead><tr>");
    for name in ["run", "listeners", "blocks", "pace", "what it shows", "folder"] {
        out.raw("<th class=\"word\" scope=\"col\">").words(name).raw("</th>");
    }
    out.raw("</tr></thead>\n<tbody>\n");
    for probe in probes {
        let (place, evidence) = (probe.order.number + 1, &probe.evidence);
        let pace = evidence
            .pace
            .map_or_else(|| "N/A".to_owned(), |pace| format!("{:.3} ±{:.3}", pace.ratio, pace.error));
        let class =
            if evidence.worth == ProbeTrust::Valid && evidence.is_met() { "word" } else { "word worse" };
        out.raw("<tr>").element("td", &format!("{place}")).element("td", &evidence.users.to_string());
        out.element("td", &evidence.blocks.to_string()).element("td", &pace);
        out.raw("<td class=\"")
            .raw(class)
            .raw("\">")
            .words(&super::one_probe(evidence))
            .raw("</td><td class=\"word\">");
        out.words(probe.folder.as_deref().unwrap_or("-")).raw("</td></tr>\n");
    }
    out.raw("</tbody></table></div>\n");
}
