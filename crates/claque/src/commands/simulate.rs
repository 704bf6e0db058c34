//! `claque simulate`: the audience against a model of the service, in virtual time.

use std::process::ExitCode;

use claque_report::replicates::SeedResult;
use claque_run::{Replicate, record::calibration_doubts};

use crate::{
    config::{Replicates, SimulateSettings},
    exit, report, talk,
};

/// Simulates a run and tells of it as of any other, or simulates it with many seeds and tells of all together.
///
/// # Errors
/// The model or the voice does not exist, or the folder cannot be written.
pub(crate) fn simulate(settings: SimulateSettings) -> anyhow::Result<ExitCode> {
    let SimulateSettings { order, output, replicates } = settings;
    if let Some(Replicates { orders, jobs }) = replicates {
        // One run tells it in its verdict.
        calibration_doubts(&order.scenario)
            .for_each(|doubt| talk::say(&format!("warning: the model is in doubt: {doubt}")));
        let replicates = claque_run::replicate(&orders, jobs)?;
        let told: Vec<_> = replicates.iter().map(told).collect();
        report::tell_replicates(&told, &output)?;
        return Ok(exit::of_verdicts(replicates.iter().map(|replicate| &replicate.verdict)));
    }
    let finished = claque_run::simulate(order)?;
    report::tell(&finished, &output)?;
    Ok(exit::of_run(&finished))
}

const fn told(replicate: &Replicate) -> SeedResult<'_> {
    let Replicate { seed, summary, verdict } = replicate;
    SeedResult { seed: *seed, summary, verdict }
}
