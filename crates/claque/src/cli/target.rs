//! Which service is listened to, and as whom.

use std::path::PathBuf;

use clap::Args;
use claque_core::secret::Secret;

use super::NetworkFlags;

/// Flags about the service.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Target")]
pub(crate) struct TargetFlags {
    /// Origin of the service, such as https://tts.example [default: a gateway of our own, on loopback]
    #[arg(long, value_name = "URL")]
    pub(crate) base_url: Option<String>,
    #[command(flatten)]
    pub(crate) credentials: CredentialFlags,
    #[command(flatten)]
    pub(crate) network: NetworkFlags,
}

/// Flags about who we are to the service.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Target")]
pub(crate) struct CredentialFlags {
    /// Access token; `-` reads it from stdin. Others on this machine can see what is typed here: prefer `-`, or the
    /// variable CLAQUE_TOKEN
    #[arg(long, value_name = "TOKEN|-", value_parser = secret, allow_hyphen_values = true)]
    pub(crate) token: Option<Secret>,
    /// File with CLAQUE_TOKEN, or with TEST_EMAIL and TEST_PASSWORD. A .env is not read unless it is named here
    #[arg(long, value_name = "FILE")]
    pub(crate) env_file: Option<PathBuf>,
    /// File with the identity service's STACK_AUTH_PROJECT_ID and STACK_AUTH_CLIENT_KEY (VITE_ in front is
    /// understood), where the env file lacks them
    #[arg(long, value_name = "FILE")]
    pub(crate) auth_env_file: Option<PathBuf>,
    /// File with many accounts, e-mails and passwords or tokens, among which listeners are dealt in turn
    #[arg(long, value_name = "FILE.toml|FILE.csv")]
    pub(crate) accounts: Option<PathBuf>,
    /// Come as a guest, or as so many guests among whom listeners are dealt in turn
    #[arg(long, value_name = "N", num_args = 0..=1, require_equals = true, default_missing_value = "1",
          allow_negative_numbers = true)]
    pub(crate) guest: Option<i64>,
    /// Show no credentials and read none, for a server with authentication off
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true,
          default_missing_value = "true", hide_possible_values = true)]
    pub(crate) no_auth: Option<bool>,
}

/// Never fails, so that no error can repeat what was typed.
#[expect(clippy::unnecessary_wraps, reason = "clap wants a result")]
pub(super) fn secret(typed: &str) -> Result<Secret, std::convert::Infallible> {
    Ok(Secret::from(typed))
}
