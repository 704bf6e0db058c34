//! Where the waiting of a run comes from, as text and as JSON.

mod before;
mod limits;
mod model;
mod text;

use std::path::Path;

use claque_core::time::{Instant, Speed};
use claque_stats::{
    Reason, Validity, Verdict,
    explain::{Explanation, ExplanationBuilder, ReplayTerms},
};
use claque_store::{Manifest, expects_streams, expects_turns};
use serde::Serialize;

pub use self::model::{Improved, Interval, ModelExplanation, model_to_json, model_to_text};
use self::{before::BeforeFirstStall, limits::ModelLimit};
use crate::{
    ReportError,
    error::encoded,
    paint::Paint,
    series::select,
    version::{FORMAT_VERSION, Version},
};

/// Which run of a search for a capacity is told of.
#[derive(Clone, Debug, Serialize)]
pub struct FailingRun {
    /// The folder of the search.
    pub capacity_folder: String,
    /// Listeners of the run: the first number that failed.
    pub users: u32,
}

/// Where the waiting of a run comes from, and what it is told with.
#[derive(Debug, Serialize)]
pub struct RunExplanation {
    format_version: u32,
    claque: Version,
    kind: &'static str,
    run_folder: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    capacity: Option<FailingRun>,
    target: String,
    time: &'static str,
    partial: bool,
    streams: bool,
    validity: Validity,
    reasons: Vec<Reason>,
    #[serde(flatten)]
    explanation: Explanation,
    service: Vec<ModelLimit>,
    #[serde(skip_serializing_if = "Option::is_none")]
    before_first_stall: Option<BeforeFirstStall>,
}

/// Reads the facts of the run in `folder`; `verdict` is what they are worth, and `failing` says what the run is in a search.
///
/// # Errors
/// It cannot be read.
pub fn of_run(
    folder: &Path,
    manifest: Manifest,
    verdict: Verdict,
    failing: Option<FailingRun>,
) -> Result<RunExplanation, ReportError> {
    let scenario = &manifest.scenario;
    let is_stream = expects_streams(scenario) || expects_turns(scenario);
    let mut builder = ExplanationBuilder::new(is_stream, replay_terms(&manifest));
    if expects_turns(scenario) {
        builder.expect_turns();
    }
    let mut first_stall: Option<Instant> = None;
    claque_store::for_each_listener(folder, &manifest, |facts| {
        let is_in = |at| manifest.window.is_none_or(|window| window.holds(at));
        if facts.intended_at().is_none_or(is_in) {
            builder.add(&facts.blocks, &facts.stalls, facts.session.as_ref());
            let began = facts.stalls.iter().map(|stall| stall.began_at);
            first_stall = first_stall.into_iter().chain(began).min();
        }
        Ok(())
    })?;
    let series = select(&claque_store::series_of(folder, &manifest)?);
    let is_virtual = scenario.get("time").and_then(serde_json::Value::as_str) == Some("virtual");
    Ok(RunExplanation {
        format_version: FORMAT_VERSION,
        claque: Version::OURS,
        kind: "explanation",
        run_folder: folder.display().to_string(),
        capacity: failing,
        time: if is_virtual { "virtual" } else { "real" },
        partial: manifest.partial,
        streams: is_stream,
        validity: verdict.validity(),
        reasons: verdict.reasons,
        explanation: builder.finish(),
        service: limits::of(manifest.service_load.as_ref()),
        before_first_stall: first_stall.and_then(|stall| BeforeFirstStall::of(&series, stall)),
        target: manifest.target,
    })
}

/// The explanation as text, ended by a newline.
pub fn to_text(told: &RunExplanation, paint: Paint) -> String {
    text::document(told, paint)
}

/// The explanation as one JSON document, ended by a newline.
///
/// # Errors
/// Never, as long as every key is a text.
pub fn to_json(told: &RunExplanation) -> Result<String, ReportError> {
    encoded("the explanation", told)
}

/// How blocks were played, where the scenario says so.
fn replay_terms(manifest: &Manifest) -> Option<ReplayTerms> {
    let min_buffer = manifest.scenario.get("min_buffer").and_then(serde_json::Value::as_u64)?;
    let thousandths = (manifest.config.speed * 1_000.0).round();
    let speed = (1..=100_000).find(|&speed| f64::from(speed) >= thousandths)?;
    Some(ReplayTerms {
        speed: Speed::from_thousandths(speed)?,
        min_buffer: usize::try_from(min_buffer).ok()?,
    })
}
