//! Models with their workers: what is said of each, who makes its audio, how long that takes and how long it gets.

use core::fmt;
use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{
    machine::MachineModel,
    service::{LengthModel, ServiceModel},
    settings::Switch,
    speech::AudioFormat,
    voices::{ModelInfo, VoiceInfo},
};

/// A model with its workers.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelConfig {
    /// What clients are told.
    pub info: ModelInfo,
    /// Who makes its audio.
    pub workers: Workers,
    /// How long that takes.
    pub service: ServiceModel,
    /// What the machine makes of that time.
    pub machine: MachineModel,
    /// How long the audio is.
    pub length: LengthModel,
    /// What the audio is packed in.
    pub format: AudioFormat,
}

/// Who makes a model's audio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workers {
    /// This many workers take one job at a time, oldest first.
    Pull(u32),
    /// As many at once as there are jobs: a remote API. Never scanned for lost workers.
    Unlimited,
}

/// A model as it is written: its slug is the key. Numbers are not written, for they follow from the order.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenModel {
    name: Option<String>,
    description: Option<String>,
    voices: Option<Vec<VoiceInfo>>,
    workers: Workers,
    service: ServiceModel,
    machine: MachineModel,
    length: LengthModel,
    format: AudioFormat,
}

impl ModelConfig {
    /// A model that is added: one worker, the times of kokoro, and no voices.
    #[must_use]
    pub fn added(slug: &str) -> Self {
        let info = ModelInfo {
            id: 0,
            slug: slug.into(),
            name: slug.to_owned(),
            description: None,
            voices: Vec::new(),
        };
        Self::at_the_pace_of_kokoro(info, Workers::Pull(1))
    }

    /// A model at the published pace of kokoro, in Ogg Opus.
    #[must_use]
    pub fn at_the_pace_of_kokoro(info: ModelInfo, workers: Workers) -> Self {
        let (service, length) = (ServiceModel::default(), LengthModel::default());
        let machine = MachineModel::default();
        Self { info, workers, service, machine, length, format: AudioFormat::OggOpus }
    }

    /// Numbers models and voices anew, as lists of models do: voices through all models, both from 1.
    pub fn number(models: &mut [Self]) {
        for (model, id) in models.iter_mut().zip(1..) {
            model.info.id = id;
        }
        for (voice, id) in models.iter_mut().flat_map(|model| &mut model.info.voices).zip(1..) {
            voice.id = id;
        }
    }

    fn read(slug: &str, written: WrittenModel) -> Self {
        let WrittenModel { name, description, voices, workers, service, machine, length, format } = written;
        let info = ModelInfo {
            id: 0,
            slug: slug.into(),
            name: name.unwrap_or_else(|| slug.to_owned()),
            description,
            voices: voices.unwrap_or_default(),
        };
        Self { info, workers, service, machine, length, format }
    }

    fn written(&self) -> WrittenModel {
        let Self { info, workers, service, machine, length, format } = self;
        let ModelInfo { id: _, slug: _, name, description, voices } = info;
        WrittenModel {
            name: Some(name.clone()),
            description: description.clone(),
            voices: Some(voices.clone()),
            workers: *workers,
            service: *service,
            machine: machine.clone(),
            length: *length,
            format: *format,
        }
    }
}

impl Serialize for ModelConfig {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.written().serialize(to)
    }
}

/// Models by their slugs, in the order of those: for serde's `with`.
pub mod by_slug {
    use serde::ser::SerializeMap as _;

    use super::{BTreeMap, Deserialize as _, Deserializer, ModelConfig, Serializer, Switch, WrittenModel};

    /// Writes them.
    ///
    /// # Errors
    /// The serialiser's.
    pub fn serialize<S: Serializer>(models: &[ModelConfig], to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(models.len()))?;
        for model in models {
            map.serialize_entry(&*model.info.slug, model)?;
        }
        map.end()
    }

    /// Reads them, and leaves out those that are switched off.
    ///
    /// # Errors
    /// They are not of the right shape, or out of range.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<ModelConfig>, D::Error> {
        let written = BTreeMap::<String, Switch<WrittenModel>>::deserialize(from)?;
        let mut models = Vec::new();
        for (slug, written) in written {
            match written {
                Switch::On(written) => models.push(ModelConfig::read(&slug, written)),
                // It was taken away.
                Switch::Off => {}
            }
        }
        ModelConfig::number(&mut models);
        Ok(models)
    }
}

impl Workers {
    /// What can be written for them.
    pub const EXPECTED: &'static str = "a whole number from 1, or `unlimited`";

    /// Reads a number from 1, or `unlimited`. None for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "unlimited" => Some(Self::Unlimited),
            _ => text.parse().ok().filter(|&number| number > 0).map(Self::Pull),
        }
    }
}

impl<'de> Deserialize<'de> for Workers {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Workers;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(Workers::EXPECTED)
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
                let workers = u32::try_from(number).ok().filter(|&number| number > 0).map(Workers::Pull);
                workers.ok_or_else(|| E::invalid_value(de::Unexpected::Signed(number), &self))
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<Self::Value, E> {
                let unlimited = (name == "unlimited").then_some(Workers::Unlimited);
                unlimited.ok_or_else(|| E::invalid_value(de::Unexpected::Str(name), &self))
            }
        }
        from.deserialize_any(Visitor)
    }
}

impl Serialize for Workers {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Pull(number) => to.serialize_u32(*number),
            Self::Unlimited => to.serialize_str("unlimited"),
        }
    }
}
