//! `claque tag`: names for runs.

use std::process::ExitCode;

use claque_store::{set_tags, tags};

use crate::{cli::TagFlags, config::UsageError, find, talk::print};

/// Gives a name or takes it away, and prints those the run has then.
///
/// # Errors
/// There is no such run, the name cannot be one, or it cannot be written.
pub(crate) fn tag(flags: &TagFlags) -> anyhow::Result<ExitCode> {
    let name = flags.name.as_str();
    if !find::can_be_tag(name) {
        let words = format!("the tag `{name}` cannot be one; {}", find::TAG_RULE);
        return Err(UsageError::new(words).into());
    }
    let folder = flags.run.folder()?;
    let mut names = tags(&folder)?;
    names.retain(|held| held != name);
    if !flags.remove {
        names.push(name.to_owned());
    }
    set_tags(&folder, &names)?;
    print(&format!(
        "{}: {}\n",
        folder.display(),
        if names.is_empty() { "no tag".to_owned() } else { names.join(", ") }
    ))?;
    Ok(ExitCode::SUCCESS)
}
