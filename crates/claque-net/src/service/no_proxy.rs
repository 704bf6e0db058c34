//! `NO_PROXY`: hosts that are reached directly, as curl reads it.

use std::net::IpAddr;

/// Exceptions from proxies. By default there are none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct NoProxy(Vec<Exception>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Exception {
    who: NoProxyRule,
    /// The only port of it that is meant.
    port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum NoProxyRule {
    /// `*`.
    Everybody,
    /// A name and all names below it.
    Domain(String),
    /// Addresses that have their first so many bits in common.
    Network(IpAddr, u32),
}

impl NoProxy {
    /// Reads names, addresses and networks (`10.0.0.0/8`) between commas or spaces. What is none of them excepts nobody.
    pub(super) fn parse(list: &str) -> Self {
        let entries = list.split([',', ' ', '\t']).filter(|entry| !entry.is_empty());
        Self(entries.filter_map(Exception::parse).collect())
    }

    /// Whether a host, a name or address in lower case and without brackets, is excepted on this port.
    pub(super) fn covers(&self, host: &str, port: u16) -> bool {
        let fits = |exception: &&Exception| exception.port.is_none_or(|only| only == port);
        self.0.iter().filter(fits).any(|exception| exception.who.covers(host))
    }
}

impl Exception {
    fn parse(entry: &str) -> Option<Self> {
        let entry = entry.to_ascii_lowercase();
        if let Some(who) = NoProxyRule::parse(&entry) {
            return Some(Self { who, port: None });
        }
        let (host, port) = entry.rsplit_once(':')?;
        Some(Self { who: NoProxyRule::parse(host)?, port: Some(port.parse().ok()?) })
    }
}

impl NoProxyRule {
    fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        if text == "*" {
            return Some(Self::Everybody);
        }
        let (address, bits) =
            text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        if let Ok(address) = address.parse::<IpAddr>() {
            let all = if address.is_ipv4() { 32 } else { 128 };
            let bits = bits.map_or(Some(all), |bits| bits.parse().ok().filter(|bits| *bits <= all))?;
            return Some(Self::Network(address, bits));
        }
        let name = text.strip_prefix('.').unwrap_or(text);
        let name = name.strip_suffix('.').unwrap_or(name);
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) || !byte.is_ascii();
        (!name.is_empty() && name.bytes().all(is_name)).then(|| Self::Domain(name.to_owned()))
    }

    fn covers(&self, host: &str) -> bool {
        match self {
            Self::Everybody => true,
            Self::Domain(name) => {
                let host = host.strip_suffix('.').unwrap_or(host);
                host.strip_suffix(name.as_str())
                    .is_some_and(|before| before.is_empty() || before.ends_with('.'))
            }
            Self::Network(network, bits) => {
                host.parse::<IpAddr>().is_ok_and(|address| begin_alike(*network, address, *bits))
            }
        }
    }
}

/// Whether two addresses of one family have their first so many bits in common.
fn begin_alike(one: IpAddr, other: IpAddr, bits: u32) -> bool {
    match (one.to_canonical(), other.to_canonical()) {
        (IpAddr::V4(one), IpAddr::V4(other)) => {
            let differ = one.to_bits() ^ other.to_bits();
            differ.leading_zeros() >= bits
        }
        (IpAddr::V6(one), IpAddr::V6(other)) => (one.to_bits() ^ other.to_bits()).leading_zeros() >= bits,
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_mean_themselves_and_what_is_below_them() {
        let list = NoProxy::parse("example.org, .internal other.example.\tHOST.example:8443");
        for (host, port, covered) in [
            ("example.org", 443, true),
            ("www.example.org", 443, true),
            ("example.org.", 443, true),
            ("notexample.org", 443, false),
            ("example.org.evil.example", 443, false),
            ("internal", 80, true),
            ("a.b.internal", 80, true),
            ("other.example", 80, true),
            ("host.example", 8_443, true),
            ("host.example", 443, false),
        ] {
            assert_eq!(list.covers(host, port), covered, "{host}:{port}");
        }
        assert!(NoProxy::parse("a,*").covers("anything.example", 1));
        assert!(!NoProxy::parse(" ,, ").covers("anything.example", 1));
    }

    #[test]
    fn addresses_mean_themselves_or_their_network() {
        let list =
            NoProxy::parse("192.0.2.7,10.0.0.0/8,[2001:db8::1]:8080,2001:db8:1::/48,1.2.3.4/33,10.0.0.0/");
        for (host, port, covered) in [
            ("192.0.2.7", 1, true),
            ("192.0.2.70", 1, false),
            ("10.200.3.4", 1, true),
            ("11.0.0.1", 1, false),
            ("2001:db8::1", 8_080, true),
            ("2001:db8::1", 80, false),
            ("2001:db8:1:2::3", 80, true),
            ("2001:db8:2::", 80, false),
            ("1.2.3.4", 80, false),
            ("10.example", 80, false),
        ] {
            assert_eq!(list.covers(host, port), covered, "{host}:{port}");
        }
        assert!(NoProxy::parse("0.0.0.0/0").covers("8.8.8.8", 1));
    }
}
