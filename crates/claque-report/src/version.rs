//! Which version of a document it is, and of which claque.

use serde::Serialize;

/// Version of the document; raised when a key changes its meaning or goes, not when one comes.
pub(crate) const FORMAT_VERSION: u32 = 1;

/// Who wrote it.
#[derive(Debug, Serialize)]
pub(crate) struct Version {
    version: &'static str,
}

impl Version {
    /// The version of this program.
    pub(crate) const OURS: Self = Self { version: env!("CARGO_PKG_VERSION") };
}
