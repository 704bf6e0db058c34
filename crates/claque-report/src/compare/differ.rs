//! What differs between two sides besides their figures, and whether that matters.

use std::collections::{BTreeMap, BTreeSet};

use claque_store::{Manifest, flatten};
use serde::Serialize;

use super::sides::{LoadedRun, Side};

/// What the listeners were asked to do. With another task, other figures are no answer to the same question.
const TASK: [&str; 7] = ["users", "blocks", "speed", "stagger", "use_cached", "varied_lengths", "text"];

/// The same, where saying nothing has always meant one thing: a file that lacks the key was of that task.
const TASK_UNLESS_SAID: [&str; 11] = [
    "arrivals",
    "barge_in",
    "behaviour",
    "for",
    "hold",
    "listen",
    "listens",
    "texts",
    "think",
    "warm_up",
    "zipf",
];

/// What was done to the audience while it listened: what that would have been otherwise is not known.
const BY_HAND: &str = "by_hand";

/// What is said of a run elsewhere, or says nothing of what was measured.
const PASSED_OVER: [&str; 4] = ["objectives", "confidence", "abort_on", "base_url"];

/// What a simulation has none of, so that one side alone differs in nothing by it.
pub(super) const WHERE_AND_WHEN: [&str; 2] = ["day", "machine"];

/// A setting that is not the same on both sides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Setting {
    /// Its name, as in a scenario.
    pub name: String,
    /// What it is in the baseline; several values with commas between them.
    pub a: String,
    /// What it is in the candidate.
    pub b: String,
    /// Whether it forbids a comparison.
    pub differs: Differs,
}

/// Whether a difference matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Differs {
    /// The two asked different questions.
    Forbidding,
    /// A reader should know; it may be the very change that is looked at.
    Noted,
}

/// Every setting that differs between `a` and `b`, the forbidding ones first.
pub(super) fn between(a: &Side, b: &Side) -> Vec<Setting> {
    let (of_a, of_b) = (values(a), values(b));
    let names: BTreeSet<_> = of_a.keys().chain(of_b.keys()).collect();
    let setting = |name: &String| {
        let (in_a, in_b) = (of_a.get(name), of_b.get(name));
        if WHERE_AND_WHEN.contains(&name.as_str()) && (in_a.is_none() || in_b.is_none()) {
            return None;
        }
        // A task that changes from one repetition to the next is none.
        let scattered = [in_a, in_b].into_iter().flatten().any(|values| values.len() > 1);
        let top = name.split(['.', '[']).next().unwrap_or_default();
        let is_plain = TASK_UNLESS_SAID.contains(&top) || name == BY_HAND;
        let is_task = TASK.contains(&name.as_str()) || is_plain;
        if in_a == in_b && !(is_task && scattered) {
            return None;
        }
        // What an older file does not say may have been the same.
        let known = in_a.is_some() && in_b.is_some() || is_plain;
        let differs = if is_task && known { Differs::Forbidding } else { Differs::Noted };
        let shown = |values: Option<&BTreeSet<String>>| {
            values.map_or_else(
                || "not set".to_owned(),
                |values| values.iter().cloned().collect::<Vec<_>>().join(", "),
            )
        };
        Some(Setting { name: name.clone(), a: shown(in_a), b: shown(in_b), differs })
    };
    let mut settings: Vec<_> = names.into_iter().filter_map(setting).collect();
    settings.sort_by_key(|setting| setting.differs != Differs::Forbidding);
    settings
}

/// Why the sides cannot be compared, if so.
pub(super) fn objection(settings: &[Setting]) -> Option<String> {
    let forbidding = settings.iter().filter(|setting| setting.differs == Differs::Forbidding);
    let words: Vec<_> = forbidding
        .map(|setting| format!("{} is {} against {}", setting.name, setting.a, setting.b))
        .collect();
    (!words.is_empty()).then(|| words.join("; "))
}

/// Every setting with the values it has in the runs of a side.
fn values(side: &Side) -> BTreeMap<String, BTreeSet<String>> {
    let mut values: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for (name, value) in side.runs.iter().flat_map(settings) {
        values.entry(name).or_default().insert(value);
    }
    values
}

