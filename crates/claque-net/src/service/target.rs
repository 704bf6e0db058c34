//! Where a service is.

use std::{fmt, net::Ipv4Addr, sync::Arc};

use hyper::{Uri, http::uri::InvalidUri};

/// The origin of a yapit gateway, with the path in front of its routes if it has one. Cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub struct Target(Arc<Parts>);

#[derive(PartialEq, Eq)]
struct Parts {
    origin: Origin,
    /// As typed, without a slash at the end.
    base: String,
    /// The path in front of the routes, without a slash at the end; mostly empty.
    path: String,
}

/// Who answers: credentials go to the origin they are for, and to no other (RFC 6454 section 4).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Origin {
    pub(crate) tls: bool,
    /// Name or address in lower case, without brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
}

/// Where the audio of a block is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AudioPlace {
    /// At the service, at this path.
    Here(String),
    /// At another origin, at this path.
    Elsewhere(Origin, String),
}

impl Origin {
    /// Who answers for a URL; none for one that leads nowhere.
    pub(crate) fn of(url: &Uri) -> Option<Self> {
        let tls = match url.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            Some(_) | None => return None,
        };
        let host = url.host().filter(|host| !host.is_empty())?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        // A port that is none, such as 99999, leads nowhere, and least of all to the usual one.
        let behind = url.authority()?.as_str().rsplit(['@', ']']).next()?;
        let is_written = behind.rsplit_once(':').is_some_and(|(_, port)| !port.is_empty());
        let port = if is_written { url.port_u16()? } else { usual_port(tls) };
        Some(Self { tls, host, port })
    }

    /// The host and, where it is not the usual one, the port, as the `host` header says them.
    pub(crate) fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        if self.port == usual_port(self.tls) { host } else { format!("{host}:{}", self.port) }
    }

    /// The host and the port, always.
    pub(crate) fn host_and_port(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", if self.tls { "https" } else { "http" }, self.authority())
    }
}

const fn usual_port(tls: bool) -> u16 {
    if tls { 443 } else { 80 }
}

/// Whether a text is a URL with a scheme that we speak, in whatever case (RFC 3986 section 3.1).
fn is_absolute(reference: &str) -> bool {
    ["http://", "https://"]
        .iter()
        .any(|scheme| reference.get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme)))
}

/// Where a redirect from a place leads (RFC 3986 section 5.2, without the removal of dots, which servers do). `path` is
/// that of the request, with its query.
pub(crate) fn redirected(from: &Origin, path: &str, location: &str) -> String {
    let location = location.trim();
    let scheme = if from.tls { "https:" } else { "http:" };
    let path = path.split(['?', '#']).next().unwrap_or_default();
    match location {
        _ if is_absolute(location) => location.to_owned(),
        _ if location.starts_with("//") => format!("{scheme}{location}"),
        _ if location.starts_with('/') => format!("{from}{location}"),
        _ if location.starts_with('?') => format!("{from}{path}{location}"),
        _ => format!("{from}{}{location}", path.rfind('/').map_or("/", |end| &path[..=end])),
    }
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
    /// Its host is an address as the system's resolver alone reads it.
    #[error(
        "failed to read the base URL `{text}`: its host is an old spelling of the address {meant}; write {meant}"
    )]
    OldSpelling {
        /// What was typed.
        text: String,
        /// The usual spelling.
        meant: Ipv4Addr,
    },
}

/// The address that a host such as `127.1`, `2130706433` or `0x7f.1` stands for (inet_aton(3)), where it is not written in the
/// usual way. It would be taken for a name where it matters that it is none: what is this machine, and what goes through a proxy.
fn old_spelling(host: &str) -> Option<Ipv4Addr> {
    let host = host.strip_suffix('.').unwrap_or(host);
    if host.parse::<Ipv4Addr>().is_ok() {
        return None;
    }
    let number = |part: &str| match part.strip_prefix("0x") {
        Some("") => Some(0),
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None if part.len() > 1 && part.starts_with('0') => u32::from_str_radix(part, 8).ok(),
        None => part.parse().ok().filter(|_| part.bytes().all(|byte| byte.is_ascii_digit())),
    };
    let numbers: Vec<u32> = host.split('.').map(number).collect::<Option<_>>()?;
    let (last, first) = numbers.split_last().filter(|(_, first)| first.len() <= 3)?;
    let rest = 32 - 8 * u32::try_from(first.len()).ok()?;
    let head = first.iter().try_fold(0_u32, |head, part| (*part < 256).then_some(head << 8 | part))?;
    let fits = u64::from(*last) < 1 << rest;
    fits.then(|| Ipv4Addr::from_bits(head.checked_shl(rest).unwrap_or(0) | last))
}

