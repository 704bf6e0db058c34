//! Figures of others beside an audience.

use clap::Args;

/// Flags about the server's side of a run.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "The server's side")]
pub(crate) struct ScrapeFlags {
    /// Ask this page for metrics four times a second, in Prometheus' or OpenMetrics' text, and keep them beside the audience: an address
    /// (its path is /metrics if it has none), or `gateway` for the embedded gateway. No credential is sent there. May be repeated
    #[arg(long, value_name = "URL")]
    pub(crate) scrape: Vec<String>,
    /// Run this command once a second and keep what it prints: lines of a name and a number, or a table with names above, such as
    /// 'nvidia-smi --query-gpu=index,utilization.gpu --format=csv'. No shell reads it. May be repeated
    #[arg(long, value_name = "COMMAND")]
    pub(crate) scrape_command: Vec<String>,
    /// Keep what this process of this machine takes: processor, memory, threads and open files. May be repeated
    #[arg(long, value_name = "PID", allow_negative_numbers = true)]
    pub(crate) watch_pid: Vec<u32>,
}
