//! HTTP/1.1 (RFC 9112) from the client's side, sans-IO: a request without a body out, slices of an answer in.
//!
//! [`Response`] holds no buffer: what is handed to it comes out again in parts, and only a head that lies across two reads is
//! kept until it is whole. It follows no redirect and undoes no content coding.

mod body;
mod head;
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

/// Bytes that a field with a length takes, about.
const LENGTH_FIELD: usize = 40;

/// Appends a request for what is at `path_and_query` of `host`, which is a name or address with its port if that is not
/// the usual one: a POST of `body`, or a GET where there is none. Nothing given besides the body may hold a line's end.
pub fn write_request(
    path_and_query: &str,
    host: &str,
    headers: &[(&str, &str)],
    body: Option<&[u8]>,
    out: &mut Vec<u8>,
) {
    let method = if body.is_some() { "POST " } else { "GET " };
    let parts = [method, path_and_query, " HTTP/1.1\r\nhost: ", host, "\r\n"];
    let fields: usize = headers.iter().map(|(name, value)| name.len() + value.len() + 4).sum();
    let body_room = body.map_or(0, |body| body.len() + LENGTH_FIELD);
    out.reserve(parts.iter().map(|part| part.len()).sum::<usize>() + fields + body_room + 2);
    for part in parts {
        out.extend_from_slice(part.as_bytes());
    }
    write_headers(headers, out);
    if let Some(body) = body {
        write_headers(&[("content-length", &body.len().to_string())], out);
    }
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(body.unwrap_or_default());
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
    wanted: WantedFields,
    fields: Fields,
}

/// Which fields of heads are kept for whoever reads the answer, besides where a redirect leads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WantedFields {
    /// None: what is asked for is known.
    #[default]
    None,
    /// What the body is said to be, and how long to wait.
    Content,
}

/// Fields of a head that are kept.
#[derive(Debug, Default)]
struct Fields {
    location: Option<Box<str>>,
    content_type: Option<Box<str>>,
    retry_after: Option<Box<str>>,
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
    pub fn new() -> Self {
        Self::keeping(WantedFields::None)
    }

    /// Makes a reader that has read nothing and keeps these fields of the head.
    #[must_use]
    pub fn keeping(wanted: WantedFields) -> Self {
        let stage = Stage::Head(Vec::new());
        Self { stage, has_begun: false, keeps_alive: false, wanted, fields: Fields::default() }
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
                let Head { status, framing, keeps_alive, fields } = head;
                self.keeps_alive = keeps_alive;
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

    /// Whether another request may go over the connection: the answer is whole, and the connection lives on.
    #[must_use]
    pub const fn keeps_alive(&self) -> bool {
        self.keeps_alive && matches!(self.stage, Stage::Over)
    }

    /// Where the answer, once its head has come, says that the thing is to be had instead: the `location` of a redirect
    /// (RFC 9110 section 15.4), which may be relative.
    #[must_use]
    pub fn location(&self) -> Option<&str> {
        self.fields.location.as_deref()
    }

    /// What the body is said to be, once the head has come and if it is kept.
    #[must_use]
    pub fn content_type(&self) -> Option<&str> {
        self.fields.content_type.as_deref()
    }

    /// How long to wait before asking again, as the service puts it (RFC 9110 section 10.2.3), once the head has come and if
    /// it is kept.
    #[must_use]
    pub fn retry_after(&self) -> Option<&str> {
        self.fields.retry_after.as_deref()
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
