//! How services are reached.

use clap::Args;
use claque_core::secret::Secret;

use super::target::secret;

/// Flags about the network.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Network")]
pub(crate) struct NetworkFlags {
    /// Fetch audio from this host, too, without credentials; without a port, from any of its ports. May be repeated.
    /// Audio at an address that was not typed is not fetched
    #[arg(long, value_name = "HOST[:PORT]")]
    pub(crate) allow_host: Vec<String>,
    /// Send this header with every call, WebSocket and fetch of audio to the service's own origin; ${VARIABLE} stands
    /// for a variable of the environment or of --env-file. Values are secrets: others on this machine can see what is
    /// typed here, so quote it for the shell: 'X-Key: ${X_KEY}'. May be repeated
    #[arg(long, value_name = "NAME: VALUE", value_parser = secret)]
    pub(crate) header: Vec<Secret>,
}
