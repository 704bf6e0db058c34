//! Lengths of time as people write them: `250ms`, `30s`, `4min`, `2h`.

use core::fmt;

use thiserror::Error;

use crate::time::Duration;

/// The longest that can be said: a day.
pub const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// Units in nanoseconds, by the names they may have; a name that ends with another comes before it.
const UNITS: [(&str, u64); 5] = [
    ("ms", 1_000_000),
    ("min", 60_000_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// Why a text is no length of time: a clause such as "`2` is no length of time".
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct SpanError(String);

/// Reads a decimal number with a unit (`ms`, `s`, `m` or `min`, `h`), with or without a space between, to the nanosecond; what is finer is cut off.
///
/// # Errors
/// It is something else, or longer than a day.
pub fn parse_span(text: &str) -> Result<Duration, SpanError> {
    let wrong = || SpanError(format!("`{text}` is no length of time"));
    let (number, unit) = UNITS
        .iter()
        .find_map(|(name, unit)| text.strip_suffix(name).map(|number| (number.trim_end(), *unit)))
        .ok_or_else(wrong)?;
    let span = Duration::from_nanos(decimal(number, unit).ok_or_else(wrong)?);
    if span > LONGEST { Err(SpanError(format!("`{text}` is longer than a day"))) } else { Ok(span) }
}

/// A length as it is written: in seconds, to the nanosecond.
#[derive(Clone, Copy, Debug)]
pub struct SpanText(pub Duration);

impl fmt::Display for SpanText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = format!("{}.{:09}", self.0.as_secs(), self.0.subsec_nanos());
        write!(f, "{}s", digits.trim_end_matches('0').trim_end_matches('.'))
    }
}

/// A decimal number of units, in whole nanoseconds.
fn decimal(text: &str, unit: u64) -> Option<u64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(part) {
        return None;
    }
    let mut nanos = whole.parse::<u64>().ok()?.checked_mul(unit)?;
    let mut scale = unit;
    for digit in part.bytes() {
        scale /= 10;
        nanos = nanos.checked_add(u64::from(digit - b'0') * scale)?;
    }
    Some(nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_is_read_and_what_has_none_is_told() {
        let spans = [
            ("250ms", 250),
            ("1.5s", 1_500),
            ("4 min", 240_000),
            ("0.5m", 30_000),
            ("2h", 7_200_000),
            ("24h", 86_400_000),
        ];
        for (text, millis) in spans {
            assert_eq!(parse_span(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        assert_eq!(parse_span("10").unwrap_err().to_string(), "`10` is no length of time");
        assert_eq!(parse_span("25h").unwrap_err().to_string(), "`25h` is longer than a day");
        for text in ["", "s", "min", "-1s", "1e3s", ".5s", "1 min 2s"] {
            assert!(parse_span(text).is_err(), "{text}");
        }
    }
}
