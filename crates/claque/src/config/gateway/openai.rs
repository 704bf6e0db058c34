//! The gateway that speaks OpenAI-compatible speech: its settings, and how they are decided.

use claque_core::{rng::Seed, secret::Secret};
use claque_front::openai::{Dialect, OpenaiConfig};
use claque_gateway::{ServiceModel, Workers};
use claque_run::order::{EngineFlag, OpenaiChoice};

use super::{
    choice::fixed,
    engine::engine,
    layers::{self, Layers},
    table,
};
use crate::config::{
    Environment, UsageError,
    wish::{Source, Wish},
    wishes::Wishes,
};

/// The variable that holds the keys which open it: one, or more with commas between them.
const KEYS_VARIABLE: &str = "CLAQUE_GATEWAY_API_KEYS";

/// Decides on a gateway of OpenAI-compatible speech. Later layers win: the dialect, the short settings, the file's `[gateway]`,
/// `--gateway-set` in the order typed.
///
/// # Errors
/// A name is unknown, a number out of range, or a setting is another gateway's.
pub(crate) fn choose_openai(
    wishes: &Wishes,
    source: &Source,
    (dialect, environment): (Option<&str>, &Environment),
    seed: Seed,
) -> Result<OpenaiChoice, UsageError> {
    not_its_own(wishes, source)?;
    let mut tables = Vec::new();
    if let Some(table) = &wishes.gateway.table {
        if table.value.preset.is_some() {
            return Err(foreign(&source.name(table.place, "gateway"), "preset"));
        }
        tables.push((source.name(table.place, "gateway"), table.value.text.clone()));
    }
    for typed in &wishes.gateway.gateway_set {
        tables.push(table::of_flag(typed)?);
    }
    let written = tables.iter().rev().find_map(|(_, table)| dialect_of(table));
    let name = dialect.map(str::to_owned).or(written).unwrap_or_else(|| "openai".to_owned());
    let known = Dialect::ALL.map(|dialect| dialect.name);
    let mut config = OpenaiConfig::of(source.known(&Wish::flag(name), "dialect", &known, Dialect::named)?);
    let engine = engine(wishes, source)?;
    short(wishes, source, &engine, &mut config)?;
    let mut layers = Layers::over(&config);
    for (place, text) in &tables {
        lay(&mut layers, place, text)?;
    }
    let mut config = OpenaiConfig { dialect: config.dialect, ..layers.read().map_err(UsageError::new)? };
    config.api_keys = keys(environment)?;
    let engine = engine.with_processes(config.streaming.slots.get());
    Ok(OpenaiChoice { config, engine, seed })
}

/// # Errors
/// A flag or key is about the other gateway.
fn not_its_own(wishes: &Wishes, source: &Source) -> Result<(), UsageError> {
    let others = [(&wishes.gateway.preset, "gateway"), (&wishes.gateway.reproduce, "reproduce")];
    for (wish, key) in others {
        if let Some(wish) = wish {
            let what = "is about the gateway of yapit; leave it out, or --protocol openai";
            return Err(source.error(wish, key, what));
        }
    }
    Ok(())
}

/// The settings that have names of their own beside the table.
fn short(
    wishes: &Wishes,
    source: &Source,
    engine: &EngineFlag,
    config: &mut OpenaiConfig,
) -> Result<(), UsageError> {
    if let Some((_, service, media)) = fixed(wishes, source, engine)? {
        config.streaming.first_chunk = ServiceModel::Fixed(service);
        config.streaming.length = claque_gateway::LengthModel::Fixed(media);
    }
    if engine.is_persistent() {
        // Each slot is a process that holds a voice.
        config.streaming.slots = core::num::NonZeroU32::MIN;
    }
    if let Some(workers) = &wishes.gateway.workers {
        config.streaming.slots = match workers.value {
            Workers::Pull(number) => number.try_into().unwrap_or(config.streaming.slots),
            Workers::Unlimited => core::num::NonZeroU32::MAX,
        };
    }
    Ok(())
}

/// # Errors
/// A key is no single word.
fn keys(environment: &Environment) -> Result<Vec<Secret>, UsageError> {
    let Some(all) = environment.value(KEYS_VARIABLE) else { return Ok(Vec::new()) };
    let keys = all.expose().split(',').map(str::trim).map(|key| {
        let is_word = !key.is_empty() && key.chars().all(|letter| letter.is_ascii_graphic());
        is_word.then(|| Secret::from(key))
    });
    keys.collect::<Option<_>>().ok_or_else(|| {
        UsageError::new(format!(
            "{KEYS_VARIABLE} has a key that is no word; give words with commas between them"
        ))
    })
}

/// # Errors
/// It is about the other gateway, or does not fit.
fn lay(layers: &mut Layers, place: &str, text: &str) -> Result<(), UsageError> {
    let key = layers::parsed(text).ok().as_ref().and_then(table::first_of_yapit);
    match key {
        Some(key) => Err(foreign(place, &key)),
        None => layers.lay_written::<OpenaiConfig>(place, text),
    }
}

fn foreign(place: &str, key: &str) -> UsageError {
    UsageError::new(format!(
        "{place}: `{key}` is about the gateway of yapit; with --protocol openai there are `openai`, `stream` and \
         `faults.streams`"
    ))
}

