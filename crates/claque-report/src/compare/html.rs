//! The comparison as a page: for every figure where the true difference lies, drawn beside the numbers.
//!
//! Nothing in it is a script. Foreign words reach it only through [`Markup::words`].

use claque_stats::{
    compare::{Change, Interval, Pair, Row},
    units::counted,
};

use super::{figures, headline, remarks, sentence};
use crate::{
    compare::{Compared, Differs, Setting},
    html::{Markup, document},
    objectives,
    words::one_line,
};

/// What comparisons add to the style of all pages.
pub(crate) const STYLE: &str = include_str!("../html/assets/compare.css");

/// A plot's width and height, in units of its own.
const WIDTH: f64 = 208.0;
const HEIGHT: f64 = 24.0;
/// More settings than these are folded.
const MOST_UNFOLDED: usize = 8;

/// The whole file.
pub(super) fn page(compared: &Compared) -> String {
    let pairs = &compared.comparison.pairs;
    let title = match (pairs.as_slice(), compared.sides.get(1)) {
        ([pair], Some(side)) => format!("{} against A: {}", side.label, headline(pair).0.to_lowercase()),
        _ => format!("{} against A", counted(u64::try_from(pairs.len()).unwrap_or(u64::MAX), "side")),
    };
    document(&format!("claque: {title}"), "", STYLE, |out| {
        out.raw("<header>\n<p class=\"kicker\">claque compare</p>\n").element("h1", &title).raw("\n");
        sides(compared, out);
        out.raw("</header>\n<main>\n");
        for at in 0..pairs.len() {
            candidate(compared, at, out);
        }
        notes(compared, out);
    })
}

/// Which runs stand on which side.
fn sides(compared: &Compared, out: &mut Markup) {
    for (at, side) in compared.sides.iter().enumerate() {
        let names: Vec<_> = side.runs.iter().map(|run| one_line(&run.name)).collect();
        let listeners: usize = side.runs.iter().map(|run| run.observed.listeners().len()).sum();
        let listeners = counted(u64::try_from(listeners).unwrap_or(u64::MAX), "listener");
        let role = if at == 0 { ", the baseline" } else { "" };
        out.raw("<p class=\"under\">").words(&format!(
            "{}: {} ({listeners}{role})",
            side.label,
            names.join(", ")
        ));
        out.raw("</p>\n");
    }
}

/// A side that is held against the baseline, with its place among them.
fn candidate(compared: &Compared, at: usize, out: &mut Markup) {
    let (Some(pair), Some(side)) = (compared.comparison.pairs.get(at), compared.sides.get(at + 1)) else {
        return;
    };
    let baseline = compared.sides.first().map_or("A", |side| side.label.as_str());
    out.raw("<section class=\"long\">\n");
    let words = sentence(compared, pair, side);
    verdict(pair, &format!("{} against {baseline}", side.label), words.as_deref(), out);
    out.raw("</section>\n");
    let labels = (baseline, side.label.as_str());
    if let Some(settings) = compared.differences.get(at).filter(|settings| !settings.is_empty()) {
        differences(settings, labels, out);
    }
    out.raw("<section class=\"long\">\n<h2>Figure by figure</h2>\n");
    rows(pair, labels, compared.confidence_pct, out);
    out.raw("</section>\n");
    if let Some(results) = compared.objectives.get(at).filter(|results| !results.is_empty()) {
        out.raw("<section>\n<h2>Objectives</h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"table\"><table>\n<tbody>\n");
        for result in results {
            let (class, word) = (if result.met { "better" } else { "worse" }, objectives::word(result));
            out.raw("<tr><th class=\"word\" scope=\"row\">").words(&result.objective);
            out.raw("</th><td class=\"word ").raw(class).raw("\">").words(word).raw("</td>");
            out.element("td", &objectives::found(result)).raw("</tr>\n");
        }
        out.raw("</tbody></table></div>\n</section>\n");
    }
}

/// What a pair comes to, in a box.
fn verdict(pair: &Pair, whose: &str, words: Option<&str>, out: &mut Markup) {
    let (word, rest) = headline(pair);
    let class = match word {
        "REGRESSION" => " invalid",
        "BETTER" => "",
        _ => " notable",
    };
    out.raw("<div class=\"verdict").raw(class).raw("\">\n<p>").words(whose).raw(": <strong>").words(word);
    out.raw("</strong></p>\n").element("p", words.unwrap_or(&rest)).raw("\n</div>\n");
}

fn differences(settings: &[Setting], (a, b): (&str, &str), out: &mut Markup) {
    let open = if settings.len() > MOST_UNFOLDED { "" } else { " open" };
    let count = counted(u64::try_from(settings.len()).unwrap_or(u64::MAX), "setting");
    out.raw("<section>\n<h2>What differs besides</h2>\n<details").raw(open).raw("><summary>").words(&count);
    out.raw("</summary>\n<table class=\"words\">\n<thead><tr>");
    for name in ["setting", a, b] {
        out.raw("<th scope=\"col\">").words(name).raw("</th>");
    }
    out.raw("</tr></thead>\n<tbody>\n");
    for setting in settings {
        out.raw("<tr><th scope=\"row\">").words(&setting.name);
        if setting.differs == Differs::Forbidding {
            out.raw(" <strong>(another task)</strong>");
        }
        out.raw("</th>")
            .element("td", &one_line(&setting.a))
            .element("td", &one_line(&setting.b))
            .raw("</tr>\n");
    }
    out.raw("</tbody></table></details>\n</section>\n");
}

