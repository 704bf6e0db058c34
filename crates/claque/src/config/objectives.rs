//! What must be reached, where that is told, and when a run is given up.

use std::{ops::RangeInclusive, path::PathBuf};

use claque_stats::objective::{AbortRule, Objective, ObjectiveError};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    UsageError,
    groups::Group,
    settings::JudgementSettings,
    told_files::writable,
    wish::{Source, Wish},
    wishes::{Wishes, over, over_all},
};
use crate::cli::{ConfidenceFlag, ObjectiveFlags};

/// What was said about what must be reached and when a run is given up, by the names it has in a scenario.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ObjectiveWishes {
    pub(super) objectives: Option<Vec<Wish<String>>>,
    pub(super) confidence: Option<Wish<f64>>,
    pub(super) abort_on: Option<Vec<Wish<String>>>,
}

impl ObjectiveWishes {
    pub(super) fn lay_confidence(&mut self, flag: &ConfidenceFlag) {
        over(&mut self.confidence, flag.confidence);
    }
}

impl Group for ObjectiveWishes {}

/// Confidences that can be demanded, in percent: less is a coin that is tossed, more needs samples that nobody has.
pub(super) const CONFIDENCE: RangeInclusive<f64> = 50.0..=99.9;

/// Decides what is judged.
pub(super) fn judging(
    flags: ObjectiveFlags,
    markdown: Option<PathBuf>,
    wishes: &mut Wishes,
    source: &Source,
) -> Result<JudgementSettings, UsageError> {
    over_all(&mut wishes.judging.objectives, flags.objective);
    let objectives =
        parse_all(wishes.judging.objectives.as_ref(), ["objective", "objectives"], source, |line| {
            Objective::parse(line)
        })?;
    let objectives = match &wishes.judging.confidence {
        None => objectives,
        Some(wish) => {
            let demanded = source.within(Some(wish), "confidence", CONFIDENCE, wish.value)?;
            objectives.into_iter().map(|objective| objective.with_confidence(demanded)).collect()
        }
    };
    Ok(JudgementSettings { objectives, junit: writable(flags.junit, "junit")?, markdown })
}

/// Decides when a run is given up.
pub(super) fn abort_rules(
    flags: Vec<String>,
    wishes: &mut Wishes,
    source: &Source,
) -> Result<Vec<AbortRule>, UsageError> {
    over_all(&mut wishes.judging.abort_on, flags);
    parse_all(wishes.judging.abort_on.as_ref(), ["abort_on", "abort_on"], source, AbortRule::parse)
}

/// Adds what was decided, by the names a scenario has for it.
pub(super) fn decided(wishes: &Wishes, scenario: &mut Map<String, Value>) {
    let own = &wishes.judging;
    for (key, lines) in [("objectives", &own.objectives), ("abort_on", &own.abort_on)] {
        let lines: Vec<Value> = lines.iter().flatten().map(|line| line.value.as_str().into()).collect();
        scenario.insert(key.to_owned(), if lines.is_empty() { Value::Null } else { lines.into() });
    }
    let confidence = own.confidence.as_ref().map(|wish| wish.value);
    scenario.insert("confidence".to_owned(), confidence.into());
}

fn parse_all<T>(
    wishes: Option<&Vec<Wish<String>>>,
    [flag, key]: [&str; 2],
    source: &Source,
    parse: impl Fn(&str) -> Result<T, ObjectiveError>,
) -> Result<Vec<T>, UsageError> {
    let parse_one = |wish: &Wish<String>| {
        let name = if wish.is_flag() { flag } else { key };
        parse(&wish.value).map_err(|error| source.error(wish, name, error))
    };
    wishes.into_iter().flatten().map(parse_one).collect()
}
