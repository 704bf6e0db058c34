//! Everything between the command and the first listener: model and voice, documents, a warm cache.

use std::sync::Arc;

use claque_core::{
    event::{Failure, Phase},
    ids::ListenerId,
    plan::Plan,
    rng::Seed,
    script::Script,
    secret::ServiceName,
};
use claque_net::{
    audience::{Seat, WarmUp, warm_up},
    service::{Service, ServiceError},
};
use claque_wire::{
    session::Protocol,
    yapit::{rest::Model, usual_voice},
};
use serde_json::Value;

use super::{
    accounts::SignedInAccounts,
    allowance::{AccountAssignment, Expected, limit_of, objection},
    blocks::{self, Mismatch},
    documents::{Document, DocumentLedger, MakeOrder},
};
use crate::{
    Unprepared, interrupts::Interrupts, order::RunOrder, usage::hint, waiting::Waiting, watcher::Watcher,
};

/// Models that an error names at most: what a service lists has no bound.
const MOST_OFFERED: usize = 20;

/// What is known of a run once the service was looked at.
#[derive(Debug)]
pub(crate) struct ServiceInspection {
    /// What the service speaks.
    pub(crate) protocol: Protocol,
    /// What the audience does, with what was found out.
    pub(crate) plan: Plan,
    /// Everything that was decided and found out, in a scenario's words.
    pub(crate) scenario: Value,
    /// The model; the plan has its name as it is shown.
    pub(crate) model: ServiceName,
    /// The model's voices; everybody begins with the first.
    pub(crate) voices: Vec<ServiceName>,
    /// Everybody's text.
    pub(crate) scripts: Vec<Script>,
}

/// Who listens, and who does not.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// Everybody's seat, in order of their places in the share; none for one that has no document.
    pub(crate) seats: Vec<Option<Seat>>,
    /// Those that have none, and why.
    pub(crate) failed: Vec<(ListenerId, Failure)>,
    /// What the service made of the texts, for what is to be said of it.
    pub(crate) documents: Vec<Document>,
}

/// Looks whether the service has what is wanted and lets us have it, before anything is made there.
///
/// # Errors
/// See [`Unprepared`].
pub(crate) async fn look(
    accounts: &SignedInAccounts,
    settings: &RunOrder,
    unique: Seed,
    interrupts: &Interrupts,
    watcher: &dyn Watcher,
) -> Result<ServiceInspection, Unprepared> {
    let RunOrder { plan, corpus, limits, .. } = settings;
    let service = accounts.of_listener(0);
    let waiting = Waiting::new(interrupts, watcher);
    let wait = async |pause| waiting.wait(pause).await;
    let models = tokio::select! {
        models = service.models(wait) => models?,
        () = interrupts.reached(1) => return Err(Unprepared::Interrupted),
    };
    let voices = voices(choose_voice(plan, &models, service)?, (plan, &models, service), watcher);
    let scripts = plan.scripts(corpus, unique);
    let expected = Expected::new(plan, &scripts, &settings.target);
    let limit = tokio::select! {
        limit = limit_of(&settings.target, limits, service, &expected, &wait) => limit?,
        () = interrupts.reached(1) => return Err(Unprepared::Interrupted),
    };
    if let Some(limit) = limit.filter(|_| !limits.allow_rate_limit) {
        if let Some(words) = objection(&expected, limit, dealt(accounts)) {
            return Err(Unprepared::RateLimit(words));
        }
        if let Some(words) = expected.warning(limit, dealt(accounts)) {
            watcher.warn(&format!("warning: {words}"));
        }
    }
    let (plan, scenario) = (plan.clone(), settings.scenario.clone());
    let model = ServiceName::chosen(&plan.model);
    Ok(ServiceInspection { protocol: Protocol::Yapit, plan, scenario, model, voices, scripts })
}

