//! One run of a search, and the evidence in its facts.

use anyhow::Context as _;
use claque_run::{RunError, RunResult, interrupts::Interrupts};
use claque_stats::{
    Verdict,
    capacity::{Evidence, ProbeOrder, ProbedRun},
    objective::Objective,
};
use claque_store::{Run as SavedRun, finished::Finished, short_name};

use crate::{
    config::{ProbeWork, UsageError},
    live::Live,
    talk,
};

/// What came of a run.
#[derive(Debug)]
pub(crate) enum ProbeResult {
    /// It is saved in the folder of this name, if it came so far, and shows this.
    Made { folder: Option<String>, evidence: Box<Evidence> },
    /// Somebody asked to stop.
    Stopped,
    /// Somebody asked twice.
    Left,
}

/// Makes a run and takes its evidence.
///
/// # Errors
/// claque cannot go on, or the service would let nobody begin.
pub(crate) async fn make(
    work: &mut ProbeWork,
    order: &ProbeOrder,
    seed: u64,
    objectives: &[Objective],
    interrupts: &Interrupts,
) -> anyhow::Result<ProbeResult> {
    work.set(order, seed);
    match perform(work, interrupts).await {
        Ok(RunEnd::Saved(finished)) => {
            let evidence = evidence(&finished, order, objectives)?;
            let folder = Some(short_name(&finished.folder));
            Ok(ProbeResult::Made { folder, evidence: Box::new(evidence) })
        }
        Ok(RunEnd::Stopped) => Ok(ProbeResult::Stopped),
        Ok(RunEnd::Left) => Ok(ProbeResult::Left),
        // Who would ask for more than a limit allows is not let in: that is what binds.
        Err(error) if order.users > 1 && is_limit(&error) => {
            let evidence = Evidence::refused(order.users, order.blocks, error.to_string());
            Ok(ProbeResult::Made { folder: None, evidence: Box::new(evidence) })
        }
        Err(error) => Err(error),
    }
}

fn is_limit(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(RunError::Usage(_)))
        && error.to_string().contains("--allow-rate-limit")
}

/// How the making of a run ended.
pub(super) enum RunEnd {
    /// It is saved.
    Saved(Box<Finished>),
    /// Somebody asked to stop; what there is of it is no run of the search.
    Stopped,
    /// Somebody asked twice.
    Left,
}

/// Makes the run that was set up.
///
/// # Errors
/// As [`make`].
pub(super) async fn perform(work: &ProbeWork, interrupts: &Interrupts) -> anyhow::Result<RunEnd> {
    let ended = match work {
        ProbeWork::Real(settings) => claque_run::perform(&settings.order, interrupts, &Live::new(true)).await,
        ProbeWork::Virtual(settings) => {
            let finished = claque_run::simulate(settings.order.clone());
            // Signals are counted by a task of this thread, which a simulation keeps busy.
            tokio::task::yield_now().await;
            finished.map(|finished| Some(RunResult { finished, usage: false }))
        }
    };
    match ended {
        Ok(None) => Ok(RunEnd::Left),
        Ok(Some(_)) if interrupts.any() => Ok(RunEnd::Stopped),
        Ok(Some(RunResult { usage: true, finished })) => Err(UsageError::new(format!(
            "the service let nobody begin: {}; ask for something else",
            finished.verdict.doubts()
        ))
        .into()),
        Ok(Some(RunResult { finished, .. })) => match finished.not_kept {
            Some(why) => anyhow::bail!("failed to keep a run of the search: {why}"),
            None => Ok(RunEnd::Saved(Box::new(finished))),
        },
        Err(error) if interrupts.any() => {
            talk::say_error(&error.into());
            Ok(RunEnd::Stopped)
        }
        Err(error) => Err(error.into()),
    }
}

/// What a saved run shows.
fn evidence(finished: &Finished, order: &ProbeOrder, objectives: &[Objective]) -> anyhow::Result<Evidence> {
    let folder = &finished.folder;
    let run = claque_store::open(folder)
        .with_context(|| format!("failed to read back the run in {}", folder.display()))?;
    Ok(evidence_of(&run, &finished.verdict, order, objectives))
}

/// What a run on disk shows that is worth what `verdict` says.
pub(crate) fn evidence_of(
    run: &SavedRun,
    verdict: &Verdict,
    order: &ProbeOrder,
    objectives: &[Objective],
) -> Evidence {
    let speed = claque_core::time::Speed::from_thousandths(thousandths(run.manifest.config.speed))
        .unwrap_or(claque_core::time::Speed::NORMAL);
    let observed = run.observe();
    let probed = ProbedRun {
        observed: &observed,
        facts: &run.facts,
        speed,
        verdict,
        blocks: order.blocks,
        length: order.length,
    };
    Evidence::of(probed, objectives)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a speed is 0.001 to 100")]
fn thousandths(speed: f64) -> u32 {
    (speed * 1_000.0).round() as u32
}
