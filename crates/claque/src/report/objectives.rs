//! Objectives and what came of them, in words.

use claque_stats::objective::{ObjectiveResult, ObjectiveUnit};

use super::units::{NOT_MEASURED, counted, grouped, time};

/// "is 1.20 s", "never came: 3 of 20 values are missing", "N/A".
pub(super) fn found(result: &ObjectiveResult) -> String {
    let all = result.measured + result.missing;
    match result.value {
        Some(value) => {
            let figure = match result.unit {
                ObjectiveUnit::Ms => time(value),
                ObjectiveUnit::Pct => format!("{value:.2} %"),
                ObjectiveUnit::Count => number(value),
            };
            match result.missing {
                0 => figure,
                missing => {
                    format!("{figure}, with {} of {} missing", grouped(missing), counted(all, "value"))
                }
            }
        }
        None if result.missing > 0 => {
            format!("never: {} of {} missing", grouped(result.missing), counted(all, "value"))
        }
        None => NOT_MEASURED.to_owned(),
    }
}

/// "met" or "MISSED".
pub(super) const fn word(result: &ObjectiveResult) -> &'static str {
    if result.met { "met" } else { "MISSED" }
}

/// A count, which may be a mean of counts.
fn number(value: f64) -> String {
    if value.fract().abs() < 1e-9 { format!("{value:.0}") } else { format!("{value:.2}") }
}
