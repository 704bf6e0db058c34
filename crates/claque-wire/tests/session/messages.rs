//! Messages on their way there and back.

use claque_core::event::{FailureScope, Phase};
use claque_wire::yapit::{
    BlockStatus, ClientMessage, Era, ServerMessage, ServerMessageError, Status, SynthesisMode, http_failure,
    jwt,
};
use proptest::prelude::*;

use super::{OWN, hear, session, text};

#[test]
fn plain_text_is_borrowed_from_the_frame() {
    let frame = text(OWN, 0, BlockStatus::Cached);
    let Ok(ServerMessage::Status(status)) = ServerMessage::decode(&frame) else { panic!("refused") };
    assert!(matches!(status.document_id, std::borrow::Cow::Borrowed(_)));
    assert!(matches!(status.audio_url, Some(std::borrow::Cow::Borrowed(_))));
}

fn any_status() -> impl Strategy<Value = Status<'static>> {
    let kinds = prop::sample::select(vec![
        BlockStatus::Queued,
        BlockStatus::Processing,
        BlockStatus::Cached,
        BlockStatus::Skipped,
        BlockStatus::Error,
    ]);
    let words = || prop::option::of(".{0,20}".prop_map(std::borrow::Cow::Owned));
    (
        (".{0,20}", any::<i64>(), kinds, words(), words()),
        (any::<bool>(), words(), words(), words(), any::<Option<u64>>()),
    )
        .prop_map(|((document_id, block_idx, status, audio_url, error), rest)| {
            let (recoverable, model_slug, voice_slug, word_timestamps, duration_ms) = rest;
            let recoverable = Some(recoverable);
            Status {
                document_id: document_id.into(),
                block_idx,
                status,
                audio_url,
                error,
                recoverable,
                model_slug,
                voice_slug,
                word_timestamps,
                duration_ms,
            }
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn server_messages_survive_the_way_there_and_back(status in any_status()) {
        let message = ServerMessage::Status(status);
        let frame = message.encode(Era::Current);
        prop_assert_eq!(ServerMessage::decode(&frame), Ok(message));
    }

    #[test]
    fn client_messages_survive_the_way_there_and_back(
        blocks in prop::collection::vec(any::<i64>(), 0..32), model in ".{0,20}", cursor in any::<i64>(),
    ) {
        let message = ClientMessage::Synthesize {
            document_id: OWN.to_owned(),
            block_indices: blocks,
            model: model.clone(),
            voice: model,
            cursor: Some(cursor),
            synthesis_mode: Some(SynthesisMode::Browser),
        };
        prop_assert_eq!(ClientMessage::decode(&message.encode(), Era::Current), Ok(message.clone()));
        prop_assert_eq!(ClientMessage::decode(&message.encode(), Era::Feb2026), Ok(message));
    }

    #[test]
    fn no_text_makes_a_decoder_panic(
        noise in ".{0,60}",
        kind in prop::sample::select(vec!["status", "evicted", "error", "synthesize", "cursor_moved", "x"]),
        field in prop::sample::select(vec!["document_id", "block_idx", "block_indices", "status", "cursor"]),
        value in prop::sample::select(vec!["null", "-1", "1e300", "[]", "[1,{}]", "{\"a\":[]}", "\"\\u0000'\"", "\"é\""]),
    ) {
        for text in [noise.clone(), format!(r#"{{"type":"{kind}","{field}":{value}}}"#)] {
            let mut session = session(&[0]);
            let out = hear(&mut session, &text);
            prop_assert_eq!(out.len(), 1, "every message leads to one event at least: {}", text);
            if let Err(ServerMessageError::InvalidJson { .. }) = ServerMessage::decode(&text) {
                prop_assert!(ClientMessage::decode(&text, Era::Current).is_err());
            }
            let _ = ClientMessage::decode(&text, Era::Feb2026);
            let _ = jwt::decode(&text);
            let _ = http_failure(500, text.as_bytes(), FailureScope::Session, Phase::Dial);
        }
    }
}
