//! Streams whose stalls can be worked out on paper, and servers that end them in every way, over sockets.

use std::{ops::RangeInclusive, thread};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use claque_core::{
    event::FailureClass,
    record::{BlockOutcome, StallRecord},
    time::{Duration, MediaTime},
};

use crate::{
    program::{Ran, run},
    stream_server::{Answer, End, Piece, StreamServer, paced, samples, wav_header},
};

/// How far sums may be from the paper: an idle machine needs a few milliseconds, those of CI are shared.
const TOLERANCE: Duration = Duration::from_millis(250);
/// How far each stall may be where server and run say that the machine was in time.
const IN_TIME: Duration = Duration::from_millis(5);
const PCM: &str = "audio/pcm;rate=24000";

/// What paper says of a buffer.
struct Paper {
    /// Of start and resume buffer alike.
    buffer: &'static str,
    underruns: usize,
    /// Milliseconds of each but the last.
    each: RangeInclusive<u64>,
    /// Milliseconds of all.
    together: RangeInclusive<u64>,
}

/// With 400 ms every fifth piece arrives in the very moment it is needed, and has kept the stream going. Over sockets it is a little
/// late, and then the wait is for this piece and the next, 250 ms, in place of 300 ms for the two behind it.
const PAPER: [Paper; 3] = [
    Paper { buffer: "0", underruns: 19, each: 50..=50, together: 950..=950 },
    Paper { buffer: "400ms", underruns: 3, each: 250..=300, together: 750..=900 },
    Paper { buffer: "1s", underruns: 0, each: 0..=0, together: 0..=0 },
];

#[test]
fn four_seconds_of_audio_in_five_stall_as_worked_out_on_paper() {
    let server = StreamServer::start(Answer::audio(PCM, paced(20, millis(250))));
    let ran = thread::scope(|scope| {
        let server = &server;
        let listen_with = |paper: &Paper| {
            let buffer = paper.buffer;
            scope.spawn(move || listen(server, &["--start-buffer", buffer, "--resume-buffer", buffer]))
        };
        PAPER.each_ref().map(listen_with).map(|running| running.join().unwrap())
    });
    for (ran, paper) in ran.iter().zip(&PAPER) {
        ran.assert_valid();
        assert_eq!(ran.count("/blocks/played"), 1, "{}", ran.stdout);
        paper.assert_near(&ran.stalls());
        if server.log().latest < millis(2) && ran.code == Some(0) {
            paper.assert_exact(&ran.stalls());
        }
    }
}

impl Paper {
    #[track_caller]
    fn assert_near(&self, stalls: &[&StallRecord]) {
        let together: Duration = stalls.iter().map(|stall| stall.waited).sum();
        let (least, most) = (millis(*self.together.start()), millis(*self.together.end()));
        assert!(together + TOLERANCE >= least && together <= most + TOLERANCE, "{}: {stalls:?}", self.buffer);
        // A late piece may put one stall in place of two, and with the largest buffer be waited for.
        let fewest = self.underruns * 3 / 5;
        assert!((fewest..=self.underruns + 1).contains(&stalls.len()), "{}: {stalls:?}", self.buffer);
    }

    #[track_caller]
    fn assert_exact(&self, stalls: &[&StallRecord]) {
        assert_eq!(stalls.len(), self.underruns, "{}: {stalls:?}", self.buffer);
        let (least, most) = (millis(*self.each.start()), millis(*self.each.end()));
        for stall in stalls {
            assert!(
                stall.waited + IN_TIME >= least && stall.waited <= most + IN_TIME,
                "{}: {stall:?}",
                self.buffer
            );
        }
    }
}

#[test]
fn a_stream_that_keeps_up_with_playback_is_never_flagged() {
    let server = StreamServer::start(Answer::audio(PCM, paced(10, millis(200))));
    let ran = listen(&server, &["--start-buffer", "600ms"]);
    ran.assert_valid();
    assert_eq!((ran.stalls().len(), ran.errors().len()), (0, 0), "{}", ran.stdout);
    assert_eq!(ran.blocks()[0].media, MediaTime::from_millis(2_000));
}

#[test]
fn a_hole_of_600_ms_in_a_stream_is_one_underrun() {
    let mut pieces = paced(18, millis(200));
    // What was due in the hole comes at its end, as after a network's.
    for piece in &mut pieces[10..13] {
        piece.at = millis(2_600);
    }
    let server = StreamServer::start(Answer::audio(PCM, pieces));
    let ran = listen(&server, &["--start-buffer", "400ms"]);
    ran.assert_valid();
    let stalls = ran.stalls();
    assert_eq!(stalls.len(), 1, "{stalls:?}");
    // Played since 200 ms, dry at 2,200, and on at 2,600.
    assert!(stalls[0].waited.abs_diff(millis(400)) <= TOLERANCE, "{stalls:?}");
    let gap = ran.blocks()[0].largest_chunk_gap.unwrap();
    assert!(gap.abs_diff(millis(800)) <= TOLERANCE, "{gap:?}");
}

