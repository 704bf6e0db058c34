//! The command line as typed: flags and their help, no meaning.
//!
//! Every value is optional here, so that a scenario file can stand behind it. `config` decides what the flags mean,
//! and checks their ranges there, where flags and files meet.
#![cfg_attr(
    doc,
    expect(
        rustdoc::bare_urls,
        rustdoc::broken_intra_doc_links,
        reason = "these texts are help on a terminal"
    )
)]

mod arrivals;
mod audience;
mod calibrate;
mod capacity;
mod cleanup;
mod compare;
mod courtesy;
mod documents;
mod gateway;
mod live;
mod network;
mod no_value;
mod objectives;
mod output;
mod player;
mod results;
mod scrape;
mod shell;
mod speech;
mod suite;
mod target;
mod tune;
mod typed;
mod virtual_time;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub(crate) use self::{
    arrivals::ArrivalFlags,
    audience::AudienceFlags,
    calibrate::CalibrateFlags,
    capacity::CapacityFlags,
    cleanup::CleanupFlags,
    compare::CompareFlags,
    courtesy::CourtesyFlags,
    documents::{DocumentFlags, DocumentsFlags, SimulateDocumentsFlags},
    gateway::{GatewayFlags, LimitFlags},
    live::LiveFlags,
    network::NetworkFlags,
    no_value::in_plain_words,
    objectives::{AbortFlags, ConfidenceFlag, MarkdownFlag, ObjectiveFlags},
    output::{AudioFlags, OutputFlags, VocabularyFlag},
    player::PlayerFlags,
    results::{
        ExplainFlags, ExportFlags, FormatFlag, ImportFlags, KeptFlags, ListFlags, PruneFlags, ReportFlags,
        ResummariseFlags, RunFlag, ShowFlags, TableFlag, TagFlags,
    },
    scrape::ScrapeFlags,
    shell::{CompletionsFlags, ManFlags},
    speech::{ProtocolFlags, SpeechFlags},
    suite::SuiteFlags,
    target::{CredentialFlags, TargetFlags},
    tune::TuneFlags,
    typed::TypedFlags,
    virtual_time::VirtualFlags,
};

/// A hired audience for text-to-speech services: finds out how many people can listen at once before playback
/// stutters, and what gives way first.
#[derive(Debug, Parser)]
#[command(name = "claque", version, disable_help_subcommand = true, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

const EXIT_CODES: &str = "\
Exit codes: 0 all is well, 1 claque failed, 2 wrong usage, 3 an objective was missed or not shown, 4 a regression was found, \
5 the run is INVALID or UNVERIFIED.

`claque run` without --base-url needs nothing else: it plays against a gateway of its own on loopback.";

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Play an audience against a service, in real time
    Run(Box<RunFlags>),
    /// Play an audience against a model of the service, in virtual time
    Simulate(Box<SimulateFlags>),
    /// Make the runs of a suite: scenarios times repeats, in random order, held against a baseline
    Suite(Box<SuiteFlags>),
    /// Find out how many can listen at once: the most at which the objectives hold, with how sure that is
    #[command(
        mut_arg("users", not_for_a_search),
        mut_arg("arrivals", not_for_a_search),
        mut_arg("arrivals_for", not_for_a_search),
        mut_arg("hold", not_for_a_search),
        mut_arg("warm_up", not_for_a_search)
    )]
    Capacity(Box<CapacityFlags>),
    /// Fit a model of the service to runs, and say how well it predicts
    Calibrate(CalibrateFlags),
    /// Find the cheapest setting of a model that meets the objectives, in virtual time
    Tune(Box<TuneFlags>),
    /// Have documents extracted, in real time
    Documents(Box<DocumentsFlags>),
    /// Run the reference gateway alone until Ctrl-C
    Serve(Box<ServeFlags>),
    /// Delete the documents that a killed run has left on a service
    Cleanup(Box<CleanupFlags>),
    /// Hold runs against runs, or a suite against a suite: what got better, what worse, and what these data could have shown
    Compare(Box<CompareFlags>),
    /// List the runs, suites and searches that are kept
    Runs(ListFlags),
    /// Print what a run, a suite or a search came to
    Show(ShowFlags),
    /// Tell where the waiting of a run comes from, in parts that add up
    Explain(ExplainFlags),
    /// Write the page of a run, a suite or a search anew
    Report(ReportFlags),
    /// Give a run a name
    Tag(TagFlags),
    /// Remove old runs; those with a tag stay
    Prune(PruneFlags),
    /// Take in result files of the older script
    Import(ImportFlags),
    /// Compute the figures of a run anew from its facts
    Resummarise(ResummariseFlags),
    /// Print the facts of a run as CSV, JSON lines or Parquet
    Export(ExportFlags),
    /// Print what a shell reads to complete commands
    Completions(CompletionsFlags),
    /// Print the manual page, or write those of all verbs
    Man(ManFlags),
}

/// Who comes, and when, is what a search decides: flags about that are refused with the reason, and not in its help.
fn not_for_a_search(flag: clap::Arg) -> clap::Arg {
    flag.hide(true)
}

