//! What the audio of a run was like: whether there was sound in it, and what is odd about it.

use std::collections::BTreeMap;

use claque_core::{
    record::BlockRecord,
    remark::{Findings, Remark, Sound},
    time::MediaTime,
};
use serde::{Deserialize, Serialize};

use crate::{
    reason::{Reason, ReasonId, counted},
    sample::{millis, rounded, whole},
};

/// Above one block in so many the run measures something else than speech.
const DOUBTFUL_SHARE: u64 = 100;

/// What was found out about the audio that arrived whole.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AudioFigures {
    /// Blocks whose audio was looked at.
    pub blocks: u64,
    /// Those of a length that their text cannot have, or that the service contradicts.
    pub doubtful: u64,
    /// Blocks by what is odd about them; one that is odd in two ways is in two rows.
    pub remarks: BTreeMap<String, u64>,
    /// Whether there was sound in it; absent where nobody was to listen, as in a simulation.
    pub sound: Option<SoundFigures>,
    /// Blocks that were spoken many times faster than others of the run, and are much shorter; absent where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scraps: Option<Scraps>,
    /// Blocks that all had the same audio although their texts are of very different lengths; absent where they had not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same: Option<SameAudio>,
}

/// Audio of one length in time and in bytes for texts of very different lengths: it cannot have been made of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SameAudio {
    /// Blocks that had it: all that arrived.
    pub blocks: u64,
    /// Characters of the shortest text.
    pub shortest: u32,
    /// Characters of the longest text.
    pub longest: u32,
    /// Nanoseconds of media time.
    pub media_ns: u64,
    /// Payload bytes.
    pub bytes: u64,
}

/// Audio of a fraction of the length that the same service needs for texts of the same run: beeps, fragments, what a failing engine
/// plays in the place of speech.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scraps {
    /// Blocks that had it.
    pub blocks: u64,
    /// Characters a second in them.
    pub chars_per_second: f64,
    /// The same in the blocks that people could have spoken.
    pub usual_chars_per_second: f64,
}

/// What is spoken so many times as fast as the rest of a run is not the same voice at another speed.
const SCRAPS_FASTER: f64 = 8.0;

/// And it is at most this part of the length of other blocks: where every block is of one length, whatever its text, that is
/// [`SameAudio`].
const SCRAPS_SHORTER: f64 = 0.5;

/// Adds up blocks faster than people speak, and the others.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Paces {
    hurried: SpokenSum,
    usual: SpokenSum,
}

#[derive(Clone, Copy, Debug, Default)]
struct SpokenSum {
    blocks: u64,
    chars: u64,
    media_ns: u64,
}

impl SpokenSum {
    fn add(&mut self, record: &BlockRecord) {
        self.blocks += 1;
        self.chars += u64::from(record.chars);
        self.media_ns = self.media_ns.saturating_add(record.media.as_nanos());
    }

    fn chars_per_second(self) -> Option<f64> {
        (self.media_ns > 0).then(|| whole(self.chars) * 1e9 / whole(self.media_ns))
    }

    fn mean_length(self) -> Option<f64> {
        (self.blocks > 0).then(|| whole(self.media_ns) / whole(self.blocks))
    }
}

impl Paces {
    pub(crate) fn add(&mut self, record: &BlockRecord) {
        let Some(Findings { remarks, .. }) = record.findings else { return };
        if record.chars == 0 || record.media == MediaTime::ZERO {
            return;
        }
        if remarks.has(Remark::Hurried) || remarks.has(Remark::TooShort) {
            self.hurried.add(record);
        } else {
            self.usual.add(record);
        }
    }

    pub(crate) fn finish(self) -> Option<Scraps> {
        let (fast, usual) = (self.hurried.chars_per_second()?, self.usual.chars_per_second()?);
        let shorter = self.hurried.mean_length()? / self.usual.mean_length()?;
        (fast >= SCRAPS_FASTER * usual && shorter <= SCRAPS_SHORTER).then(|| Scraps {
            blocks: self.hurried.blocks,
            chars_per_second: rounded(fast),
            usual_chars_per_second: rounded(usual),
        })
    }
}

