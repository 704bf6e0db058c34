//! Connections from an address of one's own choice.

use std::{
    io,
    net::{IpAddr, SocketAddr},
};

use claque_core::event::{Failure, Phase};
use tokio::net::{TcpSocket, TcpStream, lookup_host};

use super::{http::failure_of, target::Target};

/// Why no connection can come from an address.
#[derive(Debug, thiserror::Error)]
#[error("failed to connect from {address}: {source}; give addresses of this machine")]
pub struct SourceError {
    /// The address.
    pub address: IpAddr,
    /// What the system said.
    pub source: io::Error,
}

/// Checks that connections can come from `address`.
///
/// # Errors
/// The address is not this machine's.
pub fn check_source(address: IpAddr) -> Result<(), SourceError> {
    std::net::UdpSocket::bind((address, 0)).map(drop).map_err(|source| SourceError { address, source })
}

/// Connects to the service, from `source` if one is given.
///
/// # Errors
/// The connection cannot be made.
pub(crate) async fn connect(target: &Target, source: Option<IpAddr>) -> Result<TcpStream, Failure> {
    let failed = |error: io::Error| failure_of(&error, Phase::Dial);
    let host = (target.host(), target.port());
    let Some(source) = source else {
        return TcpStream::connect(host).await.map_err(failed);
    };
    let mut last = None;
    for address in lookup_host(host).await.map_err(failed)? {
        if address.is_ipv4() == source.is_ipv4() {
            match connect_to(address, source).await {
                Ok(stream) => return Ok(stream),
                Err(error) => last = Some(error),
            }
        }
    }
    Err(failed(
        last.unwrap_or_else(|| {
            io::Error::other(format!("the service has no address that {source} can reach"))
        }),
    ))
}

async fn connect_to(address: SocketAddr, source: IpAddr) -> io::Result<TcpStream> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.bind((source, 0).into())?;
    socket.connect(address).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_this_machine_are_sources() {
        assert!(check_source("127.0.0.1".parse().unwrap()).is_ok());
        // RFC 5737: nobody's.
        let error = check_source("192.0.2.1".parse().unwrap()).unwrap_err().to_string();
        assert!(error.contains("192.0.2.1") && error.contains("give addresses of this machine"), "{error}");
    }
}
