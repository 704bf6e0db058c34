//! A certificate of this machine's loopback address, made anew each time.

use std::{fs, path::Path, sync::Arc};

use anyhow::Context as _;
use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, pem::PemObject as _},
};

/// Makes one, writes it to `path` for clients to trust, and gives a server that shows it.
///
/// # Errors
/// It cannot be made or written.
pub(crate) fn make(path: &Path) -> anyhow::Result<Arc<ServerConfig>> {
    let names = ["127.0.0.1".to_owned(), "localhost".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).context("failed to make a certificate")?;
    fs::write(path, made.cert.pem()).with_context(|| format!("failed to write {}", path.display()))?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .context("failed to choose versions of TLS")?
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .context("failed to use the certificate")?;
    Ok(Arc::new(config))
}

/// A client that trusts the certificate in `path` and no other.
///
/// # Errors
/// It cannot be read.
pub(crate) fn trust(path: &Path) -> anyhow::Result<Arc<ClientConfig>> {
    let certificate = CertificateDer::from_pem_file(path)
        .with_context(|| format!("failed to read the certificate {}", path.display()))?;
    let mut roots = RootCertStore::empty();
    roots.add(certificate).context("failed to trust the certificate")?;
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .context("failed to choose versions of TLS")?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}
