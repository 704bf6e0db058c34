//! A front whose clock the test turns.

use claque_core::{
    rng::Seed,
    time::{Duration, Instant, MediaTime},
};
use claque_front::{
    CallId, Request,
    yapit::{
        Answer, Body, Input, Origin, Output, ScriptOptions, Upgrade, YapitFront, gateway::GatewayConfig,
    },
};
use claque_gateway::ConnId;
use serde_json::Value;

/// What the wall clock shows at the run's start: 2026-08-01 00:00:00 UTC.
pub(crate) const BEGAN: u64 = 1_785_542_400_000_000_000;

/// One worker, a second a block, two seconds of audio, no limits.
pub(crate) fn one_worker() -> GatewayConfig {
    let config = GatewayConfig::current().without_synthesis_limit().without_rest_limits();
    config.with_deterministic_engine(1, Duration::from_secs(1), MediaTime::from_millis(2_000))
}

/// A front and all that came out of it, with milliseconds.
pub(crate) struct Stage {
    pub(crate) front: YapitFront,
    pub(crate) seen: Vec<(u64, Output)>,
    calls: u64,
}

impl Stage {
    pub(crate) fn new(config: GatewayConfig, script: Option<ScriptOptions>) -> Self {
        Self { front: YapitFront::new(config, Seed::root(7), script), seen: Vec::new(), calls: 0 }
    }

    pub(crate) fn input(&mut self, at: u64, input: Input<'_>) {
        let outputs = self.front.handle_input(Instant::from_millis(at), input);
        self.seen.extend(outputs.map(|output| (at, output)));
    }

    /// Makes a call, and gives its number.
    pub(crate) fn call(&mut self, at: u64, (method, target): (&str, &str), body: &[u8]) -> CallId {
        self.send(at, (method, target), (&[], body), Upgrade::No)
    }

    pub(crate) fn send(
        &mut self,
        at: u64,
        (method, target): (&str, &str),
        (headers, body): (&[(&str, &str)], &[u8]),
        upgrade: Upgrade,
    ) -> CallId {
        let call = CallId(self.calls);
        self.calls += 1;
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let origin = Origin { address: "test", unix_nanos: BEGAN + at * 1_000_000, upgrade };
        let request = Request { method, path, query, headers, body };
        self.input(at, Input::Call { call, origin, request });
        call
    }

    /// Asks for a WebSocket and opens it if that is granted.
    pub(crate) fn dial(&mut self, at: u64, conn: u64, query: &str) -> CallId {
        let upgrade = Upgrade::WebSocket(ConnId(conn));
        let call = self.send(at, ("GET", &format!("/api/v1/ws/tts{query}")), (&[], b""), upgrade);
        if self.seen.contains(&(at, Output::Upgrade { call })) {
            self.input(at, Input::Upgraded { conn: ConnId(conn) });
        }
        call
    }

    /// Wakes it whenever it wants to be, until the time given.
    pub(crate) fn run_until(&mut self, end: u64) {
        while let Some((at, _)) = self.front.poll_timeout()
            && at <= Instant::from_millis(end)
        {
            self.input(at.as_nanos() / 1_000_000, Input::Wake);
        }
    }

    /// The answer to a call, and when it was given.
    pub(crate) fn answer(&self, call: CallId) -> Option<(u64, &Answer)> {
        self.seen.iter().find_map(|(at, output)| {
            let Output::Answer { call: own, answer } = output else { return None };
            (*own == call).then_some((*at, answer))
        })
    }

    /// The status and the JSON of an answer.
    pub(crate) fn json(&self, call: CallId) -> (u16, Value) {
        let (_, answer) = self.answer(call).expect("it is answered");
        let Body::Bytes(body) = &answer.body else { panic!("speech is no JSON") };
        (answer.head.status, serde_json::from_slice(body).expect("it is JSON"))
    }

    /// Messages for a connection, with their milliseconds.
    pub(crate) fn texts(&self, conn: u64) -> Vec<(u64, Value)> {
        let texts = self.seen.iter().filter_map(|(at, output)| {
            let Output::Text { conn: own, text } = output else { return None };
            (*own == ConnId(conn)).then(|| (*at, serde_json::from_str(text).expect("messages are JSON")))
        });
        texts.collect()
    }

    /// Makes a document of so many blocks; gives its id.
    pub(crate) fn document(&mut self, at: u64, blocks: u32) -> String {
        let texts: Vec<_> = (0..blocks).map(|block| format!("Block {block} on tea.")).collect();
        let body = serde_json::json!({ "content": texts.join("\n\n") }).to_string();
        let call = self.call(at, ("POST", "/api/v1/documents/text"), body.as_bytes());
        let (status, document) = self.json(call);
        assert_eq!(status, 201, "{document}");
        document["id"].as_str().expect("it has an id").to_owned()
    }
}
