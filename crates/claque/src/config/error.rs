//! What was wrong with an order. The program ends with exit code 2.

/// The user asked for something that cannot be done as asked; says what, where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct UsageError(String);

impl UsageError {
    /// An error in these words: lower case, with the value and what the user can do, never a secret.
    pub(crate) fn new(words: impl Into<String>) -> Self {
        Self(words.into())
    }
}
