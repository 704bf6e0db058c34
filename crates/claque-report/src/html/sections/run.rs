//! What exactly was run, where, and how to run it again.

use serde_json::Value;

use super::{Markup, Page, is_virtual};

pub(super) fn about(page: &Page<'_>, out: &mut Markup) {
    let manifest = page.manifest;
    out.raw(
        "<section id=\"run\" class=\"long\">\n<h2>The run, and how to repeat it</h2>\n<dl class=\"facts\">\n",
    );
    let machine = &manifest.machine;
    let facts = [
        ("target", manifest.target.clone()),
        ("started", manifest.started_at_utc.clone()),
        ("finished", manifest.finished_at_utc.clone().unwrap_or_else(|| "not known".to_owned())),
        ("claque", manifest.claque.version.clone()),
        ("machine", format!("{} {}, {} processors", machine.os, machine.arch, machine.cpus)),
        ("seed", manifest.seed.to_string()),
    ];
    for (name, value) in facts {
        out.element("dt", name).element("dd", &value).raw("\n");
    }
    out.raw("</dl>\n");
    repeat(page, out);
    documents(&manifest.document_ids, out);
    out.raw("</section>\n</main>\n<footer>Every figure is defined in docs/metrics.md of claque; the facts behind them lie beside this file, in run.json and the Parquet files. This page asks nobody for anything.</footer>\n");
}

fn repeat(page: &Page<'_>, out: &mut Markup) {
    let Some(toml) = scenario_toml(&page.manifest.scenario) else { return };
    let verb = if is_virtual(page) { "simulate" } else { "run" };
    out.raw("<p>Save the scenario and give it to claque; settings that it does not name are claque's own.</p>\n<pre tabindex=\"0\">");
    out.words(&format!("claque {verb} --scenario scenario.toml"));
    if page.manifest.scenario.get("base_url").is_some() {
        out.words(" --env-file test.env");
    }
    out.raw("</pre>\n<details><summary>scenario.toml</summary>\n<pre id=\"scenario\" tabindex=\"0\">")
        .words(&toml);
    out.raw("</pre>\n<p><a class=\"button\" data-save=\"scenario\" download=\"scenario.toml\">Download scenario.toml</a></p></details>\n");
}

/// The scenario as a file; none if it has none, as an imported run.
pub(crate) fn scenario_toml(scenario: &Value) -> Option<String> {
    let mut settings = scenario.as_object()?.clone();
    // That is the verb's.
    settings.remove("time");
    if settings.is_empty() || settings.contains_key("imported") {
        return None;
    }
    toml::to_string(&settings).ok()
}

fn documents(ids: &[String], out: &mut Markup) {
    /// Enough to find one's way; the rest is in run.json.
    const MOST: usize = 50;
    if ids.is_empty() {
        return;
    }
    out.raw("<details><summary>Documents made for the run</summary>\n<pre tabindex=\"0\">");
    for id in ids.iter().take(MOST) {
        out.words(id).raw("\n");
    }
    if ids.len() > MOST {
        out.words(&format!("and {} more", ids.len() - MOST));
    }
    out.raw("</pre></details>\n");
}