fn settings(run: &LoadedRun) -> Vec<(String, String)> {
    let Manifest { config, scenario, machine, claque, seed, target, by_hand, network, .. } = &run.manifest;
    let mut settings = Vec::new();
    flatten("", scenario, &mut settings);
    settings.retain(|(name, _)| {
        let top = name.split(['.', '[']).next().unwrap_or_default();
        !PASSED_OVER.contains(&top)
    });
    // What is never done is as if it were not said; and so is how long pauses are that nobody makes.
    let is_nothing = |value: &str| value.parse() == Ok(0.0_f64);
    let pauses = settings.iter().any(|(name, value)| name == "behaviour.pause" && !is_nothing(value));
    settings.retain(|(name, value)| match name.strip_prefix("behaviour.") {
        Some("pause_seconds") => pauses,
        Some(_) => !is_nothing(value),
        None => true,
    });
    let mut put = |name: &str, value: String| {
        settings.retain(|(known, _)| known != name);
        settings.push((name.to_owned(), value));
    };
    put("users", config.users.to_string());
    put("blocks", config.blocks_per_user.to_string());
    put("speed", config.speed.to_string());
    put("model", config.model.clone());
    put("voice", if config.voice.is_empty() { "default".to_owned() } else { config.voice.clone() });
    put("seed", seed.to_string());
    // The port of an embedded gateway is another one each time.
    put("target", target.split(" at http").next().unwrap_or(target).to_owned());
    put("claque", claque.version.clone());
    if let Some(by_hand) = by_hand {
        put(BY_HAND, by_hand.clone());
    }
    if let Some(proxy) = &network.proxy {
        put("proxy", proxy.clone());
    }
    // Virtual time knows no days, and passes alike on every machine.
    if scenario["time"] != "virtual" {
        let day = run.manifest.started_at_utc.split('T').next().unwrap_or_default();
        put("day", day.to_owned());
        put("machine", format!("{} {} with {} cpus", machine.os, machine.arch, machine.cpus));
    }
    settings
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::compare::tests::run;

    fn side(scenario: Value) -> Side {
        let mut run = run("a", 1.0, 0, 1);
        run.manifest.scenario = scenario;
        Side { label: "A".to_owned(), runs: vec![run] }
    }

    #[test]
    fn only_what_ran_in_real_time_ran_on_a_day_and_on_a_machine() {
        let on = |time: &str, day: &str, cpus: u32| {
            let mut side = side(json!({ "time": time }));
            side.runs[0].manifest.started_at_utc = format!("{day}T10:00:00Z");
            side.runs[0].manifest.machine.cpus = cpus;
            side
        };
        let names = |a: &Side, b: &Side| -> Vec<String> {
            between(a, b).into_iter().map(|setting| setting.name).collect()
        };
        let real = on("real", "2026-11-24", 2);
        assert_eq!(names(&real, &on("real", "2026-11-25", 4)), ["day", "machine"]);
        let simulated = on("virtual", "2026-11-24", 2);
        assert_eq!(names(&simulated, &on("virtual", "2026-11-25", 4)), [""; 0]);
        assert_eq!(names(&simulated, &real), ["time"]);
    }

    #[test]
    fn a_task_that_only_one_side_has_forbids_a_comparison() {
        for (a, b, forbids) in [
            (json!({}), json!({"arrivals": "constant:2/min"}), true),
            (json!({"listens": "5s"}), json!({}), true),
            (json!({}), json!({"behaviour": {"hang_up": 6.0, "pause_seconds": 10.0}}), true),
            // What is never done says nothing.
            (json!({}), json!({"behaviour": {"hang_up": 0.0, "pause": 0.0, "pause_seconds": 10.0}}), false),
            // What an older file does not say may have been the same.
            (json!({}), json!({"use_cached": true}), false),
            (json!({"use_cached": false}), json!({"use_cached": true}), true),
            (json!({"workers": 4}), json!({"workers": 8}), false),
        ] {
            let objection = objection(&between(&side(a.clone()), &side(b.clone())));
            assert_eq!(objection.is_some(), forbids, "{a} {b}: {objection:?}");
        }
    }
}
