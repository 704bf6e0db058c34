//! What goes before the first listener where each block is a request of its own: whom we speak to, with which model and voices.

use std::sync::Arc;

use claque_core::{
    event::{Failure, FailureClass},
    player::PlayerPolicy,
    rng::Seed,
    script::Script,
};
use claque_net::{
    audience::Seat,
    service::{ProbeAnswer, Service, ServiceError},
};
use claque_wire::{
    openai::{Dialect, Probe, Probed, RequestSettings, detect, model_names, voice_names},
    session::{Protocol, SpeechProtocol},
};
use serde_json::Value;

use super::{
    crew::Crew,
    interrupts::Interrupts,
    prepare::{Looked, Prepared, Unprepared},
};
use crate::{
    config::{RunSettings, SpeechChoice, UsageError, hint},
    report::live::Live,
};

/// Names that a sentence lists at most: what a service lists has no bound.
const MOST_LISTED: usize = 20;

/// What a service says of itself.
struct Description {
    dialect: &'static Dialect,
    models: Option<Vec<String>>,
    voices: Option<Vec<String>>,
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
    crew: &Crew,
    settings: &RunSettings,
    choice: &SpeechChoice,
    unique: Seed,
    live: &Live,
) -> Result<Option<Looked>, Unprepared> {
    let Ok((description, Some(why))) = describe(crew.of_listener(0), choice).await else { return Ok(None) };
    let name = description.dialect.name;
    live.say(&format!("the service speaks the OpenAI speech API, as {name} does ({why})"));
    decide(crew, settings, choice, description, unique, live).map(Some)
}

/// Looks whether the service has what is wanted, before anything is asked for.
///
/// # Errors
/// It cannot be reached, or lacks what was named.
pub(super) async fn look(
    crew: &Crew,
    settings: &RunSettings,
    choice: &SpeechChoice,
    (unique, interrupts): (Seed, &Interrupts),
    live: &Live,
) -> Result<Looked, Unprepared> {
    let service = crew.of_listener(0);
    let described = tokio::select! {
        described = describe(service, choice) => described,
        () = interrupts.reached(1) => return Err(Unprepared::Interrupted),
    };
    let (description, why) =
        described.map_err(|failure| Unprepared::Service(unreachable(service, failure)))?;
    let name = description.dialect.name;
    match (why, choice.dialect) {
        (_, Some(_)) => {}
        (Some(why), None) => live.say(&format!("the service is spoken to as {name} ({why})")),
        (None, None) => live.say(&format!(
            "nothing tells which server this is: it is spoken to as {name}; --dialect names another"
        )),
    }
    decide(crew, settings, choice, description, unique, live)
}

/// Asks the service what it is and has. Whatever it refuses to say stays unknown. Gives also why it is taken for what it is.
async fn describe(
    service: &Service,
    choice: &SpeechChoice,
) -> Result<(Description, Option<String>), Failure> {
    let mut answers = Vec::new();
    let mut trouble = None;
    for probe in Probe::ALL {
        match service.probe(probe.path()).await {
            Ok(answer) => answers.push((probe, answer)),
            Err(failure) => trouble = Some(failure),
        }
    }
    // One that answers nothing at all is not there.
    if let (true, Some(failure)) = (answers.is_empty(), trouble) {
        return Err(failure);
    }
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
    let mut voices = listed(dialect.voices_path).and_then(|answer| voice_names(&answer.body));
    if let (None, Some(path)) = (&voices, dialect.voices_path)
        && let Ok(answer) = service.probe(path).await
        && is_list(&answer)
    {
        voices = voice_names(&answer.body);
    }
    let clean = |names: Vec<String>| names.into_iter().map(|name| service.secrets().clean(&name)).collect();
    Ok((Description { dialect, models: models.map(clean), voices: voices.map(clean) }, why))
}

fn probed(probe: Probe, answer: &ProbeAnswer) -> Probed<'_> {
    Probed { probe, status: answer.status, content_type: answer.content_type.as_deref(), body: &answer.body }
}

/// Servers answer any path with 200 and a web page.
fn is_list(answer: &ProbeAnswer) -> bool {
    answer.status == 200 && answer.content_type.as_deref().is_some_and(|kind| kind.contains("json"))
}

