//! Who the audience is to the service. What was typed wins over what lies around: `--token`, then the env file, then
//! the variable CLAQUE_TOKEN. No secret is in an error.

use std::{
    io::Read,
    path::{Path, PathBuf},
};

use claque_core::secret::Secret;
use claque_net::service::{Credentials, PasswordSignIn};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Map, Value};

use super::{
    UsageError,
    accounts::{Account, AccountsFile, Entry},
    env_file::EnvFile,
    environment::Environment,
    groups::Group,
    wish::{Place, Source, Wish},
    wishes::{Wishes, over},
};
use crate::cli::CredentialFlags;

/// What was said about who the audience is, by the names it has in a scenario.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct CredentialWishes {
    pub(super) env_file: Option<Wish<PathBuf>>,
    pub(super) auth_env_file: Option<Wish<PathBuf>>,
    pub(super) accounts: Option<Wish<PathBuf>>,
    pub(super) guest: Option<Wish<i64>>,
    pub(super) no_auth: Option<Wish<bool>>,
    /// Read only to say where secrets belong; their values are passed over.
    token: Option<Wish<IgnoredAny>>,
    password: Option<Wish<IgnoredAny>>,
    /// `--token`.
    #[serde(skip)]
    pub(super) typed_token: Option<Secret>,
}

impl CredentialWishes {
    pub(super) fn lay(&mut self, flags: CredentialFlags) {
        over(&mut self.env_file, flags.env_file);
        over(&mut self.auth_env_file, flags.auth_env_file);
        over(&mut self.accounts, flags.accounts);
        over(&mut self.guest, flags.guest);
        over(&mut self.no_auth, flags.no_auth);
        self.typed_token = flags.token;
    }

    /// # Errors
    /// A scenario holds a secret.
    pub(super) fn hold_no_secret(&self, source: &Source) -> Result<(), UsageError> {
        for (key, secret) in [("token", &self.token), ("password", &self.password)] {
            if let Some(Wish { place, .. }) = secret {
                return Err(UsageError::new(format!(
                    "{} does not belong in a scenario, which is saved and shared; put it into the variable CLAQUE_TOKEN, \
                     give it with `--token -`, or name a file with --env-file",
                    source.name(*place, key)
                )));
            }
        }
        Ok(())
    }
}

impl Group for CredentialWishes {
    fn place_files(&mut self, beside: &dyn Fn(&Path) -> PathBuf) {
        let files = [&mut self.env_file, &mut self.auth_env_file, &mut self.accounts];
        for file in files.into_iter().flatten() {
            file.value = beside(&file.value);
        }
    }
}

/// Adds what was decided, where it is not as usual, by the names a scenario has for it.
pub(super) fn decided(wishes: &Wishes, scenario: &mut Map<String, Value>) {
    let CredentialWishes { guest, no_auth, .. } = &wishes.credentials;
    for (key, value) in [
        ("guest", guest.as_ref().map(|wish| Value::from(wish.value))),
        ("no_auth", no_auth.as_ref().map(|wish| Value::from(wish.value))),
    ] {
        if let Some(value) = value {
            scenario.insert(key.to_owned(), value);
        }
    }
}

/// The variable that holds a token, in the environment and in an env file.
const TOKEN_VARIABLE: &str = "CLAQUE_TOKEN";
/// The one that official clients of OpenAI read, where that protocol was named.
const API_KEY_VARIABLE: &str = "OPENAI_API_KEY";
const EMAIL: &str = "TEST_EMAIL";
const PASSWORD: &str = "TEST_PASSWORD";
const PROJECT: [&str; 2] = ["STACK_AUTH_PROJECT_ID", "VITE_STACK_AUTH_PROJECT_ID"];
const CLIENT_KEY: [&str; 2] = ["STACK_AUTH_CLIENT_KEY", "VITE_STACK_AUTH_CLIENT_KEY"];
/// Longest token read from stdin, in bytes; an endless stream is not one.
pub(super) const LONGEST_TOKEN: u64 = 65_536;
/// More guests are made by no run: the service hands out 300 a minute.
const MOST_GUESTS: i64 = 10_000;

/// What the process was given besides its arguments.
pub(crate) struct Surroundings<'a> {
    /// The value of the first of `variables` that has one.
    pub(crate) token: Option<Secret>,
    /// Variables that hold a token, in the environment and in an env file.
    pub(crate) variables: &'static [&'static str],
    /// All variables.
    pub(crate) environment: &'a Environment,
    /// Where `--token -` reads.
    pub(crate) stdin: &'a mut dyn Read,
}

