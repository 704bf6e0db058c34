//! The project's chores: what CI runs, what keeps the house in order, and the benches.
//!
//! Talk goes to stderr; figures of a bench go to stdout. Nothing here is part of the program.

mod bench;
mod ci;
mod clients;
mod deny;
mod faults;
mod packages;
mod picture;
mod steps;
mod talk;
mod tidy;
mod tools;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{bench::Bench, ci::Preparation, talk::say};

/// The project's chores.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Install what the tests need, where that is allowed, then run everything CI runs
    Test,
    /// Run everything CI runs, installing nothing
    Ci,
    /// Run the scripted faults: all of them, or those of these names or groups
    Faults {
        /// Names or groups
        names: Vec<String>,
    },
    /// Pack every crate that is to be published, and look into the packages
    Packages,
    /// Draw the picture in the README anew, which takes half a minute
    Picture,
    /// Check sizes, crate arrows, dead files, documents, their links and machine paths
    Tidy,
    /// Measure something; figures go to stdout and to bench/ in the target folder
    Bench {
        #[command(subcommand)]
        bench: Bench,
    },
}

fn main() -> ExitCode {
    let result = match Cli::parse().verb {
        Verb::Test => ci::run(Preparation::Install),
        Verb::Ci => ci::run(Preparation::CheckOnly),
        Verb::Faults { names } => faults::run(&names),
        Verb::Packages => packages::run(),
        Verb::Picture => picture::run(),
        Verb::Tidy => tidy::run(),
        Verb::Bench { bench } => bench.run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
