//! Reads the answer to one request for speech.

mod opening;
mod stream;

use claque_core::{
    event::{Event, Failure, FailureClass, FailureScope, Phase, StatusKind},
    ids::BlockIdx,
    remark::{Findings, Remark},
    time::MediaTime,
};

use self::opening::Opening;
use super::{
    AnswerHead, AudioFormat, EventStream, Expected, PcmSource,
    error::{Meaning, Refusal},
    media_type::{Kind, Samples},
};
use crate::audio::{AudioError, AudioMeter, Container, PcmFormat, Progress};

/// As much of an answer that is no audio as is read for its words, bytes.
const MAX_WORDS: usize = 16 << 10;

/// What came of an answer that is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finished {
    /// What the audio was packed in.
    pub container: Container,
    /// How long it is.
    pub media: MediaTime,
    /// What there is to tell of it.
    pub findings: Findings,
    /// What its samples were taken to be and who says so, of audio without a container.
    pub pcm: Option<(PcmFormat, PcmSource)>,
}

/// Reads one answer. The driver hands it what [`Response`](crate::http1::Response) reads: head, body, and whether it came to its end.
#[derive(Debug)]
pub struct SpeechAnswer {
    block: BlockIdx,
    chars: u32,
    expected: Expected,
    /// Whether the head says of samples what no player takes.
    is_rate_rejected: bool,
    status: Option<u16>,
    reading: Reading,
    declared: Option<MediaTime>,
    progress: Progress,
    is_no_audio: bool,
    warnings: u32,
}

#[derive(Debug)]
enum Reading {
    Head,
    /// What should be samples, while it may be text.
    Opening {
        meter: AudioMeter,
        held: Vec<u8>,
    },
    Audio(AudioMeter),
    Events(Box<Events>),
    /// No audio, whatever the status.
    Words {
        kind: Kind,
        body: Vec<u8>,
        retry_after: Option<Box<str>>,
        /// The content coding, which is not undone.
        coding: Option<Box<str>>,
    },
}

#[derive(Debug)]
struct Events {
    stream: EventStream,
    meter: AudioMeter,
    piece: Vec<u8>,
    is_done: bool,
}

impl Reading {
    const fn words(kind: Kind, body: Vec<u8>) -> Self {
        Self::Words { kind, body, retry_after: None, coding: None }
    }
}

impl SpeechAnswer {
    /// Makes a reader of the answer to a request for a block of so many characters.
    #[must_use]
    pub const fn new(block: BlockIdx, chars: u32, expected: Expected) -> Self {
        Self {
            block,
            chars,
            expected,
            is_rate_rejected: false,
            status: None,
            reading: Reading::Head,
            declared: None,
            progress: Progress::NONE,
            is_no_audio: false,
            warnings: 0,
        }
    }

    /// Takes the head. That it is a good one says nothing yet: servers send it before they begin to speak.
    pub fn handle_head(&mut self, head: &AnswerHead<'_>, out: &mut Vec<Event>) {
        self.status = Some(head.status);
        let kind = Kind::of(head.content_type);
        let samples = match kind {
            Kind::Pcm(samples) => samples,
            Kind::Container | Kind::Bytes | Kind::Events | Kind::Json | Kind::Page | Kind::Other => {
                Samples::default()
            }
        };
        self.is_rate_rejected = !self.expected.learn_head(samples, head);
        self.declared = head.declared();
        let coding = head.coding();
        self.reading = match (head.status, kind, coding) {
            (200, Kind::Pcm(_), None) if !samples.are_other => {
                Reading::Opening { meter: AudioMeter::with_pcm(self.expected.pcm), held: Vec::new() }
            }
            (200, Kind::Bytes, None) if self.expected.format == Some(AudioFormat::Pcm) => {
                Reading::Opening { meter: self.meter_as_asked(), held: Vec::new() }
            }
            (200, Kind::Bytes, None) => Reading::Audio(self.meter_as_asked()),
            (200, Kind::Container, None) => Reading::Audio(AudioMeter::new()),
            (200, Kind::Events, None) => Reading::Events(Box::new(Events {
                stream: EventStream::new(),
                meter: self.meter_as_asked(),
                piece: Vec::new(),
                is_done: false,
            })),
            _ => Reading::Words {
                kind,
                body: Vec::new(),
                retry_after: head.retry_after.map(Into::into),
                coding: coding.map(Into::into),
            },
        };
        match self.reading {
            Reading::Opening { .. } | Reading::Audio(_) | Reading::Events(_) => {
                out.push(self.said(StatusKind::Processing))
            }
            Reading::Head | Reading::Words { .. } => {}
        }
    }

