//! What a run must not have to be fitted, and what speaks against a model: its likelihood knows equal workers that take jobs in order and
//! finish each, and nothing else.

use std::collections::BTreeMap;

use claque_core::{
    event::FailureClass,
    record::{Fact, Incident, SessionEnd},
};
use claque_report::calibrate::Predicted;
use claque_stats::{
    Verdict,
    calibrate::Calibration,
    units::{counted, time},
};
use claque_store::Run;

use crate::{config::UsageError, kept};

/// A run with its name.
pub(super) type NamedRun = (String, Run);

/// One block in so many that could not be fitted is said.
const LEFT_OUT: usize = 100;

/// Noise beyond which something else than noise is in it: of one machine that does nothing else the sigma is 0.05 to 0.3, and at 0.5 each
/// third job takes more than 1.6 times as long as its text says, or less than 0.6 of it.
const MOST_SIGMA: f64 = 0.5;

/// An error that no chance explains counts from here: what differs by less is the same for most decisions.
const CLEAR: f64 = 0.10;

/// An error that counts whatever chance may do, for a range that is so wide is no prediction.
const BAD: f64 = 0.25;

/// Refuses runs that are there twice: what is predicted would be what was fitted.
///
/// # Errors
/// Everything that was measured in two of them is the same.
pub(super) fn refuse_one_run_twice(runs: &[NamedRun]) -> Result<(), UsageError> {
    let mut seen = BTreeMap::new();
    for (name, run) in runs {
        let Some(measured) = run.measured() else { continue };
        if let Some(first) = seen.insert(measured, name) {
            return Err(UsageError::new(format!(
                "{first} and {name} are one run: everything that was measured is the same to the nanosecond, so that one would be predicted \
                 by itself; give each run once, and to hold the model against another, one with another seed"
            )));
        }
    }
    Ok(())
}

/// Refuses a run of which the facts do not tell which blocks were jobs of the model's workers.
///
/// # Errors
/// It is such a run.
pub(super) fn refuse_what_is_no_queue((name, run): &NamedRun) -> Result<(), UsageError> {
    let scenario = &run.manifest.scenario;
    let is_true = |key: &str| scenario.get(key).and_then(serde_json::Value::as_bool) == Some(true);
    if is_true("use_cached") || scenario.get("texts").is_some() {
        return Err(UsageError::new(format!(
            "the listeners of {name} share texts, so that one job answers many of them and a cache the rest: nothing tells which blocks were \
             jobs; give runs without --use-cached and --texts"
        )));
    }
    let load = run.manifest.service_load.iter().flat_map(|load| &load.models);
    let most = load.flat_map(|model| model.overflowing.iter().copied()).fold(0.0, f64::max);
    if most > 0.0 {
        return Err(UsageError::new(format!(
            "blocks of {name} went to the overflow provider (up to {most:.1} at a time), whose work no model of workers describes, and nothing \
             tells which they were; give runs with fewer listeners, or of a gateway with pipeline.overflow=false. A run with overflow can be \
             held against a model: give it last, behind others"
        )));
    }
    Ok(())
}

/// What speaks against the fit.
pub(super) fn of_fit(runs: &[NamedRun], fitted: &Calibration, left_out: usize) -> Vec<String> {
    let mut doubts: Vec<String> = runs.iter().flat_map(of_run).collect();
    if left_out * LEFT_OUT > fitted.jobs {
        let were = if left_out == 1 { "1 block was" } else { &format!("{left_out} blocks were") };
        doubts.push(format!(
            "{were} given up or failed and are left out; workers were busy with them all the same, which the fit takes for idle, so that its \
             intervals hold less than they say. A run with fewer listeners, whose blocks come before they are given up, would tell"
        ));
    }
    if fitted.sigma.value > MOST_SIGMA {
        doubts.push(format!(
            "the noise is {:.2}, more than a machine's own (up to 0.3): jobs took times that neither their texts nor their places in the queue \
             explain, as where some went to another provider, were tried again, or waited for somebody else's",
            fitted.sigma.value
        ));
    }
    doubts
}

