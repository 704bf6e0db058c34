//! Everything between the command and the first listener: model and voice, documents, a warm cache.

use std::sync::Arc;

use claque_core::{corpus::Corpus, event::Failure, plan::Plan, rng::Seed};
use claque_net::{
    audience::{Seat, WarmUp, warm_up},
    service::{Document, Service, ServiceError},
};
use claque_wire::yapit::{rest::Model, usual_voice};

use super::{documents::Made, interrupts::Interrupts};
use crate::report::live::Live;

/// What an audience needs besides its plan.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// Slugs of the model's voices; everybody begins with the first.
    pub(crate) voices: Vec<String>,
    /// Everybody's document.
    pub(crate) seats: Vec<Seat>,
}

/// Why there will be no audience.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unprepared {
    /// The service refuses or fails.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// The model is not on offer.
    #[error("failed to find the model `{model}` at {target}; it offers {offered}")]
    UnknownModel {
        /// What was asked for.
        model: String,
        /// Where.
        target: String,
        /// What there is, for people.
        offered: String,
    },
    /// A model has no voice and none was named.
    #[error("failed to choose a voice for the model `{model}`, which lists none; name one with --voice")]
    NoVoice {
        /// The model.
        model: String,
    },
    /// The cache could not be warmed.
    #[error("failed to warm the cache: {0}")]
    WarmUp(Failure),
    /// The user has had enough.
    #[error("interrupted before the first listener started")]
    Interrupted,
}

impl Unprepared {
    /// Whether the user must ask for something else, as opposed to a service in trouble.
    pub(crate) const fn is_usage(&self) -> bool {
        match self {
            Self::Service(error) => error.is_usage(),
            Self::UnknownModel { .. } | Self::NoVoice { .. } => true,
            Self::WarmUp(_) | Self::Interrupted => false,
        }
    }

    /// What the service did, if it was the service.
    pub(crate) const fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Service(error) => Some(&error.failure),
            Self::WarmUp(failure) => Some(failure),
            Self::UnknownModel { .. } | Self::NoVoice { .. } | Self::Interrupted => None,
        }
    }
}

/// Prepares everything. What is made on the service is on the list of `made`, also after an error.
///
/// # Errors
/// See [`Unprepared`].
pub(crate) async fn prepare(
    service: &Service,
    (plan, corpus, unique): (&Plan, &Corpus, Seed),
    made: &Made,
    interrupts: &Interrupts,
    live: &Live,
) -> Result<Prepared, Unprepared> {
    let models = tokio::select! {
        models = service.models() => models?,
        () = interrupts.reached(1) => return Err(Unprepared::Interrupted),
    };
    let voice = choose_voice(plan, &models, service)?;
    let scripts = plan.scripts(corpus, unique);
    let documents = made.make(service, &scripts, interrupts, live).await?;
    if interrupts.any() {
        return Err(Unprepared::Interrupted);
    }
    if let Some(first) = documents.first().filter(|_| plan.use_cached) {
        let order = WarmUp {
            document: first.id.clone(),
            model: plan.model.clone(),
            voice: voice.clone(),
            blocks: heard(first, plan),
            timeout: plan.timeout,
        };
        let blocks = order.blocks;
        let on_ready = |ready| live.preparing("warming the cache", u64::from(ready), u64::from(blocks));
        tokio::select! {
            failed = warm_up(service, order, on_ready) => {
                let failed = failed.map_err(Unprepared::WarmUp)?;
                if failed > 0 {
                    live.warn(&format!("warning: {failed} of {blocks} blocks could not be warmed"));
                }
            }
            () = interrupts.reached(1) => return Err(Unprepared::Interrupted),
        }
    }
    Ok(Prepared { voices: voices(voice, plan, &models, live), seats: seats(&documents, plan, live) })
}

/// The documents as the listeners will hear them. A service may cut a text into other blocks than we wrote.
fn seats(documents: &[Document], plan: &Plan, live: &Live) -> Vec<Seat> {
    let wanted = usize::try_from(plan.blocks).unwrap_or(usize::MAX);
    let short = documents.iter().filter(|document| document.chars.len() < wanted).count();
    if let Some(fewest) = documents.iter().map(|document| document.chars.len()).min().filter(|_| short > 0) {
        live.warn(&format!(
            "warning: the service made fewer blocks than the {wanted} asked for of {short} texts ({fewest} at least); \
             what is missing counts as not reached"
        ));
    }
    let seat = |document: &Document| Seat {
        document: document.id.clone(),
        chars: document.chars.iter().copied().take(wanted).collect::<Arc<[u32]>>(),
    };
    documents.iter().map(seat).collect()
}

fn heard(document: &Document, plan: &Plan) -> u32 {
    u32::try_from(document.chars.len()).unwrap_or(u32::MAX).min(plan.blocks)
}

/// The voice to begin with, and all others of the model.
fn voices(first: String, plan: &Plan, models: &[Model], live: &Live) -> Vec<String> {
    let listed = models.iter().filter(|model| model.slug == plan.model).flat_map(|model| &model.voices);
    let others: Vec<String> = listed.map(|voice| voice.slug.clone()).filter(|slug| *slug != first).collect();
    if others.is_empty() && plan.behaviour.voice > 0.0 {
        live.warn("warning: the model has but one voice, so no listener changes it");
    }
    std::iter::once(first).chain(others).collect()
}

/// The voice that was asked for, the model's known default, or the first it lists.
fn choose_voice(plan: &Plan, models: &[Model], service: &Service) -> Result<String, Unprepared> {
    let Some(model) = models.iter().find(|model| model.slug == plan.model) else {
        return Err(Unprepared::UnknownModel {
            model: plan.model.clone(),
            target: service.target().to_string(),
            offered: offered(models),
        });
    };
    if let Some(voice) = &plan.voice {
        return Ok(voice.clone());
    }
    usual_voice(&model.slug, model.voices.iter().map(|voice| voice.slug.as_str()))
        .map(str::to_owned)
        .ok_or_else(|| Unprepared::NoVoice { model: plan.model.clone() })
}

fn offered(models: &[Model]) -> String {
    if models.is_empty() {
        return "none".to_owned();
    }
    models.iter().map(|model| format!("`{}`", model.slug)).collect::<Vec<_>>().join(", ")
}
