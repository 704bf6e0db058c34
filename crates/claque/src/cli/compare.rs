//! Runs against runs, and a suite against a suite.

use std::path::PathBuf;

use clap::Args;

use super::ObjectiveFlags;

const HEADING: &str = "Output";

/// Flags of `claque compare`.
#[derive(Debug, Args)]
pub(crate) struct CompareFlags {
    /// Two or more sides; the first is the baseline. A side is a run: its folder, its name below --output-dir, a tag, or
    /// `latest`. All runs with a tag are repetitions of one side, and so are several with commas between them:
    /// base1,base2 new1,new2. Or two suites, of which scenarios of equal name are held against each other
    #[arg(value_name = "RUN[,RUN...]", required = true, num_args = 2..)]
    pub(crate) sides: Vec<String>,
    /// How often an interval holds the truth, in percent, 50 to 99.9 [default: 95]; where it is typed, objectives must be
    /// shown with it, too
    #[arg(long, value_name = "PERCENT", allow_negative_numbers = true)]
    pub(crate) confidence: Option<f64>,
    /// Compare runs, though they are INVALID or did not come to their end, and judge those that are UNVERIFIED
    #[arg(long)]
    pub(crate) allow_invalid: bool,
    /// The one figure that verdicts, the closing sentence and --fail-on-regression are about, chosen before the runs are seen:
    /// startup_time, round_trip, stalled_time_pct or success_pct [default: all four]
    #[arg(long, value_name = "METRIC")]
    pub(crate) primary: Option<String>,
    /// End with exit code 4 if anything got worse; needs two runs a side at least, and five are better
    #[arg(long)]
    pub(crate) fail_on_regression: bool,
    #[command(flatten)]
    pub(crate) objectives: ObjectiveFlags,
    /// Where runs are looked for by name and tag [default: claque-results]
    #[arg(long, short, value_name = "DIR", help_heading = HEADING)]
    pub(crate) output_dir: Option<PathBuf>,
    /// Print the comparison as JSON
    #[arg(long, help_heading = HEADING, conflicts_with = "markdown")]
    pub(crate) json: bool,
    /// Write the comparison as GitHub-flavoured Markdown, or print it where no file is given
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-",
          help_heading = HEADING)]
    pub(crate) markdown: Option<PathBuf>,
    /// Write the comparison as a page in one file, with every interval drawn
    #[arg(long, value_name = "FILE", help_heading = HEADING)]
    pub(crate) html: Option<PathBuf>,
    /// Say nothing on stderr but errors
    #[arg(long, short, help_heading = HEADING)]
    pub(crate) quiet: bool,
}
