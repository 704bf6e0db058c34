//! A yapit gateway in virtual time.

use claque_gateway::GatewayConfig;
use claque_sim::{Link, Scenario};
use claque_store::{
    Preparation,
    finished::{Finished, TimeKind},
};
use claque_wire::yapit::usual_voice;

use super::{Audience, Record, usage};
use crate::{RunError, order::GatewayChoice, record::RecordTerms, unique, usage::UsageError};

/// # Errors
/// The model or the voice does not exist, or the folder cannot be written.
pub(super) fn perform(audience: Audience, gateway: GatewayChoice) -> Result<Finished, RunError> {
    let Audience { plan, corpus, results, seed, scenario } = audience;
    let voice = voice(&gateway.config, &plan.model, plan.voice.as_deref())?;
    let target = format!("simulated gateway ({})", gateway.preset);
    let terms = RecordTerms::new(&plan, &voice, target, TimeKind::Virtual, (seed, scenario));
    let scripts = plan.scripts(&corpus, unique::to_plan(&plan));
    let order =
        Scenario { scripts, gateway: gateway.config, link: Link::default(), seed: gateway.seed, plan };
    let mut record = Record::new(terms, &results);
    let mut taken = Ok(());
    let simulated = claque_sim::simulate(&order, |fact| {
        if taken.is_ok() {
            taken = record.take(fact);
        }
    })
    .map_err(usage)?;
    taken?;
    let mut recorder = record.into_recorder()?;
    recorder.record_preparation(Preparation {
        preparation_ms: simulated.preparation.as_secs_f64() * 1_000.0,
        limit_wait_ms: simulated.pacing.waited.as_secs_f64() * 1_000.0,
        limit_refusals: simulated.pacing.refusals,
        documents_made: u64::try_from(simulated.documents.len()).unwrap_or(u64::MAX),
        documents_reused: 0,
    });
    recorder.record_load(&simulated.load);
    recorder.record_documents(simulated.documents);
    Ok(recorder.finish(None)?)
}

/// The voice that will be heard: the one asked for, or the model's usual one.
fn voice(gateway: &GatewayConfig, model: &str, asked: Option<&str>) -> Result<String, UsageError> {
    if let Some(voice) = asked {
        return Ok(voice.to_owned());
    }
    let found = gateway.models.iter().find(|config| *config.info.slug == *model);
    let voices = found.into_iter().flat_map(|config| &config.info.voices).map(|voice| &*voice.slug);
    // Said by the simulator in its own words when it looks for it.
    Ok(usual_voice(model, voices).unwrap_or_default().to_owned())
}
