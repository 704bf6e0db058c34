//! Audio that nobody can have asked for, from the embedded gateway: told, counted, and INVALID.

use claque_core::{
    record::BlockRecord,
    remark::{Remark, Sound},
};

use crate::program::{Ran, run};

/// Two listeners, five blocks of 80 characters and half a second, of WAV or of Ogg Opus, with this done to the audio.
fn heard(verb: &str, format: &str, faults: &str) -> Ran {
    heard_with(verb, format, faults, &[])
}

fn heard_with(verb: &str, format: &str, faults: &str, more: &[&str]) -> Ran {
    let format = format!("models.kokoro.format=\"{format}\"");
    let faults = format!("faults.audio={faults}");
    let arguments = [
        &[
            "--users",
            "2",
            "--blocks",
            "5",
            "--engine",
            "deterministic",
            "--service-seconds",
            "0.02",
            "--audio-seconds",
            "0.5",
            "--gateway-set",
            &format,
            "--gateway-set",
            &faults,
        ][..],
        more,
    ]
    .concat();
    run(verb, &arguments)
}

fn on_all(effect: &str) -> String {
    format!("[{{select=\"every\",effect=\"{effect}\"}}]")
}

fn all(ran: &Ran, is_so: impl Fn(&BlockRecord) -> bool) -> bool {
    let blocks = ran.blocks();
    blocks.len() == 10 && blocks.into_iter().all(is_so)
}

fn has(block: &BlockRecord, remark: Remark) -> bool {
    block.findings.is_some_and(|findings| findings.remarks.has(remark))
}

#[test]
fn silence_of_wav_makes_a_run_invalid() {
    let ran = heard("run", "wav", &on_all("silent"));
    assert_eq!((ran.code, ran.reasons()), (Some(5), vec!["audio-in-doubt".to_owned()]), "{}", ran.stderr);
    assert!(ran.stdout.contains("10 of 10 blocks listened to silent"), "{}", ran.stdout);
    assert_eq!((ran.count("/audio/sound/listened"), ran.count("/audio/sound/silent")), (10, 10));
    assert!(all(&ran, |block| block.findings.and_then(|found| found.sound) == Some(Sound::Silent)));
}

#[test]
fn a_millisecond_and_another_length_than_declared_make_a_run_invalid_in_both_drivers() {
    for (effect, remark) in
        [("one-millisecond", Remark::TooShort), ("other-length", Remark::LengthContradicted)]
    {
        for verb in ["run", "simulate"] {
            let ran = heard(verb, "ogg-opus", &on_all(effect));
            assert_eq!(ran.reasons(), ["audio-in-doubt"], "{verb} {effect}: {}", ran.stdout);
            assert_eq!(ran.count(&format!("/audio/remarks/{}", remark.as_str())), 10);
            assert!(all(&ran, |block| has(block, remark)), "{verb} {effect}");
        }
    }
}

#[test]
fn good_audio_is_listened_to_and_found_good() {
    let ran = heard("run", "wav", "[]");
    ran.assert_valid();
    assert_eq!((ran.count("/audio/sound/listened"), ran.count("/audio/sound/silent")), (10, 0));
    assert!(ran.stdout.contains("sound             10 of 10 blocks listened to"), "{}", ran.stdout);
}

#[test]
fn silence_of_opus_is_found_in_the_shortest_run() {
    let ran = heard("run", "ogg-opus", &on_all("silent"));
    assert_eq!((ran.code, ran.reasons()), (Some(5), vec!["audio-in-doubt".to_owned()]), "{}", ran.stderr);
    let silent = ran.count("/audio/sound/silent");
    assert_eq!(ran.count("/audio/sound/listened"), silent);
    let rows = ran.blocks().into_iter().filter_map(|block| block.findings.and_then(|found| found.sound));
    assert_eq!(rows.filter(|sound| *sound == Sound::Silent).count(), usize::try_from(silent).unwrap());
    assert!((2..10).contains(&silent), "the first block of either, and some more: {silent}");
}

#[test]
fn the_share_that_is_decoded_can_be_set() {
    let all = heard_with("run", "ogg-opus", "[]", &["--decode-share", "1"]);
    all.assert_valid();
    let of = |what: &str| all.count(&format!("/audio/sound/{what}"));
    assert_eq!((of("listened") + of("missed"), of("silent"), of("undecodable")), (10, 0, 0));
    let none = heard_with("run", "ogg-opus", &on_all("silent"), &["--decode-share", "0"]);
    none.assert_valid();
    assert!(
        none.stdout.contains("whether there is sound in the audio of 10 blocks was not measured"),
        "{}",
        none.stdout
    );
    let ran = heard_with("run", "ogg-opus", "[]", &["--decode-share", "1.5"]);
    assert!(
        ran.code == Some(2) && ran.stderr.contains("--decode-share is 1.5; give 0 to 1"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_simulation_knows_of_sound_where_silence_was_ordered_and_else_of_none() {
    let silent = heard("simulate", "wav", &on_all("silent"));
    assert_eq!((silent.code, silent.reasons()), (Some(5), vec!["audio-in-doubt".to_owned()]));
    let ran = heard("simulate", "wav", "[]");
    ran.assert_valid();
    let summary = &ran.manifest()["summary"]["audio"];
    assert_eq!((&summary["blocks"], &summary["sound"]), (&10.into(), &serde_json::Value::Null));
    assert!(!ran.stdout.contains("\n  sound "), "{}", ran.stdout);
}
