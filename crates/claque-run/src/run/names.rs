//! What is said of names of the service's that are not shown as they are.

use claque_core::{plan::Plan, secret::ServiceName};
use claque_stats::{Reason, ReasonId, units::counted};

/// The note that what is called `[secret]` in all that is told is the model or a voice, which the service is asked for by name; none where all
/// names are shown as they are.
pub(super) fn note(model: &ServiceName, voices: &[ServiceName], plan: &Plan) -> Option<Reason> {
    let (first, others) =
        voices.split_first().map_or((None, voices), |(first, others)| (Some(first), others));
    let hidden = |name: &&ServiceName| name.holds_secret();
    // Nobody asks for the others where nobody changes the voice.
    let others = others.iter().filter(hidden).filter(|_| plan.behaviour.voice > 0.0).count();
    let others = u64::try_from(others).unwrap_or(u64::MAX);
    let what: Vec<String> = [
        model.holds_secret().then(|| format!("the model `{model}`")),
        first.filter(hidden).map(|voice| format!("the voice `{voice}`")),
        (others > 0).then(|| counted(others, "other voice")),
    ]
    .into_iter()
    .flatten()
    .collect();
    let text = format!(
        "a secret that was given (a key, a password, the value of a header) is part of a name that the service lists, and is blanked in it \
         wherever it is told: {}; requests have the name as it is",
        what.join(", ")
    );
    (!what.is_empty()).then_some(Reason { id: ReasonId::SecretInName, text })
}
