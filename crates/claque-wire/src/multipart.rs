//! Bodies of `multipart/form-data` (RFC 7578), for either side: one file out, any parts in.

use memchr::memmem;

/// Parts of one body that are read at most.
const MOST_PARTS: usize = 64;

/// One part of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part<'a> {
    /// Name of the field.
    pub name: &'a str,
    /// Name of the file, as the sender wrote it; none for a field that is no file.
    pub file_name: Option<&'a str>,
    /// Its media type, if it is given.
    pub content_type: Option<&'a str>,
    /// What it holds.
    pub content: &'a [u8],
}

/// Why a body is no form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MultipartError {
    /// The header names no boundary.
    #[error("failed to read the form: its content type names no boundary")]
    NoBoundary,
    /// The body does not follow the header.
    #[error("failed to read the form: its parts are not well formed")]
    Malformed,
    /// Too many parts.
    #[error("failed to read the form: it has more than {MOST_PARTS} parts")]
    TooManyParts,
}

/// A body with one file in the field `name`. Gives its content type and its bytes.
#[must_use]
pub fn write(part: &Part<'_>) -> (String, Vec<u8>) {
    let boundary = boundary_for(part.content);
    let mut head = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"", escaped(part.name));
    if let Some(file_name) = part.file_name {
        head.push_str(&format!("; filename=\"{}\"", escaped(file_name)));
    }
    if let Some(content_type) = part.content_type {
        head.push_str(&format!("\r\nContent-Type: {content_type}"));
    }
    head.push_str("\r\n\r\n");
    let tail = format!("\r\n--{boundary}--\r\n");
    let body = [head.as_bytes(), part.content, tail.as_bytes()].concat();
    (format!("multipart/form-data; boundary={boundary}"), body)
}

/// The parts of a body, in order.
///
/// # Errors
/// [`MultipartError`]: the body does not follow its header.
pub fn read<'a>(content_type: &str, body: &'a [u8]) -> Result<Vec<Part<'a>>, MultipartError> {
    let boundary = boundary_of(content_type).ok_or(MultipartError::NoBoundary)?;
    let delimiter = format!("--{boundary}");
    let start = find(body, delimiter.as_bytes()).ok_or(MultipartError::Malformed)?;
    let mut rest = &body[start + delimiter.len()..];
    let between = format!("\r\n{delimiter}");
    let mut parts = Vec::new();
    loop {
        if rest.starts_with(b"--") {
            return Ok(parts);
        }
        // RFC 2046 section 5.1.1 allows white space after a boundary.
        let line_end = find(rest, b"\r\n").ok_or(MultipartError::Malformed)?;
        if !rest[..line_end].iter().all(u8::is_ascii_whitespace) {
            return Err(MultipartError::Malformed);
        }
        // The line's end stays: it begins the headers, or the blank line where there are none.
        rest = &rest[line_end..];
        let end = find(rest, between.as_bytes()).ok_or(MultipartError::Malformed)?;
        if parts.len() == MOST_PARTS {
            return Err(MultipartError::TooManyParts);
        }
        parts.push(part(&rest[..end])?);
        rest = &rest[end + between.len()..];
    }
}

/// A part from the end of its boundary's line on.
fn part(bytes: &[u8]) -> Result<Part<'_>, MultipartError> {
    let blank = find(bytes, b"\r\n\r\n").ok_or(MultipartError::Malformed)?;
    let head = core::str::from_utf8(&bytes[..blank]).map_err(|_| MultipartError::Malformed)?;
    let content = &bytes[blank + 4..];
    let mut disposition = None;
    let mut content_type = None;
    for (name, value) in head.lines().filter_map(|line| line.split_once(':')) {
        if name.trim().eq_ignore_ascii_case("content-disposition") {
            disposition = Some(value);
        } else if name.trim().eq_ignore_ascii_case("content-type") {
            content_type = Some(value.trim());
        }
    }
    let disposition = disposition.ok_or(MultipartError::Malformed)?;
    let name = parameter(disposition, "name").ok_or(MultipartError::Malformed)?;
    Ok(Part { name, file_name: parameter(disposition, "filename"), content_type, content })
}

