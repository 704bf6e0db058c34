//! What the page of a search draws: cost against the objective, and what a step makes of each figure.

use claque_stats::{
    objective::{Objective, ObjectiveUnit},
    tune::{Sensitivity, SettingStatus},
};

use super::{TuneReport, words};
use crate::html::Markup;

/// Of a panel, in the units of its view box.
const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 240.0;
const LEFT: f64 = 78.0;
const BOTTOM: f64 = 40.0;
const TOP: f64 = 22.0;
/// Of a line of steps.
const LINE: f64 = 22.0;
/// Where the lines of steps begin.
const NAMES: f64 = 230.0;

/// The frontier as points over the cost.
pub(super) fn frontier(told: &TuneReport<'_>, out: &mut Markup) {
    let Some(objective) = told.objectives.get(told.answer.binding) else { return };
    let unit = objective.unit();
    let points: Vec<_> = told
        .answer
        .frontier
        .iter()
        .filter_map(|one| {
            let figure = one.figures.get(told.answer.binding)?;
            Some((one, one.cost.mean?, figure.mean?, figure.interval))
        })
        .collect();
    let most =
        points.iter().map(|point| point.3.map_or(point.2, |(_, high)| high)).fold(0.0, f64::max) * 1.06;
    let (most, dearest) =
        (most.max(1e-9), points.iter().map(|point| point.1).fold(0.0, f64::max).max(1e-9) * 1.05);
    let x = |cost: f64| LEFT + (WIDTH - LEFT - 12.0) * (cost / dearest).clamp(0.0, 1.0);
    let y = |value: f64| TOP + (HEIGHT - TOP - BOTTOM) * (1.0 - (value / most).clamp(0.0, 1.0));
    out.raw(&format!("<figure><svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\""));
    out.words(&format!("{} over the cost of an hour, {} settings", objective.text(), points.len()));
    out.raw("\">\n<text class=\"title\" x=\"0\" y=\"12\">").words(objective.text()).raw("</text>\n");
    for share in [0.0, 0.25, 0.5, 0.75, 1.0] {
        let (at, across) = (y(most * share), x(dearest * share));
        out.raw(&format!("<line class=\"zero\" x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{at:.1}\" y2=\"{at:.1}\"/><text x=\"0\" y=\"{:.1}\">", at + 4.0));
        out.words(&words::figure(unit, most * share)).raw("</text>\n");
        out.raw(&format!(
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"{}\">",
            across,
            HEIGHT - 20.0,
            if share >= 1.0 { "end" } else { "middle" }
        ));
        out.words(&words::price(dearest * share)).raw("</text>\n");
    }
    out.raw(&format!(
        "<text x=\"{WIDTH}\" y=\"{:.1}\" text-anchor=\"end\">cost of an hour</text>\n",
        HEIGHT - 4.0
    ));
    let line: Vec<_> = points.iter().map(|point| format!("{:.1},{:.1}", x(point.1), y(point.2))).collect();
    out.raw(&format!(
        "<polyline points=\"{}\" fill=\"none\" stroke=\"var(--line)\" stroke-width=\"1.5\"/>\n",
        line.join(" ")
    ));
    for (result, cost, mean, interval) in points {
        let colour = colour(result.status);
        let (low, high) = interval.unwrap_or((mean, mean));
        let (at, middle) = (x(cost), y(mean));
        out.raw(&format!(
            "<line x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"{:.1}\" y2=\"{:.1}\" stroke=\"{colour}\"/>\
             <circle cx=\"{at:.1}\" cy=\"{middle:.1}\" r=\"3.5\" fill=\"{colour}\"><title>",
            y(high),
            y(low)
        ));
        out.words(&words::setting(told, result)).raw("</title></circle>\n");
        if told.answer.winner.as_ref().is_some_and(|winner| winner.setting == result.setting) {
            out.raw(&format!(
                "<circle cx=\"{at:.1}\" cy=\"{middle:.1}\" r=\"8\" fill=\"none\" stroke=\"var(--second)\" stroke-width=\"2\"/>\n"
            ));
        }
    }
    out.raw("</svg></figure>\n");
}

const fn colour(status: SettingStatus) -> &'static str {
    match status {
        SettingStatus::Confirmed | SettingStatus::Shown => "var(--good)",
        SettingStatus::Missed => "var(--bad)",
        SettingStatus::NotShown => "var(--line)",
    }
}

/// What each step makes of one objective's figure: a point with its interval on a line for each.
pub(super) fn steps(told: &TuneReport<'_>, objective: &Objective, at: usize, out: &mut Markup) {
    let unit = objective.unit();
    let drawn: Vec<_> = told
        .answer
        .sensitivity
        .iter()
        .filter_map(|step| {
            let estimate = step.figures.get(at)?.difference;
            let mean = estimate.mean?;
            Some((step, mean, estimate.interval.unwrap_or((mean, mean))))
        })
        .collect();
    if drawn.is_empty() {
        return;
    }
    let reach =
        drawn.iter().map(|(_, _, (low, high))| low.abs().max(high.abs())).fold(0.0, f64::max).max(1e-9) * 1.1;
    let middle = f64::midpoint(NAMES, WIDTH);
    let x = |value: f64| middle + (WIDTH - NAMES) / 2.0 * (value / reach).clamp(-1.0, 1.0);
    let lines = u32::try_from(drawn.len()).unwrap_or(u32::MAX);
    let height = TOP + LINE * f64::from(lines) + 20.0;
    out.raw(&format!("<figure><svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\""));
    out.words(&format!("what a step makes of {}", objective.text()));
    out.raw("\">\n<text class=\"title\" x=\"0\" y=\"12\">").words(objective.text()).raw("</text>\n");
    out.raw(&format!(
        "<line class=\"zero\" x1=\"{middle:.1}\" x2=\"{middle:.1}\" y1=\"{TOP}\" y2=\"{:.1}\"/>\n",
        height - 20.0
    ));
    for (place, (step, mean, (low, high))) in (0_u32..).zip(&drawn) {
        let line = TOP + LINE * (f64::from(place) + 0.5);
        let colour = colour(step.neighbour.status);
        out.raw(&format!("<text x=\"0\" y=\"{:.1}\">", line + 4.0))
            .words(&step_name(told, step))
            .raw("</text>\n");
        out.raw(&format!(
            "<line x1=\"{:.1}\" x2=\"{:.1}\" y1=\"{line:.1}\" y2=\"{line:.1}\" stroke=\"{colour}\" stroke-width=\"2\"/>\
             <circle cx=\"{:.1}\" cy=\"{line:.1}\" r=\"3.5\" fill=\"{colour}\"/>\n",
            x(*low),
            x(*high),
            x(*mean)
        ));
    }
    ends(unit, reach, height, out);
    out.raw("</svg></figure>\n");
}

fn ends(unit: ObjectiveUnit, reach: f64, height: f64, out: &mut Markup) {
    for (at, anchor, value) in [(NAMES, "start", -reach), (WIDTH, "end", reach)] {
        out.raw(&format!("<text x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">", height - 4.0));
        out.words(&words::signed(unit, value)).raw("</text>\n");
    }
}

/// "workers=4".
pub(super) fn step_name(told: &TuneReport<'_>, step: &Sensitivity) -> String {
    let Some(dimension) = told.dimensions.get(step.dimension) else { return String::new() };
    let place = step.neighbour.places.get(step.dimension).copied().unwrap_or(0);
    let value = usize::try_from(place).ok().and_then(|place| dimension.values.get(place));
    format!("{}={}", dimension.short, value.copied().unwrap_or_default())
}
