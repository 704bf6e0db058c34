//! How a run is watched.

use clap::Args;

use super::output;

/// Flags about the view while a run goes on.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = output::HEADING)]
pub(crate) struct LiveFlags {
    /// Draw the run on the whole terminal while it goes on; keys hold arrivals back, let listeners come and go, and stop
    #[arg(long, conflicts_with = "quiet")]
    pub(crate) live: bool,
    /// Serve a page that shows the run while it goes on, at this loopback address and port; port 0 takes a free one
    #[arg(long, value_name = "ADDR", conflicts_with = "quiet")]
    pub(crate) live_web: Option<String>,
}
