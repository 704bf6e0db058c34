//! Files that players play, each measured to what they play of it, with a remark for what is odd.
//!
//! Right values were found with ffmpeg, opusinfo and soxi. The files made for this purpose lie beside the repository; the
//! smallest of them, and what can be made from those, are here.

use std::{
    fs,
    path::{Path, PathBuf},
};

use claque_core::{
    remark::{Remark, Remarks},
    time::MediaTime,
};
use claque_wire::audio::{AudioError, AudioMeter, Container, Finished};

fn measure(bytes: &[u8]) -> Result<Finished, AudioError> {
    let mut meter = AudioMeter::new();
    meter.push(bytes)?;
    meter.finish()
}

fn kept(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/players").join(name))
        .expect("the file is kept")
}

/// Samples at a rate that last as long, to the nearest.
fn samples(media: MediaTime, hertz: u32) -> u64 {
    u64::try_from((u128::from(media.as_nanos()) * u128::from(hertz) + 500_000_000) / 1_000_000_000)
        .expect("no body is that long")
}

fn remarks<const N: usize>(remarks: [Remark; N]) -> Remarks {
    remarks.into_iter().collect()
}

#[test]
fn vorbis_flac_and_aac_last_as_long_as_players_play_them() {
    let vorbis = measure(&kept("vorbis.ogg")).unwrap();
    assert_eq!((samples(vorbis.media, 24_000), vorbis.container), (102_942, Container::OggVorbis));
    let flac = measure(&kept("speech.flac")).unwrap();
    assert_eq!((samples(flac.media, 24_000), flac.container), (55_552, Container::Flac));
    let aac = measure(&kept("speech.aac")).unwrap();
    assert_eq!((samples(aac.media, 22_050), aac.container), (49_152, Container::Adts));
    for finished in [vorbis, flac, aac] {
        assert!(finished.remarks.is_empty(), "{finished:?}");
    }
}

#[test]
fn files_in_a_row_are_all_heard() {
    let chained = measure(&kept("o_chained.ogg")).unwrap();
    assert_eq!(samples(chained.media, 48_000), 2 * 205_884);
    assert_eq!(chained.remarks, remarks([Remark::SeveralFiles]));
    let flac = measure(&kept("speech.flac").repeat(3)).unwrap();
    assert_eq!(samples(flac.media, 24_000), 3 * 55_552);
    assert_eq!(flac.remarks, remarks([Remark::SeveralFiles]));
    let aac = measure(&kept("speech.aac").repeat(2)).unwrap();
    assert_eq!(samples(aac.media, 22_050), 2 * 49_152);
    let different = measure(&[kept("o_chained.ogg"), kept("vorbis.ogg")].concat()).unwrap();
    assert_eq!(samples(different.media, 24_000), 205_884 + 102_942);
    assert_eq!(different.remarks, remarks([Remark::SeveralFiles, Remark::RateChange]));
}

#[test]
fn frames_of_free_bit_rate_are_as_long_as_the_first() {
    let free = measure(&kept("free.mp3")).unwrap();
    assert_eq!(samples(free.media, 24_000), 102_942);
    assert_eq!((free.container, free.remarks), (Container::Mp3, Remarks::NONE));
}

#[test]
fn a_tag_behind_flac_is_not_heard() {
    let flac = kept("speech.flac");
    let tagged = measure(&[flac.clone(), [&b"TAG"[..], &[b'x'; 125]].concat()].concat()).unwrap();
    assert_eq!(tagged.media, measure(&flac).unwrap().media);
    assert_eq!(tagged.remarks, remarks([Remark::JunkBehind]));
}

#[test]
fn cut_files_are_cut() {
    for name in ["vorbis.ogg", "speech.flac", "o_chained.ogg"] {
        let whole = kept(name);
        for len in [whole.len() / 3, whole.len() / 2, whole.len() - 1] {
            assert!(matches!(measure(&whole[..len]), Err(AudioError::Truncated { .. })), "{name} {len}");
        }
    }
}

