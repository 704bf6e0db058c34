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
use serde_json::Value;

pub(crate) use self::{
    choice::{Limits, choose, configured},
    layers::lay_over,
    openai::choose_openai,
    table::GatewayTable,
};

/// Everything of a decided gateway as a `[gateway]` table, without secrets. The lists of voices that are the preset's are left out: they
/// are long, and known from its name.
pub(crate) fn decided(choice: &GatewayChoice) -> Value {
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

/// Everything of a decided gateway of speech as a `[gateway]` table, without its keys.
pub(crate) fn decided_openai(choice: &OpenaiChoice) -> Value {
    serde_json::to_value(&choice.config).unwrap_or_default()
}

#[cfg(test)]
mod tests;
