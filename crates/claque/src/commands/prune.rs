//! `claque prune`: old runs are removed, after they were listed.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use claque_stats::units::counted;

use crate::kept;
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
    // With both rules a run must be old and beyond the number.
    let beyond = all(&flags.kept.dir())?.into_iter().skip(flags.keep.unwrap_or(0));
    let is_old = |one: &PrunableFolder| before.as_ref().is_none_or(|before| one.started_at_utc < *before);
    let (tagged, going): (Vec<_>, Vec<_>) = beyond.filter(is_old).partition(|one| one.is_tagged);
    let mut count = 0;
    for run in &going {
        let shown = run.dir.display();
        if run.dir.is_symlink() {
            say(&format!("{shown} stays: it is a link, and what it leads to is not removed through it"));
            continue;
        }
        if flags.delete && !run.remove()? {
            say(&format!(
                "what claque made in {shown} is removed; its folder stays, for it holds other files{}",
                run.left()
            ));
        }
        print(&format!("{shown}\n"))?;
        count += 1;
    }
    let stay = u64::try_from(tagged.len()).unwrap_or(u64::MAX);
    let tagged = match stay {
        0 => String::new(),
        1 => "; 1 run with a tag stays".to_owned(),
        stay => format!("; {} with a tag stay", counted(stay, "run")),
    };
    say(&if flags.delete {
        format!("removed {}{tagged}", counted(count, "run"))
    } else {
        format!("{} would be removed; give --delete to do it{tagged}", counted(count, "run"))
    });
    Ok(ExitCode::SUCCESS)
}

/// A run, or a search for a capacity with all of its runs, which goes as one.
struct PrunableFolder {
    dir: PathBuf,
    started_at_utc: String,
    is_tagged: bool,
    kind: PrunableKind,
}

/// What takes it away.
#[derive(Clone, Copy, PartialEq, Eq)]
enum PrunableKind {
    Run,
    Capacity,
    Tune,
}

impl PrunableFolder {
    /// Takes away what claque made. Gives whether the folder is gone, too.
    fn remove(&self) -> anyhow::Result<bool> {
        Ok(match self.kind {
            PrunableKind::Run => claque_store::remove(&self.dir)?,
            PrunableKind::Capacity => claque_store::remove_capacity(&self.dir)?,
            PrunableKind::Tune => claque_store::remove_tune(&self.dir)?,
        })
    }

    /// What else may have kept the folder of a search.
    fn left(&self) -> &'static str {
        if self.kind == PrunableKind::Capacity {
            ", or a run of it has left documents on a service: see `claque cleanup`"
        } else {
            ""
        }
    }
}

/// All that is kept, newest first. A search of which a run has a tag stays with it.
fn all(dir: &Path) -> anyhow::Result<Vec<PrunableFolder>> {
    let run = |run: claque_store::RunHead| PrunableFolder {
        is_tagged: !run.tags.is_empty(),
        dir: run.dir,
        started_at_utc: run.started_at_utc,
        kind: PrunableKind::Run,
    };
    let mut all: Vec<_> = find::all_in(dir)?.into_iter().map(run).collect();
    for search in find::searches_in(dir)? {
        let is_tagged = find::all_in(&search.dir)?.iter().any(|run| !run.tags.is_empty());
        let started_at_utc = search.manifest.started_at_utc;
        all.push(PrunableFolder { dir: search.dir, started_at_utc, is_tagged, kind: PrunableKind::Capacity });
    }
    for tune in find::tunes_in(dir)? {
        let started_at_utc = tune.manifest.started_at_utc;
        all.push(PrunableFolder {
            dir: tune.dir,
            started_at_utc,
            is_tagged: false,
            kind: PrunableKind::Tune,
        });
    }
    all.sort_by(|a, b| (&b.started_at_utc, &b.dir).cmp(&(&a.started_at_utc, &a.dir)));
    Ok(all)
}
