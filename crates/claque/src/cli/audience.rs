//! Who listens, to what, and when.

use std::path::PathBuf;

use clap::Args;

use super::arrivals::ArrivalFlags;

/// Flags about the audience.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Audience")]
pub(crate) struct AudienceFlags {
    /// Listeners [default: 5]
    #[arg(long, short, value_name = "N", allow_negative_numbers = true)]
    pub(crate) users: Option<i64>,
    /// Blocks each listener is to hear [default: 20]
    #[arg(long, short, value_name = "N", allow_negative_numbers = true)]
    pub(crate) blocks: Option<i64>,
    /// Model, as the service names it [default: kokoro]
    #[arg(long, value_name = "SLUG")]
    pub(crate) model: Option<String>,
    /// Voice, as the service names it [default: the model's own]
    #[arg(long, value_name = "SLUG")]
    pub(crate) voice: Option<String>,
    /// Playback speed, from 0.001 to 100 [default: 1.0]
    #[arg(long, value_name = "FACTOR", allow_negative_numbers = true)]
    pub(crate) speed: Option<f64>,
    /// Spread the starts evenly over this many seconds; 0 starts all at once [default: 0]
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    pub(crate) stagger: Option<f64>,
    #[command(flatten)]
    pub(crate) arrivals: ArrivalFlags,
    /// What is between listeners and the service: 3g, lte, dsl or fibre, parts such as 'delay=40ms jitter=10ms loss=0.5%
    /// down=2Mbit up=1Mbit', both ('3g loss=1%'), or a file with several and the share of listeners that has each
    #[arg(long, value_name = "NETWORK|FILE.toml")]
    pub(crate) network: Option<String>,
    /// Give all listeners the same text, so that the service's cache answers
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true,
          default_missing_value = "true", hide_possible_values = true)]
    pub(crate) use_cached: Option<bool>,
    /// Vary the length of blocks, 10 to 300 characters, instead of following the text
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true,
          default_missing_value = "true", hide_possible_values = true)]
    pub(crate) varied_lengths: Option<bool>,
    /// Text to listen to: Markdown if it ends in .md or .markdown, else plain [default: three chapters of Alice]
    #[arg(long, value_name = "FILE")]
    pub(crate) text: Option<PathBuf>,
    /// Root of all randomness; the same seed repeats the run [default: 1]
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// Longest silence of the service while a block is awaited; then that session ends [default: 300]
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    pub(crate) timeout: Option<f64>,
    /// Take settings from a file; flags win
    #[arg(long, value_name = "FILE.toml")]
    pub(crate) scenario: Option<PathBuf>,
}
