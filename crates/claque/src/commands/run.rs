//! `claque run`: an audience in real time.

use std::process::ExitCode;

use anyhow::Context as _;
use claque_run::{RunResult, interrupts::Interrupts, perform, watcher::RunGoal};

use super::runtime;
use crate::{
    config::RunSettings,
    exit::{self, LEFT},
    live::{Live, Outcome},
    report,
};

/// Runs, reports, and leaves nothing behind on the service.
///
/// # Errors
/// claque cannot go on, or was asked for something that the service does not have.
pub(crate) fn run(settings: RunSettings) -> anyhow::Result<ExitCode> {
    runtime::block_on(run_and_tell(settings))
}

async fn run_and_tell(settings: RunSettings) -> anyhow::Result<ExitCode> {
    let RunSettings { order, live, output } = settings;
    let interrupts =
        Interrupts::listen().context("failed to listen for Ctrl-C; free some memory or files")?;
    let live = Live::open(output.talk, live, RunGoal::of(&order.plan), order.about())?;
    let result = tokio::select! {
        result = perform(&order, &interrupts, &live) => result?,
        never = live.listen(&interrupts) => match never {},
    };
    let Some(RunResult { finished, .. }) = result else {
        return Ok(ExitCode::from(LEFT));
    };
    report::tell(&finished, &output)?;
    live.end_page(&Outcome::of(&finished, output.page));
    Ok(exit::of_run(&finished))
}
