//! Checks the fields of a client's message and words complaints as the server's validator does.
//!
//! The rules are those of pydantic 2.12 in its lax mode: numbers may come as text, whole floats count as
//! integers.

use core::fmt::Write as _;

use uuid::Uuid;

use super::python::Value;

/// Longest quotation of an input, in characters; longer ones keep 25 from the front and 24 from the end.
const QUOTE_CHARS: usize = 50;

/// Collects the complaints about one message.
#[derive(Debug)]
pub(crate) struct Checker<'a> {
    input: &'a Value,
    complaints: Vec<String>,
}

impl<'a> Checker<'a> {
    pub(crate) const fn new(input: &'a Value) -> Self {
        Self { input, complaints: Vec::new() }
    }

    /// The text of all complaints about a message of the model `title`, or nothing when there are none.
    pub(crate) fn into_text(self, title: &str) -> Option<String> {
        let count = self.complaints.len();
        if count == 0 {
            return None;
        }
        let plural = if count == 1 { "" } else { "s" };
        Some(format!("{count} validation error{plural} for {title}\n{}", self.complaints.join("\n")))
    }

    pub(crate) fn uuid(&mut self, field: &str) -> Option<String> {
        let value = self.required(field)?;
        let Value::Text(text) = value else {
            self.complain(field, "UUID input should be a string, bytes or UUID object", "uuid_type", value);
            return None;
        };
        if let Ok(uuid) = Uuid::parse_str(text) {
            return Some(uuid.hyphenated().to_string());
        }
        let problem = uuid_problem(text);
        self.complain(field, &format!("Input should be a valid UUID, {problem}"), "uuid_parsing", value);
        None
    }

    pub(crate) fn text(&mut self, field: &str) -> Option<String> {
        let value = self.required(field)?;
        if let Value::Text(text) = value {
            return Some(text.clone());
        }
        self.complain(field, "Input should be a valid string", "string_type", value);
        None
    }

    pub(crate) fn integer(&mut self, field: &str) -> Option<i64> {
        let value = self.required(field)?;
        self.integer_at(field, value)
    }

    /// Integers, at most `cap` of them.
    pub(crate) fn integers(&mut self, field: &str, cap: Option<usize>) -> Option<Vec<i64>> {
        let value = self.required(field)?;
        let Value::List(items) = value else {
            self.complain(field, "Input should be a valid list", "list_type", value);
            return None;
        };
        if let Some(cap) = cap.filter(|cap| items.len() > *cap) {
            let text = format!("List should have at most {cap} items after validation, not {}", items.len());
            self.complain(field, &text, "too_long", value);
            return None;
        }
        let mut numbers = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            numbers.extend(self.integer_at(&format!("{field}.{index}"), item));
        }
        (numbers.len() == items.len()).then_some(numbers)
    }

    /// One of the given words; the result is its place among them.
    pub(crate) fn word(&mut self, field: &str, words: &[&str]) -> Option<usize> {
        let value = self.required(field)?;
        let place = words.iter().position(|word| matches!(value, Value::Text(text) if text == word));
        if place.is_none() {
            let words: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
            self.complain(field, &format!("Input should be {}", words.join(" or ")), "literal_error", value);
        }
        place
    }

    fn required(&mut self, field: &str) -> Option<&'a Value> {
        let value = self.input.member(field);
        if value.is_none() {
            self.complain(field, "Field required", "missing", self.input);
        }
        value
    }

    fn integer_at(&mut self, place: &str, value: &Value) -> Option<i64> {
        let (text, kind) = match integer(value) {
            Ok(number) => return Some(number),
            Err(complaint) => complaint,
        };
        self.complain(place, text, kind, value);
        None
    }

    fn complain(&mut self, place: &str, text: &str, kind: &str, input: &Value) {
        let mut complaint = format!("{place}\n  {text} [type={kind}, input_value={}", quoted(input));
        // Writing to a String cannot fail.
        let _ = write!(
            complaint,
            ", input_type={}]\n    For further information visit https://errors.pydantic.dev/2.12/v/{kind}",
            input.type_name()
        );
        self.complaints.push(complaint);
    }
}

/// An integer in lax mode, or what to say and the complaint's type.
fn integer(value: &Value) -> Result<i64, (&'static str, &'static str)> {
    match value {
        Value::Int(number) => Ok(*number),
        Value::Bool(flag) => Ok(i64::from(*flag)),
        Value::Float(number) => whole(*number).ok_or((
            "Input should be a valid integer, got a number with a fractional part",
            "int_from_float",
        )),
        Value::Text(text) => text.trim().parse().map_err(|_| {
            ("Input should be a valid integer, unable to parse string as an integer", "int_parsing")
        }),
        Value::None | Value::List(_) | Value::Dict(_) => Err(("Input should be a valid integer", "int_type")),
    }
}

/// A float without fraction as an integer; nothing outside what a float counts exactly.
#[expect(clippy::cast_possible_truncation, reason = "whole and below 2^53 in size, checked here")]
pub(crate) fn whole(number: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let fits = number.is_finite() && number.abs() <= EXACT && number.fract().abs() < f64::MIN_POSITIVE;
    fits.then_some(number as i64)
}

/// What is wrong with a text that is no UUID, in the order and words of the server's parser.
fn uuid_problem(text: &str) -> String {
    const LENGTHS: [usize; 5] = [8, 4, 4, 4, 12];
    let braced = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    let body = braced.or_else(|| text.strip_prefix("urn:uuid:")).unwrap_or(text);
    let before = if braced.is_some() { 1 } else { text.len() - body.len() };
    if let Some((at, c)) = body.char_indices().find(|(_, c)| !c.is_ascii_hexdigit() && *c != '-') {
        let expected = "expected an optional prefix of `urn:uuid:` followed by [0-9a-fA-F-]";
        return format!("invalid character: {expected}, found `{c}` at {}", before + at + 1);
    }
    let groups: Vec<&str> = body.split('-').collect();
    if groups.len() == 1 && before == 0 {
        return format!("invalid length: expected length 32 for simple format, found {}", text.len());
    }
    if groups.len() != LENGTHS.len() {
        return format!("invalid group count: expected 5, found {}", groups.len());
    }
    let wrong = groups.iter().zip(LENGTHS).enumerate().find(|(_, (group, length))| group.len() != *length);
    wrong.map_or_else(String::new, |(at, (group, length))| {
        format!("invalid group length in group {at}: expected {length}, found {}", group.len())
    })
}

fn quoted(input: &Value) -> String {
    let text = input.to_string();
    let chars: Vec<char> = text.chars().collect();
    if chars.len() <= QUOTE_CHARS {
        return text;
    }
    let front: String = chars[..QUOTE_CHARS / 2].iter().collect();
    let end: String = chars[chars.len() - (QUOTE_CHARS / 2 - 1)..].iter().collect();
    format!("{front}...{end}")
}