impl Target {
    /// Reads an address such as `https://tts.example` or `http://127.0.0.1:8000/prefix`.
    ///
    /// # Errors
    /// It is no http or https URL, or it carries a query or credentials, which belong elsewhere.
    pub fn parse(text: &str) -> Result<Self, TargetError> {
        let trimmed = text.trim().trim_end_matches('/');
        // Credentials must not be repeated in an error, a result or a log.
        let shown = || {
            let behind = trimmed.rsplit_once('@').map_or(trimmed, |(_, rest)| rest);
            behind.split(['?', '#']).next().unwrap_or(behind).to_owned()
        };
        let unsuitable = |what| TargetError::Unsuitable { text: shown(), what };
        if trimmed.contains('@') {
            return Err(unsuitable("it carries credentials; use --token or --env-file for those"));
        }
        if ["http:", "https:"].contains(&trimmed.to_ascii_lowercase().as_str()) {
            return Err(unsuitable("it names no host; give one, such as http://127.0.0.1:8000"));
        }
        let uri: Uri = trimmed.parse().map_err(|source| TargetError::NotAUrl { text: shown(), source })?;
        match uri.scheme_str() {
            Some("http" | "https") => {}
            Some(_) => return Err(unsuitable("only http and https are spoken")),
            None => return Err(unsuitable("it lacks http:// or https://")),
        }
        if uri.query().is_some() {
            return Err(unsuitable("it carries a query, which is not shown here and has no place in it"));
        }
        let origin = Origin::of(&uri).ok_or_else(|| {
            unsuitable("it names no host, or no port of 1 to 65535; give both, such as http://127.0.0.1:8000")
        })?;
        if let Some(meant) = old_spelling(&origin.host) {
            return Err(TargetError::OldSpelling { text: shown(), meant });
        }
        let path = uri.path().trim_end_matches('/').to_owned();
        Ok(Self(Arc::new(Parts { origin, base: trimmed.to_owned(), path })))
    }

    /// The same without a `/v1` at its end, with which official clients of some services want it.
    #[must_use]
    pub fn without_version(&self) -> Self {
        match self.0.base.strip_suffix("/v1") {
            Some(base) if self.0.path.ends_with("/v1") => Self::parse(base).unwrap_or_else(|_| self.clone()),
            Some(_) | None => self.clone(),
        }
    }

    /// Whether there is a path behind its origin.
    #[must_use]
    pub fn has_path(&self) -> bool {
        !self.0.path.is_empty()
    }

