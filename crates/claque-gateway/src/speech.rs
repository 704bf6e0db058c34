//! Audio, as far as an engine knows it: a length, what is to be heard, and what it is packed in.

use core::fmt;
use std::sync::Arc;

use claque_core::time::MediaTime;

/// One piece of audio.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Speech {
    /// Its length.
    pub media: MediaTime,
    /// What it consists of.
    pub body: SpeechBody,
    /// The container it is, or is to be, in.
    pub format: AudioFormat,
}

/// What audio consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SpeechBody {
    /// Rendered by the host when it is fetched, with the length of the [`Speech`].
    Synthetic {
        /// Decides the sound.
        seed: u64,
    },
    /// The same without a sound in it.
    Silence,
    /// Bytes from an engine.
    Encoded(Arc<[u8]>),
}

/// An audio container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AudioFormat {
    /// Opus in Ogg (RFC 7845).
    OggOpus,
    /// RIFF WAVE, 16-bit PCM.
    Wav,
    /// MPEG audio layer III.
    Mp3,
}

impl AudioFormat {
    /// Its media type, in the words of deployed services.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::OggOpus => "audio/ogg",
            Self::Wav => "audio/wav",
            Self::Mp3 => "audio/mp3",
        }
    }

    /// What a fault sends in its place, for all that is sent so is rendered by the host.
    #[must_use]
    pub const fn rendered(self) -> Self {
        match self {
            Self::OggOpus | Self::Mp3 => Self::OggOpus,
            Self::Wav => Self::Wav,
        }
    }
}

impl fmt::Display for AudioFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.media_type())
    }
}
