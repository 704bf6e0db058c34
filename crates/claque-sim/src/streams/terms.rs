//! What holds for every request of a run, found out by rehearsing before it: how audio comes, and what each failure means.

use claque_core::{
    event::{Event, FailureScope, Phase},
    ids::BlockIdx,
    time::{MediaTime, SampleRate},
};
use claque_front::typed::call::{HeadTime, ServiceConfig};
use claque_gateway::{Engine, StreamEffect, StreamFault, StreamSelector};
use claque_wire::typed::call::RequestSettings;

use super::rehearsal::{AnswerWay, HeardAnswer, REHEARSED, Rehearsal, Rehearsed, empty_answer};
use crate::scenario::SimError;

/// What the audio of a packet may be longer than what it is to hold: the longest of the formats, at both ends.
const PACKET: MediaTime = MediaTime::from_millis(150);

/// Bytes of a second of compressed speech: the 48 kbit/s at which it is commonly packed.
const PACKED_BYTES_PER_SECOND: u64 = 6_000;

/// What holds for every request of a run.
#[derive(Clone, Debug)]
pub(super) struct Terms {
    pub(super) way: AnswerWay,
    pub(super) head: HeadTime,
    pub(super) coding: AudioCoding,
    /// The service, without faults.
    config: ServiceConfig,
    request: RequestSettings,
    failures: Vec<(Trouble, Event)>,
}

/// How many bytes audio has, and to what it is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AudioCoding {
    /// Samples of 16 bits.
    Samples(SampleRate),
    /// Packets, whose borders are left out.
    Packed,
}

/// Why an answer comes to nothing, or is cut short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The rule of this number refuses it.
    Refused { rule: usize },
    /// The service does not take requests in the voice of this number.
    Voice { voice: usize },
    /// The text is too long.
    TooLong,
    /// Too many wait.
    Overloaded,
    /// The engine failed before anything was sent.
    Engine,
    /// The engine failed when something had been sent.
    Broken,
    /// Its last event is missing.
    NoDone,
}

impl AudioCoding {
    /// How audio of a length is measured: its bytes, and the audio that they are.
    pub(super) fn measure(self, media: MediaTime) -> (u64, MediaTime) {
        const SECOND: u64 = 1_000_000_000;
        let nanos = media.as_nanos();
        let per_second =
            |count: u64, half: u64| nanos / SECOND * count + (nanos % SECOND * count + half) / SECOND;
        match self {
            Self::Samples(rate) => {
                // To the nearest, as the writer of bodies does.
                let samples = per_second(u64::from(rate.hertz()), SECOND / 2);
                (samples * 2, MediaTime::from_samples(samples, rate))
            }
            Self::Packed => (per_second(PACKED_BYTES_PER_SECOND, 0), media),
        }
    }
}

impl Terms {
    /// Rehearses everything that can come of a request; `text` is an example.
    ///
    /// # Errors
    /// Something is not modelled here.
    pub(super) fn find(
        config: &ServiceConfig,
        request: &RequestSettings,
        voices: &[String],
        text: &str,
    ) -> Result<Self, SimError> {
        if config.streaming.engine == Engine::External {
            return Err(SimError::ExternalEngine);
        }
        if config.faults.iter().any(|fault| fault.effect == StreamEffect::WrongContainer) {
            return Err(SimError::Unmodelled("audio in another container than was asked for"));
        }
        let mut plain = config.clone();
        plain.faults.clear();
        // What each text is too long by is told with its own words.
        plain.max_input_chars = None;
        let rehearsal = |voice| Rehearsal { request, voice, text };
        let mut failures = Vec::new();
        let mut heard = None;
        for (number, voice) in voices.iter().enumerate() {
            match rehearsal(voice).perform(&plain) {
                Rehearsed::Heard(answer) => heard = heard.or(Some((voice, answer))),
                Rehearsed::Failed(event) => failures.push((Trouble::Voice { voice: number }, event)),
            }
        }
        // A fault refuses before a voice is looked at.
        if let Some(voice) = heard.as_ref().map(|(voice, _)| *voice).or(voices.first()) {
            TroubleRehearsal { config: &plain, rehearsal: rehearsal(voice) }.rehearse(config, &mut failures);
        }
        let (coding, way) = match heard {
            Some((_, answer)) => (coding_of(&answer)?, answer.way),
            // Whatever is asked is refused.
            None => (AudioCoding::Packed, AnswerWay::Whole),
        };
        let max_input_chars = config.max_input_chars;
        let (config, request) = (ServiceConfig { max_input_chars, ..plain }, request.clone());
        Ok(Self { way, head: config.head, coding, config, request, failures })
    }

