//! What is odd about audio that was delivered and can be played: counted and told, and no failure.

/// One thing that is odd about the audio of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Remark {
    /// Several files or streams one after the other in one body.
    SeveralFiles,
    /// An Ogg stream that was closed by its writer, but whose last page has no end flag (RFC 3533 section 6).
    OggNoEndFlag,
    /// Granule positions that do not fit the packets of their pages (RFC 7845 section 4).
    OggPositions,
    /// Ogg pages whose numbers leave some out though no audio is missing.
    OggPageNumbers,
    /// A size in a WAV header that is a placeholder.
    WavPlaceholder,
    /// The sample rate changes on the way.
    RateChange,
    /// Tags of players (ID3, APE, Lyrics3) behind or between the audio.
    Tags,
    /// Bytes between frames that are no audio.
    JunkBetween,
    /// Bytes behind the audio that are no audio.
    JunkBehind,
    /// A last frame that is cut short, and is not heard.
    FrameCut,
    /// Sound that nobody can hear.
    Silent,
    /// Shorter than any speech of its text could be.
    TooShort,
    /// Longer than any speech of its text could be.
    TooLong,
    /// Shorter than people speak or listen.
    Hurried,
    /// Longer than people speak.
    Drawn,
    /// Of another length than the service says.
    LengthContradicted,
}

impl Remark {
    /// Every remark, in the order of reports.
    pub const ALL: [Self; 16] = [
        Self::Silent,
        Self::TooShort,
        Self::TooLong,
        Self::LengthContradicted,
        Self::Hurried,
        Self::Drawn,
        Self::SeveralFiles,
        Self::OggNoEndFlag,
        Self::OggPositions,
        Self::OggPageNumbers,
        Self::WavPlaceholder,
        Self::RateChange,
        Self::Tags,
        Self::JunkBetween,
        Self::JunkBehind,
        Self::FrameCut,
    ];

    /// The name used in files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SeveralFiles => "several-files",
            Self::OggNoEndFlag => "ogg-no-end-flag",
            Self::OggPositions => "ogg-positions",
            Self::OggPageNumbers => "ogg-page-numbers",
            Self::WavPlaceholder => "wav-placeholder",
            Self::RateChange => "rate-change",
            Self::Tags => "tags",
            Self::JunkBetween => "junk-between",
            Self::JunkBehind => "junk-behind",
            Self::FrameCut => "frame-cut",
            Self::Silent => "silent",
            Self::TooShort => "too-short",
            Self::TooLong => "too-long",
            Self::Hurried => "hurried",
            Self::Drawn => "drawn",
            Self::LengthContradicted => "length-contradicted",
        }
    }

    /// The same for people, to stand behind "3 blocks: ".
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::SeveralFiles => "several audio files in one body",
            Self::OggNoEndFlag => "Ogg without end flag",
            Self::OggPositions => "Ogg with granule positions that do not fit",
            Self::OggPageNumbers => "Ogg with page numbers left out",
            Self::WavPlaceholder => "WAV with a placeholder for its size",
            Self::RateChange => "a sample rate that changes",
            Self::Tags => "tags behind or between the audio",
            Self::JunkBetween => "bytes between frames that are no audio",
            Self::JunkBehind => "bytes behind the audio",
            Self::FrameCut => "a last frame cut short",
            Self::Silent => "silence",
            Self::TooShort => "too short to be its text",
            Self::TooLong => "too long to be its text",
            Self::Hurried => "faster than people speak",
            Self::Drawn => "slower than people speak",
            Self::LengthContradicted => "another length than the service said",
        }
    }

    /// Whether such audio cannot be what was asked for, so that a run with much of it measures nothing.
    #[must_use]
    pub const fn is_doubtful(self) -> bool {
        match self {
            Self::Silent | Self::TooShort | Self::TooLong | Self::LengthContradicted => true,
            Self::SeveralFiles
            | Self::OggNoEndFlag
            | Self::OggPositions
            | Self::OggPageNumbers
            | Self::WavPlaceholder
            | Self::RateChange
            | Self::Tags
            | Self::JunkBetween
            | Self::JunkBehind
            | Self::FrameCut
            | Self::Hurried
            | Self::Drawn => false,
        }
    }

    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

/// A set of remarks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Remarks(u16);

impl Remarks {
    /// The set of none.
    pub const NONE: Self = Self(0);

    /// Adds a remark.
    pub const fn add(&mut self, remark: Remark) {
        self.0 |= remark.bit();
    }

    /// Whether the remark was made.
    #[must_use]
    pub const fn has(self, remark: Remark) -> bool {
        self.0 & remark.bit() != 0
    }

    /// Whether nothing is odd.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The remarks of both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The remarks made, in the order of reports.
    pub fn iter(self) -> impl Iterator<Item = Remark> {
        Remark::ALL.into_iter().filter(move |remark| self.has(*remark))
    }
}

impl FromIterator<Remark> for Remarks {
    fn from_iter<I: IntoIterator<Item = Remark>>(remarks: I) -> Self {
        let mut set = Self::NONE;
        remarks.into_iter().for_each(|remark| set.add(remark));
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_remark_is_in_the_list_once_and_in_a_set_alone() {
        for remark in Remark::ALL {
            let set = Remarks::from_iter([remark]);
            assert_eq!(set.iter().collect::<Vec<_>>(), [remark]);
            assert!(set.has(remark) && !set.is_empty());
        }
        assert_eq!(Remark::ALL.into_iter().collect::<Remarks>().iter().count(), Remark::ALL.len());
    }
}
