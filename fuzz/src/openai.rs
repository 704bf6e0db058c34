//! What an OpenAI-compatible service says.

use claque_core::{
    event::{Event, Failure, FailureClass},
    ids::BlockIdx,
};
use claque_wire::{
    audio::PcmFormat,
    openai::{
        AnswerHead, AudioFormat, EventStream, EventStreamError, Expected, Finished, PcmSource, Probe,
        ProbeReply, SpeechAnswer, detect,
    },
};

use crate::splits::{pieces, seeded};

/// Reads a stream of server-sent events, whole and in pieces.
pub fn event_stream(data: &[u8]) {
    let (seed, bytes) = seeded(data);
    assert_eq!(events([bytes]), events(pieces(bytes, seed)), "the split changed the events");
}

type Events = (Vec<(String, Vec<u8>)>, Option<EventStreamError>);

fn events<'b>(pieces: impl IntoIterator<Item = &'b [u8]>) -> Events {
    let (mut stream, mut told) = (EventStream::new(), Vec::new());
    for mut bytes in pieces {
        loop {
            match stream.next(&mut bytes) {
                Ok(Some(event)) => told.push((event.name.to_owned(), event.data.to_vec())),
                Ok(None) => break,
                Err(error) => return (told, Some(error)),
            }
        }
        assert!(bytes.is_empty(), "bytes were left although more were wanted");
    }
    match stream.finish() {
        Ok(event) => told.extend(event.map(|event| (event.name.to_owned(), event.data.to_vec()))),
        Err(error) => return (told, Some(error)),
    }
    (told, None)
}

/// Answers of every status and kind, whole and in pieces. The first byte says of which, the second how it is cut.
pub fn speech_answer(data: &[u8]) {
    let (kind, rest) = seeded(data);
    let (seed, body) = seeded(rest);
    let kind = usize::from(kind);
    let content_types = [
        "text/event-stream",
        "audio/pcm;rate=22050",
        "application/octet-stream",
        "audio/wav",
        "application/json",
        "text/html",
        "audio/L16;channels=2",
        "nonsense",
    ];
    let head = AnswerHead {
        status: [200, 200, 400, 429, 503][kind / 8 % 5],
        content_type: Some(content_types[kind % 8]),
        retry_after: (kind % 3 == 0).then_some("12"),
        ..AnswerHead::default()
    };
    let format = AudioFormat::ALL[kind % AudioFormat::ALL.len()];
    let whole = answer(format, head, [body]);
    assert_eq!(whole, answer(format, head, pieces(body, seed)), "the split changed the answer");
    for probe in Probe::ALL {
        let _ = detect(&[ProbeReply { probe, status: 200, content_type: Some("application/json"), body }]);
    }
}

/// What came of it; of a failure its sort and words, since how far it came before depends on the reads.
fn answer<'b>(
    format: AudioFormat,
    head: AnswerHead<'_>,
    pieces: impl IntoIterator<Item = &'b [u8]>,
) -> Result<(Finished, Vec<u8>), (FailureClass, String)> {
    let expected = Expected { format: Some(format), pcm: PcmFormat::OPENAI, source: PcmSource::Dialect };
    let (mut answer, mut out, mut audio) =
        (SpeechAnswer::new(BlockIdx(0), 20, expected), Vec::new(), Vec::new());
    answer.handle_head(&head, &mut out);
    let heard = pieces
        .into_iter()
        .try_for_each(|piece| {
            answer.handle_body(piece, &mut |bytes| audio.extend_from_slice(bytes), &mut out)
        })
        .and_then(|()| answer.finish(&mut out));
    check(&out, &heard);
    heard.map(|finished| (finished, audio)).map_err(|failure| (failure.class, failure.text))
}

/// What a listener was told, and what came of it, fit together.
fn check(out: &[Event], heard: &Result<Finished, Failure>) {
    let mut delivered = 0;
    let mut warnings = 0;
    for event in out {
        if let Event::Audio { delivered: now, bytes, .. } = event {
            assert!(now.as_nanos() >= delivered && *bytes > 0, "audio was taken back");
            delivered = now.as_nanos();
        }
        warnings += usize::from(matches!(event, Event::Warning { .. }));
    }
    assert!(warnings <= 8, "one answer led to {warnings} warnings");
    match heard {
        Ok(_) => {
            assert!(delivered > 0, "audio was whole that never came");
            assert!(matches!(out.last(), Some(Event::Complete { .. })), "its end was not told");
        }
        Err(failure) => assert!(failure.text.len() <= 1 << 10, "words without an end"),
    }
}
