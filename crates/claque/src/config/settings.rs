//! What each verb is to do.

use std::{net::SocketAddr, path::PathBuf};

use claque_core::{corpus::Corpus, plan::Plan};
use claque_net::service::{Credentials, Target};
use serde_json::Value;

use super::{documents::DocumentsPlan, gateway::GatewayChoice};

/// A run in real time, decided.
#[derive(Debug)]
pub(crate) struct RunSettings {
    /// What the audience does.
    pub(crate) plan: Plan,
    /// What it listens to.
    pub(crate) corpus: Corpus,
    /// The service.
    pub(crate) target: TargetChoice,
    /// Who the audience is.
    pub(crate) credentials: Credentials,
    /// Where every block's audio is kept, if anywhere.
    pub(crate) keep_audio: Option<PathBuf>,
    /// Where results go.
    pub(crate) output: Output,
    /// The number all randomness hangs from.
    pub(crate) seed: u64,
    /// Everything that was decided, in a scenario's words and without secrets.
    pub(crate) scenario: Value,
}

/// A run in virtual time, decided.
#[derive(Debug)]
pub(crate) struct SimulateSettings {
    /// What the audience does.
    pub(crate) plan: Plan,
    /// What it listens to.
    pub(crate) corpus: Corpus,
    /// The model of the service; its engine is no command.
    pub(crate) gateway: GatewayChoice,
    /// Where results go.
    pub(crate) output: Output,
    /// The number all randomness hangs from.
    pub(crate) seed: u64,
    /// Everything that was decided, in a scenario's words and without secrets.
    pub(crate) scenario: Value,
}

/// A run over documents in real time, decided.
#[derive(Debug)]
pub(crate) struct DocumentsSettings {
    /// What is extracted.
    pub(crate) plan: DocumentsPlan,
    /// What made documents say.
    pub(crate) corpus: Corpus,
    /// The service.
    pub(crate) target: TargetChoice,
    /// Who we are.
    pub(crate) credentials: Credentials,
    /// Where results go.
    pub(crate) output: Output,
    /// The number all randomness hangs from.
    pub(crate) seed: u64,
    /// Everything that was decided, in a scenario's words and without secrets.
    pub(crate) scenario: Value,
}

/// A run over documents in virtual time, decided.
#[derive(Debug)]
pub(crate) struct SimulateDocumentsSettings {
    /// What is extracted.
    pub(crate) plan: DocumentsPlan,
    /// What made documents say.
    pub(crate) corpus: Corpus,
    /// The model of the service.
    pub(crate) gateway: GatewayChoice,
    /// Where results go.
    pub(crate) output: Output,
    /// The number all randomness hangs from.
    pub(crate) seed: u64,
    /// Everything that was decided, in a scenario's words and without secrets.
    pub(crate) scenario: Value,
}

/// A gateway to be run alone, decided.
#[derive(Debug)]
pub(crate) struct ServeSettings {
    /// The gateway.
    pub(crate) gateway: GatewayChoice,
    /// Address and port to listen on.
    pub(crate) bind: SocketAddr,
    /// How much is said.
    pub(crate) talk: Talk,
}

/// The service an audience listens to.
#[derive(Debug)]
pub(crate) enum TargetChoice {
    /// A gateway of our own, in this process.
    Embedded(Box<GatewayChoice>),
    /// A service whose address was typed.
    BaseUrl(Target),
}

/// Where results go.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    /// The folder in which runs get theirs.
    pub(crate) dir: PathBuf,
    /// The form of the summary on stdout.
    pub(crate) format: OutputFormat,
    /// How much is said on stderr.
    pub(crate) talk: Talk,
}

/// The form of a summary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OutputFormat {
    /// A table for people.
    Text,
    /// One document for programs.
    Json,
}

/// How much is said on stderr.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Talk {
    /// Progress and remarks.
    Normal,
    /// Nothing but errors.
    Quiet,
}
