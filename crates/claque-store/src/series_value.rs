//! A number with a fraction in a cell of a table.

use serde::{Deserialize, Serialize};

/// A value of a series; equal to another where their bits are, so that no number equals itself, too.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SeriesValue(pub f64);

impl PartialEq for SeriesValue {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

impl Eq for SeriesValue {}
