//! A run on disk: a folder of plain files that others can read without claque.
//!
//! [`RunFolder::create`] begins one, [`RunWriter`] keeps its journal and finishes it, [`open`] reads it back
//! whether it was finished or killed. [`DocumentJournal`] and [`KeptDocuments`] say what runs left on a service. [`import::read`] reads the older script's files. The layout is in
//! `docs/metrics.md`. Nothing here reads a clock, and what callers hand in must be free of secrets.

mod columns;
mod error;
mod files;
pub mod import;
mod journal;
mod left;
mod manifest;
mod reader;
mod rows;
mod session;
mod tables;
mod wall_time;
mod writer;

pub use self::{
    error::StoreError,
    left::{
        DocumentJournal, JournalHeader, JournalState, KeptDocument, KeptDocuments, LeftBehind, LeftDocument,
        Unresolved,
    },
    manifest::{ClaqueVersion, Machine, Manifest, Preparation, RunConfig, RunHeader, SavedVerdict, TokenRow},
    reader::{Run, open},
    rows::{BlockRow, ErrorRow, ListenerRow, StallRow},
    session::{BlockArrival, Session, Underrun},
    wall_time::UnixNanos,
    writer::{RunFolder, RunWriter},
};

/// The version of the folder's layout that this code writes, and the newest it reads.
pub const FORMAT_VERSION: u32 = 1;
