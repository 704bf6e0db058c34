//! The audience against a model of the service, in virtual time.

use claque_core::record::Fact;
use claque_gateway::GatewayConfig;
use claque_sim::{Link, Scenario, SimError};
use claque_store::Preparation;
use claque_wire::yapit::usual_voice;

use crate::{
    config::{GatewayChoice, Output, SimulateSettings, UsageError},
    outcome::{Finished, Heading, Recorder, TimeKind},
    unique,
};

/// Simulates a run and saves it as any other.
///
/// # Errors
/// The model or the voice does not exist, or the folder cannot be written.
pub(crate) fn perform(settings: SimulateSettings) -> anyhow::Result<Finished> {
    let SimulateSettings { plan, corpus, gateway, output, seed, scenario } = settings;
    let voice = voice(&gateway.config, &plan.model, plan.voice.as_deref())?;
    let heading = Heading::new(&plan, &voice, target(&gateway), TimeKind::Virtual, (seed, scenario));
    let scripts = plan.scripts(&corpus, unique::to_plan(&plan));
    let order =
        Scenario { scripts, gateway: gateway.config, link: Link::default(), seed: gateway.seed, plan };
    let mut record = Record { heading, output: &output, begun: None };
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

/// A record that is begun with the first fact, so that what cannot be simulated leaves no folder.
struct Record<'a> {
    heading: Heading,
    output: &'a Output,
    begun: Option<Recorder>,
}

impl Record<'_> {
    fn take(&mut self, fact: Fact) -> anyhow::Result<()> {
        if self.begun.is_none() {
            self.begun = Some(self.begin()?);
        }
        if let Some(recorder) = &mut self.begun {
            recorder.take([fact]);
        }
        Ok(())
    }

    fn into_recorder(mut self) -> anyhow::Result<Recorder> {
        match self.begun.take() {
            Some(begun) => Ok(begun),
            None => self.begin(),
        }
    }

    fn begin(&self) -> anyhow::Result<Recorder> {
        let recorder = Recorder::create(self.heading.clone(), &self.output.dir, Vec::new())?;
        Ok(recorder.with_objectives(&self.output.judging.objectives))
    }
}

fn target(gateway: &GatewayChoice) -> String {
    format!("simulated gateway ({})", gateway.preset)
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

/// Whatever cannot be simulated was asked wrongly.
fn usage(error: SimError) -> UsageError {
    UsageError::new(error.to_string())
}
