//! The machine: calls and messages in, answers and messages out, with a gateway behind.

use std::collections::{BTreeMap, VecDeque};

use claque_core::{outputs::Outputs, rng::Seed, time::Instant};
use claque_gateway::{ConnId, EngineCall, UserId};
use claque_wire::yapit::{ClientMessage, Era, ServerMessage};

use super::{
    Answer, Body, GARBAGE, Input, Origin, Output, Timeout, TimeoutReason, Upgrade,
    accounts::Accounts,
    documents,
    extraction::{
        self,
        calls::{self, OpenOrder, UncountedUpload},
    },
    gateway::{
        Era as GatewayEra, Gateway, GatewayConfig, GatewayStats, Input as GatewayInput, NO_CLOSE_FRAME,
        Output as GatewayOutput,
    },
    handshake, identity,
    messages::{encode, request},
    metrics,
    routes::{Call, Target},
    script::{self, ScriptLogEntry, ScriptOptions, ScriptedService},
    scripted::{Dialled, ScriptedInput, ScriptedOutput},
};
use crate::call::{CallId, Request};

/// A yapit gateway that answers calls and messages.
#[derive(Debug)]
pub struct YapitFront {
    service: Service,
    era: Era,
    now: Instant,
    /// What decides over WebSockets in the gateway's place.
    script: Option<ScriptedService>,
    /// Whose handshakes were accepted, until they are WebSockets.
    accepted: BTreeMap<ConnId, UserId>,
    /// Handshakes on which the script has not decided.
    dialling: BTreeMap<ConnId, CallId>,
    uploads: BTreeMap<CallId, UncountedUpload>,
    orders: BTreeMap<CallId, OpenOrder>,
    /// Answers that are given at their time.
    later: BTreeMap<(Instant, CallId), Answer>,
    handshakes_refused: u64,
    audio_served: u64,
    outputs: VecDeque<Output>,
}

/// What answers calls.
#[derive(Debug)]
pub(super) struct Service {
    pub(super) gateway: Gateway,
    pub(super) accounts: Accounts,
}

/// What a service holds now and has done since its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FrontStats {
    /// The gateway.
    pub gateway: GatewayStats,
    /// WebSocket handshakes that were refused.
    pub handshakes_refused: u64,
    /// Bodies of audio that were sent.
    pub audio_served: u64,
}

/// What comes of a call at once.
enum Outcome {
    Answer(Answer),
    /// Its answer comes later.
    Open,
}

impl YapitFront {
    /// Makes a service at the run's start. Ids, tokens and all noise come from `seed`. With a script that decides over WebSockets and
    /// of what becomes of fetches; it is for one listener, and the configuration is to be of the script's era.
    #[must_use]
    pub fn new(config: GatewayConfig, seed: Seed, script: Option<ScriptOptions>) -> Self {
        Self {
            era: match config.era {
                GatewayEra::Feb2026 => Era::Feb2026,
                GatewayEra::Current => Era::Current,
            },
            service: Service {
                accounts: Accounts::new(
                    config.auth.clone(),
                    config.era,
                    config.faults.identity_outage,
                    seed.child("accounts"),
                ),
                gateway: Gateway::new(config, seed),
            },
            now: Instant::START,
            script: script.map(ScriptedService::new),
            accepted: BTreeMap::new(),
            dialling: BTreeMap::new(),
            uploads: BTreeMap::new(),
            orders: BTreeMap::new(),
            later: BTreeMap::new(),
            handshakes_refused: 0,
            audio_served: 0,
            outputs: VecDeque::new(),
        }
    }

    /// The gateway behind it.
    #[must_use]
    pub const fn gateway(&self) -> &Gateway {
        &self.service.gateway
    }

    /// Has the load of the gateway counted from `now` on; see [`Gateway::restart_load`].
    pub fn restart_load(&mut self, now: Instant) {
        self.service.gateway.restart_load(now);
    }

    /// What a service that follows a script was told, in order; none without a script.
    #[must_use]
    pub fn script_log(&self) -> Option<&[ScriptLogEntry]> {
        self.script.as_ref().map(ScriptedService::log)
    }

    /// What it holds and has done.
    #[must_use]
    pub fn stats(&self) -> FrontStats {
        let (handshakes_refused, audio_served) = (self.handshakes_refused, self.audio_served);
        FrontStats { gateway: self.service.gateway.stats(), handshakes_refused, audio_served }
    }

    /// The most bytes that the body of such a call may have; to be asked before a body is read.
    ///
    /// # Errors
    /// The answer to a call that there is not, whatever its body.
    pub fn most_body(&self, method: &str, path: &str) -> Result<usize, Answer> {
        Target::find(method, path, self.era).map(Target::max_body)
    }

