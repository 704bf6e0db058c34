//! What every form of the answer says.

use claque_stats::{
    objective::ObjectiveUnit,
    tune::{MeanEstimate, ModelUncertainty, PairedDifference, SettingResult, SettingStatus, TuneEnding},
    units::{NOT_MEASURED, counted, grouped, time},
};

use super::TuneReport;
use crate::words::{one_line, sentence};

/// The answer in one line.
pub(super) fn headline(told: &TuneReport<'_>) -> String {
    let answer = told.answer;
    match (&answer.ending, &answer.winner) {
        (TuneEnding::Stopped, None) => "stopped before a setting was confirmed".to_owned(),
        (TuneEnding::OutOfRuns, None) => "undecided: no setting was confirmed in so few runs".to_owned(),
        (TuneEnding::Untrusted(_), _) => "INVALID: no run measures the service".to_owned(),
        (_, Some(winner)) => setting(told, winner),
        (TuneEnding::Confirmed | TuneEnding::NoneShown, None) => {
            "no setting is shown to meet the objectives".to_owned()
        }
    }
}

/// "workers=5 threshold_seconds=10".
pub(super) fn setting(told: &TuneReport<'_>, result: &SettingResult) -> String {
    let value = |at: usize, place: u32| {
        let dimension = told.dimensions.get(at)?;
        let value = usize::try_from(place).ok().and_then(|place| dimension.values.get(place))?;
        Some(format!("{}={}", dimension.short, one_line(value)))
    };
    let pairs = result.places.iter().enumerate().filter_map(|(at, place)| value(at, *place));
    pairs.collect::<Vec<_>>().join(" ")
}

/// "0.1 an hour (the same in every run)", "0.143 an hour (0.141 to 0.145)".
pub(super) fn cost(cost: &MeanEstimate) -> String {
    cost.mean.map_or_else(
        || NOT_MEASURED.to_owned(),
        |mean| format!("{} an hour ({})", price(mean), interval(cost, price)),
    )
}

