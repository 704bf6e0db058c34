//! Files that say what a scripted service does and what one person does with its player.
//!
//! The format is that of the scenarios against which deployed players were recorded: JSON, times in milliseconds. A key that is
//! not known is an error, for a script that is followed in part says nothing.

use std::collections::BTreeMap;

use claque_core::time::{Duration, Instant, MediaTime, Speed};
use claque_gateway::{
    Era,
    scripted::{
        Answer, BlockScript, Deed, DialScript, Down, FetchEnd, FetchScript, Happening, Say, Script,
        ScriptedEvent, ScriptedWorkers, Step, StepTime, Trigger, Withdraws,
    },
};
use serde::Deserialize;

/// One person, one player, one scripted service.
#[derive(Clone, Debug, PartialEq)]
pub struct ScriptedScene {
    /// What it is called.
    pub name: String,
    /// What happens, in words.
    pub about: String,
    /// Blocks of the text.
    pub blocks: u32,
    /// The speed that is asked for.
    pub speed: Speed,
    /// When play is pressed.
    pub play_at: Instant,
    /// When it is over at the latest.
    pub end_at: Instant,
    /// How long it goes on after playback has stopped and the person does nothing more.
    pub after_stop: Duration,
    /// What the person does, and when.
    pub person: Vec<(Instant, PersonAct)>,
    /// What the service does.
    pub script: Script,
}

/// What the person does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PersonAct {
    /// Presses play.
    Play,
    /// Presses pause.
    Pause,
    /// Presses stop.
    Stop,
    /// Goes to a block.
    Seek(u32),
    /// Goes to the next block.
    Forward,
    /// Goes to the block before.
    Back,
    /// Chooses a speed.
    Speed(Speed),
    /// Chooses a voice.
    Voice(String),
    /// Comes back to the page.
    LookAtPage,
}

