//! What is varied: a name with a range or a list, as a row of values.

use std::fmt;

use claque_run::usage::hint;

use crate::config::{UsageError, wish::list};

/// Flags that are the service's to choose, or the player's. The audience is given.
const FLAGS: [&str; 13] = [
    "workers",
    "service_seconds",
    "gateway",
    "player",
    "ahead",
    "in_flight",
    "start_buffer",
    "resume_buffer",
    "min_buffer",
    "batch_size",
    "refill_threshold",
    "reconnect",
    "block_timeout",
];
/// Flags of them that take a length with its unit.
const WITH_UNIT: [&str; 2] = ["start_buffer", "resume_buffer"];
/// Values of a range whose step is not given, at most.
const MOST_STEPS: f64 = 25.0;
/// Values of one setting at most.
const MOST_VALUES: usize = 1_000;

/// What is varied.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Dimension {
    /// A flag's name, or the path of a setting of the gateway.
    pub(crate) key: String,
    /// In the order in which a step goes from one to the next.
    pub(crate) values: Vec<DimensionValue>,
}

/// A value of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct DimensionValue {
    /// As it is typed.
    pub(crate) text: String,
    /// As a number, of lengths in seconds; none of a name.
    pub(crate) number: Option<f64>,
}

/// A unit of time.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Unit {
    name: &'static str,
    seconds: f64,
}

const UNITS: [Unit; 4] = [
    Unit { name: "ms", seconds: 0.001 },
    Unit { name: "min", seconds: 60.0 },
    Unit { name: "s", seconds: 1.0 },
    Unit { name: "h", seconds: 3_600.0 },
];

impl Dimension {
    /// Reads what was typed after `--vary`.
    ///
    /// # Errors
    /// It names nothing that can be varied, or its range is none.
    pub(super) fn parse(typed: &str) -> Result<Self, UsageError> {
        let wrong = |what: &dyn fmt::Display| UsageError::new(format!("--vary {typed}: {what}"));
        let (key, range) = typed.split_once('=').ok_or_else(|| {
            wrong(&"it has no values; give a name with a range, such as workers=1..16, or a list, such as batch_size=2,4,8")
        })?;
        let key = key.trim().trim_start_matches('-').to_owned();
        let key = if key.contains('.') { key } else { key.replace('-', "_") };
        may_be_varied(&key).map_err(|what| wrong(&what))?;
        let values = values(&key, range.trim()).map_err(|what| wrong(&what))?;
        Ok(Self { key, values })
    }

    /// Whether it decides on the number of workers.
    pub(super) fn is_workers(&self) -> bool {
        self.key == "workers" || self.key.ends_with(".workers") || self.key == "stream.slots"
    }
}

fn may_be_varied(key: &str) -> Result<(), String> {
    if key.is_empty() {
        return Err("it has no name; give one, such as workers=1..16".to_owned());
    }
    if key.contains('.') || FLAGS.contains(&key) {
        return Ok(());
    }
    let near = hint(key, &FLAGS).map_or_else(
        || {
            let flags: Vec<_> = FLAGS.to_vec();
            format!("it is none of the settings of a service or a player; give {}, or a setting of the gateway, which has a dot in its name", list(&flags))
        },
        |near| format!("it is none of the settings of a service or a player; {near}"),
    );
    Err(near)
}

/// The values of a range or a list.
fn values(key: &str, range: &str) -> Result<Vec<DimensionValue>, String> {
    let values = match range.split_once("..") {
        Some((from, until)) => {
            let (until, step) =
                until.split_once(':').map_or((until, None), |(until, step)| (until, Some(step)));
            of_range(key, (from.trim(), until.trim()), step.map(str::trim))?
        }
        None => of_list(key, range)?,
    };
    if values.len() < 2 {
        return Err(format!("{range} is one value; give two at least, or set it by its own flag"));
    }
    if values.len() > MOST_VALUES {
        return Err(format!(
            "{range} has {} values; give at most {MOST_VALUES}, as with a larger step: 1..100000:500",
            values.len()
        ));
    }
    Ok(values)
}

