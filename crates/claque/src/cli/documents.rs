//! Which documents are extracted, and how.

use std::path::PathBuf;

use clap::Args;

use super::{GatewayFlags, LimitFlags, OutputFlags, TargetFlags, gateway, output};

/// Flags of `claque documents`.
#[derive(Debug, Args)]
pub(crate) struct DocumentsFlags {
    #[command(flatten)]
    pub(crate) documents: DocumentFlags,
    #[command(flatten)]
    pub(crate) target: TargetFlags,
    #[command(flatten)]
    pub(crate) gateway: PageGatewayFlags,
    #[command(flatten)]
    pub(crate) limits: LimitFlags,
    #[command(flatten)]
    pub(crate) output: SummaryFlags,
}

/// Flags of `claque simulate documents`.
#[derive(Debug, Args)]
pub(crate) struct SimulateDocumentsFlags {
    #[command(flatten)]
    pub(crate) documents: DocumentFlags,
    #[command(flatten)]
    pub(crate) gateway: PageGatewayFlags,
    #[command(flatten)]
    pub(crate) limits: LimitFlags,
    #[command(flatten)]
    pub(crate) output: SummaryFlags,
}

/// Flags about documents.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Documents")]
pub(crate) struct DocumentFlags {
    /// Pages of each document [default: 300]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) pages: Option<i64>,
    /// Documents at a time [default: 1, or one for each --pdf]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) concurrent: Option<i64>,
    /// Figures on each page: pictures, charts and tables by turns, 0 to 6 [default: 1]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) figures_per_page: Option<i64>,
    /// PDF files to extract instead of made ones, dealt round robin
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(crate) pdf: Vec<PathBuf>,
    /// Make all documents the same, so that the service's cache may answer
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true,
          default_missing_value = "true", hide_possible_values = true)]
    pub(crate) use_cached: Option<bool>,
    /// Have a language model rewrite the pages; that costs the service money
    #[arg(long, overrides_with = "no_ai_transform")]
    pub(crate) ai_transform: bool,
    /// Have no language model rewrite the pages [default]
    #[arg(long, overrides_with = "ai_transform")]
    pub(crate) no_ai_transform: bool,
    /// Seconds between two looks at the progress: the first, growing 1.5 times to the last; one number for equal ones
    /// [default: 1..5]
    #[arg(long, value_name = "FIRST..LAST")]
    pub(crate) poll: Option<String>,
    /// Root of all randomness; the same seed repeats the run [default: 1]
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// Longest wait for one answer, and longest time without a further page; then that document fails [default: 300]
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    pub(crate) timeout: Option<f64>,
    /// Take settings from a file; flags win
    #[arg(long, value_name = "FILE.toml")]
    pub(crate) scenario: Option<PathBuf>,
}

/// Flags about the reference gateway, as far as pages are concerned.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = gateway::HEADING)]
pub(crate) struct PageGatewayFlags {
    /// Whose constants to take: 2026-02, 2026-02-tuned or current [default: current]
    #[arg(long, value_name = "NAME")]
    pub(crate) gateway: Option<String>,
    /// Set any other constant, as in the [gateway] table of a scenario: extraction.workers=8. Can be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) gateway_set: Vec<String>,
}

impl From<PageGatewayFlags> for GatewayFlags {
    fn from(flags: PageGatewayFlags) -> Self {
        Self { gateway: flags.gateway, gateway_set: flags.gateway_set, ..Self::default() }
    }
}

/// Flags about results, as far as there are any: a run over documents has no page.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = output::HEADING)]
pub(crate) struct SummaryFlags {
    /// Where runs are kept; each gets a folder of its own, named by date and time [default: claque-results]
    #[arg(long, short, value_name = "DIR")]
    pub(crate) output_dir: Option<PathBuf>,
    /// Print the summary as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Say nothing on stderr but errors; the summary still comes on stdout
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

impl From<SummaryFlags> for OutputFlags {
    fn from(flags: SummaryFlags) -> Self {
        let SummaryFlags { output_dir, json, quiet } = flags;
        Self { output_dir, json, quiet, no_report: true }
    }
}
