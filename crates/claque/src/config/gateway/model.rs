//! Settings of one model: what is said of it, who makes its audio, how long that takes and how long it gets.

use std::collections::BTreeMap;

use claque_core::time::{Duration, MediaTime, duration_nanos};
use claque_gateway::{
    AudioFormat, GatewayConfig, LengthModel, ModelConfig, ModelInfo, ServiceModel, VoiceInfo, Workers,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{
    set,
    units::{Name, Rate, Seconds, Size, Switch},
};
use crate::config::{UsageError, wish::list};

/// A model.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ModelSettings {
    name: Option<String>,
    description: Option<String>,
    /// The first is the default. Replaces the old list.
    voices: Option<Vec<VoiceSetting>>,
    workers: Option<WorkersSetting>,
    service: Option<ServiceSetting>,
    length: Option<LengthSetting>,
    format: Option<Name<AudioFormat>>,
}

/// A voice of a model.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct VoiceSetting {
    slug: String,
    name: Option<String>,
    lang: Option<String>,
    description: Option<String>,
}

/// A number from 1, or "unlimited".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WorkersSetting(pub(crate) Workers);

/// `{ fixed_seconds }`, or any of `{ overhead_seconds, seconds_per_char, sigma }`.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "RawService")]
struct ServiceSetting(RawService);

#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
struct RawService {
    fixed_seconds: Option<Seconds>,
    overhead_seconds: Option<Seconds>,
    seconds_per_char: Option<Seconds>,
    sigma: Option<Size>,
}

/// `{ fixed_seconds }`, or any of `{ chars_per_second, sigma }`.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "RawLength")]
struct LengthSetting(RawLength);

#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
struct RawLength {
    fixed_seconds: Option<Seconds>,
    chars_per_second: Option<Rate>,
    sigma: Option<Size>,
}

/// Changes, adds and takes away models.
///
/// # Errors
/// A model is unknown and has no voices, so that it cannot be added.
pub(super) fn apply(
    settings: &BTreeMap<String, Switch<ModelSettings>>,
    models: &mut Vec<ModelConfig>,
) -> Result<(), String> {
    for (slug, setting) in settings {
        let found = models.iter_mut().find(|model| *model.info.slug == **slug);
        match (setting, found) {
            (Switch::Off, _) => models.retain(|model| *model.info.slug != **slug),
            (Switch::On(setting), Some(model)) => setting.apply(model),
            (Switch::On(setting), None) if setting.voices.is_some() => {
                models.push(setting.new_model(slug, models.len()));
            }
            (Switch::On(_), None) => {
                let known: Vec<&str> = models.iter().map(|model| &*model.info.slug).collect();
                return Err(format!(
                    "there is no model `{slug}` to change; give {}, or `voices` to add it",
                    list(&known)
                ));
            }
        }
    }
    renumber(models);
    Ok(())
}

/// Voices are numbered through all models, from 1.
fn renumber(models: &mut [ModelConfig]) {
    for (model, id) in models.iter_mut().zip(1..) {
        model.info.id = id;
    }
    for (voice, id) in models.iter_mut().flat_map(|model| &mut model.info.voices).zip(1..) {
        voice.id = id;
    }
}

impl ModelSettings {
    fn apply(&self, model: &mut ModelConfig) {
        set(&mut model.info.name, self.name.clone());
        if self.description.is_some() {
            model.info.description.clone_from(&self.description);
        }
        set(&mut model.info.voices, self.voices.as_deref().map(voices));
        set(&mut model.workers, self.workers.map(|workers| workers.0));
        if let Some(ServiceSetting(setting)) = self.service {
            setting.apply(&mut model.service);
        }
        if let Some(LengthSetting(setting)) = self.length {
            setting.apply(&mut model.length);
        }
        set(&mut model.format, self.format.map(|format| format.0));
    }

    pub(super) fn forget_voices_of(&mut self, other: &Self) {
        if self.voices == other.voices {
            self.voices = None;
        }
    }

    /// A model that did not exist, with the workers and times of the first of the current preset.
    fn new_model(&self, slug: &str, others: usize) -> ModelConfig {
        let info = ModelInfo {
            id: u32::try_from(others).unwrap_or(u32::MAX).saturating_add(1),
            slug: slug.into(),
            name: slug.to_owned(),
            description: None,
            voices: vec![],
        };
        let mut model = ModelConfig {
            info,
            workers: Workers::Pull(1),
            service: DEFAULT_SERVICE,
            length: DEFAULT_LENGTH,
            format: AudioFormat::OggOpus,
        };
        if let Some(first) = GatewayConfig::current().models.into_iter().next() {
            model = ModelConfig { info: model.info, ..first };
        }
        self.apply(&mut model);
        model
    }
}

/// Where per-character times start from when they were fixed before: the published pace of kokoro (see the
/// gateway's presets).
const DEFAULT_SERVICE: ServiceModel = ServiceModel::PerChar {
    overhead: Duration::from_secs(1),
    per_char: Duration::from_millis(20),
    sigma: 0.1,
};
const DEFAULT_LENGTH: LengthModel = LengthModel::PerChar { chars_per_second: 14.0, sigma: 0.03 };

impl RawService {
    fn apply(self, service: &mut ServiceModel) {
        if let Some(fixed) = self.fixed_seconds {
            *service = ServiceModel::Fixed(fixed.0);
            return;
        }
        if matches!(service, ServiceModel::Fixed(_)) {
            *service = DEFAULT_SERVICE;
        }
        if let ServiceModel::PerChar { overhead, per_char, sigma } = service {
            set(overhead, self.overhead_seconds.map(|span| span.0));
            set(per_char, self.seconds_per_char.map(|span| span.0));
            set(sigma, self.sigma.map(|sigma| sigma.0));
        }
    }
}

