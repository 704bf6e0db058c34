//! Proxies: which of a user's variables name one, and by which way a host is reached.
//!
//! Everything goes through a proxy in a tunnel (`CONNECT`), plain HTTP as well: a listener's WebSocket needs one anyhow, and
//! what is measured is then the service's own answers.

use std::{fmt, io, net::IpAddr, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use claque_core::{event::Phase, secret::Secret};
use claque_wire::http1::TunnelError;
use percent_encoding::percent_decode_str;

use super::{
    http::failure_of,
    no_proxy::NoProxy,
    proxy_trouble::ProxyTrouble,
    secrets::Secrets,
    target::{Origin, Target},
};
use crate::shortage::Shortage;

/// A name that is so long is a secret as well: some services take a key in its place.
const SHORTEST_NAME: usize = 8;

/// What a user's variables say about proxies. By default there are none.
#[derive(Clone, Debug, Default)]
pub struct ProxySettings {
    http: Option<Named>,
    https: Option<Named>,
    without: NoProxy,
}

/// A variable that is set, and what it names.
#[derive(Clone, Debug)]
struct Named {
    variable: &'static str,
    proxy: Result<Arc<Proxy>, Unusable>,
}

/// Why what a variable names is not used. It is told only to whoever would be sent that way.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Unusable {
    /// It is a proxy of this sort.
    Unspoken(String),
    /// It is no address of a proxy.
    Unreadable,
}

/// A proxy. Its debug output hides the secrets.
#[derive(Clone, Debug)]
pub(crate) struct Proxy {
    pub(crate) host: String,
    pub(crate) port: u16,
    /// The variable that names it.
    variable: &'static str,
    sign_in: Option<SignIn>,
}

/// Who we are to a proxy.
#[derive(Clone, Debug)]
struct SignIn {
    name: Secret,
    password: Secret,
    /// What the header says.
    header: Secret,
}

/// The way to a host.
#[derive(Clone, Debug)]
pub(crate) enum Route {
    /// To it.
    Direct,
    /// Through a tunnel.
    Through(Arc<Proxy>),
}

impl ProxySettings {
    /// Reads `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy`, each also in capitals; small letters win, as they do
    /// for curl. A variable that is empty is none.
    #[must_use]
    pub fn from_variables(value: impl Fn(&str) -> Option<Secret>) -> Self {
        let first = |names: &[&'static str]| {
            let set = |name: &&'static str| {
                Some((*name, value(name).filter(|text| !text.expose().trim().is_empty())?))
            };
            names.iter().find_map(set)
        };
        let named = |names: &[&'static str]| {
            let (variable, url) = first(names)?;
            Some(Named { variable, proxy: Proxy::parse(variable, url.expose()).map(Arc::new) })
        };
        let without = first(&["no_proxy", "NO_PROXY"]);
        Self {
            http: named(&["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"]),
            https: named(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]),
            without: without.map(|(_, list)| NoProxy::parse(list.expose())).unwrap_or_default(),
        }
    }

    /// The proxy that a service is reached through, as `HOST:PORT`; none for one that is reached directly.
    ///
    /// # Errors
    /// A variable names one that cannot be used.
    pub fn proxy_of(&self, target: &Target) -> Result<Option<String>, ProxyTrouble> {
        Ok(match self.route(target.origin())? {
            Route::Direct => None,
            Route::Through(proxy) => Some(proxy.to_string()),
        })
    }

    /// The way to an origin. This machine itself is never reached through a proxy: `localhost` is another there.
    pub(crate) fn route(&self, origin: &Origin) -> Result<Route, ProxyTrouble> {
        let Some(named) = (if origin.tls { &self.https } else { &self.http }) else {
            return Ok(Route::Direct);
        };
        if is_this_machine(&origin.host) || self.without.covers(&origin.host, origin.port) {
            return Ok(Route::Direct);
        }
        match &named.proxy {
            Ok(proxy) => Ok(Route::Through(Arc::clone(proxy))),
            Err(why) => Err(why.trouble(named.variable, &origin.host)),
        }
    }

    /// Has what proxies are shown blanked.
    pub(crate) fn teach(&self, secrets: &Secrets) {
        for named in [&self.http, &self.https].into_iter().flatten() {
            if let Ok(Proxy { sign_in: Some(SignIn { name, password, header }), .. }) = named.proxy.as_deref()
            {
                let name_counts = name.expose().len() >= SHORTEST_NAME || password.expose().is_empty();
                secrets.learn_all_of([password, header]);
                if name_counts {
                    secrets.learn(name);
                }
                if let Some((_, code)) = header.expose().split_once(' ') {
                    secrets.learn(&Secret::from(code));
                }
            }
        }
    }
}