/// What was in a run that the likelihood does not know.
fn of_run((name, run): &NamedRun) -> Vec<String> {
    let mut doubts = Vec::new();
    let manifest = &run.manifest;
    let again = || kept::judge_again(manifest, &run.recompute());
    let verdict = manifest.verdict.clone().map_or_else(again, Verdict::from);
    if !verdict.is_valid() {
        doubts.push(format!("{name} is INVALID ({}): its times may not be the service's", verdict.doubts()));
    }
    let of_class = |class: FailureClass| {
        let is_of = |fact: &&Fact| matches!(fact, Fact::Error(error) if error.failure.class == class);
        u64::try_from(run.facts.iter().filter(is_of).count()).unwrap_or(u64::MAX)
    };
    let refused = of_class(FailureClass::Limit) + of_class(FailureClass::Overload);
    if refused > 0 {
        let what = counted(refused, "refusal");
        doubts.push(format!(
            "{name} has {what} by a limit: what was asked again later looks as if it had come later"
        ));
    }
    let failed = of_class(FailureClass::Server);
    if failed > 0 {
        let what = counted(failed, "failure");
        doubts.push(format!(
            "{name} has {what} of the service: what it tried again before it gave up, or brought at last, looks like slow work"
        ));
    }
    let acts = run.facts.iter().filter(|fact| match fact {
        Fact::Incident(record) => {
            matches!(record.incident, Incident::Jumped { .. } | Incident::VoiceChanged { .. })
        }
        Fact::Listener(record) => matches!(record.end, SessionEnd::Left | SessionEnd::HungUp),
        Fact::Block(_) | Fact::Stall(_) | Fact::Error(_) | Fact::Sound(_) => false,
    });
    let acts = u64::try_from(acts.count()).unwrap_or(u64::MAX);
    if acts > 0 {
        doubts.push(format!(
            "listeners of {name} jumped, left or changed their voice ({}): what was made for them then is in no fact, and the fit takes \
             workers for idle that made it",
            counted(acts, "time")
        ));
    }
    let faults = manifest.scenario.pointer("/gateway/faults").and_then(serde_json::Value::as_object);
    let faults =
        faults.into_iter().flatten().filter(|(_, set)| set.as_array().is_some_and(|set| !set.is_empty()));
    let faults: Vec<_> = faults.map(|(key, _)| format!("faults.{key}")).collect();
    if !faults.is_empty() {
        doubts.push(format!(
            "the gateway of {name} was set to fail ({}): jobs that are made again look like slow ones",
            faults.join(", ")
        ));
    }
    if manifest.preparation.as_ref().is_some_and(|preparation| preparation.documents_reused > 0) {
        doubts.push(format!("documents of {name} were reused: what a cache answered looks like fast work"));
    }
    doubts
}

/// That figures are predicted badly, if so: outside the range of such runs and 10 % off or more, or a quarter off whatever the range is.
pub(super) fn of_predictions(name: &str, predicted: &[Predicted]) -> Option<String> {
    let is_bad = |figure: &&Predicted| {
        let (measured, found, (low, high)) = (figure.measured_ms, figure.predicted_ms, figure.range_ms);
        let most = measured.max(found);
        let off = if most > 0.0 { (measured - found).abs() / measured.max(0.1 * most) } else { 0.0 };
        off > BAD || (off > CLEAR && !(low..=high).contains(&measured))
    };
    let one = |figure: Predicted| {
        format!("{} {} for {}", figure.id, time(figure.predicted_ms), time(figure.measured_ms))
    };
    let bad: Vec<_> = predicted.iter().filter(is_bad).cloned().map(one).collect();
    (!bad.is_empty()).then(|| {
        format!(
            "the model predicts {name} badly ({}), further off than chance and the fit's own doubt allow: the service does something that it does \
             not know, and what it says of other audiences is worth no more",
            bad.join(", ")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doubt(measured_ms: f64, predicted_ms: f64, range_ms: (f64, f64)) -> bool {
        of_predictions("r", &[Predicted { id: "startup_time", measured_ms, predicted_ms, range_ms }])
            .is_some()
    }

    #[test]
    fn what_chance_explains_or_is_small_is_no_doubt() {
        assert!(!doubt(1_000.0, 1_000.0, (900.0, 1_100.0)));
        assert!(!doubt(1_000.0, 1_200.0, (900.0, 1_500.0)), "within the range");
        assert!(!doubt(1_000.0, 1_050.0, (1_040.0, 1_060.0)), "small");
        assert!(!doubt(0.0, 0.0, (0.0, 0.0)), "nobody stalled");
    }

    #[test]
    fn what_is_far_off_is_one_whatever_the_range() {
        assert!(doubt(1_000.0, 1_150.0, (1_100.0, 1_200.0)), "beyond chance");
        assert!(doubt(1_000.0, 1_830.0, (100.0, 3_000.0)), "of no use");
        assert!(doubt(1_000.0, 0.0, (0.0, 0.0)) && doubt(0.0, 1_000.0, (500.0, 1_500.0)));
    }
}
