//! What goes before the first listener where each block is a request of its own: whom we speak to, with which model and voices.

use std::sync::Arc;

use claque_core::{
    event::{Failure, FailureClass, FailureScope, Phase},
    player::PlayerPolicy,
    rng::Seed,
    script::Script,
    secret::ServiceName,
};
use claque_net::{
    audience::Seat,
    service::{ProbeAnswer, Service, ServiceError},
};
use claque_wire::{
    openai::{AudioFormat, Dialect, Probe, ProbeReply, RequestSettings, detect, model_names, voice_names},
    session::{Protocol, SpeechProtocol},
};
use serde_json::Value;

use super::{
    accounts::SignedInAccounts,
    prepare::{Prepared, ServiceInspection},
};
use crate::{
    Unprepared,
    interrupts::Interrupts,
    order::{RunOrder, SpeechChoice},
    speech::{UnknownVoice, add_to_scenario, request_settings, shown, usual_model, voices_from},
    usage::UsageError,
    watcher::Watcher,
};

/// What a service says of itself.
struct Description {
    dialect: &'static Dialect,
    /// What kept it from saying more.
    trouble: Option<String>,
    models: Option<Vec<ServiceName>>,
    voices: Option<Vec<ServiceName>>,
}

/// Whether a service that refused to list yapit's models may speak this protocol.
pub(super) fn may_be_spoken(error: &ServiceError) -> bool {
    error.failure.code == Some(404) || error.failure.class == FailureClass::Protocol
}

/// Finds out whether a service speaks this protocol, and looks whether it has what is wanted; none if it does not seem to.
///
/// # Errors
/// See [`look`].
pub(super) async fn find(
    accounts: &SignedInAccounts,
    settings: &RunOrder,
    choice: &SpeechChoice,
    unique: Seed,
    watcher: &dyn Watcher,
) -> Result<Option<ServiceInspection>, Unprepared> {
    let Ok((description, Some(why))) = describe(accounts.of_listener(0), choice).await else {
        return Ok(None);
    };
    let name = description.dialect.name;
    watcher.say(&format!("the service speaks the OpenAI speech API, as {name} does ({why})"));
    decide(accounts, settings, choice, description, unique, watcher).map(Some)
}

/// Looks whether the service has what is wanted, before anything is asked for.
///
/// # Errors
/// It cannot be reached, or lacks what was named.
pub(super) async fn look(
    accounts: &SignedInAccounts,
    settings: &RunOrder,
    choice: &SpeechChoice,
    (unique, interrupts): (Seed, &Interrupts),
    watcher: &dyn Watcher,
) -> Result<ServiceInspection, Unprepared> {
    let service = accounts.of_listener(0);
    let described = tokio::select! {
        described = describe(service, choice) => described,
        () = interrupts.reached(1) => return Err(Unprepared::Interrupted),
    };
    let (description, why) =
        described.map_err(|failure| Unprepared::Service(unreachable(service, failure)))?;
    let name = description.dialect.name;
    match (why, choice.dialect) {
        (_, Some(_)) => {}
        (Some(why), None) => watcher.say(&format!("the service is spoken to as {name} ({why})")),
        (None, None) => {
            let why = description.trouble.as_deref().unwrap_or("nothing tells which server this is");
            watcher.say(&format!("{why}: it is spoken to as {name}; --dialect names another"));
        }
    }
    decide(accounts, settings, choice, description, unique, watcher)
}

