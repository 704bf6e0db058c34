//! What is to be done: the values that flags, file and variables come to, and that a run is made of.

mod documents;
mod fit;
mod gateway;
mod limits;
mod speech;

use std::{num::NonZeroU32, path::PathBuf};

use claque_core::{corpus::Corpus, ids::ListenerId, plan::Plan, schedule::ArrivalSchedule};
use claque_net::{
    audience::HearWish,
    scrape::ScrapeSource,
    service::{Credentials, NetworkOrder, Target},
};
use claque_stats::{
    objective::{AbortRule, Objective},
    units::counted,
};
use claque_store::RepeatOf;
use serde_json::Value;

pub use self::{
    documents::{DocumentsPlan, Origin, PaperShape},
    fit::{FittedNumber, ModelFit},
    gateway::{EngineFlag, GatewayChoice, OpenaiChoice},
    limits::{LimitChoice, LimitSettings},
    speech::{ProtocolChoice, SpeechChoice, WithoutEffect},
};

/// A run in real time.
#[derive(Debug)]
pub struct RunOrder {
    /// What the audience does.
    pub plan: Plan,
    /// What it listens to.
    pub corpus: Corpus,
    /// The service.
    pub target: TargetChoice,
    /// What it speaks.
    pub protocol: ProtocolChoice,
    /// Whether the player was chosen, or is the usual one of the protocol.
    pub player_was_chosen: bool,
    /// What was asked for and has no effect in the protocol that a service may be found to speak.
    pub without_effect: WithoutEffect,
    /// Who the audience is: at least one account, among which listeners are dealt in turn.
    pub credentials: Vec<Credentials>,
    /// How the service's limits are lived with.
    pub limits: LimitSettings,
    /// How the service is reached.
    pub network: NetworkOrder,
    /// Where every block's audio is kept, if anywhere.
    pub keep_audio: Option<PathBuf>,
    /// Of whom it is kept what was heard, if of anybody.
    pub hear: Option<HearWish>,
    /// Share of the compressed audio that is decoded, 0 to 1.
    pub decode_share: f64,
    /// Who is asked for figures beside the audience.
    pub scrape: Vec<ScrapeSource>,
    /// When it is given up.
    pub abort_on: Vec<AbortRule>,
    /// Where results go, and what they are judged by.
    pub results: Results,
    /// The number all randomness hangs from.
    pub seed: u64,
    /// Everything that was decided, in a scenario's words and without secrets.
    pub scenario: Value,
}

impl RunOrder {
    /// What is run, in a line.
    pub fn about(&self) -> String {
        let plan = &self.plan;
        let users = counted(plan.schedule.known_of(plan.users).into(), "listener");
        let held = if let ArrivalSchedule::Held(_) = plan.schedule { " at a time" } else { "" };
        let blocks = counted(plan.blocks.into(), "block");
        format!("{users}{held}, {blocks} each, at {} ×; {}", plan.speed.as_f64(), self.target.shown())
    }
}

/// Whose facts a simulation keeps. Its figures are of everybody, whatever is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FactsKept {
    /// Everybody's.
    #[default]
    All,
    /// Those of so many listeners, evenly among all.
    Sample(NonZeroU32),
    /// Nobody's.
    None,
}

impl FactsKept {
    /// As it is typed; none for everybody's.
    pub fn words(self) -> Option<String> {
        match self {
            Self::All => None,
            Self::Sample(listeners) => Some(format!("sample:{listeners}")),
            Self::None => Some("none".to_owned()),
        }
    }

    /// Whether those of a listener are kept, of so many.
    pub(crate) fn keeps(self, listener: ListenerId, users: u32) -> bool {
        match self {
            Self::All => true,
            Self::Sample(kept) => {
                // The first of every stretch of users / kept listeners.
                let (kept, users) = (u64::from(kept.get()), u64::from(users.max(1)));
                let stretch = |listener: u64| listener * kept / users;
                let listener = u64::from(listener.0);
                listener == 0 || stretch(listener) != stretch(listener - 1)
            }
            Self::None => false,
        }
    }
}

