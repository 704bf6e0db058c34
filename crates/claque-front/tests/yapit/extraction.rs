//! Extraction: pages that are counted elsewhere, and orders that are answered when all is over.

use claque_core::time::Duration;
use claque_front::yapit::{
    Input, Output, Upgrade,
    gateway::{CreationAnswer, GatewayConfig},
};
use claque_gateway::Workers;
use claque_wire::multipart::{self, Part};
use serde_json::json;

use crate::stage::{Stage, one_worker};

/// One worker that reads a page in a second; an order is answered with the document.
fn pages() -> GatewayConfig {
    let mut config = one_worker().without_extraction_limit();
    config.extraction.workers = Workers::Pull(1);
    config.extraction.page = Duration::from_secs(1);
    config.extraction.sigma = 0.0;
    config.extraction.pipeline.overflow = None;
    config.extraction.answer = CreationAnswer::Document;
    config
}

/// Hands a file in whose pages are counted so many; gives what it is called.
fn upload(stage: &mut Stage, at: u64, pages: u32) -> String {
    let content = b"whatever is counted elsewhere";
    let (content_type, body) =
        multipart::write(&Part { name: "file", file_name: Some("Tea.pdf"), content_type: None, content });
    let target = ("POST", "/api/v1/documents/prepare/upload");
    let call = stage.send(at, target, (&[("content-type", &content_type)], &body), Upgrade::No);
    let Some((_, Output::CountPages { call: own, file })) = stage.seen.last() else { panic!("no count") };
    assert_eq!((*own, &body[file.clone()]), (call, content.as_slice()));
    assert_eq!(stage.answer(call), None);
    stage.input(at, Input::Counted { call, pages: Some(pages) });
    let (status, prepared) = stage.json(call);
    assert_eq!((status, &prepared["metadata"]["title"]), (200, &json!("Tea")));
    prepared["hash"].as_str().expect("it is named").to_owned()
}

#[test]
fn an_order_is_answered_when_the_last_page_is_read() {
    let mut stage = Stage::new(pages(), None);
    let hash = upload(&mut stage, 0, 3);
    let order = json!({ "hash": hash, "ai_transform": false }).to_string();
    let call = stage.call(500, ("POST", "/api/v1/documents/document"), order.as_bytes());
    stage.run_until(60_000);
    let (at, answer) = stage.answer(call).unwrap();
    // One worker, a second a page.
    assert_eq!((at, answer.head.status), (3_500, 201));
}

#[test]
fn nobody_is_answered_who_has_left() {
    let mut stage = Stage::new(pages(), None);
    let hash = upload(&mut stage, 0, 3);
    let order = json!({ "hash": hash, "ai_transform": false }).to_string();
    let call = stage.call(0, ("POST", "/api/v1/documents/document"), order.as_bytes());
    stage.input(100, Input::Left { call });
    stage.run_until(60_000);
    assert_eq!(stage.answer(call), None);
    assert_eq!(stage.front.stats().gateway.extraction.completed, 1, "what was ordered is made all the same");
}

#[test]
fn a_file_whose_pages_cannot_be_counted_is_refused() {
    let mut stage = Stage::new(pages(), None);
    let (content_type, body) =
        multipart::write(&Part { name: "file", file_name: None, content_type: None, content: b"x" });
    let target = ("POST", "/api/v1/documents/prepare/upload");
    let call = stage.send(0, target, (&[("content-type", &content_type)], &body), Upgrade::No);
    stage.input(10_000, Input::Counted { call, pages: None });
    assert_eq!(stage.answer(call).map(|(at, answer)| (at, answer.head.status)), Some((10_000, 422)));
    // Told twice, it is answered once.
    stage.input(10_001, Input::Counted { call, pages: Some(1) });
    assert_eq!(stage.seen.iter().filter(|(_, output)| matches!(output, Output::Answer { .. })).count(), 1);
}
