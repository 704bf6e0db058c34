//! Extraction of documents over HTTP, in the shapes of both eras.

use claque_core::{
    extraction::{AiTransform, DocumentEnd, DocumentFact, DocumentRecord, OnStop, PollPolicy},
    time::Duration,
};
use claque_front::yapit::gateway::{CreationAnswer, GatewayConfig, PageEnd, RateLimit};
use claque_gateway::Workers;
use claque_net::{
    extraction::{Conversations, ExtractionOrder, JournalAck, News, Paper},
    host::Host,
    service::{Credentials, Network, NetworkOrder, Service, Target},
};
use claque_wire::multipart::{self, Part};
use serde_json::{Value, json};

use crate::stage::{Reply, call, quick, soon, start, until};

const UPLOAD: &str = "/api/v1/documents/prepare/upload";
const CREATE: &str = "/api/v1/documents/document";
const STATUS: &str = "/api/v1/documents/extraction/status";

/// Two workers that read a page in 20 ms.
fn pages() -> GatewayConfig {
    let mut config = quick().without_extraction_limit();
    config.extraction.workers = Workers::Pull(2);
    config.extraction.page = Duration::from_millis(20);
    config.extraction.sigma = 0.0;
    config
}

fn feb() -> GatewayConfig {
    GatewayConfig { era: claque_front::yapit::gateway::Era::Feb2026, ..pages() }
}

/// What passes for a PDF where only pages are counted.
fn pdf(pages: u32, name: &str) -> Vec<u8> {
    let kids: String = (0..pages).map(|page| format!("{} 0 R ", page + 3)).collect();
    let leaves: String = (0..pages)
        .map(|page| format!("{} 0 obj <</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>> endobj\n", page + 3))
        .collect();
    let file = format!(
        "%PDF-1.4\n% {name}\n1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj\n\
         2 0 obj <</Type/Pages/Kids[{kids}]/Count {pages}>> endobj\n{leaves}\
         trailer <</Root 1 0 R/Size 99>>\n%%EOF"
    );
    file.into_bytes()
}

async fn upload(host: &Host, file: &[u8]) -> Reply {
    let part = Part {
        name: "file",
        file_name: Some("Some book.pdf"),
        content_type: Some("application/pdf"),
        content: file,
    };
    let (content_type, body) = multipart::write(&part);
    call(host, "POST", UPLOAD, &[("content-type", &content_type)], body).await
}

async fn post(host: &Host, path: &str, body: &Value) -> Reply {
    call(host, "POST", path, &[("content-type", "application/json")], body.to_string()).await
}

async fn order(host: &Host, file: &[u8], ai_transform: bool) -> Reply {
    let hash = upload(host, file).await.json()["hash"].clone();
    post(host, CREATE, &json!({ "hash": hash, "ai_transform": ai_transform })).await
}

fn status_of(accepted: &Value, pages: u32) -> Value {
    json!({
        "extraction_id": accepted["extraction_id"], "content_hash": accepted["content_hash"],
        "pages": (0..pages).collect::<Vec<_>>(), "processor_slug": "markitdown", "ai_transform": false,
        "prompt_hash": null,
    })
}

#[tokio::test]
async fn a_document_goes_from_upload_to_deletion() {
    let mut config = pages();
    config.faults.pages = vec![1];
    let host = start(config);
    let prepared = upload(&host, &pdf(3, "a")).await;
    assert_eq!(prepared.status, 200);
    let prepared = prepared.json();
    assert_eq!(prepared["metadata"]["total_pages"], 3);
    assert_eq!(
        (&prepared["metadata"]["title"], &prepared["endpoint"]),
        (&json!("Some book"), &json!("document"))
    );
    assert_eq!(prepared["uncached_pages"], json!([0, 1, 2]));

    let accepted = post(&host, CREATE, &json!({ "hash": prepared["hash"], "ai_transform": false })).await;
    assert_eq!(accepted.status, 202);
    let accepted = accepted.json();
    assert_eq!((&accepted["total_pages"], &accepted["content_hash"]), (&json!(3), &prepared["content_hash"]));
    assert_eq!(accepted["prompt_hash"], Value::Null);

    until(&host, |stats| stats.gateway.extraction.completed == 1).await;
    let status = post(&host, STATUS, &status_of(&accepted, 3)).await.json();
    assert_eq!((&status["completed_pages"], &status["failed_pages"]), (&json!([0, 2]), &json!([1])));
    assert_eq!(
        (&status["status"], &status["error"], &status["total_pages"]),
        (&json!("complete"), &Value::Null, &json!(3))
    );
    let some = post(&host, STATUS, &status_of(&accepted, 1)).await.json();
    assert_eq!(
        (&some["completed_pages"], &some["failed_pages"]),
        (&json!([0]), &json!([])),
        "only what was asked"
    );

    let id = status["document_id"].as_str().unwrap();
    let path = format!("/api/v1/documents/{id}");
    assert_eq!(
        call(&host, "GET", &format!("{path}/blocks"), &[], "").await.json().as_array().unwrap().len(),
        3
    );
    assert_eq!(call(&host, "DELETE", &path, &[], "").await.status, 204);
    let outcomes: Vec<_> = host.page_log().unwrap().iter().map(|done| (done.page, done.outcome)).collect();
    assert_eq!(outcomes, [(0, PageEnd::Completed), (1, PageEnd::Failed), (2, PageEnd::Completed)]);
}

