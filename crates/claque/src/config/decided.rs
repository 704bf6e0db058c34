//! What was decided, by the names a scenario has for it: what a run's `scenario` holds. No secret is in it.

use claque_core::plan::Plan;
use serde_json::{Map, Value};

use super::{arrivals, audience, listen, listener_network, objectives, wishes::Wishes};

/// What was decided about the audience and how it is judged.
pub(super) fn audience(wishes: &Wishes, plan: &Plan, player: &str) -> Map<String, Value> {
    let mut scenario = Map::new();
    audience::decided(wishes, plan, &mut scenario);
    objectives::decided(wishes, &mut scenario);
    arrivals::decided(wishes, &mut scenario);
    listener_network::decided(&plan.network, &mut scenario);
    listen::decided(&plan.policy, player, &plan.behaviour, &mut scenario);
    scenario
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