    /// The address as typed, without a slash at the end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0.base
    }

    /// Host name or IP address, without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.0.origin.host
    }

    /// TCP port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.0.origin.port
    }

    /// Whether connections are encrypted.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.0.origin.tls
    }

    /// Where a path below the origin is. `path` begins with a slash.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.0.base)
    }

    /// Who answers there.
    pub(crate) fn origin(&self) -> &Origin {
        &self.0.origin
    }

    /// Where a reference leads: a path below the address, or a URL.
    ///
    /// # Errors
    /// It is a URL that leads nowhere; says why.
    pub(crate) fn place_of(&self, reference: &str) -> Result<AudioPlace, String> {
        if !is_absolute(reference) {
            let slash = if reference.starts_with('/') { "" } else { "/" };
            return Ok(AudioPlace::Here([&self.0.path, slash, reference].concat()));
        }
        let url: Uri = reference.parse().map_err(|error: InvalidUri| error.to_string())?;
        let origin = Origin::of(&url).ok_or("it leads nowhere")?;
        let path = url.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        Ok(if origin == self.0.origin { AudioPlace::Here(path) } else { AudioPlace::Elsewhere(origin, path) })
    }

    /// A path below the address, as it stands in a request.
    pub(crate) fn path(&self, path: &str) -> String {
        format!("{}{path}", self.0.path)
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
        assert_eq!(target.path("/api/v1/ws/tts"), "/api/v1/ws/tts");
        let here = |path: &str| Ok(AudioPlace::Here(path.to_owned()));
        assert_eq!(target.place_of("/api/v1/audio/ab"), here("/api/v1/audio/ab"));
        let prefixed = Target::parse("http://[::1]:8000/tts").unwrap();
        assert_eq!((prefixed.host(), prefixed.port()), ("::1", 8_000));
        assert_eq!(prefixed.path("/api/v1/ws/tts"), "/tts/api/v1/ws/tts");
        assert_eq!(prefixed.place_of("v1/audio/ab"), here("/tts/v1/audio/ab"));
    }

    #[test]
    fn a_port_that_is_none_leads_nowhere_and_not_to_the_usual_one() {
        for url in ["http://127.0.0.1:99999", "https://tts.example:65536/api", "http://[::1]:70000"] {
            assert!(Target::parse(url).is_err(), "{url}");
            assert_eq!(Origin::of(&url.parse().unwrap()), None, "{url}");
        }
        let port = |url: &str| Target::parse(url).unwrap().port();
        assert_eq!(
            (port("http://tts.example"), port("https://[::1]"), port("http://[::1]:81")),
            (80, 443, 81)
        );
    }

    #[test]
    fn another_scheme_host_or_port_is_another_origin() {
        let target = Target::parse("https://TTS.example/p").unwrap();
        for own in ["https://tts.example/ab?c", "HTTPS://tts.example:443/ab?c"] {
            assert_eq!(target.place_of(own), Ok(AudioPlace::Here("/ab?c".to_owned())), "{own}");
        }
        for (url, origin) in [
            ("http://tts.example/ab", "http://tts.example"),
            ("http://tts.example:443/ab", "http://tts.example:443"),
            ("https://tts.example:8443/ab", "https://tts.example:8443"),
            ("https://tts.example.cdn.example/ab", "https://tts.example.cdn.example"),
            ("https://tts.example@cdn.example/ab", "https://cdn.example"),
            ("https://tts.example:443@[::1]:9/ab", "https://[::1]:9"),
        ] {
            let Ok(AudioPlace::Elsewhere(found, path)) = target.place_of(url) else { panic!("{url}") };
            assert_eq!((found.to_string().as_str(), path.as_str()), (origin, "/ab"));
        }
        assert!(target.place_of("https://").is_err() && target.place_of("http://a b/").is_err());
    }

    #[test]
    fn redirects_lead_on_from_where_they_were_met() {
        let origin = Target::parse("https://tts.example:8443").unwrap().origin().clone();
        for (location, wanted) in [
            ("HTTP://cdn.example/x", "HTTP://cdn.example/x"),
            ("//cdn.example/x", "https://cdn.example/x"),
            ("/x?y", "https://tts.example:8443/x?y"),
            ("x", "https://tts.example:8443/a/x"),
            ("?y", "https://tts.example:8443/a/b?y"),
        ] {
            assert_eq!(redirected(&origin, "/a/b?c=/d", location), wanted);
        }
    }

    #[test]
    fn what_is_no_address_is_refused_with_its_reason_and_without_its_secrets() {
        for (text, reason) in [
            ("tts.example", "lacks http://"),
            ("ftp://tts.example", "only http and https"),
            ("https://tts.example?token=a", "query"),
            ("https://", "it names no host"),
            ("http://", "it names no host"),
            ("HTTP:///", "it names no host"),
            ("not a url", "failed to read the base URL"),
        ] {
            let error = Target::parse(text).unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
        for (host, meant) in [
            ("127.1", "127.0.0.1"),
            ("2130706433", "127.0.0.1"),
            ("0x7F.1", "127.0.0.1"),
            ("0177.0.0.1", "127.0.0.1"),
        ] {
            let error = Target::parse(&format!("http://{host}:8000")).unwrap_err().to_string();
            assert!(
                error.ends_with(&format!("an old spelling of the address {meant}; write {meant}")),
                "{error}"
            );
        }
        for host in ["127.0.0.1", "1.example", "0x7f.example", "1.2.3.4.5", "256.1.1.1.", "face"] {
            assert!(Target::parse(&format!("http://{host}:8000")).is_ok(), "{host}");
        }
        let error = Target::parse("https://me:hush@tts.example").unwrap_err().to_string();
        assert!(error.contains("credentials") && !error.contains("hush"), "{error}");
        let error = Target::parse("https://tts.example/?api_key=hush").unwrap_err().to_string();
        assert!(error.contains("a query") && !error.contains("hush"), "{error}");
    }
}
