//! What claque is measured against: a server that knows the truth, and a client that does the least.
//!
//! A program of the bench, started by `cargo xtask bench density`; nobody who uses claque has it. `serve` logs when it sent
//! what, `floor` asks for the same blocks with bare sockets, `figures` says from the log how a client kept up, and
//! `accuracy` how far claque's facts are from it. It steers nothing: who is pinned where is the chores' business.

mod accuracy;
mod certificate;
mod drain;
mod figures;
mod floor;
mod frames;
mod outbox;
mod server;
mod streams;
mod tables;
mod truth;
mod wire;

use clap::{Parser, Subcommand};

/// What claque is measured against.
#[derive(Debug, Parser)]
#[command(name = "claque-bench")]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Serve with known delays until stdin ends, then write when what was done
    Serve(server::ServeFlags),
    /// Ask for the same blocks with bare sockets
    Floor(floor::FloorFlags),
    /// Stream speech at the pace at which it plays until stdin ends, and say what was sent whenever a line comes
    ServeStreams(streams::StreamServeFlags),
    /// Hear such streams in turns with bare sockets
    FloorStreams(streams::StreamFloorFlags),
    /// Read answers to their ends and drop them
    Drain(drain::DrainFlags),
    /// Say how many blocks went out in a stretch of time, and how soon a client reacted to each
    Figures(figures::FiguresFlags),
    /// Say how far the moments in claque's facts are from when things were sent
    Accuracy(accuracy::AccuracyFlags),
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().verb {
        Verb::Serve(flags) => server::serve(&flags),
        Verb::Floor(flags) => floor::run(flags),
        Verb::ServeStreams(flags) => streams::serve(&flags),
        Verb::FloorStreams(flags) => streams::floor(flags),
        Verb::Drain(flags) => drain::run(&flags),
        Verb::Figures(flags) => figures::run(&flags),
        Verb::Accuracy(flags) => accuracy::run(&flags),
    }
}
