//! `claque explain`: where the waiting of a run comes from, or what a model of a service allows.

use std::process::ExitCode;

use claque_report::{
    Paint,
    explain::{FailingRun, model_to_json, model_to_text, of_run, to_json, to_text},
    words::one_line,
};
use claque_stats::{
    Verdict,
    capacity::{Answer, SearchEnding},
    units::counted,
};
use claque_store::{CapacityFolder, ProbeRow, RunKind};

use crate::kept;
use crate::{
    capacity::{book::folder_of_capacity, facts},
    cli::ExplainFlags,
    config::UsageError,
    find, model, talk,
};

/// Prints it. Of a search for a capacity, that of the first run with the first number that failed.
///
/// # Errors
/// There is no such run, it has no listeners, or it cannot be read.
pub(crate) fn explain(flags: &ExplainFlags) -> anyhow::Result<ExitCode> {
    let dir = flags.kept.dir();
    if model::is_free(&flags.what, &dir)
        && let Some(model) = model::settings(&flags.what)?
    {
        let told = model::explain(model)?;
        let paint = Paint::new(talk::stdout_has_colours());
        talk::print(&if flags.json { model_to_json(&told)? } else { model_to_text(&told, paint) })?;
        return Ok(ExitCode::SUCCESS);
    }
    // What is a run is none of a search; `latest` is the newest run.
    let search = find::folder_of_run(&flags.what, &dir)
        .is_none()
        .then(|| folder_of_capacity(&flags.what, &dir))
        .flatten();
    let (folder, failing) = match search {
        None => (find::run(&flags.what, &dir)?, None),
        Some(folder) => {
            let search = facts::open(&folder)?;
            search.integrity.refuse(&folder)?;
            search.doubts.iter().for_each(|doubt| talk::say(&format!("warning: {doubt}")));
            let probe = first_failing(&search)?;
            let run = probe.folder.as_deref().map(|name| folder.join(name)).ok_or_else(|| no_run(&search))?;
            let capacity_folder = folder.display().to_string();
            (run, Some(FailingRun { capacity_folder, users: probe.order.users }))
        }
    };
    if claque_store::run_kind(&folder)? == RunKind::Documents {
        let words = format!("{} has documents and no listeners; give a run of listeners", folder.display());
        return Err(UsageError::new(words).into());
    }
    let manifest = claque_store::open_manifest(&folder)?;
    let verdict = match manifest.verdict.clone() {
        Some(saved) => Verdict::from(saved),
        None => kept::judge_again(&manifest, &claque_store::open(&folder)?.recompute()),
    };
    let told = of_run(&folder, manifest, verdict, failing)?;
    let text =
        if flags.json { to_json(&told)? } else { to_text(&told, Paint::new(talk::stdout_has_colours())) };
    talk::print(&text)?;
    // That an INVALID run could be explained is no failure.
    Ok(ExitCode::SUCCESS)
}

/// The first run with the first number that failed, of those that can be trusted and did not hold. Where nothing holds it is the one with
/// the fewest listeners: that one of them is too many may be known of all runs together.
fn first_failing(search: &CapacityFolder) -> anyhow::Result<&ProbeRow> {
    let answer = facts::answer_of(search)?;
    let failed = |probe: &&ProbeRow| {
        Some(probe.order.users) == answer.first_failing
            && probe.evidence.is_trusted()
            && probe.folder.is_some()
    };
    let candidates = || search.manifest.probes.iter().filter(failed);
    // A number can fail by its pace alone, though its objectives were met.
    let missed = candidates().find(|probe| !probe.evidence.is_met());
    let any_missed = || {
        let all = search.manifest.probes.iter();
        let missed = all.filter(|probe| {
            probe.evidence.is_trusted() && !probe.evidence.is_met() && probe.folder.is_some()
        });
        missed.filter(|_| answer.ending == SearchEnding::NothingHolds).min_by_key(|probe| probe.order.users)
    };
    let found = missed.or_else(|| candidates().next()).or_else(any_missed);
    Ok(found.ok_or_else(|| no_run(search))?)
}

/// Why no run of a search can be explained, and which could.
fn no_run(search: &CapacityFolder) -> UsageError {
    let folder = search.dir.display();
    let answer = search.manifest.answer.as_ref();
    let why = match answer.map(|answer| (&answer.ending, answer)) {
        Some((SearchEnding::Untrusted(why), _)) => {
            format!("the runs of the search in {folder} do not measure the service ({})", one_line(why))
        }
        Some((_, Answer { first_failing: Some(users), said, .. })) => {
            let said = said.as_deref().map_or_else(String::new, |said| format!(": {}", one_line(said)));
            format!(
                "in the search in {folder} {} failed, but nobody was let in, so that no run of it was kept{said}",
                counted((*users).into(), "listener")
            )
        }
        Some((SearchEnding::NothingHolds, _)) => {
            format!(
                "in the search in {folder} not one listener was served, and no run of it was kept that says more"
            )
        }
        Some((SearchEnding::AtLeast, Answer { users: Some(users), .. })) => format!(
            "no number failed in the search in {folder}: all up to {} held; give a higher --max-users to find one that fails",
            counted((*users).into(), "listener")
        ),
        Some(_) | None => format!("no number failed in the search in {folder} before it ended"),
    };
    UsageError::new(format!("{why}; name one of its runs: {folder}/RUN"))
}
