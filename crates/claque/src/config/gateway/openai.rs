//! The gateway that speaks OpenAI-compatible speech: its settings, and how they are decided.

use claque_core::{rng::Seed, secret::Secret};
use claque_front::openai::{Dialect, HeadTime, OpenaiConfig};
use claque_gateway::{ServiceModel, Workers};
use claque_run::order::{EngineFlag, OpenaiChoice};
use serde::{Deserialize, Serialize};

use super::{
    GatewaySettings,
    choice::fixed,
    engine::engine,
    set,
    units::{Name, Named, Switch},
};
use crate::config::{
    Environment, UsageError,
    wish::{Source, Wish},
    wishes::Wishes,
};

/// The variable that holds the keys which open it: one, or more with commas between them.
const KEYS_VARIABLE: &str = "CLAQUE_GATEWAY_API_KEYS";

/// What is said and taken.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct OpenaiSettings {
    /// Decides on what is absent here.
    dialect: Option<String>,
    models: Option<Vec<String>>,
    voices: Option<Vec<String>>,
    max_input_chars: Option<Switch<usize>>,
    head: Option<Name<HeadTime>>,
}

impl Named for HeadTime {
    const MEMBERS: &'static [(&'static str, Self)] =
        &[("at-once", Self::AtOnce), ("with-audio", Self::WithAudio)];
}

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
    let mut layers = Vec::new();
    if let Some(table) = &wishes.gateway {
        layers.push((source.name(table.place, "gateway"), table.value.clone()));
    }
    for typed in &wishes.gateway_set {
        let (key, settings) = set::parse(typed)?;
        layers.push((format!("--gateway-set {key}"), settings));
    }
    let written = layers.iter().rev().find_map(|(_, settings)| settings.openai.dialect.as_deref());
    let name = dialect.or(written).unwrap_or("openai");
    let known = Dialect::ALL.map(|dialect| dialect.name);
    let wish = Wish::flag(name.to_owned());
    let mut config = OpenaiConfig::of(source.known(&wish, "dialect", &known, Dialect::named)?);
    let engine = engine(wishes, source)?;
    short(wishes, source, &engine, &mut config)?;
    for (place, settings) in &layers {
        settings.apply_openai(&mut config).map_err(|what| UsageError::new(format!("{place}: {what}")))?;
    }
    config.api_keys = keys(environment)?;
    let engine = engine.with_processes(config.streaming.slots.get());
    Ok(OpenaiChoice { config, engine, seed })
}

/// # Errors
/// A flag or key is about the other gateway.
fn not_its_own(wishes: &Wishes, source: &Source) -> Result<(), UsageError> {
    let others = [(&wishes.preset, "gateway"), (&wishes.reproduce, "reproduce")];
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
    if let Some(workers) = &wishes.workers {
        config.streaming.slots = match workers.value.0 {
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

impl GatewaySettings {
    /// Changes what is set in `config`.
    ///
    /// # Errors
    /// A setting is none of this gateway's, or does not fit.
    fn apply_openai(&self, config: &mut OpenaiConfig) -> Result<(), String> {
        if let Some(key) = self.first_of_yapit() {
            return Err(format!(
                "`{key}` is about the gateway of yapit; with --protocol openai there are `openai`, `stream` and \
                 `faults.streams`"
            ));
        }
        let OpenaiSettings { dialect: _, models, voices, max_input_chars, head } = &self.openai;
        for (key, names) in [("models", models), ("voices", voices)] {
            if names.as_ref().is_some_and(Vec::is_empty) {
                return Err(format!("openai.{key} is empty; name at least one"));
            }
        }
        set(&mut config.models, models.clone());
        set(&mut config.voices, voices.clone());
        set(&mut config.max_input_chars, max_input_chars.as_ref().map(Switch::to_option));
        set(&mut config.head, head.map(|head| head.0));
        self.stream.apply(&mut config.streaming)?;
        set(&mut config.faults, self.faults.streams());
        Ok(())
    }

    /// The first key that the gateway of OpenAI-compatible speech does not know.
    fn first_of_yapit(&self) -> Option<String> {
        let mut rest = self.clone();
        if rest.preset.is_some() {
            return Some("preset".to_owned());
        }
        (rest.openai, rest.stream) = Default::default();
        rest.faults.forget_streams();
        first_difference(&rest)
    }

    /// The first key that only the gateway of OpenAI-compatible speech knows.
    pub(super) fn first_of_openai(&self) -> Option<&'static str> {
        if self.openai != OpenaiSettings::default() {
            return Some("openai");
        }
        if self.stream != super::stream::StreamSettings::default() {
            return Some("stream");
        }
        self.faults.streams().map(|_| "faults.streams")
    }
}

/// The first key that says something.
fn first_difference(settings: &GatewaySettings) -> Option<String> {
    let (said, silent) = (serde_json::to_value(settings), serde_json::to_value(GatewaySettings::default()));
    let (said, silent) = (said.ok()?, silent.ok()?);
    let said = said.as_object()?;
    said.iter().find(|(key, value)| silent.get(key.as_str()) != Some(*value)).map(|(key, _)| key.clone())
}

/// Everything of a decided gateway as settings, without its keys.
impl From<&OpenaiConfig> for GatewaySettings {
    fn from(config: &OpenaiConfig) -> Self {
        let OpenaiConfig { dialect, models, voices, max_input_chars, api_keys: _, head, streaming, faults } =
            config;
        let openai = OpenaiSettings {
            dialect: Some(dialect.name.to_owned()),
            models: Some(models.clone()),
            voices: Some(voices.clone()),
            max_input_chars: Some((*max_input_chars).into()),
            head: Some(Name(*head)),
        };
        Self {
            openai,
            stream: streaming.into(),
            faults: super::faults::FaultSettings::of_streams(faults),
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use claque_core::time::{Duration, MediaTime, Speed};
    use claque_gateway::{Batching, LengthModel, StreamEffect, StreamFault, StreamSelector};

    use super::*;
    use crate::cli::GatewayFlags;

    fn decide(sets: &[&str], flags: GatewayFlags, keys: &str) -> Result<OpenaiChoice, String> {
        let mut wishes = Wishes::default();
        let gateway_set = sets.iter().map(|set| (*set).to_owned()).collect();
        wishes.lay_gateway(GatewayFlags { gateway_set, ..flags }).map_err(|error| error.to_string())?;
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
        let text = toml::to_string(&GatewaySettings::from(&config)).unwrap();
        let settings: GatewaySettings = toml::from_str(&text).unwrap();
        let mut again = OpenaiConfig::of(config.dialect);
        // What is absent in the file is no limit here, for a file says `false`.
        settings.apply_openai(&mut again).unwrap();
        assert_eq!(again, config, "{text}");
    }

    #[test]
    fn each_gateway_refuses_the_others_settings() {
        let words = set_all(&["pipeline.max_retries=3"]).unwrap_err();
        assert!(words.starts_with("--gateway-set pipeline.max_retries: `pipeline` is about"), "{words}");
        let preset = GatewayFlags { gateway: Some("current".to_owned()), ..GatewayFlags::default() };
        assert!(decide(&[], preset, "").unwrap_err().starts_with("--gateway is about the gateway of yapit"));
        let settings: GatewaySettings = toml::from_str("stream.slots = 3").unwrap();
        let mut config = claque_gateway::GatewayConfig::current();
        assert_eq!(settings.apply(&mut config), Err("`stream` needs --protocol openai".to_owned()));
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
