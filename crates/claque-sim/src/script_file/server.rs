//! What the service does, as a script's file says it.

use std::collections::BTreeMap;

use claque_core::time::{Duration, Instant, MediaTime};
use claque_front::typed::conversation::{
    Era,
    scripted::{
        Answer, BlockMilestone, BlockScript, DialScript, EvictedOnJump, FetchEnd, FetchScript,
        HandshakeOutage, Say, Script, ScriptedEffect, ScriptedEvent, ScriptedWorkers, Step, StepTime,
        Trigger,
    },
};
use serde::{Deserialize, Deserializer};

use super::{ScriptFileError, number, unknown};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ServerFile {
    ack: Option<bool>,
    ack_ms: Option<u64>,
    workers: Option<WorkersFile>,
    default: Option<Vec<StepFile>>,
    blocks: BTreeMap<String, BlockFile>,
    events: Vec<EventFile>,
    handshake_ms: Option<u64>,
    /// `null` is whatever comes of later ones, here and in all lists like it.
    dials: Vec<Option<DialFile>>,
    later_dials: Option<DialFile>,
    audio: BTreeMap<String, FetchFile>,
    audio_after_ms: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WorkersFile {
    count: Option<u32>,
    service_ms: Option<u64>,
    #[serde(default)]
    service_ms_of: BTreeMap<String, u64>,
    processing_every_ms: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StepFile {
    say: String,
    after_ms: Option<u64>,
    at_ms: Option<u64>,
    times: Option<u32>,
    every_ms: Option<u64>,
    error: Option<String>,
    recoverable: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct BlockFile {
    requests: Vec<Option<AnswerFile>>,
    rest: Option<AnswerFile>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum AnswerFile {
    Steps(Vec<StepFile>),
    Named(String),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct EventFile {
    r#do: String,
    at_ms: Option<u64>,
    on: Option<String>,
    block: Option<u32>,
    nth: Option<u32>,
    after_ms: Option<u64>,
    code: Option<u16>,
    reason: Option<String>,
    /// `null` is for good.
    #[serde(default, deserialize_with = "said")]
    down_ms: Option<serde_json::Value>,
    down_with: Option<u16>,
    text: Option<String>,
    #[serde(default)]
    blocks: Vec<u32>,
    say: Option<String>,
    error: Option<String>,
    recoverable: Option<bool>,
    #[serde(default)]
    #[expect(dead_code, reason = "an n-th time comes once")]
    again: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct DialFile {
    refuse: Option<u16>,
    after_ms: Option<u64>,
    close: Option<CloseFile>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CloseFile {
    #[serde(default)]
    after_ms: u64,
    code: u16,
    #[serde(default)]
    #[expect(dead_code, reason = "words of a close say nothing to a player")]
    reason: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct FetchFile {
    after_ms: Option<u64>,
    fetches: Vec<Option<serde_json::Value>>,
    rest: Option<serde_json::Value>,
}

impl ServerFile {
    pub(super) fn script(
        self,
        (era, withdraws): (Era, EvictedOnJump),
        audio: MediaTime,
        audio_of: BTreeMap<u32, MediaTime>,
    ) -> Result<Script, ScriptFileError> {
        let millis = |given: Option<u64>, usual: u64| Duration::from_millis(given.unwrap_or(usual));
        let workers = self.workers.map_or_else(|| Ok(usual_workers()), WorkersFile::workers)?;
        let blocks = self.blocks.into_iter().map(|(block, file)| Ok((number(&block)?, file.script()?)));
        let (dials, later_dials) = (self.dials.into_iter(), self.later_dials.unwrap_or_default().script());
        let fetches = self.audio.into_iter().map(|(block, file)| Ok((number(&block)?, file.script()?)));
        Ok(Script {
            era,
            audio,
            audio_of,
            acknowledged_after: millis(self.ack_ms, 5),
            acknowledges: self.ack.unwrap_or(true),
            workers,
            default: self.default.map(steps).transpose()?,
            blocks: blocks.collect::<Result<_, ScriptFileError>>()?,
            events: self.events.into_iter().map(EventFile::event).collect::<Result<_, _>>()?,
            handshake: millis(self.handshake_ms, 10),
            dials: dials.map(|dial| dial.map_or_else(|| later_dials.clone(), DialFile::script)).collect(),
            later_dials,
            audio_after: millis(self.audio_after_ms, 5),
            fetches: fetches.collect::<Result<_, ScriptFileError>>()?,
            withdraws,
        })
    }
}

const fn usual_workers() -> ScriptedWorkers {
    ScriptedWorkers {
        count: 100,
        service: Duration::from_millis(300),
        service_of: BTreeMap::new(),
        processing_every: None,
    }
}

impl WorkersFile {
    fn workers(self) -> Result<ScriptedWorkers, ScriptFileError> {
        let of = self.service_ms_of.iter();
        let service_of = of.map(|(block, ms)| Ok((number(block)?, Duration::from_millis(*ms))));
        let usual = usual_workers();
        if self.count == Some(0) {
            return Err(unknown("count", "0", "a number from 1"));
        }
        Ok(ScriptedWorkers {
            count: self.count.unwrap_or(usual.count),
            service: self.service_ms.map_or(usual.service, Duration::from_millis),
            service_of: service_of.collect::<Result<_, ScriptFileError>>()?,
            processing_every: self.processing_every_ms.map(Duration::from_millis),
        })
    }
}

impl StepFile {
    fn step(self) -> Result<Step, ScriptFileError> {
        let at = match (self.at_ms, self.after_ms) {
            (Some(at), _) => StepTime::SinceRequest(Duration::from_millis(at)),
            (None, after) => StepTime::SinceLast(Duration::from_millis(after.unwrap_or(0))),
        };
        let every = Duration::from_millis(self.every_ms.unwrap_or(0));
        Ok(Step {
            at,
            say: say(&self.say, self.error, self.recoverable)?,
            times: self.times.unwrap_or(1),
            every,
        })
    }
}

fn steps(files: Vec<StepFile>) -> Result<Vec<Step>, ScriptFileError> {
    files.into_iter().map(StepFile::step).collect()
}

fn say(name: &str, error: Option<String>, recoverable: Option<bool>) -> Result<Say, ScriptFileError> {
    Ok(match name {
        "queued" => Say::Queued,
        "processing" => Say::Processing,
        "cached" => Say::Cached,
        "skipped" => Say::Skipped,
        "error" => Say::Error { text: error, recoverable: recoverable.unwrap_or(true) },
        "evicted" => Say::Evicted,
        other => return Err(unknown("say", other, "queued, processing, cached, skipped, error or evicted")),
    })
}

impl BlockFile {
    fn script(self) -> Result<BlockScript, ScriptFileError> {
        let rest = self.rest.map_or_else(|| Ok(Answer::default()), AnswerFile::answer)?;
        let requests = self.requests.into_iter();
        let requests = requests.map(|answer| answer.map_or_else(|| Ok(rest.clone()), AnswerFile::answer));
        Ok(BlockScript { requests: requests.collect::<Result<_, _>>()?, rest })
    }
}

impl AnswerFile {
    fn answer(self) -> Result<Answer, ScriptFileError> {
        match self {
            Self::Steps(files) => Ok(Answer::Steps(steps(files)?)),
            Self::Named(name) if name == "normal" => Ok(Answer::Queue),
            Self::Named(name) => Err(unknown("requests", &name, "a list of steps or normal")),
        }
    }
}

impl EventFile {
    fn event(self) -> Result<ScriptedEvent, ScriptFileError> {
        let trigger = match (self.at_ms, self.on.as_deref(), self.block) {
            (Some(at), _, _) => Trigger::At(Instant::from_millis(at)),
            (None, Some(on), Some(block)) => {
                Trigger::On { happening: happening(on)?, block, nth: self.nth.unwrap_or(1) }
            }
            (None, on, _) => {
                return Err(unknown("on", on.unwrap_or_default(), "`at_ms`, or `on` with `block`"));
            }
        };
        let after = Duration::from_millis(self.after_ms.unwrap_or(0));
        let deed = match self.r#do.as_str() {
            "close" => ScriptedEffect::Close {
                code: self.code.unwrap_or(1_006),
                reason: self.reason.unwrap_or_default(),
                down: self.down_ms.as_ref().map(down).transpose()?,
                down_with: self.down_with.unwrap_or(502),
            },
            "error" => ScriptedEffect::Error { text: self.text.unwrap_or_default() },
            "evict" => ScriptedEffect::Evict { blocks: self.blocks },
            "status" => ScriptedEffect::Status {
                block: self.block.unwrap_or_default(),
                say: say(self.say.as_deref().unwrap_or_default(), self.error, self.recoverable)?,
            },
            other => return Err(unknown("do", other, "close, error, evict or status")),
        };
        Ok(ScriptedEvent { trigger, after, deed })
    }
}

/// Tells `null` from what is not there.
fn said<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<serde_json::Value>, D::Error> {
    serde_json::Value::deserialize(deserializer).map(Some)
}

fn happening(name: &str) -> Result<BlockMilestone, ScriptFileError> {
    Ok(match name {
        "asked" => BlockMilestone::Asked,
        "queued" => BlockMilestone::Queued,
        "processing" => BlockMilestone::Processing,
        "cached" => BlockMilestone::Cached,
        "skipped" => BlockMilestone::Skipped,
        "error" => BlockMilestone::Error,
        other => return Err(unknown("on", other, "asked, queued, processing, cached, skipped or error")),
    })
}

fn down(value: &serde_json::Value) -> Result<HandshakeOutage, ScriptFileError> {
    match (value.as_u64(), value.as_str()) {
        (Some(ms), _) => Ok(HandshakeOutage::For(Duration::from_millis(ms))),
        (None, Some("for good")) => Ok(HandshakeOutage::ForGood),
        (None, _) if value.is_null() => Ok(HandshakeOutage::ForGood),
        (None, _) => Err(unknown("down_ms", &value.to_string(), "milliseconds or \"for good\"")),
    }
}

impl DialFile {
    fn script(self) -> DialScript {
        DialScript {
            refuse: self.refuse,
            after: self.after_ms.map(Duration::from_millis),
            close: self.close.map(|close| (Duration::from_millis(close.after_ms), close.code)),
        }
    }
}

impl FetchFile {
    fn script(self) -> Result<FetchScript, ScriptFileError> {
        let rest = self.rest.as_ref().map_or(Ok(FetchEnd::Audio), fetch_end)?;
        let fetches = self.fetches.iter().map(|end| end.as_ref().map_or(Ok(rest), fetch_end));
        Ok(FetchScript {
            fetches: fetches.collect::<Result<_, _>>()?,
            rest,
            after: self.after_ms.map(Duration::from_millis),
        })
    }
}

fn fetch_end(value: &serde_json::Value) -> Result<FetchEnd, ScriptFileError> {
    let name = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match (name.as_str(), name.parse()) {
        ("ok", _) => Ok(FetchEnd::Audio),
        ("cut", _) => Ok(FetchEnd::Cut),
        ("bad", _) => Ok(FetchEnd::NotAudio),
        (_, Ok(status)) => Ok(FetchEnd::Refused(status)),
        (other, Err(_)) => Err(unknown("fetches", other, "ok, an HTTP status, cut or bad")),
    }
}
