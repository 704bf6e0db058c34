//! What is kept of a run beside its facts: what went before its start, and what became of its tokens.

use claque_core::time::{Duration, Instant};
use claque_net::{
    Clock,
    service::{TokenEvent, TokenOutcome},
};
use claque_store::{Preparation, TokenRow};

use super::{accounts::SignedInAccounts, documents::MakeStats};

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
