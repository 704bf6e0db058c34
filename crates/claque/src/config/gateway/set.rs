//! `--gateway-set KEY=VALUE`: one line of a `[gateway]` table.

use super::GatewaySettings;
use crate::config::{UsageError, scenario::explain};

/// Reads what was typed, as the key and its setting. KEY is as TOML writes it (`pipeline.max_retries`, `models."inworld-1.5".workers`), VALUE
/// too, but a text need not be quoted.
///
/// # Errors
/// The key is unknown or the value is not what it takes.
pub(super) fn parse(typed: &str) -> Result<(&str, GatewaySettings), UsageError> {
    let Some((key, value)) = typed.split_once('=') else {
        return Err(UsageError::new(
            "--gateway-set takes KEY=VALUE, such as pipeline.max_retries=5; there is no `=` in what was given",
        ));
    };
    let (key, value) = (key.trim(), value.trim());
    let mut line = format!("{key} = {value}");
    if toml::from_str::<toml::Table>(&line).is_err() {
        line = format!("{key} = {}", toml::Value::String(value.to_owned()));
    }
    toml::from_str(&line)
        .map(|settings| (key, settings))
        .map_err(|error| UsageError::new(format!("--gateway-set {key}: {}", explain(error.message()))))
}
