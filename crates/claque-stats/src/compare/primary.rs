//! One figure that was named beforehand, and what a verdict on it alone must not pass over.

use serde::Serialize;

use super::{Change, Row, measure::Measure};

/// Of blocks that failed there is no time.
const SUCCESS: &str = "success_pct";

/// The one figure that verdicts are about. It is one of those that are judged as a rule: how often a verdict on others is wrong,
/// nobody has measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Primary(&'static str);

impl Primary {
    /// The figure of this name, with or without the unit at its end.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let is_it = |known: &&str| *known == name || known.strip_suffix("_pct") == Some(name);
        Self::names().into_iter().find(is_it).map(Self)
    }

    /// The names of all that there are.
    #[must_use]
    pub fn names() -> Vec<&'static str> {
        let judged = Measure::all().into_iter().filter(|measure| measure.is_judged());
        judged.map(Measure::name).collect()
    }

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

/// What failed is in no time and in no stall. Where the share of blocks that were delivered fell by itself, a figure of the others that
/// is better or as it was is no verdict in favour of the candidate.
pub(super) fn without_failures(rows: &mut [Row]) {
    let Some(success) = rows.iter().find(|row| row.metric == SUCCESS && !row.judged) else { return };
    let fell = match success.interval {
        Some(interval) => interval.high < 0.0,
        None => success.difference.is_some_and(|difference| difference < 0.0),
    };
    let (Some(a), Some(b), true) = (success.a, success.b, fell) else { return };
    for row in rows.iter_mut().filter(|row| row.judged) {
        if matches!(row.change, Change::Better | Change::NoDetectableChange) {
            row.change = Change::NotJudged;
            row.reason = Some(format!(
                "not judged: {SUCCESS} fell from {a:.2} to {b:.2} %, and what failed is in no {}; judge all figures, or {SUCCESS}",
                row.metric
            ));
        }
    }
}
