//! Files of `KEY=VALUE` lines, as shells and deployments keep them.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use claque_core::secret::Secret;

use super::{UsageError, file};

/// What such a file says. Its values do not print.
#[derive(Clone, Debug)]
pub(super) struct EnvFile {
    path: PathBuf,
    values: BTreeMap<String, Secret>,
}

impl EnvFile {
    /// Reads a file: `KEY=VALUE`, with `export` in front if need be, values in single or double quotes or bare,
    /// comments from `#` on.
    ///
    /// # Errors
    /// It cannot be read, or a line is none of these; the line's number is given, never its text.
    pub(super) fn read(path: &Path, flag: &str) -> Result<Self, UsageError> {
        let text = file::read_text(path, file::MOST_SETTINGS).map_err(|error| {
            UsageError::new(format!(
                "failed to read the env file {}: {error}; check the path given to {flag}",
                path.display()
            ))
        })?;
        Self::parse(path, &text)
    }

    fn parse(path: &Path, text: &str) -> Result<Self, UsageError> {
        let mut values = BTreeMap::new();
        for (line, number) in text.lines().map(str::trim).zip(1..) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (key, value) = pair(line).ok_or_else(|| {
                UsageError::new(format!(
                    "{}:{number}: failed to read the line as KEY=VALUE; correct it or take it out",
                    path.display()
                ))
            })?;
            values.insert(key.to_owned(), Secret::from(value));
        }
        Ok(Self { path: path.to_owned(), values })
    }

    /// The value of the first of `keys` that has one.
    pub(super) fn first(&self, keys: &[&str]) -> Option<&Secret> {
        keys.iter().find_map(|key| self.values.get(*key).filter(|value| !value.expose().is_empty()))
    }

    /// Where it was read from.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

fn pair(line: &str) -> Option<(&str, String)> {
    let line = line.strip_prefix("export ").map_or(line, str::trim_start);
    let (key, value) = line.split_once('=')?;
    let key = key.trim_end();
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
    (!key.is_empty() && key.chars().all(is_name)).then_some(())?;
    Some((key, unquoted(value.trim())?))
}

/// The value without its quotes and without a comment behind it; nothing when a quote is not closed.
fn unquoted(value: &str) -> Option<String> {
    if let Some(rest) = value.strip_prefix('\'') {
        return rest.split_once('\'').map(|(inner, _)| inner.to_owned());
    }
    let Some(rest) = value.strip_prefix('"') else {
        let end = value.find(" #").unwrap_or(value.len());
        return Some(value[..end].trim_end().to_owned());
    };
    let mut inner = String::new();
    let mut characters = rest.chars();
    loop {
        match characters.next()? {
            '"' => return Some(inner),
            '\\' => match characters.next()? {
                'n' => inner.push('\n'),
                other => inner.push(other),
            },
            other => inner.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_shells_do() {
        let text =
            "# head\n\nA=plain # why\nexport B = \"two words\" # c\nC='it # is'\nD=\"a\\\"b\"\nE=x=y#z\nF=\n";
        let file = EnvFile::parse(Path::new("f.env"), text).unwrap();
        let value = |key| file.first(&[key]).map(|secret| secret.expose().to_owned());
        assert_eq!(value("A").as_deref(), Some("plain"));
        assert_eq!(value("B").as_deref(), Some("two words"));
        assert_eq!(value("C").as_deref(), Some("it # is"));
        assert_eq!(value("D").as_deref(), Some("a\"b"));
        assert_eq!(value("E").as_deref(), Some("x=y#z"));
        assert_eq!(value("F"), None, "an empty value is none");
        assert!(!format!("{file:?}").contains("plain"));
    }

    #[test]
    fn a_bad_line_is_named_by_number_and_not_repeated() {
        for text in ["A=1\nhush hush\n", "A=1\nB=\"hush\n"] {
            let error = EnvFile::parse(Path::new("f.env"), text).unwrap_err().to_string();
            assert!(error.starts_with("f.env:2: ") && !error.contains("hush"), "{error}");
        }
    }
}
