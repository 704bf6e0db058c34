//! Holding an objective against what the listeners went through.

use super::{Figure, Measure, Objective, ObjectiveResult, Quality, Subject, Tolerance};
use crate::{
    figures::TimeMetric,
    observation::ListenerObservation,
    observe::Observations,
    sample::{has_quantile, rounded, whole},
};

/// What there was of a figure.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    /// None when it was not measured, infinite when it is a time that never came.
    value: Option<f64>,
    pub(super) measured: u64,
    pub(super) missing: u64,
    pub(super) basis: Basis,
}

/// What a figure is of a sample, as far as that says how far it may be off.
#[derive(Clone, Debug, Default)]
pub(super) enum Basis {
    /// A sum, a mean or the largest value.
    #[default]
    Plain,
    /// A share: so many of those that were looked at.
    Share(u64),
    /// The quantile at so many thousandths of a percent of these values, which are sorted.
    Quantile(u32, Vec<f64>),
}

impl Objective {
    /// Judges the listeners of `runs`, all together.
    #[must_use]
    pub fn judge(&self, runs: &[&Observations]) -> ObjectiveResult {
        let listeners: Vec<_> = runs.iter().flat_map(|run| run.listeners()).collect();
        let found = find(self.subject, &listeners);
        let value = found.value.filter(|value| value.is_finite());
        let is_met = value.is_some_and(|value| self.relation.holds(value, self.limit));
        let sample = self.shown_by(&found);
        let is_lacking = self.confidence_pct.is_some() && sample.is_some_and(|sample| !sample.shown);
        let all = found.measured + found.missing;
        let is_quantile_of_few = match &found.basis {
            // Where more is better, it is the smallest value that must not stand for a quantile.
            &Basis::Quantile(share, _) if self.subject.is_higher_better() => {
                all > 0 && !has_quantile(all, 100_000_u32.saturating_sub(share))
            }
            &Basis::Quantile(share, _) => all > 0 && !has_quantile(all, share),
            Basis::Plain | Basis::Share(_) => false,
        };
        ObjectiveResult {
            objective: self.text.clone(),
            met: is_met && !is_lacking,
            not_shown: is_met && is_lacking,
            value: value.map(rounded),
            unit: self.subject.unit(),
            measured: found.measured,
            missing: found.missing,
            max_instead: is_quantile_of_few,
            sample,
        }
    }
}

fn find(subject: Subject, listeners: &[&ListenerObservation]) -> Found {
    let all = count(listeners.len());
    match subject {
        Subject::Time(metric, figure) => {
            let values = listeners.iter().flat_map(|listener| listener.times(metric)).copied().collect();
            let missing = listeners.iter().map(|listener| listener.missing(metric)).sum();
            figure.of_metric(metric, values, missing)
        }
        Subject::StalledTime(figure) => stalled_time(figure, listeners),
        Subject::Underruns(figure) => {
            let (started, missing) = started(listeners);
            let total: u64 = listeners.iter().map(|listener| u64::from(listener.underruns)).sum();
            match figure {
                _ if started.is_empty() => Found { missing, ..Found::default() },
                Figure::Total => found(whole(total), all),
                Figure::Mean => found(whole(total) / whole(all), all),
                Figure::Max | Figure::Percentile(_) => {
                    figure.of(started.iter().map(|one| f64::from(one.underruns)).collect(), missing)
                }
            }
        }
        Subject::Errors => {
            let errors: u64 = listeners.iter().map(|listener| listener.errors).sum();
            if all == 0 { Found::default() } else { found(whole(errors), all) }
        }
        Subject::Success => {
            let sum = |of: fn(&ListenerObservation) -> u32| -> u64 {
                listeners.iter().map(|listener| u64::from(of(listener))).sum()
            };
            share(sum(|listener| listener.blocks_ok), sum(|listener| listener.blocks_intended))
        }
        Subject::Resends(Measure::Count) => counted(listeners, |listener| listener.resends),
        Subject::GivenUp(Measure::Count) => {
            counted(listeners, |listener| u64::from(listener.blocks_given_up))
        }
        Subject::Resends(Measure::Share) => share_of_blocks(listeners, |listener| listener.blocks_resent),
        Subject::GivenUp(Measure::Share) => share_of_blocks(listeners, |listener| listener.blocks_given_up),
        Subject::Continuity(tolerance) => continuity(tolerance, listeners),
        Subject::Goodput => share(number(listeners, ListenerObservation::is_well_served), all),
        Subject::Listeners(quality, measure) => {
            let number = match quality {
                Quality::UnderrunFree => number(listeners, ListenerObservation::is_underrun_free),
                Quality::Started => number(listeners, |listener| listener.startup_ms.is_some()),
                Quality::Completed => number(listeners, ListenerObservation::is_completed),
                Quality::Stalled => return Found::default(),
            };
            match measure {
                Measure::Count if all > 0 => found(whole(number), all),
                Measure::Share | Measure::Count => share(number, all),
            }
        }
    }
}

