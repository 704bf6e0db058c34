//! The variables a process was given.

use std::collections::BTreeMap;

use claque_core::secret::Secret;

/// The variables of the environment, as they were at the beginning. Any of them may be a secret, so none prints.
#[derive(Clone, Debug, Default)]
pub(crate) struct Environment(BTreeMap<String, Secret>);

impl Environment {
    /// This process's. What is no Unicode is left out.
    pub(crate) fn of_process() -> Self {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, Secret::from(value.into_string().ok()?)))
        };
        Self(std::env::vars_os().filter_map(text).collect())
    }

    /// The value of a variable; none for one that is empty.
    pub(crate) fn value(&self, name: &str) -> Option<&Secret> {
        self.0.get(name).filter(|value| !value.expose().is_empty())
    }
}

#[cfg(test)]
impl<const N: usize> From<[(&str, &str); N]> for Environment {
    fn from(variables: [(&str, &str); N]) -> Self {
        Self(variables.into_iter().map(|(name, value)| (name.to_owned(), Secret::from(value))).collect())
    }
}
