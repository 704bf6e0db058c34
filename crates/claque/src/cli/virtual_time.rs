//! What only virtual time can do.

use std::num::NonZeroUsize;

use clap::Args;

/// Flags about simulations of many listeners, or many times.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Virtual time")]
pub(crate) struct VirtualFlags {
    /// Whose facts are kept: all, sample:N (those of N listeners, evenly among all) or none. The figures are of everybody
    /// and exact all the same, and are computed on the way then [default: all]
    #[arg(long, value_name = "WHOSE")]
    pub(crate) facts: Option<String>,
    /// Simulate N times, with N seeds from --seed on, keep no run, and tell each figure with its 95 % interval over them
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..))]
    pub(crate) replicates: Option<u32>,
    /// Threads for --replicates; what comes out does not depend on them [default: one for each core]
    #[arg(long, value_name = "N", requires = "replicates")]
    pub(crate) jobs: Option<NonZeroUsize>,
}
