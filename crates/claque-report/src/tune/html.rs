//! The page of a search: the answer, cost against the objective, what a step makes of it, and what the model leaves out.
//!
//! Foreign words reach it only through [`Markup::words`].

use claque_stats::{
    tune::{SettingResult, TuneEnding},
    units::counted,
};

use super::{LEFT_OUT, TuneReport, picture, words};
use crate::{
    compare::html::STYLE,
    html::{Markup, document},
    words::one_line,
};

const TABLE: &str = "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"table\"><table>\n";

/// The whole file.
pub(super) fn page(told: &TuneReport<'_>) -> String {
    document("claque: tune", "", STYLE, |out| {
        out.raw("<header>\n<p class=\"kicker\">claque tune</p>\n");
        out.element("h1", &words::headline(told)).raw("\n<p class=\"under\">");
        out.words(&one_line(told.about))
            .words(", in virtual time: simulations")
            .raw("</p>\n<p class=\"under\">");
        out.words(&format!("cost: {}", one_line(told.prices))).raw("</p>\n</header>\n<main>\n");
        state(told, out);
        winner(told, out);
        frontier(told, out);
        sensitivity(told, out);
        left_out(out);
        out.raw("</main>\n<footer><p>");
        let runs = counted(told.answer.runs.into(), "simulation");
        out.words(&format!("{runs}. Made by claque {}.", env!("CARGO_PKG_VERSION"))).raw("</p></footer>\n");
    })
}

/// The answer in a box, to be quoted.
fn state(told: &TuneReport<'_>, out: &mut Markup) {
    let (word, class) = match (&told.answer.winner, &told.answer.ending) {
        (Some(_), _) => ("CONFIRMED", ""),
        (None, TuneEnding::NoneShown | TuneEnding::Confirmed) => ("NONE SHOWN", " invalid"),
        (None, TuneEnding::Untrusted(_)) => ("INVALID", " invalid"),
        (None, TuneEnding::OutOfRuns) => ("UNDECIDED", " notable"),
        (None, TuneEnding::Stopped) => ("STOPPED", " notable"),
    };
    out.raw("<section class=\"verdict").raw(class).raw("\">\n<p><strong>").words(word).raw("</strong> ");
    out.words(&words::paragraph(told)).raw("</p>\n");
    out.element("p", words::uncertainty(told)).raw("\n");
    for doubt in told.doubts {
        out.element("p", &format!("Note: {doubt}")).raw("\n");
    }
    out.raw("</section>\n");
}

fn winner(told: &TuneReport<'_>, out: &mut Markup) {
    let (result, title) = match (&told.answer.winner, &told.answer.nearest) {
        (Some(winner), _) => (winner, "The cheapest that is confirmed"),
        (None, Some(nearest)) => (nearest, "What comes nearest"),
        (None, None) => return,
    };
    out.raw("<section id=\"setting\">\n").element("h2", title).raw("\n").raw(TABLE).raw("<tbody>\n");
    let mut row = |name: &str, what: &str| {
        out.raw("<tr><th class=\"word\" scope=\"row\">").words(name).raw("</th><td class=\"word\">");
        out.words(what).raw("</td></tr>\n");
    };
    for (dimension, place) in told.dimensions.iter().zip(&result.places) {
        let value = usize::try_from(*place).ok().and_then(|place| dimension.values.get(place));
        row(dimension.key, value.copied().unwrap_or_default());
    }
    row("costs", &words::cost(&result.cost));
    for (objective, figure) in told.objectives.iter().zip(&result.figures) {
        row(objective.text(), &words::mean(objective.unit(), figure));
    }
    row("runs that met the objectives", &words::met(result));
    out.raw("</tbody></table></div>\n</section>\n");
}

fn frontier(told: &TuneReport<'_>, out: &mut Markup) {
    let Some(first) = told.objectives.get(told.answer.binding) else { return };
    out.raw("<section id=\"frontier\">\n<h2>Cost against ").words(first.text()).raw("</h2>\n<p>");
    out.words(
        "Each point is a setting with a better figure than all that are cheaper: the mean of its runs and its interval. Green met the \
         objectives, red missed them, blue is neither shown. The ring is the answer.",
    );
    out.raw("</p>\n");
    picture::frontier(told, out);
    out.raw(TABLE).raw("<thead><tr>");
    for name in ["setting", "cost", "figure", "objectives", "runs met"] {
        out.raw("<th class=\"word\" scope=\"col\">").words(name).raw("</th>");
    }
    out.raw("</tr></thead>\n<tbody>\n");
    for result in &told.answer.frontier {
        let figure = result
            .figures
            .get(told.answer.binding)
            .map_or_else(String::new, |figure| words::mean(first.unit(), figure));
        let price = result.cost.mean.map_or_else(|| "N/A".to_owned(), words::price);
        row(
            out,
            &[
                words::setting(told, result),
                price,
                figure,
                words::status(result.status).to_owned(),
                of(result),
            ],
        );
    }
    out.raw("</tbody></table></div>\n</section>\n");
}

fn sensitivity(told: &TuneReport<'_>, out: &mut Markup) {
    let steps = &told.answer.sensitivity;
    if steps.is_empty() {
        return;
    }
    out.raw("<section id=\"sensitivity\" class=\"long\">\n<h2>One step from it</h2>\n<p>");
    out.words("The difference that a step makes, over runs with the same seeds: mean and interval. What lies left of the line has become less.");
    out.raw("</p>\n");
    for (at, objective) in told.objectives.iter().enumerate() {
        picture::steps(told, objective, at, out);
    }
    out.raw(TABLE).raw("<thead><tr>");
    for name in ["step", "runs met", "cost"].into_iter().chain(told.objectives.iter().map(|one| one.text())) {
        out.raw("<th class=\"word\" scope=\"col\">").words(name).raw("</th>");
    }
    out.raw("</tr></thead>\n<tbody>\n");
    for step in steps {
        let signed =
            |value: f64| format!("{}{}", if value < 0.0 { "-" } else { "+" }, words::price(value.abs()));
        let mut cells =
            vec![picture::step_name(told, step), of(&step.neighbour), words::difference(&step.cost, signed)];
        cells.extend(told.objectives.iter().zip(&step.figures).map(|(objective, paired)| {
            words::difference(paired, |value| words::signed(objective.unit(), value))
        }));
        row(out, &cells);
    }
    out.raw("</tbody></table></div>\n</section>\n");
}

fn left_out(out: &mut Markup) {
    out.raw("<section id=\"left-out\">\n<h2>What the model leaves out</h2>\n<ul class=\"notes\">\n");
    for words in LEFT_OUT {
        out.element("li", words).raw("\n");
    }
    out.raw("</ul>\n</section>\n");
}

fn row(out: &mut Markup, cells: &[String]) {
    out.raw("<tr>");
    for cell in cells {
        out.raw("<td class=\"word\">").words(cell).raw("</td>");
    }
    out.raw("</tr>\n");
}

fn of(result: &SettingResult) -> String {
    format!("{} of {}", result.met, result.runs)
}