#[tokio::test]
async fn an_extraction_that_is_unknown_is_not_found_and_no_error() {
    let host = start(pages());
    for id in ["9db4c472-317f-4463-b939-68c02d21f32a", "nonsense"] {
        let accepted = json!({ "extraction_id": id, "content_hash": "c" });
        let reply = post(&host, STATUS, &status_of(&accepted, 2)).await;
        assert_eq!((reply.status.as_u16(), &reply.json()["status"]), (200, &json!("not_found")));
    }
}

#[tokio::test]
async fn each_era_wants_its_own_fields_of_a_status() {
    for (config, field) in [(pages(), "ai_transform"), (feb(), "processor_slug")] {
        let host = start(config);
        let accepted = order(&host, &pdf(1, "a"), false).await.json();
        let mut body = status_of(&accepted, 1);
        assert_eq!(post(&host, STATUS, &body).await.status, 200);
        body.as_object_mut().unwrap().remove(field);
        let reply = post(&host, STATUS, &body).await;
        assert_eq!(
            (reply.status.as_u16(), &reply.json()["detail"][0]["loc"]),
            (422, &json!(["body", field]))
        );
    }
    let accepted = order(&start(feb()), &pdf(1, "a"), false).await.json();
    assert!(accepted.get("prompt_hash").is_none(), "{accepted}");
}

#[tokio::test]
async fn early_servers_answer_with_the_document_when_it_is_done() {
    let mut config = feb();
    config.extraction.answer = CreationAnswer::Document;
    config.faults.pages = vec![2];
    let host = start(config.clone());
    let reply = order(&host, &pdf(4, "a"), false).await;
    assert_eq!((reply.status.as_u16(), &reply.json()["failed_pages"]), (201, &json!([2])));
    assert_eq!(host.stats().gateway.documents, 1);

    config.faults.pages = vec![0];
    let reply = order(&start(config), &pdf(1, "a"), false).await;
    assert_eq!(reply.status, 500);
    assert_eq!(reply.json(), json!({ "detail": "Extraction failed for all pages" }));
}

#[tokio::test]
async fn what_is_no_pdf_or_was_never_uploaded_is_refused() {
    let host = start(pages());
    let reply = upload(&host, b"hello").await;
    assert_eq!(reply.status, 422);
    let reply = call(&host, "POST", UPLOAD, &[("content-type", "application/json")], "{}").await;
    assert_eq!((reply.status.as_u16(), &reply.json()["detail"][0]["loc"]), (422, &json!(["body", "file"])));
    let reply = post(&host, CREATE, &json!({ "hash": "0".repeat(64) })).await;
    assert_eq!(reply.status, 404);
    assert_eq!(post(&host, CREATE, &json!({})).await.status, 422);
    assert_eq!(call(&host, "GET", CREATE, &[], "").await.status, 405);
}

#[tokio::test]
async fn refusals_have_the_status_and_the_words_of_the_service() {
    let mut config = pages();
    config.extraction.page = Duration::from_secs(60);
    config.extraction.max_concurrent = Some(1);
    config.extraction.ai_transform = None;
    config.extraction.page_limit = Some(5);
    let host = start(config);
    let reply = order(&host, &pdf(1, "a"), true).await;
    assert_eq!(
        (reply.status.as_u16(), reply.json()),
        (503, json!({ "detail": "AI transform not configured on this server" }))
    );
    let reply = order(&host, &pdf(9, "b"), false).await;
    assert_eq!(
        (reply.status.as_u16(), &reply.json()["detail"]["code"]),
        (402, &json!("USAGE_LIMIT_EXCEEDED"))
    );
    assert_eq!(order(&host, &pdf(1, "a"), false).await.status, 202);
    let reply = order(&host, &pdf(1, "c"), false).await;
    assert_eq!((reply.status.as_u16(), reply.header("retry-after")), (429, None));
    let words = reply.json()["detail"].as_str().unwrap().to_owned();
    assert!(words.starts_with("Too many concurrent document extractions"), "{words}");
}

