//! `report.html`: a run as one page for people, in one file that asks nobody for anything.
//!
//! [`picture`] computes what is drawn, [`sections`] writes the words and tables, the assets draw. Words of the service
//! reach the page only through [`markup`], which escapes them; the page's policy lets no script run but ours.

mod markup;
mod picture;
mod sections;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use claque_core::time::{Instant, Speed};
use claque_stats::{Summary, Verdict};
use claque_store::Manifest;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

pub(super) use self::markup::Markup;
use self::picture::{Frame, Painter, Picture};

/// The file's name in a run folder.
pub(crate) const FILE: &str = "report.html";

const STYLE: &str = include_str!("assets/style.css");
const SCRIPTS: [&str; 3] =
    [include_str!("assets/base.js"), include_str!("assets/time.js"), include_str!("assets/plots.js")];

/// A run with all that its page tells.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page<'a> {
    /// The name of its folder.
    pub(crate) name: &'a str,
    pub(crate) manifest: &'a Manifest,
    pub(crate) summary: &'a Summary,
    pub(crate) verdict: &'a Verdict,
}

/// What the scripts read.
#[derive(Serialize)]
struct Data<'a> {
    /// The start buffer the run was played with.
    min_buffer: Option<u64>,
    #[serde(flatten)]
    picture: &'a Picture,
}

impl Page<'_> {
    /// How large the picture must be. `last` is the last moment of a run without a summary of its end.
    pub(crate) fn frame(&self, last: Instant) -> Frame {
        let config = &self.manifest.config;
        let wall = self
            .summary
            .wall_ms
            .and_then(|ms| claque_core::time::Duration::try_from_secs_f64(ms / 1_000.0).ok());
        let horizon = wall.map_or(last, |wall| Instant::START + wall).max(Instant::from_millis(1));
        // Saved as thousandths in the first place.
        let thousandths = (config.speed * 1_000.0).round();
        let speed =
            (1..=100_000).find(|&speed| f64::from(speed) >= thousandths).and_then(Speed::from_thousandths);
        Frame {
            horizon,
            speed: speed.unwrap_or(Speed::NORMAL),
            listeners: u64::from(config.users),
            blocks: u64::from(config.users) * u64::from(config.blocks_per_user),
        }
    }

    /// The whole file, with a picture drawn of the run's facts.
    ///
    /// # Errors
    /// Never, as long as every key is a text.
    pub(crate) fn write(&self, picture: &Picture) -> anyhow::Result<String> {
        let min_buffer = self.manifest.scenario.get("min_buffer").and_then(serde_json::Value::as_u64);
        let data = serde_json::to_string(&Data { min_buffer, picture })
            .context("failed to encode the figures of the report")?;
        let script = format!("(() => {{\n\"use strict\";\n{}}})();\n", SCRIPTS.concat());
        let hash = BASE64_STANDARD.encode(Sha256::digest(script.as_bytes()));
        let policy = format!("script-src 'sha256-{hash}'; ");
        Ok(document(&format!("claque: {}", self.name), &policy, "", |page| {
            sections::all(self, picture, page);
            page.raw("<script type=\"application/json\" id=\"data\">");
            // Inside a script nothing ends it but `</script`; without any `<` nothing can.
            page.raw(&data.replace('<', "\\u003c"));
            page.raw("</script>\n<script>");
            page.raw(&script);
            page.raw("</script>\n");
        }))
    }
}

/// A page in one file that asks nobody for anything. `policy` says what else it may do, such as run a script; `style` is
/// added to that of all pages.
pub(super) fn document(title: &str, policy: &str, style: &str, body: impl FnOnce(&mut Markup)) -> String {
    let mut page = Markup::default();
    page.raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    page.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    page.raw(&format!(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         style-src 'unsafe-inline'; {policy}img-src data:; base-uri 'none'; form-action 'none'\">\n"
    ));
    page.raw("<link rel=\"icon\" href=\"data:,\">\n");
    page.element("title", title);
    page.raw("\n<style>\n").raw(STYLE).raw(style).raw("</style>\n</head>\n<body>\n");
    body(&mut page);
    page.raw("</body>\n</html>\n");
    page.into_text()
}

/// Writes the page of the run in `folder`, and says where it is.
///
/// # Errors
/// There is no run, it cannot be read, or the file cannot be written.
pub(crate) fn save_of(folder: &Path) -> anyhow::Result<PathBuf> {
    let manifest = claque_store::open_manifest(folder)?;
    let summary = match &manifest.summary {
        Some(summary) => summary.clone(),
        None => claque_store::open(folder)?.recompute(),
    };
    let verdict = manifest.verdict.clone().map_or_else(|| Verdict::judge(&summary), Verdict::from);
    let name = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let name = name.file_name().map_or_else(|| "run".into(), |name| name.to_string_lossy());
    let page = Page { name: &name, manifest: &manifest, summary: &summary, verdict: &verdict };
    let mut last = Instant::START;
    if summary.wall_ms.is_none() {
        // No session reported an end: only its facts tell how long the run was.
        claque_store::for_each_listener(folder, &manifest, |facts| {
            last = last.max(picture::last_moment(facts).unwrap_or(last));
            Ok(())
        })?;
    }
    let mut painter = Painter::new(page.frame(last));
    claque_store::for_each_listener(folder, &manifest, |facts| {
        painter.add(facts);
        Ok(())
    })?;
    let path = folder.join(FILE);
    let text = page.write(&painter.finish())?;
    std::fs::write(&path, text).with_context(|| format!("failed to write {}", path.display()))?;
    Ok(path)
}
