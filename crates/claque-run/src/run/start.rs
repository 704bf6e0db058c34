//! What is kept of a run beside its facts: what went before its start, those who never came to it, and what became of its tokens.

use claque_core::{
    event::{Failure, Phase},
    ids::ListenerId,
    plan::Plan,
    record::{ErrorRecord, Fact, ListenerRecord, SessionEnd},
    time::{Duration, Instant},
};
use claque_net::{
    Clock,
    host::{Host, StartingHost},
    service::{TokenEvent, TokenOutcome},
};
use claque_store::{Preparation, TokenRow};

use crate::{RunError, Unprepared, interrupts::Interrupts};

use super::{accounts::SignedInAccounts, documents::MakeStats};

/// Waits until an embedded service can serve. An interrupt ends that at once, with whatever its engine had started.
///
/// # Errors
/// Its engine does not get ready, or somebody asked to stop.
pub(crate) async fn ready(host: StartingHost, interrupts: &Interrupts) -> Result<Host, RunError> {
    tokio::select! {
        host = host.ready() => Ok(host?),
        () = interrupts.reached(1) => Err(Unprepared::Interrupted.into()),
    }
}

/// What went before the start, which is at `started` on the clock of the preparation.
pub(crate) fn preparation(started: Instant, made: MakeStats) -> Preparation {
    Preparation {
        preparation_ms: started.as_millis_f64(),
        limit_wait_ms: millis(made.pacing.waited),
        limit_refusals: made.pacing.refusals,
        documents_made: count(made.made),
        documents_reused: count(made.reused),
    }
}

/// The same, with the documents that were made after the start.
pub(crate) fn with_later(before: Preparation, made: MakeStats) -> Preparation {
    Preparation {
        limit_refusals: made.pacing.refusals,
        documents_made: count(made.made),
        documents_reused: count(made.reused),
        ..before
    }
}

/// The facts of a listener whose preparation failed.
pub(crate) fn never_listened(listener: ListenerId, plan: &Plan, failure: &Failure) -> [Fact; 2] {
    let intended_at = plan.schedule.intended_start(listener);
    [
        Fact::Error(ErrorRecord {
            listener,
            at: Instant::START,
            failure: Failure { phase: Phase::Preparation, ..failure.clone() },
        }),
        Fact::Listener(ListenerRecord {
            listener,
            document: String::new(),
            blocks: plan.blocks,
            intended_at,
            launched_at: intended_at,
            connect_time: None,
            started_at: None,
            playing: None,
            paused: Duration::ZERO,
            ended_at: intended_at,
            end: SessionEnd::Failed(failure.class),
            foreign_messages: 0,
            warnings: 0,
            unwanted_bytes: None,
            network: None,
        }),
    ]
}

/// What became of every account's tokens, in order of time. `clock` is the run's.
pub(crate) fn token_rows(accounts: &SignedInAccounts, clock: Clock) -> Vec<TokenRow> {
    let mut rows: Vec<TokenRow> = (0..)
        .zip(accounts.each())
        .flat_map(|(account, service)| {
            let lead = millis(service.clock().leads(clock));
            service.token_events().into_iter().map(move |event| token_row(account, lead, event))
        })
        .collect();
    rows.sort_by(|one, other| one.at_ms.total_cmp(&other.at_ms));
    rows
}

fn token_row(account: u32, lead_ms: f64, event: TokenEvent) -> TokenRow {
    let (outcome, failure) = match event.outcome {
        TokenOutcome::Refreshed => ("refreshed", None),
        TokenOutcome::SignedInAgain => ("signed-in-again", None),
        TokenOutcome::Failed(failure) => ("failed", Some(failure.to_string())),
    };
    TokenRow { account, at_ms: event.at.as_millis_f64() - lead_ms, outcome: outcome.to_owned(), failure }
}

fn millis(span: Duration) -> f64 {
    span.as_secs_f64() * 1_000.0
}

fn count(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}

/// Listeners that share a lane before a second one is opened: so few that one core is never short.
const LISTENERS_PER_LANE: usize = 500;

/// One lane for a small audience, so that it is ordered; else as many as there are cores for it.
pub(super) fn lanes(plan: &Plan, host_here: bool) -> usize {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let wanted = plan.own().known().len().div_ceil(LISTENERS_PER_LANE);
    wanted.clamp(1, cores.saturating_sub(host_here.into()).max(1))
}
