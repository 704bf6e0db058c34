//! Which service is listened to, and as whom.

use std::path::PathBuf;

use clap::Args;
use claque_wire::yapit::rest::Secret;

/// Flags about the service.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Target")]
pub(crate) struct TargetFlags {
    /// Origin of the service, such as https://tts.example [default: a gateway of our own, on loopback]
    #[arg(long, value_name = "URL")]
    pub(crate) base_url: Option<String>,
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
}

/// Never fails, so that no error can repeat what was typed.
#[expect(clippy::unnecessary_wraps, reason = "clap wants a result")]
fn secret(typed: &str) -> Result<Secret, std::convert::Infallible> {
    Ok(Secret::from(typed))
}