    /// Takes bytes of the body. What of them is audio, container included, is handed to `audio`.
    ///
    /// # Errors
    /// It is no audio, or broken. Nothing more of the answer is wanted then.
    pub fn handle_body(
        &mut self,
        bytes: &[u8],
        audio: &mut impl FnMut(&[u8]),
        out: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        let before = self.progress;
        let result = match &mut self.reading {
            Reading::Head => Ok(()),
            Reading::Opening { .. } => self.handle_opening(bytes, audio),
            Reading::Audio(meter) => {
                audio(bytes);
                meter
                    .push(bytes)
                    .map(|progress| self.progress = progress)
                    .map_err(|error| self.audio_failure(&error))
            }
            Reading::Events(_) => self.handle_stream(bytes, audio, out),
            Reading::Words { body, .. } => {
                let room = MAX_WORDS - body.len();
                body.extend_from_slice(&bytes[..bytes.len().min(room)]);
                if bytes.len() > room { Err(self.refused()) } else { Ok(()) }
            }
        };
        self.tell_audio(before, out);
        result
    }

    /// Says that the body is whole, which the driver knows from its framing, and gives what it held.
    ///
    /// # Errors
    /// It was a refusal, no audio, or audio that is not whole.
    pub fn finish(&mut self, out: &mut Vec<Event>) -> Result<Finished, Failure> {
        let before = self.progress;
        let result = match core::mem::replace(&mut self.reading, Reading::Head) {
            Reading::Head => Err(self.failure("the answer had no head".to_owned())),
            Reading::Opening { held, .. } if opening::is_text_by_its_first_words(&held) => {
                Err(self.text_instead(&held))
            }
            Reading::Opening { mut meter, held } => {
                let pushed = meter.push(&held).map_err(|error| self.audio_failure(&error));
                pushed.and_then(|progress| {
                    self.progress = progress;
                    self.end_audio(meter)
                })
            }
            Reading::Audio(meter) => self.end_audio(meter),
            Reading::Events(mut events) => {
                let ended = self.end_stream(&mut events, out);
                ended.and_then(|()| self.end_audio(events.meter))
            }
            words @ Reading::Words { .. } => {
                self.reading = words;
                Err(self.refused())
            }
        };
        self.tell_audio(before, out);
        let result = result?;
        out.push(self.said(StatusKind::Ready));
        out.push(Event::Complete { block: self.block, media: result.media, findings: result.findings });
        Ok(result)
    }

    /// The failure of an answer that broke off or makes no sense; `why` is known to whoever read it. A stream that is cut short is
    /// a failure of the audio, however the connection ended.
    #[must_use]
    pub fn broken(&self, why: &str) -> Failure {
        match &self.reading {
            Reading::Head => self.failure(why.to_owned()),
            Reading::Opening { .. } | Reading::Audio(_) | Reading::Events(_) => {
                self.failure(format!("the audio was cut short: {why}"))
            }
            Reading::Words { .. } => self.refusal(),
        }
    }

    /// What a listener hears of a failure that came from here.
    #[must_use]
    pub const fn failed(&self, failure: Failure) -> Event {
        if self.is_no_audio { Event::NotAudio(failure) } else { Event::Failed(failure) }
    }

    /// What samples without a container are taken to be, as far as is known by now.
    #[must_use]
    pub const fn pcm_format(&self) -> PcmFormat {
        self.expected.pcm
    }

    /// Whether the head has come.
    #[must_use]
    pub const fn has_begun(&self) -> bool {
        self.status.is_some()
    }

    /// Whether the head has come and said no.
    #[must_use]
    pub const fn is_refused(&self) -> bool {
        matches!(self.status, Some(status) if status < 200 || status >= 300)
    }

    /// Whether the answer has said that nothing more will come, whatever its body does: a stream of events has.
    #[must_use]
    pub fn is_done(&self) -> bool {
        matches!(&self.reading, Reading::Events(events) if events.is_done)
    }

    /// The block that was asked for.
    #[must_use]
    pub const fn block(&self) -> BlockIdx {
        self.block
    }

    /// Samples, if those were asked for; else a container.
    const fn meter_as_asked(&self) -> AudioMeter {
        match self.expected.format {
            Some(AudioFormat::Pcm) => AudioMeter::with_pcm(self.expected.pcm),
            Some(
                AudioFormat::Mp3
                | AudioFormat::Opus
                | AudioFormat::Aac
                | AudioFormat::Flac
                | AudioFormat::Wav,
            )
            | None => AudioMeter::new(),
        }
    }

