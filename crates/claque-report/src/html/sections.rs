//! The words and tables of the page. They say in sentences what the plots show, and stand without them.

mod figures;
mod plots;
mod run;

use super::{Page, markup::Markup, picture::Picture};

/// Everything inside `body` but the data and the scripts.
pub(super) fn all(page: &Page<'_>, picture: &Picture, out: &mut Markup) {
    figures::header(page, out);
    out.raw("<main>\n");
    figures::answer(page, out);
    figures::headline(page.summary, out);
    figures::verdict(page, out);
    plots::audience(page.summary, picture, out);
    plots::strips(page.summary, picture, out);
    plots::awaited(picture, out);
    plots::load(page.manifest.service_load.as_ref(), out);
    plots::spreads(page.summary, picture, out);
    plots::slope(picture, out);
    plots::buffers(page, picture, out);
    plots::errors(page.summary, picture, out);
    figures::table(page, out);
    run::about(page, out);
}

/// The time a run's times are of: the scenario says so.
fn is_virtual(page: &Page<'_>) -> bool {
    page.manifest.scenario.get("time").and_then(serde_json::Value::as_str) == Some("virtual")
}