/// Asks the service what it is and has. Whatever it refuses to say stays unknown. Gives also why it is taken for what it is.
async fn describe(
    service: &Service,
    choice: &SpeechChoice,
) -> Result<(Description, Option<String>), Failure> {
    let mut answers = Vec::new();
    let mut trouble = None;
    // Who was told everything has nothing to ask.
    let asks = |probe: &Probe| match choice.dialect {
        None => true,
        Some(dialect) => {
            let path = Some(probe.path());
            !choice.is_complete && (path == dialect.models_path || path == dialect.voices_path)
        }
    };
    for probe in Probe::ALL.into_iter().filter(asks) {
        match service.probe(probe.path()).await {
            Ok(answer) => answers.push((probe, answer)),
            Err(failure) => trouble = Some(failure),
        }
    }
    let refused = answers.iter().map(|(_, answer)| answer.status).find(|status| matches!(status, 401 | 403));
    if let Some(status) = refused {
        return Err(no_key(status));
    }
    // One that answers nothing at all is not there.
    if let (true, Some(failure)) = (answers.is_empty(), &trouble) {
        return Err(failure.clone());
    }
    let silent = trouble.map(|failure| format!("not all of its lists could be had ({failure})"));
    let failing = answers.iter().map(|(_, answer)| answer.status).find(|status| *status >= 500);
    let trouble =
        silent.or_else(|| failing.map(|status| format!("it answers {status} where it lists what it has")));
    let found = detect(&answers.iter().map(|(probe, answer)| probed(*probe, answer)).collect::<Vec<_>>());
    let (dialect, why) = match (choice.dialect, found) {
        (Some(dialect), _) => (dialect, None),
        (None, Some((dialect, why))) => (dialect, Some(why)),
        (None, None) => (Dialect::OPENAI, None),
    };
    let listed = |path: Option<&str>| {
        answers
            .iter()
            .find(|(probe, answer)| Some(probe.path()) == path && is_list(answer))
            .map(|(_, answer)| answer)
    };
    let models = listed(dialect.models_path).and_then(|answer| model_names(&answer.body));
    let why = why.or_else(|| {
        let is_unknown = choice.dialect.is_none() && models.as_ref().is_some_and(|models| !models.is_empty());
        is_unknown.then(|| "it lists models as that API does".to_owned())
    });
    let mut voices = listed(dialect.voices_path).and_then(|answer| voice_names(&answer.body));
    if voices.is_none() && choice.dialect.is_none() {
        // A server that is not known may list voices all the same.
        voices = listed(Some(Probe::AudioVoices.path())).and_then(|answer| voice_names(&answer.body));
    }
    if let (None, Some(path), false) = (&voices, dialect.voices_path, choice.is_complete)
        && let Ok(answer) = service.probe(path).await
        && is_list(&answer)
    {
        voices = voice_names(&answer.body);
    }
    let names = |names: Vec<String>| names.iter().map(|name| service.secrets().name(name)).collect();
    Ok((Description { dialect, trouble, models: models.map(names), voices: voices.map(names) }, why))
}

/// The failure of a service that says nothing to whoever has not the right key.
fn no_key(status: u16) -> Failure {
    let text = "it asks for a key, or refuses the one it was shown: set OPENAI_API_KEY or CLAQUE_TOKEN, or give --token -";
    Failure {
        phase: Phase::Preparation,
        class: FailureClass::Auth,
        code: Some(status),
        text: text.to_owned(),
        kills: FailureScope::Session,
    }
}

fn probed(probe: Probe, answer: &ProbeAnswer) -> ProbeReply<'_> {
    ProbeReply {
        probe,
        status: answer.status,
        content_type: answer.content_type.as_deref(),
        body: &answer.body,
    }
}

/// Servers answer any path with 200 and a web page.
fn is_list(answer: &ProbeAnswer) -> bool {
    answer.status == 200 && answer.content_type.as_deref().is_some_and(|kind| kind.contains("json"))
}

