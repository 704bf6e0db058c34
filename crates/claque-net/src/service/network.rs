//! How services are reached, the same for every account: whom to trust, where audio may lie, and all secrets.

use std::{fmt, sync::Arc};

use claque_core::{event::Failure, time::Duration};
use rustls::ClientConfig;
use tokio::sync::watch;

use super::{
    addresses::{AddressUse, Addresses},
    error::timed_out,
    headers::{ExtraHeader, ExtraHeaders},
    identity::ClientIdentity,
    proxy::{ProxySettings, Route},
    proxy_trouble::ProxyTrouble,
    secrets::Secrets,
    target::Origin,
    trust::tls_config,
};

/// What a user said about the network.
#[derive(Clone, Debug)]
pub struct NetworkOrder {
    /// Hosts besides the service's own from which audio is fetched, without credentials.
    pub allowed_hosts: Vec<AllowedHost>,
    /// What every request to a service's own origin carries besides.
    pub headers: Vec<ExtraHeader>,
    /// By which way hosts are reached.
    pub proxies: ProxySettings,
    /// What a service's own origin is shown when it asks for a certificate.
    pub identity: Option<ClientIdentity>,
    /// Whether certificates of services count.
    pub certificates: Certificates,
    /// Longest wait for the answer of one call around a run.
    pub call_timeout: Duration,
}

/// Longest wait for an answer where nothing else is said: as long as common proxies wait.
const CALL_TIMEOUT: Duration = Duration::from_secs(60);

/// A call that has waited for so long is told of, or for half of what it may take where that is sooner.
const SLOW: Duration = Duration::from_secs(5);

impl Default for NetworkOrder {
    fn default() -> Self {
        Self {
            allowed_hosts: Vec::new(),
            headers: Vec::new(),
            proxies: ProxySettings::default(),
            identity: None,
            certificates: Certificates::default(),
            call_timeout: CALL_TIMEOUT,
        }
    }
}

/// A call that is not answered yet. Its display is a line for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlowCall {
    /// Method and path.
    call: String,
    waited: Duration,
    /// When it is given up, since it began.
    limit: Duration,
}

impl fmt::Display for SlowCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (waited, limit) = (self.waited.as_secs_f64(), self.limit.as_secs_f64());
        write!(f, "no answer to {} after {waited} s; it is waited for {limit} s at most", self.call)
    }
}

/// Whether it matters which certificate a service shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Certificates {
    /// It must be of the service's name, and come from somebody who is trusted.
    #[default]
    Checked,
    /// Any will do: whoever answers may be anybody.
    Unchecked,
}

/// A host from which audio may be fetched, though it is not the service's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedHost {
    /// Its name or address, in lower case and without brackets.
    host: String,
    /// Its port; any if none is named.
    port: Option<u16>,
}

/// How services are reached. Clones share everything.
#[derive(Clone, Debug)]
pub struct Network {
    order: Arc<NetworkOrder>,
    tls: Arc<ClientConfig>,
    /// Without our own certificate.
    tls_elsewhere: Arc<ClientConfig>,
    headers: ExtraHeaders,
    addresses: Addresses,
    secrets: Secrets,
    /// The last call that was slow.
    slow: Arc<watch::Sender<Option<SlowCall>>>,
}

impl Network {
    /// Makes what all accounts share.
    #[must_use]
    pub fn open(order: NetworkOrder) -> Self {
        let (headers, secrets) = (ExtraHeaders::new(&order.headers), Secrets::default());
        headers.teach(&secrets);
        order.proxies.teach(&secrets);
        let tls = tls_config(order.certificates, order.identity.as_ref());
        let tls_elsewhere = match order.identity {
            None => Arc::clone(&tls),
            Some(_) => tls_config(order.certificates, None),
        };
        Self {
            order: Arc::new(order),
            tls,
            tls_elsewhere,
            headers,
            addresses: Addresses::default(),
            secrets,
            slow: Arc::new(watch::channel(None).0),
        }
    }

    /// The secrets that were given or received.
    #[must_use]
    pub const fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// Longest wait for the answer of one call around a run.
    #[must_use]
    pub fn call_timeout(&self) -> Duration {
        self.order.call_timeout
    }

    /// Changes with every call that has waited for five seconds, or half of its bound; of several at once the last is seen.
    #[must_use]
    pub fn slow_calls(&self) -> watch::Receiver<Option<SlowCall>> {
        self.slow.subscribe()
    }

