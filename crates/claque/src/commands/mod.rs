//! One verb a file.

mod calibrate;
mod capacity;
mod cleanup;
mod compare;
mod documents;
mod explain;
mod export;
mod import;
mod prune;
mod report;
mod resummarise;
mod run;
mod runs;
mod runtime;
mod serve;
mod shell;
mod show;
mod simulate;
mod suite;
mod tag;
mod tune;

use std::{io, process::ExitCode};

use crate::{
    cli::{Cli, SimulateVerb, TypedFlags, Verb},
    config::{self, Environment, Surroundings},
};

/// Does what was asked, and says how it ended.
///
/// # Errors
/// claque cannot go on. A [`config::UsageError`] among them means that it was asked wrongly.
pub(crate) fn execute(cli: Cli, typed: &TypedFlags) -> anyhow::Result<ExitCode> {
    match cli.verb {
        Verb::Run(flags) => {
            let (environment, stdin) = (&Environment::of_process(), &mut io::stdin().lock());
            run::run(config::resolve_run(*flags, Surroundings::new(environment, stdin))?)
        }
        Verb::Simulate(mut flags) => match flags.what.take() {
            None if flags.vary.vary.is_empty() => simulate::simulate(config::resolve_simulate(*flags)?),
            None => suite::suite(config::resolve_vary(&flags, &std::env::args_os().collect::<Vec<_>>())?),
            Some(SimulateVerb::Documents(flags)) => {
                documents::simulate_documents(config::resolve_simulate_documents(*flags)?)
            }
        },
        Verb::Suite(flags) => {
            let (environment, stdin) = (&Environment::of_process(), &mut io::stdin().lock());
            suite::suite(config::resolve_suite(*flags, Surroundings::new(environment, stdin))?)
        }
        Verb::Capacity(flags) => {
            let (environment, stdin) = (&Environment::of_process(), &mut io::stdin().lock());
            let flags = crate::capacity::resume::flags(*flags, typed)?;
            let settings = config::resolve_capacity(flags, Surroundings::new(environment, stdin))?;
            capacity::capacity(crate::capacity::resume::checked(settings, typed)?)
        }
        Verb::Calibrate(flags) => calibrate::calibrate(&flags),
        Verb::Tune(flags) => {
            tune::tune(config::resolve_tune(*flags, &std::env::args_os().collect::<Vec<_>>())?)
        }
        Verb::Documents(flags) => {
            let (environment, stdin) = (&Environment::of_process(), &mut io::stdin().lock());
            documents::documents(config::resolve_documents(*flags, Surroundings::new(environment, stdin))?)
        }
        Verb::Cleanup(flags) => {
            let (environment, stdin) = (&Environment::of_process(), &mut io::stdin().lock());
            cleanup::cleanup(config::resolve_cleanup(*flags, Surroundings::new(environment, stdin))?)
        }
        Verb::Serve(flags) => serve::serve(config::resolve_serve(*flags, &Environment::of_process())?),
        Verb::Compare(flags) => compare::compare(&config::resolve_compare(*flags)?),
        Verb::Runs(flags) => runs::runs(&flags),
        Verb::Show(flags) => show::show(&flags),
        Verb::Explain(flags) => explain::explain(&flags),
        Verb::Report(flags) => report::report(&flags),
        Verb::Tag(flags) => tag::tag(&flags),
        Verb::Prune(flags) => prune::prune(&flags),
        Verb::Import(flags) => import::import(&flags),
        Verb::Resummarise(flags) => resummarise::resummarise(&flags),
        Verb::Export(flags) => export::export(&flags),
        Verb::Completions(flags) => shell::completions(&flags),
        Verb::Man(flags) => shell::man(&flags),
    }
}
