//! What the codecs inside Ogg say of themselves and of their packets.

use claque_core::time::SampleRate;

use super::{AudioError, Container, flac_frame, opus::packet_samples};

/// As much of a packet as any decision here needs: FLAC's first packet up to its count of samples.
pub(super) const PACKET_HEAD: usize = 51;

pub(super) const NO_DURATION: AudioError = AudioError::broken("an Opus packet of no lawful duration");

/// A codec, from the first packet of its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Codec {
    /// RFC 7845.
    Opus {
        /// Samples that are decoded and not heard.
        pre_skip: u64,
    },
    /// Vorbis I specification, section 4.2. How long a packet is stands in the set-up header and is not read: granule
    /// positions tell, a page at a time.
    Vorbis {
        rate: SampleRate,
        /// Samples of the longest packet.
        longest: u64,
    },
    /// RFC 9639 section 10.1.
    Flac { rate: SampleRate },
}

impl Codec {
    pub(super) fn identify(head: &[u8]) -> Result<Self, AudioError> {
        if head.starts_with(b"OpusHead") {
            return identify_opus(head);
        }
        if head.starts_with(b"\x01vorbis") {
            return identify_vorbis(head);
        }
        if head.starts_with(b"\x7fFLAC") {
            return identify_flac(head);
        }
        Err(AudioError::unsupported("Ogg without Opus, Vorbis or FLAC"))
    }

    pub(super) const fn rate(self) -> SampleRate {
        match self {
            Self::Opus { .. } => SampleRate::OPUS,
            Self::Vorbis { rate, .. } | Self::Flac { rate } => rate,
        }
    }

    pub(super) const fn container(self) -> Container {
        match self {
            Self::Opus { .. } => Container::OggOpus,
            Self::Vorbis { .. } => Container::OggVorbis,
            Self::Flac { .. } => Container::OggFlac,
        }
    }

    pub(super) const fn pre_skip(self) -> u64 {
        match self {
            Self::Opus { pre_skip } => pre_skip,
            Self::Vorbis { .. } | Self::Flac { .. } => 0,
        }
    }

    /// Whether the packet that begins so, behind so many others, is audio.
    pub(super) fn is_audio(self, head: &[u8], packets_done: u64) -> bool {
        match self {
            Self::Opus { .. } => packets_done >= 2,
            Self::Vorbis { .. } => packets_done >= 3,
            // A frame begins with its sync code, a metadata block never does.
            Self::Flac { .. } => packets_done >= 1 && head.first() == Some(&0xff),
        }
    }

    /// Checks a header packet that is not the first.
    pub(super) fn check_header(self, head: &[u8], packets_done: u64) -> Result<(), AudioError> {
        match self {
            Self::Opus { .. } if !head.starts_with(b"OpusTags") => {
                Err(AudioError::broken("the Opus comment header is missing"))
            }
            Self::Vorbis { .. } if packets_done == 1 && !head.starts_with(b"\x03vorbis") => {
                Err(AudioError::broken("the Vorbis comment header is missing"))
            }
            Self::Vorbis { .. } if packets_done == 2 && !head.starts_with(b"\x05vorbis") => {
                Err(AudioError::broken("the Vorbis set-up header is missing"))
            }
            Self::Opus { .. } | Self::Vorbis { .. } | Self::Flac { .. } => Ok(()),
        }
    }

    /// Samples of an audio packet, from its first bytes; none where only granule positions tell.
    pub(super) fn samples(self, head: &[u8]) -> Result<Option<u32>, AudioError> {
        match self {
            Self::Opus { .. } => packet_samples(head).map(Some).ok_or(NO_DURATION),
            Self::Vorbis { .. } => Ok(None),
            Self::Flac { .. } => flac_frame::parse(head)
                .map(|frame| Some(frame.samples))
                .ok_or(AudioError::broken("an Ogg packet that is no FLAC frame")),
        }
    }
}

/// RFC 7845 section 5.1.
fn identify_opus(head: &[u8]) -> Result<Codec, AudioError> {
    let Some([_, _, _, _, _, _, _, _, version, channels, skip_low, skip_high, ..]) = head.first_chunk::<19>()
    else {
        return Err(AudioError::broken("the Opus identification header is too short"));
    };
    if version & 0xf0 != 0 {
        return Err(AudioError::unsupported("an Opus mapping version above 15"));
    }
    if *channels == 0 {
        return Err(AudioError::broken("an Opus stream of no channels"));
    }
    Ok(Codec::Opus { pre_skip: u64::from(u16::from_le_bytes([*skip_low, *skip_high])) })
}

/// Vorbis I specification, section 4.2.2.
fn identify_vorbis(head: &[u8]) -> Result<Codec, AudioError> {
    let fields = head.get(11..29).and_then(|fields| fields.first_chunk::<18>());
    let Some([channels, r0, r1, r2, r3, .., sizes]) = fields else {
        return Err(AudioError::broken("the Vorbis identification header is too short"));
    };
    let rate = SampleRate::new(u32::from_le_bytes([*r0, *r1, *r2, *r3]));
    let (Some(rate), 1..) = (rate, *channels) else {
        return Err(AudioError::broken("a Vorbis stream of no channels or no sample rate"));
    };
    Ok(Codec::Vorbis { rate, longest: 1 << (sizes >> 4) })
}

fn identify_flac(head: &[u8]) -> Result<Codec, AudioError> {
    // Signature, version, number of headers, native signature and block header are 17 bytes.
    let info = head.get(17..).and_then(flac_frame::StreamInfo::parse);
    let info = info.ok_or(AudioError::broken("the first packet of FLAC in Ogg is too short"))?;
    Ok(Codec::Flac { rate: info.rate })
}