    /// Waits for the answer of a call, and not for longer than is allowed. That it takes long is told of on the way.
    pub(crate) async fn within_bound<T>(
        &self,
        call: String,
        answer: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let limit = self.order.call_timeout;
        let first = SLOW.min(limit / 2);
        let mut answer = std::pin::pin!(answer);
        if let Ok(answered) = tokio::time::timeout(first, &mut answer).await {
            return answered;
        }
        let call = self.secrets.clean(&call);
        self.slow.send_replace(Some(SlowCall { call, waited: first, limit }));
        let rest = limit.saturating_sub(first);
        tokio::time::timeout(rest, answer).await.unwrap_or_else(|_| Err(timed_out(limit)))
    }

    /// What every request to the service's own origin carries besides.
    pub(crate) const fn headers(&self) -> &ExtraHeaders {
        &self.headers
    }

    /// How TLS is spoken with other origins than the service's own.
    pub(crate) const fn tls_elsewhere(&self) -> &Arc<ClientConfig> {
        &self.tls_elsewhere
    }

    /// How TLS is spoken with the service's own origin.
    pub(crate) const fn tls(&self) -> &Arc<ClientConfig> {
        &self.tls
    }

    /// What became of each address so far, by name.
    #[must_use]
    pub fn address_uses(&self) -> Vec<AddressUse> {
        self.addresses.uses()
    }

    pub(crate) const fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// By which way somebody is reached.
    ///
    /// # Errors
    /// A proxy is named for it that cannot be used.
    pub(crate) fn route(&self, origin: &Origin) -> Result<Route, ProxyTrouble> {
        self.order.proxies.route(origin)
    }

    /// Whether audio may be fetched from there, which is not the service's own origin.
    pub(crate) fn allows(&self, origin: &Origin) -> bool {
        self.order.allowed_hosts.iter().any(|allowed| allowed.covers(origin))
    }
}

impl AllowedHost {
    /// Reads `cdn.example`, `cdn.example:8443`, `[::1]` or `[::1]:8443`; none for what is no host.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (host, rest) = rest.split_once(']')?;
                (host, if rest.is_empty() { None } else { Some(rest.strip_prefix(':')?) })
            }
            // An address of version 6 without brackets has no port.
            None if text.matches(':').count() > 1 => (text, None),
            None => text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port))),
        };
        let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:%".contains(&byte) || !byte.is_ascii();
        if host.is_empty() || !host.bytes().all(is_host) {
            return None;
        }
        let port = port.map(str::parse).transpose().ok()?;
        Some(Self { host: host.to_ascii_lowercase(), port })
    }

    fn covers(&self, origin: &Origin) -> bool {
        self.host == origin.host && self.port.is_none_or(|port| port == origin.port)
    }
}

impl fmt::Display for AllowedHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        match self.port {
            None => f.write_str(&host),
            Some(port) => write!(f, "{host}:{port}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_allowed_on_every_port_or_on_the_one_that_is_named() {
        let allows = |text: &str, host: &str, port| {
            let origin = Origin { tls: false, host: host.to_owned(), port };
            let host = AllowedHost::parse(text).unwrap();
            assert_eq!(AllowedHost::parse(&host.to_string()).unwrap(), host);
            host.covers(&origin)
        };
        assert!(allows("CDN.example", "cdn.example", 443) && allows("cdn.example:80", "cdn.example", 80));
        assert!(!allows("cdn.example:80", "cdn.example", 81) && !allows("example", "cdn.example", 80));
        assert!(allows("[::1]:80", "::1", 80) && allows("::1", "::1", 9) && !allows("[::1]:80", "::1", 9));
        for text in ["", "http://cdn.example", "a/b", "a:b", "a:70000", "[::1", "[::1]80", "a b"] {
            assert_eq!(AllowedHost::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_call_that_is_not_answered_is_given_up_after_what_was_said() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let order = NetworkOrder { call_timeout: Duration::from_millis(20), ..NetworkOrder::default() };
        let network = Network::open(order);
        let never = std::future::pending::<Result<(), Failure>>();
        let failure = runtime.block_on(network.within_bound("GET /".to_owned(), never)).unwrap_err();
        assert_eq!(failure.text, "no answer within 0.02 s");
        let told = network.slow_calls().borrow().as_ref().map(ToString::to_string);
        assert_eq!(told.as_deref(), Some("no answer to GET / after 0.01 s; it is waited for 0.02 s at most"));
    }
}
