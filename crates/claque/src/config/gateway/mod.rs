//! Every constant of a reference gateway as settings: the `[gateway]` table of a scenario, and `--gateway-set`.
//!
//! Settings are a patch: what is absent stays as it is. Patches are applied one after another, so the order in which
//! file and flags win is the order of application. [`GatewaySettings::from`] turns a whole configuration back into
//! settings, which is what a run's `scenario` holds.

mod choice;
mod engine;
mod extraction;
mod faults;
mod limits;
mod machine;
mod model;
mod names;
mod openai;
mod pipeline;
mod set;
mod stream;
mod times;
mod units;
mod workers;

use std::{collections::BTreeMap, num::NonZeroUsize};

use claque_gateway::{Auth, CrossTalk, Era, Eviction, GatewayConfig, QueuedVariant};
use serde::{Deserialize, Serialize};

pub(crate) use self::{
    choice::{Limits, choose},
    openai::choose_openai,
    workers::WorkersSetting,
};
use self::{
    extraction::ExtractionSettings,
    faults::FaultSettings,
    limits::{AuthSettings, RestSettings, SynthesisSettings},
    model::ModelSettings,
    openai::OpenaiSettings,
    pipeline::PipelineSettings,
    stream::StreamSettings,
    units::{Name, Seconds, Switch},
};
use super::wish::Wish;

/// Settings of a gateway, by the names they have in a scenario.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct GatewaySettings {
    /// Whose constants stand behind these; only in a file.
    #[serde(skip_serializing)]
    pub(crate) preset: Option<Wish<String>>,
    era: Option<Name<Era>>,
    auth: Option<Switch<AuthSettings>>,
    /// By slug; `false` takes a model away, an unknown slug with voices adds one.
    models: BTreeMap<String, Switch<ModelSettings>>,
    max_block_chars: Option<NonZeroUsize>,
    max_content_chars: Option<NonZeroUsize>,
    storage_limit: Option<Switch<u64>>,
    usage_limit: Option<Switch<u64>>,
    synthesis_limit: Option<Switch<SynthesisSettings>>,
    rest_limits: Option<Switch<RestSettings>>,
    queued_variant: Option<Name<QueuedVariant>>,
    eviction: Option<EvictionSetting>,
    cross_talk: Option<Name<CrossTalk>>,
    accept_interval_seconds: Option<Seconds>,
    pipeline: PipelineSettings,
    extraction: ExtractionSettings,
    faults: FaultSettings,
    /// Only with `--protocol openai`; written only there.
    #[serde(skip_serializing_if = "is_default")]
    openai: OpenaiSettings,
    #[serde(skip_serializing_if = "is_default")]
    stream: StreamSettings,
}

/// `"all"`, `"nothing"`, or `{ outside = { behind = 8, ahead = 16 } }`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum EvictionSetting {
    All,
    Nothing,
    Outside { behind: u32, ahead: u32 },
}

impl GatewaySettings {
    /// Changes what is set in `config`.
    ///
    /// # Errors
    /// A setting does not fit the configuration; says which and why.
    pub(crate) fn apply(&self, config: &mut GatewayConfig) -> Result<(), String> {
        if let Some(key) = self.first_of_openai() {
            return Err(format!("`{key}` needs --protocol openai"));
        }
        set(&mut config.era, self.era.map(|era| era.0));
        match &self.auth {
            None => {}
            Some(Switch::Off) => config.auth = Auth::Off,
            Some(Switch::On(auth)) => auth.apply(&mut config.auth),
        }
        model::apply(&self.models, &mut config.models)?;
        set(&mut config.max_block_chars, self.max_block_chars.map(NonZeroUsize::get));
        set(&mut config.max_content_chars, self.max_content_chars.map(NonZeroUsize::get));
        set(&mut config.storage_limit, self.storage_limit.as_ref().map(Switch::to_option));
        set(&mut config.usage_limit, self.usage_limit.as_ref().map(Switch::to_option));
        limits::apply_synthesis(self.synthesis_limit.as_ref(), &mut config.synthesis_limit);
        limits::apply_rest(self.rest_limits.as_ref(), &mut config.rest_limits);
        set(&mut config.queued_variant, self.queued_variant.map(|shown| shown.0));
        set(&mut config.eviction, self.eviction.map(Into::into));
        set(&mut config.cross_talk, self.cross_talk.map(|talk| talk.0));
        set(&mut config.accept_interval, self.accept_interval_seconds.map(|span| span.0));
        self.pipeline.apply(&mut config.pipeline);
        self.extraction.apply(&mut config.extraction);
        self.faults.apply(&mut config.faults);
        Ok(())
    }

