//! Many accounts, guests, nobody at all, and what one account allows.

use std::{fs, net::Ipv4Addr};

use claque_core::{
    rng::Seed,
    time::{Duration, MediaTime},
};
use claque_front::yapit::gateway::{Auth, AuthConfig, Counting, GatewayConfig, RateLimit, SynthesisLimit};
use claque_net::host::{EngineChoice, Host, HostOptions};
use tempfile::TempDir;

use crate::program::{Ran, assert_none_holds, run, run_with};

const PASSWORDS: [&str; 4] =
    ["first-secret-word", "second-secret-word", "third-secret-word", "fourth-secret-word"];
const TOKENS: [&str; 2] = ["static-token-one", "static-token-two"];

/// Two listeners of 16 blocks each: 32 in all.
const TWO: [&str; 4] = ["--users", "2", "--blocks", "16"];

#[test]
fn listeners_are_dealt_among_accounts_and_each_has_its_own_limit_and_documents() {
    let host = host(auth(), 16);
    let (folder, path) = file("accounts.toml", &toml());
    let ran = traced(&host, &[&TWO[..], &["--accounts", &path]].concat());
    // One account of 16 blocks a minute is not enough for two listeners; two are.
    ran.assert_valid();
    assert_eq!((ran.count("/blocks/played"), &ran.manifest()["accounts"]), (32, &4.into()));
    assert_eq!(host.stats().gateway.documents, 0, "each was deleted by the account that made it");
    assert_none_holds(&ran.artefacts(), &[&PASSWORDS[..], &TOKENS].concat());
    drop(folder);
}

#[test]
fn tokens_of_a_csv_file_are_accounts_as_well() {
    let host = host(auth(), 16);
    let (_folder, path) = file("accounts.csv", &format!("token\n{}\n{}\n", TOKENS[0], TOKENS[1]));
    let ran = traced(&host, &[&TWO[..], &["--accounts", &path]].concat());
    ran.assert_valid();
    assert_none_holds(&ran.artefacts(), &TOKENS);
}

#[test]
fn an_account_that_is_refused_is_named_by_its_line_before_anything_is_made() {
    let host = host(auth(), 300);
    let (_folder, path) = file("accounts.toml", &toml().replace(PASSWORDS[2], "not-this-word"));
    let ran = traced(&host, &["--accounts", &path]);
    assert_eq!(ran.code, Some(5), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("check email and password of ") && ran.stderr.contains("accounts.toml:"),
        "{}",
        ran.stderr
    );
    assert_none_holds(&ran.artefacts(), &[&PASSWORDS[..], &["not-this-word"]].concat());
}

#[test]
fn what_one_account_does_not_allow_is_said_beforehand() {
    let host = host(auth(), 24);
    let base_url = host.base_url();
    let limited = ["--base-url", &base_url, "--token", TOKENS[0], "--account-limit", "blocks=24/60s"];
    let ran = run("run", &[&limited[..], &TWO].concat());
    assert_eq!((ran.code, ran.folder.is_some()), (Some(2), false), "{}", ran.stderr);
    for words in [
        "2 users at 1x need ~",
        "up to 32 blocks in a minute",
        "this server allows 24 blocks per account and minute: the run would measure its rate limit.",
        "Use --accounts with 2 or more, or --allow-rate-limit",
    ] {
        assert!(ran.stderr.contains(words), "{words}: {}", ran.stderr);
    }
    assert_eq!(host.stats().gateway.documents, 0);
    // The same, and he who wants to measure the limit may.
    let ran = run("run", &[&limited[..], &TWO, &["--allow-rate-limit"]].concat());
    assert_eq!((ran.code, ran.reasons()), (Some(5), vec!["rate-limit".to_owned()]), "{}", ran.stdout);
}

#[test]
fn the_limit_is_learned_from_the_service_and_from_the_embedded_gateway() {
    let host = host(auth(), 300);
    let many = ["--users", "20", "--blocks", "60", "--speed", "4"];
    let base_url = host.base_url();
    let target = ["--base-url", &base_url, "--token", TOKENS[0]];
    let ran = run("run", &[&target[..], &many].concat());
    assert_eq!(ran.code, Some(2), "{}", ran.stdout);
    assert!(ran.stderr.contains("this server allows 300 blocks per account and minute"), "{}", ran.stderr);
    let ran = run("run", &[&many[..], &["--limits"]].concat());
    assert_eq!(ran.code, Some(2), "{}", ran.stdout);
    assert!(ran.stderr.contains("It asks nobody who he is"), "{}", ran.stderr);
}

