//! Incidents as rows of files, and back.

use claque_core::{
    event::{Failure, FailureScope, Phase},
    ids::{BlockIdx, ListenerId},
    record::{Incident, IncidentRecord, Jump, OutageEnd, ResendReason},
    time::{Duration, Instant, duration_nanos},
};
use claque_stats::names;
use serde::{Deserialize, Serialize};

use crate::cells::class_from;

/// An element of `incidents` in `run.json`. What a kind has no use for is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentRow {
    /// Whose session.
    pub listener: u32,
    /// When it happened or began, in nanoseconds since the run's start.
    pub at_ns: u64,
    /// `outage`, `resent`, `delayed`, `given-up`, `paused`, `sought`, `skipped`, `voice-changed`, `hung-up` or
    /// `barged-in`.
    pub kind: String,
    /// How long an outage, a delay or a pause was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lasted_ns: Option<u64>,
    /// The block concerned; of a jump, and of what a listener did, the one it was at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block: Option<u32>,
    /// The block jumped to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_block: Option<u32>,
    /// Why a block was asked for again: `unacknowledged` (it was waited for too long), `withdrawn`, `reconnected` or `failed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Whether the service had acknowledged one that was waited for too long; absent in files of before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledged: Option<bool>,
    /// What ended an outage: `reconnected`, `given-up` or `session-ended`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<String>,
    /// How often the connection was dialled during an outage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tries: Option<u32>,
    /// What lost the connection, by the names of `errors`: its phase.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<String>,
    /// Its class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// Its code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<u16>,
    /// Its words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

impl From<&IncidentRecord> for IncidentRow {
    fn from(record: &IncidentRecord) -> Self {
        let row = |kind: &str| Self {
            listener: record.listener.0,
            at_ns: record.at.as_nanos(),
            kind: kind.to_owned(),
            ..Self::default()
        };
        let at_block = |kind, block: BlockIdx| Self { block: Some(block.0), ..row(kind) };
        let nanos = |span: Duration| Some(duration_nanos(span));
        match &record.incident {
            Incident::Outage { lasted, tries, end, failure } => Self {
                lasted_ns: nanos(*lasted),
                tries: Some(*tries),
                end: Some(end.as_str().to_owned()),
                phase: Some(names::phase_name(failure.phase).to_owned()),
                class: Some(failure.class.as_str().to_owned()),
                code: failure.code,
                text: Some(failure.text.clone()),
                ..row("outage")
            },
            Incident::Resent { block, why } => Self {
                why: Some(why.as_str().to_owned()),
                acknowledged: match why {
                    ResendReason::Overdue { acknowledged } => *acknowledged,
                    ResendReason::Withdrawn | ResendReason::Reconnected | ResendReason::Failed => None,
                },
                ..at_block("resent", *block)
            },
            Incident::Delayed { block, lasted } => {
                Self { lasted_ns: nanos(*lasted), ..at_block("delayed", *block) }
            }
            Incident::GivenUp { block } => at_block("given-up", *block),
            Incident::Paused { lasted } => Self { lasted_ns: nanos(*lasted), ..row("paused") },
            Incident::Jumped { from, to, how } => {
                let kind = match how {
                    Jump::Seek => "sought",
                    Jump::Skip => "skipped",
                };
                Self { to_block: Some(to.0), ..at_block(kind, *from) }
            }
            Incident::VoiceChanged { block } => at_block("voice-changed", *block),
            Incident::HungUp { block } => at_block("hung-up", *block),
            Incident::BargedIn { block } => at_block("barged-in", *block),
        }
    }
}

impl TryFrom<IncidentRow> for IncidentRecord {
    type Error = String;

    /// The record, or what is wrong with the row.
    fn try_from(row: IncidentRow) -> Result<Self, String> {
        let kind = row.kind.as_str();
        let missing = |what: &str| format!("incident `{kind}` without {what}");
        let block = || row.block.map(BlockIdx).ok_or_else(|| missing("block"));
        let lasted = || row.lasted_ns.map(Duration::from_nanos).ok_or_else(|| missing("lasted_ns"));
        let jump = |how| {
            let to = row.to_block.map(BlockIdx).ok_or_else(|| missing("to_block"))?;
            Ok::<_, String>(Incident::Jumped { from: block()?, to, how })
        };
        let incident = match kind {
            "outage" => Incident::Outage {
                lasted: lasted()?,
                tries: row.tries.ok_or_else(|| missing("tries"))?,
                end: named(row.end.as_deref(), OutageEnd::ALL, OutageEnd::as_str)
                    .ok_or_else(|| missing("a known end"))?,
                failure: failure(&row)?,
            },
            "resent" => Incident::Resent {
                block: block()?,
                why: match named(row.why.as_deref(), ResendReason::ALL, ResendReason::as_str) {
                    Some(ResendReason::Overdue { .. }) => {
                        ResendReason::Overdue { acknowledged: row.acknowledged }
                    }
                    Some(why) => why,
                    None => return Err(missing("a known reason")),
                },
            },
            "delayed" => Incident::Delayed { block: block()?, lasted: lasted()? },
            "given-up" => Incident::GivenUp { block: block()? },
            "paused" => Incident::Paused { lasted: lasted()? },
            "sought" => jump(Jump::Seek)?,
            "skipped" => jump(Jump::Skip)?,
            "voice-changed" => Incident::VoiceChanged { block: block()? },
            "hung-up" => Incident::HungUp { block: block()? },
            "barged-in" => Incident::BargedIn { block: block()? },
            unknown => return Err(format!("unknown incident `{unknown}`")),
        };
        Ok(Self { listener: ListenerId(row.listener), at: Instant::from_nanos(row.at_ns), incident })
    }
}

fn failure(row: &IncidentRow) -> Result<Failure, String> {
    let phase: Option<Phase> = row.phase.as_deref().and_then(names::phase_from_name);
    let class = class_from(row.class.as_deref())?;
    let (Some(phase), Some(class)) = (phase, class) else {
        return Err("outage without phase and class of what brought it about".to_owned());
    };
    let text = row.text.clone().unwrap_or_default();
    Ok(Failure { phase, class, code: row.code, text, kills: FailureScope::Session })
}

fn named<T: Copy, const N: usize>(
    name: Option<&str>,
    all: [T; N],
    name_of: impl Fn(T) -> &'static str,
) -> Option<T> {
    all.into_iter().find(|member| Some(name_of(*member)) == name)
}
