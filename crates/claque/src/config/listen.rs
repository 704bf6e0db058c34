//! The player that everybody has, and how streams are listened to with it: a text read aloud, or a conversation.

use core::num::NonZeroU32;

use claque_core::{
    listener::{Behaviour, ThinkTime, Turns},
    player::{PlayerPolicy, Reconnect, SessionErrors},
    time::{Duration, MediaTime, duration_nanos},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    UsageError,
    audience::{DAY, number},
    behaviour::BehaviourSettings,
    groups::Group,
    speech,
    wish::{Source, Wish},
    wishes::{Wishes, over},
};
use crate::cli::PlayerFlags;

/// What was said about the player that everybody has and what people do with it, by the names it has in a scenario.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ListeningWishes {
    pub(super) player: Option<Wish<String>>,
    pub(super) listen: Option<Wish<String>>,
    ahead: Option<Wish<i64>>,
    in_flight: Option<Wish<i64>>,
    start_buffer: Option<Wish<String>>,
    resume_buffer: Option<Wish<String>>,
    think: Option<Wish<String>>,
    barge_in: Option<Wish<f64>>,
    pub(super) min_buffer: Option<Wish<i64>>,
    pub(super) batch_size: Option<Wish<i64>>,
    pub(super) refill_threshold: Option<Wish<i64>>,
    pub(super) reconnect: Option<Wish<String>>,
    pub(super) session_error: Option<Wish<String>>,
    block_timeout: Option<Wish<f64>>,
    behaviour: Option<Wish<BehaviourSettings>>,
}

impl ListeningWishes {
    /// # Errors
    /// The behaviour cannot be read.
    pub(super) fn lay(&mut self, flags: PlayerFlags) -> Result<(), UsageError> {
        over(&mut self.player, flags.player);
        over(&mut self.listen, flags.listen);
        over(&mut self.ahead, flags.ahead);
        over(&mut self.in_flight, flags.in_flight);
        over(&mut self.start_buffer, flags.start_buffer);
        over(&mut self.resume_buffer, flags.resume_buffer);
        over(&mut self.think, flags.think);
        over(&mut self.barge_in, flags.barge_in);
        over(&mut self.min_buffer, flags.min_buffer);
        over(&mut self.batch_size, flags.batch_size);
        over(&mut self.refill_threshold, flags.refill_threshold);
        over(&mut self.reconnect, flags.reconnect);
        over(&mut self.session_error, flags.session_error);
        over(&mut self.block_timeout, flags.block_timeout);
        over(&mut self.behaviour, flags.behaviour.as_deref().map(BehaviourSettings::parse).transpose()?);
        Ok(())
    }
}

impl Group for ListeningWishes {}

/// How long is thought between two utterances if nothing else is said: people who read an answer and type the next question take
/// longer, those who talk take less.
const THINK: ThinkTime = ThinkTime::Exponential { mean: Duration::from_secs(2) };

/// The player that everybody has, and its name.
///
/// # Errors
/// A name is unknown, a value is out of range, or something is said that this player does not do.
pub(super) fn policy(wishes: &Wishes, source: &Source) -> Result<(PlayerPolicy, String), UsageError> {
    let (preset, name) = match player(wishes, source)? {
        None if speech::is_spoken(wishes) => (PlayerPolicy::READER, "reader".to_owned()),
        None => (PlayerPolicy::WEB, "yapit".to_owned()),
        Some(wish) => {
            let preset = source.known(wish, "player", &PlayerPolicy::PRESETS, PlayerPolicy::preset)?;
            (preset, wish.value.clone())
        }
    };
    let blocks = |wish: &Option<Wish<i64>>, key, default: u32| {
        source.within(wish.as_ref(), key, 1..=100_000, i64::from(default)).map(number)
    };
    let preset = of_streams(wishes, source, (preset, &name))?;
    let policy = PlayerPolicy {
        min_buffer: blocks(&wishes.listening.min_buffer, "min_buffer", preset.min_buffer)?,
        batch_size: blocks(&wishes.listening.batch_size, "batch_size", preset.batch_size)?,
        refill_threshold: blocks(
            &wishes.listening.refill_threshold,
            "refill_threshold",
            preset.refill_threshold,
        )?,
        reconnect: reconnect(wishes, source, preset.reconnect)?,
        session_errors: session_errors(wishes, source, preset.session_errors)?,
        block_timeout: Duration::from_secs_f64(source.within(
            wishes.listening.block_timeout.as_ref(),
            "block_timeout",
            0.001..=DAY,
            preset.block_timeout.as_secs_f64(),
        )?),
        ..preset
    };
    Ok((policy, name))
}