    /// Holds the first bytes back while they may be text.
    fn handle_opening(&mut self, bytes: &[u8], audio: &mut impl FnMut(&[u8])) -> Result<(), Failure> {
        let Reading::Opening { mut meter, mut held } = core::mem::replace(&mut self.reading, Reading::Head)
        else {
            return Ok(());
        };
        held.extend_from_slice(bytes);
        match opening::look(&held) {
            Opening::Undecided => {
                self.reading = Reading::Opening { meter, held };
                Ok(())
            }
            // Read on, for its words.
            Opening::Text if held.len() <= MAX_WORDS => {
                self.reading = Reading::words(Kind::Other, held);
                Ok(())
            }
            Opening::Text => Err(self.text_instead(&held)),
            Opening::Samples => {
                audio(&held);
                let pushed = meter.push(&held);
                self.reading = Reading::Audio(meter);
                self.progress = pushed.map_err(|error| self.audio_failure(&error))?;
                Ok(())
            }
        }
    }

    /// The failure of text where samples should be.
    fn text_instead(&mut self, text: &[u8]) -> Failure {
        let body = text[..text.len().min(MAX_WORDS)].to_vec();
        self.reading = Reading::words(Kind::Other, body);
        self.refused()
    }

    fn end_audio(&mut self, meter: AudioMeter) -> Result<Finished, Failure> {
        let found = meter.finish().map_err(|error| self.audio_failure(&error))?;
        let mut findings = found.findings(self.declared);
        if self.expected.format.is_some_and(|asked| !asked.is_in(found.container)) {
            findings.remarks.add(Remark::OtherFormat);
        }
        if found.container == Container::Pcm && self.expected.source == PcmSource::Dialect {
            let why = if self.is_rate_rejected { Remark::RateRejected } else { Remark::RateAssumed };
            findings.remarks.add(why);
        }
        let pcm = (found.container == Container::Pcm).then_some((self.expected.pcm, self.expected.source));
        // Of some audio only its end shows that it is there: a last frame, or less than a container's signature.
        let Progress { delivered, media_bytes, .. } = self.progress;
        self.progress.delivered = delivered.max(found.media);
        self.progress.media_bytes = media_bytes.max(found.media_bytes);
        Ok(Finished { container: found.container, media: found.media, findings, pcm })
    }

    /// Tells of audio that has come since.
    fn tell_audio(&self, before: Progress, out: &mut Vec<Event>) {
        let bytes = self.progress.media_bytes - before.media_bytes;
        if bytes > 0 {
            out.push(Event::Audio { block: self.block, delivered: self.progress.delivered, bytes });
        }
    }

    const fn said(&self, kind: StatusKind) -> Event {
        Event::Status { block: self.block, kind }
    }

    fn refused(&mut self) -> Failure {
        self.is_no_audio = self.status.is_some_and(|status| (200..300).contains(&status));
        self.refusal()
    }

    fn refusal(&self) -> Failure {
        let Reading::Words { kind, body, retry_after, coding } = &self.reading else {
            return self.failure("the answer is no audio".to_owned());
        };
        let status = self.status.unwrap_or_default();
        let refusal = Refusal {
            status,
            kind: *kind,
            body,
            retry_after: retry_after.as_deref(),
            coding: coding.as_deref(),
        };
        Failure { code: self.status, ..self.failed_by(refusal.meaning()) }
    }

    fn audio_failure(&mut self, error: &AudioError) -> Failure {
        self.is_no_audio = match error {
            AudioError::Empty | AudioError::UnknownFormat { .. } | AudioError::Unsupported { .. } => true,
            AudioError::Truncated { .. } | AudioError::Broken { .. } => false,
        };
        let text = match (error, self.chars) {
            (AudioError::Empty, 1..) => {
                let ending = if self.chars == 1 { "" } else { "s" };
                format!("the audio is empty, for a text of {} character{ending}", self.chars)
            }
            _ => error.to_string(),
        };
        self.failure(text)
    }

    fn failure(&self, text: String) -> Failure {
        self.failed_by(Meaning { class: FailureClass::Protocol, text })
    }

    fn failed_by(&self, meaning: Meaning) -> Failure {
        let phase = if self.progress.media_bytes > 0 { Phase::MidAudio } else { Phase::BeforeAudio };
        let Meaning { class, text } = meaning;
        Failure { phase, class, code: None, text, kills: FailureScope::Block(self.block) }
    }
}
