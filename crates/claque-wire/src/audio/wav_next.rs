//! Where among samples of unknown number another WAV file begins: services send one for each sentence, none of which says how long
//! it is.

/// Bytes that tell: `RIFF`, a size, `WAVE`. Samples are these eight by chance once in 2^64.
pub(super) const HEAD: usize = 12;

/// Whether a file begins with these bytes, of which there are at most [`HEAD`], as far as they go.
pub(super) fn may_begin(bytes: &[u8]) -> bool {
    let (riff, rest) = bytes.split_at(bytes.len().min(4));
    b"RIFF".starts_with(riff) && b"WAVE".starts_with(rest.get(4..).unwrap_or_default())
}

/// The bytes before the first that may begin a file.
pub(super) fn before(bytes: &[u8]) -> &[u8] {
    let is_beginning = |at: &usize| may_begin(&bytes[*at..bytes.len().min(at + HEAD)]);
    let end = memchr::memchr_iter(b'R', bytes).find(is_beginning);
    &bytes[..end.unwrap_or(bytes.len())]
}
