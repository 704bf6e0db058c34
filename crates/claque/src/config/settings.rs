//! What each verb is to do.

use std::{net::SocketAddr, path::PathBuf};

use claque_core::{corpus::Corpus, plan::Plan};
use claque_net::service::{Credentials, NetworkOrder, Target};
use claque_stats::{
    objective::{AbortRule, Objective},
    vocabulary::Vocabulary,
};
use serde_json::Value;

use super::{
    courtesy::Courtesy,
    documents::DocumentsPlan,
    gateway::{GatewayChoice, OpenaiChoice},
    speech::{ProtocolChoice, SpeechChoice},
};

/// A run in real time, decided.
#[derive(Debug)]
pub(crate) struct RunSettings {
    /// What the audience does.
    pub(crate) plan: Plan,
    /// What it listens to.
    pub(crate) corpus: Corpus,
    /// The service.
    pub(crate) target: TargetChoice,
    /// What it speaks.
    pub(crate) protocol: ProtocolChoice,
    /// Whether the player was chosen, or is the usual one of the protocol.
    pub(crate) player_was_chosen: bool,
    /// Who the audience is: at least one account, among which listeners are dealt in turn.
    pub(crate) credentials: Vec<Credentials>,
    /// How the service's limits are lived with.
    pub(crate) courtesy: Courtesy,
    /// How the service is reached.
    pub(crate) network: NetworkOrder,
    /// Where every block's audio is kept, if anywhere.
    pub(crate) keep_audio: Option<PathBuf>,
    /// Share of the compressed audio that is decoded, 0 to 1.
    pub(crate) decode_share: f64,
    /// When it is given up.
    pub(crate) abort_on: Vec<AbortRule>,
    /// How it is watched.
    pub(crate) live: LiveChoice,
    /// Where results go.
    pub(crate) output: Output,
    /// The number all randomness hangs from.
    pub(crate) seed: u64,
    /// Everything that was decided, in a scenario's words and without secrets.
    pub(crate) scenario: Value,
}

/// A run in virtual time, decided.
#[derive(Clone, Debug)]
pub(crate) struct SimulateSettings {
    /// What the audience does.
    pub(crate) plan: Plan,
    /// What it listens to.
    pub(crate) corpus: Corpus,
    /// The model of the service.
    pub(crate) service: SimulatedService,
    /// Where results go.
    pub(crate) output: Output,
    /// The number all randomness hangs from.
    pub(crate) seed: u64,
    /// Everything that was decided, in a scenario's words and without secrets.
    pub(crate) scenario: Value,
}

/// A model of a service, by the protocol that it speaks; its engine is no command.
#[derive(Clone, Debug)]
pub(crate) enum SimulatedService {
    /// Yapit's.
    Yapit(Box<GatewayChoice>),
    /// OpenAI-compatible speech.
    Speech(Box<SimulatedSpeech>),
}

/// A model of a service of OpenAI-compatible speech.
#[derive(Clone, Debug)]
pub(crate) struct SimulatedSpeech {
    /// The service.
    pub(crate) gateway: OpenaiChoice,
    /// How speech is asked for.
    pub(crate) asking: SpeechChoice,
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
    /// How the service is reached.
    pub(crate) network: NetworkOrder,
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
    pub(crate) talk: Talk,
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
    pub(crate) talk: Talk,
}

/// The service an audience listens to.
#[derive(Debug)]
pub(crate) enum TargetChoice {
    /// A gateway of our own, in this process.
    Embedded(Box<GatewayChoice>),
    /// One that speaks OpenAI-compatible speech.
    EmbeddedSpeech(Box<OpenaiChoice>),
    /// A service whose address was typed.
    BaseUrl(Target),
}

impl TargetChoice {
    /// What it is, for people, where a gateway of our own has no address yet or need not tell it.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::BaseUrl(target) => target.to_string(),
            Self::Embedded(gateway) => format!("embedded gateway {}", gateway.preset),
            Self::EmbeddedSpeech(gateway) => {
                format!("embedded speech gateway, as {}", gateway.config.dialect.name)
            }
        }
    }

    /// The same, with the address that a gateway of our own has.
    pub(crate) fn shown_at(&self, address: &Target) -> String {
        match self {
            Self::BaseUrl(target) => target.to_string(),
            Self::Embedded(_) | Self::EmbeddedSpeech(_) => format!("{} at {address}", self.shown()),
        }
    }
}

/// Where results go.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    /// The folder in which runs get theirs.
    pub(crate) dir: PathBuf,
    /// The folder with the list of documents that are kept for later runs.
    pub(crate) kept_dir: PathBuf,
    /// The form of the summary on stdout.
    pub(crate) format: OutputFormat,
    /// Whether the run gets its page.
    pub(crate) page: PageChoice,
    /// How much is said on stderr.
    pub(crate) talk: Talk,
    /// What must be reached.
    pub(crate) judging: Judging,
    /// Under whose names the facts are told besides.
    pub(crate) vocabulary: Option<Vocabulary>,
}

/// What must be reached, and where that is told besides.
#[derive(Clone, Debug, Default)]
pub(crate) struct Judging {
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
}

/// How much is said on stderr.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Talk {
    /// Progress and remarks.
    Normal,
    /// Nothing but errors.
    Quiet,
}
