//! What the page holds, and what it must not.

use claque_core::{
    event::{Failure, FailureClass, FailureScope, Phase},
    ids::{BlockIdx, ListenerId},
    record::{BlockRecord, ErrorRecord, Fact, ListenerRecord, SessionEnd, StallRecord},
    time::{Duration, Instant},
};
use claque_stats::Verdict;
use claque_store::{ListenerFacts, Machine, RunConfig, RunFolder, RunHeader, UnixNanos};

pub(super) use crate::tests::block;

pub(super) fn stall(listener: u32, block: u32, began_ms: u64, waited_ms: u64) -> StallRecord {
    StallRecord {
        listener: ListenerId(listener),
        block: BlockIdx(block),
        began_at: Instant::from_millis(began_ms),
        waited: Duration::from_millis(waited_ms),
    }
}

pub(super) fn session(listener: u32, started_ms: Option<u64>, ended_ms: u64) -> ListenerRecord {
    ListenerRecord {
        listener: ListenerId(listener),
        document: format!("document-{listener}"),
        blocks: 2,
        intended_at: Instant::START,
        launched_at: Instant::START,
        connect_time: Some(Duration::from_millis(5)),
        started_at: started_ms.map(Instant::from_millis),
        ended_at: Instant::from_millis(ended_ms),
        end: SessionEnd::Completed,
        foreign_messages: 0,
        warnings: 0,
        unwanted_bytes: None,
        network: None,
        playing: None,
        paused: Duration::ZERO,
    }
}

pub(super) fn facts_of(
    listener: u32,
    blocks: impl IntoIterator<Item = BlockRecord>,
    stalls: impl IntoIterator<Item = StallRecord>,
    session: Option<ListenerRecord>,
) -> ListenerFacts {
    ListenerFacts {
        blocks: blocks.into_iter().collect(),
        stalls: stalls.into_iter().collect(),
        session,
        ..ListenerFacts::new(ListenerId(listener))
    }
}

/// The page of these facts; `words` stand wherever foreign words can.
fn page_of(words: &str, facts: &[Fact], users: u32) -> String {
    let config = RunConfig {
        users,
        blocks_per_user: 30,
        model: words.to_owned(),
        voice: words.to_owned(),
        speed: 1.5,
    };
    let header = RunHeader {
        config,
        started_at: UnixNanos(1_795_502_897_627_870_000),
        document_ids: vec![words.to_owned()],
        claque_version: words.to_owned(),
        scenario: serde_json::json!({ "users": users, "text": words, "time": "real", "min_buffer": 1 }),
        target: words.to_owned(),
        machine: Machine { os: words.to_owned(), arch: "x86_64".to_owned(), cpus: 2 },
        seed: 1,
    };
    let folder = tempfile::tempdir().unwrap();
    let mut writer = RunFolder::create(folder.path(), &header).unwrap();
    writer.append(facts).unwrap();
    let judged = writer.finish_with(UnixNanos(1_795_502_997_627_870_000), None, |summary| {
        let mut verdict = Verdict::judge(&summary);
        verdict.reasons.iter_mut().for_each(|reason| reason.text.push_str(words));
        (summary, verdict)
    });
    judged.unwrap();
    super::page_of(folder.path()).unwrap()
}

fn error(words: &str, kills: FailureScope) -> Fact {
    let failure = Failure {
        phase: Phase::BeforeAudio,
        class: FailureClass::Server,
        code: Some(500),
        text: words.to_owned(),
        kills,
    };
    Fact::Error(ErrorRecord { listener: ListenerId(0), at: Instant::from_millis(500), failure })
}

#[test]
fn no_words_of_the_service_become_a_script() {
    let words = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'--></title></style></pre>]]>";
    let facts = [
        Fact::Block(block(0, 0, 1_000)),
        error(words, FailureScope::Block(BlockIdx(1))),
        error(words, FailureScope::Session),
        Fact::Listener(ListenerRecord { document: words.to_owned(), ..session(0, Some(1_000), 9_000) }),
    ];
    let page = page_of(words, &facts, 1);
    // Data and code: nothing else begins a script, and the words begin no element.
    assert_eq!(page.matches("<script").count(), 2);
    assert_eq!(page.matches("</script").count(), 2);
    assert!(!page.contains("<img"));
    let body = page.split("<script").next().unwrap();
    assert!(!body.contains("\"'-->"), "no attribute was ended");
    assert!(page.matches("&lt;script&gt;alert(1)").count() >= 8, "they are told all the same");
    assert!(page.contains("\\u003cscript>alert(1)"), "in the data, too");
}

#[test]
fn the_page_asks_nobody_for_anything() {
    let page = page_of("kokoro", &[Fact::Block(block(0, 0, 1_000))], 1);
    assert!(page.contains("default-src 'none'"));
    let namespace = "http://www.w3.org/2000/svg";
    assert_eq!(page.replace(namespace, "").matches("http://").count(), 0);
    assert!(!page.contains("https://") && !page.contains("@import") && !page.contains("url("));
}

#[test]
fn a_thousand_listeners_fit_into_a_page() {
    let mut facts = Vec::new();
    for listener in 0..1_000_u32 {
        let shift = u64::from(listener) * 37 % 4_000;
        for index in 0..30_u32 {
            let ready_ms = 1_000 + shift + u64::from(index) * 2_500 + u64::from(index * listener % 977);
            facts.push(Fact::Block(block(listener, index, ready_ms)));
            if index > 0 {
                let stall = stall(listener, index, ready_ms - 400, 300 + u64::from(listener % 100));
                facts.push(Fact::Stall(stall));
            }
        }
        facts.push(Fact::Listener(session(listener, Some(1_000 + shift), 90_000 + shift)));
    }
    let page = page_of("kokoro", &facts, 1_000);
    assert!(page.len() < 1_500_000, "{} bytes", page.len());
    assert!(page.contains("\"every\":1,\"cut\":false"), "and nobody was left out");
}

#[test]
fn a_run_in_which_nothing_happened_has_a_page() {
    let page = page_of("kokoro", &[], 3);
    assert!(page.contains("Nobody began to play.") && page.contains("INVALID"));
}

#[test]
fn every_plot_says_in_a_sentence_what_it_shows() {
    let page = page_of("kokoro", &[Fact::Block(block(0, 0, 1_000)), Fact::Block(block(0, 1, 1_300))], 1);
    let figures = page.matches("<figure ").count();
    assert_eq!(figures, page.matches("role=\"img\" aria-label=\"").count());
    assert!(figures >= 8, "{figures}");
    assert!(!page.contains("aria-label=\"\""));
}
