//! A service of OpenAI-compatible speech on a port: sockets, time and sound around one [`OpenaiFront`].
//!
//! What to answer is the machine's business; here calls are read, and replies are sent as they come.

mod body;
mod hub;

use std::{convert::Infallible, net::SocketAddr, rc::Rc, sync::Arc};

use claque_core::rng::Seed;
use claque_front::openai::{Input, OpenaiConfig, OpenaiFront, Request};
use claque_gateway::Engine as MachineEngine;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::{Response, StatusCode, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use self::{body::CallBody, hub::OpenaiHub};
use super::{
    Host, HostError,
    engine::{Engine, EngineChoice, Speaker},
    headers::text_headers,
    port::{PortService, Question, StartingHost},
    speech,
};

/// Most bytes of a body: hundreds of times what services take.
const MAX_BODY_BYTES: usize = 4 << 20;

/// How a host of OpenAI-compatible speech is to be.
#[derive(Clone, Debug)]
pub struct OpenaiHostOptions {
    /// Where to listen. `127.0.0.1:0` for a free port of this machine alone.
    pub bind: SocketAddr,
    /// The machine's configuration. Where its engine is, is set by `engine`.
    pub config: OpenaiConfig,
    /// What makes the audio.
    pub engine: EngineChoice,
    /// Noise and sound come from it.
    pub seed: Seed,
}

impl Host {
    /// Starts a host of OpenAI-compatible speech and returns when its port is open. Its figures are those of HTTP; there is no log of
    /// pages, no script and no load to be asked for.
    ///
    /// # Errors
    /// When the address cannot be listened on or the engine's program is missing; see [`HostError`].
    pub fn start_openai(options: OpenaiHostOptions) -> Result<Self, HostError> {
        Self::begin_openai(options)?.wait()
    }

    /// Opens the port of such a host, and returns while its engine gets ready, which may take a minute.
    ///
    /// # Errors
    /// As [`Host::start_openai`].
    pub fn begin_openai(options: OpenaiHostOptions) -> Result<StartingHost, HostError> {
        let OpenaiHostOptions { bind, mut config, engine, seed } = options;
        let engine = match Speaker::of(engine)? {
            None => {
                config.streaming.engine = MachineEngine::Modelled;
                speech::prepare();
                None
            }
            Some(speaker) => {
                config.streaming.engine = MachineEngine::External;
                Some(Engine::for_samples(speaker))
            }
        };
        Self::open(bind, move |published| {
            let front = OpenaiFront::new(config, seed, Arc::new(speech::BankSound));
            OpenaiHub::new(front, engine, published)
        })
    }
}

impl PortService for OpenaiHub {
    async fn start(self: Rc<Self>) -> Result<(), String> {
        match self.engine() {
            Some(engine) => engine.start().await,
            None => Ok(()),
        }
    }

    async fn connection(self: Rc<Self>, stream: TcpStream, _peer: SocketAddr) {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "failed to set TCP_NODELAY");
        }
        let hub = Rc::clone(&self);
        let service = service_fn(move |request| answer(Rc::clone(&hub), request));
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        tokio::pin!(connection);
        let mut closing = self.closing();
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            _ = closing.wait_for(|closing| *closing) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "connection ended early");
        }
    }

    async fn keep_time(self: Rc<Self>) {
        Self::wake_when_due(self).await;
    }

    fn close(&self) {
        self.stop();
    }

    fn count(&self, add: impl FnOnce(&mut super::HostStats)) {
        Self::count(self, add);
    }

    fn answer(&self, question: Question) {
        // There is nothing of what can be asked for; whoever asks is told so by the end of the line.
        drop(question);
    }
}

/// Answers a call.
async fn answer(
    hub: Rc<OpenaiHub>,
    request: hyper::Request<Incoming>,
) -> Result<Response<CallBody>, Infallible> {
    hub.count(|stats| stats.requests += 1);
    let (head, body) = request.into_parts();
    let body = match Limited::new(body, MAX_BODY_BYTES).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) => {
            let status = if error.is::<LengthLimitError>() {
                StatusCode::PAYLOAD_TOO_LARGE
            } else {
                StatusCode::BAD_REQUEST
            };
            return Ok(body::empty(status));
        }
    };
    let headers = text_headers(&head.headers);
    let (guard, answered) = hub.open_call();
    let request = Request {
        method: head.method.as_str(),
        path: head.uri.path(),
        query: head.uri.query().unwrap_or_default(),
        headers: &headers,
        body: &body,
    };
    hub.handle(Input::Call { call: guard.call(), request });
    // It is dropped without an answer only when the host stops.
    Ok(answered
        .await
        .map_or_else(|_| body::empty(StatusCode::SERVICE_UNAVAILABLE), |answer| answer.into_response(guard)))
}
