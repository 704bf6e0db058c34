//! `claque report`: the page of a run or a search, made anew.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use crate::{
    capacity::{book::folder_of_capacity, facts},
    cli::ReportFlags,
    find, report,
    report::save_page,
    talk::print,
};

/// Writes the page and prints where it is.
///
/// # Errors
/// There is no such run, or it cannot be read or written.
pub(crate) fn report(flags: &ReportFlags) -> anyhow::Result<ExitCode> {
    let path = match search(&flags.run.run, &flags.run.kept.dir()) {
        Some(folder) => of_search(&folder)?,
        None => save_page(&flags.run.folder()?)?,
    };
    print(&format!("{}\n", path.display()))?;
    Ok(ExitCode::SUCCESS)
}

/// The folder of the search that is meant, if it is one and no run.
fn search(name: &str, dir: &Path) -> Option<PathBuf> {
    find::folder_of_run(name, dir).is_none().then(|| folder_of_capacity(name, dir)).flatten()
}

fn of_search(folder: &Path) -> anyhow::Result<PathBuf> {
    let book = facts::open(folder)?;
    let Some(answer) = &book.manifest.answer else {
        anyhow::bail!(
            "the search in {} has not ended: it has no answer to show; go on with it by `claque capacity --resume`",
            folder.display()
        );
    };
    report::capacity::save_page(&book, answer)
}
