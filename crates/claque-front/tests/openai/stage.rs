//! A service on a stage: calls at moments, and what came of them.

use std::{num::NonZeroU32, sync::Arc};

use claque_core::{
    rng::Seed,
    time::{Duration, Instant, MediaTime, Speed},
};
use claque_front::{
    Silence,
    openai::{CallId, Dialect, Head, Input, OpenaiConfig, OpenaiFront, Output, Reply, Request},
};
use claque_gateway::{
    Batching, LengthModel, ServiceModel, StreamEffect, StreamFault, StreamSelector, StreamingConfig,
};

pub(crate) const SPEECH: &str = "/v1/audio/speech";

/// First piece after 100 ms, then four times as fast as it plays, 200 ms a piece, half a second of audio.
pub(crate) fn config(dialect: &str) -> OpenaiConfig {
    let streaming = StreamingConfig {
        first_chunk: ServiceModel::Fixed(Duration::from_millis(100)),
        rate: Speed::from_thousandths(4_000).unwrap(),
        chunk: MediaTime::from_millis(200),
        length: LengthModel::Fixed(MediaTime::from_millis(500)),
        slots: NonZeroU32::new(2).unwrap(),
        batching: Batching::Slowdown { thousandths: 500 },
        ..StreamingConfig::default()
    };
    OpenaiConfig { streaming, ..OpenaiConfig::of(Dialect::named(dialect).unwrap()) }
}

/// With one thing that goes wrong with every request.
pub(crate) fn faulty(dialect: &str, effect: StreamEffect) -> OpenaiConfig {
    let faults = vec![StreamFault { selector: StreamSelector::Every, effect }];
    OpenaiConfig { faults, ..config(dialect) }
}

/// What came of a call.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) head: Option<Head>,
    pub(crate) whole: bool,
    /// Pieces with their milliseconds.
    pub(crate) pieces: Vec<(u64, Vec<u8>)>,
    pub(crate) end: Option<&'static str>,
}

impl Answer {
    pub(crate) fn status(&self) -> u16 {
        self.head.as_ref().map_or(0, |head| head.status)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let headers = &self.head.as_ref()?.headers;
        headers.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn body(&self) -> Vec<u8> {
        self.pieces.iter().flat_map(|(_, piece)| piece.clone()).collect()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body()).unwrap()
    }
}

pub(crate) struct Stage {
    pub(crate) front: OpenaiFront,
    calls: u64,
    seen: Vec<Output>,
}

impl Stage {
    pub(crate) fn new(config: OpenaiConfig) -> Self {
        let front = OpenaiFront::new(config, Seed::root(1), Arc::new(Silence));
        Self { front, calls: 0, seen: Vec::new() }
    }

    pub(crate) fn input(&mut self, at_ms: u64, input: Input<'_>) {
        let at = Instant::from_millis(at_ms);
        while let Some((due, _)) = self.front.poll_timeout().filter(|(due, _)| *due <= at) {
            self.seen.extend(self.front.handle_input(due, Input::Wake));
        }
        self.seen.extend(self.front.handle_input(at, input));
    }

    pub(crate) fn call(&mut self, at_ms: u64, request: Request<'_>) -> CallId {
        let call = CallId(self.calls);
        self.calls += 1;
        self.input(at_ms, Input::Call { call, request });
        call
    }

    pub(crate) fn say(&mut self, at_ms: u64, body: &str) -> CallId {
        self.call(at_ms, post(body))
    }

    /// Plays for an hour and gives what came of a call.
    pub(crate) fn answer(&mut self, wanted: CallId) -> Answer {
        self.input(3_600_000, Input::Wake);
        let mut answer = Answer::default();
        for Output { at, reply, .. } in self.seen.iter().filter(|output| output.call == wanted) {
            match reply {
                Reply::Whole { head, body } => {
                    answer.head = Some(head.clone());
                    answer.pieces.push((at.as_nanos() / 1_000_000, body.clone()));
                    (answer.whole, answer.end) = (true, Some("end"));
                }
                Reply::Open(head) => answer.head = Some(head.clone()),
                Reply::Bytes(bytes) => answer.pieces.push((at.as_nanos() / 1_000_000, bytes.clone())),
                Reply::End => answer.end = Some("end"),
                Reply::Break => answer.end = Some("break"),
                Reply::Speak { .. } => {}
            }
        }
        answer
    }

    pub(crate) fn seen(&self) -> &[Output] {
        &self.seen
    }
}

pub(crate) fn post(body: &str) -> Request<'_> {
    Request { method: "POST", path: SPEECH, query: "", headers: &[], body: body.as_bytes() }
}

pub(crate) fn get(path: &str) -> Request<'_> {
    Request { method: "GET", path, query: "", headers: &[], body: b"" }
}

/// What one request gets.
pub(crate) fn ask(config: OpenaiConfig, body: &str) -> Answer {
    let mut stage = Stage::new(config);
    let call = stage.say(1_000, body);
    stage.answer(call)
}
