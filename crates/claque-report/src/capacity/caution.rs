//! What the runs at the answer do not show by themselves.

use claque_stats::{
    capacity::{Answer, SearchEnding},
    objective::Counted,
};

use super::words::at_least;

/// That the runs at the answer by themselves show less than is asked for, if so.
pub(super) fn caution(answer: &Answer) -> Option<String> {
    of_listeners(answer).or_else(|| of_runs(answer))
}

/// That a number holds of which runs missed something, where whole runs are counted.
fn of_runs(answer: &Answer) -> Option<String> {
    let shown = answer.shown.iter().filter(|shown| shown.counts == Counted::Runs);
    let shown = shown.min_by(|a, b| a.at_least_pct.total_cmp(&b.at_least_pct))?;
    (answer.ending == SearchEnding::Found || answer.ending == SearchEnding::AtLeast).then(|| {
        format!(
            "`{}` is met or missed by a run as a whole: a number counts as carried where more than half of its runs meet it, and of those at {} \
             {} of {} did.",
            shown.objective,
            answer.users.unwrap_or_default(),
            shown.runs_met,
            shown.runs
        )
    })
}

fn of_listeners(answer: &Answer) -> Option<String> {
    let least = answer.shown.iter().filter(|shown| shown.counts == Counted::Listeners);
    let shown = least.min_by(|a, b| a.at_least_pct.total_cmp(&b.at_least_pct))?;
    (answer.ending == SearchEnding::Found || answer.ending == SearchEnding::AtLeast).then(|| {
        format!(
            "By themselves the runs at {} show of `{}` at least {}; the interval rests on all runs and on queues falling steeply.",
            answer.users.unwrap_or_default(),
            shown.objective,
            at_least(shown.at_least_pct)
        )
    })
}
