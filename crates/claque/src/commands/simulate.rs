//! `claque simulate`: the audience against a model of the service, in virtual time.

use std::process::ExitCode;

use claque_gateway::GatewayConfig;
use claque_sim::{Link, Scenario, SimError};

use crate::{
    config::{GatewayChoice, SimulateSettings, Talk, UsageError},
    outcome::{Heading, Recorder, TimeKind},
    report,
    scripts::{scripts, unique_to_plan},
    talk::say,
};

/// Simulates a run and tells of it as of any other.
///
/// # Errors
/// The model or the voice does not exist, or the folder cannot be written.
pub(crate) fn simulate(settings: SimulateSettings) -> anyhow::Result<ExitCode> {
    let SimulateSettings { plan, corpus, gateway, output, seed, scenario } = settings;
    let voice = voice(&gateway.config, &plan.model, plan.voice.as_deref())?;
    let heading = Heading::new(&plan, &voice, target(&gateway), TimeKind::Virtual, (seed, scenario));
    let scripts = scripts(&plan, &corpus, unique_to_plan(&plan));
    let order =
        Scenario { scripts, gateway: gateway.config, link: Link::default(), seed: gateway.seed, plan };
    let mut recorder = None;
    let mut failed = None;
    let simulated = claque_sim::simulate(&order, |fact| {
        if failed.is_some() {
            return;
        }
        let taken = match &mut recorder {
            Some(recorder) => Ok(recorder),
            // Made with the first fact, so that a scenario that cannot be simulated leaves no folder.
            None => Recorder::create(heading.clone(), &output.dir, Vec::new())
                .map(|created| recorder.insert(created)),
        }
        .and_then(|recorder| recorder.take([fact]).map_err(Into::into));
        failed = taken.err();
    })
    .map_err(usage)?;
    if let Some(error) = failed {
        return Err(error);
    }
    let mut recorder = match recorder {
        Some(recorder) => recorder,
        None => Recorder::create(heading, &output.dir, Vec::new())?,
    };
    recorder.record_documents(simulated.documents)?;
    let finished = recorder.finish(None)?;
    if output.talk == Talk::Normal {
        say("simulated in virtual time: no audio was made and no network used");
    }
    report::print(&finished, output.format)?;
    Ok(finished.exit_code())
}

fn target(gateway: &GatewayChoice) -> String {
    format!("simulated gateway ({})", gateway.preset)
}

/// The voice that will be heard: the one asked for, or the model's first.
fn voice(gateway: &GatewayConfig, model: &str, asked: Option<&str>) -> Result<String, UsageError> {
    if let Some(voice) = asked {
        return Ok(voice.to_owned());
    }
    let found = gateway.models.iter().find(|config| *config.info.slug == *model);
    let voices = found.map(|config| config.info.voices.as_slice()).unwrap_or_default();
    match voices.first() {
        Some(voice) => Ok(voice.slug.to_string()),
        // Said by the simulator in its own words when it looks for it.
        None => Ok(String::new()),
    }
}

/// Whatever cannot be simulated was asked wrongly.
fn usage(error: SimError) -> UsageError {
    UsageError::new(error.to_string())
}
