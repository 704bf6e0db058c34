//! Client certificates: who we are to a service, or a gateway in front of it, that asks for one when TLS is spoken.

use std::{fmt, sync::Arc};

use rustls::{
    crypto::ring::default_provider,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    sign::{CertifiedKey, SingleCertAndKey},
};

/// A certificate with its chain and its key. Its debug output hides the key.
#[derive(Clone)]
pub struct ClientIdentity(Arc<SingleCertAndKey>);

/// Why files hold no client certificate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// What is wrong with the file of the certificate.
    #[error("{0}")]
    Certificate(String),
    /// What is wrong with the file of the key. Never what is in it.
    #[error("{0}")]
    Key(String),
}

impl ClientIdentity {
    /// Reads a certificate, and those that it hangs from behind it, and a key, both as PEM; they may be one text.
    ///
    /// # Errors
    /// There is none, or the key is another's.
    pub fn from_pem(certificate: &[u8], key: &[u8]) -> Result<Self, IdentityError> {
        // Some editors write a mark of byte order in front.
        let [certificate, key] =
            [certificate, key].map(|text| text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text));
        let no_certificate = |what: &str| IdentityError::Certificate(what.to_owned());
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(certificate)
            .collect::<Result<_, _>>()
            .map_err(|_| no_certificate("it is no PEM"))?;
        if chain.is_empty() {
            return Err(no_certificate(
                "it holds no certificate, which begins with `-----BEGIN CERTIFICATE-----`",
            ));
        }
        let key_der =
            PrivateKeyDer::from_pem_slice(key).map_err(|_| IdentityError::Key(no_key(key).to_owned()))?;
        let identity = CertifiedKey::from_der(chain, key_der, &default_provider());
        Ok(Self(Arc::new(SingleCertAndKey::from(identity.map_err(unusable)?))))
    }

    pub(super) fn resolver(&self) -> Arc<SingleCertAndKey> {
        Arc::clone(&self.0)
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "a foreign enum: the others speak for themselves")]
fn unusable(error: rustls::Error) -> IdentityError {
    match error {
        rustls::Error::InconsistentKeys(_) => {
            IdentityError::Key("its private key is not the certificate's".to_owned())
        }
        rustls::Error::InvalidCertificate(why) if format!("{why:?}").contains("UnsupportedCertVersion") => {
            IdentityError::Certificate(
                "it is an X.509 certificate of version 1 or 2, which claque's TLS library (rustls) refuses; make one of version 3, as `openssl x509 -req -extfile FILE` does".to_owned(),
            )
        }
        rustls::Error::InvalidCertificate(why) => {
            IdentityError::Certificate(format!("its certificate is none ({why})"))
        }
        other => IdentityError::Key(format!(
            "its private key cannot be used ({other}); RSA, ECDSA and Ed25519 can"
        )),
    }
}

/// Why a text has no key.
fn no_key(text: &[u8]) -> &'static str {
    const ENCRYPTED: &[u8] = b"ENCRYPTED";
    if text.windows(ENCRYPTED.len()).any(|part| part == ENCRYPTED) {
        "its private key is encrypted; write a plain one with `openssl pkey -in FILE -out PLAIN`"
    } else {
        "it holds no private key, which begins with `-----BEGIN PRIVATE KEY-----`"
    }
}

impl fmt::Debug for ClientIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientIdentity(...)")
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};

    use super::*;

    /// Made by `openssl x509 -req -signkey KEY`, which is of version 1 without extensions.
    const OF_VERSION_1: &str = "-----BEGIN CERTIFICATE-----\n\
        MIIBFjCBvQIUVPPP8CspvbEtEj7fDkeXkeRxlg0wCgYIKoZIzj0EAwIwDTELMAkG\n\
        A1UEAwwCbWUwIBcNMjYxMTI5MTA1NTI0WhgPMjEyNjExMDUxMDU1MjRaMA0xCzAJ\n\
        BgNVBAMMAm1lMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEpzhuVzstJDBHFXNS\n\
        6Zlb49qz1cBeHG0BiZt7mSGWq4h6dTjvltd7YM7aISQf0DpjgL1is8CwavkMqzhs\n\
        pIZqnjAKBggqhkjOPQQDAgNIADBFAiEA0b2jprBrVeRkXzF4D5VgnwOV78RtJVjY\n\
        mDCuPIj5zf0CIFKTzf3VHIiBuU+vPbZ3auZZDOZKWYVyCQqxBGuIgO+K\n\
        -----END CERTIFICATE-----";

    #[test]
    fn a_certificate_and_its_key_are_read_from_one_text_or_two_and_what_is_wrong_is_told() {
        let (key, another) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let certificate =
            CertificateParams::new(vec!["me".to_owned()]).unwrap().self_signed(&key).unwrap().pem();
        let (key, another) = (key.serialize_pem(), another.serialize_pem());
        let both = format!("{key}{certificate}");
        let read =
            |certificate: &str, key: &str| ClientIdentity::from_pem(certificate.as_bytes(), key.as_bytes());
        assert!(read(&certificate, &key).is_ok() && read(&both, &both).is_ok());
        let marked = format!("\u{feff}{both}");
        assert!(read(&marked, &marked).is_ok(), "a mark of byte order is none of the text");
        assert!(!format!("{:?}", read(&both, &both)).contains("BEGIN"));
        let encrypted = key.replace("PRIVATE", "ENCRYPTED PRIVATE");
        for (certificate, key, is_about_key, words) in [
            (key.as_str(), key.as_str(), false, "it holds no certificate"),
            ("-----BEGIN CERTIFICATE-----\n!!", key.as_str(), false, "it is no PEM"),
            (OF_VERSION_1, key.as_str(), false, "it is an X.509 certificate of version 1"),
            (&certificate, &certificate, true, "it holds no private key"),
            (&certificate, &encrypted, true, "its private key is encrypted"),
            (&certificate, &another, true, "its private key is not the certificate's"),
        ] {
            let error = read(certificate, key).unwrap_err();
            assert_eq!(matches!(error, IdentityError::Key(_)), is_about_key, "{error}");
            assert!(error.to_string().starts_with(words), "{error}");
        }
    }
}
