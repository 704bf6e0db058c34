//! Why a host does not start.

use std::{io, net::SocketAddr};

use claque_core::time::Duration;

/// Why a host does not start.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// The address cannot be listened on.
    #[error("failed to listen on {address}: {}", advice(source))]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The host's thread or its runtime cannot be made.
    #[error(
        "failed to start the host's thread: {source}; close programs, or raise the limits on threads and files"
    )]
    Thread {
        /// What the system said.
        source: io::Error,
    },
    /// The engine's program is not there.
    #[error("failed to find the program '{program}'; {}", install(program))]
    MissingProgram {
        /// The program as it was named.
        program: String,
    },
    /// The engine does not get ready.
    #[error("failed to start the engine: {what}")]
    Engine {
        /// What it failed at.
        what: String,
    },
    /// A model is to be served as MP3, for which there is no encoder here.
    #[error(
        "failed to set up the model '{model}': MP3 cannot be written here; choose Ogg Opus or WAV for it"
    )]
    Mp3 {
        /// The model's slug.
        model: String,
    },
    /// An engine that is given no time.
    #[error(
        "failed to set up the engine '{program}': {timeout:?} is no time to speak in; give it some seconds"
    )]
    NoTime {
        /// The program.
        program: String,
        /// Its time.
        timeout: Duration,
    },
}

fn advice(source: &io::Error) -> String {
    if source.kind() == io::ErrorKind::AddrInUse {
        return "the port is in use; stop what listens there, choose another, or 0 for any free one"
            .to_owned();
    }
    if source.kind() == io::ErrorKind::PermissionDenied {
        return "not allowed; ports below 1024 are the system's, choose a higher one, or 0 for any free one"
            .to_owned();
    }
    if source.kind() == io::ErrorKind::AddrNotAvailable {
        return "this machine has no such address; choose 127.0.0.1 for itself alone or 0.0.0.0 for all"
            .to_owned();
    }
    source.to_string()
}

fn install(program: &str) -> String {
    match program {
        "espeak-ng" | "flite" => {
            format!("install it (Debian and Ubuntu: apt-get install {program}) or name its path")
        }
        "piper" => "install it (pip install piper-tts) or name its path".to_owned(),
        _ => "install it or name its path".to_owned(),
    }
}
