//! A listener's conversation with a gateway: what each message leads to.

mod messages;

use claque_core::{
    event::{Event, Failure, FailureClass, FailureScope, Phase, StatusKind},
    ids::BlockIdx,
};
use claque_wire::yapit::{
    BlockStatus, ClientMessage, ClientSession, Consequence, Era, ServerMessage, Status, SynthesisMode,
};

const OWN: &str = "9db4c472-317f-4463-b939-68c02d21f32a";
const FOREIGN: &str = "dd7373c7-0011-4967-88c5-26b171bb03bf";

fn status(document: &str, block: i64, status: BlockStatus) -> Status<'_> {
    Status {
        document_id: document.into(),
        block_idx: block,
        status,
        audio_url: matches!(status, BlockStatus::Queued | BlockStatus::Cached).then(|| "/v1/audio/h".into()),
        error: (status == BlockStatus::Error).then(|| "worker fell over".into()),
        recoverable: Some(true),
        model_slug: Some("kokoro".into()),
        voice_slug: Some("af_heart".into()),
        word_timestamps: None,
        duration_ms: None,
    }
}

fn text(document: &str, block: i64, kind: BlockStatus) -> String {
    ServerMessage::Status(status(document, block, kind)).encode(Era::Current)
}

fn evicted(document: &str, blocks: &[i64]) -> String {
    ServerMessage::Evicted { document_id: document.into(), block_indices: blocks.to_vec() }
        .encode(Era::Current)
}

type Heard = Consequence<String>;

fn session(asked: &[u32]) -> ClientSession {
    let mut session = ClientSession::new(OWN.to_owned(), "kokoro".to_owned(), "af_heart".to_owned());
    let blocks: Vec<BlockIdx> = asked.iter().copied().map(BlockIdx).collect();
    let _ = session.request(&blocks);
    session
}

fn hear(session: &mut ClientSession, text: &str) -> Vec<Heard> {
    let mut out = Vec::new();
    session.handle_text(text, &mut |event| out.push(event.map(str::to_owned)));
    out
}

fn said(block: u32, kind: StatusKind) -> Heard {
    Heard::Event(Event::Status { block: BlockIdx(block), kind })
}

fn ready(block: u32) -> Vec<Heard> {
    let fetch = Heard::Fetch { block: BlockIdx(block), audio: "/v1/audio/h".to_owned(), declared: None };
    vec![said(block, StatusKind::Ready), fetch]
}

fn only_failure(out: &[Heard]) -> &Failure {
    match out {
        [Heard::Event(Event::Failed(failure))] => failure,
        other => panic!("one failure expected, got {other:?}"),
    }
}

fn only_block_error(out: &[Heard]) -> (&Failure, bool) {
    match out {
        [Heard::Event(Event::BlockError { failure, recoverable })] => (failure, *recoverable),
        other => panic!("one error of a block expected, got {other:?}"),
    }
}

fn is_warning(out: &[Heard]) -> bool {
    matches!(out, [Heard::Event(Event::Warning { .. })])
}

#[test]
fn a_request_is_understood_by_servers_of_both_eras() {
    let mut session = session(&[]);
    let frame = session.request(&[BlockIdx(8), BlockIdx(9)]);
    for era in [Era::Feb2026, Era::Current] {
        let message = ClientMessage::decode(&frame, era).unwrap();
        assert_eq!(
            message,
            ClientMessage::Synthesize {
                document_id: OWN.to_owned(),
                block_indices: vec![8, 9],
                model: "kokoro".to_owned(),
                voice: "af_heart".to_owned(),
                cursor: Some(9),
                synthesis_mode: Some(SynthesisMode::Server),
            }
        );
        let jump = session.cursor_moved(BlockIdx(16));
        let moved = ClientMessage::CursorMoved { document_id: OWN.to_owned(), cursor: 16 };
        assert_eq!(ClientMessage::decode(&jump, era), Ok(moved));
    }
}