impl Proxy {
    /// Reads `http://NAME:PASSWORD@HOST:PORT`. Without a scheme it is http; without a port it is none, for some programs mean 80
    /// by that and curl 1080.
    fn parse(variable: &'static str, url: &str) -> Result<Self, Unusable> {
        let url = url.trim();
        let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
        if !scheme.eq_ignore_ascii_case("http") {
            let is_scheme = scheme.bytes().all(|byte| byte.is_ascii_alphanumeric());
            return Err(if is_scheme {
                Unusable::Unspoken(scheme.to_ascii_lowercase())
            } else {
                Unusable::Unreadable
            });
        }
        let rest = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let (sign_in, authority) = match rest.rsplit_once('@') {
            Some((user, authority)) => (Some(SignIn::parse(user)?), authority),
            None => (None, rest),
        };
        let (host, port) = authority.rsplit_once(':').ok_or(Unusable::Unreadable)?;
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:%".contains(&byte);
        let port = port.parse().ok().filter(|&port| port > 0).ok_or(Unusable::Unreadable)?;
        if host.is_empty() || !host.bytes().all(is_host) {
            return Err(Unusable::Unreadable);
        }
        Ok(Self { host: host.to_ascii_lowercase(), port, variable, sign_in })
    }

    /// What it is shown with each request for a tunnel, and nobody else. The value is a secret.
    pub(crate) fn headers(&self) -> Vec<(&str, &str)> {
        self.sign_in.iter().map(|sign_in| ("proxy-authorization", sign_in.header.expose())).collect()
    }

    /// The trouble of a proxy that cannot be reached, or gives no answer. What this machine lacks is no trouble of it.
    pub(crate) fn unreachable(&self, to: &Origin, error: &io::Error) -> io::Error {
        if let Some(shortage) = Shortage::of(error).or_else(|| Shortage::behind(error.get_ref()?)) {
            return io::Error::other(shortage);
        }
        let why = failure_of(error, Phase::Dial).text;
        let text = format!(
            "the proxy {self} of {} cannot be reached ({why}); correct the variable, or name {} in NO_PROXY to go without",
            self.variable, to.host
        );
        io::Error::other(ProxyTrouble { status: None, text })
    }

    /// The trouble of a tunnel that ended while TLS began in it: the proxy let go, or whoever is behind it.
    pub(crate) fn ended(&self, to: &Origin) -> io::Error {
        let text = format!(
            "the proxy {self} of {} made a tunnel to {} and the connection ended in it before TLS began; check that the proxy \
             lets TLS through and that the service speaks it, or name {} in NO_PROXY to go without",
            self.variable,
            to.host_and_port(),
            to.host
        );
        io::Error::other(ProxyTrouble { status: None, text })
    }

    /// That something came through it, to follow what came.
    pub(crate) fn way(&self) -> String {
        format!("through the proxy {self} of {}", self.variable)
    }

    /// The trouble of one that gives no tunnel.
    pub(crate) fn refused(&self, to: &Origin, error: &TunnelError) -> io::Error {
        let (variable, host) = (self.variable, &to.host);
        let place = to.host_and_port();
        let (status, words) = match error {
            TunnelError::Refused { status } => (*status, format!("HTTP {status}")),
            TunnelError::NotAProxy(_) | TunnelError::Unasked => {
                let text = format!(
                    "what answers at {self} is no HTTP proxy ({error}); correct {variable}, or name {host} in NO_PROXY to go without"
                );
                return io::Error::other(ProxyTrouble { status: None, text });
            }
        };
        let text = match (status, &self.sign_in) {
            (407, None) => format!(
                "the proxy {self} of {variable} asks who we are ({words}); put name and password into the variable, as in http://NAME:PASSWORD@{self}"
            ),
            (407, Some(_)) => {
                format!(
                    "the proxy {self} of {variable} does not take the name and password given ({words}); correct the variable"
                )
            }
            (500..=599, _) => format!(
                "the proxy {self} of {variable} made no connection to {place} ({words}); check that the service is up and that the proxy can reach it, or name {host} in NO_PROXY to go without"
            ),
            _ => format!(
                "the proxy {self} of {variable} refused a tunnel to {place} ({words}); have it allow CONNECT to that port (many allow 443 alone), or name {host} in NO_PROXY to go without"
            ),
        };
        io::Error::other(ProxyTrouble { status: Some(status), text })
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl SignIn {
    fn parse(user: &str) -> Result<Self, Unusable> {
        let (name, password) = user.split_once(':').unwrap_or((user, ""));
        let plain = |part| percent_decode_str(part).decode_utf8().map_err(|_| Unusable::Unreadable);
        let (name, password) = (plain(name)?, plain(password)?);
        // RFC 7617 section 2.
        let header = format!("Basic {}", STANDARD.encode(format!("{name}:{password}")));
        Ok(Self {
            name: Secret::from(&*name),
            password: Secret::from(&*password),
            header: Secret::from(header),
        })
    }
}

impl Unusable {
    fn trouble(&self, variable: &str, host: &str) -> ProxyTrouble {
        let what = match self {
            Self::Unspoken(scheme) => {
                format!("names a proxy of the kind {scheme}, which claque does not speak to")
            }
            Self::Unreadable => "is no address of a proxy".to_owned(),
        };
        let text = format!(
            "{variable} {what}: it is not used; name one such as http://proxy.example:3128, with its port, or name {host} in \
             NO_PROXY to go without"
        );
        ProxyTrouble { status: None, text }
    }
}

fn is_this_machine(host: &str) -> bool {
    let name = host.strip_suffix('.').unwrap_or(host);
    match host.parse::<IpAddr>() {
        Ok(address) => address.to_canonical().is_loopback() || address.is_unspecified(),
        Err(_) => name == "localhost" || name.ends_with(".localhost"),
    }
}

#[cfg(test)]
mod tests;
