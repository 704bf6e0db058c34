//! Every constant of a reference gateway as settings: the `[gateway]` table of a scenario, and `--gateway-set`.
//!
//! What there is to set, its units and ranges stand at the constants themselves (`claque_gateway`, `claque_front`). Here tables are
//! laid over each other ([`layers`]), each is checked as soon as it is read ([`table`]), and the whole is read once ([`choice`],
//! [`openai`]).

mod choice;
mod engine;
mod layers;
mod openai;
mod table;

use claque_front::yapit::gateway::GatewayConfig;
use claque_run::order::{GatewayChoice, OpenaiChoice};
use serde_json::{Map, Value, json};

pub(crate) use self::{
    choice::{GatewayWishes, Limits, choose, configured},
    layers::lay_over,
    openai::choose_openai,
    table::GatewayTable,
};

/// Adds what was decided about a gateway, by the names a scenario has for it.
pub(crate) fn decided(choice: &GatewayChoice, scenario: &mut Map<String, Value>) {
    scenario.insert("engine".to_owned(), choice.engine.name().into());
    scenario.insert("gateway".to_owned(), table_of(choice));
    if !choice.doubts.is_empty() {
        scenario.insert("calibration".to_owned(), json!({ "doubts": choice.doubts }));
    }
}

/// The same of a gateway of speech; its keys are left out.
pub(crate) fn decided_openai(choice: &OpenaiChoice, scenario: &mut Map<String, Value>) {
    scenario.insert("engine".to_owned(), choice.engine.name().into());
    scenario.insert("gateway".to_owned(), serde_json::to_value(&choice.config).unwrap_or_default());
}

/// Everything of a decided gateway as a `[gateway]` table, without secrets. The lists of voices that are the preset's are left out: they
/// are long, and known from its name.
fn table_of(choice: &GatewayChoice) -> Value {
    let written = |config: &GatewayConfig| serde_json::to_value(config).unwrap_or_default();
    let mut table = written(&choice.config);
    let preset = GatewayConfig::preset(&choice.preset).as_ref().map(written).unwrap_or_default();
    let models = table.get_mut("models").and_then(Value::as_object_mut);
    for (slug, model) in models.into_iter().flatten() {
        if model["voices"] == preset["models"][slug]["voices"] {
            model["voices"] = Value::Null;
        }
    }
    if let Some(table) = table.as_object_mut() {
        table.insert("preset".to_owned(), choice.preset.clone().into());
    }
    table
}

#[cfg(test)]
mod tests;
