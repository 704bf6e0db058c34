//! Typed messages and text frames mean the same.

use claque_core::{event::Event, ids::BlockIdx, rng::Seed};
use claque_front::yapit::{
    encode,
    gateway::{BlockNotice, BlockStatus, Notice},
};
use claque_gateway::{DocumentId, VariantHash};
use claque_wire::yapit::{ClientSession, Era, SessionEvent};
use proptest::prelude::*;

use super::{NoticeConsequence, Session};

/// What happens in a conversation.
#[derive(Clone, Debug)]
enum Step {
    Ask(Vec<u32>),
    Told(Notice),
    Forget(u32),
    ChangeVoice(&'static str),
}

fn own() -> DocumentId {
    DocumentId::from_seed(Seed::root(1))
}

fn hash() -> VariantHash {
    VariantHash::from_bytes([7; 32])
}

fn documents() -> impl Strategy<Value = DocumentId> {
    prop_oneof![4 => Just(own()), 1 => Just(DocumentId::from_seed(Seed::root(2)))]
}

fn statuses() -> impl Strategy<Value = Notice> {
    let kinds = prop_oneof![
        2 => Just(BlockStatus::Queued),
        1 => Just(BlockStatus::Processing),
        4 => Just(BlockStatus::Cached),
        2 => Just(BlockStatus::Skipped),
        2 => Just(BlockStatus::Error),
    ];
    let error = prop::option::of("[a-z ]{0,9}");
    let flags = (prop::bool::weighted(0.8), prop::bool::weighted(0.9), voices());
    (documents(), -1_i64..6, kinds, error, flags).prop_map(
        |(document, block, status, error, (has_variant, recoverable, voice))| {
            Notice::Status(BlockNotice {
                document,
                block,
                status,
                variant: has_variant.then(hash),
                duration: None,
                error,
                recoverable,
                model: "m".into(),
                voice: voice.into(),
            })
        },
    )
}

fn voices() -> impl Strategy<Value = &'static str> {
    prop_oneof![3 => Just("v"), 1 => Just("w")]
}

fn steps() -> impl Strategy<Value = Step> {
    let evicted = (documents(), prop::collection::vec(-1_i64..6, 0..4));
    prop_oneof![
        3 => prop::collection::vec(0_u32..5, 0..4).prop_map(Step::Ask),
        8 => statuses().prop_map(Step::Told),
        2 => evicted.prop_map(|(document, blocks)| Step::Told(Notice::Evicted { document, blocks })),
        1 => "Rate limit exceeded|Voice not found|Internal server error"
            .prop_map(|text| Step::Told(Notice::Error { text })),
        2 => (0_u32..5).prop_map(Step::Forget),
        1 => voices().prop_map(Step::ChangeVoice),
    ]
}

fn as_news(event: SessionEvent<'_>) -> NoticeConsequence {
    event.map(|url| {
        assert_eq!(url, format!("/v1/audio/{}", hash()));
        hash()
    })
}

fn indices(blocks: &[u32]) -> Vec<BlockIdx> {
    blocks.iter().copied().map(BlockIdx).collect()
}

proptest! {
    #[test]
    fn a_typed_conversation_leads_to_what_its_frames_lead_to(steps in prop::collection::vec(steps(), 0..40)) {
        let mut typed = Session::new(own(), super::DocumentCheck::Checked, "v".into());
        let mut wired = ClientSession::new(own().to_string(), "m".to_owned(), "v".to_owned());
        for step in steps {
            let (mut news, mut events) = (Vec::new(), Vec::new());
            match step {
                Step::Ask(blocks) => {
                    typed.request(&indices(&blocks));
                    let _ = wired.request(&indices(&blocks));
                }
                Step::Told(notice) => {
                    wired.handle_text(&encode(&notice, Era::Current), &mut |event| events.push(as_news(event)));
                    typed.handle_notice(notice, &mut news);
                }
                Step::ChangeVoice(voice) => {
                    typed.change_voice(voice.into());
                    wired.change_voice(voice.to_owned());
                }
                Step::Forget(block) => {
                    typed.forget(&[BlockIdx(block)]);
                    wired.forget(&[BlockIdx(block)]);
                }
            }
            // Names that were not asked for are a frame's alone: what is typed has none.
            events.retain(|event| !matches!(event, NoticeConsequence::Event(Event::Warning { text }) if text.contains("a status names")));
            prop_assert_eq!(news, events);
        }
    }
}

#[test]
fn an_empty_eviction_says_nothing() {
    let mut session = Session::new(own(), super::DocumentCheck::Checked, "v".into());
    let mut news = Vec::new();
    session.handle_notice(Notice::Evicted { document: own(), blocks: Vec::new() }, &mut news);
    assert_eq!(news, []);
    session.request(&[BlockIdx(0)]);
    session.handle_notice(Notice::Evicted { document: own(), blocks: vec![0] }, &mut news);
    assert_eq!(news, [NoticeConsequence::Event(Event::Evicted { blocks: vec![BlockIdx(0)] })]);
}
