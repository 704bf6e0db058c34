//! A tunnel through a proxy (`CONNECT`, RFC 9110 section 9.3.6), from the client's side.

use super::{HttpError, head::take_raw, write_headers};

/// Why there is no tunnel.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TunnelError {
    /// The proxy said no.
    #[error("the proxy refused the tunnel with HTTP {status}")]
    Refused {
        /// The status code.
        status: u16,
    },
    /// What came is no answer of a proxy.
    #[error(transparent)]
    NotAProxy(#[from] HttpError),
    /// Bytes came through the tunnel before anything was sent into it.
    #[error("the proxy sent something that nobody asked for")]
    Unasked,
}

/// Reads the answer of a proxy.
#[derive(Debug, Default)]
pub struct Tunnel {
    /// As much of it as came without being whole.
    part: Vec<u8>,
}

impl Tunnel {
    /// Appends the request for a tunnel to `authority`, a host with its port. Nothing given may hold a line's end.
    pub fn request(authority: &str, headers: &[(&str, &str)], out: &mut Vec<u8>) {
        for part in ["CONNECT ", authority, " HTTP/1.1\r\nhost: ", authority, "\r\n"] {
            out.extend_from_slice(part.as_bytes());
        }
        write_headers(headers, out);
        out.extend_from_slice(b"\r\n");
    }

    /// Takes the answer: whether the tunnel stands, or more of it is needed. Nothing can lie behind it, for whoever is at
    /// the other end is spoken to first.
    ///
    /// # Errors
    /// There is no tunnel.
    pub fn answer(&mut self, mut bytes: &[u8]) -> Result<bool, TunnelError> {
        while !bytes.is_empty() {
            match take_raw(&mut self.part, &mut bytes, |head| head.code.unwrap_or_default())? {
                None => return Ok(false),
                // Any of them, whatever it says of a length (RFC 9110 section 9.3.6).
                Some(200..=299) if bytes.is_empty() => return Ok(true),
                Some(200..=299) => return Err(TunnelError::Unasked),
                // Interim answers are passed over.
                Some(100..=199) => {}
                Some(status) => return Err(TunnelError::Refused { status }),
            }
        }
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(answer: &str, at_once: usize) -> Result<bool, TunnelError> {
        let mut tunnel = Tunnel::default();
        let mut stands = false;
        for bytes in answer.as_bytes().chunks(at_once) {
            stands = tunnel.answer(bytes)?;
        }
        Ok(stands)
    }

    #[test]
    fn a_tunnel_is_asked_for_by_host_and_port() {
        let mut out = Vec::new();
        Tunnel::request("[::1]:443", &[("proxy-authorization", "Basic aDpw")], &mut out);
        let wanted =
            "CONNECT [::1]:443 HTTP/1.1\r\nhost: [::1]:443\r\nproxy-authorization: Basic aDpw\r\n\r\n";
        assert_eq!(String::from_utf8(out).unwrap(), wanted);
    }

    #[test]
    fn it_stands_after_a_success_however_the_answer_is_cut() {
        let whole =
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200 Connection established\r\ncontent-length: 9\r\n\r\n";
        for at_once in 1..=whole.len() {
            assert_eq!(answered(whole, at_once), Ok(true), "{at_once}");
        }
        assert_eq!(answered(&whole[..whole.len() - 1], 7), Ok(false));
    }

    #[test]
    fn a_refusal_is_told_with_its_status_and_what_is_no_proxy_as_that() {
        for (answer, wanted) in [
            ("HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 4\r\n\r\nwho?", Some(407)),
            ("HTTP/1.1 302 Found\r\n\r\n", Some(302)),
            ("220 smtp.example ready\r\n", None),
            ("HTTP/1.1 200 OK\r\n\r\nhello", None),
        ] {
            let status = match answered(answer, answer.len()).unwrap_err() {
                TunnelError::Refused { status } => Some(status),
                TunnelError::NotAProxy(_) | TunnelError::Unasked => None,
            };
            assert_eq!(status, wanted, "{answer}");
        }
    }
}
