//! What records of runs have in common with those of runs over documents, and with simulations that leave none.

use std::{path::Path, thread::available_parallelism};

use claque_stats::{ObservationsBuilder, SummaryBuilder};
use claque_store::{Machine, StoreError, finished::Heading};

/// A builder of the figures of a run that has seen nothing.
pub(crate) fn figures_of(heading: &Heading) -> SummaryBuilder {
    let mut figures = SummaryBuilder::new(heading.config.shape());
    if claque_store::expects_streams(&heading.scenario) {
        figures.expect_streams();
    }
    if claque_store::expects_turns(&heading.scenario) {
        figures.expect_turns();
    }
    figures
}

/// What is seen of each listener of a run that has seen nothing.
pub(super) fn observations_of(heading: &Heading) -> ObservationsBuilder {
    let mut observed = ObservationsBuilder::new(heading.config.shape());
    if claque_store::expects_streams(&heading.scenario) {
        observed.expect_streams();
    }
    if claque_store::expects_turns(&heading.scenario) {
        observed.expect_turns();
    }
    observed
}

/// Why a run is not kept, and what there is of it all the same.
pub(crate) fn not_kept(why: &StoreError, folder: &Path) -> String {
    if claque_store::run_kind(folder).is_ok() {
        format!("{why}; what was written before stays in {} as a partial run", folder.display())
    } else {
        why.to_string()
    }
}

/// What the run is made on.
pub(crate) fn machine() -> Machine {
    let cpus = available_parallelism().map_or(1, |cpus| u32::try_from(cpus.get()).unwrap_or(u32::MAX));
    Machine { os: std::env::consts::OS.to_owned(), arch: std::env::consts::ARCH.to_owned(), cpus }
}
