//! A search that is gone on with: its folder knows what was asked for, but for secrets and for hosts, which are typed each time.

use claque_store::open_capacity;

use super::book;
use crate::{
    cli::{CapacityFlags, TypedFlags},
    config::{CapacitySettings, OUTPUT_DIR, UsageError},
};

/// Flags that say which host is loaded.
const HOSTS: [&str; 3] = ["base_url", "engine", "scenario"];

/// The flags of a search: of one that is gone on with, as they were at its begin, and what was typed now over them.
///
/// # Errors
/// There is no such search, it is one of somebody's service whose address was not typed, or its flags are none of this program.
pub(crate) fn flags(flags: CapacityFlags, typed: &TypedFlags) -> anyhow::Result<CapacityFlags> {
    let Some(name) = &flags.resume else { return Ok(flags) };
    let dir = flags.output.output_dir.clone().unwrap_or_else(|| OUTPUT_DIR.into());
    let folder = book::find(name, &dir)?;
    let begun = open_capacity(&folder)?;
    begun.integrity.refuse(&folder)?;
    let begun = begun.manifest;
    let Some(asked) = begun.asked else { return Ok(flags) };
    let hosts = ["--base-url", "--engine"];
    let is_host = |flag: &String| hosts.contains(&flag.as_str());
    if asked.again.iter().any(is_host) && !typed.has_any(&HOSTS) {
        return Err(UsageError::new(format!(
            "the search in {} is of {}, and no host is loaded but one that is typed; give {} as at its begin",
            folder.display(),
            begun.target,
            asked.again.join(", ")
        ))
        .into());
    }
    typed.over(&asked.flags).map_err(|what| {
        let words = format!(
            "the flags that are kept with the search in {} are none of this claque: {}; begin a new one without --resume",
            folder.display(),
            what.lines().next().unwrap_or_default()
        );
        UsageError::new(words).into()
    })
}

/// Settings with what is kept of the flags.
///
/// # Errors
/// A search would go on loading a service whose address was not typed.
pub(crate) fn checked(
    mut settings: CapacitySettings,
    typed: &TypedFlags,
) -> Result<CapacitySettings, UsageError> {
    if settings.resume.is_some() && settings.work.is_foreign() && !typed.has_any(&HOSTS) {
        return Err(UsageError::new(format!(
            "the search is of {}, and no host is loaded but one that is typed; give --base-url, or --scenario, as at its begin",
            settings.work.target()
        )));
    }
    settings.asked = Some(typed.asked());
    Ok(settings)
}