/// Why a file of this kind cannot be followed.
#[derive(Debug, thiserror::Error)]
pub enum ScriptFileError {
    /// It is no JSON, or has a key or a type that is not known.
    #[error("failed to understand the script: {0}; keys are those of the scenarios of recorded players")]
    Json(#[from] serde_json::Error),
    /// A value is none of those there are.
    #[error("failed to understand `{key}`: '{value}'; give {known}")]
    Value {
        /// The key.
        key: &'static str,
        /// What stands there.
        value: String,
        /// What may stand there.
        known: &'static str,
    },
}

/// Reads a script, for a service of that era that withdraws so much when a listener jumps, unless the script says it.
///
/// # Errors
/// See [`ScriptFileError`].
pub fn read_script(text: &str, era: Era, withdraws: Withdraws) -> Result<ScriptedScene, ScriptFileError> {
    let file: SceneFile = serde_json::from_str(text)?;
    let person = file.person.iter().map(person_act).collect::<Result<_, _>>()?;
    let withdraws = match file.evict.as_deref() {
        None => withdraws,
        Some("all") => Withdraws::All,
        Some("window") => Withdraws::OutsideWindow,
        Some("nothing") => Withdraws::Nothing,
        Some(other) => return Err(unknown("evict", other, "all, window or nothing")),
    };
    let script = file.server.script(
        (era, withdraws),
        MediaTime::from_millis(file.audio_ms),
        media_by_block(&file.audio_ms_of)?,
    )?;
    Ok(ScriptedScene {
        name: file.name,
        about: file.about,
        blocks: file.blocks,
        speed: speed(file.speed)?,
        play_at: Instant::from_millis(file.play_at_ms),
        end_at: Instant::from_millis(file.end_ms),
        after_stop: Duration::from_millis(file.after_stop_ms),
        person,
        script,
    })
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SceneFile {
    name: String,
    #[serde(default)]
    about: String,
    blocks: u32,
    #[serde(default = "three_seconds")]
    audio_ms: u64,
    #[serde(default)]
    audio_ms_of: BTreeMap<String, u64>,
    #[serde(default = "normal")]
    speed: f64,
    #[serde(default = "a_moment")]
    play_at_ms: u64,
    end_ms: u64,
    #[serde(default = "two_seconds")]
    after_stop_ms: u64,
    evict: Option<String>,
    #[serde(default)]
    person: Vec<ActFile>,
    #[serde(default)]
    server: ServerFile,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ActFile {
    at_ms: u64,
    act: String,
    to: Option<serde_json::Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ServerFile {
    ack: Option<bool>,
    ack_ms: Option<u64>,
    workers: Option<WorkersFile>,
    default: Option<Vec<StepFile>>,
    blocks: BTreeMap<String, BlockFile>,
    events: Vec<EventFile>,
    handshake_ms: Option<u64>,
    dials: Vec<DialFile>,
    later_dials: Option<DialFile>,
    audio: BTreeMap<String, FetchFile>,
    audio_after_ms: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WorkersFile {
    count: u32,
    service_ms: u64,
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
    requests: Vec<AnswerFile>,
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
    down_ms: Option<serde_json::Value>,
    down_with: Option<u16>,
    text: Option<String>,
    #[serde(default)]
    blocks: Vec<u32>,
    say: Option<String>,
    error: Option<String>,
    recoverable: Option<bool>,
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
    fetches: Vec<serde_json::Value>,
    rest: Option<serde_json::Value>,
}

const fn three_seconds() -> u64 {
    3_000
}

const fn two_seconds() -> u64 {
    2_000
}

const fn normal() -> f64 {
    1.0
}

const fn a_moment() -> u64 {
    100
}

impl ServerFile {
    fn script(
        self,
        (era, withdraws): (Era, Withdraws),
        audio: MediaTime,
        audio_of: BTreeMap<u32, MediaTime>,
    ) -> Result<Script, ScriptFileError> {
        let millis = |given: Option<u64>, usual: u64| Duration::from_millis(given.unwrap_or(usual));
        let workers = self.workers.map_or_else(|| Ok(usual_workers()), WorkersFile::workers)?;
        let blocks = self.blocks.into_iter().map(|(block, file)| Ok((number(&block)?, file.script()?)));
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
            dials: self.dials.into_iter().map(DialFile::script).collect(),
            later_dials: self.later_dials.unwrap_or_default().script(),
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
        Ok(ScriptedWorkers {
            count: self.count,
            service: Duration::from_millis(self.service_ms),
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
        let requests = self.requests.into_iter().map(AnswerFile::answer).collect::<Result<_, _>>()?;
        let rest = self.rest.map_or_else(|| Ok(Answer::default()), AnswerFile::answer)?;
        Ok(BlockScript { requests, rest })
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
            "close" => Deed::Close {
                code: self.code.unwrap_or(1_006),
                reason: self.reason.unwrap_or_default(),
                down: self.down_ms.as_ref().map(down).transpose()?,
                down_with: self.down_with.unwrap_or(502),
            },
            "error" => Deed::Error { text: self.text.unwrap_or_default() },
            "evict" => Deed::Evict { blocks: self.blocks },
            "status" => Deed::Status {
                block: self.block.unwrap_or_default(),
                say: say(self.say.as_deref().unwrap_or_default(), self.error, self.recoverable)?,
            },
            other => return Err(unknown("do", other, "close, error, evict or status")),
        };
        Ok(ScriptedEvent { trigger, after, deed })
    }
}

fn happening(name: &str) -> Result<Happening, ScriptFileError> {
    Ok(match name {
        "asked" => Happening::Asked,
        "queued" => Happening::Queued,
        "processing" => Happening::Processing,
        "cached" => Happening::Cached,
        "skipped" => Happening::Skipped,
        "error" => Happening::Error,
        other => return Err(unknown("on", other, "asked, queued, processing, cached, skipped or error")),
    })
}

fn down(value: &serde_json::Value) -> Result<Down, ScriptFileError> {
    match (value.as_u64(), value.as_str()) {
        (Some(ms), _) => Ok(Down::For(Duration::from_millis(ms))),
        (None, Some("for good")) => Ok(Down::ForGood),
        (None, _) if value.is_null() => Ok(Down::ForGood),
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
        Ok(FetchScript {
            fetches: self.fetches.iter().map(fetch_end).collect::<Result<_, _>>()?,
            rest: self.rest.as_ref().map_or(Ok(FetchEnd::Audio), fetch_end)?,
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

fn person_act(file: &ActFile) -> Result<(Instant, PersonAct), ScriptFileError> {
    let to = file.to.as_ref();
    let block = || to.and_then(serde_json::Value::as_u64).and_then(|to| u32::try_from(to).ok());
    let missing = || unknown("to", &to.map(ToString::to_string).unwrap_or_default(), "what the act needs");
    let act = match file.act.as_str() {
        "play" => PersonAct::Play,
        "pause" => PersonAct::Pause,
        "stop" => PersonAct::Stop,
        "seek" => PersonAct::Seek(block().ok_or_else(missing)?),
        "forward" => PersonAct::Forward,
        "back" => PersonAct::Back,
        "speed" => PersonAct::Speed(speed(to.and_then(serde_json::Value::as_f64).ok_or_else(missing)?)?),
        "voice" => PersonAct::Voice(to.and_then(serde_json::Value::as_str).ok_or_else(missing)?.to_owned()),
        "visible" => PersonAct::LookAtPage,
        other => {
            let known = "play, pause, stop, seek, forward, back, speed, voice or visible";
            return Err(unknown("act", other, known));
        }
    };
    Ok((Instant::from_millis(file.at_ms), act))
}

fn media_by_block(of: &BTreeMap<String, u64>) -> Result<BTreeMap<u32, MediaTime>, ScriptFileError> {
    of.iter().map(|(block, ms)| Ok((number(block)?, MediaTime::from_millis(*ms)))).collect()
}

fn number(key: &str) -> Result<u32, ScriptFileError> {
    key.parse().map_err(|_| unknown("block", key, "a number from 0"))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is compared with what it came of"
)]
fn speed(factor: f64) -> Result<Speed, ScriptFileError> {
    let is_sensible = factor.is_finite() && (0.001..=1_000.0).contains(&factor);
    let thousandths = if is_sensible { (factor * 1_000.0).round() as u32 } else { 0 };
    Speed::from_thousandths(thousandths)
        .ok_or_else(|| unknown("speed", &factor.to_string(), "a number from 0.001 to 1000"))
}

fn unknown(key: &'static str, value: &str, known: &'static str) -> ScriptFileError {
    ScriptFileError::Value { key, value: value.to_owned(), known }
}
