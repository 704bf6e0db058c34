//! From wishes to the service that is meant.

use claque_core::rng::Seed;
use claque_net::service::Target;
use claque_run::order::{ProtocolChoice, TargetChoice};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    UsageError,
    environment::Environment,
    gateway::{self, Limits, choose, choose_openai},
    groups::Group,
    wish::{Place, Source, Wish},
    wishes::{Wishes, over},
};
use crate::cli::TargetFlags;

/// What was said about which service is meant, by the names it has in a scenario.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct TargetWishes {
    pub(super) base_url: Option<Wish<String>>,
}

impl TargetWishes {}

impl Group for TargetWishes {}

impl Wishes {
    pub(super) fn lay_target(&mut self, flags: TargetFlags) {
        over(&mut self.target.base_url, flags.base_url);
        self.credentials.lay(flags.credentials);
        self.network.lay(flags.network);
    }
}

/// Adds which service is meant.
pub(super) fn decided(target: &TargetChoice, scenario: &mut Map<String, Value>) {
    match target {
        TargetChoice::Embedded(choice) => gateway::decided(choice, scenario),
        TargetChoice::EmbeddedSpeech(choice) => gateway::decided_openai(choice, scenario),
        TargetChoice::BaseUrl(target) => {
            scenario.insert("base_url".to_owned(), target.as_str().into());
        }
    }
}

/// The service that is meant; `seed` is the root of the randomness of one of our own.
pub(super) fn target(
    wishes: &Wishes,
    source: &Source,
    (protocol, environment): (&ProtocolChoice, &Environment),
    seed: Seed,
) -> Result<TargetChoice, UsageError> {
    let Some(wish) = &wishes.target.base_url else {
        if let ProtocolChoice::Openai(_) = protocol {
            let dialect = wishes.speech.dialect.as_ref().map(|wish| wish.value.as_str());
            let gateway = choose_openai(wishes, source, (dialect, environment), seed.child("gateway"))?;
            return Ok(TargetChoice::EmbeddedSpeech(Box::new(gateway)));
        }
        let gateway = choose(wishes, source, Limits::Off, seed.child("gateway"))?;
        return Ok(TargetChoice::Embedded(Box::new(gateway)));
    };
    if let Some((place, key)) = wishes.gateway.first() {
        let named = source.name(place, key);
        let url = match wish.place {
            Place::Flag => "--base-url".to_owned(),
            Place::File { .. } => source.name(wish.place, "base_url"),
        };
        return Err(UsageError::new(format!(
            "{named} is about the embedded gateway, and {url} names another service; leave one of them out"
        )));
    }
    let target = Target::parse(&wish.value)
        .map_err(|error| UsageError::new(with_place(wish.place, source, &error)))?;
    Ok(TargetChoice::BaseUrl(target))
}

fn with_place(place: Place, source: &Source, error: &dyn std::error::Error) -> String {
    match place {
        Place::Flag => error.to_string(),
        Place::File { .. } => format!("{}: {error}", source.name(place, "base_url")),
    }
}
