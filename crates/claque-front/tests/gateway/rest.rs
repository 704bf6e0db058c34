//! The REST calls in the words of the recorded sessions.

use claque_core::time::Instant;
use claque_front::yapit::gateway::{BlockStatus, Caller, GatewayConfig};
use claque_gateway::{DocumentId, VariantHash};

use crate::stage::{Stage, one_worker, user};

const AT: Instant = Instant::START;

fn me() -> Caller {
    Caller { user: user("a"), address: "test".to_owned() }
}

#[test]
fn documents_are_listed_and_deleted_once() {
    let mut stage = Stage::new(one_worker());
    let id = stage.document("a", "tea", 2);
    let texts: Vec<_> =
        stage.gateway.blocks(AT, &me(), id).unwrap().iter().map(|b| b.text.to_string()).collect();
    assert_eq!(texts, ["Block 0 on tea.", "Block 1 on tea."]);
    let other = Caller { user: user("b"), ..me() };
    let refusal = stage.gateway.blocks(AT, &other, id).unwrap_err();
    assert_eq!((refusal.status(), refusal.to_string().as_str()), (404, "Document not found"));
    assert_eq!(stage.gateway.delete_document(AT, &me(), id), Ok(()));
    let refusal = stage.gateway.delete_document(AT, &me(), id).unwrap_err();
    assert_eq!(refusal.to_string(), format!("Document UUID('{id}') not found"));
    assert_eq!(DocumentId::parse(&id.to_string()), Some(id));
}

#[test]
fn audio_is_unknown_then_promised_then_there() {
    let mut stage = Stage::new(one_worker());
    let unknown = VariantHash::from_bytes([0; 32]);
    let refusal = stage.gateway.audio(AT, "test", &unknown).unwrap_err();
    assert_eq!(refusal.to_string(), format!("BlockVariant '{}' not found", "0".repeat(64)));
    let document = stage.document("a", "tea", 1);
    stage.connect(0, 1, "a");
    stage.ask(0, 1, document, &[0]);
    let promised = stage.statuses()[0].2.variant.unwrap();
    let refusal = stage.gateway.audio(AT, "test", &promised).unwrap_err();
    assert_eq!((refusal.status(), refusal.to_string().as_str()), (404, "Audio not cached"));
    stage.run_until(1_000);
    let (_, _, ready) = stage.statuses().pop().unwrap();
    assert_eq!((ready.status, ready.variant), (BlockStatus::Cached, Some(promised)));
    let speech = stage.gateway.audio(AT, "test", &promised).unwrap();
    assert_eq!(Some(speech.speech.media), ready.duration);
}

#[test]
fn limits_are_per_address() {
    let mut stage = Stage::new(GatewayConfig::current());
    for _ in 0..10 {
        stage.gateway.create_document(AT, &me(), "One.", None).unwrap();
    }
    let refusal = stage.gateway.create_document(AT, &me(), "One.", None).unwrap_err();
    assert_eq!(
        (refusal.status(), refusal.to_string().as_str()),
        (429, "Too many requests. Please wait a moment and try again.")
    );
    let elsewhere = Caller { address: "elsewhere".to_owned(), ..me() };
    assert!(stage.gateway.create_document(AT, &elsewhere, "One.", None).is_ok());
    assert_eq!(stage.gateway.models(AT, "test").unwrap()[0].voices.len(), 54);
}