#[test]
fn a_block_is_queued_then_ready_and_fetched_once() {
    let mut session = session(&[0, 1]);
    // The queued status names its future address already; that is not readiness.
    assert_eq!(hear(&mut session, &text(OWN, 0, BlockStatus::Queued)), [said(0, StatusKind::Queued)]);
    assert_eq!(hear(&mut session, &text(OWN, 0, BlockStatus::Processing)), [said(0, StatusKind::Processing)]);
    assert_eq!(hear(&mut session, &text(OWN, 0, BlockStatus::Cached)), ready(0));
    assert!(is_warning(&hear(&mut session, &text(OWN, 0, BlockStatus::Cached))), "it was asked for once");
    // Asked for again, as after a jump, it is fetched again, and may be answered as often as it was asked for.
    let _ = session.request(&[BlockIdx(0)]);
    assert_eq!(hear(&mut session, &text(OWN, 0, BlockStatus::Cached)), ready(0));
    assert_eq!(hear(&mut session, &text(OWN, 0, BlockStatus::Cached)), []);
    assert_eq!(hear(&mut session, &text(OWN, 1, BlockStatus::Skipped)), [said(1, StatusKind::Skipped)]);
}

#[test]
fn foreign_messages_change_nothing() {
    let mut session = session(&[0]);
    let foreign = [Heard::Event(Event::Foreign)];
    let unknown = text(FOREIGN, 0, BlockStatus::Cached).replace("cached", "sung");
    for message in [
        text(FOREIGN, 0, BlockStatus::Cached),
        text(FOREIGN, 0, BlockStatus::Error),
        evicted(FOREIGN, &[0]),
        unknown,
    ] {
        assert_eq!(hear(&mut session, &message), foreign, "{message}");
    }
    assert_eq!(hear(&mut session, &text(OWN, 0, BlockStatus::Cached)), ready(0));
}

#[test]
fn a_failed_fetch_may_be_asked_for_again() {
    let mut session = session(&[0]);
    assert_eq!(hear(&mut session, &text(OWN, 0, BlockStatus::Cached)), ready(0));
    let _ = session.request(&[BlockIdx(0)]);
    assert_eq!(hear(&mut session, &text(OWN, 0, BlockStatus::Cached)), ready(0));
}

#[test]
fn what_had_waited_in_another_voice_is_asked_for_and_its_answers_are_passed_over() {
    let mut session = session(&[]);
    session.change_voice("af_bella".to_owned());
    let frame = session.request_in("af_heart", &[BlockIdx(0)]);
    assert!(frame.contains("af_heart"), "{frame}");
    assert_eq!(hear(&mut session, &text(OWN, 0, BlockStatus::Cached)), []);
}

#[test]
fn a_withdrawn_block_comes_when_it_is_asked_for_again_and_not_before() {
    let withdrawn = [Heard::Event(Event::Evicted { blocks: vec![BlockIdx(0)] })];
    let mut session = session(&[0]);
    assert_eq!(hear(&mut session, &evicted(OWN, &[0])), withdrawn);
    assert_eq!(hear(&mut session, &text(OWN, 0, BlockStatus::Cached)), [], "a late report");
    let _ = session.request(&[BlockIdx(0)]);
    assert_eq!(hear(&mut session, &text(OWN, 0, BlockStatus::Cached)), ready(0));
    // Asked for again while the withdrawal was still on its way: the player takes it for one of the new request.
    let _ = session.request(&[BlockIdx(0)]);
    assert_eq!(hear(&mut session, &evicted(OWN, &[0])), withdrawn);
    assert_eq!(hear(&mut session, &text(OWN, 0, BlockStatus::Cached)), []);
}

#[test]
fn a_message_that_withdraws_what_nobody_asked_for_is_one_warning_however_long_it_is() {
    let mut session = session(&[7]);
    let out = hear(&mut session, &evicted(OWN, &(0..100_000).collect::<Vec<_>>()));
    assert!(is_warning(&out[..1]), "{:?}", out[0]);
    let withdrawn = Heard::Event(Event::Evicted { blocks: vec![BlockIdx(7)] });
    assert_eq!(out[1..], [withdrawn]);
}

