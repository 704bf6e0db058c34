//! The plan of a suite, before anything is done.

use std::time::Duration;

use claque_stats::units::{counted, time};
use serde::Serialize;

use crate::{ReportError, error::encoded, version::Version};

/// A run that is to be made.
#[derive(Debug, Serialize)]
pub struct PlannedRun<'a> {
    /// The scenario's name.
    pub scenario: &'a str,
    /// Which repeat of it, from 1.
    pub repeat: u32,
    /// The root of its randomness.
    pub seed: u64,
    /// The time that its listeners listen, if nobody waits for anything.
    #[serde(rename = "seconds", serialize_with = "as_seconds")]
    pub listening: Duration,
}

#[derive(Serialize)]
struct Document<'a> {
    format_version: u32,
    claque: Version,
    kind: &'static str,
    name: &'a str,
    /// If nobody waits for anything, with the rests.
    seconds: f64,
    runs: &'a [PlannedRun<'a>],
}

/// The runs of the suite called `name` in their order, as one JSON document, ended by a newline. `total` is the time of all and of
/// the rests between them.
///
/// # Errors
/// Never, as long as every key is a text.
pub fn plan_to_json(name: &str, runs: &[PlannedRun<'_>], total: Duration) -> Result<String, ReportError> {
    let (format_version, kind, seconds) = (1, "suite-plan", total.as_secs_f64());
    encoded("the plan", &Document { format_version, claque: Version::OURS, kind, name, seconds, runs })
}

/// The same as a table, ended by a newline.
pub fn plan_to_text(runs: &[PlannedRun<'_>], total: Duration) -> String {
    let width = runs.iter().map(|run| run.scenario.chars().count()).max().unwrap_or(0).max("scenario".len());
    let mut text = format!("  run  {:width$}  repeat              seed  listening\n", "scenario");
    for (place, run) in (1..).zip(runs) {
        let PlannedRun { scenario, repeat, seed, listening } = run;
        let listening = millis(*listening);
        text.push_str(&format!("{place:5}  {scenario:width$}  {repeat:6}  {seed:>16}  {listening:>9}\n"));
    }
    let count = counted(u64::try_from(runs.len()).unwrap_or(u64::MAX), "run");
    let about = millis(total);
    text.push_str(&format!("\n{count}, {about} with the rests between them, if nobody waits for anything\n"));
    text
}

fn millis(span: Duration) -> String {
    time(span.as_secs_f64() * 1_000.0)
}

fn as_seconds<S: serde::Serializer>(span: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(span.as_secs_f64())
}