/// Fewer blocks may be alike by chance.
const FEWEST_ALIKE: u64 = 8;

/// Looks for [`SameAudio`], a block at a time.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum SameAudioCheck {
    /// No audio has come.
    #[default]
    Nothing,
    /// All of it is the same.
    All(SameAudio),
    /// Some of it is not.
    Different,
}

impl SameAudioCheck {
    pub(crate) fn add(&mut self, record: &BlockRecord) {
        let (media_ns, bytes, chars) = (record.media.as_nanos(), record.bytes, record.chars);
        if record.findings.is_none() || bytes == 0 || chars == 0 {
            return;
        }
        *self = match *self {
            Self::Nothing => {
                Self::All(SameAudio { blocks: 1, shortest: chars, longest: chars, media_ns, bytes })
            }
            Self::All(same) if (same.media_ns, same.bytes) == (media_ns, bytes) => Self::All(SameAudio {
                blocks: same.blocks + 1,
                shortest: same.shortest.min(chars),
                longest: same.longest.max(chars),
                ..same
            }),
            Self::All(_) | Self::Different => Self::Different,
        };
    }

    /// What is to be told: of so many blocks, and of texts of which the longest has twice the characters of the shortest.
    pub(crate) fn finish(self) -> Option<SameAudio> {
        match self {
            Self::All(same) if same.blocks >= FEWEST_ALIKE && same.longest / 2 >= same.shortest => Some(same),
            Self::All(_) | Self::Nothing | Self::Different => None,
        }
    }
}

/// Whether there was sound in the audio that was listened to: all that is not compressed, and a sample of the rest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SoundFigures {
    /// Blocks that were listened to.
    pub listened: u64,
    /// Those of them in which nothing can be heard.
    pub silent: u64,
    /// Blocks that could not be decoded.
    pub undecodable: u64,
    /// Blocks that were to be decoded, and for which there was no time.
    pub missed: u64,
}

impl AudioFigures {
    pub(crate) fn add(&mut self, record: &BlockRecord) {
        let Some(Findings { remarks, sound, .. }) = record.findings else { return };
        self.blocks += 1;
        self.doubtful += u64::from(remarks.iter().any(Remark::is_doubtful));
        for remark in remarks.iter() {
            *self.remarks.entry(remark.as_str().to_owned()).or_default() += 1;
        }
        sound.into_iter().for_each(|sound| self.add_sound(sound));
    }

    pub(crate) fn add_sound(&mut self, sound: Sound) {
        let figures = self.sound.get_or_insert_default();
        match sound {
            Sound::Audible => figures.listened += 1,
            Sound::Silent => {
                figures.listened += 1;
                figures.silent += 1;
            }
            Sound::Undecodable => figures.undecodable += 1,
            Sound::Missed => figures.missed += 1,
        }
    }

    /// Blocks with this remark.
    #[must_use]
    pub fn with(&self, remark: Remark) -> u64 {
        self.remarks.get(remark.as_str()).copied().unwrap_or_default()
    }

    /// Whether more than one block in a hundred is silent, of a length its text cannot have, or of another than was said.
    pub(crate) fn is_unbelievable(&self) -> bool {
        let SoundFigures { listened, silent, .. } = self.sound.unwrap_or_default();
        let scraps = self.scraps.map_or(0, |scraps| scraps.blocks);
        silent * DOUBTFUL_SHARE > listened
            || self.doubtful * DOUBTFUL_SHARE > self.blocks
            || scraps * DOUBTFUL_SHARE > self.blocks
    }

