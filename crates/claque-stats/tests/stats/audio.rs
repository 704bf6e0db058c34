//! What is made of audio that was looked at and listened to.

use claque_core::{
    ids::{BlockIdx, ListenerId},
    lag::LagHistogram,
    record::{BlockRecord, Fact, SoundRecord},
    remark::{Findings, Remark, Remarks, Sound},
    time::{Duration, MediaTime},
};
use claque_stats::{
    AudioFigures, ReasonId, RunShape, ScheduleLag, SoundFigures, Summary, Verdict, summarise,
};

use crate::facts::{block, session};

/// A run of one listener whose blocks were found to be so.
fn summary(found: impl IntoIterator<Item = Option<Findings>>) -> Summary {
    let blocks = (0..).zip(found).map(|(index, findings)| {
        Fact::Block(BlockRecord { findings, ..block(0, index, 1_000 + u64::from(index)) })
    });
    let mut facts: Vec<_> = blocks.collect();
    let blocks_per_user = u32::try_from(facts.len()).expect("there are few of them");
    facts.push(Fact::Listener(session(0, Some(1_000), 600_000)));
    let mut lag = LagHistogram::default();
    lag.record(Duration::from_millis(1));
    summarise(RunShape { users: 1, blocks_per_user }, &facts, ScheduleLag::from_histogram(&lag))
}

fn told(summary: &Summary) -> (Vec<String>, Vec<String>) {
    let verdict = Verdict::judge(summary);
    let texts = |reasons: Vec<claque_stats::Reason>| reasons.into_iter().map(|reason| reason.text).collect();
    (texts(verdict.reasons), texts(verdict.notes))
}

const fn heard(sound: Sound) -> Option<Findings> {
    Some(Findings { remarks: Remarks::NONE, sound: Some(sound), leading_silence: None })
}

fn odd(remark: Remark) -> Option<Findings> {
    Some(Findings { remarks: Remarks::NONE.with(remark), sound: Some(Sound::Audible), leading_silence: None })
}

fn with(count: usize, one: Option<Findings>, others: Option<Findings>, of: usize) -> Summary {
    summary((0..of).map(|index| if index < count { one } else { others }))
}

#[test]
fn silence_is_a_note_from_the_first_and_a_reason_above_one_block_in_a_hundred() {
    let (silent, audible) = (heard(Sound::Silent), heard(Sound::Audible));
    let words = vec!["audio in doubt: 1 of 100 blocks listened to silent".to_owned()];
    assert_eq!(told(&with(1, silent, audible, 100)), (vec![], words));
    let (reasons, notes) = told(&with(2, silent, audible, 100));
    assert_eq!(reasons, ["audio in doubt: 2 of 100 blocks listened to silent"]);
    assert_eq!(notes, [""; 0]);
}

#[test]
fn silence_is_counted_among_the_blocks_that_were_listened_to() {
    // Of 400 blocks ten were decoded.
    let decoded = |silent| {
        summary((0..400).map(|index| match index {
            _ if index < silent => heard(Sound::Silent),
            _ if index < 10 => heard(Sound::Audible),
            _ => Some(Findings::NONE),
        }))
    };
    assert!(Verdict::judge(&decoded(0)).is_valid());
    assert!(!Verdict::judge(&decoded(1)).is_valid(), "one in ten, though one in 400 of all");
}

#[test]
fn lengths_that_cannot_be_are_counted_by_kind() {
    for remark in [Remark::TooShort, Remark::TooLong, Remark::LengthContradicted] {
        let few = with(1, odd(remark), heard(Sound::Audible), 100);
        let verdict = Verdict::judge(&few);
        assert!(verdict.is_valid(), "{remark:?}");
        assert_eq!(verdict.notes[0].text, format!("audio in doubt: 1 of 100 blocks {}", remark.describe()));
        let many = Verdict::judge(&with(2, odd(remark), heard(Sound::Audible), 100));
        assert_eq!(many.reasons.iter().map(|reason| reason.id).collect::<Vec<_>>(), [ReasonId::AudioInDoubt]);
    }
    // A block that is both is one block in doubt.
    let both = Remarks::NONE.with(Remark::TooShort).with(Remark::LengthContradicted);
    let both = Some(Findings { remarks: both, sound: Some(Sound::Audible), leading_silence: None });
    assert_eq!(with(1, both, heard(Sound::Audible), 100).audio.unwrap().doubtful, 1);
}

#[test]
fn what_is_odd_and_played_is_a_note_and_no_more() {
    let (reasons, notes) = told(&with(6, odd(Remark::JunkBetween), heard(Sound::Undecodable), 8));
    assert_eq!(reasons, [""; 0]);
    let words =
        "odd audio: 6 of 8 blocks with bytes between frames that are no audio; 2 blocks could not be decoded";
    assert_eq!(notes, [words]);
}

#[test]
fn that_nobody_listened_is_told() {
    let unheard = |findings| told(&with(0, None, findings, 3)).1;
    let words = "whether there is sound in the audio of 3 blocks was not measured:";
    assert_eq!(unheard(Some(Findings::NONE)), [format!("{words} none was decoded (--decode-share)")]);
    assert_eq!(
        unheard(heard(Sound::Missed)),
        [format!("{words} there was no time to decode the 3 chosen for it")]
    );
    assert_eq!(unheard(heard(Sound::Audible)), [""; 0]);
    assert_eq!(unheard(None), [""; 0], "of files from before nothing is said");
    assert_eq!(with(0, None, None, 3).audio, None);
    assert_eq!(
        with(0, None, Some(Findings::NONE), 3).audio.unwrap().sound,
        None,
        "not measured, and not zero"
    );
}

