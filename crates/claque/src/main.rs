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
mod kept;
mod live;
mod model;
mod repeats;
mod report;
mod suite;
mod talk;
mod tune;

use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _};
use tracing::level_filters::LevelFilter;

use crate::cli::{Cli, TypedFlags, in_plain_words};

fn main() -> ExitCode {
    let matches = Cli::command().try_get_matches().unwrap_or_else(|error| in_plain_words(error).exit());
    let cli =
        Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.format(&mut Cli::command()).exit());
    let typed = TypedFlags::of(&matches);
    talk::init_log(if cli.is_quiet() { LevelFilter::ERROR } else { LevelFilter::WARN });
    commands::execute(cli, &typed).unwrap_or_else(|error| {
        talk::say_error(&error);
        exit::of_error(&error)
    })
}
