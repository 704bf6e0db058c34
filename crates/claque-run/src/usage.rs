//! What was wrong with an order. The program ends with exit code 2.

/// The user asked for something that cannot be done as asked; says what, where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct UsageError(String);

impl UsageError {
    /// An error in these words: lower case, with the value and what the user can do, never a secret.
    pub fn new(words: impl Into<String>) -> Self {
        Self(words.into())
    }
}

/// "did you mean `users`?", if anything known is near.
pub fn hint(typed: &str, known: &[&str]) -> Option<String> {
    /// As near as clap's own suggestions.
    const NEAR: f64 = 0.7;
    let near = known.iter().map(|name| (strsim::jaro(typed, name), name));
    let best = near.filter(|(score, _)| *score > NEAR).max_by(|a, b| a.0.total_cmp(&b.0));
    best.map(|(_, name)| format!("did you mean `{name}`?"))
}
