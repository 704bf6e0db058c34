//! Frames of a client: whole and masked.

use super::{FINAL, LENGTH_IN_2, LENGTH_IN_8, MASKED, opcode};

/// Appends a text message. `mask` is to be random (RFC 6455 section 5.3).
pub fn write_text(mask: [u8; 4], text: &str, out: &mut Vec<u8>) {
    write(opcode::TEXT, mask, text.as_bytes(), out);
}

/// Appends the answer to a ping: the same payload, which a ping keeps to 125 bytes.
pub fn write_pong(mask: [u8; 4], payload: &[u8], out: &mut Vec<u8>) {
    write(opcode::PONG, mask, payload, out);
}

/// Appends the end of the conversation, with a code of RFC 6455 section 7.4.1.
pub fn write_close(mask: [u8; 4], code: u16, out: &mut Vec<u8>) {
    write(opcode::CLOSE, mask, &code.to_be_bytes(), out);
}

fn write(opcode: u8, mask: [u8; 4], payload: &[u8], out: &mut Vec<u8>) {
    out.reserve(payload.len() + 14);
    out.push(FINAL | opcode);
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(length), _) if length < LENGTH_IN_2 => out.push(MASKED | length),
        (_, Ok(length)) => {
            out.push(MASKED | LENGTH_IN_2);
            out.extend_from_slice(&length.to_be_bytes());
        }
        _ => {
            out.push(MASKED | LENGTH_IN_8);
            out.extend_from_slice(&u64::try_from(payload.len()).unwrap_or(u64::MAX).to_be_bytes());
        }
    }
    out.extend_from_slice(&mask);
    let begin = out.len();
    out.extend_from_slice(payload);
    for four in out[begin..].chunks_mut(mask.len()) {
        four.iter_mut().zip(mask).for_each(|(byte, key)| *byte ^= key);
    }
}
