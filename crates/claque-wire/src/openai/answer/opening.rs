//! Whether a body that should be samples begins as text: pages, JSON and tracebacks come with 200 and no type or a wrong one.

/// As much of a body as is looked at, bytes. Samples of sound have a byte among so many that no text has.
const LOOKED_AT: usize = 256;

/// What a body begins as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opening {
    /// Text, as far as it has come.
    Undecided,
    /// Text.
    Text,
    /// Bytes that are no text.
    Samples,
}

/// Looks at the first bytes of a body.
pub(super) fn look(body: &[u8]) -> Opening {
    let head = &body[..body.len().min(LOOKED_AT)];
    match (is_text(head), body.len() >= LOOKED_AT) {
        (false, _) => Opening::Samples,
        (true, true) => Opening::Text,
        (true, false) => Opening::Undecided,
    }
}

/// Whether a whole body, shorter than what is looked at and printable, is text: a few samples may be printable by chance.
pub(super) fn is_text_by_its_first_words(body: &[u8]) -> bool {
    let body = body.trim_ascii_start();
    [&b"<"[..], b"{", b"[", b"Traceback"].iter().any(|first| body.starts_with(first))
}

/// Whether the bytes are printable, in UTF-8. A character that is cut off at the end counts.
fn is_text(bytes: &[u8]) -> bool {
    let is_printable =
        |text: &str| text.chars().all(|sign| !sign.is_control() || matches!(sign, '\t' | '\n' | '\r'));
    match core::str::from_utf8(bytes) {
        Ok(text) => is_printable(text),
        Err(error) => {
            let (valid, _) = bytes.split_at(error.valid_up_to());
            error.error_len().is_none() && core::str::from_utf8(valid).is_ok_and(is_printable)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_told_from_samples_wherever_it_is_cut() {
        let page = format!("<p>\u{e9}t\u{e9}</p>\n{}", "words ".repeat(50));
        for length in 0..LOOKED_AT {
            assert_eq!(look(&page.as_bytes()[..length]), Opening::Undecided, "{length}");
        }
        assert_eq!(look(page.as_bytes()), Opening::Text);
        assert_eq!(look(b"<p>\0"), Opening::Samples);
        assert_eq!(look(b"<p>\xe9 "), Opening::Samples);
    }
}
