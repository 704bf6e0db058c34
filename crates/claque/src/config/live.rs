//! How a run is watched.

use std::net::SocketAddr;

use super::{
    UsageError,
    settings::{LiveChoice, ScreenChoice},
};
use crate::cli::LiveFlags;

/// Decides on the views.
///
/// # Errors
/// The page's address is none, or one that others can reach.
pub(super) fn choice(flags: LiveFlags) -> Result<LiveChoice, UsageError> {
    let screen = if flags.live { ScreenChoice::Whole } else { ScreenChoice::Line };
    let page = flags.live_web.as_deref().map(page).transpose()?;
    Ok(LiveChoice { screen, page })
}

fn page(typed: &str) -> Result<SocketAddr, UsageError> {
    let named = typed.strip_prefix("localhost:").map(|port| format!("127.0.0.1:{port}"));
    let address: SocketAddr = named.as_deref().unwrap_or(typed).parse().map_err(|_| {
        UsageError::new(format!("--live-web is {typed}; give an address and a port, such as 127.0.0.1:0"))
    })?;
    if !address.ip().is_loopback() {
        return Err(UsageError::new(format!(
            "--live-web is {typed}, which others can reach, and the page asks nobody who he is; give a loopback address such as \
             127.0.0.1:{}",
            address.port()
        )));
    }
    Ok(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_for_this_machine_alone() {
        let at = |typed| page(typed).map(|address| address.to_string()).map_err(|error| error.to_string());
        assert_eq!(at("127.0.0.1:0").unwrap(), "127.0.0.1:0");
        assert_eq!(at("localhost:8000").unwrap(), "127.0.0.1:8000");
        assert_eq!(at("[::1]:8000").unwrap(), "[::1]:8000");
        for typed in ["0.0.0.0:8000", "192.168.1.7:8000", "[::]:8000"] {
            assert!(at(typed).unwrap_err().contains("which others can reach"), "{typed}");
        }
        for typed in ["8000", "localhost", "example.test:80", ""] {
            assert!(at(typed).unwrap_err().contains("give an address and a port"), "{typed}");
        }
    }
}
