//! Accounts: an env file, a token that is short-lived, a wrong password, and secrets that show nowhere.

use std::{fs, net::Ipv4Addr, path::Path};

use claque_core::{
    rng::Seed,
    time::{Duration, MediaTime},
};
use claque_gateway::{Auth, AuthConfig, GatewayConfig};
use claque_net::host::{EngineChoice, Host, HostOptions};
use tempfile::TempDir;

use crate::program::{Ran, run};

const PASSWORD: &str = "correct-horse-battery";
const TOKEN: &str = "a-static-token-7f3a";
const KEY: &str = "pck_publishable_9d1";

#[test]
fn a_token_that_ends_in_mid_run_is_replaced_and_nobody_notices() {
    let host = host(Duration::from_secs(2));
    let env = env_file(PASSWORD);
    // Starts are spread over thrice a token's life, and each dials with the token of its moment.
    let ran = run(
        "run",
        &[
            "--base-url",
            &host.base_url(),
            "--env-file",
            path(&env),
            "--users",
            "6",
            "--blocks",
            "4",
            "--stagger",
            "6",
        ],
    );
    ran.assert_valid();
    assert!(ran.stdout.contains("24/24 blocks"), "{}", ran.stdout);
    assert_no_secret(&ran);
    assert_eq!(host.stats().gateway.documents, 0);
}

#[test]
fn a_wrong_password_ends_with_the_file_named_and_not_the_password() {
    let host = host(Duration::from_secs(60));
    let env = env_file("wrong-donkey-battery");
    let ran = run("run", &["--base-url", &host.base_url(), "--env-file", path(&env)]);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains(path(&env)) && ran.stderr.contains("TEST_PASSWORD"), "{}", ran.stderr);
    assert_no_secret(&ran);
    assert!(!ran.stderr.contains("donkey") && !ran.stdout.contains("donkey"));
}

#[test]
fn a_static_token_is_enough_and_shows_nowhere() {
    let host = host(Duration::from_secs(60));
    let ran =
        run("run", &["--base-url", &host.base_url(), "--token", TOKEN, "--users", "2", "--blocks", "4"]);
    ran.assert_valid();
    assert_no_secret(&ran);
}

fn host(access_token_life: Duration) -> Host {
    let mut config = GatewayConfig::current().without_rest_limits().with_deterministic_engine(
        4,
        Duration::from_millis(20),
        MediaTime::from_millis(200),
    );
    config.auth = Auth::On(AuthConfig {
        accounts: vec![("a@example.org".to_owned(), PASSWORD.to_owned())],
        static_tokens: vec![TOKEN.to_owned()],
        access_token_life,
    });
    let bind = (Ipv4Addr::LOCALHOST, 0).into();
    Host::start(HostOptions { bind, config, engine: EngineChoice::Synthetic, seed: Seed::root(1) }).unwrap()
}

fn env_file(password: &str) -> (TempDir, String) {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("test.env");
    let text = format!(
        "# accounts\nexport TEST_EMAIL=a@example.org\nTEST_PASSWORD=\"{password}\"\nVITE_STACK_AUTH_PROJECT_ID=p-1\nVITE_STACK_AUTH_CLIENT_KEY='{KEY}'\n"
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
    let mut texts = vec![ran.stdout.clone().into_bytes(), ran.stderr.clone().into_bytes()];
    texts.extend(ran.folder.as_deref().map(files).unwrap_or_default());
    for secret in [PASSWORD, TOKEN, KEY] {
        for text in &texts {
            assert!(!text.windows(secret.len()).any(|part| part == secret.as_bytes()), "{secret} shows");
        }
    }
}

fn files(folder: &Path) -> Vec<Vec<u8>> {
    fs::read_dir(folder).unwrap().map(|entry| fs::read(entry.unwrap().path()).unwrap()).collect()
}
