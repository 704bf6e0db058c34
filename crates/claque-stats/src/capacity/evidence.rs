//! What one run at so many listeners shows: the evidence that a search is made of.

use std::collections::BTreeMap;

use claque_core::{
    event::FailureClass,
    record::Fact,
    time::{Instant, Speed, duration_nanos},
};
use serde::{Deserialize, Serialize};

use super::{
    networks::{NetworkListeners, networks},
    pace::{Pace, pace},
};
use crate::{
    objective::{Objective, Trial},
    observe::Observations,
    reason::ReasonId,
    sample::{millis, whole},
    verdict::{Validity, Verdict},
};

/// What one probe shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Listeners there were.
    pub users: u32,
    /// Blocks each was to hear.
    pub blocks: u32,
    /// Whether it was long enough to pass its number; one that was not can only fail it.
    pub length: Length,
    /// What its figures are worth.
    pub worth: ProbeTrust,
    /// In the order of the objectives.
    pub trials: Vec<Trial>,
    /// How fast the service delivered; absent where that says nothing.
    pub pace: Option<Pace>,
    /// Time that listeners listened, together, in seconds.
    pub listened_s: f64,
    /// How long a block plays, in seconds, on average; absent where none came.
    pub block_s: Option<f64>,
    /// Failures by their class, in the order of reports; classes without any are left out.
    pub failures: Vec<(String, u64)>,
    /// Whether the figures are in doubt because this machine was late or ran out of something.
    #[serde(default)]
    pub is_late: bool,
    /// Listeners that could be fed as fast as the first blocks came: a hint of where to look, no evidence.
    pub burst: Option<f64>,
    /// Listeners by their networks; none where they had none of their own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub networks: Vec<NetworkListeners>,
}

/// How long a probe was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Length {
    /// Long enough to see a number fail that is far too large.
    Short,
    /// Long enough for buffers to empty or leads to fall.
    Full,
}

/// What the figures of a probe are worth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "why", rename_all = "lowercase")]
pub enum ProbeTrust {
    /// They measure the service.
    Valid,
    /// A rate or usage limit of the service bit: that is what gave way, and the number did not hold.
    Limited(String),
    /// The service gave nothing to listen to, or nothing that can be believed: the number did not hold.
    Unserved(String),
    /// They do not measure the service, or nobody knows whether they do.
    Invalid(String),
}

/// Whose a doubt is that makes a run INVALID.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Blame {
    /// A limit of the service.
    Limit,
    /// What the service gave, or did not give.
    Service,
    /// This machine.
    Generator,
    /// Nobody's that a capacity could name.
    Unknown,
}

impl Blame {
    fn of(reason: ReasonId) -> Self {
        const SERVICE: [ReasonId; 7] = [
            ReasonId::NothingStarted,
            ReasonId::NoAudio,
            ReasonId::AudioCutOrSilent,
            ReasonId::AudioInDoubt,
            ReasonId::PreparationFailed,
            ReasonId::BlocksUnmade,
            ReasonId::BlocksSkipped,
        ];
        if reason == ReasonId::RateLimit {
            Self::Limit
        } else if SERVICE.contains(&reason) {
            Self::Service
        } else if [ReasonId::GeneratorLate, ReasonId::GeneratorExhausted].contains(&reason) {
            Self::Generator
        } else {
            Self::Unknown
        }
    }
}

impl ProbeTrust {
    /// Reads it off a verdict. A run whose only doubts are a limit of the service, or what the service gave, failed by them.
    #[must_use]
    pub fn of(verdict: &Verdict) -> Self {
        let blames = || verdict.reasons.iter().map(|reason| Blame::of(reason.id));
        match verdict.validity() {
            Validity::Valid => Self::Valid,
            Validity::Unverified => Self::Invalid(verdict.doubts()),
            Validity::Invalid if blames().all(|blame| blame == Blame::Limit) => {
                Self::Limited(verdict.doubts())
            }
            Validity::Invalid if blames().all(|blame| blame == Blame::Limit || blame == Blame::Service) => {
                Self::Unserved(verdict.doubts())
            }
            Validity::Invalid => Self::Invalid(verdict.doubts()),
        }
    }
}

/// A run from which evidence is taken.
#[derive(Clone, Copy, Debug)]
pub struct ProbedRun<'a> {
    /// What each listener went through.
    pub observed: &'a Observations,
    /// Its facts, in any order.
    pub facts: &'a [Fact],
    /// Playback rate.
    pub speed: Speed,
    /// What its figures are worth.
    pub verdict: &'a Verdict,
    /// Blocks each listener was to hear.
    pub blocks: u32,
    /// How long it was.
    pub length: Length,
}

impl Evidence {
    /// Takes the evidence of a run about `objectives`.
    #[must_use]
    pub fn of(run: ProbedRun<'_>, objectives: &[Objective]) -> Self {
        let listeners = run.observed.listeners();
        let listened_ms: f64 = listeners.iter().filter_map(|listener| listener.listened_ms).sum();
        Self {
            users: u32::try_from(listeners.len()).unwrap_or(u32::MAX),
            blocks: run.blocks,
            length: run.length,
            worth: worth(run.verdict, run.facts),
            is_late: run.verdict.reasons.iter().any(|reason| Blame::of(reason.id) == Blame::Generator),
            trials: objectives.iter().map(|objective| objective.trial(run.observed)).collect(),
            pace: pace(run.facts, run.speed),
            listened_s: listened_ms / 1_000.0,
            block_s: block_s(run.facts, run.speed),
            failures: failures(run.facts),
            burst: burst(run.facts, run.speed),
            networks: networks(run.facts),
        }
    }

