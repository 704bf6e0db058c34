//! A verdict as files hold it.

use claque_stats::{Reason, Validity, Verdict};
use serde::{Deserialize, Serialize};

/// A verdict as files hold it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedVerdict {
    /// Whether the figures can be trusted.
    pub valid: bool,
    /// The same, with those of which nobody measured it apart; absent in files from before it was told.
    #[serde(default)]
    pub validity: Option<Validity>,
    /// Why not.
    pub reasons: Vec<Reason>,
    /// What else a reader should know.
    pub notes: Vec<Reason>,
}

impl From<&Verdict> for SavedVerdict {
    fn from(verdict: &Verdict) -> Self {
        Self {
            valid: verdict.is_valid(),
            validity: Some(verdict.validity()),
            reasons: verdict.reasons.clone(),
            notes: verdict.notes.clone(),
        }
    }
}

impl From<SavedVerdict> for Verdict {
    fn from(saved: SavedVerdict) -> Self {
        Self { reasons: saved.reasons, notes: saved.notes }
    }
}

impl SavedVerdict {
    /// What the figures are worth, by today's rules also of older files.
    #[must_use]
    pub fn validity(&self) -> Validity {
        Verdict::from(self.clone()).validity()
    }
}