fn of_list(key: &str, typed: &str) -> Result<Vec<DimensionValue>, String> {
    let mut values: Vec<DimensionValue> = Vec::new();
    for text in typed.split(',').map(str::trim) {
        if text.is_empty() {
            return Err(format!(
                "`{typed}` lacks a value; give values parted by commas, or a range such as 1..16"
            ));
        }
        let value = match quantity(text) {
            Some((number, unit)) => told(key, number, unit)?,
            None => DimensionValue { text: text.to_owned(), number: None },
        };
        let is_there = values.iter().any(|one| match (one.number, value.number) {
            (Some(one), Some(value)) => one.total_cmp(&value).is_eq(),
            _ => one.text == value.text,
        });
        if is_there {
            return Err(format!("the value {text} is there twice; give it once"));
        }
        values.push(value);
    }
    // A step is to the next larger one.
    if values.iter().all(|value| value.number.is_some()) {
        values.sort_by(|a, b| a.number.unwrap_or_default().total_cmp(&b.number.unwrap_or_default()));
    }
    Ok(values)
}

fn of_range(
    key: &str,
    (from, until): (&str, &str),
    step: Option<&str>,
) -> Result<Vec<DimensionValue>, String> {
    let read = |text: &str, what: &str| {
        quantity(text).ok_or_else(|| format!("`{text}`, {what}, is no number; give one such as 5, 0.5 or 5s"))
    };
    let ((low, low_unit), (high, high_unit)) =
        (read(from, "where it begins")?, read(until, "where it ends")?);
    let unit = finer(low_unit, high_unit)?;
    let (low, high) = (scaled(low, low_unit, unit), scaled(high, high_unit, unit));
    if low > high {
        return Err(format!(
            "{from}..{until} has no values in it; give the smaller one first, such as 1..16"
        ));
    }
    let step = match step {
        None => usual_step(low, high),
        Some(typed) => {
            let (number, of_step) = read(typed, "its step")?;
            if of_step.is_some() != unit.is_some() {
                return Err(format!(
                    "its step is {typed}; give it {} unit, as the range has it",
                    if unit.is_some() { "with a" } else { "without a" }
                ));
            }
            scaled(number, of_step, unit)
        }
    };
    let steps = (high - low) / step;
    if !(step > 0.0 && steps.is_finite() && steps < 1e6) {
        return Err(format!(
            "its step leads nowhere; give one above 0 that makes at most {MOST_VALUES} values"
        ));
    }
    let mut numbers = Vec::new();
    let mut place = 0.0;
    while low + place * step < high - step * 1e-9 {
        numbers.push(low + place * step);
        place += 1.0;
    }
    // The end is always looked at.
    numbers.push(high);
    numbers.into_iter().map(|number| told(key, number, unit)).collect()
}

/// The smallest of 1, 2, 5, 10, 20 and so on, also 0.1 or 0.05 where the ends are no whole numbers, that makes few enough values.
fn usual_step(low: f64, high: f64) -> f64 {
    let is_whole = low.fract().abs() < 1e-9 && high.fract().abs() < 1e-9;
    let mut step = if is_whole { 1.0 } else { 1e-6 };
    for factor in [2.0, 2.5, 2.0].into_iter().cycle() {
        if (high - low) / step < MOST_STEPS {
            break;
        }
        step *= factor;
    }
    step
}

/// A number and its unit, if it has one; none where it is neither.
fn quantity(text: &str) -> Option<(f64, Option<Unit>)> {
    let unit = UNITS.iter().copied().find(|unit| text.ends_with(unit.name));
    let number = unit.map_or(text, |unit| text.trim_end_matches(unit.name).trim_end());
    let plain = number.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'));
    number.parse::<f64>().ok().filter(|number| plain && number.is_finite()).map(|number| (number, unit))
}

