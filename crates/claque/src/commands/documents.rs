//! `claque documents` and `claque simulate documents`: extraction, in real and in virtual time.

use std::process::ExitCode;

use anyhow::Context as _;
use claque_run::{extraction, interrupts::Interrupts};

use super::runtime;
use crate::{
    config::{DocumentsSettings, SimulateDocumentsSettings, Verbosity},
    exit::{self, LEFT},
    live::Live,
    report,
};

/// Runs and reports.
///
/// # Errors
/// claque cannot go on.
pub(crate) fn documents(settings: DocumentsSettings) -> anyhow::Result<ExitCode> {
    runtime::block_on(run_and_tell(settings))
}

async fn run_and_tell(settings: DocumentsSettings) -> anyhow::Result<ExitCode> {
    let interrupts =
        Interrupts::listen().context("failed to listen for Ctrl-C; free some memory or files")?;
    let live = Live::new(settings.output.talk == Verbosity::Quiet);
    let Some(finished) = extraction::perform(&settings.order, &interrupts, &live).await? else {
        return Ok(ExitCode::from(LEFT));
    };
    report::print_documents(&finished, settings.output.format)?;
    Ok(exit::of_documents(&finished))
}

/// Simulates a run over documents and tells of it as of any other.
///
/// # Errors
/// A file's pages cannot be counted, or the folder cannot be written.
pub(crate) fn simulate_documents(settings: SimulateDocumentsSettings) -> anyhow::Result<ExitCode> {
    let SimulateDocumentsSettings { order, output } = settings;
    let finished = extraction::simulate(order)?;
    report::print_documents(&finished, output.format)?;
    Ok(exit::of_documents(&finished))
}
