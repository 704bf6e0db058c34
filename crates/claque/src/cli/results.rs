//! Verbs about runs that are kept.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::output::VocabularyName;

/// Where runs are kept.
#[derive(Debug, Default, Args)]
pub(crate) struct KeptFlags {
    /// Where runs are kept [default: claque-results]
    #[arg(long, short, value_name = "DIR")]
    pub(crate) output_dir: Option<PathBuf>,
}

/// One run.
#[derive(Debug, Args)]
pub(crate) struct RunFlag {
    /// The run: its folder, its name below --output-dir, a tag that only it has, or `latest`
    #[arg(value_name = "RUN")]
    pub(crate) run: String,
    #[command(flatten)]
    pub(crate) kept: KeptFlags,
}

/// Flags of `claque runs`.
#[derive(Debug, Args)]
pub(crate) struct ListFlags {
    #[command(flatten)]
    pub(crate) kept: KeptFlags,
    /// Only runs of this model
    #[arg(long, value_name = "SLUG")]
    pub(crate) model: Option<String>,
    /// Only runs that are VALID
    #[arg(long)]
    pub(crate) valid: bool,
    /// Only runs since a date (2026-11-24) or of the last days, hours or minutes (7d, 12h, 30m)
    #[arg(long, value_name = "WHEN")]
    pub(crate) since: Option<String>,
    /// Only runs with this tag
    #[arg(long, value_name = "NAME")]
    pub(crate) tag: Option<String>,
    /// Print the list as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// One run, suite or search.
#[derive(Debug, Args)]
pub(crate) struct KeptFlag {
    /// A run, a suite or a search: its folder or its name below --output-dir; a run and a suite also by a tag that only it has,
    /// or as `latest`, and a suite by its own name
    #[arg(value_name = "RUN|SUITE|CAPACITY")]
    pub(crate) run: String,
    #[command(flatten)]
    pub(crate) kept: KeptFlags,
}

/// Flags of `claque show`.
#[derive(Debug, Args)]
pub(crate) struct ShowFlags {
    #[command(flatten)]
    pub(crate) run: KeptFlag,
    /// Tell the facts under the names and definitions of another tool, instead of the summary
    #[arg(long, value_name = "NAME", value_enum)]
    pub(crate) vocabulary: Option<VocabularyName>,
    /// Print it as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Write it as GitHub-flavoured Markdown; - prints that in place of the text
    #[arg(long, value_name = "FILE", conflicts_with = "vocabulary")]
    pub(crate) markdown: Option<PathBuf>,
    /// Write the verdict and the run's objectives as JUnit XML
    #[arg(long, value_name = "FILE", conflicts_with = "vocabulary")]
    pub(crate) junit: Option<PathBuf>,
}

/// Flags of `claque explain`.
#[derive(Debug, Args)]
pub(crate) struct ExplainFlags {
    /// A run or a search: its folder, its name below --output-dir, a tag, or `latest`; or a model of a service: the name of a gateway's
    /// constants, such as current, or a scenario file
    #[arg(value_name = "RUN|CAPACITY|MODEL")]
    pub(crate) what: String,
    #[command(flatten)]
    pub(crate) kept: KeptFlags,
    /// Print it as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Flags of `claque report`.
#[derive(Debug, Args)]
pub(crate) struct ReportFlags {
    #[command(flatten)]
    pub(crate) run: KeptFlag,
}

/// Flags of `claque tag`.
#[derive(Debug, Args)]
pub(crate) struct TagFlags {
    #[command(flatten)]
    pub(crate) run: RunFlag,
    /// The name; several runs may share one
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// Take the name away
    #[arg(long)]
    pub(crate) remove: bool,
}

/// Flags of `claque prune`.
#[derive(Debug, Args)]
pub(crate) struct PruneFlags {
    #[command(flatten)]
    pub(crate) kept: KeptFlags,
    /// Keep the newest so many runs
    #[arg(long, value_name = "N")]
    pub(crate) keep: Option<usize>,
    /// Keep runs that are younger than this: 30d, 12h
    #[arg(long, value_name = "TIME")]
    pub(crate) older_than: Option<String>,
    /// Remove them; without it they are only listed
    #[arg(long)]
    pub(crate) delete: bool,
}

/// Flags of `claque import`.
#[derive(Debug, Args)]
pub(crate) struct ImportFlags {
    /// Result files of the older script
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) kept: KeptFlags,
    /// Leave out report.html
    #[arg(long)]
    pub(crate) no_report: bool,
}

/// Flags of `claque resummarise`.
#[derive(Debug, Args)]
pub(crate) struct ResummariseFlags {
    #[command(flatten)]
    pub(crate) run: RunFlag,
    /// Print the summary as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Leave report.html as it is
    #[arg(long)]
    pub(crate) no_report: bool,
}

/// Flags of `claque export`.
#[derive(Debug, Args)]
pub(crate) struct ExportFlags {
    /// The run: its folder, its name below --output-dir, a tag that only it has, or `latest`
    #[arg(value_name = "RUN")]
    pub(crate) run: String,
    /// Where runs are kept [default: claque-results]
    #[arg(long, short, value_name = "DIR")]
    pub(crate) output_dir: Option<PathBuf>,
    /// Which facts
    #[arg(long, value_enum, default_value_t = TableFlag::Blocks)]
    pub(crate) table: TableFlag,
    /// In which form
    #[arg(long, value_enum, default_value_t = FormatFlag::Csv)]
    pub(crate) format: FormatFlag,
    /// Where to [default: stdout]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

/// A table of facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TableFlag {
    Blocks,
    Stalls,
    Listeners,
    Errors,
}

/// A form of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FormatFlag {
    Csv,
    Jsonl,
    Parquet,
}
