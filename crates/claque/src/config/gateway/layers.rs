//! Tables of settings, one laid over the other, over a whole configuration that is written as a table.

use claque_front::yapit::gateway::GatewayConfig;
use claque_gateway::{ModelConfig, settings::STANDS_ALONE};
use serde::{Serialize, de::DeserializeOwned};
use toml::{
    Spanned,
    de::{DeTable, DeValue, Deserializer},
};

use crate::config::{UsageError, scenario::explain, wish::list};

/// A configuration and what is laid over it, as TOML.
pub(super) struct Layers {
    base: Base,
    over: Vec<String>,
}

/// What settings are laid over, as TOML.
pub(super) struct Base {
    whole: String,
    /// What each part that can be off is like once it is on.
    switched_on: String,
    /// What a model is like that is added.
    added: String,
}

impl Base {
    pub(super) fn new(config: &impl Serialize) -> Self {
        Self {
            whole: written(config),
            switched_on: written(&GatewayConfig::switched_on()),
            added: written(&ModelConfig::added("")),
        }
    }

    /// The configuration with `over` laid over it. A model that is not there is added.
    ///
    /// # Errors
    /// As [`Base::parsed`].
    pub(super) fn with<'a>(&'a self, over: DeTable<'a>) -> Result<DeTable<'a>, String> {
        let (mut whole, parts) = self.parsed()?;
        parts.add_models(&mut whole, &over);
        lay_over(&mut whole, over, &parts.switched_on);
        Ok(whole)
    }

    fn parsed(&self) -> Result<(DeTable<'_>, Parts<'_>), String> {
        let mut added = parsed(&self.added)?;
        added.remove("name");
        Ok((parsed(&self.whole)?, Parts { switched_on: parsed(&self.switched_on)?, added }))
    }
}

/// What parts start from.
struct Parts<'a> {
    switched_on: DeTable<'a>,
    added: DeTable<'a>,
}

impl<'a> Parts<'a> {
    /// Puts the models into `whole` that `over` has settings of and `whole` has not.
    fn add_models(&self, whole: &mut DeTable<'a>, over: &DeTable<'a>) {
        let Some(DeValue::Table(over)) = over.get("models").map(Spanned::get_ref) else { return };
        let Some(DeValue::Table(models)) = whole.get_mut("models").map(Spanned::get_mut) else { return };
        for (slug, settings) in over {
            let is_there = models.get(slug.get_ref().as_ref()).is_some_and(|model| !is_off(model.get_ref()));
            if settings.get_ref().is_table() && !is_there {
                let added = Spanned::new(settings.span(), DeValue::Table(self.added.clone()));
                models.insert(slug.clone(), added);
            }
        }
    }
}

impl Layers {
    /// Nothing over `config` yet.
    pub(super) fn over(config: &impl Serialize) -> Self {
        Self { base: Base::new(config), over: Vec::new() }
    }

    /// Lays on what cannot be wrong.
    pub(super) fn lay(&mut self, table: String) {
        self.over.push(table);
    }

    /// Lays on a table that somebody wrote at `place`, and that is right by itself.
    ///
    /// # Errors
    /// It does not fit what it is laid over.
    pub(super) fn lay_written<T: DeserializeOwned>(
        &mut self,
        place: &str,
        table: &str,
    ) -> Result<(), UsageError> {
        let unknown = self.unknown_model(table);
        self.lay(table.to_owned());
        unknown
            .and_then(|()| self.read::<T>().map(drop))
            .map_err(|what| UsageError::new(format!("{place}: {what}")))
    }

    /// The whole.
    ///
    /// # Errors
    /// The words of the first thing that is wrong with it.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, String> {
        read(self.merged()?).map_err(|error| explain(error.message()))
    }

    /// Slugs of the models there are.
    pub(super) fn models(&self) -> Vec<String> {
        let merged = self.merged().unwrap_or_default();
        let Some(DeValue::Table(models)) = merged.get("models").map(Spanned::get_ref) else {
            return Vec::new();
        };
        let there = models.iter().filter(|(_, model)| !is_off(model.get_ref()));
        there.map(|(slug, _)| slug.get_ref().to_string()).collect()
    }

    fn merged(&self) -> Result<DeTable<'_>, String> {
        let (mut whole, parts) = self.base.parsed()?;
        for over in &self.over {
            let over = parsed(over)?;
            parts.add_models(&mut whole, &over);
            lay_over(&mut whole, over, &parts.switched_on);
        }
        Ok(whole)
    }

    /// # Errors
    /// A model is not there to be changed, and has no voices to be added with.
    fn unknown_model(&self, table: &str) -> Result<(), String> {
        let table = parsed(table)?;
        let Some(DeValue::Table(models)) = table.get("models").map(Spanned::get_ref) else { return Ok(()) };
        let known = self.models();
        let is_unknown = |slug: &str, settings: &DeValue<'_>| {
            let is_bare = settings.as_table().is_some_and(|settings| !settings.contains_key("voices"));
            is_bare && !known.iter().any(|known| known == slug)
        };
        let unknown = models.iter().find(|(slug, settings)| is_unknown(slug.get_ref(), settings.get_ref()));
        match unknown {
            None => Ok(()),
            Some((slug, _)) => {
                let known: Vec<&str> = known.iter().map(String::as_str).collect();
                let (slug, known) = (slug.get_ref(), list(&known));
                Err(format!("there is no model `{slug}` to change; give {known}, or `voices` to add it"))
            }
        }
    }
}

/// Lays `over` over `under`: tables key by key, anything else, and tables of which one is of another kind, as a whole. A table over
/// something that is off lies over what that is in `switched_on` once it is on. Places are those of what wins.
pub(crate) fn lay_over<'a>(under: &mut DeTable<'a>, over: DeTable<'a>, switched_on: &DeTable<'a>) {
    let nothing = DeTable::new();
    for (key, value) in over {
        // Taken out first: a key that stays would keep its old place.
        let before = under.remove(key.get_ref().as_ref()).map(Spanned::into_inner);
        let on = switched_on.get(key.get_ref().as_ref()).and_then(|on| on.get_ref().as_table());
        let on = on.unwrap_or(&nothing);
        let before = match before {
            Some(DeValue::Table(before)) => Some(before),
            Some(before) if is_off(&before) => Some(on.clone()),
            Some(_) | None => None,
        };
        let span = value.span();
        let value = match (before, value.into_inner()) {
            (Some(mut before), DeValue::Table(over)) if !stands_alone(&before) && !stands_alone(&over) => {
                lay_over(&mut before, over, on);
                DeValue::Table(before)
            }
            (_, value) => value,
        };
        under.insert(key, Spanned::new(span, value));
    }
}

/// Reads a table. Places in errors are those of its values.
///
/// # Errors
/// A key is unknown or a value is not what it takes.
pub(super) fn read<T: DeserializeOwned>(table: DeTable<'_>) -> Result<T, toml::de::Error> {
    T::deserialize(Deserializer::from(Spanned::new(0..0, table)))
}

/// # Errors
/// It is no TOML.
pub(super) fn parsed(text: &str) -> Result<DeTable<'_>, String> {
    DeTable::parse(text).map(Spanned::into_inner).map_err(|error| explain(error.message()))
}

/// A configuration as TOML.
fn written(config: &impl Serialize) -> String {
    toml::to_string(config).expect("constants are numbers, names and texts, all of which TOML has")
}

fn is_off(value: &DeValue<'_>) -> bool {
    value.as_bool() == Some(false)
}

fn stands_alone(table: &DeTable<'_>) -> bool {
    STANDS_ALONE.iter().any(|key| table.contains_key(*key))
}