/// Three digits of a number, or all of a whole one.
pub(super) fn price(value: f64) -> String {
    let behind = match value.abs() {
        size if size >= 99.95 || size <= 0.0 => 0,
        size if size >= 9.995 => 1,
        size if size >= 0.9995 => 2,
        size if size >= 0.09995 => 3,
        size if size >= 0.009_995 => 4,
        size if size >= 0.000_999_5 => 5,
        _ => 8,
    };
    let text = format!("{value:.behind$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A figure of an objective.
pub(super) fn figure(unit: ObjectiveUnit, value: f64) -> String {
    match unit {
        ObjectiveUnit::Ms => time(value),
        ObjectiveUnit::Pct => format!("{value:.1} %"),
        ObjectiveUnit::Count | ObjectiveUnit::Ratio => price(value),
    }
}

/// A difference of two figures, with its sign.
pub(super) fn signed(unit: ObjectiveUnit, value: f64) -> String {
    let sign = if value < 0.0 { "-" } else { "+" };
    match unit {
        ObjectiveUnit::Pct => format!("{sign}{} points", price(value.abs())),
        ObjectiveUnit::Ms | ObjectiveUnit::Count | ObjectiveUnit::Ratio => {
            format!("{sign}{}", figure(unit, value.abs()))
        }
    }
}

/// "1.15 s to 1.26 s", or why there is none.
pub(super) fn interval(estimate: &MeanEstimate, told: impl Fn(f64) -> String) -> String {
    match estimate.interval {
        Some((low, high)) => format!("{} to {}", told(low), told(high)),
        None if estimate.measured == 0 => "measured in no run".to_owned(),
        None if estimate.measured < estimate.of => {
            format!("measured in {} of {} runs", estimate.measured, estimate.of)
        }
        None if estimate.is_the_same_in_all() && estimate.of > 1 => "the same in every run".to_owned(),
        None => "too few for an interval".to_owned(),
    }
}

/// "mean 1.2 s (1.15 s to 1.26 s)".
pub(super) fn mean(unit: ObjectiveUnit, estimate: &MeanEstimate) -> String {
    let words = interval(estimate, |value| figure(unit, limited(unit, value)));
    estimate
        .mean
        .map_or_else(|| format!("N/A ({words})"), |mean| format!("mean {} ({words})", figure(unit, mean)))
}

/// The part of an interval in which a figure can be: the mean of all runs is in neither of the parts that go.
fn limited(unit: ObjectiveUnit, value: f64) -> f64 {
    let most = if unit == ObjectiveUnit::Pct { 100.0 } else { f64::INFINITY };
    value.clamp(0.0, most)
}

/// "108 of 108 runs: at least 96.6 %".
pub(super) fn met(result: &SettingResult) -> String {
    let (low, high) = result.met_pct;
    format!(
        "{} of {}: {low:.1} to {high:.1} %",
        grouped(result.met.into()),
        counted(result.runs.into(), "run")
    )
}

pub(super) const fn status(status: SettingStatus) -> &'static str {
    match status {
        SettingStatus::Confirmed => "confirmed",
        SettingStatus::Shown => "met",
        SettingStatus::Missed => "missed",
        SettingStatus::NotShown => "not shown",
    }
}

/// "+0.02 (exact)", "-1.2 s (-1.4 s to -1.0 s)", "no difference shown (...)".
pub(super) fn difference(paired: &PairedDifference, told: impl Fn(f64) -> String) -> String {
    let estimate = &paired.difference;
    let Some(mean) = estimate.mean else { return "N/A".to_owned() };
    if estimate.is_the_same_in_all() {
        return if mean == 0.0 {
            "none in any run".to_owned()
        } else {
            format!("{} in every run", told(mean))
        };
    }
    let words = match estimate.interval {
        Some((low, high)) => format!("{} to {}", told(low), told(high)),
        None => interval(estimate, &told),
    };
    let unclear = if estimate.interval.is_some() && !paired.is_shown { ", not shown" } else { "" };
    format!("{} ({words}{unclear})", told(mean))
}

/// What can be quoted: what was found, how sure it is, and what was not looked at.
pub(super) fn paragraph(told: &TuneReport<'_>) -> String {
    let (answer, terms) = (told.answer, told.terms);
    let looked = if answer.looked_at < answer.settings {
        format!(
            "{} of {} settings were looked at, a sample and what is near its best, so that a cheaper one may have been passed by",
            grouped(answer.looked_at),
            grouped(answer.settings)
        )
    } else {
        format!("All {} settings were looked at", grouped(answer.settings))
    };
    let asked = format!(
        "at least {} % of its runs meet every objective, with {} % confidence",
        terms.reliability_pct, terms.confidence_pct
    );
    let found = found(told, &asked, &looked);
    let found = match (&answer.ending, &answer.winner) {
        (TuneEnding::Stopped, Some(_)) => {
            format!(
                "{found} The search was stopped after that: what is told of other settings is unfinished."
            )
        }
        _ => found,
    };
    let dearer = &answer.unconfirmed;
    if dearer.is_empty() {
        return found;
    }
    let names: Vec<_> = dearer
        .iter()
        .map(|one| format!("{} ({} of {})", setting(told, &one.result), one.result.met, one.result.runs))
        .collect();
    format!("{found} Seemed good in the search and was not confirmed with fresh seeds: {}.", names.join("; "))
}

/// What was found: `asked` is what was to be shown, `looked` what was looked at.
fn found(told: &TuneReport<'_>, asked: &str, looked: &str) -> String {
    let answer = told.answer;
    match (&answer.ending, &answer.winner) {
        (_, Some(winner)) => {
            let beside = match answer.cheaper_not_missed {
                _ if answer.cheaper == 0 => "None of them is cheaper".to_owned(),
                0 => "Every cheaper one of them missed".to_owned(),
                some => format!(
                    "{} of the {} cheaper ones missed, and of the others that is not shown",
                    grouped(answer.cheaper - some),
                    grouped(answer.cheaper)
                ),
            };
            format!(
                "The cheapest setting found of which it is shown that {asked}: of {} with seeds that the search had not seen ({} to {}) {} met them. \
                 {looked}. {beside}.",
                counted(winner.runs.into(), "run"),
                answer.fresh_seed.unwrap_or_default(),
                answer.fresh_seed.unwrap_or_default() + u64::from(winner.runs.saturating_sub(1)),
                grouped(winner.met.into()),
            )
        }
        (TuneEnding::Untrusted(why), None) => {
            format!("No run of any setting measures the service: {}.", sentence(why))
        }
        (TuneEnding::Stopped, None) => {
            format!("The search was stopped. {looked}, as far as it came; nothing is confirmed.")
        }
        (TuneEnding::OutOfRuns, None) => format!(
            "{} were made and none is left (--max-runs), before it was shown of a setting that {asked}. {looked}.",
            counted(answer.runs.into(), "run")
        ),
        (TuneEnding::NoneShown | TuneEnding::Confirmed, None) => {
            let open = answer.looked_at.saturating_sub(answer.missed);
            let how = if open == 0 {
                "each of them missed".to_owned()
            } else {
                format!(
                    "{} missed, and of {} it is neither shown nor ruled out",
                    grouped(answer.missed),
                    grouped(open)
                )
            };
            format!("Of no setting it is shown that {asked}. {looked}: {how}.")
        }
    }
}

/// How far the numbers go.
pub(super) const fn uncertainty(told: &TuneReport<'_>) -> &'static str {
    match told.uncertainty {
        ModelUncertainty::Drawn => {
            "Intervals are of chance, and of how far the calibration may be off: each run has another model that its intervals leave possible, \
             every constant drawn for itself. What the model does not know at all is in none of them."
        }
        ModelUncertainty::NotDrawn => {
            "Intervals are of chance alone, other seeds of the same model: what the calibration fitted is set to something else here. They do \
             not hold how far the model itself may be off."
        }
        ModelUncertainty::Unknown => {
            "Intervals are of chance alone, other seeds of the same model. They do not hold how far the model itself may be off, which a model \
             file of claque calibrate would tell."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits_and_no_zeros_behind() {
        let told = [0.0, 1_234.4, 10.0, 9.999, 1.234_5, 0.1, 0.143_21, 0.02, 0.001_234_5, -0.04].map(price);
        assert_eq!(told, ["0", "1234", "10", "10", "1.23", "0.1", "0.143", "0.02", "0.00123", "-0.04"]);
    }
}
