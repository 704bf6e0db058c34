//! How a service was reached.

use serde::{Deserialize, Serialize};

/// How a service was reached, where there is something to say of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NetworkRecord {
    /// The proxy that it was reached through, as `HOST:PORT`: the way through it is in every time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
    /// Whether certificates were left unchecked.
    #[serde(skip_serializing_if = "is_false")]
    pub insecure: bool,
    /// The addresses of names that have several of them, those with most connections first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<AddressRow>,
}

/// What became of one address of a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressRow {
    /// The name: the service's, a proxy's, or that of a host with audio.
    pub host: String,
    /// The address, with the port.
    pub address: String,
    /// Connections that were made to it.
    pub connections: u64,
    /// Connections that could not be made.
    pub failed: u64,
}

impl NetworkRecord {
    /// Whether there is nothing to say.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
const fn is_false(value: &bool) -> bool {
    !*value
}
