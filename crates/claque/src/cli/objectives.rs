//! What must be reached, and where that is told.

use std::path::PathBuf;

use clap::Args;

const HEADING: &str = "Objectives";

/// Flags about objectives.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = HEADING)]
pub(crate) struct ObjectiveFlags {
    /// What must be reached, such as 'startup_time p95 < 2 s', 'listeners underrun-free >= 99 %' or 'errors = 0'; else
    /// the exit code is 3. Can be repeated
    #[arg(long, value_name = "EXPR", allow_hyphen_values = true)]
    pub(crate) objective: Vec<String>,
    /// Write the verdict and the objectives as JUnit XML
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
}

/// How surely a sample must show what it meets.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = HEADING)]
pub(crate) struct ConfidenceFlag {
    /// Demand of objectives about shares and percentiles that the run shows them with so much confidence, in percent, 50 to
    /// 99.9, and does not only meet them by luck; else the exit code is 3
    #[arg(long, value_name = "PERCENT", allow_negative_numbers = true)]
    pub(crate) confidence: Option<f64>,
}

/// Where the summary goes besides.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct MarkdownFlag {
    /// Write the summary as GitHub-flavoured Markdown; - prints it in place of the text
    #[arg(long, value_name = "FILE")]
    pub(crate) markdown: Option<PathBuf>,
}

/// When a run is given up.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = HEADING)]
pub(crate) struct AbortFlags {
    /// Stop early when this holds: 'errors > 10', 'underruns > 50' or 'listeners stalled > 50 %'. Such a run is INVALID.
    /// Can be repeated
    #[arg(long, value_name = "EXPR", allow_hyphen_values = true)]
    pub(crate) abort_on: Vec<String>,
}
