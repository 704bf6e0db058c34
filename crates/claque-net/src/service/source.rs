//! Connections from an address of one's own choice.

use std::{io, net::IpAddr};

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
