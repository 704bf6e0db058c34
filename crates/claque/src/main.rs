//! The claque program: a hired audience for text-to-speech services.
//!
//! `cli` is what was typed, `config` what it means, `commands` one verb a file, `outcome` what becomes of a run's
//! facts, `report` how they are told.

mod capacity;
mod cli;
mod commands;
mod compare;
mod config;
mod documents;
mod find;
mod load;
mod network;
mod outcome;
mod printable;
mod report;
mod run;
mod simulation;
mod speech;
mod state;
mod suite;
mod talk;
mod unique;

use std::process::ExitCode;

use clap::Parser as _;
use tracing::level_filters::LevelFilter;

use crate::{cli::Cli, config::UsageError};

/// Documented in the help.
const FAILED: u8 = 1;
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let cli = Cli::parse();
    talk::init_log(if cli.is_quiet() { LevelFilter::ERROR } else { LevelFilter::WARN });
    commands::execute(cli).unwrap_or_else(|error| {
        talk::say_error(&error);
        ExitCode::from(if error.is::<UsageError>() { USAGE } else { FAILED })
    })
}