    /// Takes news at `now`; an earlier `now` than before counts as the latest. What was due until then is done first. News of unknown
    /// calls and connections is ignored.
    pub fn handle_input(&mut self, now: Instant, input: Input<'_>) -> Outputs<'_, Output> {
        self.now = self.now.max(now);
        match input {
            Input::Wake => self.wake(),
            Input::Call { call, origin, request } => {
                self.wake();
                self.call(call, origin, request);
            }
            Input::Left { call } => self.forget(call),
            Input::Counted { call, pages } => self.counted(call, pages),
            Input::Upgraded { conn } => {
                if let Some(user) = self.accepted.remove(&conn) {
                    self.tell_gateway(GatewayInput::Connected { conn, user });
                }
            }
            Input::Text { conn, text } => self.text(conn, text),
            Input::Disconnected { conn } => {
                self.accepted.remove(&conn);
                self.dialling.remove(&conn);
                if self.script.is_some() {
                    self.tell_script(ScriptedInput::Disconnected { conn });
                } else {
                    self.tell_gateway(GatewayInput::Disconnected { conn });
                }
            }
            Input::Synthesized { job, result } => {
                self.tell_gateway(GatewayInput::Synthesized { job, result });
            }
        }
        self.answer_orders();
        Outputs::new(&mut self.outputs)
    }

    /// When to wake it at the latest, and why; none while only news can change anything.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Timeout> {
        if !self.outputs.is_empty() {
            return Some((self.now, TimeoutReason::OutputsWaiting));
        }
        let behind = match &self.script {
            Some(script) => script.poll_timeout().map(|at| (at, TimeoutReason::Script)),
            None => {
                self.service.gateway.poll_timeout().map(|(at, reason)| (at, TimeoutReason::Gateway(reason)))
            }
        };
        let answer = self.later.first_key_value().map(|(&(at, _), _)| (at, TimeoutReason::Answer));
        [behind, answer].into_iter().flatten().min()
    }

    /// Does what is due.
    fn wake(&mut self) {
        if self.script.is_some() {
            self.tell_script(ScriptedInput::Wake);
        } else {
            self.tell_gateway(GatewayInput::Wake);
        }
        while let Some(entry) = self.later.first_entry().filter(|entry| entry.key().0 <= self.now) {
            let ((_, call), answer) = entry.remove_entry();
            self.answer(call, answer);
        }
    }

    fn call(&mut self, call: CallId, origin: Origin<'_>, request: Request<'_>) {
        match self.outcome(call, &Call { now: self.now, era: self.era, origin, request }) {
            Ok(Outcome::Answer(answer)) | Err(answer) => self.answer(call, answer),
            Ok(Outcome::Open) => {}
        }
    }

    fn outcome(&mut self, id: CallId, call: &Call<'_>) -> Result<Outcome, Answer> {
        let service = &mut self.service;
        let answer = match Target::find(call.request.method, call.request.path, self.era)? {
            Target::CreateDocument => documents::create(service, call),
            Target::PrepareUpload => {
                let (upload, file) = calls::prepare(service, call)?;
                self.uploads.insert(id, upload);
                self.outputs.push_back(Output::CountPages { call: id, file });
                return Ok(Outcome::Open);
            }
            Target::CreateExtraction => {
                let created = calls::create(service, call);
                self.wake();
                match created? {
                    Ok(answer) => Ok(answer),
                    Err(order) => {
                        self.orders.insert(id, order);
                        return Ok(Outcome::Open);
                    }
                }
            }
            Target::ExtractionStatus => calls::progress(service, call),
            Target::CancelExtraction => {
                let called_off = calls::call_off(service, call);
                self.wake();
                called_off
            }
            Target::Documents => documents::list(service, call),
            Target::Document { id } => documents::delete(service, call, id),
            Target::Blocks { id } => documents::blocks(service, call, id),
            Target::Models => documents::models(service, call),
            Target::AnonymousSession => identity::anonymous_session(service, call),
            Target::Audio { hash } => match &mut self.script {
                None => documents::audio(service, call, hash),
                Some(script) => {
                    let (due, fetched) = script.fetch(self.now, hash)?;
                    self.later.insert((due, id), script::audio(fetched));
                    self.wake();
                    return Ok(Outcome::Open);
                }
            },
            Target::Socket => return self.handshake(id, call),
            Target::SignIn => identity::sign_in(service, call),
            Target::Refresh => identity::refresh(service, call),
            Target::Metrics => Ok(metrics::answer(&service.gateway)),
        };
        answer.map(Outcome::Answer)
    }

