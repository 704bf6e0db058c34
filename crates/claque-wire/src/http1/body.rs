//! The body of an answer, by how it is framed (RFC 9112 section 6).

use std::borrow::Cow;

use super::{HttpError, single_bytes};

/// Longest line that tells a chunk's size, extensions included, and longest trailer.
const MAX_LINE: usize = 4 << 10;

/// How the end of a body is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    Length(u64),
    Chunked,
    UntilClose,
}

/// A body that is being read.
#[derive(Debug)]
pub(super) enum Body {
    /// So many bytes are still to come.
    Length(u64),
    UntilClose,
    Chunked(Chunks),
}

/// Where in the chunks it is.
#[derive(Debug)]
pub(super) struct Chunks {
    at: At,
    /// A line that is not whole.
    line: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    /// Before the line with a chunk's size.
    Size,
    /// So many bytes of a chunk are still to come.
    Data(u64),
    /// Before the line's end behind a chunk.
    DataEnd,
    /// In the fields behind the last chunk, which nobody asked for.
    Trailer,
    End,
}

impl Body {
    pub(super) const fn new(framing: Framing) -> Self {
        match framing {
            Framing::Length(length) => Self::Length(length),
            Framing::UntilClose => Self::UntilClose,
            Framing::Chunked => Self::Chunked(Chunks { at: At::Size, line: Vec::new() }),
        }
    }

    /// Takes content from the front of `bytes`; none when there is none, or no more.
    pub(super) fn next<'b>(&mut self, bytes: &mut &'b [u8]) -> Result<Option<&'b [u8]>, HttpError> {
        match self {
            Self::Length(left) => Ok(take(left, bytes)),
            Self::UntilClose => {
                let mut all = u64::MAX;
                Ok(take(&mut all, bytes))
            }
            Self::Chunked(chunks) => chunks.next(bytes),
        }
    }

    /// Appends the content of small chunks to `out`, as many as lie whole at the front of `bytes`, and takes them from there.
    pub(super) fn take_small_chunks(&mut self, bytes: &mut &[u8], out: &mut Vec<u8>) {
        match self {
            Self::Chunked(chunks) => chunks.take_small(bytes, out),
            Self::Length(_) | Self::UntilClose => {}
        }
    }

    pub(super) const fn is_whole(&self) -> bool {
        match self {
            Self::Length(left) => *left == 0,
            Self::UntilClose => false,
            Self::Chunked(chunks) => matches!(chunks.at, At::End),
        }
    }

    pub(super) const fn lasts_until_close(&self) -> bool {
        matches!(self, Self::UntilClose)
    }
}

