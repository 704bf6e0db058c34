//! `claque serve`: the reference gateway alone, until Ctrl-C.

use std::{net::SocketAddr, process::ExitCode};

use anyhow::Context as _;
use claque_net::host::{Host, HostError, HostOptions, OpenaiHostOptions, StartingHost};
use claque_run::interrupts::Interrupts;

use crate::{
    config::{ServeSettings, ServedGateway, Verbosity},
    talk::{print, say},
};

/// Serves until the process is asked to stop. The address is the first line on stdout, for scripts.
///
/// # Errors
/// The address cannot be listened on, or the engine cannot be set up.
pub(crate) fn serve(settings: ServeSettings) -> anyhow::Result<ExitCode> {
    let ServeSettings { gateway, bind, talk } = settings;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("failed to start a runtime; close programs, or raise the limits on threads and files")?;
    runtime.block_on(async {
        // First of all, so that no Ctrl-C is lost once the address is printed.
        let interrupts =
            Interrupts::listen().context("failed to listen for Ctrl-C; free some memory or files")?;
        let (host, what) = start(gateway, bind)?;
        let host = tokio::select! {
            host = host.ready() => host?,
            () = interrupts.reached(1) => return Ok(ExitCode::SUCCESS),
        };
        print(&format!("{}\n", host.base_url()))?;
        if talk == Verbosity::Normal {
            say(&format!("serving {what}; Ctrl-C stops it"));
            warn_if_reachable(host.address());
        }
        interrupts.reached(1).await;
        host.stop();
        Ok(ExitCode::SUCCESS)
    })
}

/// Begins to start the gateway, and says what it is.
fn start(gateway: ServedGateway, bind: SocketAddr) -> Result<(StartingHost, String), HostError> {
    match gateway {
        ServedGateway::Yapit(gateway) => {
            let (engine, seed) = (gateway.engine.to_host(), gateway.seed);
            let what =
                format!("the gateway of preset {} with the engine {}", gateway.preset, gateway.engine.name());
            Ok((Host::begin(HostOptions { bind, config: gateway.config, engine, seed })?, what))
        }
        ServedGateway::Openai(gateway) => {
            let (engine, seed) = (gateway.engine.to_host(), gateway.seed);
            let keys = match gateway.config.api_keys.len() {
                0 => "without a key".to_owned(),
                1 => "for whoever has its key".to_owned(),
                more => format!("for whoever has one of its {more} keys"),
            };
            let what = format!(
                "/v1/audio/speech in the dialect of {} with the engine {}, {keys}",
                gateway.config.dialect.name,
                gateway.engine.name()
            );
            let options = OpenaiHostOptions { bind, config: gateway.config, engine, seed };
            Ok((Host::begin_openai(options)?, what))
        }
    }
}

fn warn_if_reachable(address: SocketAddr) {
    if !address.ip().is_loopback() {
        say(&format!("note: {address} can be reached from other machines"));
    }
}
