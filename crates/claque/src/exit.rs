//! Exit codes, documented in the help.

use std::{error::Error, process::ExitCode};

use claque_report::ReportError;
use claque_run::{RunError, usage::UsageError};
use claque_stats::Verdict;
use claque_store::{
    Integrity, StoreError,
    finished::{Finished, FinishedDocuments},
};

/// claque cannot go on.
const FAILED: u8 = 1;
/// A run's figures are told and could not be kept.
const NOT_KEPT: u8 = 1;
/// A run was left at the second Ctrl-C.
pub(crate) const LEFT: u8 = 1;
/// Something stays on a service that should not.
pub(crate) const LEFT_BEHIND: u8 = 1;
/// The order was none, or a gate could not be judged.
pub(crate) const USAGE: u8 = 2;
/// An objective was missed.
pub(crate) const MISSED: u8 = 3;
/// Something got worse.
pub(crate) const REGRESSION: u8 = 4;
/// The figures do not measure the service.
pub(crate) const INVALID: u8 = 5;

/// 2 where something else has to be asked for, also of another run; 5 where the files of a run are not what was written; else 1.
pub(crate) fn of_error(error: &anyhow::Error) -> ExitCode {
    let of_store = |is: fn(&StoreError) -> bool| error.chain().filter_map(store_error).any(is);
    let is_usage = error.is::<UsageError>()
        || matches!(error.downcast_ref(), Some(RunError::Usage(_)))
        || of_store(StoreError::is_of_another_sort);
    let is_changed = of_store(StoreError::is_changed);
    ExitCode::from(if is_usage {
        USAGE
    } else if is_changed {
        INVALID
    } else {
        FAILED
    })
}

/// Also where it was handed on as it is.
fn store_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a StoreError> {
    if let Some(ReportError::Store(error)) = error.downcast_ref() {
        return Some(error);
    }
    if let Some(RunError::Store(error)) = error.downcast_ref() {
        return Some(error);
    }
    error.downcast_ref()
}

/// 0 for a run that can be trusted and reached its objectives. 5 for one that cannot be trusted, whatever its objectives: they
/// are about figures that do not measure the service. 3 for one that missed an objective. 1 for one that could not be kept,
/// which is claque's own failure.
pub(crate) fn of_run(run: &Finished) -> ExitCode {
    if run.not_kept.is_some() {
        return ExitCode::from(NOT_KEPT);
    }
    let missed = run.objectives.iter().any(|result| !result.met);
    if run.verdict.is_valid() && missed { ExitCode::from(MISSED) } else { of_verdict(&run.verdict) }
}

/// The same of a run over documents, which has no objectives.
pub(crate) fn of_documents(run: &FinishedDocuments) -> ExitCode {
    if run.not_kept.is_some() { ExitCode::from(NOT_KEPT) } else { of_verdict(&run.verdict) }
}

/// 0 where every run can be trusted, 5 where one cannot.
pub(crate) fn of_verdicts<'a>(mut verdicts: impl Iterator<Item = &'a Verdict>) -> ExitCode {
    if verdicts.all(Verdict::is_valid) { ExitCode::SUCCESS } else { ExitCode::from(INVALID) }
}

/// 0 for a suite or a search that is what was written, 5 for one of which anything was changed, whatever could be told of it.
pub(crate) fn of_integrity(integrity: &Integrity) -> ExitCode {
    if integrity.changes().is_none() { ExitCode::SUCCESS } else { ExitCode::from(INVALID) }
}

/// 0 for a run that can be trusted, 5 for one that cannot, also where that is because nobody measured it.
fn of_verdict(verdict: &Verdict) -> ExitCode {
    if verdict.is_valid() { ExitCode::SUCCESS } else { ExitCode::from(INVALID) }
}
