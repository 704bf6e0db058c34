//! A verdict as files hold it.

use claque_stats::{Reason, ReasonId, Validity, Verdict};
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
    /// The same of a run that did not come to its end, if `partial` says so: whatever its file says, it is interrupted.
    pub(crate) fn unless_partial(self, partial: bool) -> Self {
        if partial { Self::from(&interrupted(self.into())) } else { self }
    }

    /// What the figures are worth, by today's rules also of older files.
    #[must_use]
    pub fn validity(&self) -> Validity {
        Verdict::from(self.clone()).validity()
    }
}

/// The verdict of a run that did not come to its end: what is missing is in no figure, so that they cannot be trusted.
pub(crate) fn interrupted(mut verdict: Verdict) -> Verdict {
    if verdict.reasons.iter().all(|reason| reason.id != ReasonId::Interrupted) {
        let text = "interrupted: the run did not come to its end".to_owned();
        verdict.invalidate(Reason { id: ReasonId::Interrupted, text });
    }
    verdict
}
