//! What can go wrong while a report is written.

use claque_store::StoreError;
use serde::Serialize;

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A value is none that JSON has.
    #[error("failed to encode {what}")]
    Encode {
        /// What was to be written.
        what: &'static str,
        /// Why it could not be.
        source: serde_json::Error,
    },
    /// A run of a comparison cannot be read.
    #[error("failed to open the run {name}")]
    Open {
        /// As it was typed.
        name: String,
        /// Why not.
        source: StoreError,
    },
    /// Two runs of one side are the same run: with one seed a simulation repeats itself.
    #[error(
        "{first} and {second} are simulations with one seed ({seed}): the second repeats nothing; give each repetition a \
         --seed of its own"
    )]
    OneSeed {
        /// As it was typed.
        first: String,
        /// As it was typed.
        second: String,
        /// The seed of both.
        seed: u64,
    },
    /// Two runs were measured at the same nanoseconds: one is a copy of the other.
    #[error(
        "{first} and {second} are one run: everything that was measured is the same to the nanosecond; a run repeats nothing of \
         itself, and cannot be held against itself; name other runs"
    )]
    OneRun {
        /// As it was typed.
        first: String,
        /// As it was typed.
        second: String,
    },
    /// What is on disk cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A document of JSON, ended by a newline. `what` says what it is, for the error.
///
/// # Errors
/// Never, as long as every key is a text.
pub(crate) fn encoded(what: &'static str, document: &impl Serialize) -> Result<String, ReportError> {
    let mut text =
        serde_json::to_string_pretty(document).map_err(|source| ReportError::Encode { what, source })?;
    text.push('\n');
    Ok(text)
}
