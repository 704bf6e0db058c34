//! Headers of a user's own: `Name: value`, in which `${NAME}` stands for a variable.
//!
//! Values are secrets. None is in an error, and in a scenario file, which is saved and shared, only names of variables
//! may stand.

use claque_core::secret::Secret;
use claque_net::service::{Credentials, ExtraHeader};
use serde::{Deserialize, Deserializer, de::Error as _};

use super::{
    UsageError,
    env_file::EnvFile,
    environment::Environment,
    wish::{Source, Wish},
    wishes::Wishes,
};

/// What a header looks like, for errors.
const EXAMPLE: &str = "`CF-Access-Client-Secret: ${CF_SECRET}`, where ${CF_SECRET} stands for that variable";

/// The lines of a scenario file. They do not print, for somebody may have put a secret there.
#[derive(Clone)]
pub(crate) struct HeaderLines(Vec<Secret>);

impl<'de> Deserialize<'de> for HeaderLines {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        // The usual error would repeat what it found.
        let lines = Vec::<String>::deserialize(from)
            .map_err(|_| D::Error::custom(format!("headers are a list of texts such as {EXAMPLE}")))?;
        Ok(Self(lines.into_iter().map(Secret::from).collect()))
    }
}

impl std::fmt::Debug for HeaderLines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("HeaderLines").field(&self.0.len()).finish()
    }
}

/// Where values come from.
struct Variables<'a> {
    environment: &'a Environment,
    file: Option<EnvFile>,
}

impl Variables<'_> {
    /// What was named wins over what lies around.
    fn value(&self, name: &str) -> Option<&Secret> {
        let in_file = self.file.as_ref().and_then(|file| file.first(&[name]));
        in_file.or_else(|| self.environment.value(name))
    }
}

/// Reads every header.
///
/// # Errors
/// One is none, is claque's own, contradicts the credentials, or names a variable that is not set.
pub(super) fn headers(
    wishes: &Wishes,
    source: &Source,
    credentials: &[Credentials],
    environment: &Environment,
) -> Result<Vec<ExtraHeader>, UsageError> {
    let (place, lines) = lines(wishes, source);
    if lines.is_empty() {
        return Ok(Vec::new());
    }
    let file = wishes
        .credentials
        .env_file
        .as_ref()
        .map(|wish| EnvFile::read(&wish.value, "--env-file"))
        .transpose()?;
    let variables = Variables { environment, file };
    let mut headers: Vec<ExtraHeader> = Vec::new();
    for line in lines {
        let wrong = |what: String| UsageError::new(format!("{place}: {what}"));
        let (name, template) = split(line)
            .ok_or_else(|| wrong(format!("there is a header that is none; give one such as {EXAMPLE}")))?;
        if wishes.network.typed_headers.is_empty() && variable_of(template).is_none() {
            let what = format!(
                "the value of {name} is written out, and a scenario is saved and shared; put it into a variable, and \
                 write `{name}: ${{VARIABLE}}`"
            );
            return Err(wrong(what));
        }
        let value = expanded(template, &variables).map_err(|what| wrong(format!("{name}: {what}")))?;
        let header = ExtraHeader::new(name, &value).map_err(|error| wrong(error.to_string()))?;
        if headers.iter().any(|other| other.name() == header.name()) {
            return Err(wrong(format!("{} is given twice; leave one of them out", header.name())));
        }
        if header.name() == "authorization" && credentials.iter().any(has_token) {
            let what = "authorization is what the token goes in; leave out the header, or the credentials (--no-auth)";
            return Err(wrong(what.to_owned()));
        }
        headers.push(header);
    }
    Ok(headers)
}

/// Whether an account shows itself by a header of that name.
const fn has_token(credentials: &Credentials) -> bool {
    match credentials {
        Credentials::Token { .. } | Credentials::Password(_) => true,
        Credentials::None | Credentials::Guest => false,
    }
}

/// What is kept of the headers: names, and of values the variables that are all there is to them.
pub(super) fn decided(wishes: &Wishes) -> Vec<String> {
    let line = |line: &Secret| {
        let (name, template) = split(line)?;
        let value = variable_of(template).map_or("[secret]", |_| template);
        Some(format!("{name}: {value}"))
    };
    lines(wishes, &Source::default()).1.iter().filter_map(line).collect()
}

/// How errors name the headers, if there are any.
pub(super) fn place(wishes: &Wishes, source: &Source) -> Option<String> {
    let (place, lines) = lines(wishes, source);
    (!lines.is_empty()).then_some(place)
}

/// Flags take the place of the file's, as in all lists. With how errors name them.
fn lines<'a>(wishes: &'a Wishes, source: &Source) -> (String, &'a [Secret]) {
    match (&wishes.network.typed_headers[..], &wishes.network.headers) {
        ([], Some(Wish { value: HeaderLines(lines), place })) => (source.name(*place, "headers"), lines),
        (typed, _) => ("--header".to_owned(), typed),
    }
}

/// Name and value, without the spaces around.
fn split(line: &Secret) -> Option<(&str, &str)> {
    let (name, value) = line.expose().split_once(':')?;
    let name = name.trim();
    // What is no name may be the secret itself.
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (!name.is_empty() && name.bytes().all(is_name)).then(|| (name, value.trim_matches([' ', '\t'])))
}

/// The variable that a value is, if it is one and nothing else.
fn variable_of(template: &str) -> Option<&str> {
    template.strip_prefix("${")?.strip_suffix('}').filter(|name| is_variable(name))
}