fn decide(
    accounts: &SignedInAccounts,
    settings: &RunOrder,
    choice: &SpeechChoice,
    description: Description,
    unique: Seed,
    watcher: &dyn Watcher,
) -> Result<ServiceInspection, Unprepared> {
    let service = accounts.of_listener(0);
    let dialect = description.dialect;
    let (model, doubt) = choose_model(choice.model.as_deref(), dialect, description.models.as_deref());
    doubt.iter().for_each(|doubt| watcher.warn(doubt));
    let sent = model.as_ref().map(|model| model.as_sent().to_owned());
    let request = request_settings(dialect, choice, sent)
        .map_err(|error| Unprepared::Usage(UsageError::new(error.to_string())))?;
    if let (Some(AudioFormat::Pcm), None) = (request.expected().format, choice.pcm) {
        let hertz = request.expected().pcm.rate().hertz();
        watcher.say(&format!(
            "samples without a header count as {hertz} Hz unless the service says otherwise; --pcm-rate says another"
        ));
    }
    let mut plan = settings.plan.clone();
    let model = model.unwrap_or_else(|| ServiceName::chosen(request.model()));
    plan.model = model.to_string();
    if let (None, Some(model)) =
        (&choice.model, description.models.iter().flatten().next().filter(|first| **first == model))
        && dialect.model != Some(model.as_sent())
    {
        watcher
            .say(&format!("the model is the first that the service lists, `{model}`; --model names another"));
    }
    if !settings.player_was_chosen {
        plan.policy = PlayerPolicy { block_timeout: plan.policy.block_timeout, ..PlayerPolicy::READER };
    }
    let listed = description.voices.unwrap_or_default();
    let voices = voices_from(plan.voice.as_deref(), dialect, listed).map_err(|unknown| {
        let UnknownVoice { voice, offered } = unknown;
        let (model, target) = (plan.model.clone(), service.target().to_string());
        Unprepared::UnknownVoice { voice, model, target, offered }
    })?;
    if plan.voice.is_none() {
        let said = voices.first().and_then(|first| chosen_voice(first, dialect));
        said.iter().for_each(|said| watcher.say(said));
    }
    if voices.len() < 2 && plan.behaviour.voice > 0.0 {
        watcher.warn("warning: but one voice is known, so no listener changes it");
    }
    let scripts = plan.scripts(&settings.corpus, unique);
    let scenario = scenario(settings, &request, &plan.model);
    let protocol =
        Protocol::Openai(Arc::new(SpeechProtocol { request: Arc::new(request), path: choice.path.clone() }));
    Ok(ServiceInspection { protocol, plan, model, voices, scripts, scenario })
}

/// What was decided, with what was found out.
fn scenario(settings: &RunOrder, request: &RequestSettings, model: &str) -> Value {
    let mut scenario = settings.scenario.clone();
    add_to_scenario(request, model, &mut scenario);
    if let (false, Some(scenario)) = (settings.player_was_chosen, scenario.as_object_mut()) {
        scenario.insert("player".to_owned(), "reader".into());
    }
    scenario
}

/// The model that was named, else the dialect's own if it is listed, else the first that is; and what is doubtful about it.
fn choose_model(
    named: Option<&str>,
    dialect: &Dialect,
    listed: Option<&[ServiceName]>,
) -> (Option<ServiceName>, Option<String>) {
    let listed = listed.unwrap_or_default();
    let is_listed = |model: &str| listed.is_empty() || listed.iter().any(|other| other.as_sent() == model);
    match named {
        Some(model) if is_listed(model) => (Some(ServiceName::chosen(model)), None),
        // Some servers list few of the models that they have.
        Some(model) => {
            let doubt =
                format!("warning: the service does not list the model `{model}`; it has {}", shown(listed));
            (Some(ServiceName::chosen(model)), Some(doubt))
        }
        None => (usual_model(dialect, listed), None),
    }
}

/// What there is to say of a voice that nobody named: a list may tell of more than is installed.
fn chosen_voice(voice: &ServiceName, dialect: &Dialect) -> Option<String> {
    match voice.as_sent() {
        "" => Some("no voice is named to the service, for none is known; --voice names one".to_owned()),
        sent if Some(sent) == dialect.voice => None,
        _ => Some(format!("the voice is the first that the service lists, `{voice}`; --voice names another")),
    }
}

