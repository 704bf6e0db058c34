//! A setting with the place it came from, so that an error can name it.

use std::{fmt, ops::RangeInclusive, path::PathBuf};

use claque_run::usage::hint;
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::UsageError;

/// A value somebody asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wish<T> {
    pub(crate) value: T,
    pub(crate) place: Place,
}

/// Where a value was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// On the command line.
    Flag,
    /// In the scenario file, so many bytes from its beginning.
    File { offset: usize },
}

impl<T> Wish<T> {
    pub(crate) const fn flag(value: T) -> Self {
        Self { value, place: Place::Flag }
    }

    pub(crate) const fn is_flag(&self) -> bool {
        matches!(self.place, Place::Flag)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Wish<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<T>::deserialize(from)?;
        let place = Place::File { offset: spanned.span().start };
        Ok(Self { value: spanned.into_inner(), place })
    }
}

/// The text that places in a file refer to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Source {
    /// Name for errors.
    pub(crate) path: PathBuf,
    pub(crate) text: String,
}

impl Source {
    /// "scenario.toml:3".
    pub(crate) fn line(&self, offset: usize) -> String {
        let before = self.text.as_bytes().get(..offset).unwrap_or(self.text.as_bytes());
        let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
        format!("{}:{line}", self.path.display())
    }

    /// How an error names the setting `key` of a scenario: "--use-cached" or "scenario.toml:3: use_cached".
    pub(crate) fn name(&self, place: Place, key: &str) -> String {
        match place {
            Place::Flag => format!("--{}", key.replace('_', "-")),
            Place::File { offset } => format!("{}: {key}", self.line(offset)),
        }
    }

    /// The error that says what is wrong with a setting.
    pub(crate) fn error<T>(&self, wish: &Wish<T>, key: &str, what: impl fmt::Display) -> UsageError {
        UsageError::new(format!("{} {what}", self.name(wish.place, key)))
    }

    /// The wished number, or `default`, if it is in `range`.
    ///
    /// # Errors
    /// It is not; says which are.
    pub(crate) fn within<T>(
        &self,
        wish: Option<&Wish<T>>,
        key: &str,
        range: RangeInclusive<T>,
        default: T,
    ) -> Result<T, UsageError>
    where
        T: PartialOrd + Copy + fmt::Display,
    {
        match wish {
            None => Ok(default),
            Some(wish) if range.contains(&wish.value) => Ok(wish.value),
            Some(wish) => {
                let what = format!("is {}; give {} to {}", wish.value, range.start(), range.end());
                Err(self.error(wish, key, what))
            }
        }
    }

    /// The entry of `known` that the wished name leads to.
    ///
    /// # Errors
    /// None does; says which are known, and the nearest.
    pub(crate) fn known<T>(
        &self,
        wish: &Wish<String>,
        key: &str,
        names: &[&str],
        known: impl Fn(&str) -> Option<T>,
    ) -> Result<T, UsageError> {
        known(&wish.value).ok_or_else(|| {
            let hint = hint(&wish.value, names).unwrap_or_else(|| format!("give {}", list(names)));
            self.error(wish, key, format!("is `{}`, which is unknown; {hint}", wish.value))
        })
    }
}

/// "a, b or c".
pub(crate) fn list(names: &[&str]) -> String {
    match names {
        [] => "nothing".to_owned(),
        [one] => (*one).to_owned(),
        [head @ .., last] => format!("{} or {last}", head.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_name_the_place_the_value_and_the_range() {
        let source = Source { path: "s.toml".into(), text: "a = 1\nusers = 0\n".to_owned() };
        let file = Wish { value: 0_i64, place: Place::File { offset: 14 } };
        let error = source.within(Some(&file), "users", 1..=9, 5).unwrap_err();
        assert_eq!(error.to_string(), "s.toml:2: users is 0; give 1 to 9");
        let error = source.within(Some(&Wish::flag(10_i64)), "min_buffer", 1..=9, 5).unwrap_err();
        assert_eq!(error.to_string(), "--min-buffer is 10; give 1 to 9");
        assert_eq!(source.within(None, "users", 1..=9, 5), Ok(5));
    }

    #[test]
    fn not_a_number_is_in_no_range() {
        assert!(Source::default().within(Some(&Wish::flag(f64::NAN)), "speed", 0.0..=1.0, 1.0).is_err());
    }

    #[test]
    fn the_nearest_name_is_offered_and_a_far_one_is_not() {
        assert_eq!(hint("userz", &["blocks", "users"]), Some("did you mean `users`?".to_owned()));
        assert_eq!(hint("colour", &["blocks", "users"]), None);
        assert_eq!(list(&["a", "b", "c"]), "a, b or c");
    }
}
