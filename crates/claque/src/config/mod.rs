//! From flags, files and variables to what they mean.
//!
//! [`cli`](crate::cli) holds what was typed; [`wishes`] gathers it with the scenario file; the functions here decide,
//! and check every range. What leaves this module is right by type. Errors end the program with exit code 2.

mod accounts;
mod arrivals;
mod audience;
mod behaviour;
mod calibrated;
mod capacity;
mod ceilings;
mod compare;
mod courtesy;
mod credentials;
mod decided;
mod documents;
mod env_file;
mod environment;
mod file;
mod gateway;
mod groups;
mod headers;
mod listen;
mod listener_network;
mod live;
mod network;
mod no_effect;
mod objectives;
mod output;
mod resolve;
mod resolve_documents;
mod scenario;
mod scrape;
mod settings;
mod simulate;
mod speech;
mod suite;
mod suite_file;
mod target;
mod told_files;
mod tune;
mod vary;
mod wish;
mod wishes;

pub(crate) use claque_run::usage::UsageError;

pub(crate) use self::{
    calibrated::{FittedLength, model_table, order as order_of_run},
    capacity::{CapacitySettings, ProbeWork, blocks_ahead, resolve_capacity},
    ceilings::default_objectives,
    compare::{CompareSettings, OnRegression, resolve_compare},
    credentials::Surroundings,
    environment::Environment,
    no_effect::of_capacities,
    output::OUTPUT_DIR,
    resolve::{resolve_cleanup, resolve_run, resolve_serve, resolve_simulate},
    resolve_documents::{resolve_documents, resolve_simulate_documents},
    settings::{
        CleanupSettings, DocumentsSettings, LiveChoice, Output, OutputFormat, PageChoice, Replicates,
        RunSettings, ScreenChoice, ServeSettings, ServedGateway, SimulateDocumentsSettings, SimulateSettings,
        Verbosity,
    },
    suite::{SuiteDeed, SuiteSettings, resolve_suite},
    told_files::ShowOutput,
    tune::{Dimension, PreparedSetting, Prices, TuneSettings, resolve_tune},
    vary::resolve_vary,
};

#[cfg(test)]
mod tests;
