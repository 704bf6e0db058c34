//! What refusals and words of failure mean, in every shape that servers give them.

use claque_core::event::FailureClass;
use serde_json::Value;

use super::media_type::Kind;

/// Most bytes kept of a service's words.
const MOST_WORDS: usize = 1 << 10;
/// Complaints of a list that are told; the others are counted.
const MOST_ISSUES: usize = 8;

/// An answer that is no audio.
#[derive(Clone, Copy, Debug)]
pub(super) struct Refusal<'a> {
    pub(super) status: u16,
    pub(super) kind: Kind,
    pub(super) body: &'a [u8],
    pub(super) retry_after: Option<&'a str>,
    /// The content coding of the body: then its words cannot be read.
    pub(super) coding: Option<&'a str>,
}

/// What it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Meaning {
    pub(super) class: FailureClass,
    pub(super) text: String,
}

/// Words of a failure, and the names that it has.
#[derive(Debug, Default)]
struct ErrorWords {
    words: String,
    names: Vec<String>,
    /// A status that the words come with.
    status: Option<u16>,
}

impl Refusal<'_> {
    /// Reads it.
    pub(super) fn meaning(&self) -> Meaning {
        let said = self.said();
        let has_succeeded = (200..300).contains(&self.status);
        let (class, text) = match (said, has_succeeded) {
            _ if self.coding.is_some() => (class_of_status(self.status), self.coded()),
            (Some(said), false) => {
                let class = class_of_status(self.status);
                (class, said.told(class))
            }
            (Some(said), true) => {
                let class = said.class();
                (class, format!("HTTP {} with an error instead of audio: {}", self.status, said.told(class)))
            }
            (None, false) => (class_of_status(self.status), self.without_words()),
            (None, true) => (FailureClass::Protocol, self.unspoken()),
        };
        let wait = self.retry_after.map(retry_words).unwrap_or_default();
        Meaning { class, text: cut(&text, MOST_WORDS - wait.len()) + &wait }
    }

    /// An answer whose bytes are coded, though no coding was asked for.
    fn coded(&self) -> String {
        let coding = cut(self.coding.unwrap_or_default(), 64);
        format!(
            "HTTP {} with the content-encoding `{coding}`, which was not asked for and is not undone",
            self.status
        )
    }

    fn said(&self) -> Option<ErrorWords> {
        match serde_json::from_slice::<Value>(self.body) {
            Ok(value) => ErrorWords::of(&value),
            Err(_) if self.kind == Kind::Page || is_page(self.body) => None,
            Err(_) if (200..300).contains(&self.status) => None,
            Err(_) => {
                let words = String::from_utf8_lossy(self.body).trim().to_owned();
                (!words.is_empty()).then(|| ErrorWords { words, ..ErrorWords::default() })
            }
        }
    }

    /// A failure whose body is a page, or nothing.
    fn without_words(&self) -> String {
        let status = self.status;
        match title(self.body) {
            Some(title) => format!("HTTP {status} with a web page: {title}"),
            None if self.body.trim_ascii().is_empty() => format!("HTTP {status} without a body"),
            None => format!("HTTP {status}: {}", String::from_utf8_lossy(self.body)),
        }
    }

    /// A success that holds no audio.
    fn unspoken(&self) -> String {
        let status = self.status;
        if self.kind == Kind::Page || is_page(self.body) {
            let title = title(self.body).map(|title| format!(" (`{title}`)")).unwrap_or_default();
            return format!("HTTP {status} with a web page{title} instead of audio; is the address right?");
        }
        if status != 200 && !matches!(self.kind, Kind::Json | Kind::Other) {
            return format!("HTTP {status}, and audio is taken with 200 alone");
        }
        if matches!(self.kind, Kind::Pcm(_)) {
            return format!(
                "HTTP {status} with samples of other than 16 bits, signed, lowest byte first: those are not measured"
            );
        }
        let what = if self.kind == Kind::Json { "JSON" } else { "something else" };
        let shown = cut(String::from_utf8_lossy(self.body).trim(), 200);
        match shown.is_empty() {
            true => format!("HTTP {status} with nothing instead of audio"),
            false => format!("HTTP {status} with {what} instead of audio: {shown}"),
        }
    }
}

/// What an error inside a stream of events means.
pub(super) fn event_error(error: &Value) -> Meaning {
    let said = ErrorWords::of(&Value::Object([("error".to_owned(), error.clone())].into_iter().collect()));
    let said = said.unwrap_or_else(|| ErrorWords {
        words: "the service gave no reason".to_owned(),
        ..ErrorWords::default()
    });
    let class = said.class();
    Meaning { class, text: cut(&said.told(class), MOST_WORDS) }
}

