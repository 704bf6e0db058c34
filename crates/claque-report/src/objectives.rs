//! Objectives and what came of them, in words.

use claque_stats::{
    objective::{ObjectiveResult, ObjectiveUnit, SampleBound, Side},
    units::{NOT_MEASURED, counted, grouped, time},
    values_for_quantile,
};
use claque_store::finished::Finished;

use crate::{figures::ratio, words::one_line};

/// Objectives of a run that came to no end: nobody can say whether they were reached.
pub(super) fn unjudged(run: &Finished) -> Vec<String> {
    let asked = run.heading.scenario.get("objectives").and_then(serde_json::Value::as_array);
    let words = asked.into_iter().flatten().filter_map(serde_json::Value::as_str);
    if run.objectives.is_empty() {
        words.map(|words| format!("objective {}: the run did not come to its end", one_line(words))).collect()
    } else {
        Vec::new()
    }
}

/// "1.20 s", "never: 3 of 20 values missing", "N/A"; and what that shows of more than this sample.
pub(super) fn found(result: &ObjectiveResult) -> String {
    let figure = figure(result);
    match &result.sample {
        Some(sample) if result.met || result.not_shown => {
            let standing = match (sample.shown, result.not_shown) {
                (true, _) => "shown",
                (false, true) => "not shown",
                (false, false) => "met in the sample",
            };
            format!("{figure}; {standing}: {}", shows(sample, result.unit))
        }
        Some(_) | None => figure,
    }
}

fn figure(result: &ObjectiveResult) -> String {
    let all = result.measured + result.missing;
    match result.value {
        Some(value) => {
            let mut words = in_unit(value, result.unit);
            if let Some(percentile) = result.sample.and_then(|sample| sample.percentile)
                && result.max_instead
            {
                let needed = grouped(values_for_quantile(hundred_thousandths(percentile)));
                let of = counted(all, "value");
                words.push_str(&format!(" (the max of {of}; a p{percentile} takes {needed})"));
            }
            match result.missing {
                0 => words,
                missing => format!("{words}, with {} of {} missing", grouped(missing), counted(all, "value")),
            }
        }
        None if result.missing > 0 => {
            format!("never: {} of {} missing", grouped(result.missing), counted(all, "value"))
        }
        None => NOT_MEASURED.to_owned(),
    }
}

/// "5 of 5 shows at least 47.8 % (95 %, two-sided); it takes 368 without a miss to show it".
fn shows(sample: &SampleBound, unit: ObjectiveUnit) -> String {
    let side = match sample.side {
        Side::AtLeast => "at least",
        Side::AtMost => "at most",
    };
    let values = counted(sample.of, "value");
    let mut words = match (sample.percentile, sample.bound) {
        (None, bound) => {
            let bound = bound.map_or_else(|| NOT_MEASURED.to_owned(), |bound| share(bound, sample.side));
            format!("{} of {} shows {side} {bound}", grouped(sample.part), grouped(sample.of))
        }
        (Some(percentile), Some(bound)) => {
            format!("{values} show a p{percentile} of {side} {}", in_unit(bound, unit))
        }
        (Some(percentile), None) if sample.needs.is_some_and(|needs| needs <= sample.of) => {
            format!("the p{percentile} may lie among what is missing")
        }
        (Some(percentile), None) => format!("{values} bound no p{percentile}"),
    };
    words.push_str(&format!(" ({} %, two-sided)", sample.confidence_pct));
    if !sample.shown {
        match sample.needs {
            Some(needs) if needs > sample.of => {
                words.push_str(&format!("; it takes {} without a miss to show it", grouped(needs)));
            }
            Some(_) => {}
            None => words.push_str("; no sample shows it"),
        }
    }
    words
}

/// Rounded to the side on which it is true, and finer near the ends.
fn share(percent: f64, side: Side) -> String {
    let (digits, scale) = if (5.0..=95.0).contains(&percent) { (1, 10.0) } else { (2, 100.0) };
    let scaled = percent * scale;
    // A bound of exactly 100 or 0 stays one.
    let rounded = match side {
        Side::AtLeast => (scaled + 1e-9).floor(),
        Side::AtMost => (scaled - 1e-9).ceil(),
    };
    format!("{:.digits$} %", rounded / scale)
}

fn hundred_thousandths(percentile: f64) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a percentile lies between 0 and 100, and was typed to a thousandth"
    )]
    let whole = (percentile * 1_000.0).round() as u32;
    whole
}

/// "met", "NOT SHOWN" or "MISSED".
pub(super) const fn word(result: &ObjectiveResult) -> &'static str {
    match (result.met, result.not_shown) {
        (true, _) => "met",
        (false, true) => "NOT SHOWN",
        (false, false) => "MISSED",
    }
}

fn in_unit(value: f64, unit: ObjectiveUnit) -> String {
    match unit {
        ObjectiveUnit::Ms => time(value),
        ObjectiveUnit::Pct => format!("{value:.2} %"),
        ObjectiveUnit::Count => number(value),
        ObjectiveUnit::Ratio => ratio(value),
    }
}

/// A count, which may be a mean of counts.
fn number(value: f64) -> String {
    if value.fract().abs() < 1e-9 { format!("{value:.0}") } else { format!("{value:.2}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_rounded_to_the_side_on_which_they_are_true() {
        assert_eq!(share(47.817, Side::AtLeast), "47.8 %");
        assert_eq!(share(47.817, Side::AtMost), "47.9 %");
        assert_eq!(share(99.076, Side::AtLeast), "99.07 %");
        assert_eq!(share(0.301, Side::AtMost), "0.31 %");
        assert_eq!(
            (share(100.0, Side::AtMost), share(0.0, Side::AtLeast)),
            ("100.00 %".into(), "0.00 %".into())
        );
    }
}