#[test]
fn a_header_that_comes_early_is_no_audio() {
    let header = Piece { at: Duration::ZERO, bytes: wav_header() };
    let audio = Piece { at: millis(1_000), bytes: samples(millis(400)) };
    let server = StreamServer::start(Answer::audio("audio/wav", vec![header, audio]));
    let ran = listen(&server, &["--response-format", "wav"]);
    ran.assert_valid();
    let block = ran.blocks()[0];
    let ttfa = block.first_audio_at.unwrap().since(block.intended_at.unwrap());
    assert!((millis(1_000)..millis(2_000)).contains(&ttfa), "{ttfa:?}");
    assert_eq!(block.media, MediaTime::from_millis(400));
}

#[test]
fn a_header_and_then_silence_is_a_timeout() {
    let header = Piece { at: Duration::ZERO, bytes: wav_header() };
    let server = StreamServer::start(Answer::audio("audio/wav", vec![header]).with_end(End::Silence));
    let ran = listen(&server, &["--response-format", "wav", "--timeout", "2"]);
    assert_eq!(ran.blocks()[0].outcome, BlockOutcome::Failed(FailureClass::Timeout), "{}", ran.stdout);
    assert_eq!(ran.blocks()[0].first_audio_at, None);
    let ended = ran.listeners()[0].ended_at;
    assert!(ended.since(ran.listeners()[0].intended_at) >= millis(2_000), "{ended:?}");
}

#[test]
fn a_body_without_its_last_chunk_was_cut_short() {
    let server = StreamServer::start(Answer::audio(PCM, paced(2, millis(50))).with_end(End::Cut));
    let ran = listen(&server, &[]);
    assert_failed_as(&ran, FailureClass::Protocol, "cut short");
}

#[test]
fn events_without_the_last_one_were_cut_short() {
    let server = StreamServer::start(Answer::audio("text/event-stream", vec![delta()]));
    let ran = listen(&server, &["--delivery", "sse"]);
    assert_failed_as(&ran, FailureClass::Protocol, "cut short");
}

#[test]
fn events_with_the_last_one_are_played() {
    let server = StreamServer::start(Answer::audio("text/event-stream", vec![delta(), done()]));
    let ran = listen(&server, &["--delivery", "sse"]);
    ran.assert_valid();
    assert_eq!(ran.blocks()[0].media, MediaTime::from_millis(200));
}

#[test]
fn events_are_over_with_the_last_one_whatever_the_connection_does() {
    let events = Answer::audio("text/event-stream", vec![delta(), done()]);
    let server = StreamServer::start(events.with_end(End::Silence));
    let ran = listen(&server, &["--delivery", "sse", "--block-timeout", "10"]);
    ran.assert_valid();
    assert_eq!(ran.blocks()[0].outcome, BlockOutcome::Played, "{}", ran.stdout);
    assert_eq!(ran.errors().len(), 0, "{}", ran.stdout);
}

#[test]
fn a_connection_whose_answer_ends_behind_its_last_event_is_used_again() {
    let server = StreamServer::start(Answer::audio("text/event-stream", vec![delta(), done()]));
    let turns = ["--listen", "turns", "--think", "300ms", "--blocks", "4", "--delivery", "sse"];
    listen(&server, &turns).assert_valid();
    let log = server.log();
    assert_eq!((log.connections, log.requests), (1, 4));
}

#[test]
fn what_one_read_brings_is_one_arrival_however_small_its_chunks() {
    let server = StreamServer::start(Answer::audio(PCM, paced(2, millis(200))).in_chunks_of(1));
    let ran = listen(&server, &[]);
    ran.assert_valid();
    let block = ran.blocks()[0];
    assert_eq!((block.media, block.bytes), (MediaTime::from_millis(400), 19_200));
    // Two pieces; each may come in several reads, but not in thousands.
    assert!((2..200).contains(&block.chunks), "{}", block.chunks);
}

#[test]
fn what_is_refused_is_told_and_never_asked_for_again() {
    let refusal = Answer::refusal("429 Too Many Requests", "Slow down.").with_header("retry-after: 1");
    let server = StreamServer::start(refusal);
    let ran = listen(&server, &["--blocks", "3"]);
    assert_eq!(server.log().requests, 3, "one request a block");
    for error in ran.errors() {
        let failure = &error.failure;
        assert_eq!((failure.class, failure.code), (FailureClass::Limit, Some(429)));
        assert!(failure.text.contains("Slow down.") && failure.text.contains('1'), "{failure}");
    }
    assert_eq!(ran.errors().len(), 3, "{}", ran.stdout);
    assert!(ran.incidents().is_empty(), "{:?}", ran.incidents());
}

