//! What is odd about audio that was delivered and can be played, and whether there is sound in it: counted and told, and no
//! failure.

use crate::time::MediaTime;

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
    /// In another container than was asked for.
    OtherFormat,
    /// Samples without a header whose rate nobody told.
    RateAssumed,
    /// Samples without a header of which the service told a rate or a number of channels that no player takes.
    RateRejected,
    /// Nearly all of its samples are silent, though something can be heard.
    MostlySilent,
}

impl Remark {
    /// Every remark, in the order of reports.
    pub const ALL: [Self; 19] = [
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
        Self::OtherFormat,
        Self::RateAssumed,
        Self::RateRejected,
        Self::MostlySilent,
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
            Self::TooShort => "too-short",
            Self::TooLong => "too-long",
            Self::Hurried => "hurried",
            Self::Drawn => "drawn",
            Self::LengthContradicted => "length-contradicted",
            Self::OtherFormat => "other-format",
            Self::RateAssumed => "rate-assumed",
            Self::RateRejected => "rate-rejected",
            Self::MostlySilent => "mostly-silent",
        }
    }

    /// The same for people, to stand behind "3 of 8 blocks ".
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::SeveralFiles => "with several audio files in one body",
            Self::OggNoEndFlag => "whose Ogg has no end flag",
            Self::OggPositions => "whose Ogg positions do not fit",
            Self::OggPageNumbers => "whose Ogg page numbers leave some out",
            Self::WavPlaceholder => "whose WAV size is a placeholder",
            Self::RateChange => "whose sample rate changes",
            Self::Tags => "with tags behind or between the audio",
            Self::JunkBetween => "with bytes between frames that are no audio",
            Self::JunkBehind => "with bytes behind the audio",
            Self::FrameCut => "whose last frame is cut short",
            Self::TooShort => "too short for their text",
            Self::TooLong => "too long for their text",
            Self::Hurried => "faster than people speak",
            Self::Drawn => "slower than people speak",
            Self::LengthContradicted => "of another length than the service said",
            Self::OtherFormat => "in another format than was asked for",
            Self::RateAssumed => "whose sample rate nobody told",
            Self::RateRejected => "whose sample rate was told and is not believed",
            Self::MostlySilent => "in which nineteen of twenty samples are silent",
        }
    }

    /// Whether such audio cannot be what was asked for, so that a run with much of it measures nothing.
    #[must_use]
    pub const fn is_doubtful(self) -> bool {
        match self {
            Self::TooShort | Self::TooLong | Self::LengthContradicted => true,
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
            | Self::OtherFormat
            | Self::RateAssumed
            | Self::RateRejected
            | Self::MostlySilent
            | Self::Hurried
            | Self::Drawn => false,
        }
    }

    /// The remark of this name, if there is one.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|remark| remark.as_str() == name)
    }

    const fn bit(self) -> u32 {
        1 << self as u32
    }
}

/// Nanoseconds that one character takes at least, whatever is done to speech: 2,000 characters a second are four in a single
/// period of the highest speaking voice, a child's of 500 Hz.
const SHORTEST: u64 = 500_000;

/// The same of speech at its usual speed: 60 characters a second are twice as fast as the fastest auctioneer, and four times as
/// fast as a voice that reads aloud.
const HURRIED: u64 = 1_000_000_000 / 60;

/// Nanoseconds that one character takes at most: the longest word spoken as slowly as anybody could bear.
const LONGEST: u64 = 10_000_000_000;

/// The same of speech at its usual speed, and what a short text may have of silence around it.
const DRAWN: u64 = 500_000_000;
const SILENCE_AROUND: u64 = 2_000_000_000;

/// What a service may be wrong about a length: padding and rounding of an encoder, or a tenth.
const DECLARED_SLACK: u64 = 250_000_000;
const DECLARED_SHARE: u64 = 10;

/// What there is to say of audio of this length for a text of so many characters; nothing where those are not known.
#[must_use]
pub fn of_length(chars: u32, media: MediaTime) -> Remarks {
    let (chars, nanos) = (u64::from(chars), media.as_nanos());
    let mut remarks = Remarks::NONE;
    if chars == 0 || nanos == 0 {
        return remarks;
    }
    if nanos < chars * HURRIED {
        remarks.add(if nanos < chars * SHORTEST { Remark::TooShort } else { Remark::Hurried });
    } else if nanos > SILENCE_AROUND + chars * DRAWN {
        remarks.add(if nanos > chars * LONGEST { Remark::TooLong } else { Remark::Drawn });
    }
    remarks
}