impl RawLength {
    fn apply(self, length: &mut LengthModel) {
        if let Some(fixed) = self.fixed_seconds {
            *length = LengthModel::Fixed(MediaTime::from_nanos(duration_nanos(fixed.0)));
            return;
        }
        if matches!(length, LengthModel::Fixed(_)) {
            *length = DEFAULT_LENGTH;
        }
        if let LengthModel::PerChar { chars_per_second, sigma } = length {
            set(chars_per_second, self.chars_per_second.map(|rate| rate.0));
            set(sigma, self.sigma.map(|sigma| sigma.0));
        }
    }
}

impl TryFrom<RawService> for ServiceSetting {
    type Error = &'static str;

    fn try_from(raw: RawService) -> Result<Self, Self::Error> {
        let per_char =
            raw.overhead_seconds.is_some() || raw.seconds_per_char.is_some() || raw.sigma.is_some();
        if raw.fixed_seconds.is_some() && per_char {
            return Err("fixed_seconds stands alone; take it away, or the other keys");
        }
        Ok(Self(raw))
    }
}

impl TryFrom<RawLength> for LengthSetting {
    type Error = &'static str;

    fn try_from(raw: RawLength) -> Result<Self, Self::Error> {
        if raw.fixed_seconds.is_some() && (raw.chars_per_second.is_some() || raw.sigma.is_some()) {
            return Err("fixed_seconds stands alone; take it away, or the other keys");
        }
        Ok(Self(raw))
    }
}

impl WorkersSetting {
    const EXPECTED: &'static str = "a whole number from 1, or `unlimited`";

    /// Reads what was typed after `--workers`.
    ///
    /// # Errors
    /// It is neither a number from 1 nor `unlimited`.
    pub(crate) fn parse(typed: &str) -> Result<Self, UsageError> {
        let number = typed.parse().ok().filter(|&number| number > 0).map(Workers::Pull);
        let workers = if typed == "unlimited" { Some(Workers::Unlimited) } else { number };
        workers
            .map(Self)
            .ok_or_else(|| UsageError::new(format!("--workers is {typed}; give {}", Self::EXPECTED)))
    }
}

impl<'de> Deserialize<'de> for WorkersSetting {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = WorkersSetting;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(WorkersSetting::EXPECTED)
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
                let workers = u32::try_from(number).ok().filter(|&number| number > 0).map(Workers::Pull);
                workers
                    .map(WorkersSetting)
                    .ok_or_else(|| E::invalid_value(de::Unexpected::Signed(number), &self))
            }
            fn visit_str<E: de::Error>(self, name: &str) -> Result<Self::Value, E> {
                if name == "unlimited" {
                    Ok(WorkersSetting(Workers::Unlimited))
                } else {
                    Err(E::invalid_value(de::Unexpected::Str(name), &self))
                }
            }
        }
        from.deserialize_any(Visitor)
    }
}

impl Serialize for WorkersSetting {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Workers::Pull(number) => to.serialize_u32(number),
            Workers::Unlimited => to.serialize_str("unlimited"),
        }
    }
}

impl From<&ModelConfig> for ModelSettings {
    fn from(model: &ModelConfig) -> Self {
        let ModelConfig { info, workers, service, length, format } = model;
        let ModelInfo { id: _, slug: _, name, description, voices } = info;
        let voice = |voice: &VoiceInfo| VoiceSetting {
            slug: voice.slug.to_string(),
            name: Some(voice.name.clone()),
            lang: Some(voice.lang.clone()),
            description: voice.description.clone(),
        };
        Self {
            name: Some(name.clone()),
            description: description.clone(),
            voices: Some(voices.iter().map(voice).collect()),
            workers: Some(WorkersSetting(*workers)),
            service: Some(ServiceSetting((*service).into())),
            length: Some(LengthSetting((*length).into())),
            format: Some(Name(*format)),
        }
    }
}

impl From<ServiceModel> for RawService {
    fn from(service: ServiceModel) -> Self {
        match service {
            ServiceModel::Fixed(span) => Self { fixed_seconds: Some(Seconds(span)), ..Self::default() },
            ServiceModel::PerChar { overhead, per_char, sigma } => Self {
                fixed_seconds: None,
                overhead_seconds: Some(Seconds(overhead)),
                seconds_per_char: Some(Seconds(per_char)),
                sigma: Some(Size(sigma)),
            },
        }
    }
}

impl From<LengthModel> for RawLength {
    fn from(length: LengthModel) -> Self {
        match length {
            LengthModel::Fixed(media) => {
                let span = Duration::from_nanos(media.as_nanos());
                Self { fixed_seconds: Some(Seconds(span)), ..Self::default() }
            }
            LengthModel::PerChar { chars_per_second, sigma } => Self {
                fixed_seconds: None,
                chars_per_second: Some(Rate(chars_per_second)),
                sigma: Some(Size(sigma)),
            },
        }
    }
}

fn voices(settings: &[VoiceSetting]) -> Vec<VoiceInfo> {
    let voice = |setting: &VoiceSetting| VoiceInfo {
        // Numbers are given once all models are known.
        id: 0,
        slug: setting.slug.as_str().into(),
        name: setting.name.clone().unwrap_or_else(|| setting.slug.clone()),
        lang: setting.lang.clone().unwrap_or_else(|| "en-us".to_owned()),
        description: setting.description.clone(),
    };
    settings.iter().map(voice).collect()
}
