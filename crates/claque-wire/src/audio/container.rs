//! The closed set of containers that can be measured, with all that others ask of one.

use core::fmt;

/// The containers that can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Container {
    /// Opus in Ogg (RFC 7845).
    OggOpus,
    /// Vorbis in Ogg.
    OggVorbis,
    /// FLAC in Ogg (RFC 9639 section 10.1).
    OggFlac,
    /// RIFF WAVE or RF64 with PCM, mu-law or A-law.
    Wav,
    /// MPEG audio layer I, with or without tags.
    Mp1,
    /// MPEG audio layer II.
    Mp2,
    /// MPEG audio layer III.
    Mp3,
    /// AAC in ADTS.
    Adts,
    /// FLAC (RFC 9639).
    Flac,
    /// Samples of 16 bits without a container.
    Pcm,
}

impl Container {
    /// The name used in files and tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OggOpus => "ogg-opus",
            Self::OggVorbis => "ogg-vorbis",
            Self::OggFlac => "ogg-flac",
            Self::Wav => "wav",
            Self::Mp1 => "mp1",
            Self::Mp2 => "mp2",
            Self::Mp3 => "mp3",
            Self::Adts => "adts",
            Self::Flac => "flac",
            Self::Pcm => "pcm",
        }
    }

    /// How the name of a file of it ends.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::OggOpus | Self::OggVorbis | Self::OggFlac => "ogg",
            Self::Wav => "wav",
            Self::Mp1 => "mp1",
            Self::Mp2 => "mp2",
            Self::Mp3 => "mp3",
            Self::Adts => "aac",
            Self::Flac => "flac",
            Self::Pcm => "pcm",
        }
    }
}

impl Container {
    /// Whether what arrives is playable sample by sample, not in packets or frames of many.
    #[must_use]
    pub const fn is_of_samples(self) -> bool {
        match self {
            Self::Wav | Self::Flac | Self::Pcm => true,
            Self::OggOpus
            | Self::OggVorbis
            | Self::OggFlac
            | Self::Mp1
            | Self::Mp2
            | Self::Mp3
            | Self::Adts => false,
        }
    }
}

impl fmt::Display for Container {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
