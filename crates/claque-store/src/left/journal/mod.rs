//! What one run has made and not yet deleted.

mod state;

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use self::state::State;
use crate::{error::StoreError, files};

/// The journal of one run. Locked for as long as it is open, so that nobody cleans up behind a run that goes on.
#[derive(Debug)]
pub struct DocumentJournal {
    path: PathBuf,
    file: fs::File,
    state: State,
}

/// Where a run made its documents.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalHeader {
    /// Version of the journal: 1.
    pub journal: u32,
    /// Address of the service.
    pub target: String,
    /// The service was part of the run's own process, and ended with it.
    pub embedded: bool,
}

/// What a run has left on a service, as far as its journal knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeftBehind {
    /// Documents that were made and neither deleted nor kept on purpose.
    pub documents: Vec<LeftDocument>,
    /// Extractions that were accepted, and whose document was not there yet.
    pub extractions: Vec<LeftExtraction>,
    /// Documents that were asked for, and of which it is not known whether they were made.
    pub unresolved: Vec<Unresolved>,
}

/// A document that is left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftDocument {
    /// As the service names it.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Number of the account that made it, from 0 in the order given.
    pub account: u32,
    /// Who owns it, without a secret; see [`DocumentJournal::intend`].
    pub owner: String,
}

/// An extraction that is left: it goes on, and will become a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftExtraction {
    /// Number of the document in its run.
    pub number: u32,
    /// As the service names it, with all that is needed to ask how far it is.
    pub extraction: ExtractionName,
    /// Title of the document.
    pub title: String,
    /// Number of the account that began it, from 0 in the order given.
    pub account: u32,
    /// Who owns it, without a secret.
    pub owner: String,
}

/// How a service is asked about an extraction.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtractionName {
    /// Names the extraction.
    pub id: String,
    /// Names its content.
    pub content_hash: String,
    /// Names the words a language model is given; only where there are such.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_hash: Option<String>,
    /// Pages.
    pub pages: u32,
    /// Whether a language model rewrites them.
    pub ai_transform: bool,
}

/// A document that may have been made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unresolved {
    /// Number under which it was asked for.
    pub number: u32,
    /// Its title, by which people can find it.
    pub title: String,
    /// Number of the account that asked for it, from 0 in the order given.
    pub account: u32,
    /// Who would own it.
    pub owner: String,
}

/// The state of a folder's journal.
#[derive(Debug)]
pub enum JournalState {
    /// There is none: nothing was left.
    Absent,
    /// The run still goes on.
    Busy,
    /// It is here, and ours for now.
    Open(DocumentJournal),
}

/// One line. The first of a file is a header.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Line {
    Header(JournalHeader),
    Entry(Entry),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Entry {
    /// Is about to be asked for.
    Intend { number: u32, title: String, account: u32, owner: String },
    /// Is being made.
    Accepted { number: u32, extraction: ExtractionName },
    /// Was made.
    Created { number: u32, id: String },
    /// Was surely not made, or is not there any more.
    #[serde(alias = "refused")]
    Gone { number: u32 },
    /// Is gone.
    Deleted { id: String },
    /// Stays on purpose.
    Kept { id: String },
}

impl DocumentJournal {
    /// Begins the journal of the run in `dir`.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn create(dir: &Path, target: &str, embedded: bool) -> Result<Self, StoreError> {
        let path = dir.join(files::LEFT);
        let header = JournalHeader { journal: 1, target: target.to_owned(), embedded };
        let mut file = fs::File::create(&path).map_err(|source| StoreError::io("create", &path, source))?;
        // Where files cannot be locked, nobody can tell that the run goes on.
        let _unlockable = file.try_lock();
        let line = Line::Header(header);
        super::append(&mut file, &path, &line)?;
        let mut state = State::default();
        state.take(line);
        Ok(Self { path, file, state })
    }

    /// Opens the journal of a run that has ended, to clean up.
    ///
    /// # Errors
    /// The file cannot be read or written, or is damaged.
    pub fn open(dir: &Path) -> Result<JournalState, StoreError> {
        let path = dir.join(files::LEFT);
        let Some(lines) = super::read::<Line>(&path)? else { return Ok(JournalState::Absent) };
        let file = fs::File::options().append(true).open(&path);
        let file = file.map_err(|source| StoreError::io("open", &path, source))?;
        if matches!(file.try_lock(), Err(fs::TryLockError::WouldBlock)) {
            return Ok(JournalState::Busy);
        }
        let mut state = State::default();
        lines.into_iter().for_each(|line| state.take(line));
        Ok(JournalState::Open(Self { path, file, state }))
    }

    /// Where the documents are.
    #[must_use]
    pub const fn header(&self) -> &JournalHeader {
        &self.state.header
    }

    /// What is left at this moment, in the order in which it was made.
    #[must_use]
    pub fn left(&self) -> LeftBehind {
        self.state.left()
    }

    /// Notes that document `number` is about to be asked for. `owner` says whose it will be without a secret.
    ///
    /// # Errors
    /// The file cannot be written; the document must not be asked for then.
    pub fn intend(&mut self, number: u32, title: &str, account: u32, owner: &str) -> Result<(), StoreError> {
        let (title, owner) = (title.to_owned(), owner.to_owned());
        self.append(Entry::Intend { number, title, account, owner })
    }

    /// Notes that document `number` is being made.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn accepted(&mut self, number: u32, extraction: ExtractionName) -> Result<(), StoreError> {
        self.append(Entry::Accepted { number, extraction })
    }

    /// Notes that document `number` was made.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn created(&mut self, number: u32, id: &str) -> Result<(), StoreError> {
        self.append(Entry::Created { number, id: id.to_owned() })
    }

    /// Notes that of document `number` nothing is left: it was refused, came to nothing, or was deleted.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn gone(&mut self, number: u32) -> Result<(), StoreError> {
        self.append(Entry::Gone { number })
    }

    /// Notes that a document is gone.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn deleted(&mut self, id: &str) -> Result<(), StoreError> {
        self.append(Entry::Deleted { id: id.to_owned() })
    }

    /// Notes that a document stays on purpose.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn kept(&mut self, id: &str) -> Result<(), StoreError> {
        self.append(Entry::Kept { id: id.to_owned() })
    }

    /// Ends the journal. If nothing is left the file goes; otherwise it stays for another time.
    ///
    /// # Errors
    /// The file cannot be removed.
    pub fn close(self) -> Result<(), StoreError> {
        if self.left() == LeftBehind::default() { self.discard() } else { Ok(()) }
    }

    /// Ends the journal and removes the file, whatever is left.
    ///
    /// # Errors
    /// The file cannot be removed.
    pub fn discard(self) -> Result<(), StoreError> {
        files::remove(&self.path)
    }

    fn append(&mut self, entry: Entry) -> Result<(), StoreError> {
        // What is not asked for is not there; all else is so, whether it can be written down or not.
        let is_plan = matches!(entry, Entry::Intend { .. });
        let line = Line::Entry(entry);
        let written = super::append(&mut self.file, &self.path, &line);
        if written.is_ok() || !is_plan {
            self.state.take(line);
        }
        written
    }
}

#[cfg(test)]
mod tests;
