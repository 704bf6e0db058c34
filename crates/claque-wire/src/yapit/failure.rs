//! What refusals, closes and error bodies of the gateway mean as failures.

use claque_core::{
    event::{Failure, FailureClass, FailureScope, Phase},
    time::Duration,
};
use serde_json::Value;

use super::json;

/// Most characters kept of a body's words.
const WORDS_CHARS: usize = 300;

/// The failure that a session-level `error` message is; the server's words are kept as they are.
#[must_use]
pub fn session_error(words: &str) -> Failure {
    let lower = words.to_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| lower.contains(part));
    let class = if speaks_of_limit(words) || has(&["limit exceeded", "slow down"]) {
        FailureClass::Limit
    } else if has(&[
        "not found",
        "not configured",
        "access denied",
        "unknown message",
        "invalid json",
        "validation error",
    ]) {
        FailureClass::Invalid
    } else {
        FailureClass::Server
    };
    Failure {
        phase: Phase::BeforeAudio,
        class,
        code: None,
        text: words.to_owned(),
        kills: FailureScope::Session,
    }
}

/// The class of a block's error, by the server's words and whether asking again may help. What is final is a limit, whatever
/// the words: the only final errors on record are of usage limits (docs/metrics.md). A service may also call a limit recoverable, and say what it is in words alone.
#[must_use]
pub fn block_error_class(words: &str, recoverable: bool) -> FailureClass {
    if recoverable && !speaks_of_limit(words) { FailureClass::Server } else { FailureClass::Limit }
}

/// Whether words are about a rate or usage limit, or name HTTP's status for one. `rate limited to 24 kHz` is none, nor is the
/// quota of a disk.
fn speaks_of_limit(words: &str) -> bool {
    const RATES: [&str; 6] = [
        " rate limit ",
        " rate limits ",
        " rate limited ",
        " rate limiting ",
        " ratelimit ",
        " ratelimited ",
    ];
    const OTHERS: [&str; 3] = [" usage limit ", " usage limits ", " too many requests "];
    let lower = words.to_lowercase();
    let parts: Vec<_> = lower.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()).collect();
    // Every word has a blank on both sides, so that what is accurate is no rate.
    let spaced = format!(" {} ", parts.join(" "));
    let has = |phrases: &[&str]| phrases.iter().any(|phrase| spaced.contains(phrase));
    has(&OTHERS)
        || (has(&RATES) && !is_about_sound(&parts))
        || speaks_of_used_up_quota(&parts)
        || names_status_429(&parts)
}

/// Whether the rate is one of samples or bits.
fn is_about_sound(parts: &[&str]) -> bool {
    let is_format = |pair: &[&str]| {
        matches!(
            pair,
            ["sample" | "sampling" | "bit" | "frame" | "data" | "baud" | "symbol" | "speech", "rate"]
        )
    };
    parts.windows(2).any(is_format) || parts.iter().any(|part| part.ends_with("hz") || part.ends_with("kbps"))
}

/// Whether a quota is one of what may be asked for, and not of a disk or a process.
fn speaks_of_used_up_quota(parts: &[&str]) -> bool {
    const OF: [&str; 20] = [
        "usage",
        "request",
        "requests",
        "account",
        "plan",
        "billing",
        "insufficient",
        "credit",
        "credits",
        "api",
        "your",
        "characters",
        "tokens",
        "daily",
        "monthly",
        "subscription",
        "user",
        "organization",
        "day",
        "month",
    ];
    const NOT: [&str; 8] = ["disk", "storage", "memory", "cpu", "filesystem", "inode", "file", "space"];
    let has = |words: &[&str]| parts.iter().any(|part| words.contains(part));
    has(&["quota", "quotas"]) && has(&OF) && !has(&NOT)
}

/// Whether 429 stands there as a status, and not as the number of a block.
fn names_status_429(parts: &[&str]) -> bool {
    const BEFORE: [&str; 8] = ["http", "status", "code", "error", "answered", "returned", "got", "with"];
    let is_version = |part: &&&str| part.len() == 1 && part.bytes().all(|byte| byte.is_ascii_digit());
    parts.iter().enumerate().any(|(at, part)| {
        let before = parts[..at].iter().rev().find(|part| !is_version(part));
        *part == "429" && before.is_none_or(|before| BEFORE.contains(before))
    })
}

/// The failure that the end of a WebSocket is, when the listener was not done.
///
/// `code` is the close frame's, nothing when the connection ended without one. Codes are those of RFC 6455
/// section 7.4.1 and its registry.
#[must_use]
pub fn close(code: Option<u16>, reason: &str) -> Failure {
    let class = match code {
        Some(1008) if is_about_auth(reason) => FailureClass::Auth,
        Some(1008) => FailureClass::Invalid,
        Some(1012 | 1013) => FailureClass::Overload,
        Some(1002 | 1003 | 1007 | 1009 | 1010) => FailureClass::Protocol,
        Some(1011) => FailureClass::Server,
        Some(_) | None => FailureClass::Transport,
    };
    let text = match (reason.trim(), code) {
        ("", Some(_)) => "the server closed the connection before the end, without a reason".to_owned(),
        ("", None) => "the connection ended before the listener was done".to_owned(),
        (reason, _) => cut(reason),
    };
    Failure { phase: Phase::BeforeAudio, class, code, text, kills: FailureScope::Session }
}

