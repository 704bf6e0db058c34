//! What is left behind and what is said.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use claque_stats::vocabulary::Vocabulary;

pub(super) const HEADING: &str = "Output";

/// Flags about results.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = HEADING)]
pub(crate) struct OutputFlags {
    /// Where runs are kept; each gets a folder of its own, named by date and time [default: claque-results]
    #[arg(long, short, value_name = "DIR")]
    pub(crate) output_dir: Option<PathBuf>,
    /// Print the summary as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Leave out report.html, the run as a page for people
    #[arg(long)]
    pub(crate) no_report: bool,
    /// Say nothing on stderr but errors; the summary still comes on stdout
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// The figures under other names.
#[derive(Clone, Copy, Debug, Default, Args)]
#[command(next_help_heading = HEADING)]
pub(crate) struct VocabularyFlag {
    /// Tell the facts also under the names and definitions of another tool
    #[arg(long, value_name = "NAME", value_enum)]
    pub(crate) vocabulary: Option<VocabularyName>,
}

/// Whose names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum VocabularyName {
    VllmOmni,
    Sglang,
    Riva,
    #[value(name = "cta-2066")]
    Cta2066,
    Coval,
}

impl From<VocabularyName> for Vocabulary {
    fn from(name: VocabularyName) -> Self {
        match name {
            VocabularyName::VllmOmni => Self::VllmOmni,
            VocabularyName::Sglang => Self::Sglang,
            VocabularyName::Riva => Self::Riva,
            VocabularyName::Cta2066 => Self::Cta2066,
            VocabularyName::Coval => Self::Coval,
        }
    }
}

/// Flags about the audio itself.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = HEADING)]
pub(crate) struct AudioFlags {
    /// Keep every block's audio as a file in this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) keep_audio: Option<PathBuf>,
    /// Keep what this listener heard as one file in the run's folder, stalls as silence, for report.html to play: a number, counted from 0, or
    /// `worst` for whoever stalls longest
    #[arg(long, value_name = "LISTENER")]
    pub(crate) hear: Option<String>,
    /// Share of the compressed audio that is decoded, to tell whether there is any sound in it; 0 for none [default: 0.05]
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true)]
    pub(crate) decode_share: Option<f64>,
}
