//! What was decided, by the names a scenario has for it: what a run's `scenario` holds. No secret is in it.

use claque_core::plan::Plan;
use claque_run::order::{GatewayChoice, OpenaiChoice, TargetChoice};
use serde_json::{Map, Value, json};

use super::{arrivals, audience::seed_number, gateway as gateways, listen, wish::Wish, wishes::Wishes};

/// What was decided about the audience, by the names a scenario has for it.
pub(super) fn audience(wishes: &Wishes, plan: &Plan, player: &str) -> Map<String, Value> {
    let seconds = |wish: &Option<Wish<f64>>, default| wish.as_ref().map_or(default, |wish| wish.value);
    let text = wishes.text.as_ref().map(|wish| wish.value.display().to_string());
    let decided = json!({
        "users": plan.schedule.known_of(plan.users),
        "blocks": plan.blocks,
        "model": plan.model,
        "voice": plan.voice,
        "speed": plan.speed.as_f64(),
        "stagger": seconds(&wishes.stagger, 0.0),
        "use_cached": plan.use_cached,
        "varied_lengths": plan.varied_lengths,
        "text": text,
        "seed": seed_number(wishes),
        "timeout": plan.timeout.as_secs_f64(),
    });
    match decided {
        Value::Object(mut map) => {
            for (key, lines) in [("objectives", &wishes.objectives), ("abort_on", &wishes.abort_on)] {
                let lines = lines.iter().flatten().map(|line| Value::from(line.value.as_str()));
                map.insert(key.to_owned(), none_if_empty(lines.collect()));
            }
            let confidence = wishes.confidence.as_ref().map(|wish| wish.value);
            map.insert("confidence".to_owned(), confidence.into());
            arrivals::decided(wishes, &mut map);
            listen::decided(&plan.policy, player, &plan.behaviour, &mut map);
            map
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Map::new(),
    }
}

fn none_if_empty(values: Vec<Value>) -> Value {
    if values.is_empty() { Value::Null } else { Value::Array(values) }
}

/// Adds which service is meant.
pub(super) fn target(target: &TargetChoice, scenario: &mut Map<String, Value>) {
    match target {
        TargetChoice::Embedded(choice) => gateway(choice, scenario),
        TargetChoice::EmbeddedSpeech(choice) => speech_gateway(choice, scenario),
        TargetChoice::BaseUrl(target) => {
            scenario.insert("base_url".to_owned(), target.as_str().into());
        }
    }
}

/// Adds what was decided about the gateway.
pub(super) fn gateway(choice: &GatewayChoice, scenario: &mut Map<String, Value>) {
    scenario.insert("engine".to_owned(), choice.engine.name().into());
    scenario.insert("gateway".to_owned(), gateways::decided(choice));
    if !choice.doubts.is_empty() {
        scenario.insert("calibration".to_owned(), json!({ "doubts": choice.doubts }));
    }
}

/// Adds what was decided about a gateway of speech.
pub(super) fn speech_gateway(choice: &OpenaiChoice, scenario: &mut Map<String, Value>) {
    scenario.insert("engine".to_owned(), choice.engine.name().into());
    scenario.insert("gateway".to_owned(), gateways::decided_openai(choice));
}

/// A setting that is absent is left out, as in a file.
pub(super) fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(
            map.into_iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(key, value)| (key, without_nulls(value)))
                .collect(),
        ),
        Value::Array(values) => Value::Array(values.into_iter().map(without_nulls).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
    }
}
