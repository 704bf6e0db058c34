//! Files of arrivals: stages of rates, and moments.
//!
//! Both are plain text with one entry a line. What follows a `#` is a remark; empty lines are passed over.

use thiserror::Error;

use super::{MOST_LISTENERS, Rate, RateProfile, RateStage};
use crate::{
    span::parse_span,
    time::{Duration, Instant, duration_nanos},
};

/// What is wrong with a file of arrivals, and where.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line}: {what}")]
pub struct ArrivalFileError {
    /// From 1; the last line where the whole file is at fault.
    pub line: usize,
    /// What, with the remedy.
    pub what: String,
}

/// Reads stages, one a line: how long, and the rate, or the rates from which and to which it goes evenly.
///
/// ```text
/// 5min  0/min..30/min
/// 20min 30/min
/// ```
///
/// After the last stage nobody comes any more.
///
/// # Errors
/// A line is something else, there is none, or nobody comes by any.
pub fn parse_stages(text: &str) -> Result<RateProfile, ArrivalFileError> {
    let mut stages = Vec::new();
    for (line, entry) in entries(text) {
        let wrong = |what: String| ArrivalFileError { line, what };
        let Some((over, rates)) = entry.split_once(char::is_whitespace) else {
            return Err(wrong(format!("`{entry}` is no stage; write `5min 12/min` or `5min 1/min..12/min`")));
        };
        let over = parse_span(over).map_err(|error| wrong(format!("{error}; write one such as `5min`")))?;
        if over.is_zero() {
            return Err(wrong("a stage of no length; give it a time".to_owned()));
        }
        let (from, to) = rates.trim().split_once("..").unwrap_or((rates.trim(), rates.trim()));
        let rate = |text: &str| text.trim().parse::<Rate>().map_err(wrong);
        stages.push(RateStage { from: rate(from)?, to: rate(to)?, over });
    }
    if stages.iter().all(|stage| stage.from.as_per_second().max(stage.to.as_per_second()) <= 0.0) {
        let what = "nobody comes by these stages; give one a rate above 0".to_owned();
        return Err(ArrivalFileError { line: text.lines().count().max(1), what });
    }
    Ok(RateProfile::new(&stages, None))
}

/// Reads the moments at which listeners come, one a line and in their order: seconds since the run's start as a decimal number (`12.5`), or a
/// length with its unit (`90s`, `2min`).
///
/// # Errors
/// A line is something else, or earlier than the one before; there is none, or there are too many.
pub fn parse_trace(text: &str) -> Result<Vec<Instant>, ArrivalFileError> {
    let mut starts: Vec<Instant> = Vec::new();
    for (line, entry) in entries(text) {
        let wrong = |what: String| ArrivalFileError { line, what };
        let start = moment(entry).ok_or_else(|| {
            wrong(format!("`{entry}` is no moment within a day; write seconds such as `12.5`, or `2min`"))
        })?;
        if starts.last().is_some_and(|last| start < *last) {
            return Err(wrong(format!("`{entry}` is before the line above it; sort the file")));
        }
        if u32::try_from(starts.len()).is_ok_and(|count| count >= MOST_LISTENERS) {
            return Err(wrong(format!("more than {MOST_LISTENERS} listeners; give fewer")));
        }
        starts.push(start);
    }
    if starts.is_empty() {
        let what = "nobody comes; give a moment a line".to_owned();
        return Err(ArrivalFileError { line: text.lines().count().max(1), what });
    }
    Ok(starts)
}

fn moment(entry: &str) -> Option<Instant> {
    let with_unit = |text: &str| parse_span(text).ok();
    let span: Duration = with_unit(entry).or_else(|| with_unit(&format!("{entry}s")))?;
    Some(Instant::from_nanos(duration_nanos(span)))
}

/// Lines that say something, with their numbers.
fn entries(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let said = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    (1..).zip(said).filter(|(_, entry)| !entry.is_empty())
}