#[test]
fn an_address_of_audio_has_a_bound() {
    for (length, is_followed) in [(8 << 10, true), ((8 << 10) + 1, false)] {
        let mut status = status(OWN, 0, BlockStatus::Cached);
        status.audio_url = Some("/".repeat(length).into());
        let out = hear(&mut session(&[0]), &ServerMessage::Status(status).encode(Era::Current));
        assert_eq!(out.len() == 2, is_followed, "{length}");
        if !is_followed {
            assert_eq!(only_failure(&out).kills, FailureScope::Block(BlockIdx(0)));
        }
    }
}

#[test]
fn what_is_forgotten_is_fetched_only_if_it_is_asked_for_again() {
    let mut session = session(&[0, 1]);
    assert_eq!(hear(&mut session, &text(OWN, 0, BlockStatus::Cached)), ready(0));
    session.forget(&[BlockIdx(1), BlockIdx(9)]);
    assert_eq!(hear(&mut session, &text(OWN, 1, BlockStatus::Cached)), [], "not wanted any more");
    let _ = session.request(&[BlockIdx(0), BlockIdx(1)]);
    assert_eq!(hear(&mut session, &text(OWN, 0, BlockStatus::Cached)), ready(0));
    assert_eq!(hear(&mut session, &text(OWN, 1, BlockStatus::Cached)), ready(1));
}

#[test]
fn what_is_said_of_another_voice_than_the_last_asked_for_is_passed_over() {
    let mut session = session(&[0, 1]);
    session.change_voice("af_bella".to_owned());
    let frame = session.request(&[BlockIdx(0)]);
    assert!(frame.contains("af_bella"), "{frame}");
    assert_eq!(hear(&mut session, &text(OWN, 0, BlockStatus::Cached)), [], "the old voice");
    assert_eq!(hear(&mut session, &text(OWN, 1, BlockStatus::Cached)), [], "not asked for in the new one");
    session.change_voice("af_heart".to_owned());
    let _ = session.request(&[BlockIdx(0)]);
    assert_eq!(hear(&mut session, &text(OWN, 0, BlockStatus::Cached)), ready(0));
}

#[test]
fn a_block_error_kills_the_block_and_says_whether_asking_again_may_help() {
    let mut session = session(&[0, 1]);
    let out = hear(&mut session, &text(OWN, 0, BlockStatus::Error));
    assert_eq!(
        only_block_error(&out),
        (
            &Failure {
                phase: Phase::BeforeAudio,
                class: FailureClass::Server,
                code: None,
                text: "worker fell over".to_owned(),
                kills: FailureScope::Block(BlockIdx(0)),
            },
            true
        )
    );
    let mut refusal = status(OWN, 1, BlockStatus::Error);
    refusal.recoverable = Some(false);
    refusal.error = Some("Usage limit exceeded".into());
    let out = hear(&mut session, &ServerMessage::Status(refusal).encode(Era::Current));
    let (failure, recoverable) = only_block_error(&out);
    assert_eq!(
        (failure.class, failure.kills, recoverable),
        (FailureClass::Limit, FailureScope::Block(BlockIdx(1)), false)
    );
    assert_eq!(failure.text, "Usage limit exceeded");
    // A player remembers errors also of blocks that it does not wait for.
    let (failure, _) = (hear(&mut session, &text(OWN, 7, BlockStatus::Error)), ());
    assert_eq!(only_block_error(&failure).0.kills, FailureScope::Block(BlockIdx(7)));
}

