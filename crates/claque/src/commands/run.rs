//! `claque run`: an audience in real time.

use std::process::ExitCode;

use anyhow::Context as _;

use super::runtime;
use crate::{
    config::RunSettings,
    exit::{self, LEFT},
    live::{Live, Outcome},
    report,
    run::{Ended, interrupts::Interrupts, perform, watch},
};

/// Runs, reports, and leaves nothing behind on the service.
///
/// # Errors
/// claque cannot go on, or was asked for something that the service does not have.
pub(crate) fn run(settings: RunSettings) -> anyhow::Result<ExitCode> {
    runtime::block_on(run_and_tell(settings))
}

async fn run_and_tell(settings: RunSettings) -> anyhow::Result<ExitCode> {
    let interrupts = Interrupts::listen().context("failed to listen for Ctrl-C")?;
    let goal = watch::goal(&settings.plan);
    let live = Live::open(settings.output.talk, settings.live, goal, watch::about(&settings))?;
    let Some(Ended { finished, .. }) = perform(&settings, &interrupts, &live).await? else {
        return Ok(ExitCode::from(LEFT));
    };
    report::tell(&finished, &settings.output)?;
    live.end_page(&Outcome::of(&finished, settings.output.page));
    Ok(exit::of_run(&finished))
}
