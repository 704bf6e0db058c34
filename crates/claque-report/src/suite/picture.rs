//! What the page of a suite draws: a figure in every scenario, one beside the other.

use super::figures::{Figure, FigureKind, SuiteFigures};
use crate::html::Markup;

/// Of a panel, in the units of its view box.
const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 190.0;
const LEFT: f64 = 56.0;
const BOTTOM: f64 = 26.0;
const TOP: f64 = 22.0;
/// More names than this are not written below: they would stand in each other.
const MOST_NAMES: usize = 12;

/// A panel for each figure that is told at a glance. Nothing where there are no two scenarios with VALID repeats.
pub(super) fn curves(told: &SuiteFigures<'_>, out: &mut Markup) {
    for (figure, title) in [
        (Figure::GOODPUT, "listeners who got all they wanted, without an underrun"),
        (Figure::STALLED, "time spent stalled, of all time listened to"),
        (Figure::STARTUP, "startup_time, median over the listeners"),
    ] {
        panel(told, figure, title, out);
    }
}

fn panel(told: &SuiteFigures<'_>, figure: Figure, title: &str, out: &mut Markup) {
    let columns: Vec<Vec<f64>> = told.scenarios.iter().map(|scenario| scenario.values(figure)).collect();
    let largest = columns.iter().flatten().copied().fold(0.0, f64::max);
    if columns.iter().filter(|column| !column.is_empty()).count() < 2 {
        return;
    }
    let (most, unit, scale) = match figure.kind() {
        FigureKind::Percent => (if largest > 50.0 { 100.0 } else { largest.max(1.0) }, " %", 1.0),
        FigureKind::Time => (largest.max(1.0), " s", 1e-3),
        FigureKind::Count => (largest.max(1.0), "", 1.0),
    };
    let step = (WIDTH - LEFT - 8.0) / number(columns.len());
    let x = |at: usize| LEFT + step * (number(at) + 0.5);
    let y = |value: f64| TOP + (HEIGHT - TOP - BOTTOM) * (1.0 - (value / most).clamp(0.0, 1.0));
    out.raw(&format!("<figure><svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\""));
    out.words(&format!("{title}, {} scenarios", columns.len()))
        .raw("\">\n<text class=\"title\" x=\"0\" y=\"12\">");
    out.words(title).raw("</text>\n");
    for share in [0.0, 0.5, 1.0] {
        let at = y(most * share);
        out.raw(&format!(
            "<line class=\"zero\" x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{at:.1}\" y2=\"{at:.1}\"/><text x=\"0\" y=\"{:.1}\">{}{unit}</text>\n",
            at + 4.0,
            rounded(most * share * scale),
        ));
    }
    let medians = told.scenarios.iter().enumerate().filter_map(|(at, scenario)| {
        let spread = scenario.spread(figure)?;
        Some(format!("{:.1},{:.1}", x(at), y(spread.median)))
    });
    let line = medians.collect::<Vec<_>>().join(" ");
    out.raw(&format!(
        "<polyline points=\"{line}\" fill=\"none\" stroke=\"var(--line)\" stroke-width=\"1.5\"/>\n"
    ));
    for (at, (scenario, values)) in told.scenarios.iter().zip(&columns).enumerate() {
        for value in values {
            out.raw(&format!(
                "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\" fill=\"var(--line)\"><title>",
                x(at),
                y(*value)
            ));
            out.words(&format!("{}: {}{unit}", scenario.name, rounded(value * scale)))
                .raw("</title></circle>\n");
        }
        if columns.len() <= MOST_NAMES {
            out.raw(&format!("<text text-anchor=\"middle\" x=\"{:.1}\" y=\"{:.1}\">", x(at), HEIGHT - 8.0));
            out.words(&scenario.name).raw("</text>\n");
        }
    }
    out.raw("</svg></figure>\n");
}

/// With as many digits as are read off a picture.
fn rounded(value: f64) -> String {
    if value >= 10.0 || value == 0.0 { format!("{value:.0}") } else { format!("{value:.2}") }
}

/// Exact for every number of scenarios.
fn number(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}
