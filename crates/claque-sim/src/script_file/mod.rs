//! Files that say what a scripted service does and what one person does with its player.
//!
//! The format is that of the scenarios against which deployed players were recorded: JSON, times in milliseconds. A key that is
//! not known is an error, for a script that is followed in part says nothing.

mod server;

use std::collections::BTreeMap;

use claque_core::time::{Duration, Instant, MediaTime, Speed};
use claque_front::typed::conversation::{
    Era,
    scripted::{EvictedOnJump, Script},
};
use serde::Deserialize;

use self::server::ServerFile;

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
pub fn read_script(text: &str, era: Era, withdraws: EvictedOnJump) -> Result<ScriptedScene, ScriptFileError> {
    let file: SceneFile = serde_json::from_str(text)?;
    let person = file.person.iter().map(person_act).collect::<Result<_, _>>()?;
    let withdraws = match file.evict.as_deref() {
        None => withdraws,
        Some("all") => EvictedOnJump::All,
        Some("window") => EvictedOnJump::OutsideWindow,
        Some("nothing") => EvictedOnJump::Nothing,
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
