//! JSON as browsers and Python read it.

use serde::de::DeserializeOwned;

/// Reads a body.
///
/// # Errors
/// It is no JSON, or not of that shape.
pub fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, serde_json::Error> {
    serde_json::from_slice(body).or_else(|problem| {
        let readable = str::from_utf8(body).ok().and_then(without_lone_surrogates);
        readable.map_or(Err(problem), |readable| serde_json::from_str(&readable))
    })
}

/// The text with U+FFFD in place of each escaped half of a surrogate pair that lacks its other half; none if it has no
/// such half.
///
/// JSON may hold one (RFC 8259 section 8.2), and browsers and Python pass it on; Rust's texts cannot.
pub(super) fn without_lone_surrogates(text: &str) -> Option<String> {
    const REPLACEMENT: &str = "\\ufffd";
    let mut readable = String::new();
    let (mut kept, mut at) = (0, 0);
    while let Some(found) = text.get(at..).and_then(|rest| rest.find('\\')) {
        let escape = at + found;
        at = match surrogate(text, escape) {
            Some(Half::High) if surrogate(text, escape + 6) == Some(Half::Low) => escape + 12,
            Some(Half::High | Half::Low) => {
                readable.push_str(&text[kept..escape]);
                readable.push_str(REPLACEMENT);
                kept = escape + 6;
                kept
            }
            // Of an escaped backslash the second is no escape of its own.
            None => escape + 2,
        };
    }
    (kept > 0).then(|| readable + &text[kept..])
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Half {
    High,
    Low,
}

/// Which half of a pair is escaped at that byte, if one is.
fn surrogate(text: &str, at: usize) -> Option<Half> {
    let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
    match u32::from_str_radix(digits, 16).ok()? {
        0xd800..=0xdbff => Some(Half::High),
        0xdc00..=0xdfff => Some(Half::Low),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn half_a_pair_is_replaced_and_nothing_else() {
        for (text, readable) in [
            (r#""bad \ud83d text""#, Some("bad \u{fffd} text")),
            (r#""\ud83d\ude00\ude00""#, Some("\u{1f600}\u{fffd}")),
            (r#""\ud83d\ud83d\ude00""#, Some("\u{fffd}\u{1f600}")),
            (r#""\\ud83d \u00e9""#, None),
            (r#""\ud83d\ude00""#, None),
        ] {
            let found = without_lone_surrogates(text);
            assert_eq!(found.is_some(), readable.is_some(), "{text}");
            if let Some(readable) = readable {
                assert_eq!(read::<String>(text.as_bytes()).unwrap(), readable);
            }
        }
        assert!(read::<String>(br#""\ud83d"#).is_err(), "it is no JSON for another reason");
    }

    proptest! {
        #[test]
        fn what_was_readable_is_left_alone_and_nothing_panics(parts in prop::collection::vec("(\\\\|u|d8|dc|00|3d|\"|\u{e9}|x)", 0..24)) {
            let text = format!("\"{}\"", parts.concat());
            let readable = without_lone_surrogates(&text);
            if serde_json::from_str::<String>(&text).is_ok() {
                prop_assert_eq!(readable, None);
            } else if let Some(readable) = readable {
                prop_assert_eq!(without_lone_surrogates(&readable), None);
            }
        }
    }
}