#[test]
fn what_was_listened_to_after_a_block_was_on_record_counts_the_same() {
    let mut facts: Vec<_> = (0..3)
        .map(|index| Fact::Block(BlockRecord { findings: Some(Findings::NONE), ..block(0, index, 1_000) }))
        .collect();
    for (index, sound) in [(0, Sound::Audible), (2, Sound::Silent)] {
        facts.push(Fact::Sound(SoundRecord {
            listener: ListenerId(0),
            block: BlockIdx(index),
            sound,
            leading_silence: None,
        }));
    }
    let audio = summarise(RunShape { users: 1, blocks_per_user: 3 }, &facts, None).audio.unwrap();
    let sound = SoundFigures { listened: 2, silent: 1, ..SoundFigures::default() };
    assert_eq!(audio, AudioFigures { blocks: 3, sound: Some(sound), ..AudioFigures::default() });
}

#[test]
fn a_rate_that_nobody_told_is_a_note_of_its_own_and_no_oddity() {
    let found = [odd(Remark::RateAssumed), odd(Remark::RateAssumed), heard(Sound::Audible)];
    let (reasons, notes) = told(&summary(found));
    assert_eq!(reasons, [""; 0]);
    let [note] = notes.as_slice() else { panic!("{notes:?}") };
    assert!(
        note.starts_with("the sample rate of 2 of 3 blocks was assumed") && note.contains("--pcm-rate"),
        "{note}"
    );
}

#[test]
fn a_rate_that_was_told_and_is_not_believed_is_told_as_that() {
    let (_, notes) =
        told(&summary([odd(Remark::RateRejected), odd(Remark::RateRejected), heard(Sound::Audible)]));
    let [note] = notes.as_slice() else { panic!("{notes:?}") };
    assert!(
        note.contains("2 of 3 blocks was assumed, for the service told a rate") && !note.contains("neither"),
        "{note}"
    );
}

#[test]
fn beeps_in_the_place_of_speech_are_no_reading_of_the_text() {
    let judged = |blocks: &[(u32, u64)]| {
        let records = (0..).zip(blocks).map(|(index, &(chars, millis))| {
            let media = MediaTime::from_millis(millis);
            let remarks = claque_core::remark::of_length(chars, media);
            let findings = Some(Findings { remarks, sound: Some(Sound::Audible), leading_silence: None });
            Fact::Block(BlockRecord {
                chars,
                media,
                findings,
                bytes: 9_600 + u64::from(chars),
                ..block(0, index, 1_000)
            })
        });
        let mut facts: Vec<_> = records.collect();
        facts.push(Fact::Listener(session(0, Some(1_000), 600_000)));
        let blocks_per_user = u32::try_from(blocks.len()).expect("there are few of them");
        told(&summarise(RunShape { users: 1, blocks_per_user }, &facts, None)).0
    };
    // One block at 15 characters a second, seven of 0.3 s for the same.
    let fallback: Vec<_> = [(150, 10_000)].into_iter().chain([(150, 300); 7]).collect();
    let words = judged(&fallback);
    assert_eq!(
        words,
        [
            "audio in doubt: 7 of 8 blocks at 500 characters a second, where the same service speaks 15: no speech of their texts"
        ]
    );
    assert_eq!(judged(&[(150, 300); 8]), [""; 0], "a world in which all are so fast is its own");
    assert_eq!(
        judged(&[(20, 1_000), (280, 1_000), (300, 1_000)]),
        [""; 0],
        "of one length whatever the text"
    );
    assert_eq!(judged(&[(150, 2_600), (150, 2_400)]), [""; 0], "a little faster than a bound");
}

/// The notes of a run of one listener with blocks of so many characters and nanoseconds.
fn notes_of(blocks: &[(u32, u64)]) -> Vec<ReasonId> {
    let records = (0..).zip(blocks).map(|(index, &(chars, nanos))| {
        let media = MediaTime::from_nanos(nanos);
        let findings = heard(Sound::Audible);
        Fact::Block(BlockRecord { chars, media, findings, bytes: 9_600, ..block(0, index, 1_000) })
    });
    let mut facts: Vec<_> = records.collect();
    facts.push(Fact::Listener(session(0, Some(1_000), 600_000)));
    let blocks_per_user = u32::try_from(blocks.len()).expect("there are few of them");
    let summary = summarise(RunShape { users: 1, blocks_per_user }, &facts, None);
    let notes = Verdict::judge(&summary).notes.into_iter().map(|note| note.id);
    notes.filter(|id| *id == ReasonId::SameAudio).collect()
}

#[test]
fn one_and_the_same_audio_for_texts_of_all_lengths_is_told() {
    let same: Vec<_> = (0..8).map(|index| (60 + 20 * index, 2_000_000_000)).collect();
    assert_eq!(notes_of(&same), [ReasonId::SameAudio]);
    let mut other = same.clone();
    other[5].1 += 1;
    assert_eq!(notes_of(&other), [], "one of them differs");
    assert_eq!(notes_of(&same[..7]), [], "seven may be alike by chance");
    assert_eq!(notes_of(&[(100, 2_000_000_000); 8]), [], "texts are alike, too");
}
