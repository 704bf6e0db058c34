//! A service of OpenAI-compatible speech in virtual time.

use claque_sim::{SimError, StreamScenario};
use claque_store::finished::TimeKind;
use claque_wire::openai::{Dialect, RequestSettings};

use super::{Audience, Simulation, usage};
use crate::{
    RunError,
    order::SimulatedSpeech,
    record::RecordTerms,
    speech::{UnknownVoice, add_to_scenario, request_settings, usual_model, voices_from},
    unique,
    usage::UsageError,
};

/// # Errors
/// The requests are none that the service could be asked.
pub(super) fn simulation(audience: Audience, service: SimulatedSpeech) -> Result<Simulation, RunError> {
    let Audience { mut plan, corpus, seed, mut scenario } = audience;
    let (request, voices) = asking(&service, plan.voice.as_deref())?;
    plan.model = request.model().to_owned();
    add_to_scenario(&request, &mut scenario);
    let SimulatedSpeech { gateway, .. } = service;
    let target = format!("simulated speech gateway, as {}", gateway.config.dialect.name);
    let voice = voices.first().map_or("", String::as_str);
    let terms = RecordTerms::new(&plan, voice, target, TimeKind::Virtual, (seed, scenario));
    let scripts = plan.scripts(&corpus, unique::to_plan(&plan));
    let order =
        StreamScenario { plan, scripts, service: gateway.config, request, voices, seed: gateway.seed };
    Ok(Simulation::Streams(terms, Box::new(order)))
}

/// How speech is asked for, and in which voices: as a run finds out from what such a service lists.
///
/// # Errors
/// The dialect does not deliver in that way, or the voice is unknown.
fn asking(
    service: &SimulatedSpeech,
    voice: Option<&str>,
) -> Result<(RequestSettings, Vec<String>), UsageError> {
    let SimulatedSpeech { gateway, asking } = service;
    let config = &gateway.config;
    let dialect = asking.dialect.or_else(|| Dialect::named(config.dialect.name)).unwrap_or(Dialect::OPENAI);
    let listed = |path: Option<&str>, names: &[String]| path.map_or_else(Vec::new, |_| names.to_vec());
    let models = listed(dialect.models_path, &config.models);
    let model = asking.model.clone().or_else(|| usual_model(dialect, &models));
    let request =
        request_settings(dialect, asking, model).map_err(|error| UsageError::new(error.to_string()))?;
    let listed = listed(dialect.voices_path, &config.voices);
    let voices = voices_from(voice, dialect, listed).map_err(|UnknownVoice { voice, .. }| {
        let (model, known) = (request.model().to_owned(), config.voices.clone());
        usage(SimError::UnknownVoice { voice, model, known })
    })?;
    Ok((request, voices))
}