fn is_variable(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && name.bytes().next().is_some_and(|first| !first.is_ascii_digit())
}

/// A value with its variables put in.
fn expanded(template: &str, variables: &Variables<'_>) -> Result<Secret, String> {
    let mut value = String::new();
    let mut rest = template;
    while let Some((before, behind)) = rest.split_once("${") {
        let (name, after) = behind
            .split_once('}')
            .filter(|(name, _)| is_variable(name))
            .ok_or("`${` begins the name of a variable, which ends with `}`; write ${VARIABLE}")?;
        let found = variables.value(name).ok_or_else(|| {
            format!("the variable {name} is not set; set it in the environment, or in the file of --env-file")
        })?;
        value.push_str(before);
        value.push_str(found.expose());
        rest = after;
    }
    value.push_str(rest);
    Ok(Secret::from(value))
}

#[cfg(test)]
mod tests {
    use toml::de::DeTable;

    use super::*;
    use crate::config::wish::Place;

    fn typed(lines: &[&str]) -> Wishes {
        let mut wishes = Wishes::default();
        wishes.network.typed_headers = lines.iter().map(|line| Secret::from(*line)).collect();
        wishes
    }

    fn in_file(lines: &[&str]) -> Wishes {
        let value = HeaderLines(lines.iter().map(|line| Secret::from(*line)).collect());
        let mut wishes = Wishes::default();
        wishes.network.headers = Some(Wish { value, place: Place::File { offset: 0 } });
        wishes
    }

    fn read(wishes: &Wishes, credentials: &[Credentials]) -> Result<Vec<ExtraHeader>, UsageError> {
        let source = Source { path: "s.toml".into(), text: String::new() };
        let environment = Environment::from([("ID", "hush-id"), ("EVIL", "hush\r\nX-B: c")]);
        headers(wishes, &source, credentials, &environment)
    }

    #[test]
    fn values_come_from_variables_and_from_what_is_typed() {
        let found =
            read(&typed(&["X-Id: ${ID}", "X-Both: a-${ID}-$1", "x-plain:b"]), &[Credentials::Guest]).unwrap();
        assert_eq!(found.iter().map(ExtraHeader::name).collect::<Vec<_>>(), ["x-id", "x-both", "x-plain"]);
        assert_eq!(
            expanded("a-${ID}-$1", &Variables { environment: &Environment::from([("ID", "b")]), file: None })
                .unwrap(),
            Secret::from("a-b-$1")
        );
        assert_eq!(decided(&typed(&["X-Id: ${ID}", "X-Both: a${ID}"])), ["X-Id: ${ID}", "X-Both: [secret]"]);
    }

    #[test]
    fn a_file_of_variables_that_was_named_wins_over_the_environment() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.env");
        std::fs::write(&path, "ID=filed\n").unwrap();
        let environment = Environment::from([("ID", "around"), ("B", "around")]);
        let variables =
            Variables { environment: &environment, file: Some(EnvFile::read(&path, "--env-file").unwrap()) };
        assert_eq!(expanded("${ID} ${B}", &variables).unwrap(), Secret::from("filed around"));
    }

    #[test]
    fn what_is_no_header_is_an_error_without_its_value() {
        for (wishes, words) in [
            (typed(&["hush hush"]), "--header: there is a header that is none; give one such as `CF-Access"),
            (typed(&["hush hush: a"]), "--header: there is a header that is none"),
            (
                typed(&["X-A: ${NONE}"]),
                "--header: X-A: the variable NONE is not set; set it in the environment",
            ),
            (typed(&["X-A: ${hush"]), "--header: X-A: `${` begins the name of a variable"),
            (typed(&["X-A: ${EVIL}"]), "--header: the value of x-a holds a line's end"),
            (typed(&["X-A:"]), "--header: the value of x-a is empty"),
            (typed(&["Host: hush"]), "--header: host is claque's own to say"),
            (typed(&["X-A: hush", "x-a: hush"]), "--header: x-a is given twice"),
            (in_file(&["X-A: hush"]), "s.toml:1: headers: the value of X-A is written out"),
            (in_file(&["X-A: hush${ID}"]), "s.toml:1: headers: the value of X-A is written out"),
        ] {
            let error = read(&wishes, &[]).unwrap_err().to_string();
            assert!(error.starts_with(words) && !error.contains("hush"), "{error}");
        }
        assert_eq!(read(&in_file(&["X-A: ${ID}"]), &[]).unwrap().len(), 1);
    }

    #[test]
    fn a_token_has_its_header_to_itself() {
        let token = Credentials::Token { token: Secret::from("hush"), source: String::new() };
        let wishes = typed(&["Authorization: Basic hush"]);
        let error = read(&wishes, &[token]).unwrap_err().to_string();
        assert!(
            error.contains("authorization is what the token goes in") && !error.contains("hush"),
            "{error}"
        );
        assert_eq!(read(&wishes, &[Credentials::None]).unwrap().len(), 1);
    }

    #[test]
    fn a_list_that_is_none_is_told_without_what_it_holds() {
        for text in ["headers = [3]", "headers = \"X-A: hush\"", "headers = { X-A = \"hush\" }"] {
            let unread = Wishes::read(DeTable::parse(text).unwrap()).err().unwrap();
            let message = unread.message;
            assert!(
                message.starts_with("headers are a list of texts") && !message.contains("hush"),
                "{message}"
            );
        }
    }
}
