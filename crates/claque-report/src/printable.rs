//! Text as it may reach a terminal or a file that people open: nothing in it moves a cursor, rings, hides or turns round
//! what follows, whoever wrote it.

use std::{borrow::Cow, fmt::Write as _};

/// What becomes of the colours that we write ourselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colours {
    /// They stay, and no other escape does.
    Kept,
    /// There are none.
    None,
}

/// All escapes that reports are painted with (ECMA-48 section 8.3.117).
const OURS: [&str; 6] = ["\u{1b}[0m", "\u{1b}[1m", "\u{1b}[2m", "\u{1b}[1;32m", "\u{1b}[1;31m", "\u{1b}[33m"];

/// The text with every character that is no sign for the eye written as `\u001b`, which is also how JSON writes it. Line
/// ends and tabs stay.
pub fn printable(text: &str, colours: Colours) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let ours = match colours {
            Colours::Kept => OURS.into_iter().find(|code| rest.starts_with(code)),
            Colours::None => None,
        };
        let length = ours.map_or(next.len_utf8(), str::len);
        let (piece, after) = rest.split_at(length);
        if ours.is_some() || !is_hidden(next) {
            shown.push_str(piece);
        } else {
            for unit in next.encode_utf16(&mut [0; 2]) {
                let _infallible = write!(shown, "\\u{unit:04x}");
            }
        }
        rest = after;
    }
    Cow::Owned(shown)
}

/// Whether a character is none that one sees: controls, signs that change the direction of text (Unicode standard annex 9),
/// separators that some take for line ends, and tags.
pub const fn is_hidden(c: char) -> bool {
    matches!(
        c,
        '\0'..='\u{8}'
            | '\u{b}'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{61c}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_hidden_reaches_a_terminal_but_our_own_colours() {
        let text = "a\u{1b}]0;title\u{7}b\r\u{202e}c\u{9b}2J\nd\te \u{1b}[1;32mVALID\u{1b}[0m";
        let plain = r"a\u001b]0;title\u0007b\u000d\u202ec\u009b2J";
        let signs = "\nd\te ";
        let without = format!("{plain}{signs}\\u001b[1;32mVALID\\u001b[0m");
        assert_eq!(printable(text, Colours::None), without);
        let with = format!("{plain}{signs}\u{1b}[1;32mVALID\u{1b}[0m");
        assert_eq!(printable(text, Colours::Kept), with);
        assert!(matches!(printable("plain — ünï\n", Colours::None), Cow::Borrowed(_)));
    }

    #[test]
    fn what_was_json_is_json_and_says_the_same() {
        let value = serde_json::json!({ "text": "\u{1b}\u{202e}\u{7f}\u{e0041} \\ \"" });
        let shown = value.to_string();
        let shown = printable(&shown, Colours::None);
        assert!(!shown.chars().any(is_hidden), "{shown}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
    }
}