    /// Whether requests in that voice are refused.
    pub(super) fn refuses(&self, voice: usize) -> bool {
        self.fails(Trouble::Voice { voice })
    }

    /// Whether listeners take that for a failure.
    pub(super) fn fails(&self, trouble: Trouble) -> bool {
        self.failures.iter().any(|(known, _)| *known == trouble)
    }

    /// Whether the service takes a text of so many characters.
    pub(super) fn takes(&self, chars: u32) -> bool {
        let chars = usize::try_from(chars).unwrap_or(usize::MAX);
        self.config.max_input_chars.is_none_or(|most| chars <= most)
    }

    /// What a listener hears of a failure; `asked` is the text and the voice.
    pub(super) fn event(
        &self,
        trouble: Trouble,
        (block, delivered): (BlockIdx, MediaTime),
        (text, voice): (&str, &str),
    ) -> Option<Event> {
        let mut event = if trouble == Trouble::TooLong {
            let rehearsal = Rehearsal { request: &self.request, voice, text };
            let Rehearsed::Failed(event) = rehearsal.perform(&self.config) else { return None };
            event
        } else {
            self.failures.iter().find(|(known, _)| *known == trouble)?.1.clone()
        };
        if let Event::NotAudio(failure) | Event::Failed(failure) = &mut event {
            let has_audio = delivered > MediaTime::ZERO;
            failure.phase = if has_audio { Phase::MidAudio } else { Phase::BeforeAudio };
            failure.kills = FailureScope::Block(block);
        }
        Some(event)
    }

    /// What a listener hears of an answer that is whole and has no audio.
    pub(super) fn empty(&self, block: BlockIdx, chars: u32) -> Event {
        empty_answer(&self.request, block, chars)
    }

    /// The name that the service knows a voice by.
    pub(super) fn voice_of_service<'a>(&'a self, voice: &'a str) -> &'a str {
        let voices = &self.config.voices;
        let is_known = voices.iter().any(|known| known == voice);
        if is_known { voice } else { voices.first().map_or("default", String::as_str) }
    }
}

/// What the answers' audio is measured to be.
///
/// # Errors
/// Another length than was made.
fn coding_of(answer: &HeardAnswer) -> Result<AudioCoding, SimError> {
    let (coding, slack) = if answer.container.is_of_samples() {
        (AudioCoding::Samples(answer.rate), MediaTime::from_millis(1))
    } else {
        (AudioCoding::Packed, PACKET)
    };
    let (heard, made) = (answer.media, REHEARSED);
    let apart = heard.saturating_sub(made).max(made.saturating_sub(heard));
    if apart > slack { Err(SimError::OtherLength { heard, made }) } else { Ok(coding) }
}

/// Rehearses what goes wrong.
struct TroubleRehearsal<'a> {
    config: &'a ServiceConfig,
    rehearsal: Rehearsal<'a>,
}

impl TroubleRehearsal<'_> {
    fn rehearse(&self, config: &ServiceConfig, failures: &mut Vec<(Trouble, Event)>) {
        let mut note = |trouble, rehearsed| {
            if let Rehearsed::Failed(event) = rehearsed {
                failures.push((trouble, event));
            }
        };
        note(Trouble::Overloaded, self.rehearsal.perform_when_full(self.config));
        for (rule, fault) in config.faults.iter().enumerate() {
            if let StreamEffect::Refuse { .. } = fault.effect {
                note(Trouble::Refused { rule }, self.with(fault.effect.clone(), config.head));
            }
        }
        let breaks = || StreamEffect::Break { after: MediaTime::ZERO };
        note(Trouble::Engine, self.with(breaks(), HeadTime::WithAudio));
        note(Trouble::Broken, self.with(breaks(), HeadTime::AtOnce));
        note(Trouble::NoDone, self.with(StreamEffect::NoDone, config.head));
    }

    fn with(&self, effect: StreamEffect, head: HeadTime) -> Rehearsed {
        let mut config = self.config.clone();
        config.head = head;
        config.faults.push(StreamFault { selector: StreamSelector::Every, effect });
        self.rehearsal.perform(&config)
    }
}