/// Whether audio of this length contradicts what the service said of it: they differ by more than a quarter of a second, and by
/// more than a tenth of the longer one.
#[must_use]
pub fn contradicts(declared: MediaTime, media: MediaTime) -> bool {
    let (declared, media) = (declared.as_nanos(), media.as_nanos());
    declared.abs_diff(media) > DECLARED_SLACK.max(declared.max(media) / DECLARED_SHARE)
}

/// Whether anything can be heard in audio that was listened to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sound {
    /// Something can be heard.
    Audible,
    /// Nothing can be heard: no sample is above -60 dB of full scale.
    Silent,
    /// It could not be decoded, so nobody knows.
    Undecodable,
    /// It was to be decoded, and there was no time.
    Missed,
}

impl Sound {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Audible, Self::Silent, Self::Undecodable, Self::Missed];

    /// The name used in files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Audible => "audible",
            Self::Silent => "silent",
            Self::Undecodable => "undecodable",
            Self::Missed => "missed",
        }
    }

    /// The one of this name, if there is one.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sound| sound.as_str() == name)
    }
}

/// What was found out about a block's audio by looking at it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// What is odd about it.
    pub remarks: Remarks,
    /// Whether there is sound in it; none where nobody listened, as to most that is compressed, and in a simulation that has no
    /// silence among its faults.
    pub sound: Option<Sound>,
    /// How long it is silent at its head, at normal speed; none where nobody listened to samples of it, and where all of it is.
    pub leading_silence: Option<MediaTime>,
}

impl Findings {
    /// Nothing odd was found, and nobody listened.
    pub const NONE: Self = Self { remarks: Remarks::NONE, sound: None, leading_silence: None };
}

/// A set of remarks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Remarks(u32);

impl Remarks {
    /// The set of none.
    pub const NONE: Self = Self(0);

    /// Adds a remark.
    pub const fn add(&mut self, remark: Remark) {
        self.0 |= remark.bit();
    }

    /// The set with a remark more.
    #[must_use]
    pub const fn with(mut self, remark: Remark) -> Self {
        self.add(remark);
        self
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

    fn at(chars: u32, millis: u64) -> Vec<Remark> {
        of_length(chars, MediaTime::from_millis(millis)).iter().collect()
    }

    #[test]
    fn audio_that_cannot_be_its_text_is_told_from_audio_that_is_only_fast_or_slow() {
        assert_eq!(at(150, 10_000), [], "15 characters a second are speech");
        assert_eq!(at(150, 400), [Remark::Hurried]);
        assert_eq!(at(150, 1), [Remark::TooShort]);
        assert_eq!(of_length(150, MediaTime::from_nanos(2_000)), Remarks::from_iter([Remark::TooShort]));
        assert_eq!(at(1, 1_500), [], "a short word with silence around it");
        assert_eq!(at(20, 60_000), [Remark::Drawn]);
        assert_eq!(at(150, 9_600_000), [Remark::TooLong]);
        assert_eq!(at(0, 1), [], "of a text that is not known nothing can be said");
        assert_eq!(at(150, 0), [], "that nothing came is told otherwise");
    }

    #[test]
    fn a_length_is_contradicted_by_more_than_padding_and_rounding() {
        let differ =
            |declared, media| contradicts(MediaTime::from_millis(declared), MediaTime::from_millis(media));
        assert!(differ(60_000, 400) && differ(400, 60_000));
        assert!(!differ(400, 650) && !differ(6_340, 6_450) && !differ(60_000, 54_100));
        assert!(differ(60_000, 53_000));
    }

    #[test]
    fn names_lead_back_to_what_they_name() {
        assert!(Remark::ALL.into_iter().all(|remark| Remark::of_name(remark.as_str()) == Some(remark)));
        assert!(Sound::ALL.into_iter().all(|sound| Sound::of_name(sound.as_str()) == Some(sound)));
        assert_eq!((Remark::of_name("loud"), Sound::of_name("")), (None, None));
    }

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
