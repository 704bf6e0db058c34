//! A `[gateway]` table as somebody wrote it: checked at once, and kept until it is known which gateway is meant.

use std::{fmt, ops::Range};

use claque_front::{
    openai::{Dialect, OpenaiConfig},
    yapit::gateway::GatewayConfig,
};
use claque_gateway::Faults;
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::layers::{Base, parsed, read};
use crate::config::{
    UsageError,
    scenario::explain,
    wish::{Place, Source, Wish},
};

/// Settings of a gateway, right by themselves. Their debug output hides them, for there may be secrets among them.
#[derive(Clone, Default)]
pub(crate) struct GatewayTable {
    /// Whose constants stand behind these.
    pub(super) preset: Option<Wish<String>>,
    /// The others, as TOML.
    pub(in crate::config) text: String,
}

/// What is wrong with a table, and where.
struct Complaint {
    words: String,
    span: Option<Range<usize>>,
}

impl GatewayTable {
    /// The `[gateway]` of a scenario; none without one.
    ///
    /// # Errors
    /// A key is unknown or a value is not what it takes.
    pub(crate) fn of_scenario(
        scenario: &DeTable<'_>,
        source: &Source,
    ) -> Result<Option<Wish<Self>>, UsageError> {
        let Some((key, value)) = scenario.get_key_value("gateway") else { return Ok(None) };
        let DeValue::Table(table) = value.get_ref() else { return Ok(None) };
        let place = |at: Range<usize>| Place::File { offset: at.start };
        check(table).map_err(|Complaint { words, span }| {
            let span = span.unwrap_or_else(|| key.span());
            UsageError::new(format!("{}: {words}", source.line(span.start)))
        })?;
        let mut table = table.clone();
        let preset = table.remove("preset").map(|preset| Wish {
            place: place(preset.span()),
            value: preset.get_ref().as_str().unwrap_or_default().to_owned(),
        });
        // It was read above, and is written as it was read.
        let text = read::<toml::Table>(table).map(|table| table.to_string()).unwrap_or_default();
        Ok(Some(Wish { value: Self { preset, text }, place: place(value.span()) }))
    }
}

/// One `--gateway-set KEY=VALUE`: its place for errors, and the table of one line that it is. KEY is as TOML writes it
/// (`pipeline.max_retries`, `models."inworld-1.5".workers`), VALUE too, but a text need not be quoted.
///
/// # Errors
/// The key is unknown or the value is not what it takes.
pub(super) fn of_flag(typed: &str) -> Result<(String, String), UsageError> {
    let Some((key, value)) = typed.split_once('=') else {
        return Err(UsageError::new(
            "--gateway-set takes KEY=VALUE, such as pipeline.max_retries=5; there is no `=` in what was given",
        ));
    };
    let (key, value) = (key.trim(), value.trim());
    let place = format!("--gateway-set {key}");
    let mut line = format!("{key} = {value}");
    if let Err(error) = DeTable::parse(&line) {
        if value.starts_with(['{', '[']) {
            return Err(UsageError::new(format!(
                "{place}: what is given is no table or list that TOML has ({}); write numbers as in 0.5 or 10, and texts in quotes",
                explain(error.message())
            )));
        }
        line = format!("{key} = {}", toml::Value::String(value.to_owned()));
    }
    let table = parsed(&line).map_err(|what| UsageError::new(format!("{place}: {what}")))?;
    check(&table).map_err(|complaint| UsageError::new(format!("{place}: {}", complaint.words)))?;
    if table.contains_key("preset") {
        return Err(UsageError::new("--gateway-set sets single constants; choose the preset with --gateway"));
    }
    Ok((place, line))
}

