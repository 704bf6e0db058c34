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
    /// The verb, such as `run` or `simulate documents`; without one the page is of claque itself
    #[arg(value_name = "VERB")]
    pub(crate) verb: Vec<String>,
    /// Write the pages of all verbs into this folder, which is made if it is not there
    #[arg(long, value_name = "DIR", conflicts_with = "verb")]
    pub(crate) into: Option<PathBuf>,
}
