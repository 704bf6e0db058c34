//! What a sample shows of an objective: an exact bound on a share or a quantile.

use serde::{Deserialize, Serialize};

use super::{
    Objective, Relation,
    judge::{Basis, Found},
};
use crate::{binomial::Tail, sample::whole};

/// Confidence of bounds that nobody demanded, in percent: as is usual.
const USUAL_PCT: f64 = 95.0;

/// How far a share or a quantile may be off, as a sample of its size shows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SampleBound {
    /// Confidence of the two-sided interval of which the bound is one end, in percent.
    pub confidence_pct: f64,
    /// Which end.
    pub side: Side,
    /// The bound, in the unit of the figure. Absent where there are too few values for any, or where it is a time that never
    /// came.
    pub bound: Option<f64>,
    /// Of a quantile, which, in percent.
    pub percentile: Option<f64>,
    /// What has the quality that is asked for, or lies on the right side of the limit.
    pub part: u64,
    /// All that were looked at.
    pub of: u64,
    /// The fewest that could show the objective, without a miss; absent where no number could.
    pub needs: Option<u64>,
    /// Whether the bound is on the right side of the limit.
    pub shown: bool,
}

/// An end of an interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// The figure is at least the bound.
    AtLeast,
    /// The figure is at most the bound.
    AtMost,
}

impl Objective {
    /// What `found` shows; none where nothing exact can be said, or nothing was found.
    pub(super) fn shown_by(&self, found: &Found) -> Option<SampleBound> {
        let of = found.measured + found.missing;
        let confidence_pct = self.confidence_pct.unwrap_or(USUAL_PCT);
        let tail = Tail::of(confidence_pct);
        let side = self.side();
        let (bound, percentile, part, needs) = match &found.basis {
            _ if of == 0 => return None,
            Basis::Plain => return None,
            &Basis::Share(part) => {
                let (bound, good) = match side {
                    Side::AtLeast => (tail.least_share(part, of), self.limit / 100.0),
                    Side::AtMost => (tail.largest_share(part, of), 1.0 - self.limit / 100.0),
                };
                (Some(100.0 * bound), None, part, tail.fewest(good))
            }
            Basis::Quantile(thousandths, values) => {
                let share = f64::from(*thousandths) / 100_000.0;
                let (rank, good) = match side {
                    Side::AtLeast => (tail.rank_below(share, of), 1.0 - share),
                    Side::AtMost => (tail.rank_above(share, of), share),
                };
                let place = rank.and_then(|rank| usize::try_from(rank - 1).ok());
                let bound = place.and_then(|place| values.get(place)).copied();
                let right = values.iter().filter(|&&value| self.relation.holds(value, self.limit)).count();
                let part = u64::try_from(right).unwrap_or(u64::MAX);
                (bound, Some(100.0 * share), part, tail.fewest(good))
            }
        };
        // That a figure is this very one no sample shows.
        let can_be_shown = self.relation != Relation::Equal;
        let shown = can_be_shown && bound.is_some_and(|bound| self.relation.holds(bound, self.limit));
        let needs = needs.filter(|_| can_be_shown);
        Some(SampleBound { confidence_pct, side, bound, percentile, part, of, needs, shown })
    }

    /// Whether less of its figure is better.
    #[must_use]
    pub fn less_is_better(&self) -> bool {
        self.side() == Side::AtMost
    }

    /// The end of the interval that the objective is about.
    fn side(&self) -> Side {
        match self.relation {
            Relation::Above | Relation::AtLeast => Side::AtLeast,
            Relation::Below | Relation::AtMost => Side::AtMost,
            // All of them, or none.
            Relation::Equal if self.limit > whole(0) => Side::AtLeast,
            Relation::Equal => Side::AtMost,
        }
    }
}
