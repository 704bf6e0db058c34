//! How the service's own limits are lived with.

use clap::Args;

/// Flags about the service's limits.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Limits of the service")]
pub(crate) struct CourtesyFlags {
    /// What one account may ask for: blocks=300/60s, messages=300/60s, or none [default: the service's, as its version
    /// tells]
    #[arg(long, value_name = "LIMIT")]
    pub(crate) account_limit: Option<String>,
    /// Run even if that limit is all that would be measured
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true,
          default_missing_value = "true", hide_possible_values = true)]
    pub(crate) allow_rate_limit: Option<bool>,
    /// Addresses of this machine to come from in turn, for documents and for listeners: the service limits each
    #[arg(long, value_name = "IP,IP,...")]
    pub(crate) source_address: Option<String>,
    /// Keep the documents for later runs of the same text, and take those that are there
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true,
          default_missing_value = "true", hide_possible_values = true)]
    pub(crate) reuse_documents: Option<bool>,
}
