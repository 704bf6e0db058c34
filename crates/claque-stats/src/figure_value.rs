//! Values of figures as summaries and files have them, of whatever the list of [`figures`](crate::figures) says.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::sample::{Distribution, RatioDistribution};

/// The value of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum FigureValue {
    /// Of many times.
    Times(Distribution),
    /// Of many ratios.
    Ratios(RatioDistribution),
    /// Of things.
    Count(u64),
    /// Of anything else.
    Number(f64),
}

/// The figures of streams by their names in [`figures`](crate::figures::ALL); a figure without a value was not measured.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StreamFigures(pub(crate) BTreeMap<String, Option<FigureValue>>);

impl StreamFigures {
    /// The value of a figure; none where it was not measured.
    #[must_use]
    pub fn value(&self, id: &str) -> Option<FigureValue> {
        self.0.get(id).copied().flatten()
    }
}
