//! A service behind TLS, as nearly all of them are.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
    thread,
};

use claque_core::{
    rng::Seed,
    time::{Duration, MediaTime},
};
use claque_front::yapit::gateway::GatewayConfig;
use claque_net::host::{EngineChoice, Host, HostOptions};
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        RootCertStore, ServerConfig,
        crypto::ring::default_provider,
        pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
        server::WebPkiClientVerifier,
    },
};

use crate::program::{Ran, run_with};

#[test]
fn listeners_hear_everything_where_the_certificate_is_trusted() {
    // What `openssl req -x509` makes is marked as an authority's.
    for mark in [IsCa::NoCa, IsCa::Ca(BasicConstraints::Unconstrained)] {
        let front = Front::start(mark);
        let ran = front.run(Some(&front.certificate()));
        ran.assert_valid();
        assert_eq!(ran.count("/blocks/ok"), 8, "{}", ran.stdout);
        assert_eq!(front.host.stats().gateway.documents, 0);
    }
}

/// A listener's network lies below TLS: a round trip each for TCP, the handshake of TLS 1.3 and that of the WebSocket.
#[test]
fn shaking_hands_takes_its_round_trips_where_listeners_are_far_away() {
    let front = Front::start(IsCa::NoCa);
    let trusted = front.certificate();
    let ran = front.run_flags(&["--network", "delay=100ms"], Some(("SSL_CERT_FILE", &trusted)));
    ran.assert_valid();
    assert_eq!(ran.count("/blocks/ok"), 8, "{}", ran.stdout);
    for listener in ran.listeners() {
        let connect = listener.connect_time.unwrap();
        assert!((Duration::from_millis(600)..Duration::from_millis(790)).contains(&connect), "{connect:?}");
    }
}

#[test]
fn a_file_of_certificates_that_is_not_there_is_named() {
    let front = Front::start(IsCa::NoCa);
    let ran = front.run(Some(&front.folder.path().join("nowhere.pem")));
    assert_eq!(ran.code, Some(5));
    assert!(
        ran.stderr.contains("SSL_CERT_FILE names a file") && ran.stderr.contains("nowhere.pem"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_certificate_of_nobody_known_is_told_with_what_to_do() {
    let front = Front::start(IsCa::NoCa);
    let ran = front.run(None);
    assert_eq!(ran.code, Some(5));
    assert!(ran.stderr.contains("the certificate is not trusted ("), "{}", ran.stderr);
    assert!(ran.stderr.contains("name a file with it in the variable SSL_CERT_FILE"), "{}", ran.stderr);
    assert!(
        ran.errors().iter().all(|error| error.failure.text.contains("not trusted")),
        "{:?}",
        ran.errors()
    );
}

/// Names that the certificate is of; only a proxy knows where the second leads.
const NAMES: [&str; 2] = ["localhost", "tts.invalid"];

/// A gateway with a door of TLS before it.
pub(crate) struct Front {
    host: Host,
    pub(crate) address: SocketAddr,
    pub(crate) folder: TempDir,
}

impl Front {
    pub(crate) fn start(mark: IsCa) -> Self {
        let mut params = CertificateParams::new(NAMES.map(str::to_owned)).unwrap();
        params.is_ca = mark;
        Self::start_with(&params, None)
    }

    /// Shows a certificate of these, and lets in who shows one that comes from `clients`, if any is given.
    pub(crate) fn start_with(params: &CertificateParams, clients: Option<&CertificateDer<'static>>) -> Self {
        let config = GatewayConfig::current().without_rest_limits();
        let media = MediaTime::from_millis(400);
        let host = Host::start(HostOptions {
            bind: (Ipv4Addr::LOCALHOST, 0).into(),
            config: config.with_deterministic_engine(4, Duration::from_millis(10), media),
            engine: EngineChoice::Synthetic,
            seed: Seed::root(1),
        })
        .unwrap();
        let folder = TempDir::new().unwrap();
        let signing_key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&signing_key).unwrap();
        std::fs::write(folder.path().join("certificate.pem"), certificate.pem()).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap();
        let config = match clients {
            None => config.with_no_client_auth(),
            Some(issuer) => {
                let mut roots = RootCertStore::empty();
                roots.add(issuer.clone()).unwrap();
                let provider = Arc::new(default_provider());
                let wanted = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                config.with_client_cert_verifier(wanted.build().unwrap())
            }
        };
        let config = config.with_single_cert(vec![certificate.der().clone()], key).unwrap();
        let door = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let (address, behind) = (door.local_addr().unwrap(), host.address());
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
            // Until the process ends.
            runtime.block_on(let_in(door, TlsAcceptor::from(Arc::new(config)), behind))
        });
        Self { host, address, folder }
    }

    pub(crate) fn certificate(&self) -> PathBuf {
        self.folder.path().join("certificate.pem")
    }

    fn run(&self, trusted: Option<&PathBuf>) -> Ran {
        self.run_flags(&[], trusted.map(|path| ("SSL_CERT_FILE", path)))
    }

    /// A run of two listeners with these flags, and with one variable about whom to trust at most.
    pub(crate) fn run_flags(&self, flags: &[&str], trusted: Option<(&str, &PathBuf)>) -> Ran {
        let url = format!("https://localhost:{}", self.address.port());
        let audience =
            ["--users", "2", "--blocks", "4", "--speed", "4", "--stagger", "0", "--base-url", &url];
        run_with("run", &[&audience[..], flags].concat(), |command| {
            command.env_remove("SSL_CERT_FILE").env_remove("SSL_CERT_DIR").envs(trusted)
        })
    }
}

async fn let_in(door: std::net::TcpListener, acceptor: TlsAcceptor, behind: SocketAddr) -> io::Result<()> {
    door.set_nonblocking(true)?;
    let door = TcpListener::from_std(door)?;
    loop {
        let (visitor, _) = door.accept().await?;
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            // Visitors that do not trust the certificate leave, and those who hang up do so without farewell.
            let mut visitor = acceptor.accept(visitor).await?;
            let mut inside = TcpStream::connect(behind).await?;
            tokio::io::copy_bidirectional(&mut visitor, &mut inside).await
        });
    }
}
