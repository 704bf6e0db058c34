//! The runs at the first number that failed, made again with no network between listeners and service: whose delay it was.

use claque_core::link::LinkMix;
use claque_report::capacity::one_probe;
use claque_run::interrupts::Interrupts;
use claque_stats::{
    capacity::{Answer, Evidence, Search},
    units::counted,
};
use claque_store::{CapacityManifest, ProbeRow};

use super::{
    book::Book,
    probe::{self, ProbeResult},
};
use crate::{
    config::{CapacitySettings, ProbeWork, SimulateSettings, Verbosity},
    talk,
};

/// Makes those runs, where they cost nobody anything: in virtual time. On sockets they would be more load on somebody's service, and nothing
/// is told apart. None if somebody asked to leave at once.
///
/// # Errors
/// As those of any run of the search.
pub(super) async fn told_apart(
    settings: &mut CapacitySettings,
    search: &Search,
    answer: Answer,
    book: &mut Book,
    interrupts: &Interrupts,
) -> anyhow::Result<Option<Answer>> {
    let asked = match &mut settings.work {
        ProbeWork::Virtual(simulated) => {
            let asked = missing(&book.0.manifest, search, &answer);
            if !asked.is_empty() {
                take_networks_away(simulated);
            }
            asked
        }
        ProbeWork::Real(_) => Vec::new(),
    };
    let is_spoken = settings.output.talk == Verbosity::Normal;
    for row in asked {
        if is_spoken {
            let listeners = counted(row.order.users.into(), "listener");
            talk::say(&format!("run {} again, {listeners}, without networks", row.order.number + 1));
        }
        match probe::make(&mut settings.work, &row.order, row.seed, &settings.objectives, interrupts).await? {
            ProbeResult::Made { folder, evidence } => {
                if is_spoken {
                    talk::say(&one_probe(&evidence));
                }
                book.record_without_networks(ProbeRow { folder, run: None, evidence: *evidence, ..row })?;
            }
            ProbeResult::Stopped => break,
            ProbeResult::Left => return Ok(None),
        }
    }
    Ok(Some(with_networks(&book.0.manifest, search, answer)))
}

/// From now on nothing is between listeners and the service.
fn take_networks_away(simulated: &mut SimulateSettings) {
    simulated.order.plan.network = LinkMix::default();
    if let Some(scenario) = simulated.order.scenario.as_object_mut() {
        scenario.remove("network");
    }
}

/// The answer with what those runs, as far as they were made, tell of networks.
pub(super) fn with_networks(manifest: &CapacityManifest, search: &Search, answer: Answer) -> Answer {
    let rows = rows(manifest, search, &answer);
    let again: Vec<&Evidence> = rows.iter().filter_map(|row| again(manifest, row)).collect();
    answer.with_networks(search, &again)
}

/// The runs that are to be told apart and were not made again.
fn missing(manifest: &CapacityManifest, search: &Search, answer: &Answer) -> Vec<ProbeRow> {
    let rows = rows(manifest, search, answer).into_iter();
    rows.filter(|row| again(manifest, row).is_none()).cloned().collect()
}

fn rows<'a>(manifest: &'a CapacityManifest, search: &Search, answer: &Answer) -> Vec<&'a ProbeRow> {
    let places = search.to_be_told_apart(answer).into_iter();
    places.filter_map(|place| manifest.probes.get(place)).collect()
}

/// What a run showed that was made again.
fn again<'a>(manifest: &'a CapacityManifest, row: &ProbeRow) -> Option<&'a Evidence> {
    let made = manifest.without_networks.iter().find(|made| made.order.number == row.order.number);
    made.map(|made| &made.evidence)
}