impl<'a> Surroundings<'a> {
    /// What a process has.
    pub(crate) fn new(environment: &'a Environment, stdin: &'a mut dyn Read) -> Self {
        Self {
            token: environment.value(TOKEN_VARIABLE).cloned(),
            variables: &[TOKEN_VARIABLE],
            environment,
            stdin,
        }
    }

    /// Looks for what official clients of OpenAI look for, too: it is shown only to a service that was said to speak as theirs
    /// does.
    pub(crate) fn with_api_key(self) -> Self {
        let is_set = |token: &Secret| !token.expose().trim().is_empty();
        let token = self.token.filter(is_set).or_else(|| self.environment.value(API_KEY_VARIABLE).cloned());
        Self { token, variables: &[TOKEN_VARIABLE, API_KEY_VARIABLE], ..self }
    }
}

impl std::fmt::Debug for Surroundings<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Surroundings").field("token", &self.token).finish_non_exhaustive()
    }
}

/// Finds the credentials of everybody: one account, or as many as there are, among which listeners are dealt.
///
/// # Errors
/// As for [`find`], and where two ways contradict each other.
pub(crate) fn find_all(
    wishes: &Wishes,
    source: &Source,
    surroundings: Surroundings<'_>,
) -> Result<Vec<Credentials>, UsageError> {
    contradictions(wishes, source)?;
    if wishes.credentials.no_auth.as_ref().is_some_and(|wish| wish.value) {
        return Ok(vec![Credentials::None]);
    }
    if wishes.credentials.guest.is_some() {
        let guests = source.within(wishes.credentials.guest.as_ref(), "guest", 1..=MOST_GUESTS, 1)?;
        return Ok(vec![Credentials::Guest; usize::try_from(guests).unwrap_or(1)]);
    }
    match &wishes.credentials.accounts {
        Some(file) => many(wishes, &AccountsFile::read(&file.value)?, &file.value),
        None => find(wishes, surroundings).map(|one| vec![one]),
    }
}

/// Two ways to say who we are, of which one would be passed over in silence, are an error, also where nobody asks who we are.
///
/// # Errors
/// There are two.
pub(super) fn contradictions(wishes: &Wishes, source: &Source) -> Result<(), UsageError> {
    let no_auth = wishes.credentials.no_auth.as_ref().filter(|wish| wish.value).map(|wish| wish.place);
    let ways = [
        (no_auth, "no_auth"),
        (wishes.credentials.guest.as_ref().map(|wish| wish.place), "guest"),
        (wishes.credentials.accounts.as_ref().map(|wish| wish.place), "accounts"),
        (wishes.credentials.typed_token.as_ref().map(|_| Place::Flag), "token"),
    ];
    let mut said = ways.into_iter().filter_map(|(place, key)| place.map(|place| source.name(place, key)));
    match (said.next(), said.next()) {
        (Some(one), Some(other)) => {
            Err(UsageError::new(format!("{one} and {other} contradict each other; leave one of them out")))
        }
        _ => Ok(()),
    }
}

/// Every account of a file; the identity service's keys come from the file itself, the env file or the file of
/// --auth-env-file.
fn many(wishes: &Wishes, accounts: &AccountsFile, path: &Path) -> Result<Vec<Credentials>, UsageError> {
    let mut files = Vec::new();
    for (wish, flag) in
        [(&wishes.credentials.env_file, "--env-file"), (&wishes.credentials.auth_env_file, "--auth-env-file")]
    {
        if let Some(wish) = wish {
            files.push(EnvFile::read(&wish.value, flag)?);
        }
    }
    let key = |own: &Option<Secret>, names: [&str; 2], in_toml: &str| {
        own.clone().or_else(|| files.iter().find_map(|file| file.first(&names)).cloned()).ok_or_else(|| {
            let mut looked = path.display().to_string();
            for file in &files {
                looked = format!("{looked}, {}", file.path().display());
            }
            UsageError::new(format!(
                "failed to find {} or {} in {looked}; add it, in TOML as {in_toml}, or name the file that has it with --auth-env-file",
                names[0], names[1]
            ))
        })
    };
    let credentials = |entry: &Entry| {
        Ok(match &entry.account {
            Account::Token(token) => {
                Credentials::Token { token: token.clone(), source: format!("the token of {}", entry.place) }
            }
            Account::Password { email, password } => Credentials::Password(Box::new(PasswordSignIn {
                email: email.clone(),
                password: password.clone(),
                project_id: key(&accounts.project_id, PROJECT, "project_id")?.expose().to_owned(),
                client_key: key(&accounts.client_key, CLIENT_KEY, "client_key")?,
                source: format!("email and password of {}", entry.place),
            })),
        })
    };
    accounts.entries.iter().map(credentials).collect()
}

