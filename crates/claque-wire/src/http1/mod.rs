//! HTTP/1.1 (RFC 9112) from the client's side, sans-IO: a request without a body out, slices of an answer in.
//!
//! [`Response`] holds no buffer: what is handed to it comes out again in parts, and only a head that lies across two reads is
//! kept until it is whole. It follows no redirect and undoes no content coding.

mod body;
mod head;
mod single_bytes;
#[cfg(test)]
#[expect(clippy::panic_in_result_fn, reason = "helpers assert that every split reads the same")]
mod tests;
mod tunnel;

use self::{
    body::{Body, Framing},
    head::Head,
};

pub(crate) use self::head::take_raw as take_raw_head;
pub use self::tunnel::{Tunnel, TunnelError};

/// Longest head of an answer that is taken, bytes. Common servers and clients have limits of 8 to 64 KiB.
const MAX_HEAD: usize = 16 << 10;

/// Appends a request for what is at `path_and_query` of `host`, which is a name or address with its port if that is not
/// the usual one. Nothing given may hold a line's end.
pub fn write_get(path_and_query: &str, host: &str, headers: &[(&str, &str)], out: &mut Vec<u8>) {
    let parts = ["GET ", path_and_query, " HTTP/1.1\r\nhost: ", host, "\r\n"];
    let fields: usize = headers.iter().map(|(name, value)| name.len() + value.len() + 4).sum();
    out.reserve(parts.iter().map(|part| part.len()).sum::<usize>() + fields + 2);
    for part in parts {
        out.extend_from_slice(part.as_bytes());
    }
    write_headers(headers, out);
    out.extend_from_slice(b"\r\n");
}

/// Appends a request that hands `body` over. The rest is as with [`write_get`]; the body's length is told.
pub fn write_post(
    path_and_query: &str,
    host: &str,
    headers: &[(&str, &str)],
    body: &[u8],
    out: &mut Vec<u8>,
) {
    out.reserve(body.len() + path_and_query.len() + host.len() + 256);
    for part in ["POST ", path_and_query, " HTTP/1.1\r\nhost: ", host, "\r\n"] {
        out.extend_from_slice(part.as_bytes());
    }
    write_headers(headers, out);
    write_headers(&[("content-length", &body.len().to_string())], out);
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(body);
}

pub(crate) fn write_headers(headers: &[(&str, &str)], out: &mut Vec<u8>) {
    for (name, value) in headers {
        for part in [name, ": ", value, "\r\n"] {
            out.extend_from_slice(part.as_bytes());
        }
    }
}

/// Why an answer is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// Its head is no HTTP/1.
    #[error("the server's answer is no HTTP: {0}")]
    NotHttp(httparse::Error),
    /// Its head is too long.
    #[error("the head of the server's answer is longer than {MAX_HEAD} bytes")]
    HeadTooLong,
    /// It changes to another protocol, which nobody asked for.
    #[error("the server changed to another protocol, unasked")]
    Switched,
    /// Its length is no number, or there are several.
    #[error("failed to read the answer's content-length `{0}`")]
    Length(String),
    /// It is coded for transfer in a way that was not asked for.
    #[error("the answer has the transfer-encoding `{0}`, and only `chunked` is understood")]
    Encoding(String),
    /// A chunk's size cannot be read, or its end is missing.
    #[error("failed to read a chunk of the answer at `{0}`")]
    Chunk(String),
    /// The connection ended before the answer did.
    #[error("the connection ended in the middle of an answer")]
    CutShort,
}

/// A part of an answer, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'b> {
    /// Its head, once.
    Head {
        /// Status code, 200 to 999.
        status: u16,
    },
    /// Bytes of its body, at least one.
    Body(&'b [u8]),
    /// It is whole.
    End,
}

/// Reads one answer.
#[derive(Debug)]
pub struct Response {
    stage: Stage,
    has_begun: bool,
    keeps_alive: bool,
    location: Option<Box<str>>,
    /// Names of header fields that are kept, and those that came.
    wanted: &'static [&'static str],
    fields: Vec<(&'static str, Box<str>)>,
}

