//! The scenario file: TOML, read whole or not at all.
//!
//! Files that are read (`text`, those of `arrivals`, `env_file`, `auth_env_file`, `accounts`, `client_cert`, `client_key`) are looked for beside the scenario; folders that are
//! written are below the current one, as if they had been typed.

use std::path::{Path, PathBuf};

use claque_run::usage::hint;
use toml::{Spanned, de::DeTable};

use super::{
    UsageError, file,
    gateway::GatewayTable,
    groups::Unread,
    wish::{Source, list},
    wishes::Wishes,
};

/// What a scenario asks for, and its text for later errors. Nothing without a file.
///
/// # Errors
/// The file cannot be read, is no TOML, has a key or a type that is unknown, or holds a secret.
pub(crate) fn read(path: Option<&Path>) -> Result<(Wishes, Source), UsageError> {
    let Some(path) = path else { return Ok((Wishes::default(), Source::default())) };
    let text = file::read_text(path, file::MOST_SETTINGS).map_err(|error| {
        UsageError::new(format!(
            "failed to read the scenario {}: {error}; check the path given to --scenario",
            path.display()
        ))
    })?;
    let source = Source { path: path.to_owned(), text };
    let wishes = parse(&source)?;
    Ok((wishes, source))
}

pub(super) fn parse(source: &Source) -> Result<Wishes, UsageError> {
    let root = DeTable::parse(&source.text).map_err(|error| complaint(&error, source))?;
    wishes(root, source)
}

/// What a scenario asks for.
///
/// # Errors
/// It has a key or a type that is unknown, or holds a secret.
pub(super) fn wishes(scenario: Spanned<DeTable<'_>>, source: &Source) -> Result<Wishes, UsageError> {
    let gateway = GatewayTable::of_scenario(scenario.get_ref(), source);
    let mut wishes = Wishes::read(scenario).map_err(|unread| told(&unread, source))?;
    wishes.gateway.table = gateway?;
    checked(wishes, source)
}

fn told(Unread { message, span }: &Unread, source: &Source) -> UsageError {
    let place =
        span.as_ref().map_or_else(|| source.path.display().to_string(), |span| source.line(span.start));
    let line = span.as_ref().and_then(|span| line_at(&source.text, span.start));
    let what = line.and_then(|line| no_value(message, line)).unwrap_or_else(|| explain(message));
    UsageError::new(format!("{place}: {what}"))
}

/// A deserialiser's complaint with its line.
pub(super) fn complaint(error: &toml::de::Error, source: &Source) -> UsageError {
    told(&Unread { message: error.message().to_owned(), span: error.span() }, source)
}

/// What a scenario asks for once it was understood: it holds no secret, and its files lie beside it.
///
/// # Errors
/// It holds one.
fn checked(mut wishes: Wishes, source: &Source) -> Result<Wishes, UsageError> {
    wishes.credentials.hold_no_secret(source)?;
    wishes.place_files(&|file| beside(&source.path, file));
    Ok(wishes)
}

fn beside(scenario: &Path, file: &Path) -> PathBuf {
    scenario.parent().map_or_else(|| file.to_owned(), |folder| folder.join(file))
}

/// The line that has this byte.
fn line_at(text: &str, offset: usize) -> Option<&str> {
    let (before, behind) = text.split_at_checked(offset)?;
    let begin = before.rfind('\n').map_or(0, |at| at + 1);
    let end = behind.find('\n').map_or(text.len(), |at| offset + at);
    text.get(begin..end)
}

/// What is wrong with `key = value` where TOML has no such value: its reader names neither. Of a value that is not made of what numbers
/// are nothing is said back, for it may be a secret.
fn no_value(message: &str, line: &str) -> Option<String> {
    const NO_NUMBER: [&str; 5] = [
        "invalid mantissa",
        "invalid fraction",
        "invalid exponent",
        "unexpected leading zero",
        "floating-point number overflowed",
    ];
    let (key, value) = line.split_once('=')?;
    let (key, value) = (key.trim(), value.split('#').next().unwrap_or_default().trim());
    let is_key = |c: char| c.is_ascii_alphanumeric() || "._-\"'".contains(c);
    if !key.chars().all(is_key) {
        return None;
    }
    let is_any = |starts: &[&str]| starts.iter().any(|start| message.starts_with(start));
    if is_any(&NO_NUMBER) {
        let is_told = value.chars().all(|c| c.is_ascii_digit() || "+-.eE_".contains(c));
        let value = if is_told { format!("is `{value}`, which") } else { "has a value that".to_owned() };
        return Some(format!("{key} {value} is no number; write one such as 0.5 or 10"));
    }
    is_any(&["string values must be quoted"])
        .then(|| format!("{key} has a text without quotes; write a number such as 0.5, or text as \"2s\""))
}

/// A deserialiser's complaint in words for people. Serde names an unknown key and the known ones in backquotes.
pub(crate) fn explain(message: &str) -> String {
    for (start, noun) in [("unknown field ", "key"), ("unknown variant ", "name")] {
        if message.starts_with(start) {
            let mut names = message.split('`').skip(1).step_by(2);
            let typed = names.next().unwrap_or_default();
            // Secrets are known only in order to be refused.
            let known: Vec<&str> = names.filter(|name| !["token", "password"].contains(name)).collect();
            if known.is_empty() {
                return format!("unknown {noun} `{typed}`");
            }
            let hint = hint(typed, &known).unwrap_or_else(|| format!("give {}", list(&known)));
            return format!("unknown {noun} `{typed}`; {hint}");
        }
    }
    plain_types(message.trim_end().lines().next().unwrap_or_default())
}