/// The first key that only the gateway of OpenAI-compatible speech knows.
pub(super) fn first_of_openai(table: &DeTable<'_>) -> Option<&'static str> {
    let streams = table.get("faults").and_then(|faults| faults.get_ref().as_table());
    let streams = streams.is_some_and(|faults| faults.contains_key("streams"));
    let known = [("openai", table.contains_key("openai")), ("stream", table.contains_key("stream"))];
    known.into_iter().chain([("faults.streams", streams)]).find_map(|(key, is_there)| is_there.then_some(key))
}

/// The first key that the gateway of OpenAI-compatible speech does not know.
pub(super) fn first_of_yapit(table: &DeTable<'_>) -> Option<String> {
    split(table.clone()).0.into_iter().find_map(|(key, value)| {
        // A table of faults may be left empty by those of streams.
        let is_empty = value.get_ref().as_table().is_some_and(DeTable::is_empty);
        (key.get_ref() != "faults" || !is_empty).then(|| key.get_ref().to_string())
    })
}

/// # Errors
/// A key is known to neither gateway, or a value is not what it takes.
fn check(table: &DeTable<'_>) -> Result<(), Complaint> {
    if let Some(preset) = table.get("preset") {
        let alone = DeTable::from_iter([(Spanned::new(0..0, "preset".into()), preset.clone())]);
        read::<Preset>(alone).map_err(Complaint::of)?;
    }
    let (yapit, speech) = split(table.clone());
    check_keys::<GatewayConfig>(&yapit, ("preset", &["openai", "stream"]))?;
    if let Some(faults) = yapit.get("faults").and_then(|faults| faults.get_ref().as_table()) {
        check_keys::<Faults>(faults, ("", &["streams"]))?;
    }
    check_part::<GatewayConfig>(&Base::new(&GatewayConfig::current()), yapit)?;
    check_part::<OpenaiConfig>(&Base::new(&OpenaiConfig::of(Dialect::ALL[0])), speech)
}

#[derive(Deserialize)]
struct Preset {
    #[serde(rename = "preset")]
    _name: String,
}

fn check_part<T: DeserializeOwned>(base: &Base, part: DeTable<'_>) -> Result<(), Complaint> {
    let merged = base.with(part).map_err(|words| Complaint { words, span: None })?;
    read::<T>(merged).map(drop).map_err(Complaint::of)
}

/// Looks for a key of `table` that `T` does not know, and names those it knows with `first` before and `last` behind them.
fn check_keys<T: DeserializeOwned>(
    table: &DeTable<'_>,
    (first, last): (&str, &[&str]),
) -> Result<(), Complaint> {
    for (key, value) in table {
        let alone = DeTable::from_iter([(key.clone(), value.clone())]);
        let Err(error) = read::<T>(alone) else { continue };
        // The deserialiser lists what it knows, which is all but these.
        if let Some(known) = error.message().strip_prefix(&format!("unknown field `{}`, ", key.get_ref())) {
            let others = last.iter().map(|key| format!(", `{key}`")).collect::<String>();
            let first = if first.is_empty() { String::new() } else { format!("`{first}`, ") };
            let words = format!("unknown field `{}`, {first}{known}{others}", key.get_ref());
            return Err(Complaint { words: explain(&words), span: Some(key.span()) });
        }
    }
    Ok(())
}

/// The settings of either gateway: yapit's and speech's.
fn split(mut table: DeTable<'_>) -> (DeTable<'_>, DeTable<'_>) {
    let mut speech = DeTable::new();
    table.remove("preset");
    for key in ["openai", "stream"] {
        speech.extend(table.remove_entry(key));
    }
    let mut others = DeTable::new();
    if let Some((key, mut faults)) = table.remove_entry("faults") {
        if let DeValue::Table(faults) = faults.get_mut() {
            others.extend(faults.remove_entry("streams"));
        }
        if !others.is_empty() {
            speech.insert(key.clone(), Spanned::new(faults.span(), DeValue::Table(others)));
        }
        table.insert(key, faults);
    }
    (table, speech)
}

impl Complaint {
    fn of(error: toml::de::Error) -> Self {
        Self { words: explain(error.message()), span: error.span() }
    }
}

impl<'de> Deserialize<'de> for GatewayTable {
    /// Makes sure that it is a table: what is in it is read by [`GatewayTable::of_scenario`], which knows the places.
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        toml::Table::deserialize(from).map(|_| Self::default())
    }
}

impl fmt::Debug for GatewayTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GatewayTable")
    }
}
