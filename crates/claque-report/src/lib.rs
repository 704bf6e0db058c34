//! How runs are told: text, JSON, Markdown, JUnit and HTML of what is on disk, or of what was just measured.
//!
//! [`run`], [`documents`], [`suite`] and [`compare`] each tell one kind of thing in every form that it has; [`html`] draws the
//! page of a run. Everything here returns text: it prints nothing, writes no file, and drives no run.

mod again;
mod answer;
pub mod calibrate;
pub mod capacity;
pub mod compare;
pub mod documents;
mod error;
pub mod explain;
mod figures;
pub mod fold;
pub mod html;
mod json;
mod junit;
mod load;
mod markdown;
mod networks;
mod objectives;
mod paint;
pub mod printable;
pub mod replicates;
pub mod run;
mod series;
pub mod suite;
mod text;
pub mod tune;
mod version;
pub mod vocabulary;
pub mod words;

pub use self::{error::ReportError, paint::Paint};

#[cfg(test)]
mod tests;
