//! What `claque cleanup` is to take away.

use std::path::PathBuf;

use clap::Args;

use super::{CredentialFlags, NetworkFlags};

/// Flags of `claque cleanup`.
#[derive(Debug, Args)]
pub(crate) struct CleanupFlags {
    /// Folders of runs
    #[arg(value_name = "RUN_FOLDER", required_unless_present_any = ["all", "kept"])]
    pub(crate) folders: Vec<PathBuf>,
    /// Every run in the results folder
    #[arg(long)]
    pub(crate) all: bool,
    /// The documents that --reuse-documents kept, too
    #[arg(long)]
    pub(crate) kept: bool,
    /// Where runs are kept [default: claque-results]
    #[arg(long, short, value_name = "DIR")]
    pub(crate) output_dir: Option<PathBuf>,
    /// A service to delete at, though no run of yours is known to have been there. May be repeated
    #[arg(long, value_name = "URL")]
    pub(crate) base_url: Vec<String>,
    /// Say nothing on stderr but errors
    #[arg(long, short)]
    pub(crate) quiet: bool,
    #[command(flatten)]
    pub(crate) credentials: CredentialFlags,
    #[command(flatten)]
    pub(crate) network: NetworkFlags,
}
