//! A row on its way: tested by itself, and called together with all others.

use super::{
    Change, Design, Interval, Row, USED, Unit,
    measure::{Measure, Scale, count},
    side::Side,
    test::{Grouping, Test, middle},
};
use crate::{figures::Better, sample::rounded};

/// A row on its way.
pub(super) struct Draft {
    pub(super) measure: Measure,
    a: Option<f64>,
    b: Option<f64>,
    result: Result<Test, (Change, String)>,
    called: bool,
    /// Whether a verdict is about it.
    judged: bool,
    /// Share of listeners that never began to play, on both sides, where the figure is of those who did.
    unstarted: (f64, f64),
}

impl Draft {
    pub(super) fn new(
        measure: Measure,
        design: Design,
        (a, b): &(Side<'_>, Side<'_>),
        objection: Option<&String>,
    ) -> Self {
        let values = |side: &Side<'_>| side.values(measure).into_iter().collect::<Option<Vec<f64>>>();
        let (in_a, in_b) = (values(a), values(b));
        // A time of zero has no ratio.
        let is_positive = in_a.iter().chain(&in_b).flatten().all(|&value| value > 0.0);
        let scale = if is_positive { measure.scale() } else { Scale::Difference };
        let result = match (objection, design.not_judged(), &in_a, &in_b) {
            (Some(objection), ..) => Err((Change::NotComparable, objection.clone())),
            (None, _, None, _) | (None, _, _, None) if a.has_too_few(measure) || b.has_too_few(measure) => {
                let why = "not judged: a run has too few values for this quantile (p50 takes 2, p95 20)";
                Err((Change::NotJudged, why.to_owned()))
            }
            (None, _, None, _) | (None, _, _, None) => {
                Err((Change::NotComparable, "not measured in every run of both sides".to_owned()))
            }
            (None, Some(why), Some(_), Some(_)) => Err((Change::NotJudged, why.to_owned())),
            (None, None, Some(in_a), Some(in_b)) => {
                let grouping = if design == Design::Pairs { Grouping::Pairs } else { Grouping::Groups };
                let test = Test::new(grouping, scale, (in_a, in_b));
                Ok(match measure.scale() {
                    Scale::Ratio => test,
                    Scale::Difference => test.with_events((&a.parts(measure), &b.parts(measure))),
                })
            }
        };
        let told = |values: Option<Vec<f64>>| values.map(|values| middle(scale, &values));
        let unstarted =
            if measure.is_of_who_started() { (a.unstarted_share(), b.unstarted_share()) } else { (0.0, 0.0) };
        Self {
            measure,
            a: told(in_a),
            b: told(in_b),
            result,
            called: false,
            judged: measure.is_judged(),
            unstarted,
        }
    }

    /// The same where no verdict is about it.
    pub(super) fn for_information(self) -> Self {
        Self { judged: false, ..self }
    }

    pub(super) fn into_row(self, alpha: f64, judged: usize) -> Row {
        let difference = self.a.zip(self.b).map(|(a, b)| b - a);
        let relative_pct = difference
            .zip(self.a)
            .and_then(|(difference, a)| (a.abs() > 0.0).then(|| difference / a.abs() * 100.0));
        let test = self.result.as_ref().ok();
        let is_judged = self.judged;
        Row {
            metric: self.measure.name().to_owned(),
            statistic: self.measure.statistic(),
            unit: self.measure.unit(),
            judged: is_judged,
            a: self.a.map(rounded),
            b: self.b.map(rounded),
            difference: difference.map(rounded),
            relative_pct: relative_pct.map(rounded),
            interval: test
                .and_then(|test| test.interval(alpha))
                .map(|interval| possible(interval, self.measure.unit()).rounded()),
            detectable: test
                .filter(|_| is_judged)
                .and_then(|test| test.detectable(USED * alpha, judged))
                .filter(|least| is_possible(*least, self.measure.unit()))
                .map(rounded),
            p_value: test.map(|test| rounded(test.p_value)),
            change: self.change(),
            reason: self.reason(),
        }
    }

    /// Why it is not judged or cannot be compared, if so.
    fn reason(self) -> Option<String> {
        let of_who_started = self.change() != self.change_of_who_started();
        let in_pct = |share: f64| format!("{:.1} %", share * 100.0);
        let (a, b) = self.unstarted;
        self.result.err().map(|(_, why)| why).or_else(|| {
            of_who_started.then(|| {
                format!(
                    "not judged: it is of listeners that began to play, and {} of one side never did, {} of the other",
                    in_pct(a),
                    in_pct(b)
                )
            })
        })
    }

    /// Of those who began to play nothing is concluded in favour of the side on which fewer did.
    fn change(&self) -> Change {
        let (a, b) = self.unstarted;
        let change = self.change_of_who_started();
        let is_favoured = change == Change::Better && b > a || change == Change::Worse && a > b;
        if is_favoured { Change::NotJudged } else { change }
    }

    fn change_of_who_started(&self) -> Change {
        match &self.result {
            Err((change, _)) => *change,
            Ok(_) if !self.judged => Change::NotJudged,
            Ok(_) if !self.called => Change::NoDetectableChange,
            Ok(_) => match (self.measure.better(), self.b < self.a) {
                (Better::Lower, true) | (Better::Higher, false) => Change::Better,
                (Better::Neither, _) => Change::NotJudged,
                (Better::Lower, false) | (Better::Higher, true) => Change::Worse,
            },
        }
    }
}

/// The part of an interval in which a difference can be: shares differ by 100 points at most.
const fn possible(interval: Interval, unit: Unit) -> Interval {
    match unit {
        Unit::Pct => {
            Interval { low: interval.low.clamp(-100.0, 100.0), high: interval.high.clamp(-100.0, 100.0) }
        }
        Unit::Ms | Unit::PerListener | Unit::Ratio => interval,
    }
}

/// Whether a figure can differ by so much: no shares are further apart than nothing and all.
fn is_possible(difference: f64, unit: Unit) -> bool {
    match unit {
        Unit::Pct => difference <= 100.0,
        Unit::Ms | Unit::PerListener | Unit::Ratio => true,
    }
}

/// Calls the judged rows that are beyond chance, over all of them together (Holm 1979); gives how many that were. Rows in
/// which nothing could have been found do not count (Tarone 1990).
pub(super) fn judge_together(drafts: &mut [&mut Draft], alpha: f64) -> usize {
    let mut order: Vec<(f64, usize)> = Vec::new();
    for (place, draft) in drafts.iter().enumerate() {
        if let Ok(test) = &draft.result
            && draft.judged
            && test.possible
        {
            order.push((test.p_value, place));
        }
    }
    order.sort_by(|x, y| x.0.total_cmp(&y.0));
    for (step, &(p_value, place)) in order.iter().enumerate() {
        if p_value > alpha / count(order.len() - step) {
            break;
        }
        drafts[place].called = true;
    }
    order.len()
}

#[cfg(test)]
mod possible_tests {
    use super::*;

    #[test]
    fn no_two_shares_are_further_apart_than_nothing_and_all() {
        assert!(
            !is_possible(139.04, Unit::Pct) && is_possible(24.0, Unit::Pct) && is_possible(139.0, Unit::Ms)
        );
    }
}