fn reconnect(wishes: &Wishes, source: &Source, of_player: Reconnect) -> Result<Reconnect, UsageError> {
    let known = |name: &str| match name {
        "player" => Some(of_player),
        "off" => Some(Reconnect::Off),
        _ => None,
    };
    wishes
        .listening
        .reconnect
        .as_ref()
        .map_or(Ok(of_player), |wish| source.known(wish, "reconnect", &["off", "player"], known))
}

fn session_errors(
    wishes: &Wishes,
    source: &Source,
    of_player: SessionErrors,
) -> Result<SessionErrors, UsageError> {
    // The web player plays on, which hides what a measurement is made for; who listens to streams has no session.
    let usual = if of_player == SessionErrors::PlayOn { SessionErrors::End } else { of_player };
    let known = |name: &str| match name {
        "end" => Some(SessionErrors::End),
        "player" => Some(SessionErrors::PlayOn),
        _ => None,
    };
    wishes
        .listening
        .session_error
        .as_ref()
        .map_or(Ok(usual), |wish| source.known(wish, "session_error", &["end", "player"], known))
}

/// The name of the player that `--player` or `--listen` chooses, if one of them does.
///
/// # Errors
/// Both do, or `listen` names something else.
fn player<'a>(wishes: &'a Wishes, source: &Source) -> Result<Option<&'a Wish<String>>, UsageError> {
    let Some(listen) = &wishes.listening.listen else { return Ok(wishes.listening.player.as_ref()) };
    if let Some(player) = &wishes.listening.player {
        let what = format!(
            "and {} contradict each other; leave one of them out",
            source.name(player.place, "player")
        );
        return Err(source.error(listen, "listen", what));
    }
    source.known(listen, "listen", &["reader", "turns"], |name| {
        ["reader", "turns"].contains(&name).then_some(())
    })?;
    Ok(Some(listen))
}

/// Lays what was said about listening to streams over the player's own rules.
///
/// # Errors
/// A value is out of range, or the player listens to no streams.
fn of_streams(
    wishes: &Wishes,
    source: &Source,
    (preset, name): (PlayerPolicy, &str),
) -> Result<PlayerPolicy, UsageError> {
    if !listens_to_streams(name) {
        return match first_of_streams(wishes) {
            Some((wish, key)) => {
                let what = "is about listeners to streams; add --listen reader or --listen turns";
                Err(UsageError::new(format!("{} {what}", source.name(wish, key))))
            }
            None => Ok(preset),
        };
    }
    if name == "turns"
        && let Some(wish) = &wishes.listening.ahead
    {
        let what = "is about readers: in a conversation nothing is asked for ahead; leave it out, or add --listen reader";
        return Err(source.error(wish, "ahead", what));
    }
    if name == "turns"
        && let Some(wish) = &wishes.listening.in_flight
    {
        let what = "is about readers: in a conversation one utterance is asked for at a time; leave it out, or add --listen reader";
        return Err(source.error(wish, "in_flight", what));
    }
    let ahead = source.within(
        wishes.listening.ahead.as_ref(),
        "ahead",
        0..=1_000,
        i64::from(preset.refill_threshold),
    )?;
    let in_flight = preset.max_in_flight.map_or(1, |most| i64::from(most.get()));
    let in_flight = source.within(wishes.listening.in_flight.as_ref(), "in_flight", 1..=1_000, in_flight)?;
    Ok(PlayerPolicy {
        refill_threshold: u32::try_from(ahead).unwrap_or(u32::MAX),
        max_in_flight: u32::try_from(in_flight).ok().and_then(NonZeroU32::new),
        start_buffer: media(wishes.listening.start_buffer.as_ref(), "start_buffer", source)?,
        resume_buffer: media(wishes.listening.resume_buffer.as_ref(), "resume_buffer", source)?,
        ..preset
    })
}