/// Finds the credentials of one account.
///
/// # Errors
/// A file cannot be read, or lacks a variable; says which, and where it was looked for.
pub(crate) fn find(wishes: &Wishes, surroundings: Surroundings<'_>) -> Result<Credentials, UsageError> {
    if let Some(typed) = &wishes.credentials.typed_token {
        let token = if typed.expose() == "-" { from_stdin(surroundings.stdin)? } else { typed.clone() };
        return token_of(&token, "--token");
    }
    match &wishes.credentials.env_file {
        Some(file) => {
            let (file, auth) =
                (EnvFile::read(&file.value, "--env-file")?, wishes.credentials.auth_env_file.as_ref());
            from_file(&file, surroundings.variables, auth)
        }
        None => match surroundings.token.filter(|token| !token.expose().trim().is_empty()) {
            Some(token) => token_of(&token, &format!("the variable {}", surroundings.variables.join(" or "))),
            None => Ok(Credentials::None),
        },
    }
}

fn from_stdin(stdin: &mut dyn Read) -> Result<Secret, UsageError> {
    let mut text = String::new();
    let read = stdin.take(LONGEST_TOKEN).read_to_string(&mut text);
    read.map_err(|error| UsageError::new(format!("failed to read the token from stdin: {error}; put it into the variable CLAQUE_TOKEN, or into a file named by --env-file")))?;
    Ok(Secret::from(text))
}

fn token_of(token: &Secret, place: &str) -> Result<Credentials, UsageError> {
    let trimmed = token.expose().trim();
    if trimmed.is_empty() {
        return Err(UsageError::new(format!(
            "failed to find a token in {place}: it is empty; put one there, or leave it out"
        )));
    }
    if trimmed.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(UsageError::new(format!(
            "failed to read the token of {place}: a token is one word; take out what stands beside it"
        )));
    }
    Ok(Credentials::Token { token: Secret::from(trimmed), source: format!("the token of {place}") })
}

fn from_file(
    file: &EnvFile,
    variables: &[&'static str],
    auth_file: Option<&Wish<PathBuf>>,
) -> Result<Credentials, UsageError> {
    if let Some(token) = file.first(variables) {
        return token_of(token, &format!("{} of {}", variables.join(" or "), file.path().display()));
    }
    let auth_file = auth_file.map(|wish| EnvFile::read(&wish.value, "--auth-env-file")).transpose()?;
    let own = |key: &'static str| file.first(&[key]).cloned().ok_or_else(|| missing(&[key], file, None));
    let keys = |keys: [&'static str; 2]| {
        let in_auth = || auth_file.as_ref().and_then(|auth| auth.first(&keys));
        file.first(&keys).or_else(in_auth).cloned().ok_or_else(|| missing(&keys, file, auth_file.as_ref()))
    };
    let mut source = format!("{EMAIL} and {PASSWORD} of {}", file.path().display());
    if let Some(auth) = &auth_file {
        source = format!("{source}, keys of {}", auth.path().display());
    }
    Ok(Credentials::Password(Box::new(PasswordSignIn {
        email: own(EMAIL)?,
        password: own(PASSWORD)?,
        project_id: keys(PROJECT)?.expose().to_owned(),
        client_key: keys(CLIENT_KEY)?,
        source,
    })))
}

fn missing(keys: &[&str], file: &EnvFile, auth_file: Option<&EnvFile>) -> UsageError {
    let mut looked = file.path().display().to_string();
    if let Some(auth) = auth_file {
        looked = format!("{looked} and {}", auth.path().display());
    }
    let mut words = format!("failed to find {} in {looked}; ", keys.join(" or "));
    words.push_str(match (keys, auth_file) {
        ([EMAIL | PASSWORD], _) => "add it, or put a token there as CLAQUE_TOKEN",
        (_, None) => "add it, or name the file that has it with --auth-env-file",
        (_, Some(_)) => "add it to one of them",
    });
    UsageError::new(words)
}

#[cfg(test)]
mod tests;
