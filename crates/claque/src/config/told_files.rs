//! Files that are told into at the end: whether they can be written is found out before anything else is done.

use std::{
    fs::{self, OpenOptions},
    path::{Path, PathBuf},
};

use super::{
    UsageError,
    settings::{Output, OutputFormat},
};
use crate::cli::ShowFlags;

/// What stands for standard output in place of a file.
const STDOUT: &str = "-";

/// Refuses a file that cannot be written. It is left as it is: none is made where there is none.
pub(super) fn writable(path: Option<PathBuf>, flag: &str) -> Result<Option<PathBuf>, UsageError> {
    let Some(path) = path else { return Ok(None) };
    let was_there = path.exists();
    let opened = OpenOptions::new().create(true).append(true).open(&path);
    if opened.is_ok() && !was_there {
        // Best effort: an empty file harms nobody, and is overwritten at the end.
        let _ = fs::remove_file(&path);
    }
    match opened {
        Ok(_) => Ok(Some(path)),
        Err(error) => Err(UsageError::new(format!(
            "--{flag} is {}, which cannot be written: {error}; give a file in a folder that is there and is yours",
            path.display()
        ))),
    }
}

/// The form of what is printed, and the file that Markdown goes to, if it is one and not standard output.
pub(super) fn form(
    json: bool,
    markdown: Option<PathBuf>,
) -> Result<(OutputFormat, Option<PathBuf>), UsageError> {
    let on_stdout = markdown.as_deref() == Some(Path::new(STDOUT));
    match (json, on_stdout) {
        (true, true) => Err(UsageError::new(
            "--json and --markdown - would both be printed; leave one out, or give Markdown a file: --markdown FILE",
        )),
        (true, false) => Ok((OutputFormat::Json, writable(markdown, "markdown")?)),
        (false, true) => Ok((OutputFormat::Markdown, None)),
        (false, false) => Ok((OutputFormat::Text, writable(markdown, "markdown")?)),
    }
}

/// The same, with Markdown besides or in place of the text.
pub(super) fn with_markdown(output: Output, markdown: Option<PathBuf>) -> Result<Output, UsageError> {
    let (format, markdown) = form(output.format == OutputFormat::Json, markdown)?;
    Ok(Output { format, markdown, ..output })
}

/// Where a kept run is told.
#[derive(Debug)]
pub(crate) struct ShowOutput {
    /// The form on stdout.
    pub(crate) format: OutputFormat,
    /// Where Markdown goes besides.
    pub(crate) markdown: Option<PathBuf>,
    /// Where JUnit XML goes.
    pub(crate) junit: Option<PathBuf>,
}

impl ShowOutput {
    /// Decides on it.
    ///
    /// # Errors
    /// A file cannot be written, or two forms would be printed.
    pub(crate) fn decide(flags: &ShowFlags) -> Result<Self, UsageError> {
        let (format, markdown) = form(flags.json, flags.markdown.clone())?;
        Ok(Self { format, markdown, junit: writable(flags.junit.clone(), "junit")? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_left_as_it_is_by_the_look() {
        let dir = tempfile::tempdir().unwrap();
        let (old, new) = (dir.path().join("old"), dir.path().join("new"));
        fs::write(&old, "as it was").unwrap();
        assert_eq!(writable(Some(old.clone()), "junit").unwrap(), Some(old.clone()));
        assert_eq!(writable(Some(new.clone()), "junit").unwrap(), Some(new.clone()));
        assert_eq!((fs::read_to_string(old).unwrap().as_str(), new.exists()), ("as it was", false));
    }

    #[test]
    fn a_file_that_cannot_be_written_is_named_with_its_flag() {
        let dir = tempfile::tempdir().unwrap();
        for path in [dir.path().join("none").join("j.xml"), dir.path().to_owned()] {
            let error = writable(Some(path.clone()), "junit").unwrap_err().to_string();
            assert!(error.starts_with(&format!("--junit is {}, which", path.display())), "{error}");
        }
    }

    #[test]
    fn markdown_on_stdout_takes_the_place_of_the_text() {
        let stdout = || Some(PathBuf::from(STDOUT));
        assert_eq!(form(false, stdout()).unwrap(), (OutputFormat::Markdown, None));
        assert_eq!(form(true, None).unwrap(), (OutputFormat::Json, None));
        assert!(form(true, stdout()).is_err());
    }
}
