//! `claque serve`: the reference gateway alone, until Ctrl-C.

use std::{net::SocketAddr, process::ExitCode};

use anyhow::Context as _;
use claque_net::host::{Host, HostOptions};

use crate::{
    config::{ServeSettings, Talk},
    run::interrupts::Interrupts,
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
        let interrupts = Interrupts::listen().context("failed to listen for Ctrl-C")?;
        let (preset, engine) = (gateway.preset, gateway.engine.name().to_owned());
        let host = Host::start(HostOptions {
            bind,
            config: gateway.config,
            engine: gateway.engine.to_host(),
            seed: gateway.seed,
        })?;
        print(&format!("{}\n", host.base_url()))?;
        if talk == Talk::Normal {
            say(&format!("serving the gateway of preset {preset} with the engine {engine}; Ctrl-C stops it"));
            warn_if_reachable(host.address());
        }
        interrupts.reached(1).await;
        host.stop();
        Ok(ExitCode::SUCCESS)
    })
}

fn warn_if_reachable(address: SocketAddr) {
    if !address.ip().is_loopback() {
        say(&format!("note: {address} can be reached from other machines"));
    }
}