    /// Leaves out the lists of voices that are the preset's: they are long, and known from its name.
    #[must_use]
    pub(crate) fn without_preset_voices(mut self, preset: &str) -> Self {
        let preset = GatewayConfig::preset(preset).map(|config| Self::from(&config)).unwrap_or_default();
        for (slug, model) in &mut self.models {
            if let (Switch::On(model), Some(Switch::On(known))) = (model, preset.models.get(slug)) {
                model.forget_voices_of(known);
            }
        }
        self
    }
}

impl From<&GatewayConfig> for GatewaySettings {
    fn from(config: &GatewayConfig) -> Self {
        let GatewayConfig {
            era,
            auth,
            models,
            max_block_chars,
            max_content_chars,
            storage_limit,
            usage_limit,
            synthesis_limit,
            rest_limits,
            queued_variant,
            eviction,
            cross_talk,
            accept_interval,
            pipeline,
            extraction,
            faults,
        } = config;
        Self {
            preset: None,
            era: Some(Name(*era)),
            auth: Some(match auth {
                Auth::Off => Switch::Off,
                Auth::On(auth) => Switch::On(auth.into()),
            }),
            models: models
                .iter()
                .map(|model| (model.info.slug.to_string(), Switch::On(model.into())))
                .collect(),
            max_block_chars: NonZeroUsize::new(*max_block_chars),
            max_content_chars: NonZeroUsize::new(*max_content_chars),
            storage_limit: Some((*storage_limit).into()),
            usage_limit: Some((*usage_limit).into()),
            synthesis_limit: Some(synthesis_limit.map(Into::into).into()),
            rest_limits: Some(rest_limits.as_ref().map(Into::into).into()),
            queued_variant: Some(Name(*queued_variant)),
            eviction: Some((*eviction).into()),
            cross_talk: Some(Name(*cross_talk)),
            accept_interval_seconds: Some(Seconds(*accept_interval)),
            pipeline: pipeline.into(),
            extraction: extraction.into(),
            faults: faults.into(),
            openai: OpenaiSettings::default(),
            stream: StreamSettings::default(),
        }
    }
}

impl From<EvictionSetting> for Eviction {
    fn from(setting: EvictionSetting) -> Self {
        match setting {
            EvictionSetting::All => Self::All,
            EvictionSetting::Nothing => Self::Nothing,
            EvictionSetting::Outside { behind, ahead } => Self::Outside { behind, ahead },
        }
    }
}

impl From<Eviction> for EvictionSetting {
    fn from(eviction: Eviction) -> Self {
        match eviction {
            Eviction::All => Self::All,
            Eviction::Nothing => Self::Nothing,
            Eviction::Outside { behind, ahead } => Self::Outside { behind, ahead },
        }
    }
}

/// Whether nothing is said.
fn is_default<T: Default + PartialEq>(settings: &T) -> bool {
    *settings == T::default()
}

/// Puts a setting in its place, if there is one.
fn set<T>(place: &mut T, setting: Option<T>) {
    if let Some(value) = setting {
        *place = value;
    }
}

#[cfg(test)]
mod tests;
