//! `claque compare`: runs against runs, a suite against a suite, a capacity against a capacity.

use std::process::ExitCode;

use claque_report::compare::{Answer, Compared};
use claque_stats::compare::Pair;

use crate::{
    compare,
    config::{CompareSettings, OnRegression},
    exit::{INVALID, MISSED, REGRESSION, USAGE},
    report, talk,
};

/// Compares and tells.
///
/// # Errors
/// A run is not there or cannot be read, or a report cannot be written.
pub(crate) fn compare(settings: &CompareSettings) -> anyhow::Result<ExitCode> {
    if let Some(code) = crate::capacity::against::compare(settings)? {
        return Ok(code);
    }
    if let Some(code) = crate::suite::against::compare(settings)? {
        return Ok(code);
    }
    match compare::run(settings)? {
        Answer::Refused(reasons) => {
            for reason in reasons {
                talk::say(&format!("error: {reason}"));
            }
            talk::say(
                "what such runs measured is not the service; --allow-invalid compares them all the same",
            );
            Ok(ExitCode::from(INVALID))
        }
        Answer::Compared(compared) => {
            report::compare::print(&compared, settings)?;
            Ok(exit_code(&compared, settings.regression))
        }
    }
}

/// A regression weighs more than a missed objective; a comparison that could not be made passes no gate.
fn exit_code(compared: &Compared, regression: OnRegression) -> ExitCode {
    let pairs = &compared.comparison.pairs;
    let failing = regression == OnRegression::Fail;
    if failing && pairs.iter().any(Pair::is_regression) {
        ExitCode::from(REGRESSION)
    } else if failing && pairs.iter().any(|pair| pair.not_judged().is_some()) {
        ExitCode::from(USAGE)
    } else if compared.objectives.iter().flatten().any(|result| !result.met) {
        ExitCode::from(MISSED)
    } else if !compared.not_judged.is_empty() {
        ExitCode::from(INVALID)
    } else {
        ExitCode::SUCCESS
    }
}
