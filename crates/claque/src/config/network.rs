//! From wishes to how services are reached.

use std::path::{Path, PathBuf};

use claque_core::secret::Secret;
use claque_net::service::{
    AllowedHost, Certificates, ClientIdentity, Credentials, IdentityError, NetworkOrder, ProxySettings,
    Target,
};
use claque_run::order::TargetChoice;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    UsageError,
    environment::Environment,
    file,
    groups::Group,
    headers::{self, HeaderLines},
    wish::{Source, Wish},
    wishes::{Wishes, over, over_all},
};
use crate::cli::NetworkFlags;

/// What was said about how services are reached, by the names it has in a scenario.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct NetworkWishes {
    pub(super) allow_host: Option<Vec<Wish<String>>>,
    pub(super) headers: Option<Wish<HeaderLines>>,
    pub(super) client_cert: Option<Wish<PathBuf>>,
    pub(super) client_key: Option<Wish<PathBuf>>,
    pub(super) insecure: Option<Wish<bool>>,
    /// `--header`, in the order typed.
    #[serde(skip)]
    pub(super) typed_headers: Vec<Secret>,
}

impl NetworkWishes {
    pub(super) fn lay(&mut self, flags: NetworkFlags) {
        over_all(&mut self.allow_host, flags.allow_host);
        self.typed_headers = flags.header;
        over(&mut self.client_cert, flags.client_cert);
        over(&mut self.client_key, flags.client_key);
        over(&mut self.insecure, flags.insecure);
    }
}

impl Group for NetworkWishes {
    fn place_files(&mut self, beside: &dyn Fn(&Path) -> PathBuf) {
        for file in [&mut self.client_cert, &mut self.client_key].into_iter().flatten() {
            file.value = beside(&file.value);
        }
    }
}

/// Who is reached, and as whom.
#[derive(Clone, Copy, Debug)]
pub(super) struct ServiceAccess<'a> {
    pub(super) to: Destination<'a>,
    pub(super) credentials: &'a [Credentials],
    pub(super) environment: &'a Environment,
}

/// Who is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Destination<'a> {
    /// A gateway of our own, in this process.
    Embedded,
    /// Services that have addresses, with those that are known already.
    Services(&'a [Target]),
}

impl<'a> From<&'a TargetChoice> for Destination<'a> {
    fn from(target: &'a TargetChoice) -> Self {
        match target {
            TargetChoice::Embedded(_) | TargetChoice::EmbeddedSpeech(_) => Self::Embedded,
            TargetChoice::BaseUrl(target) => Self::Services(std::slice::from_ref(target)),
        }
    }
}

/// Decides.
///
/// # Errors
/// A host or a header is none, a proxy cannot be used, or something is said about the way to a service where there is none.
pub(super) fn network(
    wishes: &Wishes,
    source: &Source,
    way: ServiceAccess<'_>,
) -> Result<NetworkOrder, UsageError> {
    if way.to == Destination::Embedded {
        about_nothing(wishes, source)?;
    }
    let host = |wish: &Wish<String>| {
        let what = || format!("is `{}`; give a host, such as cdn.example or cdn.example:8443", wish.value);
        AllowedHost::parse(&wish.value).ok_or_else(|| source.error(wish, "allow_host", what()))
    };
    Ok(NetworkOrder {
        allowed_hosts: wishes.network.allow_host.iter().flatten().map(host).collect::<Result<_, _>>()?,
        headers: headers::headers(wishes, source, way.credentials, way.environment)?,
        proxies: proxies(way)?,
        identity: identity(wishes, source)?,
        certificates: match &wishes.network.insecure {
            Some(wish) if wish.value => Certificates::Unchecked,
            Some(_) | None => Certificates::Checked,
        },
        ..NetworkOrder::default()
    })
}