/// The dialect that a table sets.
fn dialect_of(text: &str) -> Option<String> {
    let table = layers::parsed(text).ok()?;
    let openai = table.get("openai")?.get_ref().as_table()?;
    Some(openai.get("dialect")?.get_ref().as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use claque_core::time::{Duration, MediaTime, Speed};
    use claque_front::openai::HeadTime;
    use claque_gateway::{Batching, LengthModel, StreamEffect, StreamFault, StreamSelector};

    use super::*;
    use crate::cli::GatewayFlags;

    fn decide(sets: &[&str], flags: GatewayFlags, keys: &str) -> Result<OpenaiChoice, String> {
        let mut wishes = Wishes::default();
        let gateway_set = sets.iter().map(|set| (*set).to_owned()).collect();
        wishes.gateway.lay(GatewayFlags { gateway_set, ..flags }).map_err(|error| error.to_string())?;
        let environment = Environment::from([(KEYS_VARIABLE, keys)]);
        choose_openai(&wishes, &Source::default(), (None, &environment), Seed::root(1))
            .map_err(|error| error.to_string())
    }

    fn set_all(sets: &[&str]) -> Result<OpenaiChoice, String> {
        decide(sets, GatewayFlags::default(), "")
    }

    #[test]
    fn single_constants_are_set_as_in_a_file() {
        let choice = set_all(&[
            "openai.dialect=kokoro-fastapi",
            "stream.first_chunk.fixed_seconds=0.25",
            "stream.rate=3.5",
            "stream.slots=4",
            "stream.batching={ speeds = [1, 0.5] }",
            "faults.streams=[{ select = { nth = 2 }, effect = { break = { after_seconds = 1 } } }]",
        ])
        .unwrap();
        let config = choice.config;
        assert_eq!((config.dialect.name, config.voices[0].as_str()), ("kokoro-fastapi", "af_heart"));
        let streaming = config.streaming;
        assert_eq!(streaming.first_chunk, ServiceModel::Fixed(Duration::from_millis(250)));
        assert_eq!((streaming.rate.thousandths(), streaming.slots.get()), (3_500, 4));
        let half = |thousandths| core::num::NonZeroU32::new(thousandths).unwrap();
        assert_eq!(streaming.batching, Batching::Table(vec![half(1_000), half(500)]));
        let effect = StreamEffect::Break { after: MediaTime::from_millis(1_000) };
        assert_eq!(config.faults, [StreamFault { selector: StreamSelector::Nth(2), effect }]);
    }

    #[test]
    fn a_decided_gateway_gives_its_settings_back() {
        let mut config = OpenaiConfig::of(Dialect::named("vllm-omni").unwrap());
        config.models = vec!["a".to_owned()];
        config.max_input_chars = None;
        config.head = HeadTime::WithAudio;
        config.streaming.rate = Speed::from_thousandths(2_250).unwrap();
        config.streaming.length = LengthModel::Fixed(MediaTime::from_millis(2_500));
        let effects = [
            StreamEffect::Silence,
            StreamEffect::Slow { rate: Speed::from_thousandths(500).unwrap() },
            StreamEffect::WrongContainer,
            StreamEffect::NoDone,
            StreamEffect::Refuse { status: 429, retry_after: Some(Duration::from_secs(2)) },
            StreamEffect::Stuck { held: None },
        ];
        let fault = |effect| StreamFault { selector: StreamSelector::Share(0.5), effect };
        config.faults = effects.map(fault).to_vec();
        let text = toml::to_string(&config).unwrap();
        let mut layers = Layers::over(&OpenaiConfig::of(config.dialect));
        layers.lay_written::<OpenaiConfig>("a file", &text).unwrap();
        let again: OpenaiConfig = layers.read().unwrap();
        assert_eq!(again, config, "{text}");
    }

    #[test]
    fn each_gateway_refuses_the_others_settings() {
        let words = set_all(&["pipeline.max_retries=3"]).unwrap_err();
        assert!(words.starts_with("--gateway-set pipeline.max_retries: `pipeline` is about"), "{words}");
        let preset = GatewayFlags { gateway: Some("current".to_owned()), ..GatewayFlags::default() };
        assert!(decide(&[], preset, "").unwrap_err().starts_with("--gateway is about the gateway of yapit"));
        let mut wishes = Wishes::default();
        let gateway_set = vec!["stream.slots=3".to_owned()];
        wishes.gateway.lay(GatewayFlags { gateway_set, ..GatewayFlags::default() }).unwrap();
        let yapit =
            super::super::choose(&wishes, &Source::default(), super::super::Limits::Off, Seed::root(1));
        let words = yapit.unwrap_err().to_string();
        assert_eq!(words, "--gateway-set stream.slots: `stream` needs --protocol openai");
    }

    #[test]
    fn wrong_settings_are_told_with_what_would_be_right() {
        for (typed, expected) in [
            ("openai.dialect=kokoro", "did you mean `kokoro-fastapi`?"),
            ("stream.rate=0", "give a number above 0"),
            ("openai.voices=[]", "openai.voices is empty"),
            (
                "faults.streams=[{ select = \"every\", effect = { refuse = { status = 200 } } }]",
                "give 400 to 599",
            ),
        ] {
            let words = set_all(&[typed]).unwrap_err();
            assert!(words.contains(expected), "{typed}: {words}");
        }
    }

    #[test]
    fn keys_come_from_the_environment_and_are_shown_nowhere() {
        let choice = decide(&[], GatewayFlags::default(), "hush-one, hush-two").unwrap();
        assert_eq!(choice.config.api_keys.len(), 2);
        assert!(!format!("{choice:?}").contains("hush"));
        let words = decide(&[], GatewayFlags::default(), "hush one").unwrap_err();
        assert!(words.contains(KEYS_VARIABLE) && !words.contains("hush"), "{words}");
    }
}
