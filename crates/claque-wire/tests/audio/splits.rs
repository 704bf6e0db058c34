//! Any split of a body gives the same as the whole.

use claque_core::time::MediaTime;
use claque_wire::audio::{AudioMeter, wav};
use proptest::prelude::*;

use crate::stage::{
    BLOCK_0, BLOCK_1, measure, mp3_frame, mp3_info_frame, opus_time, progress, rate, raw_wav, stream,
};

fn bodies() -> impl Strategy<Value = Vec<u8>> {
    let mp3 = [mp3_info_frame(4, 576, 700), mp3_frame().repeat(4)].concat();
    prop::sample::select(vec![
        BLOCK_0.to_vec(),
        stream(&[255, 3, 700, 20, 80], 312, 4_000),
        wav::write(&[7; 3_000], rate(24_000), 2),
        raw_wav(1, 1, 16, None, &[1; 999]),
        mp3,
        [BLOCK_0, &stream(&[40; 60], 312, 50_000)[..]].concat(),
        include_bytes!("../data/players/vorbis.ogg").to_vec(),
        [
            &wav::write(&[7; 300], rate(24_000), 1)[..],
            b"LIST\x04\0\0\0INFO",
            &wav::write(&[9; 301], rate(8_000), 2),
        ]
        .concat(),
    ])
}

/// Bodies of frames with bytes changed, left out or put in.
fn searched() -> impl Strategy<Value = Vec<u8>> {
    let whole = prop::sample::select(vec![
        include_bytes!("../data/players/speech.flac")[..20_000].to_vec(),
        include_bytes!("../data/players/speech.aac").to_vec(),
        include_bytes!("../data/players/free.mp3")[..9_000].to_vec(),
        [mp3_frame().repeat(4), b"junk".to_vec(), mp3_frame().repeat(3), b"LYRICSBEGIN".to_vec()].concat(),
    ]);
    let change = (any::<prop::sample::Index>(), 0usize..300, prop::collection::vec(any::<u8>(), 0..30));
    (whole, prop::collection::vec(change, 0..4)).prop_map(|(mut body, changes)| {
        for (at, out, put) in changes {
            let from = at.index(body.len().max(1)).min(body.len());
            let to = (from + out).min(body.len());
            body.splice(from..to, put);
        }
        body
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_split_gives_the_same_at_every_byte_seen(
        body in bodies(), sizes in prop::collection::vec(1usize..2_000, 1..40),
    ) {
        let mut meter = AudioMeter::new();
        let (mut at, mut before) = (0, MediaTime::ZERO);
        for size in sizes.into_iter().cycle() {
            if at == body.len() {
                break;
            }
            let end = body.len().min(at + size);
            let so_far = meter.push(&body[at..end]).unwrap();
            prop_assert_eq!(so_far, progress(&body[..end]).unwrap());
            prop_assert!(so_far.delivered >= before, "delivered audio is never taken back");
            (at, before) = (end, so_far.delivered);
        }
        prop_assert_eq!(meter.wire_bytes(), u64::try_from(body.len()).unwrap());
        let finished = meter.finish().unwrap();
        prop_assert_eq!(finished.media, before);
        prop_assert_eq!(finished, measure(&body).unwrap());
    }

    /// What a frame is shows only when the next is here, so the last ones are counted at the end.
    #[test]
    fn any_split_of_what_is_searched_through_gives_the_same(
        body in searched(), sizes in prop::collection::vec(1usize..700, 1..40),
    ) {
        let mut meter = AudioMeter::new();
        let (mut at, mut before) = (0, MediaTime::ZERO);
        for size in sizes.into_iter().cycle() {
            if at == body.len() {
                break;
            }
            let end = body.len().min(at + size);
            let so_far = meter.push(&body[at..end]);
            prop_assert_eq!(&so_far, &progress(&body[..end]));
            let Ok(so_far) = so_far else { break };
            prop_assert!(so_far.delivered >= before, "delivered audio is never taken back");
            (at, before) = (end, so_far.delivered);
        }
        let finished = meter.finish();
        if let Ok(finished) = &finished {
            prop_assert!(finished.media >= before);
        }
        prop_assert_eq!(finished, measure(&body));
    }

    #[test]
    fn a_cut_body_is_an_error(cut in any::<prop::sample::Index>(), which in 0usize..3) {
        let body = [BLOCK_1.to_vec(), stream(&[90; 120], 312, 100_000), wav::write(&[5; 999], rate(8_000), 1)];
        let body = &body[which];
        let len = cut.index(body.len());
        prop_assert!(measure(&body[..len]).is_err(), "{len} of {} bytes", body.len());
    }

    #[test]
    fn what_the_writer_writes_the_meter_reads(
        lens in prop::collection::vec(1usize..1_276, 1..200), pre_skip in 0u16..960, trim in 0u64..960,
    ) {
        let held = u64::try_from(lens.len()).unwrap() * 960;
        let total = held.saturating_sub(u64::from(pre_skip)).saturating_sub(trim);
        prop_assume!(total > 0);
        prop_assert_eq!(measure(&stream(&lens, pre_skip, total)).unwrap().media, opus_time(total));
    }

    #[test]
    fn no_bytes_make_a_decoder_panic(
        noise in prop::collection::vec(any::<u8>(), 0..400), body in bodies(), at in 0usize..2_000, keep in any::<bool>(),
    ) {
        let at = at % body.len();
        let tail = if keep { &body[at..] } else { &[] };
        for bytes in [noise.clone(), [&body[..at], &noise, tail].concat()] {
            let _ = measure(&bytes);
            let _ = wav::read(&bytes);
        }
    }
}
