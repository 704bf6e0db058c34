//! What must be reached, where that is told, and when a run is given up.

use std::{ops::RangeInclusive, path::PathBuf};

use claque_stats::objective::{AbortRule, Objective, ObjectiveError};

use super::{
    UsageError,
    settings::Judging,
    told_files::writable,
    wish::{Source, Wish},
    wishes::Wishes,
};
use crate::cli::ObjectiveFlags;

/// Confidences that can be demanded, in percent: less is a coin that is tossed, more needs samples that nobody has.
pub(super) const CONFIDENCE: RangeInclusive<f64> = 50.0..=99.9;

/// Decides what is judged.
pub(super) fn judging(
    flags: ObjectiveFlags,
    markdown: Option<PathBuf>,
    wishes: &mut Wishes,
    source: &Source,
) -> Result<Judging, UsageError> {
    lay(&mut wishes.objectives, flags.objective);
    let objectives = parse_all(wishes.objectives.as_ref(), ["objective", "objectives"], source, |line| {
        Objective::parse(line)
    })?;
    let objectives = match &wishes.confidence {
        None => objectives,
        Some(wish) => {
            let demanded = source.within(Some(wish), "confidence", CONFIDENCE, wish.value)?;
            objectives.into_iter().map(|objective| objective.with_confidence(demanded)).collect()
        }
    };
    Ok(Judging { objectives, junit: writable(flags.junit, "junit")?, markdown })
}

/// Decides when a run is given up.
pub(super) fn abort_rules(
    flags: Vec<String>,
    wishes: &mut Wishes,
    source: &Source,
) -> Result<Vec<AbortRule>, UsageError> {
    lay(&mut wishes.abort_on, flags);
    parse_all(wishes.abort_on.as_ref(), ["abort_on", "abort_on"], source, AbortRule::parse)
}

/// What was typed takes the place of all that the file lists.
fn lay(setting: &mut Option<Vec<Wish<String>>>, flags: Vec<String>) {
    if !flags.is_empty() {
        *setting = Some(flags.into_iter().map(Wish::flag).collect());
    }
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
