//! Distributions: exact quantiles at fixed shares, which is all a curve needs.

use claque_core::{ids::BlockIdx, record::BlockRecord, time::Instant};
use claque_stats::{
    Sample, has_quantile,
    units::{NOT_MEASURED, TOO_FEW, time},
};
use claque_store::ListenerFacts;
use serde::Serialize;

use super::rounded;

/// One distribution.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Ecdf {
    pub(crate) name: &'static str,
    /// What there is one value of, such as "listener".
    pub(crate) per: &'static str,
    pub(crate) count: u64,
    /// Share of the values in thousandths, and the value that this share does not exceed, in ms.
    pub(crate) points: Vec<(u64, f64)>,
}

/// The distributions the page shows, as they are collected.
#[derive(Clone, Debug, Default)]
pub(super) struct Spreads {
    startup_time: Sample,
    ttfa: Sample,
    round_trip: Sample,
    synthesis_time: Sample,
}

impl Spreads {
    pub(super) fn add(&mut self, facts: &ListenerFacts) {
        let of_first = facts.blocks.iter().find(|block| block.block == BlockIdx(0));
        let session = facts.session.as_ref();
        let intended_at =
            session.map(|session| session.intended_at).or(of_first.and_then(|block| block.intended_at));
        let first_audio_at = facts.blocks.iter().filter_map(BlockRecord::delivered_first_audio_at).min();
        let first_heard = facts.blocks.iter().filter_map(|block| block.started_at).min();
        let started_at = session.and_then(|session| session.started_at).into_iter().chain(first_heard).min();
        push(&mut self.startup_time, intended_at, started_at);
        push(&mut self.ttfa, intended_at, first_audio_at);
        for block in &facts.blocks {
            push(&mut self.round_trip, block.requested_at, block.delivered_at());
        }
        for (earlier, later) in facts.gaps_within_requests() {
            push(&mut self.synthesis_time, earlier.ready_at, later.ready_at);
        }
    }

    pub(super) fn finish(&self) -> Vec<Ecdf> {
        vec![
            ecdf("startup_time", "listener", &self.startup_time),
            ecdf("ttfa", "listener", &self.ttfa),
            ecdf("round_trip", "block", &self.round_trip),
            ecdf("synthesis_time", "gap", &self.synthesis_time),
        ]
    }
}

impl Ecdf {
    /// The value at a share of thousandths, if that is one of the curve's.
    pub(crate) fn at(&self, share: u64) -> Option<f64> {
        self.points.iter().find(|point| point.0 == share).map(|point| point.1)
    }

    /// Whether values lie on both sides of the quantile at a share of thousandths; the least and the largest are always told.
    pub(crate) fn has(&self, share: u64) -> bool {
        let nearer = u32::try_from(share.max(1_000 - share.min(1_000))).unwrap_or(u32::MAX);
        [0, 1_000].contains(&share) || has_quantile(self.count, nearer.saturating_mul(100))
    }

    /// The value at a share of thousandths, for people.
    pub(crate) fn told(&self, share: u64) -> String {
        match self.at(share) {
            None => NOT_MEASURED.to_owned(),
            Some(_) if !self.has(share) => TOO_FEW.to_owned(),
            Some(ms) => time(ms),
        }
    }
}

fn push(sample: &mut Sample, from: Option<Instant>, to: Option<Instant>) {
    if let (Some(from), Some(to)) = (from, to) {
        sample.push(to.since(from));
    }
}

fn ecdf(name: &'static str, per: &'static str, sample: &Sample) -> Ecdf {
    let shares: Vec<u64> = (0..200).map(|step| step * 5).chain([999, 1_000]).collect();
    let values = sample.per_mille_all(shares.iter().copied());
    let millis = |nanos| rounded(Instant::from_nanos(nanos).as_millis_f64(), 3);
    let points = shares.into_iter().zip(values.into_iter().map(millis)).collect();
    Ecdf { name, per, count: sample.count(), points }
}

#[cfg(test)]
mod tests {
    use super::{
        super::super::tests::{block, facts_of, session},
        *,
    };

    #[test]
    fn a_curve_passes_through_values_that_occurred() {
        let mut spreads = Spreads::default();
        for listener in 0..1_000 {
            let ready_ms = u64::from(listener) + 11;
            let end = Some(session(listener, Some(u64::from(listener)), 9_000));
            spreads.add(&facts_of(listener, [block(listener, 0, ready_ms)], [], end));
        }
        let curves = spreads.finish();
        let round_trip = &curves[2];
        assert_eq!((round_trip.name, round_trip.count, round_trip.points.len()), ("round_trip", 1_000, 202));
        let quantiles = [round_trip.at(0), round_trip.at(500), round_trip.at(950), round_trip.at(1_000)];
        assert_eq!(quantiles, [Some(1.0), Some(500.0), Some(950.0), Some(1_000.0)]);
        assert_eq!(curves[3].points, [], "a block alone has no gap");
    }
}
