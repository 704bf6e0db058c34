//! The cheapest setting of a model that meets objectives.

use std::num::NonZeroUsize;

use clap::Args;

use super::{AudienceFlags, GatewayFlags, LimitFlags, MarkdownFlag, OutputFlags, PlayerFlags, SpeechFlags};

const HEADING: &str = "Search";

/// Flags of `claque tune`.
#[derive(Debug, Args)]
pub(crate) struct TuneFlags {
    /// The model of the service: a preset, or a file that `claque calibrate` wrote, as for --gateway [default: current]
    #[arg(value_name = "MODEL", conflicts_with = "gateway")]
    pub(crate) service: Option<String>,
    /// What is looked for: a setting of the gateway or a constant of the player, with a range (workers=1..16,
    /// pipeline.overflow.threshold_seconds=5s..60s, start_buffer=0ms..2s:250ms) or a list of values. Once for each
    #[arg(long, value_name = "NAME=RANGE", required = true, help_heading = HEADING)]
    pub(crate) vary: Vec<String>,
    /// What must hold, such as 'startup_time p95 < 2 s'; can be repeated [default: 'listeners underrun-free >= 99 %' and
    /// 'startup_time p95 < 3 s']
    #[arg(long, value_name = "EXPR", allow_hyphen_values = true, help_heading = HEADING)]
    pub(crate) objective: Vec<String>,
    /// What an hour costs: worker=0.02/h for each worker, overflow=0.5/h for each hour of a busy overflow worker, and
    /// NAME=PRICE for each unit of what is varied. Can be repeated [default: worker=1]
    #[arg(long, value_name = "NAME=PRICE", value_delimiter = ',', help_heading = HEADING)]
    pub(crate) cost: Vec<String>,
    /// How sure it is to be that the setting meets the objectives, in percent, 80 to 99.9 [default: 95]
    #[arg(long, value_name = "PERCENT", allow_negative_numbers = true, help_heading = HEADING)]
    pub(crate) confidence: Option<f64>,
    /// Share of all runs that must meet every objective, in percent, 50 to 99.9 [default: 90]
    #[arg(long, value_name = "PERCENT", allow_negative_numbers = true, help_heading = HEADING)]
    pub(crate) reliability: Option<f64>,
    /// Simulate so often at most [default: 4000]
    #[arg(long, value_name = "N", allow_negative_numbers = true, help_heading = HEADING)]
    pub(crate) max_runs: Option<i64>,
    /// Threads to simulate on; what comes out does not depend on them [default: one for each core]
    #[arg(long, value_name = "N", help_heading = HEADING)]
    pub(crate) jobs: Option<NonZeroUsize>,
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
    pub(crate) output: OutputFlags,
    #[command(flatten)]
    pub(crate) markdown: MarkdownFlag,
}
