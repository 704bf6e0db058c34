//! Which of two settings is the cheaper, and of two that cost the same the better: over runs with the same seeds, for what differs between
//! other seeds is luck.

use core::cmp::Ordering;

use super::{
    TuneTerms,
    evidence::{Evidence, MeanEstimate},
};

/// How sure it is to be that one is not the cheaper before it is left alone, in percent.
const SURE_PCT: f64 = 95.0;

/// One setting against another, over the seeds that both have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pairing {
    /// What it costs more.
    cost: MeanEstimate,
    /// By how much its first figure is worse.
    badness: MeanEstimate,
}

impl Pairing {
    /// `one` against `other`.
    pub(super) fn of(one: &Evidence, other: &Evidence, terms: &TuneTerms) -> Self {
        let pairs = || one.runs.iter().zip(&other.runs);
        let costs: Vec<_> = pairs().map(|(one, other)| Some(one.cost - other.cost)).collect();
        let figures = one.badnesses(terms, 0).into_iter().zip(other.badnesses(terms, 0));
        let badness: Vec<_> = figures.map(|(one, other)| Some(difference(one, other))).collect();
        Self { cost: MeanEstimate::of(&costs, SURE_PCT), badness: MeanEstimate::of(&badness, SURE_PCT) }
    }

    /// Whether it may be the cheaper, or as cheap and better.
    pub(super) fn may_be_better(&self) -> bool {
        match may_be_below(&self.cost) {
            Some(is_below) => is_below,
            None => may_be_below(&self.badness).unwrap_or(false),
        }
    }

    /// Whether it is the cheaper on average.
    pub(super) fn is_cheaper(&self) -> bool {
        self.cost.mean.is_some_and(|mean| mean < 0.0)
    }

    /// The cheaper first, of those that cost the same the better.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        let mean = |estimate: &MeanEstimate| estimate.mean.unwrap_or(f64::INFINITY);
        mean(&self.cost)
            .total_cmp(&mean(&other.cost))
            .then(mean(&self.badness).total_cmp(&mean(&other.badness)))
    }
}

/// Two that were never measured are alike; one alone is worse by more than any number.
fn difference(one: f64, other: f64) -> f64 {
    if one.total_cmp(&other).is_eq() { 0.0 } else { (one - other).clamp(-f64::MAX, f64::MAX) }
}

/// Whether a mean difference may be below nothing; none where it is nothing in every run.
fn may_be_below(difference: &MeanEstimate) -> Option<bool> {
    let (least, most) = difference.range?;
    if difference.is_the_same_in_all() {
        return if least.total_cmp(&0.0).is_eq() { None } else { Some(least < 0.0) };
    }
    // Of few runs each may be chance.
    Some(difference.interval.map_or(least < 0.0 || most < 0.0, |(low, _)| low < 0.0))
}