/// Has documents extracted by the real client.
async fn extract(host: &Host, papers: Vec<Paper>) -> (Vec<DocumentFact>, u32) {
    let target = Target::parse(&host.base_url()).unwrap();
    let network = Network::open(NetworkOrder::default());
    let service = Service::open(target, Credentials::None, &network, async |_| true).await.unwrap();
    let every = Duration::from_millis(30);
    let mut conversations = Conversations::start(ExtractionOrder {
        service,
        papers,
        ai_transform: AiTransform::Off,
        poll: PollPolicy { first: every, longest: every, ..PollPolicy::STRESS_SCRIPT },
        patience: Duration::from_secs(10),
        on_stop: OnStop::Clear,
    });
    let (mut facts, mut paced) = (Vec::new(), 0);
    while let Some(news) = soon(conversations.next_news()).await {
        match news {
            News::Facts(more) => facts.extend(more),
            News::Paced { .. } => paced += 1,
            News::Remains { noted, .. } => drop(noted.send(JournalAck)),
        }
    }
    (facts, paced)
}

fn papers(count: u32, pages: u32) -> Vec<Paper> {
    let paper = |number: u32| Paper {
        file_name: format!("{number}.pdf"),
        content: pdf(pages, &number.to_string()).into(),
        pages: Some(pages),
    };
    (0..count).map(paper).collect()
}

fn documents(facts: &[DocumentFact]) -> Vec<&DocumentRecord> {
    fn document(fact: &DocumentFact) -> Option<&DocumentRecord> {
        match fact {
            DocumentFact::Document(record) => Some(record),
            DocumentFact::Page(_) | DocumentFact::Error(_) => None,
        }
    }
    facts.iter().filter_map(document).collect()
}

#[tokio::test]
async fn the_client_is_understood_by_every_server_and_leaves_nothing() {
    let early = {
        let mut config = feb();
        config.extraction.answer = CreationAnswer::Document;
        config
    };
    for config in [pages(), feb(), early] {
        let host = start(config);
        let (facts, _) = extract(&host, papers(3, 5)).await;
        let records = documents(&facts);
        assert!(records.iter().all(|record| record.end == DocumentEnd::Completed), "{records:?}");
        assert!(records.iter().all(|record| record.left_behind.is_none()));
        assert_eq!((records.len(), facts.len()), (3, 18), "15 pages, 3 documents, no errors");
        assert_eq!(host.stats().gateway.documents, 0);
    }
}

#[tokio::test]
async fn a_limit_on_orders_is_waited_out() {
    let mut config = GatewayConfig { rest_limits: GatewayConfig::current().rest_limits, ..pages() };
    let limits = config.rest_limits.as_mut().unwrap();
    limits.extract =
        vec![(RateLimit { count: 2, window: Duration::from_secs(1) }, "2 per 1 second".to_owned())];
    let host = start(config);
    let (facts, paced) = extract(&host, papers(3, 1)).await;
    let records = documents(&facts);
    assert!(records.iter().all(|record| record.end == DocumentEnd::Completed), "{records:?}");
    assert!(paced >= 1 && facts.len() == 6, "one waits, and that is no error: {paced} {facts:?}");
    let waited = records.iter().find(|record| record.paced_calls > 0).unwrap();
    assert!(
        waited.paced >= Duration::from_millis(250) && waited.paced < Duration::from_secs(20),
        "{waited:?}"
    );
    let accept_time = waited.accepted_at.unwrap().since(waited.create_sent_at.unwrap());
    assert!(accept_time < Duration::from_millis(700), "{accept_time:?}");
}

#[tokio::test]
async fn an_extraction_that_is_called_off_becomes_no_document() {
    let mut config = pages();
    config.extraction.page = Duration::from_secs(600);
    let host = start(config);
    let accepted = order(&host, &pdf(9, "a"), false).await.json();
    let cancelled = post(
        &host,
        "/api/v1/documents/extraction/cancel",
        &json!({ "extraction_id": accepted["extraction_id"] }),
    )
    .await;
    assert_eq!((cancelled.status.as_u16(), cancelled.json()), (200, json!({ "status": "cancelled" })));
    let status = post(&host, STATUS, &status_of(&accepted, 9)).await.json();
    assert_eq!((&status["status"], &status["document_id"]), (&json!("complete"), &Value::Null));
    assert!(status["error"].is_string(), "{status}");
    let stats = host.stats().gateway.extraction;
    assert_eq!((stats.cancelled, stats.running), (1, 0));
}
