//! What is said of a typed value that is no number.

use std::error::Error as _;

use clap::error::{ContextKind, ContextValue, ErrorKind};

/// The same error in words for people: those of the library's readers of numbers say neither what is expected nor what to do.
pub(crate) fn in_plain_words(error: clap::Error) -> clap::Error {
    let Some(what) = error.source().and_then(|source| expected(&source.to_string())) else { return error };
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        Some(_) | None => None,
    };
    let (Some(flag), Some(value), ErrorKind::ValueValidation) =
        (text(ContextKind::InvalidArg), text(ContextKind::InvalidValue), error.kind())
    else {
        return error;
    };
    let words =
        format!("invalid value '{value}' for '{flag}': {what}\n\nFor more information, try '--help'.\n");
    clap::Error::raw(ErrorKind::ValueValidation, words)
}

/// What would be a value, by what the reader of a number says.
fn expected(complaint: &str) -> Option<&'static str> {
    const NUMBER: &str = "it is no number; give one such as 0.5 or 10";
    const WHOLE: &str = "it is no whole number; give one such as 10";
    const FITTING: &str = "it is too large; give a smaller number";
    [
        ("invalid float literal", NUMBER),
        ("cannot parse float from empty string", NUMBER),
        ("invalid digit found in string", WHOLE),
        ("cannot parse integer from empty string", WHOLE),
        ("number too large to fit in target type", FITTING),
    ]
    .into_iter()
    .find(|(said, _)| *said == complaint)
    .map(|(_, what)| what)
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::Cli;

    fn error(args: &[&str]) -> String {
        let line = ["claque", "run"].iter().chain(args);
        in_plain_words(Cli::try_parse_from(line).unwrap_err()).to_string()
    }

    #[test]
    fn what_is_no_number_is_told_with_its_flag_its_value_and_what_is_one() {
        for (args, words) in [
            (
                ["--speed", "abc"],
                "invalid value 'abc' for '--speed <FACTOR>': it is no number; give one such as 0.5 or 10",
            ),
            (
                ["--speed", ""],
                "invalid value '' for '--speed <FACTOR>': it is no number; give one such as 0.5 or 10",
            ),
            (
                ["--users", "1.5"],
                "invalid value '1.5' for '--users <N>': it is no whole number; give one such as 10",
            ),
        ] {
            let error = error(&args);
            assert!(error.contains(words) && error.contains("--help"), "{error}");
        }
    }

    #[test]
    fn other_errors_are_as_they_were() {
        assert!(error(&["--userz", "1"]).contains("a similar argument exists: '--users'"));
    }
}
