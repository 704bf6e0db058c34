use claque_core::event::FailureClass;

use super::*;

fn settings(variables: &[(&str, &str)]) -> ProxySettings {
    let variables: Vec<_> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), Secret::from(*value))).collect();
    ProxySettings::from_variables(|name| {
        variables.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone())
    })
}

fn way(settings: &ProxySettings, url: &str) -> String {
    match settings.proxy_of(&Target::parse(url).unwrap()) {
        Ok(None) => "direct".to_owned(),
        Ok(Some(proxy)) => proxy,
        Err(trouble) => trouble.to_string(),
    }
}

#[test]
fn each_scheme_has_its_variable_and_small_letters_win() {
    let all =
        settings(&[("ALL_PROXY", "all:1"), ("HTTPS_PROXY", "http://big:2/"), ("https_proxy", "small:3")]);
    assert_eq!(way(&all, "http://tts.example"), "all:1");
    assert_eq!(way(&all, "https://tts.example"), "small:3");
    let some = settings(&[("HTTPS_PROXY", "HTTP://[2001:db8::1]:3"), ("https_proxy", " ")]);
    assert_eq!(
        (way(&some, "http://tts.example").as_str(), way(&some, "https://tts.example").as_str()),
        ("direct", "[2001:db8::1]:3")
    );
    assert_eq!(way(&ProxySettings::default(), "http://tts.example"), "direct");
}

#[test]
fn this_machine_and_what_is_excepted_are_reached_directly() {
    let with = settings(&[("all_proxy", "p:1"), ("no_proxy", "example.org")]);
    for url in [
        "http://localhost:8",
        "http://a.localhost",
        "http://127.3.2.1",
        "http://[::1]",
        "https://0.0.0.0",
        "https://www.example.org",
    ] {
        assert_eq!(way(&with, url), "direct", "{url}");
    }
    assert_eq!(way(&with, "https://notexample.org"), "p:1");
    // What cannot be used is no matter to whoever does not go there.
    assert_eq!(way(&settings(&[("all_proxy", "socks5://p:1")]), "http://localhost:8"), "direct");
}

#[test]
fn what_cannot_be_used_says_so_and_what_to_do_and_no_secret() {
    let told = |url| way(&settings(&[("ALL_PROXY", url)]), "https://tts.example");
    let socks = told("socks5h://me:hush@p:1080");
    assert!(
        socks.starts_with(
            "ALL_PROXY names a proxy of the kind socks5h, which claque does not speak to: it is not used"
        ),
        "{socks}"
    );
    assert!(socks.contains("name tts.example in NO_PROXY") && !socks.contains("hush"), "{socks}");
    for url in [
        "http://me:hush@proxy.example",
        "http://me:hush@:3",
        "me:hush@p:70000",
        "hush hush://p:1",
        "http://a:hush%FF@p:1",
    ] {
        let told = told(url);
        assert!(
            told.starts_with("ALL_PROXY is no address of a proxy: it is not used") && !told.contains("hush"),
            "{told}"
        );
    }
}

#[test]
fn credentials_are_decoded_for_the_proxy_and_blanked_for_everybody() {
    let with = settings(&[("all_proxy", "http://me:p%40ss%3Aword@p:1")]);
    let origin = Target::parse("https://tts.example").unwrap().origin().clone();
    let Ok(Route::Through(proxy)) = with.route(&origin) else { panic!("not through it") };
    assert_eq!(proxy.headers(), [("proxy-authorization", "Basic bWU6cEBzczp3b3Jk")]);
    let secrets = Secrets::default();
    with.teach(&secrets);
    assert_eq!(secrets.clean("me p@ss:word bWU6cEBzczp3b3Jk"), "me [secret] [secret]");
    assert!(!format!("{with:?}").contains("ss:word"));
}

#[test]
fn a_tunnel_that_ends_before_tls_is_told_as_that() {
    let origin = Target::parse("https://tts.example").unwrap().origin().clone();
    let Ok(Route::Through(proxy)) = settings(&[("all_proxy", "p:1")]).route(&origin) else {
        panic!("not through it")
    };
    let failure = failure_of(&proxy.ended(&origin), Phase::Dial);
    assert!(
        failure.text.starts_with("the proxy p:1 of all_proxy made a tunnel to tts.example:443 and"),
        "{failure}"
    );
    assert!(ProxyTrouble::is_behind(&failure) && !failure.text.contains("TLS failed"), "{failure}");
}

#[test]
fn refusals_are_failures_of_the_network_with_what_to_do() {
    let origin = Target::parse("https://tts.example").unwrap().origin().clone();
    let told = |url, status| {
        let Ok(Route::Through(proxy)) = settings(&[("all_proxy", url)]).route(&origin) else {
            panic!("{url}")
        };
        failure_of(&proxy.refused(&origin, &TunnelError::Refused { status }), Phase::Handshake)
    };
    for (url, status, words) in [
        ("p:1", 407, "the proxy p:1 of all_proxy asks who we are (HTTP 407); put name and password"),
        ("me:hush@p:1", 407, "does not take the name and password given (HTTP 407)"),
        ("p:1", 403, "refused a tunnel to tts.example:443 (HTTP 403); have it allow CONNECT"),
        ("p:1", 502, "made no connection to tts.example:443 (HTTP 502)"),
    ] {
        let failure = told(url, status);
        assert!(failure.text.contains(words) && !failure.text.contains("hush"), "{failure}");
        assert_eq!(
            (failure.class, failure.code, failure.phase),
            (FailureClass::Transport, Some(status), Phase::Dial)
        );
    }
}
