//! How many can listen at once.

use std::path::PathBuf;

use clap::Args;

use super::{
    AudienceFlags, CourtesyFlags, GatewayFlags, LimitFlags, MarkdownFlag, OutputFlags, PlayerFlags,
    ProtocolFlags, TargetFlags,
};

const HEADING: &str = "Search";

/// Flags of `claque capacity`.
#[derive(Debug, Args)]
pub(crate) struct CapacityFlags {
    /// Search a model of the service, in virtual time
    #[arg(long, conflicts_with = "base_url", help_heading = HEADING)]
    pub(crate) simulate: bool,
    /// What must hold, such as 'startup_time p95 < 2 s'; can be repeated [default: 'listeners underrun-free >= 99 %' and
    /// 'startup_time p95 < 3 s']
    #[arg(long, value_name = "EXPR", allow_hyphen_values = true, help_heading = HEADING)]
    pub(crate) objective: Vec<String>,
    /// How sure the interval is to hold the capacity, in percent, 80 to 99.9 [default: 95]
    #[arg(long, value_name = "PERCENT", allow_negative_numbers = true, help_heading = HEADING)]
    pub(crate) confidence: Option<f64>,
    /// Never ask for more listeners than these [default: 1000]
    #[arg(long, visible_alias = "ceiling", value_name = "N", allow_negative_numbers = true, help_heading = HEADING)]
    pub(crate) max_users: Option<i64>,
    /// No run is begun that would end later than this after the first, in minutes of the runs' own time; the first is made whatever it
    /// takes [default: as long as it takes]
    #[arg(long, value_name = "MINUTES", allow_negative_numbers = true, help_heading = HEADING)]
    pub(crate) max_time: Option<f64>,
    /// Go on with a search that was stopped: its folder, its name below --output-dir, or `latest`
    #[arg(long, value_name = "CAPACITY", help_heading = HEADING)]
    pub(crate) resume: Option<String>,
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
    pub(crate) output: OutputFlags,
    #[command(flatten)]
    pub(crate) markdown: MarkdownFlag,
    /// Share of the compressed audio that is decoded, to tell whether there is any sound in it; 0 for none [default: 0.05]
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true, help_heading = super::output::HEADING)]
    pub(crate) decode_share: Option<f64>,
    /// Of `claque run` alone; refused with the reason.
    #[arg(long, value_name = "LISTENER", hide = true)]
    pub(crate) hear: Option<String>,
}

impl CapacityFlags {
    /// The file that settings are taken from.
    pub(crate) fn scenario(&self) -> Option<&PathBuf> {
        self.audience.scenario.as_ref()
    }
}
