//! Verbs for shells.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

/// Flags of `claque completions`.
#[derive(Debug, Args)]
pub(crate) struct CompletionsFlags {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: Shell,
}

/// Flags of `claque man`.
#[derive(Debug, Args)]
pub(crate) struct ManFlags {
    /// Folder to write the pages into; it is made if it is not there. Without it the page of claque itself is printed
    #[arg(value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,
}
