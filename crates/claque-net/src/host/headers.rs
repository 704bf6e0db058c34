//! Headers as fronts read them.

use hyper::HeaderMap;

/// Names, in lower case, and values; what is no text is empty.
pub(super) fn text_headers(headers: &HeaderMap) -> Vec<(&str, &str)> {
    headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap_or_default())).collect()
}
