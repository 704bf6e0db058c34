//! From flags, files and variables to what they mean.
//!
//! [`cli`](crate::cli) holds what was typed; [`wishes`] gathers it with the scenario file; the functions here decide,
//! and check every range. What leaves this module is right by type. Errors end the program with exit code 2.

mod audience;
mod credentials;
mod decided;
mod documents;
mod env_file;
mod error;
mod gateway;
mod resolve;
mod resolve_documents;
mod scenario;
mod settings;
mod wish;
mod wishes;

pub(crate) use self::{
    credentials::{Surroundings, TOKEN_VARIABLE},
    documents::{DocumentsPlan, Origin},
    error::UsageError,
    gateway::GatewayChoice,
    resolve::{resolve_run, resolve_serve, resolve_simulate},
    resolve_documents::{resolve_documents, resolve_simulate_documents},
    settings::{
        DocumentsSettings, OutputFormat, RunSettings, ServeSettings, SimulateDocumentsSettings,
        SimulateSettings, Talk, TargetChoice,
    },
};

#[cfg(test)]
mod tests;
