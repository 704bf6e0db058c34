//! Headers of a user's own, as gateways in front of a service want them: sent to the service's origin, and nowhere else.

use std::sync::Arc;

use claque_core::secret::Secret;
use hyper::{
    HeaderMap,
    header::{HeaderName, HeaderValue},
};

use super::secrets::Secrets;

/// Names of what claque says itself, or what would change an answer so that it is not measured any more.
const OWN: [&str; 12] = [
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "keep-alive",
    "range",
    "te",
    "transfer-encoding",
    "upgrade",
];
/// How names of the same kind begin.
const OWN_BEGINNINGS: [&str; 4] = ["proxy-", "sec-", "x-anonymous-", "x-stack-"];

/// Parts of a value that are so long are secrets of their own: a service may say back the token without its scheme.
const SHORTEST_PART: usize = 8;

/// A header that every request to the service carries. Its value is a secret.
#[derive(Clone, Debug)]
pub struct ExtraHeader {
    name: HeaderName,
    value: Secret,
}

/// Why a header cannot be sent. Holds no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// The name is none.
    #[error("`{0}` cannot be the name of a header; give letters, digits and hyphens")]
    NotAName(String),
    /// It would change what claque does.
    #[error("{0} is claque's own to say; leave it out")]
    Own(String),
    /// The value has none of what a header can hold.
    #[error("the value of {0} is empty; give one")]
    NoValue(String),
    /// The value holds what no header can.
    #[error("the value of {0} holds a line's end, or what else no header can carry; give printable ASCII")]
    Unprintable(String),
}

impl ExtraHeader {
    /// Takes a name and a value, of which spaces around are no part.
    ///
    /// # Errors
    /// They make no header, or one that is claque's own.
    pub fn new(name: &str, value: &Secret) -> Result<Self, HeaderError> {
        let name = name.trim();
        let name: HeaderName = name.parse().map_err(|_| HeaderError::NotAName(name.to_owned()))?;
        let shown = name.to_string();
        if OWN.contains(&name.as_str()) || OWN_BEGINNINGS.iter().any(|begin| shown.starts_with(begin)) {
            return Err(HeaderError::Own(shown));
        }
        // The spaces of a line, and not its end: that somebody has put into it.
        let value = value.expose().trim_matches([' ', '\t']);
        if value.is_empty() {
            return Err(HeaderError::NoValue(shown));
        }
        if !value.is_ascii() || HeaderValue::from_str(value).is_err() {
            return Err(HeaderError::Unprintable(shown));
        }
        Ok(Self { name, value: Secret::from(value) })
    }

    /// Its name, in lower case.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name.as_str()
    }
}

/// All of them. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct ExtraHeaders(Arc<[ExtraHeader]>);

impl ExtraHeaders {
    pub(crate) fn new(headers: &[ExtraHeader]) -> Self {
        Self(headers.into())
    }

    /// Name and value of each. The values are secrets.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|header| (header.name.as_str(), header.value.expose()))
    }

    /// As a client of HTTP takes them.
    pub(crate) fn to_map(&self) -> HeaderMap {
        let marked = |header: &ExtraHeader| {
            let mut value = HeaderValue::from_str(header.value.expose()).ok()?;
            value.set_sensitive(true);
            Some((header.name.clone(), value))
        };
        self.0.iter().filter_map(marked).collect()
    }

    /// Has the values blanked, and long parts of them.
    pub(crate) fn teach(&self, secrets: &Secrets) {
        for header in &*self.0 {
            secrets.learn(&header.value);
            for part in header.value.expose().split([' ', ';', ',']) {
                // Of a cookie what follows its name.
                for part in [part, part.split_once('=').map_or("", |(_, value)| value)] {
                    if part.len() >= SHORTEST_PART {
                        secrets.learn(&Secret::from(part));
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(name: &str, value: &str) -> Result<ExtraHeader, HeaderError> {
        ExtraHeader::new(name, &Secret::from(value))
    }

    #[test]
    fn a_header_that_is_claques_own_or_no_line_of_its_own_is_refused_without_its_value() {
        for name in ["Host", "content-LENGTH", "Upgrade", "Sec-WebSocket-Key", "Proxy-Authorization", "Range"]
        {
            assert_eq!(header(name, "hush").unwrap_err(), HeaderError::Own(name.to_lowercase()));
        }
        for (name, value) in [
            ("X-A", "hush\r\nX-B: c"),
            ("X-A", "hush\n"),
            ("X-A", "h\u{fc}sh"),
            ("X-A", " "),
            ("X A", "hush"),
            ("", "hush"),
        ] {
            let error = header(name, value).unwrap_err().to_string();
            assert!(!error.contains("hush") && !error.contains("X-B"), "{error}");
        }
        assert_eq!(header(" X-A ", " b ").unwrap().name(), "x-a");
    }

    #[test]
    fn values_and_their_parts_are_secrets() {
        let headers = [
            header("Authorization", "Basic aHVzaDpodXNo").unwrap(),
            header("Cookie", "a=b; session=0123456789").unwrap(),
        ];
        let headers = ExtraHeaders::new(&headers);
        assert!(!format!("{headers:?}{:?}", headers.to_map()).contains("aHVzaD"));
        let secrets = Secrets::default();
        headers.teach(&secrets);
        assert_eq!(secrets.clean("no: aHVzaDpodXNo, 0123456789, Basic"), "no: [secret], [secret], Basic");
    }
}
