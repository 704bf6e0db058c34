//! Which protocol is spoken, and how speech is asked for where each piece of text is one request.

use clap::Args;

/// Flags about the protocol.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Protocol")]
pub(crate) struct ProtocolFlags {
    #[command(flatten)]
    pub(crate) speech: SpeechFlags,
    /// Rate of samples that come without a header, in Hz [default: what the service says, else the dialect's]
    #[arg(long, value_name = "HZ", allow_negative_numbers = true)]
    pub(crate) pcm_rate: Option<i64>,
    /// A field to be added to each request, or to take the place of one, such as language='"en"'; may be repeated
    #[arg(long, value_name = "NAME=JSON")]
    pub(crate) request_field: Vec<String>,
    /// Where speech is asked for, below the service's address [default: the dialect's, mostly /v1/audio/speech]
    #[arg(long, value_name = "PATH")]
    pub(crate) path: Option<String>,
}

/// Flags about the protocol that also a simulation has.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Protocol")]
pub(crate) struct SpeechFlags {
    /// What the service speaks: yapit, or openai for POST /v1/audio/speech [default: found out]
    #[arg(long, value_name = "NAME")]
    pub(crate) protocol: Option<String>,
    /// Whose way with the OpenAI API: openai, kokoro-fastapi, vllm-omni, speaches, localai and others; docs/openai.md has the
    /// table [default: found out]
    #[arg(long, value_name = "NAME")]
    pub(crate) dialect: Option<String>,
    /// Format of the audio: pcm, wav, mp3, opus, aac or flac [default: what the dialect makes as it goes, mostly pcm]
    #[arg(long, value_name = "FORMAT")]
    pub(crate) response_format: Option<String>,
    /// How the audio is to come: stream (bytes as they are made), sse (events) or whole [default: stream, where the dialect can]
    #[arg(long, value_name = "HOW")]
    pub(crate) delivery: Option<String>,
}
