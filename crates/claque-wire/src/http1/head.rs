//! The head of an answer: status, how its body is framed, whether the connection lives on.

use std::mem::MaybeUninit;

use httparse::{Header, ParserConfig, Status};

use super::{Framing, HttpError, MAX_HEAD};

/// Header fields read at most; more are an error.
const FIELDS: usize = 100;

/// What matters of a head.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) status: u16,
    pub(super) framing: Framing,
    pub(super) keeps_alive: bool,
    /// Where a redirect leads.
    pub(super) location: Option<Box<str>>,
    /// Fields that somebody wants, in their order here.
    pub(super) fields: Vec<(&'static str, Box<str>)>,
}

/// Takes a head from the front of `bytes`; none while it is not whole. `part` is what came of it before. Interim answers
/// (RFC 9110 section 15.2) are passed over. Fields whose names are `wanted`, in lower case, are kept.
pub(super) fn take(
    part: &mut Vec<u8>,
    bytes: &mut &[u8],
    wanted: &'static [&'static str],
) -> Result<Option<Head>, HttpError> {
    while !bytes.is_empty() {
        let Some((status, head)) = take_raw(part, bytes, |head| {
            let status = head.code.unwrap_or_default();
            let http11 = head.version == Some(1);
            let read = understand(status, http11, head.headers);
            (status, read.map(|read| Head { fields: pick(wanted, head.headers), ..read }))
        })?
        else {
            return Ok(None);
        };
        match status {
            // RFC 9110 section 15 begins at 100.
            0..=99 => return Err(HttpError::NotHttp(httparse::Error::Status)),
            101 => return Err(HttpError::Switched),
            100..=199 => {}
            _ => return head.map(Some),
        }
    }
    Ok(None)
}

/// Takes a head from the front of `bytes` and gives what `read` makes of it; none while it is not whole.
pub(crate) fn take_raw<T>(
    part: &mut Vec<u8>,
    bytes: &mut &[u8],
    read: impl FnOnce(&httparse::Response<'_, '_>) -> T,
) -> Result<Option<T>, HttpError> {
    let before = part.len();
    let joined = if before == 0 {
        None
    } else {
        part.extend_from_slice(bytes);
        Some(std::mem::take(part))
    };
    let whole = joined.as_deref().unwrap_or(bytes);
    let mut fields = [const { MaybeUninit::<Header<'_>>::uninit() }; FIELDS];
    let mut head = httparse::Response::new(&mut []);
    let parsed = ParserConfig::default().parse_response_with_uninit_headers(&mut head, whole, &mut fields);
    match parsed.map_err(HttpError::NotHttp)? {
        Status::Complete(length) if length <= MAX_HEAD => {
            let made = read(&head);
            // A head that was whole before these bytes would have been taken before them.
            *bytes = bytes.get(length - before..).unwrap_or_default();
            Ok(Some(made))
        }
        Status::Partial if whole.len() < MAX_HEAD => {
            *part = joined.unwrap_or_else(|| bytes.to_vec());
            *bytes = &[];
            Ok(None)
        }
        Status::Complete(_) | Status::Partial => Err(HttpError::HeadTooLong),
    }
}

fn understand(status: u16, http11: bool, fields: &[Header<'_>]) -> Result<Head, HttpError> {
    let (mut closes, mut lives) = (false, http11);
    let mut length = None;
    let mut encoding: Option<String> = None;
    let mut location = None;
    // RFC 9110 section 15.4: those that name one other place to be asked.
    let is_redirect = matches!(status, 301 | 302 | 303 | 307 | 308);
    for field in fields {
        let value = String::from_utf8_lossy(field.value);
        if field.name.eq_ignore_ascii_case("content-length") {
            length = Some(read_length(length, &value)?);
        } else if field.name.eq_ignore_ascii_case("transfer-encoding") {
            // Several fields are one list (RFC 9110 section 5.3).
            let before = encoding.map_or_else(String::new, |before| format!("{before}, "));
            encoding = Some(before + value.trim());
        } else if is_redirect && field.name.eq_ignore_ascii_case("location") {
            location = Some(value.trim().into());
        } else if field.name.eq_ignore_ascii_case("connection") {
            for option in value.split(',') {
                match option.trim() {
                    option if option.eq_ignore_ascii_case("close") => closes = true,
                    option if option.eq_ignore_ascii_case("keep-alive") => lives = true,
                    _ => {}
                }
            }
        }
    }
    // RFC 9112 section 9.3: whoever says both, closes.
    let mut alive = lives && !closes;
    // RFC 9112 section 6.3, in its order.
    let framing = match (status, encoding, length) {
        (204 | 304, ..) => Framing::Length(0),
        (_, Some(encoding), length) if encoding.eq_ignore_ascii_case("chunked") => {
            // A length beside it, or a version that knows no chunks, may come of an attempt at smuggling: the connection is
            // not used again (sections 6.1 and 6.3).
            alive &= length.is_none() && http11;
            Framing::Chunked
        }
        (_, Some(encoding), _) => return Err(HttpError::Encoding(encoding)),
        (_, None, Some(length)) => Framing::Length(length),
        (_, None, None) => {
            alive = false;
            Framing::UntilClose
        }
    };
    Ok(Head { status, framing, keeps_alive: alive, location, fields: Vec::new() })
}

fn pick(wanted: &'static [&'static str], fields: &[Header<'_>]) -> Vec<(&'static str, Box<str>)> {
    let value = |name: &str| {
        let field = fields.iter().find(|field| field.name.eq_ignore_ascii_case(name))?;
        Some(String::from_utf8_lossy(field.value).trim().into())
    };
    wanted.iter().filter_map(|name| Some((*name, value(name)?))).collect()
}

/// Several lengths are lawful only if they are one (RFC 9110 section 8.6).
fn read_length(known: Option<u64>, value: &str) -> Result<u64, HttpError> {
    let wrong = || HttpError::Length(value.to_owned());
    let mut length = known;
    for one in value.split(',').map(str::trim) {
        if one.is_empty() || !one.bytes().all(|digit| digit.is_ascii_digit()) {
            return Err(wrong());
        }
        let one: u64 = one.parse().map_err(|_| wrong())?;
        if length.is_some_and(|other| other != one) {
            return Err(wrong());
        }
        length = Some(one);
    }
    length.ok_or_else(wrong)
}
