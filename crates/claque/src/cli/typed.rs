//! The flags of a search as they were typed, so that it can be gone on with without typing them again.
//!
//! What is secret, and which host is loaded, is not among them: both are typed each time.

use std::path::Path;

use clap::{ArgMatches, Command, CommandFactory as _, parser::ValueSource};

use claque_store::AskedFlags;

use super::{CapacityFlags, Cli, Verb};

/// Who is loaded, as whom, and where results go: no part of what is searched for, or not to be kept.
const NOT_KEPT: [&str; 15] = [
    "base_url",
    "token",
    "env_file",
    "auth_env_file",
    "accounts",
    "header",
    "client_cert",
    "client_key",
    "resume",
    "output_dir",
    "json",
    "no_report",
    "quiet",
    "markdown",
    "max_time",
];
/// Those of them that say who is loaded, and as whom.
const OF_A_SERVICE: [&str; 8] =
    ["base_url", "token", "env_file", "auth_env_file", "accounts", "header", "client_cert", "client_key"];
/// Those whose value may be a file beside the folder that claque was called in.
const FILES: [&str; 3] = ["text", "scenario", "behaviour"];

/// One flag with its value, if it has any: `--workers=4`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct TypedFlag {
    id: String,
    words: String,
}

/// Flags in the order of the help.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TypedFlags(Vec<TypedFlag>);

impl TypedFlags {
    /// What was typed for a search; nothing for another verb.
    pub(crate) fn of(matches: &ArgMatches) -> Self {
        let Some(("capacity", matches)) = matches.subcommand() else { return Self::default() };
        let command = command();
        let typed = |id: &str| matches.value_source(id) == Some(ValueSource::CommandLine);
        let arguments = command.get_arguments().filter(|argument| typed(argument.get_id().as_str()));
        let of = |argument: &clap::Arg| {
            let id = argument.get_id().as_str();
            let long = argument.get_long().unwrap_or(id);
            let values: Vec<_> = matches.get_raw(id).into_iter().flatten().collect();
            if !argument.get_action().takes_values() {
                return vec![TypedFlag { id: id.to_owned(), words: format!("--{long}") }];
            }
            let one = |value: &&std::ffi::OsStr| {
                let words = format!("--{long}={}", from_anywhere(id, &value.to_string_lossy()));
                TypedFlag { id: id.to_owned(), words }
            };
            values.iter().map(one).collect()
        };
        Self(arguments.flat_map(of).collect())
    }

    /// What is kept of them with a search.
    pub(crate) fn asked(&self) -> AskedFlags {
        let is_kept = |flag: &&TypedFlag| !NOT_KEPT.contains(&flag.id.as_str()) && !names_a_host(&flag.words);
        let (kept, rest): (Vec<_>, Vec<_>) = self.0.iter().partition(is_kept);
        let about_service =
            |flag: &&TypedFlag| OF_A_SERVICE.contains(&flag.id.as_str()) || names_a_host(&flag.words);
        AskedFlags {
            flags: kept.iter().map(|flag| flag.words.clone()).collect(),
            again: rest.into_iter().filter(about_service).map(|flag| long(&flag.words).to_owned()).collect(),
        }
    }

    /// Whether one of these was typed.
    pub(crate) fn has_any(&self, ids: &[&str]) -> bool {
        self.0.iter().any(|flag| ids.contains(&flag.id.as_str()))
    }

    /// Flags as they were at the begin of a search, of which those that were typed now take the place.
    ///
    /// # Errors
    /// What is kept is no command line of this program; in clap's words.
    pub(crate) fn over(&self, kept: &[String]) -> Result<CapacityFlags, String> {
        let is_typed = |words: &String| self.0.iter().any(|flag| long(&flag.words) == long(words));
        let before = kept.iter().filter(|words| !is_typed(words)).cloned();
        let now = self.0.iter().map(|flag| flag.words.clone());
        let line = ["claque".to_owned(), "capacity".to_owned()].into_iter().chain(before).chain(now);
        let matches = Cli::command().try_get_matches_from(line).map_err(|error| error.to_string())?;
        let cli =
            <Cli as clap::FromArgMatches>::from_arg_matches(&matches).map_err(|error| error.to_string())?;
        let Verb::Capacity(flags) = cli.verb else { return Err("they are those of another verb".to_owned()) };
        Ok(*flags)
    }
}

/// `--workers` of `--workers=4`.
fn long(words: &str) -> &str {
    words.split('=').next().unwrap_or_default()
}

fn command() -> Command {
    let mut all = Cli::command();
    all.build();
    all.find_subcommand("capacity").cloned().unwrap_or_default()
}

/// A file as it can be found from another folder.
fn from_anywhere(id: &str, value: &str) -> String {
    let path = Path::new(value);
    if !FILES.contains(&id) || !path.is_file() {
        return value.to_owned();
    }
    std::path::absolute(path).map_or_else(|_| value.to_owned(), |path| path.to_string_lossy().into_owned())
}

/// Whether a flag is about somebody's service, as `--engine openai:URL` is.
fn names_a_host(words: &str) -> bool {
    words.contains("://") || words.starts_with("--engine=openai:") || words.starts_with("--engine=wyoming:")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(line: &[&str]) -> TypedFlags {
        let line = ["claque", "capacity"].iter().chain(line);
        TypedFlags::of(&Cli::command().try_get_matches_from(line).expect("it can be parsed"))
    }

    #[test]
    fn what_is_kept_has_no_secret_and_no_host() {
        let typed = typed(&[
            "--base-url",
            "https://tts.example",
            "--token",
            "s3cret",
            "--header",
            "X-Key: s3cret",
            "--env-file",
            "e.env",
            "--objective",
            "errors = 0",
            "--objective",
            "startup_time p95 < 1 s",
            "--limits",
            "--seed",
            "7",
            "--json",
            "--gateway-set",
            "upstream=\"http://tts.example\"",
            "--max-time",
            "5",
        ]);
        let kept =
            ["--objective=errors = 0", "--objective=startup_time p95 < 1 s", "--seed=7", "--limits=true"];
        let asked = typed.asked();
        let mut again = asked.again;
        again.sort();
        assert_eq!(again, ["--base-url", "--env-file", "--gateway-set", "--header", "--token"]);
        let mut found = asked.flags;
        found.sort();
        let mut kept = kept.map(str::to_owned).to_vec();
        kept.sort();
        assert_eq!(found, kept);
    }

    #[test]
    fn what_is_typed_again_takes_the_place_of_what_was() {
        let before =
            ["--simulate", "--workers=4", "--objective=errors = 0", "--objective=startup_time p95 < 1 s"];
        let now = typed(&["--resume", "latest", "--objective", "errors = 1"]);
        let flags = now.over(&before.map(str::to_owned)).expect("it is a command line");
        assert!(flags.simulate && flags.resume.as_deref() == Some("latest"));
        assert_eq!(
            (flags.gateway.workers.as_deref(), flags.objective),
            (Some("4"), vec!["errors = 1".to_owned()])
        );
    }
}