impl Chunks {
    fn next<'b>(&mut self, bytes: &mut &'b [u8]) -> Result<Option<&'b [u8]>, HttpError> {
        loop {
            self.at = match self.at {
                At::Data(0) => At::DataEnd,
                At::Data(mut left) => {
                    let content = take(&mut left, bytes);
                    self.at = At::Data(left);
                    return Ok(content);
                }
                At::Size => match self.take_size(bytes)? {
                    None => return Ok(None),
                    Some(0) => At::Trailer,
                    Some(size) => At::Data(size),
                },
                At::DataEnd if self.line.is_empty() && bytes.starts_with(b"\r\n") => {
                    *bytes = &bytes[2..];
                    At::Size
                }
                At::DataEnd => match self.take_line(bytes)? {
                    None => return Ok(None),
                    Some(line) if line.is_empty() => At::Size,
                    Some(line) => return Err(wrong(&line)),
                },
                At::Trailer => match self.take_line(bytes)? {
                    None => return Ok(None),
                    Some(line) if line.is_empty() => At::End,
                    Some(_) => At::Trailer,
                },
                At::End => return Ok(None),
            };
        }
    }

    /// Takes chunks of which nothing is cut and nothing is odd. All others are left where they are, for [`next`](Self::next).
    fn take_small(&mut self, bytes: &mut &[u8], out: &mut Vec<u8>) {
        if !self.line.is_empty() {
            return;
        }
        if matches!(self.at, At::Data(0) | At::DataEnd)
            && let Some(rest) = bytes.strip_prefix(b"\r\n")
        {
            *bytes = rest;
            self.at = At::Size;
        }
        if self.at == At::Size {
            single_bytes::take(bytes, out);
            while let Some((content, rest)) = small_chunk(bytes) {
                out.extend_from_slice(content);
                *bytes = rest;
            }
        }
    }

    /// Takes the line with a chunk's size; none while it is not whole.
    fn take_size(&mut self, bytes: &mut &[u8]) -> Result<Option<u64>, HttpError> {
        if self.line.is_empty()
            && let Some((size, rest)) = plain_size(bytes)
        {
            *bytes = rest;
            return Ok(Some(size));
        }
        self.take_line(bytes)?.map(|line| size(&line)).transpose()
    }

    /// Takes a line without its end; none while it is not whole. It is copied only where it came in more than one piece.
    fn take_line<'b>(&mut self, bytes: &mut &'b [u8]) -> Result<Option<Cow<'b, [u8]>>, HttpError> {
        let end = memchr::memchr(b'\n', bytes);
        let (line, rest) = bytes.split_at(end.map_or(bytes.len(), |end| end + 1));
        if self.line.len() + line.len() > MAX_LINE {
            return Err(wrong(line));
        }
        *bytes = rest;
        if end.is_some() && self.line.is_empty() {
            return without_end(line).map(|line| Some(Cow::Borrowed(line)));
        }
        self.line.extend_from_slice(line);
        if end.is_none() {
            return Ok(None);
        }
        let mut line = std::mem::take(&mut self.line);
        line.truncate(without_end(&line)?.len());
        Ok(Some(Cow::Owned(line)))
    }
}

/// A line without CR and LF, of which the latter is there.
fn without_end(line: &[u8]) -> Result<&[u8], HttpError> {
    line.strip_suffix(b"\r\n").ok_or_else(|| wrong(line))
}

/// Takes at most `left` bytes, and counts them off.
fn take<'b>(left: &mut u64, bytes: &mut &'b [u8]) -> Option<&'b [u8]> {
    let count = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
    let (content, rest) = bytes.split_at(count);
    *left -= u64::try_from(count).unwrap_or(*left);
    *bytes = rest;
    (count > 0).then_some(content)
}

/// The content of a whole chunk whose size is one digit, and what is behind it. None where it is the last chunk, which is empty.
#[inline]
fn small_chunk(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&[digit, b'\r', b'\n'], rest) = bytes.split_first_chunk()? else { return None };
    let size = match digit {
        b'1'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        b'A'..=b'F' => digit - b'A' + 10,
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(usize::from(size))?;
    Some((content, rest.strip_prefix(b"\r\n")?))
}

/// A whole line of a few digits and nothing else, and what is behind it: nearly all are such, and of small chunks there are many.
fn plain_size(bytes: &[u8]) -> Option<(u64, &[u8])> {
    /// More is left to the thorough way.
    const MOST_DIGITS: usize = 8;
    let mut size = 0;
    for (count, &byte) in bytes.iter().take(MOST_DIGITS + 1).enumerate() {
        let Some(digit) = char::from(byte).to_digit(16) else {
            let rest = bytes[count..].strip_prefix(b"\r\n")?;
            return (count > 0).then_some((size, rest));
        };
        size = size * 16 + u64::from(digit);
    }
    None
}

/// A chunk's size: hexadecimal digits, then an extension behind a semicolon (RFC 9112 section 7.1).
fn size(line: &[u8]) -> Result<u64, HttpError> {
    let text = std::str::from_utf8(line).map_err(|_| wrong(line))?;
    let digits = text.split(';').next().unwrap_or_default().trim_matches([' ', '\t']);
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(wrong(line));
    }
    u64::from_str_radix(digits, 16).map_err(|_| wrong(line))
}

fn wrong(line: &[u8]) -> HttpError {
    /// As much of it as helps to recognise it.
    const SHOWN: usize = 40;
    let shown = String::from_utf8_lossy(&line[..line.len().min(SHOWN)]);
    HttpError::Chunk(shown.trim_end().escape_debug().to_string())
}
