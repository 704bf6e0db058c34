//! WebSocket frames (RFC 6455 section 5), as much of them as the bench needs: whole text messages.

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Text, whole.
    Text,
    /// The other side asks for a sign of life.
    Ping,
    /// The other side is leaving.
    Close,
    /// Anything else.
    Other,
}

/// A frame at the head of some bytes.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) kind: Kind,
    /// Where its payload is, unmasked.
    pub(crate) payload: std::ops::Range<usize>,
}

const FINAL: u8 = 0x80;
const MASKED: u8 = 0x80;
const TEXT: u8 = 0x1;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xA;

/// The key that a client of the bench masks with: nothing between it and the server needs protection.
const MASK: [u8; 4] = [0; 4];

/// Reads the frame at the head of `bytes` and takes its mask off in place; none while it is not whole.
pub(crate) fn read(bytes: &mut [u8]) -> Option<Frame> {
    let (first, second) = (*bytes.first()?, *bytes.get(1)?);
    let (length, mut at) = match second & !MASKED {
        126 => (usize::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?)), 4),
        127 => (usize::try_from(u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?)).ok()?, 10),
        short => (usize::from(short), 2),
    };
    let mask: Option<[u8; 4]> = match second & MASKED {
        0 => None,
        _ => Some(bytes.get(at..at + 4)?.try_into().ok()?),
    };
    at += if mask.is_some() { 4 } else { 0 };
    let payload = at..at.checked_add(length)?;
    let content = bytes.get_mut(payload.clone())?;
    for (byte, key) in content.iter_mut().zip(mask.unwrap_or_default().iter().cycle()) {
        *byte ^= key;
    }
    let kind = match first {
        first if first == FINAL | TEXT => Kind::Text,
        first if first & 0xF == PING => Kind::Ping,
        first if first & 0xF == CLOSE => Kind::Close,
        _ => Kind::Other,
    };
    Some(Frame { kind, payload })
}

/// Appends a server's text frame.
pub(crate) fn server_text(text: &str, out: &mut Vec<u8>) {
    head(FINAL | TEXT, 0, text.len(), out);
    out.extend_from_slice(text.as_bytes());
}

/// Appends a server's answer to a ping.
pub(crate) fn server_pong(payload: &[u8], out: &mut Vec<u8>) {
    head(FINAL | PONG, 0, payload.len(), out);
    out.extend_from_slice(payload);
}

/// Appends a client's text frame.
pub(crate) fn client_text(text: &str, out: &mut Vec<u8>) {
    head(FINAL | TEXT, MASKED, text.len(), out);
    out.extend_from_slice(&MASK);
    out.extend_from_slice(text.as_bytes());
}

fn head(first: u8, masked: u8, length: usize, out: &mut Vec<u8>) {
    out.push(first);
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short @ ..126), _) => out.push(masked | short),
        (_, Ok(medium)) => {
            out.push(masked | 126);
            out.extend_from_slice(&medium.to_be_bytes());
        }
        _ => {
            out.push(masked | 127);
            out.extend_from_slice(&u64::try_from(length).unwrap_or(u64::MAX).to_be_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again_whatever_its_length() {
        for length in [0, 1, 125, 126, 65_535, 65_536] {
            let text = "a".repeat(length);
            let (mut of_server, mut of_client) = (Vec::new(), Vec::new());
            server_text(&text, &mut of_server);
            client_text(&text, &mut of_client);
            for mut bytes in [of_server, of_client] {
                let whole = bytes.len();
                assert!(read(&mut bytes[..whole - 1]).is_none(), "{length} bytes are whole too early");
                let frame = read(&mut bytes).unwrap();
                assert_eq!((frame.kind, frame.payload.end), (Kind::Text, whole));
                assert_eq!(&bytes[frame.payload], text.as_bytes());
            }
        }
    }

    #[test]
    fn a_mask_is_taken_off() {
        // RFC 6455 section 5.7: "Hello", masked.
        let mut bytes = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
        let frame = read(&mut bytes).unwrap();
        assert_eq!(&bytes[frame.payload], b"Hello");
    }
}
