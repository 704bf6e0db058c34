//! The reference gateway.

use clap::Args;

/// Where the gateway's flags stand in the help.
pub(super) const HEADING: &str = "Embedded gateway";

/// Flags about the reference gateway.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = HEADING)]
pub(crate) struct GatewayFlags {
    /// Whose constants to take: 2026-02, 2026-02-tuned, current, or a file that `claque calibrate` wrote (FILE.toml)
    /// [default: current]
    #[arg(long, value_name = "NAME|FILE.toml")]
    pub(crate) gateway: Option<String>,
    /// What makes the audio: synthetic (modelled times), deterministic (equal times), espeak-ng, flite, piper:VOICE, a command
    /// that reads text and writes WAV, in which {text}, {voice} and {output} are filled in, 'persistent: COMMAND' for one that
    /// stays up, or a service: openai:URL, wyoming:HOST:PORT; docs/engines.md tells of each [default: synthetic]
    #[arg(long, value_name = "NAME|COMMAND LINE")]
    pub(crate) engine: Option<String>,
    /// Workers of each model, or `unlimited` [default: the preset's, and 1 with --engine deterministic]
    #[arg(long, value_name = "N|unlimited")]
    pub(crate) workers: Option<String>,
    /// Time every block takes with --engine deterministic [default: 1.0]
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    pub(crate) service_seconds: Option<f64>,
    /// Length of every block's audio with --engine deterministic [default: 2.0]
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    pub(crate) audio_seconds: Option<f64>,
    /// Bring back a bug of old servers: cross-talk sends every result to all connections of a user
    #[arg(long, value_name = "BUG")]
    pub(crate) reproduce: Option<String>,
    /// Set any other constant, as in the [gateway] table of a scenario: pipeline.max_retries=5. Can be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) gateway_set: Vec<String>,
}

/// The switch for limits where they are off by default.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = HEADING)]
pub(crate) struct LimitFlags {
    /// Switch the preset's limits on REST calls and synthesis on; off by default, because all listeners are one user
    /// at one address here
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true,
          default_missing_value = "true", hide_possible_values = true)]
    pub(crate) limits: Option<bool>,
}
