//! The runs of a suite or a search: whether the folder of each still holds the run that was made, by the seal of that.

use std::path::Path;

use crate::{
    documents,
    error::StoreError,
    files,
    head::{RunKind, head, run_kind},
    integrity::{ChangedRun, Changes, FoundRuns, Integrity, Kind},
    reader,
    seal::{self, Found, Scrutiny},
};

/// A run as the file of its suite or search knows it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KnownRun<'a> {
    /// The name of its folder.
    pub(crate) folder: &'a str,
    /// [`run_digest`] when it was made; none where an older claque made it.
    pub(crate) digest: Option<&'a str>,
}

/// What tells the finished run in `dir` from every other, of its seal: the files with its facts, its settings, its seed and its times. Figures
/// and verdict, which `claque resummarise` writes anew, are not in it. None of a run without a seal.
///
/// # Errors
/// There is no run, or its file cannot be read.
pub fn run_digest(dir: &Path) -> Result<Option<String>, StoreError> {
    let path = dir.join(files::RUN);
    let bytes = files::read(&path).map_err(|source| StoreError::io("read", &path, source))?;
    seal::run_digest(&bytes, &path)
}

/// Whether the file of a suite or a search, in `dir`, is what was written, and its runs are those that were made, as they were written.
/// `found` is what its seal says.
pub(crate) fn integrity<'a>(
    dir: &Path,
    kind: Kind,
    found: Option<Found>,
    runs: impl Iterator<Item = KnownRun<'a>> + Clone,
    scrutiny: Scrutiny,
) -> Integrity {
    let mut found_runs = FoundRuns::default();
    for run in runs.clone() {
        let folder = dir.join(run.folder);
        if !folder.join(files::RUN).is_file() {
            found_runs.gone.push(run.folder.to_owned());
        } else if run.digest.is_some()
            && !run_digest(&folder).is_ok_and(|found| found.as_deref() == run.digest)
        {
            found_runs.others.push(run.folder.to_owned());
        } else {
            found_runs.changed.extend(changed(run.folder, &folder, scrutiny));
        }
    }
    // Whoever seals the runs seals what they are for.
    let was_sealed = |run: KnownRun<'_>| {
        let folder = dir.join(run.folder);
        run.digest.is_some()
            || reader::lacks_its_seal(&folder, false)
            || documents::lacks_its_seal(&folder, false)
    };
    let found = found.or_else(|| {
        let seal_gone = Found { keys: vec![seal::KEY.to_owned()], ..Found::default() };
        runs.clone().any(was_sealed).then_some(seal_gone)
    });
    Integrity::of_parent(found, found_runs, kind)
}

/// What was changed in a run since it was made. The digest is of what its seal says, which may be of other files than lie beside it.
fn changed(name: &str, folder: &Path, scrutiny: Scrutiny) -> Option<ChangedRun> {
    let run = |what, can_be_mended| ChangedRun { folder: name.to_owned(), what, can_be_mended };
    match of_run(folder, scrutiny) {
        Ok(integrity) => {
            integrity.changes().map(|changes| run(changes.what(), Changes::can_be_mended(changes)))
        }
        Err(error) => Some(run(error.to_string(), false)),
    }
}

/// Whether a run is as it was written.
fn of_run(folder: &Path, scrutiny: Scrutiny) -> Result<Integrity, StoreError> {
    if scrutiny == Scrutiny::ForAList {
        let mut head = head(folder)?;
        head.hold_against_facts();
        return Ok(head.integrity);
    }
    Ok(match run_kind(folder)? {
        RunKind::Listeners => reader::open_manifest(folder)?.integrity,
        RunKind::Documents => documents::open_documents(folder)?.manifest.integrity,
    })
}
