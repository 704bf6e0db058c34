//! What figures are made of: values of blocks and of listeners.

use claque_core::{
    record::BlockRecord,
    time::{Duration, MediaTime, duration_nanos},
};

use crate::{observation::ListenerObservation, ratio::Ratio, sample::whole, summary::Summary};

pub(super) fn errors(summary: &Summary) -> Option<f64> {
    Some(whole(summary.errors.iter().map(|cause| cause.count).sum()))
}

pub(super) fn delivery_rtf(block: &BlockRecord) -> Option<Duration> {
    quotient(block.complete_at?.since(block.requested_at?), Duration::from_nanos(block.media.as_nanos()))
}

pub(super) fn rtfx(block: &BlockRecord) -> Option<Duration> {
    quotient(Duration::from_nanos(block.media.as_nanos()), block.complete_at?.since(block.requested_at?))
}

pub(super) fn steady_rtf(block: &BlockRecord) -> Option<Duration> {
    let taken = block.complete_at?.since(block.first_audio_at?);
    quotient(taken, media_of(block)?)
}

pub(super) fn leading_silence(block: &BlockRecord) -> Option<Duration> {
    Some(Duration::from_nanos(block.findings?.leading_silence?.as_nanos()))
}

/// The length of audio that came in several pieces.
fn media_of(block: &BlockRecord) -> Option<Duration> {
    (block.chunks > 1 && block.media > MediaTime::ZERO).then(|| Duration::from_nanos(block.media.as_nanos()))
}

/// One time in units of another, as that many seconds; none of nothing.
fn quotient(part: Duration, of: Duration) -> Option<Duration> {
    const SECOND: u128 = 1_000_000_000;
    let all = u128::from(duration_nanos(of));
    let nanos = (u128::from(duration_nanos(part)) * SECOND).saturating_add(all / 2).checked_div(all)?;
    Some(Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX)))
}

pub(super) fn each(number: f64) -> Ratio {
    Ratio { above: number, below: 1.0 }
}

pub(super) fn share(yes: bool) -> Ratio {
    each(if yes { 100.0 } else { 0.0 })
}

pub(super) fn of_blocks(listener: &ListenerObservation, blocks: u32) -> Ratio {
    Ratio { above: 100.0 * f64::from(blocks), below: listener.blocks_intended.into() }
}

pub(super) fn stalled(listener: &ListenerObservation) -> Ratio {
    listener.listened_ms.map_or(Ratio::default(), |listened_ms| Ratio {
        above: 100.0 * listener.stalled_ms,
        below: listened_ms,
    })
}

fn deficits(listener: &ListenerObservation) -> &[f64] {
    listener.streams.get("buffer_deficit").map_or(&[], Vec::as_slice)
}

pub(super) fn continuous(listener: &ListenerObservation, tolerance_ms: f64) -> Ratio {
    let of = |count: usize| whole(u64::try_from(count).unwrap_or(u64::MAX));
    let deficits = deficits(listener);
    let ok = deficits.iter().filter(|&&deficit_ms| deficit_ms <= tolerance_ms).count();
    Ratio { above: 100.0 * of(ok), below: of(deficits.len()) + f64::from(listener.blocks_failed) }
}

pub(super) const fn always(_: &[ListenerObservation]) -> bool {
    true
}

pub(super) fn has_pieces(listeners: &[ListenerObservation]) -> bool {
    listeners.iter().any(|listener| listener.has_pieces)
}

fn somebody_started(listeners: &[ListenerObservation]) -> bool {
    listeners.iter().any(|listener| listener.startup_ms.is_some())
}

/// A stall under way when a run was killed is on no record, so none on record is not none.
pub(super) fn stalls_known(listeners: &[ListenerObservation]) -> bool {
    let any = listeners.iter().any(|listener| listener.underruns > 0);
    somebody_started(listeners) && (any || all_ended(listeners))
}

/// The same of what counts ended sessions only.
pub(super) fn stalled_time_known(listeners: &[ListenerObservation]) -> bool {
    let any = listeners.iter().any(|listener| listener.listened_ms.is_some() && listener.stalled_ms > 0.0);
    somebody_started(listeners) && (any || all_ended(listeners))
}

fn all_ended(listeners: &[ListenerObservation]) -> bool {
    listeners.iter().all(|listener| listener.listened_ms.is_some())
}

pub(super) fn incidents_reported(listeners: &[ListenerObservation]) -> bool {
    listeners.iter().any(|listener| listener.reports_incidents)
}
