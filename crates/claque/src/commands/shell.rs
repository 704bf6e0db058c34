//! `claque completions` and `claque man`: made of the same flags as the program itself.

use std::{fs, path::Path, process::ExitCode};

use anyhow::Context as _;
use clap::{Command, CommandFactory as _};
use clap_mangen::Man;
use claque_run::usage::{UsageError, hint};

use crate::{
    cli::{Cli, CompletionsFlags, ManFlags},
    talk,
};

/// Prints what a shell reads to complete commands.
///
/// # Errors
/// Standard output cannot be written.
pub(crate) fn completions(flags: &CompletionsFlags) -> anyhow::Result<ExitCode> {
    let mut command = Cli::command();
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(flags.shell, &mut command, name, &mut script);
    talk::print(&String::from_utf8(script).context("a completion is not UTF-8")?)?;
    Ok(ExitCode::SUCCESS)
}

/// Prints the manual page, or writes it and those of all verbs into a folder.
///
/// # Errors
/// There is no such verb, or standard output or a file cannot be written.
pub(crate) fn man(flags: &ManFlags) -> anyhow::Result<ExitCode> {
    let mut command = Cli::command();
    command.build();
    let Some(folder) = &flags.into else {
        talk::print(&page(named(command, &flags.verb)?)?)?;
        return Ok(ExitCode::SUCCESS);
    };
    fs::create_dir_all(folder).with_context(|| format!("failed to make {}", folder.display()))?;
    write_all(command, "", folder)?;
    Ok(ExitCode::SUCCESS)
}

/// The command of a verb, or of a verb below another, named as its page is.
fn named(command: Command, verb: &[String]) -> Result<Command, UsageError> {
    let mut found = command;
    let mut name = found.get_name().to_owned();
    for word in verb {
        let below = found.get_subcommands().find(|below| below.get_name() == word).cloned();
        let known: Vec<_> = found.get_subcommands().map(Command::get_name).collect();
        found = below.ok_or_else(|| {
            let hint = hint(word, &known).unwrap_or_else(|| format!("there is {}", known.join(", ")));
            UsageError::new(format!("`{name} {word}` is no verb; {hint}"))
        })?;
        name = format!("{name}-{word}");
    }
    // clap wants its names for ever.
    Ok(found.name(&*Box::leak(name.into_boxed_str())))
}

/// Writes the page of a command, and those of the verbs below it.
fn write_all(command: Command, above: &str, folder: &Path) -> anyhow::Result<()> {
    let name = if above.is_empty() {
        command.get_name().to_owned()
    } else {
        format!("{above}-{}", command.get_name())
    };
    for verb in command.get_subcommands() {
        write_all(verb.clone(), &name, folder)?;
    }
    let path = folder.join(format!("{name}.1"));
    // clap wants its names for ever.
    let command = command.name(&*Box::leak(name.into_boxed_str()));
    fs::write(&path, page(command)?).with_context(|| format!("failed to write {}", path.display()))
}

fn page(command: Command) -> anyhow::Result<String> {
    let mut page = Vec::new();
    Man::new(command).render(&mut page).context("failed to write a manual page")?;
    String::from_utf8(page).context("a manual page is not UTF-8")
}