    /// That audio is silent, implausible or contradictory: a note, and a reason where there is much of it.
    pub(crate) fn doubts(&self) -> Option<Reason> {
        let silent = self.sound.filter(|sound| sound.silent > 0).map(|sound| {
            format!("{} of {} listened to silent", sound.silent, counted(sound.listened, "block"))
        });
        let of_length = self.told(Remark::is_doubtful);
        let scraps = self.scraps.map(|scraps| {
            format!(
                "{} of {} at {:.0} characters a second, where the same service speaks {:.0}: no speech of their texts",
                scraps.blocks,
                counted(self.blocks, "block"),
                scraps.chars_per_second,
                scraps.usual_chars_per_second
            )
        });
        let kinds: Vec<_> = silent.into_iter().chain(of_length).chain(scraps).collect();
        let text = format!("audio in doubt: {}", kinds.join("; "));
        (!kinds.is_empty()).then_some(Reason { id: ReasonId::AudioInDoubt, text })
    }

    /// What is odd about audio that was played all the same.
    pub(crate) fn oddities(&self) -> Option<Reason> {
        let mut kinds = self.told(|remark| {
            !remark.is_doubtful() && ![Remark::RateAssumed, Remark::RateRejected].contains(&remark)
        });
        if let Some(sound) = self.sound.filter(|sound| sound.undecodable > 0) {
            kinds.push(format!("{} could not be decoded", counted(sound.undecodable, "block")));
        }
        let text = format!("odd audio: {}", kinds.join("; "));
        (!kinds.is_empty()).then_some(Reason { id: ReasonId::OddAudio, text })
    }

    /// That nobody told the rate of samples, on which every length rests.
    pub(crate) fn assumed_rates(&self) -> Option<Reason> {
        let of = |count: u64| {
            format!("the sample rate of {count} of {} was assumed", counted(self.blocks, "block"))
        };
        let (untold, rejected) = (self.with(Remark::RateAssumed), self.with(Remark::RateRejected));
        let untold =
            (untold > 0).then(|| format!("{}, for neither the service nor anybody else told it", of(untold)));
        let rejected = (rejected > 0).then(|| {
            format!(
                "{}, for the service told a rate or a number of channels that no player takes (1,000 to 768,000 Hz, 1 to 8 channels), \
                 which is not believed",
                of(rejected)
            )
        });
        let told: Vec<_> = untold.into_iter().chain(rejected).collect();
        let text = format!("{}: every length of audio rests on it; --pcm-rate tells it", told.join("; "));
        (!told.is_empty()).then_some(Reason { id: ReasonId::RateAssumed, text })
    }

    /// That nobody listened whether there is sound in what was heard.
    pub(crate) fn unheard(&self) -> Option<Reason> {
        let SoundFigures { listened, undecodable, missed, .. } = self.sound.unwrap_or_default();
        let why = match missed {
            0 => "none was decoded (--decode-share)".to_owned(),
            missed => format!("there was no time to decode the {missed} chosen for it"),
        };
        let blocks = counted(self.blocks, "block");
        let text = format!("whether there is sound in the audio of {blocks} was not measured: {why}");
        (self.blocks > 0 && listened + undecodable == 0)
            .then_some(Reason { id: ReasonId::SoundNotMeasured, text })
    }

    /// That every block had the same audio, whatever its text.
    pub(crate) fn alike(&self) -> Option<Reason> {
        let SameAudio { blocks, shortest, longest, media_ns, bytes } = self.same?;
        let text = format!(
            "every block had the same audio: {} of {shortest} to {longest} characters, each {:.0} ms in {}",
            counted(blocks, "block"),
            millis(media_ns),
            counted(bytes, "byte")
        );
        Some(Reason { id: ReasonId::SameAudio, text })
    }

    fn told(&self, which: impl Fn(Remark) -> bool) -> Vec<String> {
        let counts =
            Remark::ALL.into_iter().filter(|remark| which(*remark)).map(|remark| (remark, self.with(remark)));
        counts
            .filter(|(_, count)| *count > 0)
            .map(|(remark, count)| {
                format!("{count} of {} {}", counted(self.blocks, "block"), remark.describe())
            })
            .collect()
    }
}