/// A run in virtual time.
#[derive(Clone, Debug)]
pub struct SimulateOrder {
    /// What the audience does.
    pub plan: Plan,
    /// What it listens to.
    pub corpus: Corpus,
    /// The model of the service.
    pub service: SimulatedService,
    /// Where results go, and what they are judged by.
    pub results: Results,
    /// Whose facts are kept.
    pub facts: FactsKept,
    /// The number all randomness hangs from.
    pub seed: u64,
    /// Everything that was decided, in a scenario's words and without secrets.
    pub scenario: Value,
}

/// A model of a service, by the protocol that it speaks; its engine is no command.
#[derive(Clone, Debug)]
pub enum SimulatedService {
    /// Yapit's.
    Yapit(Box<GatewayChoice>),
    /// OpenAI-compatible speech.
    Speech(Box<SimulatedSpeech>),
}

/// A model of a service of OpenAI-compatible speech.
#[derive(Clone, Debug)]
pub struct SimulatedSpeech {
    /// The service.
    pub gateway: OpenaiChoice,
    /// How speech is asked for.
    pub asking: SpeechChoice,
}

/// A run over documents in real time.
#[derive(Debug)]
pub struct DocumentsOrder {
    /// What is extracted.
    pub plan: DocumentsPlan,
    /// What made documents say.
    pub corpus: Corpus,
    /// The service.
    pub target: TargetChoice,
    /// Who we are.
    pub credentials: Credentials,
    /// How the service is reached.
    pub network: NetworkOrder,
    /// Where results go, and what they are judged by.
    pub results: Results,
    /// The number all randomness hangs from.
    pub seed: u64,
    /// Everything that was decided, in a scenario's words and without secrets.
    pub scenario: Value,
}

/// A run over documents in virtual time.
#[derive(Debug)]
pub struct SimulateDocumentsOrder {
    /// What is extracted.
    pub plan: DocumentsPlan,
    /// What made documents say.
    pub corpus: Corpus,
    /// The model of the service.
    pub gateway: GatewayChoice,
    /// Where results go, and what they are judged by.
    pub results: Results,
    /// The number all randomness hangs from.
    pub seed: u64,
    /// Everything that was decided, in a scenario's words and without secrets.
    pub scenario: Value,
}

/// The service an audience listens to.
#[derive(Debug)]
pub enum TargetChoice {
    /// A gateway of our own, in this process.
    Embedded(Box<GatewayChoice>),
    /// One that speaks OpenAI-compatible speech.
    EmbeddedSpeech(Box<OpenaiChoice>),
    /// A service whose address was typed.
    BaseUrl(Target),
}

impl TargetChoice {
    /// What it is, for people, where a gateway of our own has no address yet or need not tell it.
    pub fn shown(&self) -> String {
        match self {
            Self::BaseUrl(target) => target.to_string(),
            Self::Embedded(gateway) => format!("embedded gateway {}", gateway.preset),
            Self::EmbeddedSpeech(gateway) => {
                format!("embedded speech gateway, as {}", gateway.config.dialect.name)
            }
        }
    }

    /// The same, with the address that a gateway of our own has.
    pub fn shown_at(&self, address: &Target) -> String {
        match self {
            Self::BaseUrl(target) => target.to_string(),
            Self::Embedded(_) | Self::EmbeddedSpeech(_) => format!("{} at {address}", self.shown()),
        }
    }
}

/// Where results go, and what they are judged by.
#[derive(Clone, Debug)]
pub struct Results {
    /// The folder in which runs get theirs.
    pub dir: PathBuf,
    /// The folder with the list of documents that are kept for later runs.
    pub kept_dir: PathBuf,
    /// The objectives, in the order given; none of a run over documents.
    pub objectives: Vec<Objective>,
    /// Which repeat of a suite the run is, if it is one.
    pub repeat_of: Option<RepeatOf>,
}
