//! How services are reached.

use clap::Args;

/// Flags about the network.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Network")]
pub(crate) struct NetworkFlags {
    /// Fetch audio from this host, too, without credentials; without a port, from any of its ports. May be repeated.
    /// Audio at an address that was not typed is not fetched
    #[arg(long, value_name = "HOST[:PORT]")]
    pub(crate) allow_host: Vec<String>,
}
