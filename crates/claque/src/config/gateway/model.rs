//! Settings of one model: what is said of it, who makes its audio, how long that takes and how long it gets.

use std::collections::BTreeMap;

use claque_gateway::{AudioFormat, MachineModel, ModelConfig, ModelInfo, VoiceInfo, Workers};
use serde::{Deserialize, Serialize};

use super::{
    machine::MachineSettings,
    set,
    times::{DEFAULT_LENGTH, DEFAULT_SERVICE, LengthSetting, ServiceSetting},
    units::{Name, Switch},
    workers::WorkersSetting,
};
use crate::config::wish::list;

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
    machine: Option<MachineSettings>,
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
        if let Some(setting) = self.service {
            setting.apply(&mut model.service);
        }
        if let Some(setting) = &self.machine {
            setting.apply(&mut model.machine);
        }
        if let Some(setting) = self.length {
            setting.apply(&mut model.length);
        }
        set(&mut model.format, self.format.map(|format| format.0));
    }

    pub(super) fn forget_voices_of(&mut self, other: &Self) {
        if self.voices == other.voices {
            self.voices = None;
        }
    }

    /// A model that did not exist: one worker, and the times of kokoro.
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
            machine: MachineModel::default(),
            length: DEFAULT_LENGTH,
            format: AudioFormat::OggOpus,
        };
        self.apply(&mut model);
        model
    }
}

impl From<&ModelConfig> for ModelSettings {
    fn from(model: &ModelConfig) -> Self {
        let ModelConfig { info, workers, service, machine, length, format } = model;
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
            service: Some((*service).into()),
            machine: Some(machine.into()),
            length: Some((*length).into()),
            format: Some(Name(*format)),
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