/// What the environment says about proxies. A gateway of our own is reached directly, whatever that is.
fn proxies(way: ServiceAccess<'_>) -> Result<ProxySettings, UsageError> {
    let Destination::Services(targets) = way.to else { return Ok(ProxySettings::default()) };
    let proxies = ProxySettings::from_variables(|name| way.environment.value(name).cloned());
    for target in targets {
        // One that cannot be used is told before anything is made.
        proxies.proxy_of(target).map_err(|trouble| UsageError::new(trouble.to_string()))?;
    }
    Ok(proxies)
}

/// What is said about the way to a service where there is none would be passed over in silence.
fn about_nothing(wishes: &Wishes, source: &Source) -> Result<(), UsageError> {
    let said = [
        headers::place(wishes, source),
        wishes.network.client_cert.as_ref().map(|wish| source.name(wish.place, "client_cert")),
        wishes.network.client_key.as_ref().map(|wish| source.name(wish.place, "client_key")),
        wishes
            .network
            .insecure
            .as_ref()
            .filter(|wish| wish.value)
            .map(|wish| source.name(wish.place, "insecure")),
    ];
    match said.into_iter().flatten().next() {
        None => Ok(()),
        Some(named) => Err(UsageError::new(format!(
            "{named} needs --base-url: it is about the way to a service, and the embedded gateway is reached directly"
        ))),
    }
}

/// The certificate to be shown, of one file or two.
fn identity(wishes: &Wishes, source: &Source) -> Result<Option<ClientIdentity>, UsageError> {
    let certificate = match (&wishes.network.client_cert, &wishes.network.client_key) {
        (Some(wish), _) => wish,
        (None, Some(key)) => {
            let what = "needs --client-cert with the certificate that it is the key of";
            return Err(source.error(key, "client_key", what));
        }
        (None, None) => return Ok(None),
    };
    let (key, key_name) = match &wishes.network.client_key {
        Some(key) => (key, "client_key"),
        None => (certificate, "client_cert"),
    };
    let wrong = |wish: &Wish<PathBuf>, name: &str, why: &str| {
        source.error(wish, name, format!("is {}, which cannot be used: {why}", wish.value.display()))
    };
    let read = |wish: &Wish<PathBuf>, name: &str| {
        file::read(&wish.value, file::MOST_SETTINGS).map_err(|why| wrong(wish, name, &why))
    };
    let (certificate_pem, key_pem) = (read(certificate, "client_cert")?, read(key, key_name)?);
    let identity = ClientIdentity::from_pem(&certificate_pem, &key_pem).map_err(|error| match &error {
        IdentityError::Certificate(why) => wrong(certificate, "client_cert", why),
        IdentityError::Key(why) => wrong(key, key_name, why),
    })?;
    Ok(Some(identity))
}

