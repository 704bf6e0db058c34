//! Certificates: ours, the service's, and none at all.

use rcgen::{CertificateParams, DnType, IsCa, KeyPair};

use crate::{program::assert_none_holds, tls::Front};

#[test]
fn a_service_that_asks_who_we_are_is_shown_our_certificate() {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["me".to_owned()]).unwrap().self_signed(&key).unwrap();
    let names = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let front = Front::start_with(&names, Some(certificate.der()));
    let path = |name: &str| front.folder.path().join(name);
    let (own, own_key, both) = (path("own.pem"), path("own.key"), path("both.pem"));
    std::fs::write(&own, certificate.pem()).unwrap();
    std::fs::write(&own_key, key.serialize_pem()).unwrap();
    std::fs::write(&both, certificate.pem() + &key.serialize_pem()).unwrap();
    let [own, own_key, both] = [&own, &own_key, &both].map(|path| path.to_str().unwrap());
    let trusted = front.certificate();
    let trusted = Some(("SSL_CERT_FILE", &trusted));
    for flags in [&["--client-cert", own, "--client-key", own_key][..], &["--client-cert", both]] {
        let ran = front.run_flags(flags, trusted);
        ran.assert_valid();
        assert_eq!(ran.count("/blocks/ok"), 8, "{}", ran.stdout);
        let secret = key.serialize_pem();
        assert_none_holds(&ran.artefacts(), &[secret.lines().nth(1).unwrap()]);
    }
    let ran = front.run_flags(&[], trusted);
    assert_eq!(ran.code, Some(5), "{}", ran.stdout);
    assert!(ran.stderr.contains("it asks who we are: give --client-cert"), "{}", ran.stderr);
    let ran = front.run_flags(&["--client-cert", own], trusted);
    assert_eq!(ran.code, Some(2), "{}", ran.stdout);
    assert!(ran.stderr.contains("own.pem, which cannot be used: it holds no private key"), "{}", ran.stderr);
}

#[test]
fn without_any_check_the_verdict_says_so() {
    let front = Front::start(IsCa::NoCa);
    let ran = front.run_flags(&["--insecure"], None);
    ran.assert_valid();
    assert_eq!(ran.count("/blocks/ok"), 8, "{}", ran.stdout);
    assert_eq!(ran.manifest()["network"]["insecure"], true);
    assert!(ran.stdout.contains("no certificate was checked (--insecure)"), "{}", ran.stdout);
}

#[test]
fn a_certificate_with_a_common_name_alone_is_trusted_where_it_was_named() {
    let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, "localhost");
    let front = Front::start_with(&params, None);
    front.run_flags(&[], Some(("SSL_CERT_FILE", &front.certificate()))).assert_valid();
    // A folder of such files does as well.
    front.run_flags(&[], Some(("SSL_CERT_DIR", &front.folder.path().to_owned()))).assert_valid();
    let ran = front.run_flags(&[], Some(("SSL_CERT_DIR", &front.folder.path().join("nowhere"))));
    assert_eq!(ran.code, Some(5));
    assert!(
        ran.stderr.contains("SSL_CERT_DIR names a folder that is not there to trust: "),
        "{}",
        ran.stderr
    );
}
