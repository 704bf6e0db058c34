//! What the flags of runs over documents come to.

use claque_gateway::Auth;
use claque_net::service::Credentials;
use serde_json::Value;

use super::{
    UsageError, audience,
    credentials::{self, Surroundings},
    decided, documents,
    gateway::{Limits, choose},
    resolve::{output, target},
    scenario,
    settings::{DocumentsSettings, SimulateDocumentsSettings, TargetChoice},
    wishes::over,
};
use crate::cli::{DocumentsFlags, SimulateDocumentsFlags};

/// Decides on a run over documents.
///
/// # Errors
/// Something asked for cannot be done as asked.
pub(crate) fn resolve_documents(
    flags: DocumentsFlags,
    surroundings: Surroundings<'_>,
) -> Result<DocumentsSettings, UsageError> {
    let (mut wishes, source) = scenario::read(flags.documents.scenario.as_deref())?;
    wishes.lay_documents(flags.documents);
    wishes.lay_target(flags.target);
    wishes.lay_gateway(flags.gateway.into())?;
    over(&mut wishes.limits, flags.limits.limits);
    let output = output(flags.output, &mut wishes);
    let plan = documents::plan(&wishes, &source)?;
    let corpus = audience::corpus(&wishes, &source)?;
    let target = target(&wishes, &source, plan.seed)?;
    let credentials = match &target {
        // Where nobody asks who we are, no secret is read, let alone sent.
        TargetChoice::Embedded(gateway) if gateway.config.auth == Auth::Off => Credentials::None,
        TargetChoice::Embedded(_) | TargetChoice::BaseUrl(_) => credentials::find(&wishes, surroundings)?,
    };
    let mut scenario = documents::decided(&wishes, &plan);
    scenario.insert("time".to_owned(), "real".into());
    match &target {
        TargetChoice::Embedded(gateway) => decided::gateway(gateway, &mut scenario),
        TargetChoice::BaseUrl(target) => {
            scenario.insert("base_url".to_owned(), target.as_str().into());
        }
    }
    let (seed, scenario) = (audience::seed_number(&wishes), decided::without_nulls(Value::Object(scenario)));
    Ok(DocumentsSettings { plan, corpus, target, credentials, output, seed, scenario })
}

/// Decides on a simulation of documents.
///
/// # Errors
/// Something asked for cannot be done as asked, or has no meaning in virtual time.
pub(crate) fn resolve_simulate_documents(
    flags: SimulateDocumentsFlags,
) -> Result<SimulateDocumentsSettings, UsageError> {
    let (mut wishes, source) = scenario::read(flags.documents.scenario.as_deref())?;
    wishes.lay_documents(flags.documents);
    wishes.lay_gateway(flags.gateway.into())?;
    over(&mut wishes.limits, flags.limits.limits);
    let output = output(flags.output, &mut wishes);
    if let Some(wish) = &wishes.base_url {
        return Err(source.error(
            wish,
            "base_url",
            "has no meaning in a simulation; take it out, or use `claque documents`",
        ));
    }
    let plan = documents::plan(&wishes, &source)?;
    let corpus = audience::corpus(&wishes, &source)?;
    let gateway = choose(&wishes, &source, Limits::Off, plan.seed.child("gateway"))?;
    let mut scenario = documents::decided(&wishes, &plan);
    scenario.insert("time".to_owned(), "virtual".into());
    decided::gateway(&gateway, &mut scenario);
    let (seed, scenario) = (audience::seed_number(&wishes), decided::without_nulls(Value::Object(scenario)));
    Ok(SimulateDocumentsSettings { plan, corpus, gateway, output, seed, scenario })
}
