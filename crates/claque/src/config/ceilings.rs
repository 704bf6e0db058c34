//! Which objectives have a capacity.

use claque_stats::objective::Objective;

use super::UsageError;

/// What a listener needs to be content: no break in the text, and a start before patience ends.
pub(super) const OBJECTIVES: [&str; 2] = ["listeners underrun-free >= 99 %", "startup_time p95 < 3 s"];

/// What a search looks for where nothing else is asked for.
pub(crate) fn default_objectives() -> Vec<Objective> {
    OBJECTIVES.iter().filter_map(|line| Objective::parse(line).ok()).collect()
}

/// Whether more load makes each of them harder to meet.
pub(super) fn have_ceilings(objectives: &[Objective]) -> Result<(), UsageError> {
    if let Some(objective) = objectives.iter().find(|objective| objective.counts_listeners()) {
        return Err(UsageError::new(format!(
            "the objective `{}` is about how many listeners there are, which is what is searched for; ask for a share of them, such as \
             `listeners started >= 99 %`",
            objective.text()
        )));
    }
    if let Some(objective) = objectives.iter().find(|objective| objective.asks_for_everybody()) {
        return Err(UsageError::new(format!(
            "the objective `{}` asks for everybody, which no number of listeners shows; ask for a share of at most 99.99 %, such as \
             `listeners underrun-free >= 99 %`",
            objective.text()
        )));
    }
    if let Some(objective) = objectives.iter().find(|objective| objective.eases_with_load()) {
        return Err(UsageError::new(format!(
            "the objective `{}` gets easier the more listen, so it has no capacity; bound what gets worse, such as `errors = 0`, or \
             a share, such as `listeners started >= 99 %`",
            objective.text()
        )));
    }
    Ok(())
}
