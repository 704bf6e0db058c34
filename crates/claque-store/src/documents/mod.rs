//! A run over documents on disk: the same sort of folder, with pages in place of blocks.
//!
//! [`DocumentsFolder::create`] begins one, [`open_documents`] reads it back whether it was finished or killed.

mod manifest;
mod pages;
mod reader;
mod rows;
mod writer;

pub(crate) use self::writer::lacks_its_seal;
pub use self::{
    manifest::{DocumentsHeader, DocumentsManifest},
    pages::{PAGE_COLUMNS, PageRow},
    reader::{DocumentsRun, open_documents},
    rows::{DocumentRow, StepErrorRow},
    writer::{DocumentsFolder, DocumentsWriter},
};

/// What `kind` in `run.json` says of such a run.
pub(crate) const KIND: &str = "documents";
