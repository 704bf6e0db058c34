//! How a service was reached.

use serde::{Deserialize, Serialize};

/// How a service was reached, where there is something to say of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NetworkRecord {
    /// The proxy that it was reached through, as `HOST:PORT`: the way through it is in every time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
}

impl NetworkRecord {
    /// Whether there is nothing to say.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