#[test]
fn a_limit_that_is_called_recoverable_is_a_limit_all_the_same() {
    let mut session = session(&[0]);
    let mut refusal = status(OWN, 0, BlockStatus::Error);
    refusal.error = Some("provider returned 429: quota exceeded".into());
    let out = hear(&mut session, &ServerMessage::Status(refusal).encode(Era::Current));
    let (failure, recoverable) = only_block_error(&out);
    assert_eq!((failure.class, recoverable), (FailureClass::Limit, true));
}

#[test]
fn ready_without_an_address_fails_the_block() {
    let mut session = session(&[0]);
    let mut bare = status(OWN, 0, BlockStatus::Cached);
    bare.audio_url = None;
    let out = hear(&mut session, &ServerMessage::Status(bare).encode(Era::Current));
    let failure = only_failure(&out);
    assert_eq!((failure.class, failure.kills), (FailureClass::Protocol, FailureScope::Block(BlockIdx(0))));
}

#[test]
fn session_errors_keep_the_servers_words_and_find_their_class() {
    for (words, class) in [
        ("Rate limit exceeded. Please slow down.", FailureClass::Limit),
        ("Document not found or access denied", FailureClass::Invalid),
        ("Model 'x' not found", FailureClass::Invalid),
        ("Voice 'y' not configured for model 'x'", FailureClass::Invalid),
        ("Unknown message type: dance", FailureClass::Invalid),
        ("Invalid JSON", FailureClass::Invalid),
        (
            "3 validation errors for WSSynthesizeRequest\nblock_indices\n  Field required",
            FailureClass::Invalid,
        ),
        ("Internal server error", FailureClass::Server),
        ("the roof is on fire", FailureClass::Server),
    ] {
        let message = ServerMessage::Error { error: words.into() }.encode(Era::Current);
        let out = hear(&mut session(&[0]), &message);
        let failure = only_failure(&out);
        assert_eq!((failure.class, failure.kills), (class, FailureScope::Session), "{words}");
        assert_eq!(failure.text, words);
    }
}

#[test]
fn what_is_not_understood_is_a_warning_unless_it_is_no_json() {
    let mut session = session(&[0]);
    for message in [
        r#"{"type":"applause"}"#.to_owned(),
        r#"{"type":"applause","status":5}"#.to_owned(),
        "[1,2]".to_owned(),
        r#"{"type":"status"}"#.to_owned(),
        text(OWN, 0, BlockStatus::Cached).replace("cached", "sung"),
        text(OWN, -1, BlockStatus::Cached),
        text(OWN, 4_294_967_296, BlockStatus::Cached),
        text(OWN, 7, BlockStatus::Cached),
        evicted(OWN, &[-1]),
    ] {
        let out = hear(&mut session, &message);
        assert!(is_warning(&out), "{message} gave {out:?}");
    }
    let out = hear(&mut session, &format!("{{oops{}", "x".repeat(200)));
    let failure = only_failure(&out);
    assert_eq!((failure.class, failure.kills), (FailureClass::Protocol, FailureScope::Session));
    assert_eq!(failure.text, format!("server sent invalid JSON: {{oops{}", "x".repeat(75)));
}

#[test]
fn a_message_of_the_older_era_says_all_that_is_needed() {
    let message = ServerMessage::Status(status(OWN, 0, BlockStatus::Cached)).encode(Era::Feb2026);
    for field in ["recoverable", "word_timestamps", "duration_ms"] {
        assert!(!message.contains(field), "{field}");
    }
    assert_eq!(hear(&mut session(&[0]), &message), ready(0));
    let bare =
        format!(r#"{{"type":"status","document_id":"{OWN}","block_idx":0,"status":"queued","new":[{{}}]}}"#);
    assert_eq!(hear(&mut session(&[0]), &bare), [said(0, StatusKind::Queued)]);
    let float = text(OWN, 0, BlockStatus::Cached).replace(r#""duration_ms":null"#, r#""duration_ms":6455.9"#);
    let Ok(ServerMessage::Status(status)) = ServerMessage::decode(&float) else { panic!("refused") };
    assert_eq!(status.duration_ms, Some(6_455));
}
