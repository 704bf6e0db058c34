//! How many listeners one core carries, beside bare sockets and other generators, in the same minutes on the same machine.
//!
//! Each client has a core to itself and meets the truth server (`claque-bench serve`) on another. What it was sent, and how
//! soon it reacted, is told by the server's log, which is the same for all; CPU time and memory are what Linux counts.

pub(super) mod children;
mod clients;
mod limits;
mod measure;
mod peers;
mod process;
mod rounds;
mod row;
mod search;
mod session;
mod streams;

use anyhow::{Context as _, ensure};
use serde_json::json;

pub(super) use self::streams::{StreamFlags, run as run_streams};
use self::{clients::Client, session::Session};
use super::reference;
use crate::talk::{print, say};

/// What is measured.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct DensityFlags {
    /// Listeners, one step after the other
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "1000,5000,10000,25000,50000",
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    users: Vec<u32>,
    /// Seconds that count, after everybody has come and settled: a multiple of 40, in which each listener asks once; 1200 for the
    /// goal about memory
    #[arg(long, default_value_t = 40, value_parser = whole_batches)]
    seconds: u32,
    /// Measure everybody so many times, in turn, and tell the median beside the least and the most
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..), conflicts_with = "find_most")]
    rounds: u32,
    /// Seconds over which listeners come [default: one for each 250 of them, 4 at least]
    #[arg(long)]
    ramp: Option<u32>,
    /// Clients, one after the other
    #[arg(long, value_delimiter = ',', value_enum, default_values_t = Client::ALL)]
    clients: Vec<Client>,
    /// Speak TLS; of the clients, the floor and claque do
    #[arg(long)]
    tls: bool,
    /// Measure the floor and claque a second time, on two threads that have both cores and share them with the server
    #[arg(long)]
    both_cores: bool,
    /// Look for the most users that each client keeps up with, to a tenth, from the first of --users up or down
    #[arg(long)]
    find_most: bool,
}

/// A batch of 8 blocks of 5 s lasts 40: in any other stretch some listeners would ask more often than others.
fn whole_batches(typed: &str) -> Result<u32, String> {
    const BATCH_SECONDS: u32 = 40;
    match typed.parse() {
        Ok(seconds) if seconds > 0 && u32::is_multiple_of(seconds, BATCH_SECONDS) => Ok(seconds),
        _ => Err("it must be a multiple of 40, in which each listener asks for one batch".to_owned()),
    }
}

impl DensityFlags {
    fn ramp_of(&self, users: u32) -> u32 {
        const A_SECOND: u32 = 250;
        const LEAST: u32 = 4;
        self.ramp.unwrap_or_else(|| users.div_ceil(A_SECOND).max(LEAST))
    }
}

/// Measures every client at every step, tells a table, and prints all figures as JSON.
///
/// # Errors
/// When something cannot be built or run at all, or a signal comes. A client that fails is a row that says so.
pub(crate) fn run(flags: &DensityFlags) -> anyhow::Result<()> {
    ensure!(reference::cores() >= 2, "this bench needs a core for the client and another for the server");
    let mut session = Session::prepare(flags)?;
    let done = if flags.find_most { session.find_most() } else { session.measure_steps() };
    let (rows, most) = (&session.rows, &session.most);
    // What was measured before a signal came is not lost.
    say(&row::table(rows));
    let together = rounds::together(rows);
    together.iter().for_each(|one| say(&one.line()));
    most.iter().for_each(|most| say(&most.line()));
    done?;
    let text = serde_json::to_string_pretty(&json!({
        "cores": reference::cores(),
        "seconds": flags.seconds,
        "tls": flags.tls,
        "rounds": flags.rounds,
        "rows": rows.iter().map(|row| row.to_json(rows)).collect::<Vec<_>>(),
        "together": together.iter().map(rounds::Together::to_json).collect::<Vec<_>>(),
        "most_users": most.iter().map(search::Most::to_json).collect::<Vec<_>>(),
    }))
    .context("failed to write figures as JSON")?;
    session.keep(&text)?;
    print(&text)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Typed {
        #[command(flatten)]
        flags: DensityFlags,
    }

    fn parse(typed: &[&str]) -> Result<DensityFlags, String> {
        let typed = ["density"].iter().chain(typed);
        Typed::try_parse_from(typed).map(|typed| typed.flags).map_err(|error| error.to_string())
    }

    #[test]
    fn flags_are_understood() {
        let typed = ["--users", "1000,2000", "--clients", "claque", "--find-most", "--both-cores"];
        let flags = parse(&typed).unwrap();
        assert_eq!(
            (flags.users.as_slice(), flags.clients.as_slice()),
            (&[1_000, 2_000][..], &[Client::Claque][..])
        );
        assert!(flags.find_most && flags.both_cores && !flags.tls);
        assert_eq!((flags.ramp_of(100), flags.ramp_of(10_000)), (4, 40));
    }

    #[test]
    fn a_stretch_that_is_no_whole_batch_or_no_users_are_refused() {
        assert!(parse(&["--seconds", "50"]).unwrap_err().contains("a multiple of 40"));
        assert!(parse(&["--users", "0"]).unwrap_err().contains("0 is not in 1.."));
        assert!(parse(&["--rounds", "0"]).unwrap_err().contains("0 is not in 1.."));
        assert!(parse(&["--rounds", "2", "--find-most"]).unwrap_err().contains("cannot be used with"));
        assert!(parse(&["--find-more"]).unwrap_err().contains("--find-most"));
    }
}