/// The failure that an HTTP answer other than 101 to the WebSocket handshake is.
#[must_use]
pub fn handshake_refused(status: u16) -> Failure {
    Failure {
        phase: Phase::Handshake,
        class: class_of_status(status),
        code: Some(status),
        text: format!("the server refused the WebSocket handshake with HTTP {status}"),
        kills: FailureScope::Session,
    }
}

/// The failure that an unsuccessful HTTP answer is, with the words its body holds, at most 300 characters.
#[must_use]
pub fn http_failure(status: u16, body: &[u8], kills: FailureScope, phase: Phase) -> Failure {
    let class = if is_full_account(status, body) { FailureClass::Limit } else { class_of_status(status) };
    Failure { phase, class, code: Some(status), text: words_of(status, body), kills }
}

/// Length of the window of the limit that a refusal names, as in `Rate limit exceeded: 10 per 1 minute`; nothing when it
/// names none.
#[must_use]
pub fn limit_window(words: &str) -> Option<Duration> {
    let (_, span) = words.split_once(" per ")?;
    let mut parts = span.split_whitespace();
    let (number, unit) = match parts.next()? {
        number if number.bytes().all(|byte| byte.is_ascii_digit()) => {
            (number.parse::<u64>().ok()?, parts.next()?)
        }
        unit => (1, unit),
    };
    let seconds = match unit.trim_end_matches(['.', ',']).trim_end_matches('s') {
        "second" => 1,
        "minute" => 60,
        "hour" => 3_600,
        "day" => 86_400,
        "month" => 2_592_000,
        "year" => 31_104_000,
        _ => return None,
    };
    Some(Duration::from_secs(number.checked_mul(seconds)?))
}

fn is_about_auth(reason: &str) -> bool {
    let lower = reason.to_lowercase();
    ["token", "authenticat", "anonymous session", "unauthorized"].iter().any(|word| lower.contains(word))
}

const fn class_of_status(status: u16) -> FailureClass {
    match status {
        401 | 403 => FailureClass::Auth,
        402 | 429 => FailureClass::Limit,
        503 => FailureClass::Overload,
        400..=499 => FailureClass::Invalid,
        500..=599 => FailureClass::Server,
        _ => FailureClass::Protocol,
    }
}

/// A full account is refused with 403, which has nothing to do with who asks.
fn is_full_account(status: u16, body: &[u8]) -> bool {
    status == 403
        && json::read::<Value>(body).is_ok_and(|body| {
            body.pointer("/detail/code").and_then(Value::as_str).is_some_and(|code| code.contains("LIMIT"))
        })
}

fn words_of(status: u16, body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let words = match json::read::<Value>(body) {
        Ok(Value::Object(members)) => {
            members.get("detail").or_else(|| members.get("error")).map_or_else(|| text.to_string(), words)
        }
        Ok(Value::String(words)) => words,
        Ok(_) | Err(_) => text.to_string(),
    };
    match words.trim() {
        "" => format!("HTTP {status} without a body"),
        words => cut(words),
    }
}

fn words(value: &Value) -> String {
    match value {
        Value::String(words) => words.clone(),
        Value::Object(members) => {
            let said =
                ["message", "msg", "error", "code"].iter().find_map(|name| members.get(*name)?.as_str());
            said.map_or_else(|| value.to_string(), str::to_owned)
        }
        Value::Array(issues) => issues.iter().map(issue).collect::<Vec<_>>().join("; "),
        Value::Null => String::new(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// One complaint about a request body: where, and what.
fn issue(value: &Value) -> String {
    let place = value
        .get("loc")
        .and_then(Value::as_array)
        .map(|parts| parts.iter().map(|part| part.as_str().map_or_else(|| part.to_string(), str::to_owned)));
    match (place, value.get("msg").and_then(Value::as_str)) {
        (Some(place), Some(what)) => format!("{}: {what}", place.collect::<Vec<_>>().join(".")),
        (None, Some(what)) => what.to_owned(),
        (_, None) => words_flat(value),
    }
}

/// Words of a value that is no list, so that nothing nested can recurse.
fn words_flat(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn cut(words: &str) -> String {
    words.trim().chars().take(WORDS_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_known_by_its_words() {
        for words in [
            "Rate limit exceeded",
            "RATE_LIMIT_EXCEEDED",
            "upstream rate-limited us: insufficient_quota",
            "You exceeded your current quota",
            "Usage limit exceeded",
            "Too many requests",
            "HTTP 429",
            "HTTP/1.1 429",
            "provider answered with status 429: wait",
            "429",
        ] {
            assert!(speaks_of_limit(words), "{words}");
        }
        for words in [
            "block 429 failed",
            "worker 4290 is gone",
            "the engine choked",
            "accurate limits",
            "took 429 ms",
            "sample rate limited to 24 kHz",
            "bit rate limit of the encoder",
            "disk quota of worker exceeded",
            "quota of file descriptors of this plan's disk",
            "quota",
        ] {
            assert!(!speaks_of_limit(words), "{words}");
        }
    }

    #[test]
    fn the_window_of_a_limit_is_read_from_its_words() {
        for (words, seconds) in [
            ("Rate limit exceeded: 10 per 1 minute", Some(60)),
            ("Rate limit exceeded: 1000 per 1 month", Some(2_592_000)),
            ("300 per 5 minutes", Some(300)),
            ("5 per second.", Some(1)),
            ("Rate limit exceeded", None),
            ("one per customer", None),
            ("10 per 99999999999999999999 minute", None),
        ] {
            assert_eq!(limit_window(words).map(|window| window.as_secs()), seconds, "{words}");
        }
    }
}
