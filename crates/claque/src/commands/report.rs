//! `claque report`: the page of a run, a suite or a search, made anew.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use crate::{
    capacity::{book::folder_of_capacity, facts},
    cli::ReportFlags,
    exit::of_integrity,
    find::{self, Kept},
    report,
    report::save_page,
    talk::{print, say},
};

/// Writes the page and prints where it is.
///
/// # Errors
/// There is nothing of this name, or it cannot be read or written.
pub(crate) fn report(flags: &ReportFlags) -> anyhow::Result<ExitCode> {
    let (name, dir) = (&flags.run.run, flags.run.kept.dir());
    let (path, code) = match (search(name, &dir), crate::tune::folder_of_tune(name, &dir)) {
        (Some(folder), _) => of_search(&folder)?,
        (None, Some(folder)) => (report::tune::save_page(&crate::tune::open(&folder)?)?, ExitCode::SUCCESS),
        (None, None) => match find::run_or_suite(name, &dir)? {
            Kept::Run(folder) => (save_page(&folder)?, ExitCode::SUCCESS),
            Kept::Suite(folder) => report::suite::save_page_anew(&folder)?,
        },
    };
    print(&format!("{}\n", path.display()))?;
    Ok(code)
}

/// The folder of the search that is meant, if it is one and no run.
fn search(name: &str, dir: &Path) -> Option<PathBuf> {
    find::folder_of_run(name, dir).is_none().then(|| folder_of_capacity(name, dir)).flatten()
}

/// The page of a search that was changed tells so, and so does the exit code.
fn of_search(folder: &Path) -> anyhow::Result<(PathBuf, ExitCode)> {
    let book = facts::open(folder)?;
    let answer = facts::answer_of(&book)?;
    book.doubts.iter().for_each(|doubt| say(&format!("warning: {doubt}")));
    Ok((report::capacity::save_page(&book, answer)?, of_integrity(&book.integrity)))
}
