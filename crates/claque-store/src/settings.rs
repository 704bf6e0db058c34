//! What was decided for a run, setting by setting.

use serde_json::Value;

/// Adds every leaf of a scenario: "gateway.pipeline.max_retries" and its value. `name` goes before each; what is null is no
/// setting.
pub fn flatten(name: &str, value: &Value, settings: &mut Vec<(String, String)>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let name = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
                flatten(&name, value, settings);
            }
        }
        Value::String(text) => settings.push((name.to_owned(), text.clone())),
        Value::Null => {}
        Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
            settings.push((name.to_owned(), value.to_string()));
        }
    }
}