#[derive(Debug)]
enum Stage {
    /// As much of the head as came without being whole.
    Head(Vec<u8>),
    Body(Body),
    Over,
}

impl Response {
    /// Makes a reader that has read nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self::with_fields(&[])
    }

    /// Makes one that keeps the header fields of these names, in lower case, for [`field`](Self::field).
    #[must_use]
    pub const fn with_fields(wanted: &'static [&'static str]) -> Self {
        Self {
            stage: Stage::Head(Vec::new()),
            has_begun: false,
            keeps_alive: false,
            location: None,
            wanted,
            fields: Vec::new(),
        }
    }

    /// Takes bytes from the front of `bytes` and gives the next part; none when it needs more. After [`Part::End`] nothing is
    /// taken any more: what is left in `bytes` is not of this answer.
    ///
    /// # Errors
    /// It is no answer. The connection is of no more use then.
    pub fn next<'b>(&mut self, bytes: &mut &'b [u8]) -> Result<Option<Part<'b>>, HttpError> {
        self.has_begun |= !bytes.is_empty();
        match &mut self.stage {
            Stage::Head(part) => {
                let Some(head) = head::take(part, bytes, self.wanted)? else { return Ok(None) };
                let Head { status, framing, keeps_alive, location, fields } = head;
                self.keeps_alive = keeps_alive;
                self.location = location;
                self.fields = fields;
                self.stage = Stage::Body(Body::new(framing));
                Ok(Some(Part::Head { status }))
            }
            Stage::Body(body) => {
                if let Some(content) = body.next(bytes)? {
                    return Ok(Some(Part::Body(content)));
                }
                if body.is_whole() {
                    self.stage = Stage::Over;
                    return Ok(Some(Part::End));
                }
                Ok(None)
            }
            Stage::Over => Ok(None),
        }
    }

    /// Takes from the front of `bytes` the chunks of less than 16 bytes each that lie there whole, and appends their content to
    /// `out`: the same content that [`next`](Self::next) would give, one part a chunk, for less. Takes nothing where there are none.
    pub fn take_small_chunks(&mut self, bytes: &mut &[u8], out: &mut Vec<u8>) {
        match &mut self.stage {
            Stage::Body(body) => body.take_small_chunks(bytes, out),
            Stage::Head(_) | Stage::Over => {}
        }
    }

    /// The connection has ended.
    ///
    /// # Errors
    /// The answer is not whole, and its end was not to be the connection's.
    pub fn end(&mut self) -> Result<(), HttpError> {
        match &self.stage {
            Stage::Over => Ok(()),
            Stage::Body(body) if body.lasts_until_close() => {
                self.keeps_alive = false;
                self.stage = Stage::Over;
                Ok(())
            }
            Stage::Head(_) | Stage::Body(_) => Err(HttpError::CutShort),
        }
    }

    /// Whether the answer is whole.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Over)
    }

    /// Whether another request may go over the connection: the answer is whole, and the connection lives on.
    #[must_use]
    pub const fn keeps_alive(&self) -> bool {
        self.keeps_alive && matches!(self.stage, Stage::Over)
    }

    /// Where the answer, once its head has come, says that the thing is to be had instead: the `location` of a redirect
    /// (RFC 9110 section 15.4), which may be relative.
    #[must_use]
    pub fn location(&self) -> Option<&str> {
        self.location.as_deref()
    }

    /// The value of a header field that is kept, once the head has come. Of several fields of a name the first is given.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(kept, _)| *kept == name).map(|(_, value)| &**value)
    }

    /// Whether any byte of an answer has come.
    #[must_use]
    pub const fn has_begun(&self) -> bool {
        self.has_begun
    }
}

impl Default for Response {
    fn default() -> Self {
        Self::new()
    }
}
