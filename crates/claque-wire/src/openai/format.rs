//! The formats that the API names.

use core::fmt;

use crate::audio::Container;

/// A value of `response_format`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AudioFormat {
    /// MPEG audio layer III.
    Mp3,
    /// Opus in Ogg.
    Opus,
    /// AAC in ADTS.
    Aac,
    /// FLAC.
    Flac,
    /// RIFF WAVE.
    Wav,
    /// 16-bit samples without a container.
    Pcm,
}

impl AudioFormat {
    /// Every format, in the order of the API's documentation.
    pub const ALL: [Self; 6] = [Self::Mp3, Self::Opus, Self::Aac, Self::Flac, Self::Wav, Self::Pcm];

    /// The name used on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mp3 => "mp3",
            Self::Opus => "opus",
            Self::Aac => "aac",
            Self::Flac => "flac",
            Self::Wav => "wav",
            Self::Pcm => "pcm",
        }
    }

    /// Its usual media type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Mp3 => "audio/mpeg",
            Self::Opus => "audio/opus",
            Self::Aac => "audio/aac",
            Self::Flac => "audio/flac",
            Self::Wav => "audio/wav",
            Self::Pcm => "audio/pcm",
        }
    }

    /// The format of this name, if there is one.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == name)
    }

    /// Whether audio of this format comes in such a container.
    #[must_use]
    pub const fn is_in(self, container: Container) -> bool {
        match self {
            Self::Mp3 => matches!(container, Container::Mp3),
            Self::Opus => matches!(container, Container::OggOpus),
            Self::Aac => matches!(container, Container::Adts),
            Self::Flac => matches!(container, Container::Flac | Container::OggFlac),
            Self::Wav => matches!(container, Container::Wav),
            Self::Pcm => matches!(container, Container::Pcm),
        }
    }
}

impl fmt::Display for AudioFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