#[test]
fn guests_of_either_era_are_let_in() {
    for (config, guests) in [
        (GatewayConfig::current(), "--guest"),
        (GatewayConfig::current(), "--guest=2"),
        (GatewayConfig::feb_2026(), "--guest=2"),
    ] {
        let host = host_of(config, auth(), 16);
        let users = if guests == "--guest" { "1" } else { "2" };
        // Each guest is a user of its own, with a limit of its own.
        let ran = traced(&host, &["--users", users, "--blocks", "16", guests]);
        ran.assert_valid();
        assert_eq!(host.stats().gateway.documents, 0);
    }
}

#[test]
fn a_server_that_asks_nobody_is_found_out_and_no_token_is_shown_where_none_is_wanted() {
    let host = host(Auth::Off, 300);
    let (_folder, path) = file("accounts.toml", &toml());
    // There is no identity service there at all.
    let ran = traced(&host, &[&TWO[..], &["--accounts", &path]].concat());
    ran.assert_valid();
    assert!(ran.stderr.contains("the credentials are not used"), "{}", ran.stderr);
    let ran = traced(&host, &TWO);
    ran.assert_valid();

    // A server that would let the token in refuses us: it was not shown.
    let asking = self::host(auth(), 300);
    let base_url = asking.base_url();
    let ran = run_with("run", &["--base-url", &base_url, "--no-auth"], |command| {
        command.env("CLAQUE_TOKEN", TOKENS[0])
    });
    assert_eq!(ran.code, Some(5), "{}", ran.stderr);
    assert!(ran.stderr.contains("not authenticated"), "{}", ran.stderr);
    let ran = run_with("run", &[&["--base-url", &base_url], &TWO[..]].concat(), |command| {
        command.env("CLAQUE_TOKEN", TOKENS[0])
    });
    ran.assert_valid();
}

#[test]
fn a_spent_account_ends_its_sessions_and_a_full_one_the_run() {
    let quick = ["--engine", "deterministic", "--service-seconds", "0.02", "--audio-seconds", "0.1"];
    let ran = run("run", &[&quick[..], &TWO, &["--gateway-set", "usage_limit=1600"]].concat());
    assert_eq!((ran.code, ran.reasons()), (Some(5), vec!["rate-limit".to_owned()]), "{}", ran.stdout);
    assert!(ran.stdout.contains("Usage limit exceeded"), "{}", ran.stdout);
    let ran = run("run", &[&quick[..], &TWO, &["--gateway-set", "storage_limit=500"]].concat());
    assert_eq!(ran.code, Some(5), "{}", ran.stdout);
    assert!(
        ran.stderr.contains("failed to create a document") && ran.stderr.contains("Storage limit"),
        "{}",
        ran.stderr
    );
}

fn traced(host: &Host, more: &[&str]) -> Ran {
    let base_url = host.base_url();
    run_with("run", &[&["--base-url", &base_url], more].concat(), |command| {
        command.env("CLAQUE_LOG", "trace")
    })
}

fn auth() -> Auth {
    let account = |(number, password): (usize, &&str)| {
        (format!("listener-{number}@mail.example"), (*password).to_owned())
    };
    Auth::On(AuthConfig {
        accounts: PASSWORDS.iter().enumerate().map(account).collect(),
        static_tokens: TOKENS.iter().map(|&token| token.to_owned()).collect(),
        access_token_life: Duration::from_secs(60),
    })
}

fn toml() -> String {
    let mut text = "project_id = \"p-1\"\nclient_key = \"k-1\"\n".to_owned();
    for (number, password) in PASSWORDS.iter().enumerate() {
        text.push_str(&format!(
            "[[accounts]]\nemail = \"listener-{number}@mail.example\"\npassword = \"{password}\"\n"
        ));
    }
    text
}

/// The current era, quick, with so many blocks a minute for each user.
fn host(auth: Auth, blocks: u32) -> Host {
    host_of(GatewayConfig::current(), auth, blocks)
}

fn host_of(config: GatewayConfig, auth: Auth, blocks: u32) -> Host {
    let (service, media) = (Duration::from_millis(20), MediaTime::from_millis(100));
    let mut config = config.without_rest_limits().with_deterministic_engine(4, service, media);
    config.auth = auth;
    config.synthesis_limit = Some(SynthesisLimit {
        limit: RateLimit { count: blocks, window: Duration::from_secs(60) },
        counting: Counting::Blocks,
    });
    let bind = (Ipv4Addr::LOCALHOST, 0).into();
    Host::start(HostOptions { bind, config, engine: EngineChoice::Synthetic, seed: Seed::root(1) }).unwrap()
}

fn file(name: &str, text: &str) -> (TempDir, String) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (folder, path)
}
