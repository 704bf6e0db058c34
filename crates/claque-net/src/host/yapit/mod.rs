//! A yapit gateway on a port: sockets, time and sound around one [`YapitFront`].
//!
//! What to answer is the machine's business; here calls and messages are read, and answers and messages are sent.

mod body;
mod call;
mod connection;
mod hub;
mod socket;

use std::{net::SocketAddr, rc::Rc};

use claque_front::yapit::YapitFront;
use claque_gateway::Engine as MachineEngine;
use tokio::net::TcpStream;

use self::hub::Hub;
use super::{
    Host, HostError, HostOptions, HostStats, ScriptOptions,
    engine::{Engine, Speaker},
    port::{PortService, Question, StartingHost},
    speech,
};

impl Host {
    /// Starts a host and returns when its port is open.
    ///
    /// # Errors
    /// When the address cannot be listened on, the engine's program is missing, or the configuration asks for
    /// audio that cannot be made; see [`HostError`].
    pub fn start(options: HostOptions) -> Result<Self, HostError> {
        Self::launch(options, None)?.wait()
    }

    /// Opens the port of such a host, and returns while its engine gets ready, which may take a minute.
    ///
    /// # Errors
    /// As [`Host::start`].
    pub fn begin(options: HostOptions) -> Result<StartingHost, HostError> {
        Self::launch(options, None)
    }

    /// Starts a host that does over WebSockets what a script says, in the wording of the script's era, and has the audio of the
    /// script. Documents, models and accounts are those of `options`. It is for one listener.
    ///
    /// # Errors
    /// As [`Host::start`].
    pub fn start_scripted(mut options: HostOptions, script: ScriptOptions) -> Result<Self, HostError> {
        options.config.era = script.script.era;
        Self::launch(options, Some(script))?.wait()
    }

    fn launch(options: HostOptions, script: Option<ScriptOptions>) -> Result<StartingHost, HostError> {
        let HostOptions { bind, mut config, engine, seed } = options;
        if let Some(model) = config.models.iter().find(|model| speech::packing(model.format).is_none()) {
            return Err(HostError::Mp3 { model: model.info.slug.to_string() });
        }
        let engine = match Speaker::of(engine)? {
            None => {
                config.pipeline.engine = MachineEngine::Modelled;
                speech::prepare();
                None
            }
            Some(speaker) => {
                config.pipeline.engine = MachineEngine::External;
                Some(Engine::new(speaker, &config))
            }
        };
        Self::open(bind, move |published| Hub::new(YapitFront::new(config, seed, script), engine, published))
    }
}

impl PortService for Hub {
    async fn start(self: Rc<Self>) -> Result<(), String> {
        match self.engine() {
            Some(engine) => engine.start().await,
            None => Ok(()),
        }
    }

    async fn connection(self: Rc<Self>, stream: TcpStream, peer: SocketAddr) {
        connection::serve(stream, peer, self).await;
    }

    async fn keep_time(self: Rc<Self>) {
        self.wake_when_due().await;
    }

    fn close(&self) {
        Self::close(self);
    }

    fn count(&self, add: impl FnOnce(&mut HostStats)) {
        Self::count(self, add);
    }

    fn answer(&self, question: Question) {
        // Who has gone away does not need the answer.
        match question {
            Question::PageLog(answer) => {
                let _ = answer.try_send(self.look(|front| front.gateway().page_log().copied().collect()));
            }
            Question::ScriptLog(answer) => {
                let _ = answer.try_send(self.look(|front| front.script_log().map(<[_]>::to_vec)));
            }
            Question::RestartLoad(answer) => {
                self.restart_load();
                let _ = answer.try_send(());
            }
            Question::Load(answer) => {
                let now = self.clock().now();
                let _ = answer.try_send(self.look(|front| front.gateway().load(now)));
            }
            Question::FollowGaps(clock, since) => self.pulse().follow(clock, since),
            Question::Gaps(answer, end) => {
                let _ = answer.try_send(self.pulse().finish(end));
            }
        }
    }
}