fn finer(a: Option<Unit>, b: Option<Unit>) -> Result<Option<Unit>, String> {
    match (a, b) {
        (None, None) => Ok(None),
        (Some(a), Some(b)) => Ok(Some(if a.seconds < b.seconds { a } else { b })),
        _ => Err("one end has a unit and the other has none; give both the same, such as 5s..60s".to_owned()),
    }
}

fn scaled(number: f64, from: Option<Unit>, to: Option<Unit>) -> f64 {
    let seconds = |unit: Option<Unit>| unit.map_or(1.0, |unit| unit.seconds);
    number * seconds(from) / seconds(to)
}

/// The value as its setting takes it.
fn told(key: &str, number: f64, unit: Option<Unit>) -> Result<DimensionValue, String> {
    let rounded = (number * 1e6).round() / 1e6;
    let seconds = (scaled(number, unit, None) * 1e9).round() / 1e9;
    let takes_unit = WITH_UNIT.contains(&key);
    match unit {
        Some(unit) if takes_unit => {
            Ok(DimensionValue { text: format!("{rounded}{}", unit.name), number: Some(seconds) })
        }
        Some(_) if key.ends_with("seconds") || key == "block_timeout" => {
            Ok(DimensionValue { text: format!("{seconds}"), number: Some(seconds) })
        }
        Some(unit) => Err(format!("it takes no {}; give numbers without a unit", unit.name)),
        None if takes_unit => Err("it takes lengths; give them with a unit, such as 0ms..2s".to_owned()),
        None => Ok(DimensionValue { text: format!("{rounded}"), number: Some(rounded) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(typed: &str) -> Vec<String> {
        Dimension::parse(typed).unwrap().values.into_iter().map(|value| value.text).collect()
    }

    fn refused(typed: &str) -> String {
        Dimension::parse(typed).unwrap_err().to_string()
    }

    #[test]
    fn a_range_has_round_steps_and_both_ends() {
        assert_eq!(texts("workers=1..4"), ["1", "2", "3", "4"]);
        let threshold = texts("pipeline.overflow.threshold_seconds=5s..60s");
        assert_eq!((threshold.len(), &*threshold[0], &*threshold[1], &*threshold[11]), (12, "5", "10", "60"));
        assert_eq!(texts("batch-size=2..9:3"), ["2", "5", "8", "9"]);
        assert_eq!(texts("models.kokoro.service.sigma=0.1..0.3:0.1"), ["0.1", "0.2", "0.3"]);
        assert_eq!(texts("start_buffer=0ms..1s:250ms"), ["0ms", "250ms", "500ms", "750ms", "1000ms"]);
        assert_eq!(texts("workers=1..100").len(), 21);
    }

    #[test]
    fn a_list_of_numbers_is_put_in_order_and_one_of_names_stays() {
        assert_eq!(texts("workers=8,2,4"), ["2", "4", "8"]);
        assert_eq!(texts("gateway=current,2026-02"), ["current", "2026-02"]);
        assert_eq!(texts("pipeline.overflow.threshold_seconds=15s,5s"), ["5", "15"]);
    }

    #[test]
    fn what_is_no_range_is_told_with_the_remedy() {
        for (typed, words) in [
            ("workers", "has no values"),
            ("users=1..5", "none of the settings of a service or a player"),
            ("worker=1..5", "did you mean `workers`?"),
            ("workers=5..1", "give the smaller one first"),
            ("workers=a..5", "`a`, where it begins, is no number"),
            ("workers=1..5:0", "leads nowhere"),
            ("workers=1..5:-1", "leads nowhere"),
            ("workers=1s..5s", "takes no s"),
            ("workers=4", "one value"),
            ("workers=4,4.0", "is there twice"),
            ("workers=1,,2", "lacks a value"),
            ("start_buffer=1..5", "with a unit"),
            ("start_buffer=1s..5", "one end has a unit"),
            ("workers=1..100000:1", "give at most 1000"),
            ("=1..5", "it has no name"),
        ] {
            assert!(refused(typed).contains(words), "{typed}: {}", refused(typed));
        }
    }
}
