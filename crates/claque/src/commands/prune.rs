//! `claque prune`: old runs are removed, after they were listed.

use std::process::ExitCode;

use claque_stats::units::counted;

use super::kept;
use crate::{
    cli::PruneFlags,
    config::UsageError,
    find,
    talk::{print, say},
};

/// Lists the runs that would go and, if that is asked for, removes them. A run with a tag never goes.
///
/// # Errors
/// Neither rule was given, or a run cannot be removed.
pub(crate) fn prune(flags: &PruneFlags) -> anyhow::Result<ExitCode> {
    if flags.keep.is_none() && flags.older_than.is_none() {
        return Err(UsageError::new(
            "nothing says which runs may go; give --keep N, --older-than TIME, or both",
        )
        .into());
    }
    let before = flags.older_than.as_deref().map(|typed| kept::moment("--older-than", typed)).transpose()?;
    let runs = find::all_in(&flags.kept.dir())?;
    // With both rules a run must be old and beyond the number.
    let beyond = runs.into_iter().skip(flags.keep.unwrap_or(0));
    let is_old =
        |run: &claque_store::RunHead| before.as_ref().is_none_or(|before| run.started_at_utc < *before);
    let (tagged, going): (Vec<_>, Vec<_>) = beyond.filter(is_old).partition(|run| !run.tags.is_empty());
    let mut count = 0;
    for run in &going {
        let shown = run.dir.display();
        if run.dir.is_symlink() {
            say(&format!("{shown} stays: it is a link, and what it leads to is not removed through it"));
            continue;
        }
        if flags.delete && !claque_store::remove(&run.dir)? {
            say(&format!("the run in {shown} is removed; its folder stays, for it holds other files"));
        }
        print(&format!("{shown}\n"))?;
        count += 1;
    }
    let stay = u64::try_from(tagged.len()).unwrap_or(u64::MAX);
    let tagged =
        if stay == 0 { String::new() } else { format!("; {} with a tag stay", counted(stay, "run")) };
    say(&if flags.delete {
        format!("removed {}{tagged}", counted(count, "run"))
    } else {
        format!("{} would be removed; give --delete to do it{tagged}", counted(count, "run"))
    });
    Ok(ExitCode::SUCCESS)
}
