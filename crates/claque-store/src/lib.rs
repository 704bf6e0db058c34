//! A run on disk: a folder of plain files that others can read without claque.
//!
//! [`RunFolder::create`] begins one, [`RunWriter`] keeps its journal and finishes it, [`open`] reads it back
//! whether it was finished or killed. [`import::read`] reads the older script's files. The layout is in
//! `docs/metrics.md`. Nothing here reads a clock, and what callers hand in must be free of secrets.

mod columns;
mod documents;
mod error;
mod files;
pub mod import;
mod journal;
mod manifest;
mod reader;
mod rows;
mod session;
mod tables;
mod wall_time;
mod writer;

pub use self::{
    documents::{
        DocumentRow, DocumentsFolder, DocumentsHeader, DocumentsManifest, DocumentsRun, DocumentsWriter,
        PageRow, StepErrorRow, open_documents,
    },
    error::StoreError,
    manifest::{ClaqueVersion, Machine, Manifest, RunConfig, RunHeader, SavedVerdict},
    reader::{Run, open},
    rows::{BlockRow, ErrorRow, ListenerRow, StallRow},
    session::{BlockArrival, Session, Underrun},
    wall_time::UnixNanos,
    writer::{RunFolder, RunWriter},
};

/// The version of the folder's layout that this code writes, and the newest it reads.
pub const FORMAT_VERSION: u32 = 1;
