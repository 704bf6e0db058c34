//! How speech is asked for, given what was said and what the service has: the same for a run and for a simulation.

use claque_core::secret::ServiceName;
use claque_wire::openai::{Dialect, RequestSettings, SettingsError};
use serde_json::Value;

use crate::{order::SpeechChoice, usage::hint};

/// Names that a sentence lists at most: what a service lists has no bound.
const MOST_LISTED: usize = 20;

/// A voice that is not among those that are listed.
#[derive(Debug)]
pub(crate) struct UnknownVoice {
    /// What was asked for.
    pub(crate) voice: String,
    /// What there is, for people.
    pub(crate) offered: String,
}

/// The requests of a dialect, to a model.
///
/// # Errors
/// It does not deliver in that way, or no model is known.
pub(crate) fn request_settings(
    dialect: &'static Dialect,
    choice: &SpeechChoice,
    model: Option<String>,
) -> Result<RequestSettings, SettingsError> {
    let delivery = choice.delivery.unwrap_or_else(|| dialect.usual_delivery());
    let mut request = RequestSettings::new(dialect, delivery, model)?.with_fields(choice.fields.clone());
    if let Some(format) = choice.format {
        request = request.with_format(format);
    }
    if let Some(pcm) = choice.pcm {
        request = request.with_pcm(pcm);
    }
    Ok(request)
}

/// The model where none was named: the dialect's own if it is listed or nothing is, else the first that is.
pub(crate) fn usual_model(dialect: &Dialect, listed: &[ServiceName]) -> Option<ServiceName> {
    usual_of(dialect.model, listed).or_else(|| listed.first().cloned())
}

/// The dialect's own name of something, if it is listed or nothing is.
fn usual_of(usual: Option<&str>, listed: &[ServiceName]) -> Option<ServiceName> {
    let usual = usual?;
    let is_listed = listed.iter().find(|name| name.as_sent() == usual).cloned();
    is_listed.or_else(|| listed.is_empty().then(|| ServiceName::chosen(usual)))
}

/// The voice to begin with, and all others that are listed. Without a name it is the dialect's own, else the first listed, else
/// none is named to the service.
///
/// # Errors
/// Voices are listed, and the one that was named is not.
pub(crate) fn voices_from(
    named: Option<&str>,
    dialect: &Dialect,
    listed: Vec<ServiceName>,
) -> Result<Vec<ServiceName>, UnknownVoice> {
    let is_listed = |voice: &str| listed.iter().any(|known| known.as_sent() == voice);
    let first = match named {
        Some(voice) if is_one_name(voice) && !listed.is_empty() && !is_listed(voice) => {
            return Err(UnknownVoice { voice: voice.to_owned(), offered: offered(&listed, voice) });
        }
        Some(voice) => ServiceName::chosen(voice),
        None => usual_of(dialect.voice, &listed)
            .or_else(|| listed.first().cloned())
            .unwrap_or_else(|| ServiceName::chosen("")),
    };
    let others = listed.into_iter().filter(|voice| voice.as_sent() != first.as_sent()).collect::<Vec<_>>();
    Ok(std::iter::once(first).chain(others).collect())
}

/// What there is in place of `typed`, and the one that may have been meant, for people.
pub(crate) fn offered(listed: &[ServiceName], typed: &str) -> String {
    let names: Vec<String> = listed.iter().map(ToString::to_string).collect();
    let hint = hint(typed, &names.iter().map(String::as_str).collect::<Vec<_>>());
    hint.map_or_else(|| shown(listed), |hint| format!("{}; {hint}", shown(listed)))
}

/// Adds to what was decided how speech is asked for, and of which model.
pub(crate) fn add_to_scenario(request: &RequestSettings, model: &str, scenario: &mut Value) {
    if let Some(scenario) = scenario.as_object_mut() {
        scenario.insert("protocol".to_owned(), "openai".into());
        scenario.insert("dialect".to_owned(), request.dialect().name.into());
        scenario.insert("delivery".to_owned(), request.delivery().as_str().into());
        scenario.insert("model".to_owned(), model.into());
        if let Some(format) = request.expected().format {
            scenario.insert("response_format".to_owned(), format.as_str().into());
        }
    }
}

/// Some of the names, for people.
pub(crate) fn shown(names: &[ServiceName]) -> String {
    let listed: Vec<String> = names.iter().take(MOST_LISTED).map(|name| format!("`{name}`")).collect();
    let more = names.len().saturating_sub(MOST_LISTED);
    if more > 0 { format!("{} and {more} more", listed.join(", ")) } else { listed.join(", ") }
}

/// Some servers mix voices, as in `af_bella+af_sky(2)`.
fn is_one_name(voice: &str) -> bool {
    !voice.contains(['+', '(', ','])
}
