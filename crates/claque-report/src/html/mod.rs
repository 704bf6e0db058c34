//! `report.html`: a run as one page for people, in one file that asks nobody for anything.
//!
//! `picture` computes what is drawn, `sections` writes the words and tables, the assets draw. Words of the service
//! reach the page only through `markup`, which escapes them; the page's policy lets no script run but ours.

mod live;
mod markup;
mod picture;
mod sections;
mod shell;
#[cfg(test)]
mod tests;

use std::path::Path;

use claque_core::{
    ids::ListenerId,
    time::{Instant, MediaTime, Speed},
};
use claque_stats::{GapStretch, Summary, Verdict, window::WindowFigures};
use claque_store::{HeardFound, Manifest, ServiceLoad, timeline::Listening};
use serde::Serialize;

pub use self::live::live;
pub(crate) use self::{markup::Markup, shell::document};
use self::{
    picture::{Frame, Painter, Picture, StartBuffer},
    shell::{Asks, Shell},
};
use crate::{
    ReportError,
    series::{Drawn, Selection, select},
};

/// The file's name in a run folder.
pub const FILE: &str = "report.html";

const SCRIPTS: [&str; 6] = [
    include_str!("assets/base.js"),
    include_str!("assets/time.js"),
    include_str!("assets/audience.js"),
    include_str!("assets/heard.js"),
    include_str!("assets/series.js"),
    include_str!("assets/plots.js"),
];

/// A run with all that its page tells.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page<'a> {
    /// The name of its folder.
    pub(crate) name: &'a str,
    pub(crate) manifest: &'a Manifest,
    pub(crate) summary: &'a Summary,
    pub(crate) verdict: &'a Verdict,
    /// What a listener heard, where somebody wanted to know.
    pub(crate) heard: Option<&'a HeardFound>,
    /// What others told that is drawn.
    pub(crate) series: &'a Selection,
}

/// What the scripts read.
#[derive(Serialize)]
struct Data<'a> {
    /// The start buffer the run was played with.
    min_buffer: Option<u64>,
    load: Option<&'a ServiceLoad>,
    /// Stretches in which claque itself did not run.
    gaps: &'a [GapStretch],
    /// Whom the figures are about, if not everybody; outside of it plots over time are shaded.
    window: Option<WindowFigures>,
    /// When the file that can be heard begins and how long it is.
    heard_file: Option<HeardFile>,
    /// What others told.
    series: Vec<SeriesData<'a>>,
    #[serde(flatten)]
    picture: &'a Picture,
}

/// A figure of others at equal distances from the run's start on.
#[derive(Clone, Copy, Debug, Serialize)]
struct SeriesData<'a> {
    name: &'a str,
    unit: &'a str,
    source: &'a str,
    cell_ms: f64,
    values: &'a [Option<f64>],
}

/// Where a file lies in the run's time.
#[derive(Clone, Copy, Debug, Serialize)]
struct HeardFile {
    from_ms: f64,
    length_ms: f64,
}

impl<'a> SeriesData<'a> {
    fn of(drawn: &'a Drawn) -> Self {
        let Drawn { name, unit, source, levels, .. } = drawn;
        Self { name, unit, source, cell_ms: levels.cell.as_secs_f64() * 1_000.0, values: &levels.values }
    }
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
        // Where those who ended were replaced there are more than came at first, and the pictures are of all.
        let left_out = self.summary.window.map_or(0, |window| window.listeners_left_out);
        let listeners = u64::from(config.users).max(self.summary.listeners.intended + left_out);
        // Saved as thousandths in the first place.
        let thousandths = (config.speed * 1_000.0).round();
        let speed =
            (1..=100_000).find(|&speed| f64::from(speed) >= thousandths).and_then(Speed::from_thousandths);
        let speed = speed.unwrap_or(Speed::NORMAL);
        let takes_turns = claque_store::expects_turns(&self.manifest.scenario);
        Frame {
            horizon,
            speed,
            listeners,
            blocks: listeners * u64::from(config.blocks_per_user),
            listening: if takes_turns { Listening::Turns(speed) } else { Listening::Straight },
            start_buffer: self.start_buffer(),
            window: self.manifest.window,
            heard: self.manifest.heard.as_ref().map(|heard| ListenerId(heard.listener)),
        }
    }

    fn start_buffer(&self) -> StartBuffer {
        let said = |key| self.manifest.scenario.get(key);
        let blocks = said("min_buffer").and_then(serde_json::Value::as_u64);
        if let Some(blocks) = blocks.and_then(|blocks| usize::try_from(blocks).ok()) {
            return StartBuffer::Blocks(blocks);
        }
        // As a scenario has it: "200ms".
        let media = said("start_buffer").and_then(serde_json::Value::as_str);
        let ms = media.and_then(|text| text.strip_suffix("ms")?.parse::<f64>().ok());
        let length = ms.and_then(|ms| claque_core::time::Duration::try_from_secs_f64(ms / 1_000.0).ok());
        length.map_or(StartBuffer::Unknown, |length| {
            StartBuffer::Media(MediaTime::from_nanos(claque_core::time::duration_nanos(length)))
        })
    }

    /// The whole file, with a picture drawn of the run's facts.
    ///
    /// # Errors
    /// Never, as long as every key is a text.
    pub(crate) fn write(&self, picture: &Picture) -> Result<String, ReportError> {
        let min_buffer = self.manifest.scenario.get("min_buffer").and_then(serde_json::Value::as_u64);
        let load = self.manifest.service_load.as_ref();
        let gaps = self.summary.generator_gap.as_ref().map_or(&[][..], |gap| &gap.stretches);
        let heard_file = self
            .manifest
            .heard
            .as_ref()
            .map(|heard| HeardFile { from_ms: heard.from_ms, length_ms: heard.length_ms });
        let window = self.summary.window;
        let series = self.series.drawn.iter().map(SeriesData::of).collect();
        let data =
            serde_json::to_string(&Data { min_buffer, load, gaps, window, heard_file, series, picture })
                .map_err(|source| ReportError::Encode { what: "the figures of the report", source })?;
        let shell = Shell { title: &format!("claque: {}", self.name), scripts: &SCRIPTS, asks: Asks::Nobody };
        Ok(shell.write(&data, |page| sections::all(self, picture, page)))
    }
}

/// The page of the run in `folder`.
///
/// # Errors
/// There is no run, or it cannot be read.
pub fn page_of(folder: &Path) -> Result<String, ReportError> {
    let manifest = claque_store::open_manifest(folder)?;
    let summary = match &manifest.summary {
        Some(summary) => summary.clone(),
        None => claque_store::open(folder)?.recompute(),
    };
    let verdict = manifest.verdict.clone().map_or_else(|| Verdict::judge(&summary), Verdict::from);
    let verdict = manifest.worth(verdict);
    let name = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let name = name.file_name().map_or_else(|| "run".into(), |name| name.to_string_lossy());
    let heard = claque_store::heard_audio(folder, &manifest)?;
    let heard = heard.as_ref();
    let series = &select(&claque_store::series_of(folder, &manifest)?);
    let page = Page { name: &name, manifest: &manifest, summary: &summary, verdict: &verdict, heard, series };
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
    page.write(&painter.finish())
}