#[test]
fn a_refusal_is_told_as_that_however_slowly_its_words_come() {
    let words = br#"{"error":{"message":"No more today.","type":"requests"}}"#;
    let drip = |at, byte: &u8| Piece { at: millis(300) * at, bytes: vec![*byte] };
    let slow: Vec<Piece> = (0..).zip(words).map(|(at, byte)| drip(at, byte)).collect();
    for (pieces, end) in [(slow, End::Keep), (vec![], End::Silence)] {
        let refusal = Answer::audio("application/json", pieces).with_status("503 Service Unavailable");
        let server = StreamServer::start(refusal.with_end(end));
        let ran = listen(&server, &["--blocks", "2", "--timeout", "10"]);
        assert_eq!(ran.errors().len(), 2, "{}", ran.stdout);
        for error in ran.errors() {
            assert_eq!((error.failure.class, error.failure.code), (FailureClass::Overload, Some(503)));
        }
    }
}

#[test]
fn a_connection_is_used_again_where_the_server_keeps_it() {
    let server = turns_against(End::Keep, &[]);
    assert_eq!((server.connections, server.requests), (1, 4));
}

#[test]
fn a_connection_that_the_server_closes_after_each_answer_is_no_trouble() {
    let unannounced = turns_against(End::Close, &[]);
    assert_eq!((unannounced.connections, unannounced.requests), (4, 4));
    let announced = turns_against(End::Close, &["connection: close"]);
    assert_eq!((announced.connections, announced.requests), (4, 4));
}

#[test]
fn a_connection_that_the_server_closes_when_idle_is_no_trouble() {
    let server = turns_against(End::CloseWhenIdle(millis(100)), &[]);
    assert_eq!((server.connections, server.requests), (4, 4));
}

/// Four utterances of 200 ms, with a thought between them that is longer than any patience here: none fails, and none is later than
/// a server is that answers at once.
#[track_caller]
fn turns_against(end: End, headers: &[&str]) -> crate::stream_server::Log {
    let answer = Answer::audio(PCM, paced(1, Duration::ZERO)).with_end(end);
    let server =
        StreamServer::start(headers.iter().fold(answer, |answer, header| answer.with_header(header)));
    let ran = listen(&server, &["--listen", "turns", "--think", "300ms", "--blocks", "4"]);
    ran.assert_valid();
    assert_eq!((ran.errors().len(), ran.incidents().len()), (0, 0), "{}", ran.stdout);
    assert_eq!(ran.count("/blocks/played"), 4, "{}", ran.stdout);
    for block in ran.blocks() {
        let ttfa = block.first_audio_at.unwrap().since(block.intended_at.unwrap());
        assert!(ttfa <= TOLERANCE, "{block:?}");
    }
    server.log()
}

/// An event with 200 ms of samples.
fn delta() -> Piece {
    let audio = BASE64_STANDARD.encode(samples(millis(200)));
    let event = format!("data: {{\"type\":\"speech.audio.delta\",\"audio\":\"{audio}\"}}\n\n");
    Piece { at: Duration::ZERO, bytes: event.into_bytes() }
}

/// The event that says that nothing more comes, a little later.
fn done() -> Piece {
    Piece { at: millis(50), bytes: b"data: {\"type\":\"speech.audio.done\"}\n\n".to_vec() }
}

#[track_caller]
fn assert_failed_as(ran: &Ran, class: FailureClass, words: &str) {
    let block = ran.blocks()[0];
    assert_eq!(block.outcome, BlockOutcome::Failed(class), "{}", ran.stdout);
    assert!(block.first_audio_at.is_some(), "what came was audio");
    let texts: Vec<_> = ran.errors().iter().map(|error| error.failure.text.clone()).collect();
    assert!(texts.iter().any(|text| text.contains(words)), "{texts:?}");
}

/// One listener; one block, if nothing else is said.
fn listen(server: &StreamServer, arguments: &[&str]) -> Ran {
    let url = server.base_url();
    let mut all = vec!["--protocol", "openai", "--dialect", "openai", "--base-url", &url, "--no-auth"];
    all.extend(["--users", "1", "--decode-share", "1", "--no-report"]);
    if !arguments.contains(&"--blocks") {
        all.extend(["--blocks", "1"]);
    }
    all.extend(arguments);
    run("run", &all)
}

const fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}