/// Adds what was decided, where it is not as usual, by the names a scenario has for it.
pub(super) fn decided(wishes: &Wishes, scenario: &mut Map<String, Value>) {
    let hosts: Vec<Value> =
        wishes.network.allow_host.iter().flatten().map(|wish| wish.value.trim().into()).collect();
    if !hosts.is_empty() {
        scenario.insert("allow_host".to_owned(), hosts.into());
    }
    let headers = headers::decided(wishes);
    if !headers.is_empty() {
        scenario.insert("headers".to_owned(), headers.into());
    }
    for (key, file) in
        [("client_cert", &wishes.network.client_cert), ("client_key", &wishes.network.client_key)]
    {
        if let Some(wish) = file {
            scenario.insert(key.to_owned(), wish.value.display().to_string().into());
        }
    }
    if wishes.network.insecure.as_ref().is_some_and(|wish| wish.value) {
        scenario.insert("insecure".to_owned(), true.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(network: NetworkWishes) -> Wishes {
        Wishes { network, ..Wishes::default() }
    }

    fn decide(wishes: &Wishes, to: Destination<'_>) -> Result<NetworkOrder, UsageError> {
        let way = ServiceAccess { to, credentials: &[], environment: &Environment::default() };
        network(wishes, &Source::default(), way)
    }

    #[test]
    fn a_host_that_is_none_is_an_error_and_others_are_noted() {
        let with = |hosts: &[&str]| {
            said(NetworkWishes {
                allow_host: Some(hosts.iter().map(|host| Wish::flag((*host).to_owned())).collect()),
                ..NetworkWishes::default()
            })
        };
        let wishes = with(&["cdn.example", "[::1]:80"]);
        assert_eq!(decide(&wishes, Destination::Embedded).unwrap().allowed_hosts.len(), 2);
        let mut scenario = Map::new();
        decided(&wishes, &mut scenario);
        assert_eq!(Value::Object(scenario).to_string(), r#"{"allow_host":["cdn.example","[::1]:80"]}"#);
        let error = decide(&with(&["https://cdn.example"]), Destination::Services(&[])).unwrap_err();
        let error = error.to_string();
        assert!(error.starts_with("--allow-host is `https://cdn.example`; give a host"), "{error}");
    }

    #[test]
    fn headers_are_for_services_and_noted_without_their_values() {
        let wishes =
            said(NetworkWishes { typed_headers: vec!["X-Key: hush".into()], ..NetworkWishes::default() });
        assert_eq!(decide(&wishes, Destination::Services(&[])).unwrap().headers.len(), 1);
        let error = decide(&wishes, Destination::Embedded).unwrap_err().to_string();
        assert!(error.starts_with("--header needs --base-url"), "{error}");
        let mut scenario = Map::new();
        decided(&wishes, &mut scenario);
        assert_eq!(Value::Object(scenario).to_string(), r#"{"headers":["X-Key: [secret]"]}"#);
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_told_before_anything_is_made() {
        let environment = Environment::from([("ALL_PROXY", "socks5://me:hush@127.0.0.1:1080")]);
        let decide = |to| {
            network(
                &Wishes::default(),
                &Source::default(),
                ServiceAccess { to, credentials: &[], environment: &environment },
            )
        };
        let target = |url| [Target::parse(url).unwrap()];
        let (far, here) = (target("https://tts.example"), target("http://127.0.0.1:9"));
        let error = decide(Destination::Services(&far)).unwrap_err().to_string();
        assert!(
            error.starts_with("ALL_PROXY names a proxy of the kind socks5") && !error.contains("hush"),
            "{error}"
        );
        assert!(decide(Destination::Services(&here)).is_ok());
        assert!(decide(Destination::Embedded).is_ok());
    }

    #[test]
    fn files_that_hold_no_certificate_are_named_with_the_reason() {
        let folder = tempfile::tempdir().unwrap();
        let empty = folder.path().join("empty.pem");
        std::fs::write(&empty, "").unwrap();
        let wish = |path: &Path| Some(Wish::flag(path.to_owned()));
        let none = folder.path().join("none.pem");
        for (cert, key, words) in [
            (
                wish(&empty),
                None,
                ["--client-cert is ", "empty.pem, which cannot be used: it holds no certificate"],
            ),
            (wish(&none), None, ["--client-cert is ", "none.pem, which cannot be used: No such file"]),
            (wish(&empty), wish(&none), ["--client-key is ", "none.pem, which cannot be used: No such file"]),
            (None, wish(&none), ["--client-key needs --client-cert", ""]),
        ] {
            let wishes =
                said(NetworkWishes { client_cert: cert, client_key: key, ..NetworkWishes::default() });
            let error = decide(&wishes, Destination::Services(&[])).unwrap_err().to_string();
            assert!(error.starts_with(words[0]) && error.contains(words[1]), "{error}");
        }
    }

    #[test]
    fn what_is_about_the_way_to_a_service_needs_one() {
        let wishes = said(NetworkWishes { insecure: Some(Wish::flag(true)), ..NetworkWishes::default() });
        let error = decide(&wishes, Destination::Embedded).unwrap_err().to_string();
        assert!(error.starts_with("--insecure needs --base-url"), "{error}");
        assert_eq!(
            decide(&wishes, Destination::Services(&[])).unwrap().certificates,
            Certificates::Unchecked
        );
        let wishes = said(NetworkWishes { insecure: Some(Wish::flag(false)), ..NetworkWishes::default() });
        assert_eq!(decide(&wishes, Destination::Embedded).unwrap().certificates, Certificates::Checked);
    }
}
