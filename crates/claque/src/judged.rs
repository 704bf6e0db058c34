//! What a run that is kept is worth, judged again by its figures.

use claque_run::record::judge;
use claque_stats::{Summary, Verdict};
use claque_store::{Manifest, finished::TimeKind};

/// Judges a run that is kept: by its figures, and by what was found out when it was imported.
pub(crate) fn judge_again(manifest: &Manifest, summary: &Summary) -> Verdict {
    use claque_stats::ReasonId;

    let mut verdict = judge(summary, time_of(&manifest.scenario));
    let saved = manifest.verdict.clone().map(Verdict::from);
    let (reasons, notes) = saved.map(|saved| (saved.reasons, saved.notes)).unwrap_or_default();
    let stays = |id| {
        matches!(
            id,
            ReasonId::CrossTalkSuspected
                | ReasonId::Lockstep
                | ReasonId::Inferred
                | ReasonId::Aborted
                | ReasonId::DocumentsReused
                | ReasonId::ByHand
                | ReasonId::ThroughProxy
                | ReasonId::CertificatesUnchecked
                | ReasonId::SeveralAddresses
                | ReasonId::SpeedBeyondPlayer
                | ReasonId::SteadyState
                | ReasonId::WarmUpNotLeft
                | ReasonId::HoldNotKept
                | ReasonId::TextsTooShort
        )
    };
    verdict.reasons.extend(reasons.into_iter().filter(|reason| stays(reason.id)));
    // Older files have the words of some of today's notes under another id.
    let told: Vec<_> = verdict.notes.iter().map(|note| note.text.clone()).collect();
    verdict.notes.extend(notes.into_iter().filter(|note| stays(note.id) && !told.contains(&note.text)));
    verdict
}

/// Which time a run's times are of: its scenario says so.
pub(crate) fn time_of(scenario: &serde_json::Value) -> TimeKind {
    if scenario.get("time").and_then(serde_json::Value::as_str) == Some("virtual") {
        TimeKind::Virtual
    } else {
        TimeKind::Real
    }
}
