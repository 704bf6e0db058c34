//! Accounts: an env file, a token that is short-lived, a wrong password, and secrets that show nowhere.

use std::{fs, net::Ipv4Addr};

use claque_core::{
    rng::Seed,
    time::{Duration, Instant, MediaTime},
};
use claque_front::yapit::gateway::{Auth, AuthConfig, GatewayConfig};
use claque_gateway::Outage;
use claque_net::host::{EngineChoice, Host, HostOptions};
use tempfile::TempDir;

use crate::program::{Ran, assert_none_holds, run, run_with};

const PASSWORD: &str = "correct-horse-battery";
const TOKEN: &str = "a-static-token-7f3a";
const EMAIL: &str = "a-listener@mail.example";
const KEY: &str = "pck_publishable_9d1";

#[test]
fn a_token_of_three_seconds_in_a_run_of_twenty_is_replaced_and_no_listener_notices() {
    let host = host(Duration::from_secs(3), None);
    let env = env_file(PASSWORD);
    // Starts are spread over six of a token's lives, and each dials with the token of its moment.
    let ran = run_traced(&host, &env, &["--users", "10", "--blocks", "8", "--stagger", "20"]);
    ran.assert_valid();
    assert!(ran.stdout.contains("80/80 blocks"), "{}", ran.stdout);
    let refreshes = outcomes(&ran, "refreshed");
    assert!((6..=16).contains(&refreshes.len()), "{refreshes:?}");
    assert!(refreshes.windows(2).all(|pair| pair[0] <= pair[1]), "in order of time: {refreshes:?}");
    assert!(refreshes.iter().any(|at_ms| *at_ms > 15_000.0), "to the end: {refreshes:?}");
    assert_eq!(ran.manifest()["accounts"], 1);
    assert_no_secret(&ran);
    assert_eq!(host.stats().gateway.documents, 0);
}

#[test]
fn an_identity_service_that_is_down_for_five_seconds_in_mid_run_is_survived() {
    let outage = Outage { from: Instant::from_millis(3_000), until: Instant::from_millis(8_000) };
    let host = host(Duration::from_secs(3), Some(outage));
    let env = env_file(PASSWORD);
    // A quarter of a minute of listening that begins before the outage and ends well after it.
    let ran = run_traced(&host, &env, &["--users", "2", "--blocks", "75"]);
    ran.assert_valid();
    assert!(ran.stdout.contains("150/150 blocks"), "{}", ran.stdout);
    let failed = outcomes(&ran, "failed");
    assert!(failed.len() >= 2 && failed.iter().all(|at_ms| *at_ms < 8_500.0), "{failed:?}");
    assert!(outcomes(&ran, "refreshed").iter().any(|at_ms| *at_ms > 7_000.0), "{}", ran.manifest());
    assert_no_secret(&ran);
    assert_eq!(host.stats().gateway.documents, 0);
}

#[test]
fn who_comes_while_the_identity_service_is_down_is_let_in_later() {
    let outage = Outage { from: Instant::from_millis(2_000), until: Instant::from_millis(7_000) };
    let host = host(Duration::from_secs(60), Some(outage));
    let ran = run_traced(&host, &env_file(PASSWORD), &["--users", "4", "--blocks", "3", "--stagger", "6"]);
    ran.assert_valid();
    assert!(ran.stdout.contains("12/12 blocks"), "{}", ran.stdout);
    let incidents = ran.manifest()["incidents"].as_array().unwrap().len();
    assert!(incidents >= 2, "two or three came in vain at first: {}", ran.manifest()["incidents"]);
    assert_no_secret(&ran);
}

#[test]
fn an_identity_service_that_comes_up_late_is_waited_for() {
    let outage = Outage { from: Instant::START, until: Instant::from_millis(2_000) };
    let host = host(Duration::from_secs(60), Some(outage));
    let ran = run_traced(&host, &env_file(PASSWORD), &["--users", "1", "--blocks", "2"]);
    ran.assert_valid();
    let waited = ran.manifest()["preparation"]["preparation_ms"].as_f64().unwrap();
    assert!((1_000.0..10_000.0).contains(&waited), "{waited}");
    assert_no_secret(&ran);
}

#[test]
fn a_wrong_password_ends_with_the_file_named_and_not_the_password() {
    let host = host(Duration::from_secs(60), None);
    let env = env_file("wrong-donkey-battery");
    let ran = run("run", &["--base-url", &host.base_url(), "--env-file", path(&env)]);
    assert_eq!(ran.code, Some(5), "{}", ran.stderr);
    assert!(ran.stderr.contains(path(&env)) && ran.stderr.contains("TEST_PASSWORD"), "{}", ran.stderr);
    assert_no_secret(&ran);
    assert_none_holds(&ran.artefacts(), &["donkey"]);
}

#[test]
fn a_static_token_is_enough_and_shows_nowhere() {
    let host = host(Duration::from_secs(60), None);
    let ran =
        run("run", &["--base-url", &host.base_url(), "--token", TOKEN, "--users", "2", "--blocks", "4"]);
    ran.assert_valid();
    assert_no_secret(&ran);
}

fn host(access_token_life: Duration, outage: Option<Outage>) -> Host {
    let mut config = GatewayConfig::current().without_rest_limits().with_deterministic_engine(
        4,
        Duration::from_millis(20),
        MediaTime::from_millis(200),
    );
    config.faults.identity_outage = outage;
    config.auth = Auth::On(AuthConfig {
        accounts: vec![(EMAIL.to_owned(), PASSWORD.to_owned())],
        static_tokens: vec![TOKEN.to_owned()],
        access_token_life,
    });
    let bind = (Ipv4Addr::LOCALHOST, 0).into();
    Host::start(HostOptions { bind, config, engine: EngineChoice::Synthetic, seed: Seed::root(1) }).unwrap()
}

/// A run that says all it has to say.
fn run_traced(host: &Host, env: &(TempDir, String), more: &[&str]) -> Ran {
    let base_url = host.base_url();
    let arguments = [&["--base-url", &base_url, "--env-file", path(env)], more].concat();
    run_with("run", &arguments, |command| command.env("CLAQUE_LOG", "trace"))
}

/// When something became of the token, in milliseconds since the run's start.
fn outcomes(ran: &Ran, outcome: &str) -> Vec<f64> {
    let manifest = ran.manifest();
    let rows = manifest["token_refreshes"].as_array().unwrap();
    let wanted = rows.iter().filter(|row| row["outcome"] == outcome && row["account"] == 0);
    wanted.map(|row| row["at_ms"].as_f64().unwrap()).collect()
}

fn env_file(password: &str) -> (TempDir, String) {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("test.env");
    let text = format!(
        "# accounts\nexport TEST_EMAIL={EMAIL}\nTEST_PASSWORD=\"{password}\"\nVITE_STACK_AUTH_PROJECT_ID=p-1\nVITE_STACK_AUTH_CLIENT_KEY='{KEY}'\n"
    );
    fs::write(&file, text).unwrap();
    let file = file.to_str().unwrap().to_owned();
    (folder, file)
}

fn path(env: &(TempDir, String)) -> &str {
    &env.1
}

/// Neither what was printed nor any file of the run holds a secret.
#[track_caller]
fn assert_no_secret(ran: &Ran) {
    assert_none_holds(&ran.artefacts(), &[PASSWORD, TOKEN, KEY, EMAIL]);
}