/// The table of all figures with a plot beside each.
pub(crate) fn rows(pair: &Pair, (a, b): (&str, &str), confidence_pct: f64, out: &mut Markup) {
    out.raw("<p class=\"marks\">In a plot the upright line is no difference, the dot the difference, the bar its ");
    out.words(&figures::rounded(confidence_pct)).raw(" % interval. The grey field is what is too \
             small to be found in four of five such comparisons. Each row has a scale of its own; to the left is less.</p>\n");
    out.raw("<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"table\"><table class=\"rows\">\n<thead><tr><th class=\"word\" scope=\"col\">figure</th>");
    for name in [a, b, "difference"] {
        out.raw("<th scope=\"col\">").words(name).raw("</th>");
    }
    out.raw("<th class=\"word\" scope=\"col\">interval</th><th class=\"word\" scope=\"col\">verdict</th>");
    out.raw("<th scope=\"col\">detectable</th></tr></thead>\n<tbody>\n");
    for row in figures::measured(&pair.rows) {
        line(row, out);
    }
    out.raw("</tbody></table></div>\n");
}

fn line(row: &Row, out: &mut Markup) {
    out.raw("<tr><th class=\"word\" scope=\"row\">").words(&figures::name(row));
    out.element("small", row.statistic.map_or("", |statistic| statistic.as_str())).raw("</th>");
    // Where there is no room for columns a cell says itself what it is.
    out.raw("<td data-is=\"A\">").words(&figures::value(row.a, row.unit));
    out.raw("</td><td data-is=\"B\">").words(&figures::value(row.b, row.unit));
    out.raw("</td><td data-is=\"difference\">").words(&figures::difference(row.difference, row.unit));
    out.element("small", &figures::relative(row)).raw("</td><td class=\"plot\" data-is=\"interval\">");
    if let (Some(difference), Some(interval)) = (row.difference, row.interval) {
        plot(row, difference, interval, out);
    }
    out.element("small", &figures::interval(row)).raw("</td><td class=\"word ").raw(class(row.change));
    out.raw("\" data-is=\"verdict\">")
        .words(figures::verdict(row))
        .raw("</td><td data-is=\"detectable\">")
        .words(&figures::detectable(row))
        .raw("</td></tr>\n");
}

const fn class(change: Change) -> &'static str {
    match change {
        Change::Better => "better",
        Change::Worse => "worse",
        Change::NoDetectableChange => "same",
        Change::NotComparable | Change::NotJudged => "other",
    }
}

/// Zero stands in the middle; the farthest of all that is drawn stands at the edge.
fn plot(row: &Row, difference: f64, Interval { low, high }: Interval, out: &mut Markup) {
    let detectable = row.detectable.unwrap_or(0.0);
    let farthest = [difference, low, high, detectable].into_iter().map(f64::abs).fold(0.0, f64::max);
    let unit = if farthest > 0.0 { (WIDTH / 2.0 - 6.0) / farthest } else { 0.0 };
    let x = |value: f64| WIDTH / 2.0 + value * unit;
    let middle = HEIGHT / 2.0;
    let seen = match row.detectable {
        Some(_) => format!("; {} could have been seen", figures::detectable(row)),
        None => String::new(),
    };
    let says = format!(
        "difference {}, interval {}{seen}: {}",
        figures::difference(row.difference, row.unit),
        figures::interval(row),
        row.change.as_str()
    );
    out.raw(&format!("<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\""))
        .words(&says)
        .raw("\">");
    if detectable > 0.0 {
        let (left, width) = (x(-detectable), 2.0 * detectable * unit);
        out.raw(&format!(
            "<rect class=\"band\" x=\"{left:.1}\" y=\"3\" width=\"{width:.1}\" height=\"{:.0}\"/>",
            HEIGHT - 6.0
        ));
    }
    let centre = WIDTH / 2.0;
    out.raw(&format!("<line class=\"zero\" x1=\"{centre}\" x2=\"{centre}\" y1=\"0\" y2=\"{HEIGHT}\"/>"));
    let class = class(row.change);
    let (from, to, dot) = (x(low), x(high), x(difference));
    out.raw(&format!(
        "<line class=\"forest {class}\" x1=\"{from:.1}\" x2=\"{to:.1}\" y1=\"{middle}\" y2=\"{middle}\"/>"
    ));
    out.raw(&format!("<circle class=\"forest {class}\" cx=\"{dot:.1}\" cy=\"{middle}\" r=\"3.5\"/></svg>"));
}

fn notes(compared: &Compared, out: &mut Markup) {
    out.raw("</main>\n<footer>\n<ul class=\"notes\">\n");
    for remark in remarks(compared) {
        out.element("li", &remark).raw("\n");
    }
    out.raw("</ul>\n<p>Made by claque ").words(env!("CARGO_PKG_VERSION")).raw(".</p>\n</footer>\n");
}
