//! One verb a file.

mod documents;
mod run;
mod serve;
mod simulate;

use std::{io, process::ExitCode};

use claque_wire::yapit::rest::Secret;

use crate::{
    cli::{Cli, SimulateVerb, Verb},
    config::{self, Surroundings, TOKEN_VARIABLE},
};

/// Does what was asked, and says how it ended.
///
/// # Errors
/// claque cannot go on. A [`config::UsageError`] among them means that it was asked wrongly.
pub(crate) fn execute(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.verb {
        Verb::Run(flags) => {
            let token = std::env::var(TOKEN_VARIABLE).ok().map(Secret::from);
            let stdin = &mut io::stdin().lock();
            run::run(config::resolve_run(*flags, Surroundings { token, stdin })?)
        }
        Verb::Simulate(mut flags) => match flags.what.take() {
            None => simulate::simulate(config::resolve_simulate(*flags)?),
            Some(SimulateVerb::Documents(flags)) => {
                crate::documents::simulate(config::resolve_simulate_documents(*flags)?)
            }
        },
        Verb::Documents(flags) => {
            let token = std::env::var(TOKEN_VARIABLE).ok().map(Secret::from);
            let stdin = &mut io::stdin().lock();
            documents::documents(config::resolve_documents(*flags, Surroundings { token, stdin })?)
        }
        Verb::Serve(flags) => serve::serve(config::resolve_serve(*flags)?),
    }
}
