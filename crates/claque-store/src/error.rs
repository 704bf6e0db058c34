//! What can go wrong with a run folder, and what the user can do.

use std::{
    io,
    path::{Path, PathBuf},
};

/// A run folder could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk is full.
    #[error("failed to write {path}: the disk is full; free some space or choose another --output-dir")]
    DiskFull {
        /// The file concerned.
        path: PathBuf,
    },
    /// The user may not do this there.
    #[error(
        "failed to {action} {path}: permission denied; choose a folder you may use, or change its rights"
    )]
    PermissionDenied {
        /// What was tried.
        action: &'static str,
        /// The file concerned.
        path: PathBuf,
    },
    /// A run is already there.
    #[error("failed to create a run in {path}: it already holds one; name another folder")]
    AlreadyARun {
        /// The folder.
        path: PathBuf,
    },
    /// There is no run there.
    #[error("failed to read a run from {path}: there is no run.json; name the folder of a run")]
    NotARunFolder {
        /// The folder.
        path: PathBuf,
    },
    /// A newer claque wrote it.
    #[error(
        "failed to read {path}: its format version is {found}, this claque reads up to {known}; use a newer claque"
    )]
    NewerFormat {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u64,
        /// The newest version known here.
        known: u32,
    },
    /// It is a run of another sort.
    #[error("failed to read {path}: it is a run over {found}, not over {wanted}")]
    OtherKind {
        /// The file.
        path: PathBuf,
        /// What it is over.
        found: String,
        /// What was expected.
        wanted: &'static str,
    },
    /// Not everybody's facts are there.
    #[error(
        "failed to read all facts of the run in {path}: it was simulated with --facts {kept}; its summary can be shown, for \
         anything else simulate it again with --facts all"
    )]
    FactsNotKept {
        /// The run.
        path: PathBuf,
        /// What was kept, in the words of the flag.
        kept: String,
    },
    /// Nothing can be concluded from what was changed or is another run's.
    #[error("failed to conclude anything from {path}: {what}")]
    Changed {
        /// The folder.
        path: PathBuf,
        /// What is not as it was written, and what can be done.
        what: String,
    },
    /// The older script wrote it.
    #[error("failed to read {path}: it has no format version; a result of the older script must be imported")]
    NoFormatVersion {
        /// The file.
        path: PathBuf,
    },
    /// It needs no import.
    #[error(
        "failed to import {path}: it is a file of claque's own, and no result of the older script; its folder is read as it is: `claque show \
         {folder}`, `claque compare {folder} OTHER`"
    )]
    OwnFile {
        /// The file.
        path: PathBuf,
        /// The folder that it is in.
        folder: PathBuf,
    },
    /// It is JSON, and no result of the older script.
    #[error(
        "failed to import {path}: it is no result of the older script: {what}; give a file that the script wrote"
    )]
    NotAnOldResult {
        /// The file.
        path: PathBuf,
        /// What it lacks, or has too much of.
        what: String,
    },
    /// The file is not what it should be.
    #[error("failed to read {path}: {what}; the file is damaged, restore it from a copy")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong, with the place where there is one.
        what: String,
    },
    /// A value cannot be put down in the file.
    #[error("failed to encode {path}: {what}")]
    Encode {
        /// The file.
        path: PathBuf,
        /// What was refused.
        what: String,
    },
    /// A folder takes no more, and too much happened since.
    #[error("{why}; more than {most} facts came after that, so there are no figures")]
    TooManyFacts {
        /// Facts that are kept in memory.
        most: usize,
        /// Why the folder takes no more.
        why: String,
    },
    /// Anything else the operating system says.
    #[error("failed to {action} {path}: {source}; check that the folder exists and its disk is well")]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file concerned.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
}

impl StoreError {
    /// Sorts an error of the operating system by what the user can do.
    pub(crate) fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        if source.kind() == io::ErrorKind::StorageFull {
            Self::DiskFull { path }
        } else if source.kind() == io::ErrorKind::PermissionDenied {
            Self::PermissionDenied { action, path }
        } else {
            Self::Io { action, path, source }
        }
    }

    pub(crate) fn damaged(path: &Path, what: impl ToString) -> Self {
        Self::Damaged { path: path.to_owned(), what: what.to_string() }
    }

    pub(crate) fn encode(path: &Path, what: impl ToString) -> Self {
        Self::Encode { path: path.to_owned(), what: what.to_string() }
    }
}
