//! What a run knows of the suite that it was made for.

use serde::{Deserialize, Serialize};

/// Which repeat of a suite's scenario a run was made as. The run knows it, so that repeats which were taken out of their suite are not
/// taken for all that there were.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepeatOf {
    /// The name of the suite's folder.
    pub suite: String,
    /// The scenario's name.
    pub scenario: String,
    /// Which repeat, from 1.
    pub repeat: u32,
}