/// Rust's names of types mean nothing to a reader of TOML.
fn plain_types(message: &str) -> String {
    if message == "wanted string or table" {
        return "invalid type, expected a name or a table".to_owned();
    }
    let Some((what, expected)) = message.rsplit_once("expected ") else { return message.to_owned() };
    let plain = match expected {
        "i64" => "a whole number",
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number from 0",
        "f64" => "a number",
        "path string" => "a path",
        "a map" => "a table",
        _ if expected.starts_with("a nonzero") => "a whole number from 1",
        _ if expected.starts_with("struct ") => "a table",
        other => other,
    };
    format!("{what}expected {plain}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        let source = Source { path: "scenario.toml".into(), text: text.to_owned() };
        parse(&source).unwrap_err().to_string()
    }

    #[test]
    fn what_is_no_value_is_told_with_its_key_and_what_is_one() {
        for (text, words) in [
            (
                "users = 1\nspeed = .5 # half\n",
                "scenario.toml:2: speed is `.5`, which is no number; write one such as 0.5 or 10",
            ),
            ("speed = 1.", "scenario.toml:1: speed is `1.`, which is no number; write one such as 0.5 or 10"),
            ("users = 01", "scenario.toml:1: users is `01`, which is no number; write one such as 0.5 or 10"),
            (
                "[behaviour]\nvoice = .5",
                "scenario.toml:2: voice is `.5`, which is no number; write one such as 0.5 or 10",
            ),
            (
                "start_buffer = 2s\n",
                "scenario.toml:1: start_buffer has a text without quotes; write a number such as 0.5, or text as \"2s\"",
            ),
        ] {
            assert_eq!(error(text), words);
        }
        // What may be a secret is not said back.
        for text in ["token = hush-hush", "token = .hush", "a = { token = hush-hush }"] {
            assert!(!error(text).contains("hush"), "{text}: {}", error(text));
        }
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line_and_the_nearest_one() {
        assert_eq!(
            error("users = 3\n\nuserz = 4\n"),
            "scenario.toml:3: unknown key `userz`; did you mean `users`?"
        );
        assert_eq!(
            error("[gateway]\n[gateway.pipeline]\nmax_retrys = 4\n"),
            "scenario.toml:3: unknown key `max_retrys`; did you mean `max_retries`?"
        );
        assert_eq!(
            error("[gateway.pipeline.overflow.cold_start]\nmode = 4\n"),
            "scenario.toml:2: unknown key `mode`; give median_seconds or p98_seconds"
        );
    }

    #[test]
    fn a_wrong_type_is_named_with_its_line() {
        assert_eq!(
            error("users = 3\nblocks = \"many\"\n"),
            "scenario.toml:2: invalid type: string \"many\", expected a whole number"
        );
        assert_eq!(
            error("[gateway]\naccept_interval_seconds = -1\n"),
            "scenario.toml:2: -1 s is out of range; give 0 to 1000000000"
        );
        assert_eq!(
            error("[gateway]\nera = \"2025\"\n"),
            "scenario.toml:2: unknown name `2025`; did you mean `2026-02`?"
        );
    }

    #[test]
    fn what_is_no_toml_is_named_with_its_line() {
        assert!(error("users = 3\nblocks 4\n").starts_with("scenario.toml:2: "), "{}", error("blocks 4"));
        assert!(error("users = 3\nusers = 4\n").starts_with("scenario.toml:2: duplicate key"));
    }

    #[test]
    fn the_page_on_scenarios_shows_one_that_works_and_names_every_key() {
        let page = include_str!("../../../../docs/scenario.md");
        let example = page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
        parse(&Source { path: "s.toml".into(), text: example.to_owned() }).unwrap();
        let names = |table: &str, key: &str| {
            let places = [format!("`{key}"), format!(".{key}`"), format!("[{key}]")];
            assert!(places.iter().any(|place| page.contains(place)), "{table} {key}");
        };
        for table in ["", "[behaviour]", "[documents]"] {
            let text = format!("{table}\nqqq = 1");
            let Err(Unread { message, .. }) = Wishes::read(DeTable::parse(&text).unwrap()) else {
                panic!("{table} knows no such key")
            };
            let keys = message.split('`').skip(3).step_by(2);
            keys.filter(|key| !["token", "password"].contains(key)).for_each(|key| names(table, key));
        }
        let gateway =
            serde_json::to_value(claque_front::yapit::gateway::GatewayConfig::switched_on()).unwrap();
        for table in ["", "/extraction", "/pipeline", "/pipeline/overflow", "/faults"] {
            let keys = gateway.pointer(table).and_then(serde_json::Value::as_object).unwrap().keys();
            keys.for_each(|key| names(table, key));
        }
        for key in ["preset", "openai", "stream", "streams"] {
            names("[gateway]", key);
        }
    }

    #[test]
    fn a_secret_is_refused_without_being_repeated() {
        let error = error("users = 1\ntoken = \"hush-hush\"\n");
        assert!(error.starts_with("scenario.toml:2: token does not belong in a scenario"), "{error}");
        assert!(!error.contains("hush-hush"));
        let in_gateway = self::error("[gateway.auth]\nstatic_tokens = \"hush-hush\"\n");
        assert!(!in_gateway.contains("hush-hush"), "{in_gateway}");
    }
}
