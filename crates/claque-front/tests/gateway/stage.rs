//! A gateway with a clock that the test turns.

use claque_core::{
    rng::Seed,
    time::{Duration, Instant, MediaTime},
};
use claque_front::yapit::gateway::{
    BlockNotice, BlockStatus, Caller, Gateway, GatewayConfig, Input, Notice, Output, Request,
};
use claque_gateway::{ConnId, DocumentId, UserId};

pub(crate) struct Stage {
    pub(crate) gateway: Gateway,
    pub(crate) seen: Vec<Output>,
}

/// One worker, a second a block, two seconds of audio, no limits.
pub(crate) fn one_worker() -> GatewayConfig {
    let config = GatewayConfig::current().without_synthesis_limit().without_rest_limits();
    config.with_deterministic_engine(1, Duration::from_secs(1), MediaTime::from_millis(2_000))
}

pub(crate) fn user(name: &str) -> UserId {
    UserId::new(name)
}

impl Stage {
    pub(crate) fn new(config: GatewayConfig) -> Self {
        Self { gateway: Gateway::new(config, Seed::root(7)), seen: Vec::new() }
    }

    /// A document of `name` with as many blocks; texts are the same for the same `topic`.
    pub(crate) fn document(&mut self, name: &str, topic: &str, blocks: u32) -> DocumentId {
        let text: Vec<String> = (0..blocks).map(|block| format!("Block {block} on {topic}.")).collect();
        let caller = Caller { user: user(name), address: "test".to_owned() };
        let document = self.gateway.create_document(Instant::START, &caller, &text.join("\n\n"), None);
        document.expect("the text is fine").id
    }

    pub(crate) fn input(&mut self, at: u64, input: Input) {
        self.seen.extend(self.gateway.handle_input(Instant::from_millis(at), input));
    }

    pub(crate) fn connect(&mut self, at: u64, conn: u64, name: &str) {
        self.input(at, Input::Connected { conn: ConnId(conn), user: user(name) });
    }

    pub(crate) fn request(&mut self, at: u64, conn: u64, request: Request) {
        self.input(at, Input::Request { conn: ConnId(conn), request });
    }

    pub(crate) fn ask(&mut self, at: u64, conn: u64, document: DocumentId, blocks: &[i64]) {
        self.ask_model(at, conn, document, blocks, ("kokoro", "af_heart"));
    }

    pub(crate) fn ask_model(
        &mut self,
        at: u64,
        conn: u64,
        document: DocumentId,
        blocks: &[i64],
        (model, voice): (&str, &str),
    ) {
        let (blocks, model, voice) = (blocks.to_vec(), model.into(), voice.into());
        self.request(at, conn, Request::Synthesize { document, blocks, model, voice });
    }

    /// Wakes the gateway whenever it wants to be, until the time given.
    pub(crate) fn run_until(&mut self, end: u64) {
        while let Some((at, _)) = self.gateway.poll_timeout()
            && at <= Instant::from_millis(end)
        {
            self.seen.extend(self.gateway.handle_input(at, Input::Wake));
        }
    }

    /// Every status: milliseconds, connection, notice.
    pub(crate) fn statuses(&self) -> Vec<(u64, u64, BlockNotice)> {
        let status = |output: &Output| match output {
            Output::Notice { conn, at, notice: Notice::Status(status) } => {
                Some((at.as_nanos() / 1_000_000, conn.0, status.clone()))
            }
            Output::Notice { .. } | Output::Synthesize(_) | Output::Close { .. } | Output::Garbage { .. } => {
                None
            }
        };
        self.seen.iter().filter_map(status).collect()
    }

    /// Milliseconds and block of each status of that kind sent to a connection.
    pub(crate) fn times(&self, conn: u64, kind: BlockStatus) -> Vec<(u64, i64)> {
        let all = self.statuses();
        let wanted = all.iter().filter(|(_, to, status)| *to == conn && status.status == kind);
        wanted.map(|(at, _, status)| (*at, status.block)).collect()
    }

    /// Words of each session-level error sent to a connection.
    pub(crate) fn errors(&self, conn: u64) -> Vec<String> {
        let error = |output: &Output| match output {
            Output::Notice { conn: to, notice: Notice::Error { text }, .. } if to.0 == conn => {
                Some(text.clone())
            }
            Output::Notice { .. } | Output::Synthesize(_) | Output::Close { .. } | Output::Garbage { .. } => {
                None
            }
        };
        self.seen.iter().filter_map(error).collect()
    }

    pub(crate) fn evicted(&self, conn: u64) -> Vec<Vec<i64>> {
        let evicted = |output: &Output| match output {
            Output::Notice { conn: to, notice: Notice::Evicted { blocks, .. }, .. } if to.0 == conn => {
                Some(blocks.clone())
            }
            Output::Notice { .. } | Output::Synthesize(_) | Output::Close { .. } | Output::Garbage { .. } => {
                None
            }
        };
        self.seen.iter().filter_map(evicted).collect()
    }
}
