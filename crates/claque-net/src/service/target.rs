//! Where a service is.

use std::{fmt, sync::Arc};

use hyper::{Uri, http::uri::InvalidUri};

/// The origin of a yapit gateway, with the path in front of its routes if it has one. Cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub struct Target(Arc<Parts>);

#[derive(PartialEq, Eq)]
struct Parts {
    tls: bool,
    host: String,
    port: u16,
    /// As typed, without a slash at the end.
    base: String,
    /// The path in front of the routes, without a slash at the end; mostly empty.
    path: String,
}

/// Where the audio of a block is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AudioPlace {
    /// At the service, at this path.
    Here(String),
    /// At this URL.
    Anywhere(String),
}

/// Why a text is no address of a service.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// It is no URL.
    #[error("failed to read the base URL `{text}`: {source}; give one such as https://tts.example")]
    NotAUrl {
        /// What was typed.
        text: String,
        /// Why.
        source: InvalidUri,
    },
    /// It is a URL of something else.
    #[error("failed to read the base URL `{text}`: {what}; give one such as https://tts.example")]
    Unsuitable {
        /// What was typed, without what may be a password.
        text: String,
        /// What is wrong with it.
        what: &'static str,
    },
}

impl Target {
    /// Reads an address such as `https://tts.example` or `http://127.0.0.1:8000/prefix`.
    ///
    /// # Errors
    /// It is no http or https URL, or it carries a query or credentials, which belong elsewhere.
    pub fn parse(text: &str) -> Result<Self, TargetError> {
        let trimmed = text.trim().trim_end_matches('/');
        // Credentials must not be repeated in an error, a result or a log.
        let shown = || trimmed.rsplit_once('@').map_or(trimmed, |(_, rest)| rest).to_owned();
        let unsuitable = |what| TargetError::Unsuitable { text: shown(), what };
        if trimmed.contains('@') {
            return Err(unsuitable("it carries credentials; use --token or --env-file for those"));
        }
        let uri: Uri =
            trimmed.parse().map_err(|source| TargetError::NotAUrl { text: trimmed.to_owned(), source })?;
        let tls = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            Some(_) => return Err(unsuitable("only http and https are spoken")),
            None => return Err(unsuitable("it lacks http:// or https://")),
        };
        if uri.query().is_some() {
            return Err(unsuitable("it carries a query"));
        }
        let host =
            uri.host().filter(|host| !host.is_empty()).ok_or_else(|| unsuitable("it names no host"))?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = uri.port_u16().unwrap_or(if tls { 443 } else { 80 });
        let path = uri.path().trim_end_matches('/').to_owned();
        Ok(Self(Arc::new(Parts { tls, host, port, base: trimmed.to_owned(), path })))
    }

    /// The address as typed, without a slash at the end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0.base
    }

    /// Host name or IP address, without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.0.host
    }

    /// TCP port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.0.port
    }

    /// Whether connections are encrypted.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.0.tls
    }

    /// Where a path below the origin is. `path` begins with a slash.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.0.base)
    }

    /// Where an audio reference leads.
    pub(crate) fn audio_place(&self, reference: &str) -> AudioPlace {
        if reference.starts_with("http://") || reference.starts_with("https://") {
            return AudioPlace::Anywhere(reference.to_owned());
        }
        let slash = if reference.starts_with('/') { "" } else { "/" };
        AudioPlace::Here([&self.0.path, "/api", slash, reference].concat())
    }

    /// The WebSocket's path, without credentials.
    pub(crate) fn socket_path(&self) -> String {
        format!("{}/api/v1/ws/tts", self.0.path)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.base)
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({})", self.0.base)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lead_to_the_routes() {
        let target = Target::parse("https://tts.example/").unwrap();
        assert_eq!((target.host(), target.port(), target.is_tls()), ("tts.example", 443, true));
        assert_eq!(target.url("/api/v1/models"), "https://tts.example/api/v1/models");
        assert_eq!(target.socket_path(), "/api/v1/ws/tts");
        assert_eq!(target.audio_place("/v1/audio/ab"), AudioPlace::Here("/api/v1/audio/ab".to_owned()));
        let elsewhere = "https://cdn.example/ab";
        assert_eq!(target.audio_place(elsewhere), AudioPlace::Anywhere(elsewhere.to_owned()));
        let prefixed = Target::parse("http://[::1]:8000/tts").unwrap();
        assert_eq!((prefixed.host(), prefixed.port()), ("::1", 8_000));
        assert_eq!(prefixed.socket_path(), "/tts/api/v1/ws/tts");
        assert_eq!(prefixed.audio_place("v1/audio/ab"), AudioPlace::Here("/tts/api/v1/audio/ab".to_owned()));
    }

    #[test]
    fn what_is_no_address_is_refused_with_its_reason_and_without_its_secrets() {
        for (text, reason) in [
            ("tts.example", "lacks http://"),
            ("ftp://tts.example", "only http and https"),
            ("https://tts.example?token=a", "query"),
            ("https://", "failed to read the base URL"),
            ("not a url", "failed to read the base URL"),
        ] {
            let error = Target::parse(text).unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
        let error = Target::parse("https://me:hush@tts.example").unwrap_err().to_string();
        assert!(error.contains("credentials") && !error.contains("hush"), "{error}");
    }
}