impl ErrorWords {
    /// The words of a body: `error`, `detail` or the whole of it.
    fn of(body: &Value) -> Option<Self> {
        let Value::Object(members) = body else {
            return body.as_str().map(|words| Self { words: words.to_owned(), ..Self::default() });
        };
        if let Some(said) = members.get("error").filter(|error| !error.is_null()).and_then(Self::of_object) {
            // `{"error": "a code", "message": "words"}`.
            return Some(match members.get("message").and_then(Value::as_str) {
                Some(words) => Self { words: words.to_owned(), names: vec![said.words], status: None },
                None => said,
            });
        }
        match members.get("detail") {
            Some(Value::Array(issues)) => Some(Self { words: issue_words(issues), ..Self::default() }),
            // An `error` in it is an object of words or the name of what happened.
            Some(detail @ Value::Object(_)) => Self::of(detail).or_else(|| Self::of_object(detail)),
            Some(detail) => Self::of_object(detail),
            None => members.get("message").and_then(|_| Self::of_object(body)),
        }
    }

    /// Words, or an object with `message`.
    fn of_object(value: &Value) -> Option<Self> {
        match value {
            Value::String(words) => Some(Self { words: words.clone(), ..Self::default() }),
            Value::Object(members) => {
                let text = |name: &str| members.get(name).and_then(Value::as_str);
                let words = text("message").or_else(|| text("msg")).or_else(|| text("error"));
                let names = ["code", "type"].into_iter().filter_map(text).map(str::to_owned).collect();
                let status = members.get("code").and_then(Value::as_u64);
                let status =
                    status.and_then(|code| u16::try_from(code).ok()).filter(|code| (400..600).contains(code));
                Some(Self { words: words.map_or_else(|| value.to_string(), str::to_owned), names, status })
            }
            Value::Null => None,
            Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
                Some(Self { words: value.to_string(), ..Self::default() })
            }
        }
    }

    /// The sort of a failure that has no status of its own.
    fn class(&self) -> FailureClass {
        if self.is_quota() || self.names.iter().any(|name| name.contains("rate_limit")) {
            return FailureClass::Limit;
        }
        self.status.map_or(FailureClass::Server, class_of_status)
    }

    /// Whether what is used up comes back by itself only with a new month or money.
    fn is_quota(&self) -> bool {
        self.names.iter().any(|name| name.contains("quota") || name.contains("billing"))
            || self.words.to_lowercase().contains("exceeded your current quota")
    }

    fn told(&self, class: FailureClass) -> String {
        let what = match (class, self.is_quota()) {
            (FailureClass::Limit, true) => "quota used up: ",
            (FailureClass::Limit, false) => "rate limit: ",
            _ => "",
        };
        let name = self.names.first().filter(|name| !self.words.contains(&***name));
        let name = name.map(|name| format!(" ({name})")).unwrap_or_default();
        // A name must not be lost behind words without an end.
        let words = cut(self.words.trim(), MOST_WORDS - 128);
        format!("{what}{words}{}", cut(&name, 100))
    }
}

/// What status means; a server that fails is one whatever it says of its load, and only 503 says that it takes on no more.
pub(super) const fn class_of_status(status: u16) -> FailureClass {
    match status {
        401 | 403 => FailureClass::Auth,
        402 | 429 => FailureClass::Limit,
        503 => FailureClass::Overload,
        400..=499 => FailureClass::Invalid,
        500..=599 => FailureClass::Server,
        _ => FailureClass::Protocol,
    }
}

fn retry_words(wait: &str) -> String {
    let wait = cut(wait.trim(), 64);
    match wait.parse::<u64>() {
        Ok(seconds) => format!(" (Retry-After: {seconds} s)"),
        Err(_) => format!(" (Retry-After: {wait})"),
    }
}

/// What a list of complaints about a request says: where, and what.
fn issue_words(issues: &[Value]) -> String {
    let mut words: Vec<String> = issues.iter().take(MOST_ISSUES).map(issue).collect();
    if issues.len() > MOST_ISSUES {
        words.push(format!("and {} more", issues.len() - MOST_ISSUES));
    }
    words.join("; ")
}

fn issue(value: &Value) -> String {
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let place = value.get("loc").and_then(Value::as_array);
    let place = place.map(|parts| parts.iter().map(plain).collect::<Vec<_>>().join("."));
    match (place, value.get("msg").and_then(Value::as_str)) {
        (Some(place), Some(what)) => format!("{place}: {what}"),
        (None, Some(what)) => what.to_owned(),
        (_, None) => plain(value),
    }
}

fn is_page(body: &[u8]) -> bool {
    body.trim_ascii_start().first() == Some(&b'<')
}

/// The title of a web page.
fn title(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    let lower = text.to_ascii_lowercase();
    let from = lower.find("<title")?;
    let from = from + lower.get(from..)?.find('>')? + 1;
    let end = from + lower.get(from..)?.find("</title")?;
    let title = text.get(from..end)?.split_whitespace().collect::<Vec<_>>().join(" ");
    (!title.is_empty()).then(|| cut(&title, 200))
}

/// The first bytes of `words`, at most so many, of whole characters.
fn cut(words: &str, most: usize) -> String {
    let mut end = words.len().min(most);
    while !words.is_char_boundary(end) {
        end -= 1;
    }
    words[..end].to_owned()
}
