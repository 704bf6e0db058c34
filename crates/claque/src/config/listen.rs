//! How streams are listened to: a text read aloud, or a conversation.

use core::num::NonZeroU32;

use claque_core::{
    listener::{Behaviour, ThinkTime, Turns},
    player::PlayerPolicy,
    time::{Duration, MediaTime, duration_nanos},
};
use serde_json::{Map, Value, json};

use super::{
    UsageError,
    wish::{Source, Wish},
    wishes::Wishes,
};

/// How long is thought between two utterances if nothing else is said: people who read an answer and type the next question take
/// longer, those who talk take less.
const THINK: ThinkTime = ThinkTime::Exponential { mean: Duration::from_secs(2) };

/// The name of the player that `--player` or `--listen` chooses, if one of them does.
///
/// # Errors
/// Both do, or `listen` names something else.
pub(super) fn player<'a>(
    wishes: &'a Wishes,
    source: &Source,
) -> Result<Option<&'a Wish<String>>, UsageError> {
    let Some(listen) = &wishes.listen else { return Ok(wishes.player.as_ref()) };
    if let Some(player) = &wishes.player {
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
pub(super) fn policy(
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
        && let Some(wish) = &wishes.ahead
    {
        let what = "is about readers: in a conversation nothing is asked for ahead; leave it out, or add --listen reader";
        return Err(source.error(wish, "ahead", what));
    }
    let ahead =
        source.within(wishes.ahead.as_ref(), "ahead", 0..=1_000, i64::from(preset.refill_threshold))?;
    let in_flight = preset.max_in_flight.map_or(1, |most| i64::from(most.get()));
    let in_flight = source.within(wishes.in_flight.as_ref(), "in_flight", 1..=1_000, in_flight)?;
    Ok(PlayerPolicy {
        refill_threshold: u32::try_from(ahead).unwrap_or(u32::MAX),
        max_in_flight: u32::try_from(in_flight).ok().and_then(NonZeroU32::new),
        start_buffer: media(wishes.start_buffer.as_ref(), "start_buffer", source)?,
        resume_buffer: media(wishes.resume_buffer.as_ref(), "resume_buffer", source)?,
        ..preset
    })
}

/// What people do who take turns; what was said about rates stays for all others.
///
/// # Errors
/// A value cannot be read or is out of range, or nobody takes turns.
pub(super) fn behaviour(
    wishes: &Wishes,
    source: &Source,
    (player, behaviour): (&str, Behaviour),
) -> Result<Behaviour, UsageError> {
    if player != "turns" {
        let said = [
            (wishes.think.as_ref().map(|wish| wish.place), "think"),
            (wishes.barge_in.as_ref().map(|wish| wish.place), "barge_in"),
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
        && let Some(wish) = &wishes.behaviour
    {
        return Err(source.error(wish, "behaviour", "is not done by people in a conversation; leave it out"));
    }
    let think = match &wishes.think {
        None => THINK,
        Some(wish) => wish
            .value
            .parse()
            .map_err(|error| source.error(wish, "think", format!("is `{}`: {error}", wish.value)))?,
    };
    let barge_in = source.within(wishes.barge_in.as_ref(), "barge_in", 0.0..=1.0, 0.0)?;
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
        (wishes.start_buffer.as_ref().map(|wish| wish.place), "start_buffer"),
        (wishes.resume_buffer.as_ref().map(|wish| wish.place), "resume_buffer"),
        (wishes.ahead.as_ref().map(|wish| wish.place), "ahead"),
        (wishes.in_flight.as_ref().map(|wish| wish.place), "in_flight"),
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
