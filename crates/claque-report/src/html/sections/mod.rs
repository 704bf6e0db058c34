//! The words and tables of the page. They say in sentences what the plots show, and stand without them.

mod buffers;
mod figures;
mod heard;
mod plots;
mod run;
mod series;

use claque_stats::{
    units::{counted, time},
    window::WindowFigures,
};

use super::{Page, markup::Markup, picture::Picture};

/// Everything inside `body` but the data and the scripts.
pub(super) fn all(page: &Page<'_>, picture: &Picture, out: &mut Markup) {
    figures::header(page, out);
    out.raw("<main>\n");
    figures::answer(page, out);
    figures::headline(page.summary, out);
    figures::verdict(page, out);
    out.say_below_plots(page.summary.window.map(of_whom));
    plots::audience(page.summary, picture, out);
    series::series(page, out);
    plots::strips(page.summary, picture, out);
    heard::heard(page, picture, out);
    plots::awaited(picture, out);
    plots::load(page.manifest.service_load.as_ref(), out);
    out.say_below_plots(
        page.summary.window.map(|_| "Of the listeners whom the figures are about.".to_owned()),
    );
    plots::spreads(page.summary, picture, out);
    plots::slope(picture, out);
    buffers::buffers(page, picture, out);
    plots::errors(page.summary, picture, out);
    out.say_below_plots(None);
    figures::table(page, out);
    run::about(page, out);
}

/// Whom plots are about in a run whose figures are about a part of it.
fn of_whom(window: WindowFigures) -> String {
    format!(
        "The whole run, also {} who are in no figure: those were not to start between {} and {}, and what lies outside of that is shaded in plots over time.",
        counted(window.listeners_left_out, "listener"),
        time(window.from_ms),
        time(window.until_ms)
    )
}

/// The time a run's times are of: the scenario says so.
fn is_virtual(page: &Page<'_>) -> bool {
    page.manifest.scenario.get("time").and_then(serde_json::Value::as_str) == Some("virtual")
}
