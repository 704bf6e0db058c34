//! Generations of the service.

use serde::{Deserialize, Serialize};

/// Generations of the service, by their wording and message shapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Era {
    /// February 2026.
    #[serde(rename = "2026-02")]
    Feb2026,
    /// August 2026.
    Current,
}