/// Where the files with right values lie, if they do.
fn beside(folder: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/truth").join(folder);
    if path.is_dir() {
        return Some(path);
    }
    #[expect(clippy::print_stderr, reason = "whoever runs the tests should know what was not tested")]
    {
        eprintln!("SKIPPED: there is no {}, only the files kept here are measured", path.display());
    }
    None
}

#[test]
fn files_made_to_be_odd_have_the_length_that_players_give_them() {
    let Some(folder) = beside("inputs") else { return };
    // Name, rate, samples at it, samples that players differ by, what is odd.
    let right = [
        ("pocket_2e9.wav", 24_000, 48_000, 0, remarks([Remark::WavPlaceholder])),
        ("mulaw.wav", 8_000, 34_314, 0, Remarks::NONE),
        ("alaw.wav", 8_000, 34_314, 0, Remarks::NONE),
        ("rf64_1s.wav", 24_000, 24_000, 0, Remarks::NONE),
        ("o_noeos.ogg", 48_000, 205_884, 0, remarks([Remark::OggNoEndFlag])),
        ("o_chained.ogg", 48_000, 2 * 205_884, 0, remarks([Remark::SeveralFiles])),
        ("gran_nopreskip.ogg", 48_000, 205_884, 0, remarks([Remark::OggPositions])),
        ("vorbis.ogg", 24_000, 102_942, 0, Remarks::NONE),
        ("m_lyrics3.mp3", 24_000, 102_942, 0, remarks([Remark::Tags])),
        ("m_trailing_junk.mp3", 24_000, 102_942, 0, remarks([Remark::JunkBehind])),
        ("free.mp3", 24_000, 102_942, 0, Remarks::NONE),
        // 181 frames of 24 ms and 62 of 72 ms; decoders lose up to one where the rate changes, and say 8.759 and 8.736 s.
        ("m_ratechange.mp3", 24_000, 210_216, 1_728, remarks([Remark::RateChange])),
    ];
    for (name, hertz, expected, tolerance, odd) in right {
        let finished = measure(&fs::read(folder.join(name)).unwrap());
        let finished = finished.unwrap_or_else(|error| panic!("{name}: {error}"));
        let found = samples(finished.media, hertz);
        assert!(found.abs_diff(expected) <= tolerance, "{name}: {found} samples, {expected} expected");
        assert_eq!(finished.remarks, odd, "{name}");
    }
}

#[test]
fn bodies_recorded_of_servers_have_the_length_that_a_decoder_found() {
    let Some(folder) = beside("wire/openai") else { return };
    let table = fs::read_to_string(folder.join("bodies.tsv")).unwrap();
    let mut measured = 0;
    for row in table.lines().skip(1) {
        let fields: Vec<&str> = row.split('\t').collect();
        let (name, codec, note) = (fields[0], fields[2], fields.get(8).copied().unwrap_or_default());
        let (rate, expected): (u32, u64) = (fields[3].parse().unwrap(), fields[5].parse().unwrap());
        if codec.starts_with("raw") {
            continue;
        }
        let body = fs::read(folder.join("bodies").join(name)).unwrap();
        let finished = measure(&body);
        if expected == 0 {
            assert_eq!(finished, Err(AudioError::Empty), "{name}");
            continue;
        }
        let finished = match finished {
            // A listener left in the middle of it.
            Err(AudioError::Truncated { .. }) if fields[7].contains("leaves in mid-body") => continue,
            finished => finished.unwrap_or_else(|error| panic!("{name}: {error}")),
        };
        // Of several files in a row the decoder heard the first, or lost some; their raw sibling has 144,128 samples.
        let (expected, packet) = match codec {
            "pcm_s16le" if note.contains("files in a row") => (144_128, 0),
            "flac" if note.contains("streams in a row") => (144_128, 0),
            "mp3" => (expected, 576),
            _ => (expected, 0),
        };
        // Opus is counted at 48 kHz whatever the table's column says of the source.
        let rate = if codec == "mp3" && name.starts_with("7da6") { 24_000 } else { rate };
        let found = samples(finished.media, rate);
        assert!(found.abs_diff(expected) <= packet, "{name}: {found} samples, {expected} expected");
        measured += 1;
    }
    assert!(measured >= 15, "only {measured} bodies were measured");
}
