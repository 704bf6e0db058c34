//! Whom a service's certificate must come from.

use std::{path::Path, sync::Arc};

use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_name,
    },
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::ParsedCertificate,
};

/// The variable that names a file of certificates, which then stands for all that are trusted.
const NAMED: &str = "SSL_CERT_FILE";

/// Trusts the certificates of the operating system, or those of the environment's `SSL_CERT_FILE`. Problems with single
/// ones are left out: what matters is whether the service's own can be checked, and that shows when it is dialled.
pub(super) fn tls_config() -> Arc<ClientConfig> {
    Arc::new(trusting(rustls_native_certs::load_native_certs().certs))
}

fn trusting(certificates: Vec<CertificateDer<'static>>) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates.iter().cloned());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .expect("the provider supports the protocol versions it was built for");
    match WebPkiServerVerifier::builder_with_provider(Arc::new(roots.clone()), provider).build() {
        Ok(chains) => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Verifier { chains, named: certificates }))
            .with_no_client_auth(),
        // Nothing is trusted: each handshake fails, and says why.
        Err(_) => builder.with_root_certificates(roots).with_no_client_auth(),
    }
}

/// Advice for somebody whose service's certificate comes from nobody who is trusted.
pub(super) fn advice() -> String {
    let named = std::env::var_os(NAMED);
    let unreadable = named.as_deref().map(Path::new).and_then(|path| {
        std::fs::File::open(path).err().map(|error| format!("{} cannot be read: {error}", path.display()))
    });
    match unreadable {
        Some(problem) => format!("; {NAMED} names a file that is not there to trust: {problem}"),
        None => format!("; if it is one of your own, name a file with it in the variable {NAMED}"),
    }
}

/// Checks chains of certificates as usual, and trusts a service that shows one of the trusted certificates itself.
///
/// `openssl req -x509` makes certificates that sign themselves and are marked as an authority's. No chain may end in such
/// a one (RFC 5280 section 4.2.1.9), so it is refused although it was named; curl and browsers take it.
#[derive(Debug)]
struct Verifier {
    chains: Arc<WebPkiServerVerifier>,
    named: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        shown: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let usual = self.chains.verify_server_cert(shown, intermediates, name, ocsp_response, now);
        match usual {
            // The only thing against it, for its time is looked at before: that is tested below.
            Err(error) if is_authority(&error) && self.named.iter().any(|named| named == shown) => {
                verify_server_name(&ParsedCertificate::try_from(shown)?, name)?;
                Ok(ServerCertVerified::assertion())
            }
            usual => usual,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chains.verify_tls12_signature(message, shown, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chains.verify_tls13_signature(message, shown, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chains.supported_verify_schemes()
    }
}

fn is_authority(error: &Error) -> bool {
    let Error::InvalidCertificate(CertificateError::Other(other)) = error else { return false };
    other.0.downcast_ref() == Some(&webpki::Error::CaUsedAsEndEntity)
}

#[cfg(test)]
mod tests {
    use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, date_time_ymd};

    use super::*;

    /// An authority's certificate for `localhost` that signs itself, until the end of that year.
    fn made_until(year: i32) -> CertificateDer<'static> {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(year, 12, 31);
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().clone()
    }

    fn verify(shown: &CertificateDer<'_>, named: &[&CertificateDer<'static>], name: &'static str) -> bool {
        let named: Vec<_> = named.iter().copied().cloned().collect();
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(named.iter().cloned());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let chains = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
        // 2026-11-29.
        let now = UnixTime::since_unix_epoch(std::time::Duration::from_secs(1_795_910_400));
        let name = ServerName::try_from(name).unwrap();
        Verifier { chains, named }.verify_server_cert(shown, &[], &name, &[], now).is_ok()
    }

    #[test]
    fn an_authority_that_was_named_may_serve_itself_under_its_name_and_in_its_time() {
        let (shown, other, old) = (made_until(2050), made_until(2050), made_until(2025));
        assert!(verify(&shown, &[&shown], "localhost"));
        assert!(!verify(&shown, &[&other], "localhost"), "it was not named");
        assert!(!verify(&shown, &[&shown], "example.org"), "it is another's");
        assert!(!verify(&old, &[&old], "localhost"), "its time is over");
    }
}
