//! Whom a service's certificate must come from.

use std::sync::Arc;

use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_name,
    },
    crypto::CryptoProvider,
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::ParsedCertificate,
};

use super::{
    common_name::common_name,
    identity::ClientIdentity,
    named_files::{self, NAMED},
    network::Certificates,
};

/// Trusts the certificates of the operating system, or those of the environment's `SSL_CERT_FILE` and `SSL_CERT_DIR`. Problems
/// with single ones are left out: what matters is whether the service's own can be checked, and that shows when it is dialled.
pub(super) fn tls_config(certificates: Certificates, identity: Option<&ClientIdentity>) -> Arc<ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .expect("the provider supports the protocol versions it was built for");
    let builder = match certificates {
        Certificates::Unchecked => {
            builder.dangerous().with_custom_certificate_verifier(Arc::new(Anybody(provider)))
        }
        Certificates::Checked => {
            let named =
                named_files::certificates().unwrap_or_else(|| rustls_native_certs::load_native_certs().certs);
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(named.iter().cloned());
            match WebPkiServerVerifier::builder_with_provider(Arc::new(roots.clone()), provider).build() {
                Ok(chains) => {
                    builder.dangerous().with_custom_certificate_verifier(Arc::new(Verifier { chains, named }))
                }
                // Nothing is trusted: each handshake fails, and says why.
                Err(_) => builder.with_root_certificates(roots),
            }
        }
    };
    Arc::new(match identity {
        Some(identity) => builder.with_client_cert_resolver(identity.resolver()),
        None => builder.with_no_client_auth(),
    })
}

/// Advice for somebody whose service's certificate comes from nobody who is trusted.
pub(super) fn advice() -> String {
    match named_files::problem() {
        Some(problem) => format!("; {problem}"),
        None => format!(
            "; if it is one of your own, name a file with it in the variable {NAMED}, or do without any check by --insecure"
        ),
    }
}

/// What is wrong with a certificate that is not trusted, for people.
pub(super) fn words_of(why: &CertificateError) -> String {
    let words = if is_authority_error(why) {
        "it signs itself, and was not named as trusted".to_owned()
    } else if let CertificateError::Other(other) = why {
        // What is wrapped shows itself with its wrapping.
        other.to_string()
    } else {
        why.to_string()
    };
    let is_unknown = matches!(why, CertificateError::UnknownIssuer | CertificateError::BadSignature)
        || is_authority_error(why);
    let is_nameless =
        matches!(why, CertificateError::NotValidForNameContext { presented, .. } if presented.is_empty());
    let advice = match (is_unknown, is_nameless) {
        (true, _) => advice(),
        (_, true) => format!(
            "; its common name counts only where {NAMED} names this very certificate: make one with the name in its subjectAltName, as `openssl req -x509 -addext subjectAltName=DNS:NAME` does"
        ),
        _ => String::new(),
    };
    format!("TLS failed: the certificate is not trusted ({words}){advice}")
}

/// Takes any certificate: a user has said that none is to be checked.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
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
            Err(error)
                if (is_authority(&error) || is_about_its_name(&error))
                    && self.named.iter().any(|named| named == shown) =>
            {
                named_as(shown, name)
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

/// Whether a certificate that was named itself is of this name. Like curl and OpenSSL we take the common name of one that has no
/// alternative names at all, which is what `openssl req -x509 -subj /CN=NAME` makes.
fn named_as(shown: &CertificateDer<'_>, name: &ServerName<'_>) -> Result<ServerCertVerified, Error> {
    let verified = verify_server_name(&ParsedCertificate::try_from(shown)?, name);
    let has_no_names = |error: &Error| {
        matches!(error, Error::InvalidCertificate(CertificateError::NotValidForNameContext { presented, .. })
            if presented.is_empty())
    };
    if let Err(error) = verified {
        let certificate = webpki::EndEntityCert::try_from(shown);
        let is_it = certificate.is_ok_and(|certificate| {
            common_name(certificate.subject()).is_some_and(|own| own.eq_ignore_ascii_case(&name.to_str()))
        });
        if !(has_no_names(&error) && is_it) {
            return Err(error);
        }
    }
    Ok(ServerCertVerified::assertion())
}

fn is_authority(error: &Error) -> bool {
    matches!(error, Error::InvalidCertificate(why) if is_authority_error(why))
}

fn is_authority_error(why: &CertificateError) -> bool {
    let CertificateError::Other(other) = why else { return false };
    other.0.downcast_ref() == Some(&webpki::Error::CaUsedAsEndEntity)
}

const fn is_about_its_name(error: &Error) -> bool {
    matches!(
        error,
        Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. }
        )
    )
}

#[cfg(test)]
mod tests {
    use rcgen::{
        BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, KeyPair, date_time_ymd,
    };

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
        let Ok(chains) = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build()
        else {
            return false;
        };
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

    #[test]
    fn a_common_name_counts_for_a_certificate_that_was_named_and_has_no_other() {
        let made = |names: &[&str], mark| {
            let mut params =
                CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
                    .unwrap();
            params.distinguished_name = DistinguishedName::new();
            params.distinguished_name.push(DnType::CommonName, "localhost");
            params.is_ca = mark;
            params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().clone()
        };
        for mark in [IsCa::NoCa, IsCa::ExplicitNoCa, IsCa::Ca(BasicConstraints::Unconstrained)] {
            let shown = made(&[], mark);
            assert!(verify(&shown, &[&shown], "localhost"), "{mark:?}");
            assert!(
                !verify(&shown, &[&shown], "example.org") && !verify(&shown, &[], "localhost"),
                "{mark:?}"
            );
            let shown = made(&["example.org"], mark);
            assert!(
                verify(&shown, &[&shown], "example.org") && !verify(&shown, &[&shown], "localhost"),
                "{mark:?}"
            );
        }
    }
}
