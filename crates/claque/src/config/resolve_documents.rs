//! What the flags of runs over documents come to.

use claque_front::yapit::gateway::Auth;
use claque_net::service::{Credentials, NetworkOrder};
use claque_run::order::{DocumentsOrder, ProtocolChoice, SimulateDocumentsOrder, TargetChoice};
use serde_json::Value;

use super::{
    UsageError, audience,
    credentials::{self, Surroundings},
    decided, documents,
    gateway::{self, Limits, choose},
    network::{self, ServiceAccess},
    no_effect, output, scenario,
    settings::{DocumentsSettings, JudgementSettings, SimulateDocumentsSettings},
    target,
    wish::Source,
    wishes::Wishes,
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
    wishes.gateway.lay(flags.gateway.into())?;
    wishes.gateway.lay_limits(&flags.limits);
    not_judged(&wishes, &source)?;
    let (results, output) = output::output(flags.output.into(), JudgementSettings::default(), &mut wishes)?;
    let plan = documents::plan(&wishes, &source)?;
    let corpus = audience::corpus(&wishes, &source)?;
    let environment = surroundings.environment;
    let target = target::target(&wishes, &source, (&ProtocolChoice::Yapit, environment), plan.seed)?;
    let credentials = match &target {
        // Where nobody asks who we are, no secret is read, let alone sent.
        TargetChoice::Embedded(gateway) if gateway.config.auth == Auth::Off => {
            no_effect::credentials_for_nobody(&wishes, &source)?;
            Credentials::None
        }
        TargetChoice::Embedded(_) | TargetChoice::EmbeddedSpeech(_) | TargetChoice::BaseUrl(_) => {
            one(&wishes, &source, surroundings)?
        }
    };
    let way =
        ServiceAccess { to: (&target).into(), credentials: std::slice::from_ref(&credentials), environment };
    let network = NetworkOrder { call_timeout: plan.patience, ..network::network(&wishes, &source, way)? };
    let mut scenario = documents::decided(&wishes, &plan);
    scenario.insert("time".to_owned(), "real".into());
    network::decided(&wishes, &mut scenario);
    target::decided(&target, &mut scenario);
    let (seed, scenario) = (audience::seed_number(&wishes), decided::without_nulls(Value::Object(scenario)));
    let order = DocumentsOrder { plan, corpus, target, credentials, network, results, seed, scenario };
    Ok(DocumentsSettings { order, output })
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
    wishes.gateway.lay(flags.gateway.into())?;
    wishes.gateway.lay_limits(&flags.limits);
    not_judged(&wishes, &source)?;
    let (results, output) = output::output(flags.output.into(), JudgementSettings::default(), &mut wishes)?;
    if let Some(wish) = &wishes.target.base_url {
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
    gateway::decided(&gateway, &mut scenario);
    let (seed, scenario) = (audience::seed_number(&wishes), decided::without_nulls(Value::Object(scenario)));
    let order = SimulateDocumentsOrder { plan, corpus, gateway, results, seed, scenario };
    Ok(SimulateDocumentsSettings { order, output })
}

/// The account whose documents they are.
fn one(wishes: &Wishes, source: &Source, surroundings: Surroundings<'_>) -> Result<Credentials, UsageError> {
    let mut all = credentials::find_all(wishes, source, surroundings)?;
    let count = all.len();
    match all.pop() {
        Some(only) if count == 1 => Ok(only),
        Some(_) | None => {
            let what = format!("gives {count}, but all documents of a run come from one; give one");
            Err(match (&wishes.credentials.guest, &wishes.credentials.accounts) {
                (Some(wish), _) => source.error(wish, "guest", what),
                (None, Some(wish)) => source.error(wish, "accounts", what),
                (None, None) => UsageError::new(format!("there are {count} accounts; give one")),
            })
        }
    }
}

/// Objectives and rules for giving up are about listeners: to pass them over would be to say that they were met.
fn not_judged(wishes: &Wishes, source: &Source) -> Result<(), UsageError> {
    const WHAT: &str = "has no meaning for documents, which nobody listens to; take it out";
    for (rules, key) in [(&wishes.judging.objectives, "objectives"), (&wishes.judging.abort_on, "abort_on")] {
        if let Some(wish) = rules.as_ref().and_then(|rules| rules.first()) {
            return Err(source.error(wish, key, WHAT));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::{Cli, Verb};
    use crate::config::Environment;

    fn flags(args: &[&str]) -> DocumentsFlags {
        let cli = Cli::try_parse_from(["claque", "documents"].iter().chain(args)).unwrap();
        let Verb::Documents(flags) = cli.verb else { panic!("not about documents") };
        *flags
    }

    fn resolve(args: &[&str]) -> Result<DocumentsSettings, UsageError> {
        resolve_documents(flags(args), Surroundings::new(&Environment::default(), &mut std::io::empty()))
    }

    fn service(args: &[&str]) -> Result<DocumentsSettings, UsageError> {
        resolve(&[&["--base-url", "https://tts.example"], args].concat())
    }

    #[test]
    fn all_documents_of_a_run_come_from_one_account() {
        assert!(matches!(service(&["--guest"]).unwrap().order.credentials, Credentials::Guest));
        assert!(matches!(service(&["--no-auth"]).unwrap().order.credentials, Credentials::None));
        let error = service(&["--guest=3"]).unwrap_err().to_string();
        assert_eq!(error, "--guest gives 3, but all documents of a run come from one; give one");
        let error = service(&["--guest", "--token", "hush"]).unwrap_err().to_string();
        assert!(error.starts_with("--guest and --token contradict each other"), "{error}");

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("accounts.toml");
        let accounts = |tokens: &[&str]| {
            let entries: String =
                tokens.iter().map(|token| format!("[[accounts]]\ntoken = \"{token}\"\n")).collect();
            std::fs::write(&path, entries).unwrap();
            service(&["--accounts", path.to_str().unwrap()])
        };
        assert!(matches!(accounts(&["a"]).unwrap().order.credentials, Credentials::Token { .. }));
        let error = accounts(&["a", "b"]).unwrap_err().to_string();
        assert!(error.starts_with("--accounts gives 2, but all documents"), "{error}");
    }

    #[test]
    fn objectives_are_not_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.toml");
        for (line, key) in
            [("objectives = [\"errors = 0\"]", "objectives"), ("abort_on = [\"errors > 9\"]", "abort_on")]
        {
            std::fs::write(&path, line).unwrap();
            let error = resolve(&["--scenario", path.to_str().unwrap()]).unwrap_err().to_string();
            assert!(error.contains(&format!("{key} has no meaning for documents")), "{error}");
        }
    }
}
