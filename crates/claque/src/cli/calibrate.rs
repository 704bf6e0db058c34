//! The service behind runs, as a model.

use std::path::PathBuf;

use clap::Args;

use super::KeptFlags;

/// Flags of `claque calibrate`.
#[derive(Debug, Args)]
pub(crate) struct CalibrateFlags {
    /// The runs: folders, names below --output-dir, tags, or `latest`. Of several the last is held out: it is predicted, not fitted
    #[arg(value_name = "RUN", required = true)]
    pub(crate) runs: Vec<String>,
    /// Write the fitted model to this file, for `--gateway FILE.toml` and as a scenario
    #[arg(long, value_name = "FILE.toml")]
    pub(crate) write: Option<PathBuf>,
    /// Whose constants stand behind the fitted ones, where the runs do not tell: 2026-02, 2026-02-tuned or current
    /// [default: current]
    #[arg(long, value_name = "NAME")]
    pub(crate) gateway: Option<String>,
    /// Simulations behind each prediction
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(2..=1_000))]
    pub(crate) simulations: u32,
    /// Print it as JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) kept: KeptFlags,
}
