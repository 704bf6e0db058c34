//! Server-sent events (WHATWG HTML, section 9.2.6), sans-IO: any split of the bytes gives the same events.
//!
//! Events are read as written: data lines are joined, comments and fields other than `event` and `data` are passed over. Unlike a
//! browser it takes an event at the stream's end that no empty line follows, for servers leave that out.

use core::mem;

/// Longest line, and longest event, that is taken, bytes: a minute of 16-bit samples at 24 kHz in base64.
const MAX_EVENT: usize = 4 << 20;

/// The bytes before a stream that say that it is UTF-8, which it always is.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// One event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerEvent<'e> {
    /// Its name; empty if it has none.
    pub name: &'e str,
    /// Its data; lines are joined with line feeds.
    pub data: &'e [u8],
}

/// A stream cannot be read any further.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an event of the stream is longer than {MAX_EVENT} bytes")]
pub struct EventStreamError;

/// Reads one stream.
#[derive(Debug, Default)]
pub struct EventStream {
    /// What came of a line that is not whole.
    line: Vec<u8>,
    lines: Lines,
    name: String,
    data: Vec<u8>,
    has_data: bool,
    /// Whether the event held was given.
    is_given: bool,
}

/// Where between lines it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Lines {
    #[default]
    First,
    Later,
    /// A line feed that comes now belongs to the end of the line before.
    AfterReturn,
}

impl EventStream {
    /// Makes a reader that has read nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes bytes from the front of `bytes` and gives the next event; none when it needs more.
    ///
    /// # Errors
    /// A line or an event is too long.
    pub fn next(&mut self, bytes: &mut &[u8]) -> Result<Option<ServerEvent<'_>>, EventStreamError> {
        self.forget_given();
        while !bytes.is_empty() {
            if self.lines == Lines::AfterReturn {
                self.lines = Lines::Later;
                *bytes = bytes.strip_prefix(b"\n").unwrap_or(bytes);
            }
            let end = memchr::memchr2(b'\n', b'\r', bytes);
            let (part, rest) = bytes.split_at(end.unwrap_or(bytes.len()));
            if self.line.len() + part.len() > MAX_EVENT {
                return Err(EventStreamError);
            }
            self.line.extend_from_slice(part);
            let Some((ending, behind)) = rest.split_first() else {
                *bytes = rest;
                break;
            };
            *bytes = behind;
            if self.end_line(*ending)? {
                return Ok(Some(self.give()));
            }
        }
        Ok(None)
    }

    /// Says that the stream has ended, and gives an event that was whole but for the empty line behind it.
    ///
    /// # Errors
    /// It is too long.
    pub fn finish(&mut self) -> Result<Option<ServerEvent<'_>>, EventStreamError> {
        self.forget_given();
        if !self.line.is_empty() {
            self.end_line(b'\n')?;
        }
        Ok(if self.has_data { Some(self.give()) } else { None })
    }

    /// Takes the line held, which is whole. Gives whether an event is.
    fn end_line(&mut self, ending: u8) -> Result<bool, EventStreamError> {
        let mut line = mem::take(&mut self.line);
        let first =
            mem::replace(&mut self.lines, if ending == b'\r' { Lines::AfterReturn } else { Lines::Later });
        if first == Lines::First && line.starts_with(BYTE_ORDER_MARK) {
            line.drain(..BYTE_ORDER_MARK.len());
        }
        let is_whole = line.is_empty() && self.has_data;
        if line.is_empty() && !is_whole {
            self.name.clear();
        }
        self.take_field(&line)?;
        line.clear();
        self.line = line;
        Ok(is_whole)
    }

    fn take_field(&mut self, line: &[u8]) -> Result<(), EventStreamError> {
        let colon = memchr::memchr(b':', line).unwrap_or(line.len());
        let (field, value) = line.split_at(colon);
        let value = value.strip_prefix(b":").unwrap_or(value);
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match field {
            b"data" => {
                if self.data.len() + value.len() >= MAX_EVENT {
                    return Err(EventStreamError);
                }
                if mem::replace(&mut self.has_data, true) {
                    self.data.push(b'\n');
                }
                self.data.extend_from_slice(value);
            }
            b"event" => self.name = String::from_utf8_lossy(value).into_owned(),
            _ => {}
        }
        Ok(())
    }

    fn give(&mut self) -> ServerEvent<'_> {
        self.is_given = true;
        ServerEvent { name: &self.name, data: &self.data }
    }

    fn forget_given(&mut self) {
        if mem::take(&mut self.is_given) {
            self.name.clear();
            self.data.clear();
            self.has_data = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<'b>(pieces: impl IntoIterator<Item = &'b [u8]>) -> Vec<(String, String)> {
        let owned =
            |event: ServerEvent<'_>| (event.name.to_owned(), String::from_utf8(event.data.to_vec()).unwrap());
        let (mut stream, mut events) = (EventStream::new(), Vec::new());
        for mut piece in pieces {
            while let Some(event) = stream.next(&mut piece).unwrap() {
                events.push(owned(event));
            }
        }
        events.extend(stream.finish().unwrap().map(owned));
        events
    }

    #[test]
    fn every_ending_of_lines_every_field_and_any_split_reads_the_same() {
        let text = "\u{feff}data: one\n\n: a comment\r\nevent: two\r\ndata:2\r\ndata:  b\u{e9}\r\nid: 7\r\n\r\n\
                    event: forgotten\r\rdata\r\rdata: last";
        let told = [("", "one"), ("two", "2\n b\u{e9}"), ("", ""), ("", "last")]
            .map(|(name, data)| (name.to_owned(), data.to_owned()));
        assert_eq!(read([text.as_bytes()]), told);
        for length in 1..text.len() {
            assert_eq!(read(text.as_bytes().chunks(length)), told, "{length}");
        }
    }

    #[test]
    fn an_event_without_an_end_is_given_up() {
        let line = vec![b'x'; 1 << 20];
        let mut stream = EventStream::new();
        let results: Vec<bool> = (0..5).map(|_| stream.next(&mut &line[..]).is_ok()).collect();
        assert_eq!(results, [true, true, true, true, false]);
        let mut stream = EventStream::new();
        let lines = [b"data: ", &line[..], b"\n"].concat();
        let results: Vec<bool> = (0..4).map(|_| stream.next(&mut &lines[..]).is_ok()).collect();
        assert_eq!(results, [true, true, true, false], "many lines of one event");
    }
}
