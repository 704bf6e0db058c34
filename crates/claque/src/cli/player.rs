//! The player every listener has.

use clap::Args;

/// Flags about the player.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Player")]
pub(crate) struct PlayerFlags {
    /// Which player: yapit, or that of a day: yapit-2026-02-23, -02-11, -02-07 (also called yapit-2026-02), -02-05; or reader or turns, as with
    /// --listen [default: that of the service]
    #[arg(long, value_name = "NAME")]
    pub(crate) player: Option<String>,
    /// How streams are listened to: reader (a text of blocks, in order, asked for ahead) or turns (one utterance, heard out, a
    /// thought, the next) [default: reader, where the service streams]
    #[arg(long, value_name = "reader|turns")]
    pub(crate) listen: Option<String>,
    /// Blocks that a reader asks for ahead of the one that is heard [default: 2]
    #[arg(long, value_name = "BLOCKS", allow_negative_numbers = true)]
    pub(crate) ahead: Option<i64>,
    /// Requests that a listener to streams has under way at most [default: 2, in turns 1]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) in_flight: Option<i64>,
    /// Audio that must be there before a stream is played, as a length at normal speed, such as 200ms [default: 0]
    #[arg(long, value_name = "LENGTH")]
    pub(crate) start_buffer: Option<String>,
    /// Audio that must be there before a stream is played on after a stall [default: 0]
    #[arg(long, value_name = "LENGTH")]
    pub(crate) resume_buffer: Option<String>,
    /// How long is thought between two utterances: 2s, uniform 1s..3s, exp 2s or lognormal 2s 0.5 [default: exp 2s]
    #[arg(long, value_name = "TIME")]
    pub(crate) think: Option<String>,
    /// Probability that an utterance is interrupted, 0 to 1: what is still coming is cancelled [default: 0]
    #[arg(long, value_name = "P", allow_negative_numbers = true)]
    pub(crate) barge_in: Option<f64>,
    /// Blocks that must be ready before playback starts [default: the player's]
    #[arg(long, value_name = "BLOCKS", allow_negative_numbers = true)]
    pub(crate) min_buffer: Option<i64>,
    /// Blocks asked for in one request [default: the player's]
    #[arg(long, value_name = "BLOCKS", allow_negative_numbers = true)]
    pub(crate) batch_size: Option<i64>,
    /// Ask again when fewer blocks than this lie ahead [default: the player's]
    #[arg(long, value_name = "BLOCKS", allow_negative_numbers = true)]
    pub(crate) refill_threshold: Option<i64>,
    /// What to do about a lost connection: player (dial again as the player does) or off (the session ends) [default: player]
    #[arg(long, value_name = "off|player")]
    pub(crate) reconnect: Option<String>,
    /// What an error of the service does that names no block: end (the session ends) or player (it plays on, as the web player
    /// does) [default: end]
    #[arg(long, value_name = "end|player")]
    pub(crate) session_error: Option<String>,
    /// Longest time from asking for a block until its audio is whole, in seconds; then it is given up, whatever the service says of
    /// it [default: 600]
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    pub(crate) block_timeout: Option<f64>,
    /// What listeners do besides listening, each as often a minute: seek, skip, pause, voice, hang-up; and pause-seconds,
    /// the mean length of a pause. Inline, as in seek=0.5,pause=0.2, or a TOML file with the same keys [default: nothing]
    #[arg(long, value_name = "FILE|RATES")]
    pub(crate) behaviour: Option<String>,
}
