//! What a simulation is of, and what has no meaning in it.

use claque_core::rng::Seed;
use claque_run::order::{EngineFlag, ProtocolChoice, SimulatedService, SimulatedSpeech};
use serde_json::{Map, Value};

use super::{
    UsageError, decided,
    environment::Environment,
    gateway::{Limits, choose, choose_openai},
    wish::{Place, Source},
    wishes::Wishes,
};

/// Decides on the model of the service; `seed` is the root of its randomness.
///
/// # Errors
/// A setting of it is none, or its engine is a program.
pub(super) fn service(
    wishes: &Wishes,
    source: &Source,
    protocol: ProtocolChoice,
    seed: Seed,
) -> Result<SimulatedService, UsageError> {
    match protocol {
        ProtocolChoice::Openai(asking) => {
            let dialect = wishes.dialect.as_ref().map(|wish| wish.value.as_str());
            // Nobody is asked for a key, so none is read.
            let around = (dialect, &Environment::default());
            let gateway = choose_openai(wishes, source, around, seed)?;
            no_program(wishes, source, &gateway.engine)?;
            Ok(SimulatedService::Speech(Box::new(SimulatedSpeech { gateway, asking })))
        }
        // Nobody is there to be asked which it is.
        ProtocolChoice::Yapit | ProtocolChoice::FindOut(_) => {
            let gateway = choose(wishes, source, Limits::Off, seed)?;
            no_program(wishes, source, &gateway.engine)?;
            Ok(SimulatedService::Yapit(Box::new(gateway)))
        }
    }
}

/// # Errors
/// The engine is a program, or somebody's service.
fn no_program(wishes: &Wishes, source: &Source, engine: &EngineFlag) -> Result<(), UsageError> {
    if let (EngineFlag::External { typed, .. }, Some(wish)) = (engine, &wishes.engine) {
        let what = format!(
            "is `{typed}`, but a simulation runs no program and asks no service; give synthetic or deterministic"
        );
        return Err(source.error(wish, "engine", what));
    }
    Ok(())
}

/// # Errors
/// Something is about bytes, sockets or waiting, of which a simulation has none.
pub(super) fn refuse_what_has_no_meaning(wishes: &Wishes, source: &Source) -> Result<(), UsageError> {
    let settings = [
        (
            wishes.abort_on.as_ref().and_then(|rules| rules.first()).map(|wish| wish.place),
            "abort_on",
            "has no meaning in a simulation, which costs no time; take it out",
        ),
        (
            wishes.base_url.as_ref().map(|wish| wish.place),
            "base_url",
            "has no meaning in a simulation; take it out, or use `claque run`",
        ),
        (
            wishes.keep_audio.as_ref().map(|wish| wish.place),
            "keep_audio",
            "has no meaning in a simulation, which makes no audio; take it out",
        ),
        (
            wishes.decode_share.as_ref().map(|wish| wish.place),
            "decode_share",
            "has no meaning in a simulation, in which nothing sounds; take it out",
        ),
        (
            wishes.pcm_rate.as_ref().map(|wish| wish.place),
            "pcm_rate",
            "has no meaning in a simulation, which has no samples; take it out, or use `claque run`",
        ),
        (
            wishes.request_field.iter().flatten().map(|wish| wish.place).next(),
            "request_field",
            "has no meaning in a simulation, which sends no requests; take it out, or use `claque run`",
        ),
        (
            wishes.path.as_ref().map(|wish| wish.place),
            "path",
            "has no meaning in a simulation, which sends no requests; take it out, or use `claque run`",
        ),
    ];
    let said =
        settings.into_iter().find_map(|(place, key, what): (Option<Place>, _, _)| Some((place?, key, what)));
    said.map_or(Ok(()), |(place, key, what)| {
        Err(UsageError::new(format!("{} {what}", source.name(place, key))))
    })
}

/// Adds what was decided about the service.
pub(super) fn decided(service: &SimulatedService, scenario: &mut Map<String, Value>) {
    match service {
        SimulatedService::Yapit(gateway) => decided::gateway(gateway, scenario),
        SimulatedService::Speech(speech) => decided::speech_gateway(&speech.gateway, scenario),
    }
}