    /// Accepts or refuses a WebSocket.
    fn handshake(&mut self, id: CallId, call: &Call<'_>) -> Result<Outcome, Answer> {
        let conn = match call.origin.upgrade {
            Upgrade::WebSocket(conn) => conn,
            Upgrade::No => return Err(handshake::not_asked_for()),
            Upgrade::Unsuitable => return Err(handshake::unsuitable()),
        };
        if let Some(script) = &mut self.script {
            self.dialling.insert(conn, id);
            let outputs = script.dial(self.now, conn);
            self.route_script(outputs);
            return Ok(Outcome::Open);
        }
        let user = handshake::user(&mut self.service, call).inspect_err(|_| self.handshakes_refused += 1)?;
        self.accepted.insert(conn, user);
        self.outputs.push_back(Output::Upgrade { call: id });
        Ok(Outcome::Open)
    }

    fn counted(&mut self, call: CallId, pages: Option<u32>) {
        let Some(upload) = self.uploads.remove(&call) else { return };
        let answer = calls::counted(&mut self.service, self.now, upload, pages);
        self.answer(call, answer.unwrap_or_else(|refused| refused));
    }

    fn text(&mut self, conn: ConnId, text: &str) {
        match ClientMessage::decode(text, self.era) {
            Ok(message) => match (request(message), &mut self.script) {
                (None, _) => {}
                (Some(request), None) => self.tell_gateway(GatewayInput::Request { conn, request }),
                (Some(request), Some(script)) => {
                    let outputs = script.request(self.now, conn, request);
                    self.route_script(outputs);
                }
            },
            Err(error) => {
                let text = ServerMessage::Error { error: error.to_string().into() }.encode(self.era);
                self.outputs.push_back(Output::Text { conn, text });
            }
        }
    }

    /// Nobody waits for the answer to a call any more.
    fn forget(&mut self, call: CallId) {
        self.uploads.remove(&call);
        self.orders.remove(&call);
        self.later.retain(|(_, waiting), _| *waiting != call);
    }

    /// Answers orders whose extraction is over.
    fn answer_orders(&mut self) {
        let gateway = &self.service.gateway;
        let over = |order: &OpenOrder| extraction::ending(gateway, &order.user, order.id);
        let ended: Vec<_> =
            self.orders.iter().filter_map(|(&call, order)| Some((call, over(order)?))).collect();
        for (call, ending) in ended {
            self.orders.remove(&call);
            self.answer(call, calls::over(ending));
        }
    }

    fn answer(&mut self, call: CallId, answer: Answer) {
        if let Body::Speech { flaw, .. } = &answer.body
            && (flaw.is_none() || self.script.is_none())
        {
            self.audio_served += 1;
        }
        self.outputs.push_back(Output::Answer { call, answer });
    }

    fn tell_gateway(&mut self, input: GatewayInput) {
        let era = self.era;
        let outputs = self.service.gateway.handle_input(self.now, input);
        self.outputs.extend(outputs.map(|output| match output {
            GatewayOutput::Notice { conn, notice, .. } => Output::Text { conn, text: encode(&notice, era) },
            GatewayOutput::Close { conn, code, reason, .. } => close(conn, code, reason),
            GatewayOutput::Garbage { conn, .. } => Output::Text { conn, text: GARBAGE.to_owned() },
            GatewayOutput::Synthesize(EngineCall { job, text, model, voice, .. }) => {
                Output::Synthesize { job, text, model, voice }
            }
        }));
    }

    fn tell_script(&mut self, input: ScriptedInput) {
        let Some(script) = &mut self.script else { return };
        let outputs = script.tell(self.now, input);
        self.route_script(outputs);
    }

    fn route_script(&mut self, outputs: Vec<ScriptedOutput>) {
        for output in outputs {
            match output {
                ScriptedOutput::Dialled { conn, end } => {
                    let Some(call) = self.dialling.remove(&conn) else { continue };
                    match end {
                        Dialled::Open => self.outputs.push_back(Output::Upgrade { call }),
                        Dialled::Refused(status) => {
                            self.handshakes_refused += 1;
                            self.answer(call, script::refused(status));
                        }
                    }
                }
                ScriptedOutput::Notice { conn, notice } => {
                    let text = encode(&notice, self.era);
                    self.outputs.push_back(Output::Text { conn, text });
                }
                ScriptedOutput::Close { conn, code, reason } => {
                    self.outputs.push_back(close(conn, code, reason));
                }
            }
        }
    }
}

fn close(conn: ConnId, code: u16, reason: String) -> Output {
    if code == NO_CLOSE_FRAME { Output::Cut { conn } } else { Output::Close { conn, code, reason } }
}
