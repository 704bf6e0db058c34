//! What each verb is to do.

use std::{net::SocketAddr, num::NonZeroUsize, path::PathBuf};

use claque_net::service::{Credentials, NetworkOrder, Target};
use claque_run::order::{
    DocumentsOrder, GatewayChoice, OpenaiChoice, RunOrder, SimulateDocumentsOrder, SimulateOrder,
};
use claque_stats::{objective::Objective, vocabulary::Vocabulary};

/// A run in real time, decided.
#[derive(Debug)]
pub(crate) struct RunSettings {
    /// The run.
    pub(crate) order: RunOrder,
    /// How it is watched.
    pub(crate) live: LiveChoice,
    /// How it is told.
    pub(crate) output: Output,
}

/// A run in virtual time, decided.
#[derive(Clone, Debug)]
pub(crate) struct SimulateSettings {
    /// The run.
    pub(crate) order: SimulateOrder,
    /// How it is told.
    pub(crate) output: Output,
    /// The same with many seeds, where that is asked for instead.
    pub(crate) replicates: Option<Replicates>,
}

/// A simulation with many seeds.
#[derive(Clone, Debug)]
pub(crate) struct Replicates {
    /// One for each seed.
    pub(crate) orders: Vec<SimulateOrder>,
    /// Threads to simulate on.
    pub(crate) jobs: NonZeroUsize,
}

/// A run over documents in real time, decided.
#[derive(Debug)]
pub(crate) struct DocumentsSettings {
    /// The run.
    pub(crate) order: DocumentsOrder,
    /// How it is told.
    pub(crate) output: Output,
}

/// A run over documents in virtual time, decided.
#[derive(Debug)]
pub(crate) struct SimulateDocumentsSettings {
    /// The run.
    pub(crate) order: SimulateDocumentsOrder,
    /// How it is told.
    pub(crate) output: Output,
}

/// A reference gateway, by the protocol that it speaks.
#[derive(Debug)]
pub(crate) enum ServedGateway {
    /// Yapit's.
    Yapit(Box<GatewayChoice>),
    /// OpenAI-compatible speech.
    Openai(Box<OpenaiChoice>),
}

/// A gateway to be run alone, decided.
#[derive(Debug)]
pub(crate) struct ServeSettings {
    /// The gateway.
    pub(crate) gateway: ServedGateway,
    /// Address and port to listen on.
    pub(crate) bind: SocketAddr,
    /// How much is said.
    pub(crate) talk: Verbosity,
}

/// What is to be taken away, decided.
#[derive(Debug)]
pub(crate) struct CleanupSettings {
    /// Folders of runs that were named.
    pub(crate) folders: Vec<PathBuf>,
    /// Whether every run in `dir` is meant.
    pub(crate) all: bool,
    /// Whether documents that were kept for later runs go, too.
    pub(crate) kept: bool,
    /// The folder in which runs have theirs.
    pub(crate) dir: PathBuf,
    /// At least one account.
    pub(crate) credentials: Vec<Credentials>,
    /// How services are reached.
    pub(crate) network: NetworkOrder,
    /// Services that were typed.
    pub(crate) targets: Vec<Target>,
    /// How much is said.
    pub(crate) talk: Verbosity,
}

/// How and where results are told.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    /// The form of the summary on stdout.
    pub(crate) format: OutputFormat,
    /// Whether the run gets its page.
    pub(crate) page: PageChoice,
    /// How much is said on stderr.
    pub(crate) talk: Verbosity,
    /// Where JUnit XML goes.
    pub(crate) junit: Option<PathBuf>,
    /// Where Markdown goes.
    pub(crate) markdown: Option<PathBuf>,
    /// Under whose names the facts are told besides.
    pub(crate) vocabulary: Option<Vocabulary>,
}

/// What must be reached, and where that is told besides.
#[derive(Clone, Debug, Default)]
pub(crate) struct JudgementSettings {
    /// The objectives, in the order given.
    pub(crate) objectives: Vec<Objective>,
    /// Where JUnit XML goes.
    pub(crate) junit: Option<PathBuf>,
    /// Where Markdown goes.
    pub(crate) markdown: Option<PathBuf>,
}

/// Whether a run gets a page for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PageChoice {
    /// As report.html in its folder.
    Written,
    /// None.
    LeftOut,
}

/// How a run is watched while it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LiveChoice {
    /// What is drawn on the terminal.
    pub(crate) screen: ScreenChoice,
    /// Where a page tells of it, on loopback.
    pub(crate) page: Option<SocketAddr>,
}

/// What is drawn on the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ScreenChoice {
    /// A line.
    Line,
    /// All of it.
    Whole,
}

/// The form of a summary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OutputFormat {
    /// A table for people.
    Text,
    /// One document for programs.
    Json,
    /// GitHub-flavoured Markdown.
    Markdown,
}

/// How much is said on stderr.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verbosity {
    /// Progress and remarks.
    Normal,
    /// Nothing but errors.
    Quiet,
}