impl Cli {
    /// Whether nothing but errors is to be said.
    pub(crate) fn is_quiet(&self) -> bool {
        match &self.verb {
            Verb::Run(flags) => flags.output.quiet,
            Verb::Simulate(flags) => match &flags.what {
                Some(SimulateVerb::Documents(flags)) => flags.output.quiet,
                None => flags.output.quiet,
            },
            Verb::Suite(flags) => flags.output.quiet,
            Verb::Capacity(flags) => flags.output.quiet,
            Verb::Tune(flags) => flags.output.quiet,
            Verb::Documents(flags) => flags.output.quiet,
            Verb::Serve(flags) => flags.quiet,
            Verb::Cleanup(flags) => flags.quiet,
            Verb::Compare(flags) => flags.quiet,
            Verb::Calibrate(_)
            | Verb::Runs(_)
            | Verb::Show(_)
            | Verb::Explain(_)
            | Verb::Report(_)
            | Verb::Tag(_)
            | Verb::Prune(_)
            | Verb::Import(_)
            | Verb::Resummarise(_)
            | Verb::Export(_)
            | Verb::Completions(_)
            | Verb::Man(_) => false,
        }
    }
}

/// Flags of `claque run`.
#[derive(Debug, Args)]
pub(crate) struct RunFlags {
    #[command(flatten)]
    pub(crate) audience: AudienceFlags,
    #[command(flatten)]
    pub(crate) target: TargetFlags,
    #[command(flatten)]
    pub(crate) protocol: ProtocolFlags,
    #[command(flatten)]
    pub(crate) courtesy: CourtesyFlags,
    #[command(flatten)]
    pub(crate) player: PlayerFlags,
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
    pub(crate) vocabulary: VocabularyFlag,
    #[command(flatten)]
    pub(crate) markdown: MarkdownFlag,
    #[command(flatten)]
    pub(crate) audio: AudioFlags,
    #[command(flatten)]
    pub(crate) scrape: ScrapeFlags,
    #[command(flatten)]
    pub(crate) live: LiveFlags,
}

/// Flags of `claque simulate`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
pub(crate) struct SimulateFlags {
    #[command(subcommand)]
    pub(crate) what: Option<SimulateVerb>,
    #[command(flatten)]
    pub(crate) vary: VaryFlags,
    #[command(flatten)]
    pub(crate) audience: AudienceFlags,
    #[command(flatten)]
    pub(crate) protocol: SpeechFlags,
    #[command(flatten)]
    pub(crate) player: PlayerFlags,
    #[command(flatten)]
    pub(crate) gateway: GatewayFlags,
    #[command(flatten)]
    pub(crate) limits: LimitFlags,
    #[command(flatten)]
    pub(crate) objectives: ObjectiveFlags,
    #[command(flatten)]
    pub(crate) confidence: ConfidenceFlag,
    #[command(flatten)]
    pub(crate) output: OutputFlags,
    #[command(flatten)]
    pub(crate) vocabulary: VocabularyFlag,
    #[command(flatten)]
    pub(crate) markdown: MarkdownFlag,
    #[command(flatten)]
    pub(crate) virtual_time: VirtualFlags,
    /// Of `claque run` alone; refused with the reason.
    #[arg(long, value_name = "LISTENER", hide = true)]
    pub(crate) hear: Option<String>,
}

/// One simulation for each of some values.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Comparing settings")]
pub(crate) struct VaryFlags {
    /// Simulate once for each of these values and tell all in one table: a flag, such as users=5,10,20 or workers=2,4,8, or a setting
    /// of the gateway, such as pipeline.overflow.threshold_seconds=2,5,10,30. Twice for every combination of two
    #[arg(long, value_name = "NAME=VALUE,...", conflicts_with_all = ["replicates", "facts"])]
    pub(crate) vary: Vec<String>,
    /// Seeds of each combination, the same for all [default: 5]
    #[arg(long, value_name = "N", requires = "vary")]
    pub(crate) repeats: Option<u32>,
}

/// What else can be simulated.
#[derive(Debug, Subcommand)]
pub(crate) enum SimulateVerb {
    /// Have documents extracted by a model of the service, in virtual time
    Documents(Box<SimulateDocumentsFlags>),
}

/// Flags of `claque serve`.
#[derive(Debug, Args)]
pub(crate) struct ServeFlags {
    /// What the gateway speaks: yapit, or openai (`/v1/audio/speech` and what belongs to it). With openai the keys which open it
    /// are read from the variable CLAQUE_GATEWAY_API_KEYS [default: yapit]
    #[arg(long, value_name = "NAME")]
    pub(crate) protocol: Option<String>,
    /// Whose dialect it speaks with --protocol openai: openai, kokoro-fastapi, vllm-omni, speaches, localai, openedai-speech,
    /// chatterbox, chatterbox-api or wyoming-openai [default: openai]
    #[arg(long, value_name = "NAME")]
    pub(crate) dialect: Option<String>,
    /// Address and port to listen on; port 0 takes a free one [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) bind: Option<String>,
    /// Take the gateway's settings from a scenario file; flags win
    #[arg(long, value_name = "FILE.toml")]
    pub(crate) scenario: Option<PathBuf>,
    /// Root of all randomness [default: 1]
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// Say nothing on stderr but errors
    #[arg(long, short)]
    pub(crate) quiet: bool,
    #[command(flatten)]
    pub(crate) gateway: GatewayFlags,
    /// Switch off the preset's limits on REST calls and on synthesis
    #[arg(long, help_heading = gateway::HEADING)]
    pub(crate) no_limits: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_flags_are_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_token_is_in_no_debug_output() {
        let cli = Cli::try_parse_from(["claque", "run", "--token", "hush-hush"]).unwrap();
        assert!(!format!("{cli:?}").contains("hush-hush"));
    }
}
