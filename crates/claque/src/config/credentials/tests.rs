use std::{fs, path::PathBuf};

use super::*;

fn find_with(wishes: &Wishes, variable: Option<&str>, mut stdin: &[u8]) -> Result<Credentials, UsageError> {
    find(
        wishes,
        Surroundings {
            token: variable.map(Secret::from),
            variables: &[TOKEN_VARIABLE],
            environment: &Environment::default(),
            stdin: &mut stdin,
        },
    )
}

fn token(credentials: &Credentials) -> Option<&str> {
    match credentials {
        Credentials::Token { token, .. } => Some(token.expose()),
        Credentials::None | Credentials::Password(_) | Credentials::Guest => None,
    }
}

fn said(credentials: CredentialWishes) -> Wishes {
    Wishes { credentials, ..Wishes::default() }
}

fn wishes_with_file(folder: &tempfile::TempDir, text: &str) -> Wishes {
    let path: PathBuf = folder.path().join("some.env");
    fs::write(&path, text).unwrap();
    said(CredentialWishes { env_file: Some(Wish::flag(path)), ..CredentialWishes::default() })
}

#[test]
fn what_was_typed_wins_over_what_lies_around() {
    let folder = tempfile::tempdir().unwrap();
    let mut wishes = wishes_with_file(&folder, "CLAQUE_TOKEN=filed");
    assert_eq!(token(&find_with(&wishes, Some("around"), b"").unwrap()), Some("filed"));
    wishes.credentials.typed_token = Some(Secret::from("typed"));
    assert_eq!(token(&find_with(&wishes, Some("around"), b"").unwrap()), Some("typed"));
    wishes.credentials.typed_token = Some(Secret::from("-"));
    assert_eq!(token(&find_with(&wishes, Some("around"), b" piped\n").unwrap()), Some("piped"));
    assert_eq!(token(&find_with(&Wishes::default(), Some("around"), b"").unwrap()), Some("around"));
    assert!(matches!(find_with(&Wishes::default(), None, b""), Ok(Credentials::None)));
}

#[test]
fn an_account_may_be_spread_over_two_files() {
    let folder = tempfile::tempdir().unwrap();
    let mut wishes = wishes_with_file(&folder, "TEST_EMAIL=a@b.example\nTEST_PASSWORD='hush'\n");
    let error = find_with(&wishes, None, b"").unwrap_err().to_string();
    assert!(error.contains("STACK_AUTH_PROJECT_ID or VITE_STACK_AUTH_PROJECT_ID"), "{error}");
    assert!(error.contains("some.env") && error.contains("--auth-env-file"), "{error}");
    assert!(!error.contains("hush"));

    let keys = folder.path().join("keys.env");
    fs::write(&keys, "VITE_STACK_AUTH_PROJECT_ID=p\nVITE_STACK_AUTH_CLIENT_KEY=k\n").unwrap();
    wishes.credentials.auth_env_file = Some(Wish::flag(keys));
    let Ok(Credentials::Password(account)) = find_with(&wishes, None, b"") else { panic!("no account") };
    assert_eq!((account.email.expose(), account.project_id.as_str()), ("a@b.example", "p"));
    assert!(account.source.contains("keys.env") && !account.source.contains("hush"));
}

#[test]
fn a_file_without_a_password_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let error = find_with(&wishes_with_file(&folder, "TEST_EMAIL=a"), None, b"").unwrap_err().to_string();
    assert!(error.contains("failed to find TEST_PASSWORD in ") && error.contains("CLAQUE_TOKEN"), "{error}");
}

#[test]
fn two_ways_to_say_who_we_are_contradict_each_other() {
    let base = || CredentialWishes { typed_token: Some(Secret::from("hush")), ..CredentialWishes::default() };
    let all = |wishes: &Wishes| {
        let surroundings = Surroundings {
            token: Some(Secret::from("around")),
            variables: &[TOKEN_VARIABLE],
            environment: &Environment::default(),
            stdin: &mut std::io::empty(),
        };
        find_all(wishes, &Source::default(), surroundings)
    };
    for (wishes, words) in [
        (
            CredentialWishes { guest: Some(Wish::flag(1)), ..base() },
            "--guest and --token contradict each other",
        ),
        (CredentialWishes { accounts: Some(Wish::flag("a".into())), ..base() }, "--accounts and --token"),
        (CredentialWishes { no_auth: Some(Wish::flag(true)), ..base() }, "--no-auth and --token"),
    ] {
        let error = all(&said(wishes)).unwrap_err().to_string();
        assert!(error.starts_with(words) && !error.contains("hush"), "{error}");
    }
    let no_auth = said(CredentialWishes { no_auth: Some(Wish::flag(true)), ..CredentialWishes::default() });
    assert!(matches!(all(&no_auth).unwrap().as_slice(), [Credentials::None]), "the variable is not read");
    let guests = said(CredentialWishes { guest: Some(Wish::flag(3)), ..CredentialWishes::default() });
    assert!(matches!(all(&guests).unwrap().as_slice(), [Credentials::Guest, _, _]));
}

#[test]
fn many_accounts_take_their_keys_from_wherever_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("many.csv");
    fs::write(&path, "a@x,hush\nb@x,hush\n").unwrap();
    let mut wishes =
        said(CredentialWishes { accounts: Some(Wish::flag(path)), ..CredentialWishes::default() });
    let all = |wishes: &Wishes| {
        let surroundings = Surroundings {
            token: None,
            variables: &[TOKEN_VARIABLE],
            environment: &Environment::default(),
            stdin: &mut std::io::empty(),
        };
        find_all(wishes, &Source::default(), surroundings)
    };
    let error = all(&wishes).unwrap_err().to_string();
    assert!(error.contains("STACK_AUTH_PROJECT_ID") && error.contains("many.csv"), "{error}");
    let keys = folder.path().join("keys.env");
    fs::write(&keys, "STACK_AUTH_PROJECT_ID=p\nSTACK_AUTH_CLIENT_KEY=k\n").unwrap();
    wishes.credentials.auth_env_file = Some(Wish::flag(keys));
    let accounts = all(&wishes).unwrap();
    let [Credentials::Password(_), Credentials::Password(second)] = accounts.as_slice() else {
        panic!("{accounts:?}")
    };
    assert!(second.source.ends_with("many.csv:2") && second.project_id == "p", "{}", second.source);
}

#[test]
fn an_empty_or_broken_token_is_refused_unseen() {
    let wishes =
        said(CredentialWishes { typed_token: Some(Secret::from("-")), ..CredentialWishes::default() });
    assert!(find_with(&wishes, None, b"\n").unwrap_err().to_string().contains("it is empty"));
    let error = find_with(&wishes, None, b"hush hush").unwrap_err().to_string();
    assert!(error.contains("one word") && !error.contains("hush"), "{error}");
}
