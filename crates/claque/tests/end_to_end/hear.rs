//! What a listener heard, as a file: as long as its time, with sound where its facts say that it heard something and none elsewhere.

use std::{fs, process::Command};

use claque_core::time::{Duration, Instant, SampleRate, Speed};
use claque_store::{
    HeardRecord, ListenerFacts,
    timeline::{Listening, Span, State, Timeline},
};
use claque_wire::audio::wav;

use crate::{
    program::{Ran, run},
    stream_server::{Answer, StreamServer, paced},
};

/// A frame of the encoder.
const FRAME: Duration = Duration::from_millis(20);
/// What a coder smears, and what is not looked at at the ends of a span.
const EDGE: Duration = Duration::from_millis(40);
/// Spans that are shorter say nothing.
const LEAST: Duration = Duration::from_millis(100);
/// Loudness, of full scale, above which something is heard and below which nothing is.
const HEARD: f64 = 0.01;
const SILENT: f64 = 0.002;

/// A file and the facts that it is held against.
struct Held {
    record: HeardRecord,
    timeline: Timeline,
    /// At 48 kHz.
    samples: Vec<i16>,
}

impl Held {
    fn of(ran: &Ran, listening: Listening) -> Self {
        let folder = ran.folder.as_deref().unwrap();
        let manifest = claque_store::open_manifest(folder).unwrap();
        let record = manifest.heard.clone().unwrap_or_else(|| panic!("nothing was kept: {}", ran.stderr));
        let mut timeline = None;
        claque_store::for_each_listener(folder, &manifest, |facts: &ListenerFacts| {
            if facts.listener.0 == record.listener {
                timeline = Timeline::of(facts, listening);
            }
            Ok(())
        })
        .unwrap();
        let (file, wav_file) = (folder.join("heard.ogg"), ran.results().join("heard.wav"));
        let mut opusdec = Command::new("opusdec");
        let output = opusdec.args(["--quiet", "--rate", "48000"]).args([&file, &wav_file]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let wav = wav::read(&fs::read(wav_file).unwrap()).unwrap();
        assert_eq!((wav.rate, wav.channels), (SampleRate::OPUS, 1));
        Self { record, timeline: timeline.unwrap(), samples: wav.samples }
    }

    fn begin(&self) -> Instant {
        Instant::from_nanos(claque_core::time::duration_nanos(seconds(self.record.from_ms / 1e3)))
    }

    /// The file is as long as its time, and every span of it sounds as it should. Gives how many there were that did and did not.
    fn assert_is_as_its_facts(&self) -> [usize; 2] {
        let begin = self.begin();
        let length = self.timeline.ended_at.since(begin);
        let told = seconds(self.record.length_ms / 1e3);
        let samples = u32::try_from(self.samples.len()).unwrap();
        let file = seconds(f64::from(samples) / 48_000.0);
        assert!(
            told.abs_diff(length) < FRAME && file.abs_diff(length) < FRAME,
            "{file:?} {told:?} {length:?}"
        );
        let mut seen = [0; 2];
        for span in self.timeline.spans.iter().filter(|span| span.from >= begin) {
            let (from, to) = (span.from + EDGE, span.to.since(begin).saturating_sub(EDGE));
            let from = from.since(begin);
            if to < from + LEAST {
                continue;
            }
            let loud = self.loudness(from, to);
            let is_heard = span.state == State::Playing;
            seen[usize::from(!is_heard)] += 1;
            assert!(if is_heard { loud > HEARD } else { loud < SILENT }, "{loud} in {span:?}");
        }
        seen
    }

    fn loudness(&self, from: Duration, to: Duration) -> f64 {
        let at = |time: Duration| usize::try_from(time.as_micros() * 48 / 1_000).unwrap();
        let stretch = &self.samples[at(from)..at(to).min(self.samples.len())];
        let power: f64 = stretch.iter().map(|sample| (f64::from(*sample) / 32_768.0).powi(2)).sum();
        (power / f64::from(u32::try_from(stretch.len()).unwrap())).sqrt()
    }

    fn spans(&self, state: State) -> Vec<&Span> {
        self.timeline.spans.iter().filter(|span| span.state == state).collect()
    }
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap()
}

#[test]
fn blocks_of_yapit_sound_when_they_were_heard_and_whoever_stalled_longest_is_chosen() {
    // One worker makes 0.4 s of audio in 0.7 s, first for one listener and then for the other: both stall before each block.
    let shape = ["--users", "2", "--blocks", "4", "--workers", "1", "--engine", "deterministic"];
    let times =
        ["--service-seconds", "0.7", "--audio-seconds", "0.4", "--min-buffer", "1", "--hear", "worst"];
    let ran = run("run", &[&shape[..], &times].concat());
    let held = Held::of(&ran, Listening::Straight);
    let [heard, silent] = held.assert_is_as_its_facts();
    assert!(heard >= 2 && silent >= 2, "{heard} {silent}: {:?}", held.timeline);
    let waits = ran
        .listeners()
        .into_iter()
        .max_by_key(|session| (session.waits(), std::cmp::Reverse(session.listener)));
    assert_eq!(waits.unwrap().listener.0, held.record.listener);
    assert_eq!((held.record.waited_longer, held.record.silent_blocks), (None, 0));
    let page = fs::read_to_string(ran.folder.as_deref().unwrap().join("report.html")).unwrap();
    assert!(page.contains("src=\"data:audio/ogg;base64,T2dnUw"), "the page plays it");
    assert!(page.contains("<button type=\"button\" data-second=\""), "and leads to its stalls");
}

#[test]
fn a_stream_stands_still_in_the_file_where_it_stalled() {
    // Pieces of 200 ms every 400 ms, heard at once: as much silence as sound.
    let server =
        StreamServer::start(Answer::audio("audio/pcm;rate=24000", paced(6, Duration::from_millis(400))));
    let url = server.base_url();
    let ran = run(
        "run",
        &[
            "--protocol",
            "openai",
            "--dialect",
            "openai",
            "--base-url",
            &url,
            "--no-auth",
            "--users",
            "1",
            "--blocks",
            "1",
            "--start-buffer",
            "0",
            "--resume-buffer",
            "0",
            "--hear",
            "0",
        ],
    );
    let held = Held::of(&ran, Listening::Straight);
    let [heard, silent] = held.assert_is_as_its_facts();
    assert!(heard >= 3 && silent >= 3, "{heard} {silent}: {:?}", held.timeline);
    assert_eq!(held.spans(State::Stalled).len(), 5);
}

#[test]
fn a_conversation_is_heard_with_its_waits_its_thoughts_and_its_interruptions() {
    let ran = run(
        "run",
        &[
            "--protocol",
            "openai",
            "--users",
            "3",
            "--blocks",
            "4",
            "--listen",
            "turns",
            "--think",
            "0.4s",
            "--barge-in",
            "0.5",
            "--speed",
            "3",
            "--hear",
            "1",
        ],
    );
    let held = Held::of(&ran, Listening::Turns(Speed::from_thousandths(3_000).unwrap()));
    let [heard, silent] = held.assert_is_as_its_facts();
    assert!(heard >= 2 && silent >= 2, "{heard} {silent}: {:?}", held.timeline);
    assert_eq!(held.record.silent_blocks, 0, "also of those that were interrupted");
    assert!(!ran.incidents().is_empty(), "somebody was interrupted");
}

#[test]
fn a_file_that_is_another_one_is_not_played() {
    let ran = run("run", &["--users", "1", "--blocks", "1", "--speed", "10", "--hear", "0"]);
    let folder = ran.folder.as_deref().unwrap();
    fs::write(folder.join("heard.ogg"), b"OggS of another day").unwrap();
    let again = || {
        let told = crate::program::claque(&["report", folder.to_str().unwrap()]).output().unwrap();
        assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
        fs::read_to_string(folder.join("report.html")).unwrap()
    };
    let page = again();
    assert!(!page.contains("<audio") && page.contains("is not the file that was written there"));
    fs::remove_file(folder.join("heard.ogg")).unwrap();
    assert!(again().contains("is no longer in the run&#39;s folder"));
}

#[test]
fn whom_nobody_can_hear_is_said_before_anything_is_run() {
    let refused = |verb, arguments: &[&str], words: &str| {
        let ran = run(verb, arguments);
        assert_eq!(ran.code, Some(2), "{}", ran.stderr);
        assert!(ran.stderr.contains(words), "{}", ran.stderr);
    };
    refused(
        "run",
        &["--users", "3", "--hear", "3"],
        "--hear is 3, and there are 3 listeners, numbered from 0 to 2",
    );
    refused("run", &["--hear", "wrost"], "did you mean `worst`?");
    refused("simulate", &["--hear", "0"], "which makes no audio, so that there is nothing to be heard");
    refused("capacity", &["--hear", "0"], "is about the listeners of one run, and a search makes many");
}