/// What people do who take turns; what was said about rates stays for all others.
///
/// # Errors
/// A value cannot be read or is out of range, or nobody takes turns.
pub(super) fn behaviour(wishes: &Wishes, source: &Source, player: &str) -> Result<Behaviour, UsageError> {
    let behaviour = match &wishes.listening.behaviour {
        None => Behaviour::NONE,
        Some(wish) => wish.value.decide().map_err(|what| source.error(wish, "behaviour", what))?,
    };
    if player != "turns" {
        let said = [
            (wishes.listening.think.as_ref().map(|wish| wish.place), "think"),
            (wishes.listening.barge_in.as_ref().map(|wish| wish.place), "barge_in"),
        ];
        return match said.into_iter().find_map(|(place, key)| Some((place?, key))) {
            Some((place, key)) => Err(UsageError::new(format!(
                "{} is about conversations; add --listen turns",
                source.name(place, key)
            ))),
            None => Ok(behaviour),
        };
    }
    if behaviour.is_some()
        && let Some(wish) = &wishes.listening.behaviour
    {
        return Err(source.error(wish, "behaviour", "is not done by people in a conversation; leave it out"));
    }
    let think = match &wishes.listening.think {
        None => THINK,
        Some(wish) => wish
            .value
            .parse()
            .map_err(|error| source.error(wish, "think", format!("is `{}`: {error}", wish.value)))?,
    };
    let barge_in = source.within(wishes.listening.barge_in.as_ref(), "barge_in", 0.0..=1.0, 0.0)?;
    Ok(Behaviour { turns: Some(Turns { think, barge_in }), ..behaviour })
}

fn listens_to_streams(player: &str) -> bool {
    ["reader", "turns"].contains(&player)
}

fn media(wish: Option<&Wish<String>>, key: &str, source: &Source) -> Result<MediaTime, UsageError> {
    let Some(wish) = wish else { return Ok(MediaTime::ZERO) };
    let length = match wish.value.as_str() {
        "0" => Some(Duration::ZERO),
        text => match text.parse() {
            Ok(ThinkTime::Fixed(length)) => Some(length),
            Ok(_) | Err(_) => None,
        },
    };
    length.map(|length| MediaTime::from_nanos(duration_nanos(length))).ok_or_else(|| {
        source.error(wish, key, format!("is `{}`; give a length of audio such as 200ms or 1.5s", wish.value))
    })
}

fn first_of_streams(wishes: &Wishes) -> Option<(super::wish::Place, &'static str)> {
    let said = [
        (wishes.listening.start_buffer.as_ref().map(|wish| wish.place), "start_buffer"),
        (wishes.listening.resume_buffer.as_ref().map(|wish| wish.place), "resume_buffer"),
        (wishes.listening.ahead.as_ref().map(|wish| wish.place), "ahead"),
        (wishes.listening.in_flight.as_ref().map(|wish| wish.place), "in_flight"),
    ];
    said.into_iter().find_map(|(place, key)| Some((place?, key)))
}

/// Adds what was decided, by the names a scenario has for it.
pub(super) fn decided(
    policy: &PlayerPolicy,
    player: &str,
    behaviour: &Behaviour,
    scenario: &mut Map<String, Value>,
) {
    let of_any = json!({
        "player": player,
        "min_buffer": policy.min_buffer,
        "batch_size": policy.batch_size,
        "refill_threshold": policy.refill_threshold,
        "reconnect": if policy.reconnect == Reconnect::Off { "off" } else { "player" },
        "block_timeout": policy.block_timeout.as_secs_f64(),
        "session_error": if policy.session_errors == SessionErrors::End { "end" } else { "player" },
        "behaviour": behaviour.is_some().then(|| BehaviourSettings::from(*behaviour)),
    });
    if let Value::Object(of_any) = of_any {
        scenario.extend(of_any);
    }
    if !listens_to_streams(player) {
        return;
    }
    let length = |media: MediaTime| format!("{}ms", media.as_millis_f64());
    let turns = behaviour.turns;
    let decided = json!({
        "ahead": policy.refill_threshold,
        "in_flight": policy.max_in_flight.map(NonZeroU32::get),
        "start_buffer": length(policy.start_buffer),
        "resume_buffer": length(policy.resume_buffer),
        "think": turns.map(|turns| turns.think.to_string()),
        "barge_in": turns.map(|turns| turns.barge_in),
    });
    if let Value::Object(decided) = decided {
        scenario.extend(decided);
    }
    for of_blocks in ["min_buffer", "batch_size", "refill_threshold"] {
        scenario.remove(of_blocks);
    }
}
