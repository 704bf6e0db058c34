//! How listeners come, what they choose, and how long they stay.

use clap::Args;

/// Flags about the coming and going of listeners.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Audience")]
pub(crate) struct ArrivalFlags {
    /// How listeners come: closed, even:WINDOW, constant:RATE, poisson:RATE, ramp:FROM..TO:OVER, stages:FILE or trace:FILE; a rate
    /// such as 12/min, a time such as 30s or 5min [default: closed]
    #[arg(long, value_name = "HOW")]
    pub(crate) arrivals: Option<String>,
    /// For how long they come, where --arrivals is a rate; with --users as well, what ends first
    #[arg(long = "for", value_name = "DURATION")]
    pub(crate) arrivals_for: Option<String>,
    /// How much each listens to before it leaves: 4min, 'uniform 1min..10min', 'exp 4min' or 'lognormal 4min 0.5' of audio
    /// [default: its whole text]
    #[arg(long, value_name = "TIME")]
    pub(crate) listens: Option<String>,
    /// Keep --users listeners present for so long: whoever ends is replaced at once
    #[arg(long, value_name = "DURATION")]
    pub(crate) hold: Option<String>,
    /// What is left out of all figures at the start: auto finds its end from the data; or a time, or off [default: auto with --hold, else off]
    #[arg(long, value_name = "auto|DURATION|off")]
    pub(crate) warm_up: Option<String>,
    /// Have listeners choose among so many texts, so that a cache meets what is popular [default: each has its own]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) texts: Option<i64>,
    /// How popular those texts are: the k-th in proportion to 1/k^S, from 0 to 10 [default: 1]
    #[arg(long, value_name = "S", allow_negative_numbers = true)]
    pub(crate) zipf: Option<f64>,
}
