//! An answer that is a stream of server-sent events.

use base64::{
    Engine as _,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use claque_core::event::{Event, Failure};

use super::{Events, Reading, SpeechAnswer};
use crate::{
    audio::AudioMeter,
    openai::{
        PcmSource, ServerEvent,
        error::event_error,
        speech_event::{self, Info, SpeechEvent},
    },
};

/// Warnings about unknown events of one answer; those beyond are passed over.
const MAX_WARNINGS: u32 = 8;

/// Pieces are padded or not.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

impl SpeechAnswer {
    pub(super) fn handle_stream(
        &mut self,
        mut bytes: &[u8],
        audio: &mut impl FnMut(&[u8]),
        out: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        let Reading::Events(mut events) = core::mem::replace(&mut self.reading, Reading::Head) else {
            return Ok(());
        };
        let result = loop {
            let Events { stream, meter, piece, is_done } = &mut *events;
            match stream.next(&mut bytes) {
                Ok(None) => break Ok(()),
                Ok(Some(event)) => {
                    if let Err(failure) = self.take_event(&event, meter, piece, is_done, audio, out) {
                        break Err(failure);
                    }
                }
                Err(error) => break Err(self.failure(error.to_string())),
            }
        };
        self.reading = Reading::Events(events);
        result
    }

    fn take_event(
        &mut self,
        event: &ServerEvent<'_>,
        meter: &mut AudioMeter,
        piece: &mut Vec<u8>,
        is_done: &mut bool,
        audio: &mut impl FnMut(&[u8]),
        out: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        let said = speech_event::read(event)
            .map_err(|why| self.failure(format!("failed to read an event of the stream: {why}")))?;
        match said {
            SpeechEvent::Delta(_) if *is_done => {
                return Err(self.failure("audio came behind speech.audio.done".to_owned()));
            }
            SpeechEvent::Delta(text) => {
                piece.clear();
                BASE64.decode_vec(text.trim_ascii(), piece).map_err(|why| {
                    self.failure(format!("failed to read a piece of audio in base64: {why}"))
                })?;
                audio(piece);
                self.progress = meter.push(piece).map_err(|error| self.audio_failure(&error))?;
            }
            SpeechEvent::Info(info) => self.take_info(info, meter)?,
            SpeechEvent::Done => *is_done = true,
            SpeechEvent::Failed(error) => return Err(self.failed_by(event_error(&error))),
            SpeechEvent::Unknown(kind) => self.warn(&kind, out),
        }
        Ok(())
    }

    /// Samples are what the stream says. Who says so sends samples, whatever was asked for.
    fn take_info(&mut self, info: Info, meter: &mut AudioMeter) -> Result<(), Failure> {
        if info.bits_per_sample.is_some_and(|bits| bits != 16) {
            self.is_no_audio = true;
            return Err(self
                .failure("the stream has samples of other than 16 bits, which are not measured".to_owned()));
        }
        self.expected.learn(info.sample_rate, info.channels, PcmSource::Info);
        if meter.wire_bytes() == 0 && info.sample_rate.is_some() {
            *meter = AudioMeter::with_pcm(self.expected.pcm);
        }
        meter.change_pcm(self.expected.pcm);
        Ok(())
    }

    fn warn(&mut self, kind: &str, out: &mut Vec<Event>) {
        self.warnings += 1;
        if self.warnings <= MAX_WARNINGS {
            let kind: String = kind.chars().take(100).collect();
            out.push(Event::Warning {
                text: format!("the stream has an event of an unknown kind, `{kind}`"),
            });
        }
    }

    /// Takes what may be left of the stream, and makes sure that it says that it is over.
    pub(super) fn end_stream(&mut self, events: &mut Events, out: &mut Vec<Event>) -> Result<(), Failure> {
        let Events { stream, meter, piece, is_done } = events;
        let left = stream.finish();
        // Half an event is not broken but cut.
        if let Ok(Some(event)) = left
            && speech_event::read(&event).is_ok()
        {
            self.take_event(&event, meter, piece, is_done, &mut |_| {}, out)?;
        }
        if !*is_done {
            return Err(self
                .failure("the audio was cut short: the stream ended without speech.audio.done".to_owned()));
        }
        Ok(())
    }
}