    /// What it shows that so many listeners were not let in, for they would ask for more than a limit allows.
    #[must_use]
    pub const fn refused(users: u32, blocks: u32, why: String) -> Self {
        Self {
            users,
            blocks,
            length: Length::Full,
            worth: ProbeTrust::Limited(why),
            trials: Vec::new(),
            pace: None,
            listened_s: 0.0,
            block_s: None,
            failures: Vec::new(),
            is_late: false,
            burst: None,
            networks: Vec::new(),
        }
    }

    /// Whether every objective was met in this run, and nothing else speaks against it.
    #[must_use]
    pub fn is_met(&self) -> bool {
        self.worth == ProbeTrust::Valid && self.trials.iter().all(|trial| trial.result.met)
    }

    /// Whether it was served something, for too short a time to pass its number.
    pub(super) fn is_short(&self) -> bool {
        self.length == Length::Short && self.worth == ProbeTrust::Valid
    }

    /// Whether another run came to the same in every figure: it tells nothing that this one does not.
    pub(super) fn is_same_as(&self, other: &Self) -> bool {
        self.users == other.users
            && self.blocks == other.blocks
            && self.trials == other.trials
            && self.pace == other.pace
            && self.listened_s.to_bits() == other.listened_s.to_bits()
    }

    /// Why there was nothing to listen to, if so.
    #[must_use]
    pub fn said(&self) -> Option<&str> {
        match &self.worth {
            ProbeTrust::Unserved(why) => Some(why),
            ProbeTrust::Valid | ProbeTrust::Limited(_) | ProbeTrust::Invalid(_) => None,
        }
    }

    /// Whether its figures can be used at all.
    #[must_use]
    pub const fn is_trusted(&self) -> bool {
        match self.worth {
            ProbeTrust::Valid | ProbeTrust::Limited(_) | ProbeTrust::Unserved(_) => true,
            ProbeTrust::Invalid(_) => false,
        }
    }
}

/// What the figures are worth; of a service that gave nothing, with what it said most often.
fn worth(verdict: &Verdict, facts: &[Fact]) -> ProbeTrust {
    let ProbeTrust::Unserved(why) = ProbeTrust::of(verdict) else { return ProbeTrust::of(verdict) };
    let mut said: BTreeMap<(Option<u16>, &str), u64> = BTreeMap::new();
    for fact in facts {
        if let Fact::Error(record) = fact {
            *said.entry((record.failure.code, record.failure.text.as_str())).or_default() += 1;
        }
    }
    let most = said.into_iter().max_by_key(|(_, count)| *count);
    ProbeTrust::Unserved(match most {
        Some(((Some(code), text), _)) => format!("{why}; what came was {code}: {text}"),
        Some(((None, text), _)) => format!("{why}; what came was: {text}"),
        None => why,
    })
}

fn failures(facts: &[Fact]) -> Vec<(String, u64)> {
    let of = |class: FailureClass| {
        let is = |fact: &&Fact| matches!(fact, Fact::Error(record) if record.failure.class == class);
        u64::try_from(facts.iter().filter(is).count()).unwrap_or(u64::MAX)
    };
    let counts = FailureClass::ALL.map(|class| (class.as_str().to_owned(), of(class)));
    counts.into_iter().filter(|(_, count)| *count > 0).collect()
}

/// How long each delivered block plays, and when it was asked for and there, in ms.
fn played(facts: &[Fact], speed: Speed) -> impl Iterator<Item = (f64, Option<Instant>, Option<Instant>)> {
    let blocks = facts.iter().filter_map(move |fact| match fact {
        Fact::Block(record) if record.outcome.is_success() => Some(record),
        Fact::Block(_)
        | Fact::Stall(_)
        | Fact::Error(_)
        | Fact::Incident(_)
        | Fact::Listener(_)
        | Fact::Sound(_) => None,
    });
    blocks.map(move |record| {
        let play_ms = millis(duration_nanos(speed.play_time(record.media)));
        (play_ms, record.requested_at, record.complete_at.or(record.ready_at))
    })
}

fn block_s(facts: &[Fact], speed: Speed) -> Option<f64> {
    let (count, total) =
        played(facts, speed).fold((0_u64, 0.0), |(count, total), one| (count + 1, total + one.0));
    (count > 0 && total > 0.0).then(|| total / whole(count) / 1_000.0)
}

/// From the first request until so many blocks are there the service has more to do than it can do at once, if it can do less
/// than that at once.
fn burst(facts: &[Fact], speed: Speed) -> Option<f64> {
    /// A batch of the player.
    const BLOCKS: usize = 8;
    let mut came: Vec<_> =
        played(facts, speed).filter_map(|(play, asked, there)| Some((there?, asked?, play))).collect();
    came.sort_by_key(|one| one.0);
    came.truncate(BLOCKS);
    let first = came.iter().map(|one| one.1).min()?;
    let took_ms = came.last()?.0.as_millis_f64() - first.as_millis_f64();
    let audio_ms: f64 = came.iter().map(|one| one.2).sum();
    (came.len() == BLOCKS && took_ms > 0.0).then(|| audio_ms / took_ms)
}
