//! How services are reached.

use std::path::PathBuf;

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
    /// PEM file with a certificate to show to a service, or a gateway in front of it, that asks for one; those that it
    /// hangs from may follow, and the key may be in it, too
    #[arg(long, value_name = "FILE.pem")]
    pub(crate) client_cert: Option<PathBuf>,
    /// PEM file with the key of --client-cert, if it is another one. It is not encrypted
    #[arg(long, value_name = "FILE.pem")]
    pub(crate) client_key: Option<PathBuf>,
    /// Check no certificate of a service whose address was typed: whoever answers may be anybody, and sees every
    /// credential. The verdict says so
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true,
          default_missing_value = "true", hide_possible_values = true)]
    pub(crate) insecure: Option<bool>,
}