/// Blocks whose deficit is within the tolerance, of those of several pieces and those that failed.
fn continuity(tolerance: Tolerance, listeners: &[&ListenerObservation]) -> Found {
    if !listeners.iter().any(|listener| listener.has_pieces) {
        return Found::default();
    }
    let tolerance_ms = match tolerance {
        Tolerance::Ms50 => 50.0,
        Tolerance::Ms100 => 100.0,
        Tolerance::Ms200 => 200.0,
    };
    let deficits =
        || listeners.iter().filter_map(|listener| listener.streams.get("buffer_deficit")).flatten();
    let failed: u64 = listeners.iter().map(|listener| u64::from(listener.blocks_failed)).sum();
    let ok = count(deficits().filter(|&&deficit_ms| deficit_ms <= tolerance_ms).count());
    share(ok, count(deficits().count()) + failed)
}

/// The mean is the figure of the summary, in which a long session weighs more than a short one; the others are over
/// listeners.
fn stalled_time(figure: Figure, listeners: &[&ListenerObservation]) -> Found {
    let (started, missing) = started(listeners);
    if started.is_empty() {
        return Found { missing, ..Found::default() };
    }
    match figure {
        Figure::Mean | Figure::Total => {
            let ended =
                listeners.iter().filter_map(|listener| Some((listener.stalled_ms, listener.listened_ms?)));
            let (stalled, listened) =
                ended.fold((0.0, 0.0), |sum: (f64, f64), one| (sum.0 + one.0, sum.1 + one.1));
            let value = (listened > 0.0).then(|| 100.0 * stalled / listened);
            Found { value, measured: count(listeners.len()), ..Found::default() }
        }
        Figure::Max | Figure::Percentile(_) => {
            let share = |one: &&ListenerObservation| {
                let listened_ms = one.listened_ms.filter(|&listened_ms| listened_ms > 0.0)?;
                Some(100.0 * one.stalled_ms / listened_ms)
            };
            let values: Vec<f64> = started.iter().filter_map(share).collect();
            let missing = count(listeners.len() - values.len());
            figure.of(values, missing)
        }
    }
}

/// The sum over all listeners of what is not known where nobody would have reported it.
fn counted(listeners: &[&ListenerObservation], of: impl Fn(&ListenerObservation) -> u64) -> Found {
    if listeners.iter().any(|listener| listener.reports_incidents) {
        found(whole(listeners.iter().map(|listener| of(listener)).sum()), count(listeners.len()))
    } else {
        Found::default()
    }
}

/// The same of blocks, as a share of those intended.
fn share_of_blocks(listeners: &[&ListenerObservation], of: impl Fn(&ListenerObservation) -> u32) -> Found {
    if !listeners.iter().any(|listener| listener.reports_incidents) {
        return Found::default();
    }
    let sum = |of: &dyn Fn(&ListenerObservation) -> u32| -> u64 {
        listeners.iter().map(|listener| u64::from(of(listener))).sum()
    };
    share(sum(&of), sum(&|listener| listener.blocks_intended))
}

/// Those that began to play, and how many did not.
fn started<'a>(listeners: &[&'a ListenerObservation]) -> (Vec<&'a ListenerObservation>, u64) {
    let started: Vec<_> =
        listeners.iter().copied().filter(|listener| listener.startup_ms.is_some()).collect();
    let missing = count(listeners.len() - started.len());
    (started, missing)
}

impl Subject {
    /// Whether it is a figure of single values of which more is better.
    pub(super) fn is_higher_better(self) -> bool {
        matches!(self, Self::Time(metric, _) if metric.is_higher_better())
    }
}

impl Figure {
    /// This figure of `values` of a metric and of `missing` more that never came: longer than any, or none at all where more is
    /// better.
    fn of_metric(self, metric: TimeMetric, mut values: Vec<f64>, missing: u64) -> Found {
        if !metric.is_higher_better() {
            return self.of(values, missing);
        }
        values.extend((0..missing).map(|_| 0.0));
        self.of(values, 0)
    }

    /// This figure of `values` and of `missing` more that are longer than any.
    fn of(self, mut values: Vec<f64>, missing: u64) -> Found {
        let measured = count(values.len());
        let all = measured + missing;
        values.sort_unstable_by(f64::total_cmp);
        let at_rank = |rank: u64| {
            let place = usize::try_from(rank.max(1) - 1).unwrap_or(usize::MAX);
            values.get(place).copied().unwrap_or(f64::INFINITY)
        };
        let value = match self {
            _ if all == 0 => None,
            Self::Total | Self::Mean if missing > 0 => Some(f64::INFINITY),
            Self::Total => Some(values.iter().sum()),
            Self::Mean => Some(values.iter().sum::<f64>() / whole(measured)),
            Self::Max => Some(at_rank(all)),
            Self::Percentile(thousandths) => Some(at_rank((all * u64::from(thousandths)).div_ceil(100_000))),
        };
        let basis = match self {
            Self::Percentile(thousandths) => Basis::Quantile(thousandths, values),
            Self::Total | Self::Mean | Self::Max => Basis::Plain,
        };
        Found { value, measured, missing, basis }
    }
}

fn found(value: f64, measured: u64) -> Found {
    Found { value: Some(value), measured, ..Found::default() }
}

fn share(part: u64, all: u64) -> Found {
    let value = (all > 0).then(|| 100.0 * whole(part) / whole(all));
    Found { value, measured: all, basis: Basis::Share(part), ..Found::default() }
}

fn number(listeners: &[&ListenerObservation], is: impl Fn(&ListenerObservation) -> bool) -> u64 {
    count(listeners.iter().filter(|listener| is(listener)).count())
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
