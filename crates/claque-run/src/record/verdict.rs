//! What a run's figures are worth, and what is to be said beside them.

use claque_core::plan::Plan;
use claque_net::audience::ByHand;
use claque_stats::{
    GeneratorGap, Reason, ReasonId, Summary, Verdict,
    units::{counted, time},
};
use claque_store::{
    AddressRow, NetworkRecord, Preparation,
    finished::{Heading, TimeKind},
};

use serde_json::Value;

use super::steady::Steady;

/// What is known of a run beside its facts.
pub(super) struct RunContext<'a> {
    pub(super) heading: &'a Heading,
    pub(super) preparation: &'a Option<Preparation>,
    pub(super) aborted: &'a Option<String>,
    pub(super) by_hand: &'a Option<String>,
    pub(super) gap: &'a Option<GeneratorGap>,
    pub(super) other_texts: &'a Option<Reason>,
    pub(super) network: &'a NetworkRecord,
    pub(super) steady: &'a Steady,
}

impl RunContext<'_> {
    /// The figures, and what they are worth.
    pub(super) fn judge(self, mut summary: Summary) -> (Summary, Verdict) {
        let listening_ms = summary.listening_ms;
        summary.generator_gap = self.gap.clone().map(|gap| gap.within(listening_ms));
        let mut verdict = judge(&summary, self.heading.time);
        verdict.notes.extend(self.heading.notes.iter().cloned());
        verdict.notes.extend(self.steady.notes.iter().cloned());
        self.other_texts.iter().cloned().for_each(|reason| verdict.invalidate(reason));
        self.steady.reasons.iter().cloned().for_each(|reason| verdict.invalidate(reason));
        verdict.notes.extend(self.preparation.as_ref().and_then(reused));
        verdict.notes.extend(network_notes(self.network));
        let by_hand = self.by_hand.as_ref().map(|done| format!("changed by hand: {done}"));
        verdict.notes.extend(by_hand.map(|text| Reason { id: ReasonId::ByHand, text }));
        if let Some(text) = self.aborted.clone() {
            verdict.invalidate(Reason { id: ReasonId::Aborted, text });
        }
        (summary, verdict)
    }
}

/// What figures are worth.
pub fn judge(summary: &Summary, time: TimeKind) -> Verdict {
    let mut verdict = Verdict::judge(summary);
    if time == TimeKind::Virtual {
        // Not unmeasured, but impossible: nothing is late in virtual time, there is no sound, and what a model speaks is as
        // long as it was told.
        let impossible = [ReasonId::LagNotMeasured, ReasonId::SoundNotMeasured, ReasonId::SameAudio];
        verdict.notes.retain(|note| !impossible.contains(&note.id));
    }
    verdict
}

/// The note that what was heard had been heard before.
fn reused(preparation: &Preparation) -> Option<Reason> {
    let count = preparation.documents_reused;
    let words = if count == 1 { "1 document was" } else { &format!("{count} documents were") };
    let text = format!("{words} reused: what the service keeps of them came from its cache");
    (count > 0).then_some(Reason { id: ReasonId::DocumentsReused, text })
}

/// What is to be said of the way to the service.
pub(crate) fn network_notes(network: &NetworkRecord) -> Vec<Reason> {
    let through = |proxy: &String| {
        let text = format!("through proxy {proxy}: the way through it is in every time");
        Reason { id: ReasonId::ThroughProxy, text }
    };
    let unchecked = network.insecure.then(|| {
        let text =
            "no certificate was checked (--insecure): whoever answered may have been anybody".to_owned();
        Reason { id: ReasonId::CertificatesUnchecked, text }
    });
    network.proxy.iter().map(through).chain(unchecked).chain(several_addresses(&network.addresses)).collect()
}

/// Which addresses names have, and how many connections each got.
fn several_addresses(rows: &[AddressRow]) -> Option<Reason> {
    /// Addresses that are told; all are in run.json.
    const MOST_TOLD: usize = 8;
    let one = |row: &AddressRow| {
        let failed = if row.failed > 0 { format!(" ({} more failed)", row.failed) } else { String::new() };
        format!("{} at {}: {}{failed}", row.host, row.address, counted(row.connections, "connection"))
    };
    let mut told: Vec<_> = rows.iter().take(MOST_TOLD).map(one).collect();
    if rows.len() > MOST_TOLD {
        told.push(format!("and {} more", rows.len() - MOST_TOLD));
    }
    let text = format!("several addresses: {}", told.join(", "));
    (!rows.is_empty()).then_some(Reason { id: ReasonId::SeveralAddresses, text })
}

/// What speaks against the model of a service, where there is one, by what its file says of itself.
pub(super) fn model_in_doubt(scenario: &Value) -> impl Iterator<Item = Reason> + '_ {
    calibration_doubts(scenario).map(|doubt| {
        let text = format!("the model is in doubt: {doubt}");
        Reason { id: ReasonId::ModelInDoubt, text }
    })
}

/// What `claque calibrate` wrote into a model file against the model, as a run's scenario has it.
pub fn calibration_doubts(scenario: &Value) -> impl Iterator<Item = &str> {
    let doubts = scenario.pointer("/calibration/doubts").and_then(Value::as_array);
    doubts.into_iter().flatten().filter_map(Value::as_str)
}

/// The note that the player's own page cannot play at that speed.
pub(super) fn beyond_player(plan: &Plan) -> Option<Reason> {
    let (speed, policy) = (plan.speed, &plan.policy);
    let limit = if speed > policy.fastest {
        format!("no faster than {}x", policy.fastest.as_f64())
    } else if speed < policy.slowest {
        format!("no slower than {}x", policy.slowest.as_f64())
    } else {
        return None;
    };
    let text = format!(
        "the player's own page plays {limit}, and these listeners play at {}x: what they ask for when is not what people would",
        speed.as_f64()
    );
    Some(Reason { id: ReasonId::SpeedBeyondPlayer, text })
}

/// What was done by hand, for people; none where nothing was.
pub(super) fn by_hand(done: ByHand) -> Option<String> {
    let ByHand { holds, held, brought, dismissed } = done;
    let wide = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let mut parts = Vec::new();
    if holds > 0 {
        let held = time(held.as_secs_f64() * 1_000.0);
        parts.push(format!("arrivals held {} for {held} in all", counted(wide(holds), "time")));
    }
    if brought > 0 {
        parts.push(format!("{} brought forward", counted(wide(brought), "listener")));
    }
    if dismissed > 0 {
        parts.push(format!("{} asked to leave", counted(wide(dismissed), "listener")));
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_done_by_hand_is_told_and_nothing_is_nothing() {
        assert_eq!(by_hand(ByHand::default()), None);
        let held = claque_core::time::Duration::from_millis(12_300);
        let done = ByHand { holds: 2, held, brought: 1, dismissed: 30 };
        assert_eq!(
            by_hand(done).unwrap(),
            "arrivals held 2 times for 12.3 s in all, 1 listener brought forward, 30 listeners asked to leave"
        );
    }
}
