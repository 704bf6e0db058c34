//! Labels of a sample: read with their escapes, written one way.

use std::collections::BTreeMap;

use super::{LONGEST_LABELS, clean};

/// What stands between braces.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Braces {
    /// A name in quotes without a value: the metric's own (Prometheus 3).
    pub(super) name: Option<String>,
    pub(super) labels: BTreeMap<String, String>,
}

/// Reads what follows an opening brace, and gives what follows the closing one; none where it is broken.
pub(super) fn read(text: &str) -> Option<(Braces, &str)> {
    let mut found = Braces::default();
    let mut rest = text.trim_start();
    loop {
        if let Some(after) = rest.strip_prefix('}') {
            return Some((found, after));
        }
        let (key, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted_text(quoted)?,
            None => {
                let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "_:".contains(c)))?;
                let (key, after) = rest.split_at(end);
                (key.to_owned(), after)
            }
        };
        let after = after.trim_start();
        rest = match after.strip_prefix('=') {
            Some(value) => {
                let (value, after) = quoted_text(value.trim_start().strip_prefix('"')?)?;
                if key.is_empty() || found.labels.insert(key, value).is_some() {
                    return None;
                }
                after.trim_start()
            }
            None if found.name.is_none() && rest.starts_with('"') => {
                found.name = Some(key);
                after
            }
            None => return None,
        };
        rest = match rest.strip_prefix(',') {
            Some(next) => next.trim_start(),
            None if rest.starts_with('}') => rest,
            None => return None,
        };
    }
}

/// Reads what follows a quote, and gives what follows the next one.
fn quoted_text(text: &str) -> Option<(String, &str)> {
    let mut words = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((words, text.get(at + 1..)?)),
            '\\' => match chars.next()?.1 {
                'n' => words.push('\n'),
                escaped @ ('\\' | '"') => words.push(escaped),
                other => words.extend(['\\', other]),
            },
            other => words.push(other),
        }
    }
    None
}

/// Labels as they are kept; none where they are too long.
pub(super) fn written(labels: &BTreeMap<String, String>) -> Option<String> {
    let one = |(key, value): (&String, &String)| {
        let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        format!("{key}=\"{value}\"")
    };
    let all: Vec<_> = labels.iter().map(one).collect();
    clean(&all.join(","), LONGEST_LABELS)
}
