//! Many runs from one file.

use std::path::PathBuf;

use clap::Args;

use super::{
    AbortFlags, ConfidenceFlag, CourtesyFlags, GatewayFlags, LimitFlags, MarkdownFlag, ObjectiveFlags,
    OutputFlags, TargetFlags,
};

/// Flags of `claque suite`.
#[derive(Clone, Debug, Args)]
pub(crate) struct SuiteFlags {
    /// The suite: [suite], [common] and a [[scenario]] for each scenario, see docs/suite.md
    #[arg(value_name = "FILE.toml")]
    pub(crate) file: PathBuf,
    /// Simulate every run, in virtual time
    #[arg(long, conflicts_with = "base_url")]
    pub(crate) simulate: bool,
    /// Print the plan, in its order and with the time it takes, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Go on with a suite that was stopped: its folder, its name below --output-dir, a name given by --baseline, or
    /// `latest`
    #[arg(long, value_name = "SUITE")]
    pub(crate) resume: Option<String>,
    #[command(flatten)]
    pub(crate) baseline: BaselineFlags,
    #[command(flatten)]
    pub(crate) target: TargetFlags,
    #[command(flatten)]
    pub(crate) courtesy: CourtesyFlags,
    #[command(flatten)]
    pub(crate) gateway: GatewayFlags,
    #[command(flatten)]
    pub(crate) limits: LimitFlags,
    #[command(flatten)]
    pub(crate) objectives: ObjectiveFlags,
    #[command(flatten)]
    pub(crate) confidence: ConfidenceFlag,
    #[command(flatten)]
    pub(crate) abort: AbortFlags,
    #[command(flatten)]
    pub(crate) output: OutputFlags,
    #[command(flatten)]
    pub(crate) markdown: MarkdownFlag,
}

/// Flags about other suites.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Baseline")]
pub(crate) struct BaselineFlags {
    /// Give the finished suite this name, which it takes from any other, to hold later ones against
    #[arg(long, value_name = "NAME")]
    pub(crate) baseline: Option<String>,
    /// Hold each scenario against that of the same name in another suite, named as for --resume
    #[arg(long, value_name = "SUITE")]
    pub(crate) against: Option<String>,
    /// The one figure that verdicts against it are about, chosen before the runs are seen: startup_time, round_trip,
    /// stalled_time_pct or success_pct [default: all four]
    #[arg(long, value_name = "METRIC", requires = "against")]
    pub(crate) primary: Option<String>,
    /// End with exit code 4 if anything got worse
    #[arg(long, requires = "against")]
    pub(crate) fail_on_regression: bool,
}
