//! How far the moments in claque's facts are from the truth.
//!
//! Arrivals are compared block by block. Startup and stalls are worked out from the moments of sending alone, by the rule
//! a block begins at the later of its arrival and the end of the one before, and compared with what claque reports.

use std::path::PathBuf;

use anyhow::Context as _;
use claque_core::record::BlockOutcome;
use claque_core::time::{Instant, MediaTime, duration_nanos};
use claque_store::{ListenerFacts, for_each_listener, open_manifest};
use serde::Serialize;

use crate::{
    figures::{Spread, print},
    truth::{Mark, Truth, document_number},
};

/// What is compared.
#[derive(Debug, clap::Args)]
pub(crate) struct AccuracyFlags {
    /// The server's log
    #[arg(long)]
    log: PathBuf,
    /// The folder of claque's run
    #[arg(long)]
    run: PathBuf,
}

/// Sizes of the errors; each has its count.
#[derive(Debug, Serialize)]
struct Accuracy {
    /// `ready_at` against the moment the status was handed to the system.
    ready_error_ms: Spread,
    /// `complete_at` against the moment the body's last byte was with the system.
    arrival_error_ms: Spread,
    /// Startup against the first arrival.
    startup_error_ms: Spread,
    /// Length of a stall against the one that follows from the arrivals.
    stall_error_ms: Spread,
    /// Stalls of either side that the other does not have.
    stalls_unmatched: usize,
}

#[derive(Debug, Default)]
struct Errors {
    ready: Vec<u64>,
    arrival: Vec<u64>,
    startup: Vec<u64>,
    stall: Vec<u64>,
    unmatched: usize,
}

/// Shorter stalls than this are none: two blocks that follow closely may be on either side.
const LEAST_STALL_NANOS: u64 = 5_000_000;

/// Prints a line of JSON.
///
/// # Errors
/// One of the two cannot be read, or stdout cannot be written.
pub(crate) fn run(flags: &AccuracyFlags) -> anyhow::Result<()> {
    let truth = Truth::read(&flags.log)?;
    let manifest = open_manifest(&flags.run)?;
    let start = manifest
        .clock_started_at_unix_ns
        .context("the run does not say when its clock started, so its moments cannot be compared")?;
    let mut errors = Errors::default();
    for_each_listener(&flags.run, &manifest, |facts| {
        let document = facts.session.as_ref().and_then(|session| document_number(&session.document));
        let marks = document.and_then(|number| truth.documents.get(usize::try_from(number).ok()?));
        if let Some(marks) = marks {
            errors.compare(facts, marks, start);
        }
        Ok(())
    })?;
    print(&Accuracy {
        ready_error_ms: Spread::of_nanos(errors.ready),
        arrival_error_ms: Spread::of_nanos(errors.arrival),
        startup_error_ms: Spread::of_nanos(errors.startup),
        stall_error_ms: Spread::of_nanos(errors.stall),
        stalls_unmatched: errors.unmatched,
    })
}

impl Errors {
    fn compare(&mut self, facts: &ListenerFacts, marks: &[Mark], start: u64) {
        let real = |moment: Instant| start + duration_nanos(moment.since(Instant::START));
        let mut ends: Option<u64> = None;
        let mut stalls = Vec::new();
        for (block, mark) in facts.blocks.iter().zip(marks) {
            if let Some(at) = block.ready_at.filter(|_| mark.ready != 0) {
                self.ready.push(real(at).abs_diff(mark.ready));
            }
            let Some(at) = block.complete_at.filter(|_| mark.complete != 0) else { break };
            self.arrival.push(real(at).abs_diff(mark.complete));
            if block.started_at.is_none() {
                break;
            }
            let begins = ends.map_or(mark.complete, |ends| ends.max(mark.complete));
            let waited = ends.map_or(0, |ends| begins - ends);
            if waited > LEAST_STALL_NANOS {
                stalls.push((block.block, waited));
            }
            ends = Some(begins + media(block.media));
        }
        let first = marks.first().map_or(0, |mark| mark.complete);
        if let Some(session) = &facts.session
            && let Some(started) = session.started_at
            && first != 0
        {
            let told = duration_nanos(started.since(session.intended_at));
            self.startup.push(told.abs_diff(first.saturating_sub(real(session.intended_at))));
        }
        self.compare_stalls(facts, &stalls);
    }

    fn compare_stalls(&mut self, facts: &ListenerFacts, stalls: &[(claque_core::ids::BlockIdx, u64)]) {
        // A listener that was stopped while it waited does not know how long it would have been.
        let whole = |block| {
            facts.blocks.iter().any(|record| {
                record.block == block
                    && record.started_at.is_some()
                    && matches!(record.outcome, BlockOutcome::Played | BlockOutcome::Unplayed)
            })
        };
        let told: Vec<_> = facts
            .stalls
            .iter()
            .map(|stall| (stall.block, duration_nanos(stall.waited)))
            .filter(|(block, waited)| whole(*block) && *waited > LEAST_STALL_NANOS)
            .collect();
        let of = |block, of: &[(_, u64)]| of.iter().find(|(other, _)| *other == block).map(|stall| stall.1);
        for &(block, waited) in &told {
            match of(block, stalls) {
                Some(truly) => self.stall.push(waited.abs_diff(truly)),
                None => self.unmatched += 1,
            }
        }
        self.unmatched +=
            stalls.iter().filter(|(block, _)| whole(*block) && of(*block, &told).is_none()).count();
    }
}

fn media(length: MediaTime) -> u64 {
    length.as_nanos()
}
