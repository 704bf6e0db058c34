//! The claque program: a hired audience for text-to-speech services.
//!
//! `cli` is what was typed, `config` what it means, `commands` one verb a file, `live` what is seen of a run while it goes on,
//! `report` where it is told. Runs are made by `claque-run`, and put into words by `claque-report`.

mod capacity;
mod cli;
mod commands;
mod compare;
mod config;
mod exit;
mod find;
mod live;
mod report;
mod suite;
mod talk;

use std::process::ExitCode;

use clap::Parser as _;
use tracing::level_filters::LevelFilter;

use crate::cli::Cli;

fn main() -> ExitCode {
    let cli = Cli::parse();
    talk::init_log(if cli.is_quiet() { LevelFilter::ERROR } else { LevelFilter::WARN });
    commands::execute(cli).unwrap_or_else(|error| {
        talk::say_error(&error);
        exit::of_error(&error)
    })
}