fn unreachable(service: &Service, failure: Failure) -> ServiceError {
    ServiceError {
        action: "ask the service what it has",
        target: service.target().to_string(),
        failure,
        retry_after: None,
        credentials: None,
    }
}

/// Everybody's place: each listener has its text with it.
pub(super) fn prepare(accounts: &SignedInAccounts, scripts: &[Script]) -> Prepared {
    let seat = |(number, script): (usize, &Script)| {
        let blocks = script.blocks();
        let chars = |text: &String| u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
        Some(Seat {
            service: Arc::clone(accounts.of_listener(number)),
            document: format!("text-{number}").into(),
            chars: blocks.iter().map(chars).collect(),
            texts: blocks.into_iter().map(String::into_boxed_str).collect(),
        })
    };
    let seats = scripts.iter().enumerate().map(seat).collect();
    Prepared { seats, failed: Vec::new(), documents: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(names: &[&str]) -> Vec<ServiceName> {
        names.iter().map(|name| ServiceName::chosen(name)).collect()
    }

    fn model(named: Option<&str>, dialect: &Dialect, listed: Option<&[ServiceName]>) -> Option<String> {
        choose_model(named, dialect, listed).0.map(|model| model.to_string())
    }

    #[test]
    fn a_model_is_taken_as_named_with_a_warning_where_it_is_not_listed() {
        let listed = named(&["a", "b"]);
        let (model, doubt) = choose_model(Some("c"), Dialect::OPENAI, Some(&listed));
        assert_eq!(model, Some(ServiceName::chosen("c")));
        assert!(doubt.unwrap().contains("does not list the model `c`; it has `a`, `b`"));
        let plain = |named: &str| (Some(ServiceName::chosen(named)), None);
        assert_eq!(choose_model(Some("b"), Dialect::OPENAI, Some(&listed)), plain("b"));
        assert_eq!(choose_model(Some("c"), Dialect::OPENAI, None), plain("c"));
    }

    #[test]
    fn without_a_name_it_is_the_dialects_own_if_there_is_such_a_one_and_else_the_first() {
        let kokoro = Dialect::named("kokoro-fastapi").unwrap();
        assert_eq!(model(None, kokoro, Some(&named(&["tts-1", "kokoro"]))).as_deref(), Some("kokoro"));
        assert_eq!(model(None, kokoro, Some(&named(&["other"]))).as_deref(), Some("other"));
        assert_eq!(model(None, kokoro, None).as_deref(), Some("kokoro"));
        let voices = |listed: &[&str]| voices_from(None, kokoro, named(listed)).unwrap();
        assert_eq!(voices(&["am_adam", "af_heart"]), named(&["af_heart", "am_adam"]));
        assert_eq!(voices(&["am_adam"]), named(&["am_adam"]));
        assert_eq!(voices(&[]), named(&["af_heart"]));
        let said = |voice| chosen_voice(&ServiceName::chosen(voice), kokoro);
        assert!(said("am_adam").unwrap().contains("first that the service lists, `am_adam`"));
        assert_eq!(said("af_heart"), None);
    }

    #[test]
    fn a_voice_that_is_not_listed_is_an_error_but_a_mixture_is_not_looked_up() {
        let kokoro = Dialect::named("kokoro-fastapi").unwrap();
        let choose = |voice| voices_from(Some(voice), kokoro, named(&["af_heart", "af_bella"]));
        assert_eq!(
            choose("af_hart").unwrap_err().offered,
            "`af_heart`, `af_bella`; did you mean `af_heart`?"
        );
        let mixture = named(&["af_heart+af_bella(2)", "af_heart", "af_bella"]);
        assert_eq!(choose("af_heart+af_bella(2)").unwrap(), mixture);
        assert_eq!(voices_from(Some("any"), kokoro, Vec::new()).unwrap(), named(&["any"]));
    }
}