fn boundary_of(content_type: &str) -> Option<&str> {
    let (kind, _) = content_type.split_once(';')?;
    let is_form = kind.trim().eq_ignore_ascii_case("multipart/form-data");
    parameter(content_type, "boundary").filter(|boundary| is_form && !boundary.is_empty())
}

/// The value of a parameter such as `; name="value"` or `; name=value`.
fn parameter<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = header;
    while let Some((_, after)) = rest.split_once(';') {
        rest = after.trim_start();
        let Some((key, value)) = rest.split_once('=') else { continue };
        let value = value.trim_start();
        let found = match value.strip_prefix('"') {
            Some(quoted) => {
                let (inner, after) = quoted.split_once('"')?;
                rest = after;
                inner
            }
            None => value.split(';').next().unwrap_or(value).trim(),
        };
        if key.trim().eq_ignore_ascii_case(name) {
            return Some(found);
        }
    }
    None
}

/// As browsers write names (HTML standard, multipart/form-data encoding algorithm).
fn escaped(name: &str) -> String {
    name.replace('\r', "%0D").replace('\n', "%0A").replace('"', "%22")
}

/// A boundary that does not occur in the content.
fn boundary_for(content: &[u8]) -> String {
    (0_u64..)
        .map(|number| format!("claque-form-boundary-{number:016x}"))
        .find(|boundary| find(content, boundary.as_bytes()).is_none())
        .expect("no content holds every number")
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    memmem::find(haystack, needle)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_form_of_a_browser_is_read() {
        let body = b"preamble\r\n--XyZ\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhi\r\n--XyZ \r\n\
            content-disposition: form-data; filename=\"a; b.pdf\"; name=file\r\nContent-Type: application/pdf\r\n\r\n\
            %PDF\r\n--Xy\r\n--XyZ--\r\nepilogue";
        let parts = read("multipart/form-data; charset=utf-8; boundary=\"XyZ\"", body).unwrap();
        assert_eq!((parts[0].name, parts[0].file_name, parts[0].content), ("note", None, &b"hi"[..]));
        assert_eq!((parts[1].name, parts[1].file_name), ("file", Some("a; b.pdf")));
        assert_eq!(
            (parts[1].content_type, parts[1].content),
            (Some("application/pdf"), &b"%PDF\r\n--Xy"[..])
        );
        assert_eq!(parts.len(), 2);
    }

    #[test]
    fn what_is_no_form_is_refused() {
        for (content_type, body) in [
            ("application/json", "{}"),
            ("multipart/form-data", "--a--"),
            ("multipart/form-data; boundary=a", ""),
            ("multipart/form-data; boundary=a", "--a\r\n\r\n"),
            ("multipart/form-data; boundary=a", "--a\r\n\r\nx\r\n--a--"),
            (
                "multipart/form-data; boundary=a",
                "--ax\r\nContent-Disposition: form-data; name=b\r\n\r\n\r\n--a--",
            ),
        ] {
            assert!(read(content_type, body.as_bytes()).is_err(), "{content_type}: {body}");
        }
        assert_eq!(read("multipart/form-data; boundary=a", b"--a--"), Ok(vec![]));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(content: Vec<u8>, file_name in "[^\r\n\"]{0,20}") {
            let part = Part {
                name: "file",
                file_name: Some(&file_name),
                content_type: Some("application/pdf"),
                content: &content,
            };
            let (content_type, body) = write(&part);
            prop_assert_eq!(read(&content_type, &body), Ok(vec![part]));
        }

        #[test]
        fn nothing_makes_it_fall(body: Vec<u8>, text in "[-a\r\n:;=\"name]{0,60}") {
            let _any = read("multipart/form-data; boundary=a", &body);
            let _any = read("multipart/form-data; boundary=a", text.as_bytes());
            let _any = read(&text, b"--a--");
        }
    }
}
