//! How a client kept up with the server, told by the server's log alone: the same for every client.

use std::{io::Write as _, path::PathBuf};

use anyhow::Context as _;
use serde::Serialize;

use crate::truth::Truth;

/// Which log, and which stretch of it.
#[derive(Debug, clap::Args)]
pub(crate) struct FiguresFlags {
    /// The log
    #[arg(long)]
    log: PathBuf,
    /// Nanoseconds since 1970-01-01 UTC
    #[arg(long)]
    from: u64,
    /// Nanoseconds since 1970-01-01 UTC
    #[arg(long)]
    to: u64,
}

#[derive(Debug, Serialize)]
struct Figures {
    /// Blocks whose last byte went out within the stretch.
    blocks: usize,
    /// From the moment a block was called ready until its audio was asked for.
    reaction_ms: Spread,
}

/// Percentiles of what was seen; all of it absent when nothing was.
#[derive(Debug, Serialize)]
pub(crate) struct Spread {
    pub(crate) count: usize,
    pub(crate) p50: Option<f64>,
    pub(crate) p99: Option<f64>,
    pub(crate) max: Option<f64>,
}

impl Spread {
    /// Of spans in nanoseconds, as milliseconds, by nearest rank.
    pub(crate) fn of_nanos(mut spans: Vec<u64>) -> Self {
        spans.sort_unstable();
        let at = |percent: usize| {
            let rank = (spans.len() * percent).div_ceil(100).max(1);
            spans.get(rank - 1).map(|&nanos| millis(nanos))
        };
        Self { count: spans.len(), p50: at(50), p99: at(99), max: at(100) }
    }
}

fn millis(nanos: u64) -> f64 {
    std::time::Duration::from_nanos(nanos).as_secs_f64() * 1_000.0
}

/// Prints a line of JSON.
///
/// # Errors
/// The log cannot be read, or stdout cannot be written.
pub(crate) fn run(flags: &FiguresFlags) -> anyhow::Result<()> {
    let truth = Truth::read(&flags.log)?;
    let within = |moment: u64| moment != 0 && (flags.from..flags.to).contains(&moment);
    let reactions = truth.marks().filter(|mark| within(mark.ready) && mark.fetched != 0);
    print(&Figures {
        blocks: truth.marks().filter(|mark| within(mark.complete)).count(),
        reaction_ms: Spread::of_nanos(
            reactions.map(|mark| mark.fetched.saturating_sub(mark.ready)).collect(),
        ),
    })
}

/// Prints something as a line of JSON.
///
/// # Errors
/// Nobody reads stdout.
pub(crate) fn print(what: &impl Serialize) -> anyhow::Result<()> {
    let line = serde_json::to_string(what).context("failed to write figures as JSON")?;
    writeln!(std::io::stdout().lock(), "{line}").context("failed to write to stdout")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_what_was_seen() {
        let spread = Spread::of_nanos((1..=100).rev().map(|ms| ms * 1_000_000).collect());
        assert_eq!((spread.p50, spread.p99, spread.max), (Some(50.0), Some(99.0), Some(100.0)));
        assert_eq!(Spread::of_nanos(Vec::new()).p99, None);
    }
}