/// Makes everything. What is made on the service is on the list of `made`, also after an error. Listeners whose
/// document could not be made are no error as long as there are others.
///
/// # Errors
/// See [`Unprepared`].
pub(crate) async fn prepare(
    accounts: &SignedInAccounts,
    plan: &Plan,
    (voice, order): (&ServiceName, &MakeOrder<'_>),
    made: &DocumentLedger,
    interrupts: &Interrupts,
    watcher: &dyn Watcher,
) -> Result<Prepared, Unprepared> {
    let first: Vec<usize> = (0..order.first).collect();
    let documents =
        made.make(accounts, order, &first, interrupts, watcher).await.map_err(Unprepared::Store)?;
    let documents: Vec<_> = documents.into_values().collect();
    if interrupts.any() {
        return Err(Unprepared::Interrupted);
    }
    let Some((place, first)) =
        documents.iter().enumerate().find_map(|(place, made)| Some((place, made.as_ref().ok()?)))
    else {
        let why = documents.into_iter().find_map(Result::err);
        return Err(why.map_or(Unprepared::Interrupted, Unprepared::Service));
    };
    if plan.use_cached {
        let order = WarmUp {
            protocol: Protocol::Yapit,
            document: first.id.as_str().into(),
            model: plan.model.as_str().into(),
            voice: voice.as_sent().into(),
            blocks: heard(first, plan),
            timeout: plan.timeout,
        };
        let blocks = order.blocks;
        let on_ready = |ready| watcher.preparing("warming the cache", u64::from(ready), u64::from(blocks));
        tokio::select! {
            failed = warm_up(accounts.of_listener(place), order, on_ready) => {
                let failed = failed.map_err(Unprepared::WarmUp)?;
                if failed > 0 {
                    watcher.warn(&format!("warning: {failed} of {blocks} blocks could not be warmed"));
                }
            }
            () = interrupts.reached(1) => return Err(Unprepared::Interrupted),
        }
    }
    let failed = failed(&documents, plan, watcher);
    let seats = seats(accounts, &documents, (plan, order.scripts), watcher);
    let documents: Vec<Document> = documents.into_iter().filter_map(Result::ok).collect();
    let doubts = blocks::doubts(plan.blocks, &documents);
    doubts.reason.iter().for_each(|reason| watcher.warn(&format!("warning: {}", reason.text)));
    Ok(Prepared { seats, failed, documents })
}

/// Those whose document could not be made, each with why.
fn failed(
    documents: &[Result<Document, ServiceError>],
    plan: &Plan,
    watcher: &dyn Watcher,
) -> Vec<(ListenerId, Failure)> {
    let own = plan.own();
    let failed: Vec<_> = own
        .iter()
        .zip(documents)
        .filter_map(|(listener, made)| Some((listener, made.as_ref().err()?)))
        .collect();
    if let Some((_, first)) = failed.first() {
        watcher.warn(&format!(
            "warning: {} of {} listeners have no document and will not listen; they count as failed: {first}",
            failed.len(),
            documents.len()
        ));
    }
    failed.into_iter().map(|(listener, error)| (listener, of_preparation(error))).collect()
}

/// A failure of the preparation, as it stands among those of the run.
fn of_preparation(error: &ServiceError) -> Failure {
    let text = format!("failed to {}: {}", error.action, error.failure.text);
    Failure { phase: Phase::Preparation, text, ..error.failure.clone() }
}

/// The documents as the listeners will hear them. A service may cut a text into other blocks than we wrote.
fn seats(
    accounts: &SignedInAccounts,
    documents: &[Result<Document, ServiceError>],
    (plan, scripts): (&Plan, &[Script]),
    watcher: &dyn Watcher,
) -> Vec<Option<Seat>> {
    let made: Vec<&Document> = documents.iter().filter_map(|made| made.as_ref().ok()).collect();
    match blocks::mismatch(plan.blocks, scripts, &made) {
        Some(Mismatch::TooFew(words)) => watcher.warn(&format!("warning: {words}")),
        Some(Mismatch::TooMany(words)) => watcher.say(&format!("note: {words}")),
        None => {}
    }
    let seat = |(number, made): (usize, &Result<Document, ServiceError>)| {
        Some(seat(accounts, plan, number, made.as_ref().ok()?))
    };
    documents.iter().enumerate().map(seat).collect()
}

/// The document as a listener will hear it.
pub(super) fn seat(accounts: &SignedInAccounts, plan: &Plan, number: usize, document: &Document) -> Seat {
    let wanted = usize::try_from(plan.blocks).unwrap_or(usize::MAX);
    Seat {
        service: Arc::clone(accounts.of_listener(number)),
        document: document.id.as_str().into(),
        texts: Arc::default(),
        chars: document.chars.iter().copied().take(wanted).collect::<Arc<[u32]>>(),
    }
}

/// Whom the listeners are dealt, as far as the service tells them apart.
fn dealt(accounts: &SignedInAccounts) -> AccountAssignment {
    match accounts.of_listener(0).owner() {
        "nobody" => AccountAssignment::Nobody,
        "guest" => AccountAssignment::Guests(accounts.count()),
        _ => AccountAssignment::Accounts(accounts.count()),
    }
}

fn heard(document: &Document, plan: &Plan) -> u32 {
    u32::try_from(document.chars.len()).unwrap_or(u32::MAX).min(plan.blocks)
}

/// The voice to begin with, and all others of the model.
fn voices(
    first: ServiceName,
    (plan, models, service): (&Plan, &[Model], &Service),
    watcher: &dyn Watcher,
) -> Vec<ServiceName> {
    let listed = models.iter().filter(|model| model.slug == plan.model).flat_map(|model| &model.voices);
    let others: Vec<ServiceName> = listed
        .filter(|voice| voice.slug != first.as_sent())
        .map(|voice| service.secrets().name(&voice.slug))
        .collect();
    if others.is_empty() && plan.behaviour.voice > 0.0 {
        watcher.warn("warning: the model has but one voice, so no listener changes it");
    }
    std::iter::once(first).chain(others).collect()
}

/// The voice that was asked for, the model's known default, or the first it lists.
fn choose_voice(plan: &Plan, models: &[Model], service: &Service) -> Result<ServiceName, Unprepared> {
    let name = |slug: &str| service.secrets().name(slug);
    let Some(model) = models.iter().find(|model| model.slug == plan.model) else {
        return Err(Unprepared::UnknownModel {
            model: plan.model.clone(),
            target: service.target().to_string(),
            offered: offered(models.iter().map(|model| name(&model.slug))),
        });
    };
    if let Some(voice) = &plan.voice {
        // A model that lists no voice may have any.
        let is_known = model.voices.is_empty() || model.voices.iter().any(|known| known.slug == *voice);
        let listed = || model.voices.iter().map(|voice| name(&voice.slug)).collect::<Vec<_>>();
        return is_known.then(|| ServiceName::chosen(voice)).ok_or_else(|| Unprepared::UnknownVoice {
            voice: voice.clone(),
            model: plan.model.clone(),
            target: service.target().to_string(),
            offered: offered_voices(&listed(), voice),
        });
    }
    usual_voice(&model.slug, model.voices.iter().map(|voice| voice.slug.as_str()))
        .map(name)
        .ok_or_else(|| Unprepared::NoVoice { model: plan.model.clone() })
}

/// The voices of a model, and the one that may have been meant.
fn offered_voices(listed: &[ServiceName], typed: &str) -> String {
    let shown: Vec<String> = listed.iter().map(ToString::to_string).collect();
    let hint = hint(typed, &shown.iter().map(String::as_str).collect::<Vec<_>>());
    let listed = shown.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    hint.map_or_else(|| listed.clone(), |hint| format!("{listed}; {hint}"))
}

fn offered(models: impl ExactSizeIterator<Item = ServiceName>) -> String {
    let count = models.len();
    if count == 0 {
        return "none".to_owned();
    }
    let mut names: Vec<_> = models.take(MOST_OFFERED).map(|model| format!("`{model}`")).collect();
    let more = count - names.len();
    if more > 0 {
        names.push(format!("and {more} more"));
    }
    names.join(", ")
}