fn decide(
    crew: &Crew,
    settings: &RunSettings,
    choice: &SpeechChoice,
    description: Description,
    unique: Seed,
    live: &Live,
) -> Result<Looked, Unprepared> {
    let service = crew.of_listener(0);
    let dialect = description.dialect;
    let model = choose_model(choice, &description, live);
    let delivery = choice.delivery.unwrap_or_else(|| dialect.usual_delivery());
    let usage = |error: &dyn std::error::Error| Unprepared::Usage(UsageError::new(error.to_string()));
    let mut request = RequestSettings::new(dialect, delivery, model)
        .map_err(|error| usage(&error))?
        .with_fields(choice.fields.clone());
    if let Some(format) = choice.format {
        request = request.with_format(format);
    }
    if let Some(pcm) = choice.pcm {
        request = request.with_pcm(pcm);
    }
    let mut plan = settings.plan.clone();
    plan.model = request.model().to_owned();
    if !settings.player_was_chosen {
        plan.policy = PlayerPolicy { block_timeout: plan.policy.block_timeout, ..PlayerPolicy::READER };
    }
    let voices = choose_voices(&plan.voice, dialect, description.voices, service, &plan.model)?;
    if let (None, Some(first)) =
        (&plan.voice, voices.first().filter(|first| Some(first.as_str()) != dialect.voice))
    {
        // What a list says that there is, may not be installed.
        live.say(&match first.as_str() {
            "" => "no voice is named to the service, for none is known; --voice names one".to_owned(),
            first => {
                format!("the voice is the first that the service lists, `{first}`; --voice names another")
            }
        });
    }
    if voices.len() < 2 && plan.behaviour.voice > 0.0 {
        live.warn("warning: but one voice is known, so no listener changes it");
    }
    let scripts = plan.scripts(&settings.corpus, unique);
    let scenario = scenario(settings, &request, &plan.model);
    let protocol =
        Protocol::Openai(Arc::new(SpeechProtocol { request: Arc::new(request), path: choice.path.clone() }));
    Ok(Looked { protocol, plan, voices, scripts, scenario })
}

/// What was decided, with what was found out.
fn scenario(settings: &RunSettings, request: &RequestSettings, model: &str) -> Value {
    let mut scenario = settings.scenario.clone();
    if let Some(scenario) = scenario.as_object_mut() {
        scenario.insert("protocol".to_owned(), "openai".into());
        scenario.insert("dialect".to_owned(), request.dialect().name.into());
        scenario.insert("delivery".to_owned(), request.delivery().as_str().into());
        scenario.insert("model".to_owned(), model.into());
        if let Some(format) = request.expected().format {
            scenario.insert("response_format".to_owned(), format.as_str().into());
        }
        if !settings.player_was_chosen {
            scenario.insert("player".to_owned(), "reader".into());
        }
    }
    scenario
}

/// The model that was named, else the dialect's own if it is listed, else the first that is.
fn choose_model(choice: &SpeechChoice, description: &Description, live: &Live) -> Option<String> {
    let listed = description.models.as_deref().unwrap_or_default();
    match &choice.model {
        Some(model) => {
            if !listed.is_empty() && !listed.contains(model) {
                live.warn(&format!(
                    "warning: the service does not list the model `{model}`; it has {}",
                    shown(listed)
                ));
            }
            Some(model.clone())
        }
        None => {
            let usual = description.dialect.model.map(str::to_owned);
            usual
                .filter(|usual| listed.is_empty() || listed.contains(usual))
                .or_else(|| listed.first().cloned())
        }
    }
}

/// The voice to begin with, and all others that are listed. Without a name it is the dialect's own, else the first listed, else
/// none is named to the service.
fn choose_voices(
    named: &Option<String>,
    dialect: &Dialect,
    listed: Option<Vec<String>>,
    service: &Service,
    model: &str,
) -> Result<Vec<String>, Unprepared> {
    let listed = listed.unwrap_or_default();
    let first = match named {
        Some(voice) if is_one_name(voice) && !listed.is_empty() && !listed.contains(voice) => {
            let names: Vec<&str> = listed.iter().map(String::as_str).collect();
            let mut offered = shown(&listed);
            if let Some(hint) = hint(voice, &names) {
                offered = format!("{offered}; {hint}");
            }
            let (voice, model, target) = (voice.clone(), model.to_owned(), service.target().to_string());
            return Err(Unprepared::UnknownVoice { voice, model, target, offered });
        }
        Some(voice) => voice.clone(),
        None => {
            let usual = dialect.voice.map(str::to_owned);
            let usual = usual.filter(|usual| listed.is_empty() || listed.contains(usual));
            usual.or_else(|| listed.first().cloned()).unwrap_or_default()
        }
    };
    let others = listed.into_iter().filter(|voice| *voice != first).collect::<Vec<_>>();
    Ok(std::iter::once(first).chain(others).collect())
}

/// Some servers mix voices, as in `af_bella+af_sky(2)`.
fn is_one_name(voice: &str) -> bool {
    !voice.contains(['+', '(', ','])
}

fn shown(names: &[String]) -> String {
    let listed: Vec<String> = names.iter().take(MOST_LISTED).map(|name| format!("`{name}`")).collect();
    let more = names.len().saturating_sub(MOST_LISTED);
    if more > 0 { format!("{} and {more} more", listed.join(", ")) } else { listed.join(", ") }
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
pub(super) fn prepare(crew: &Crew, scripts: &[Script]) -> Prepared {
    let seat = |(number, script): (usize, &Script)| {
        let blocks = script.blocks();
        let chars = |text: &String| u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
        Some(Seat {
            service: crew.of_listener(number).clone(),
            document: format!("text-{number}"),
            chars: blocks.iter().map(chars).collect(),
            texts: blocks.into_iter().map(String::into_boxed_str).collect(),
        })
    };
    Prepared { seats: scripts.iter().enumerate().map(seat).collect(), failed: Vec::new() }
}
