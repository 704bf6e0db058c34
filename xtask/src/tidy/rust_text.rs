//! Rust source with everything blanked that is not code, so that plain text searches tell the truth.

/// Replaces comments and the insides of strings and characters by spaces. Lines stay lines.
pub(crate) fn blank(source: &str) -> String {
    let mut scanner = Scanner { rest: source, code: String::with_capacity(source.len()) };
    while let Some(first) = scanner.rest.chars().next() {
        scanner.step(first);
    }
    scanner.code
}

/// Removes each item that stands under `#[cfg(test)]` from blanked source.
pub(crate) fn without_tests(blanked: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut kept = String::new();
    let mut rest = blanked;
    while let Some(start) = rest.find(MARK) {
        kept.push_str(&rest[..start]);
        let item = &rest[start + MARK.len()..];
        rest = &item[item_length(item)..];
    }
    kept + rest
}

/// Bytes up to and with the `;` or the closing `}` of the item at the head of `code`.
fn item_length(code: &str) -> usize {
    let mut depth = 0_u32;
    for (at, character) in code.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && (character == ';' || character == '}') {
            return at + 1;
        }
    }
    code.len()
}

struct Scanner<'a> {
    rest: &'a str,
    code: String,
}

impl Scanner<'_> {
    /// Moves over one thing: a comment, a literal, a word or a single character.
    fn step(&mut self, first: char) {
        if self.rest.starts_with("//") {
            let length = self.rest.find('\n').unwrap_or(self.rest.len());
            self.drop(length);
        } else if self.rest.starts_with("/*") {
            self.drop(block_comment_length(self.rest));
        } else if first == '"' {
            self.drop(string_length(self.rest));
        } else if first == '\'' {
            match character_length(self.rest) {
                Some(length) => self.drop(length),
                None => self.keep(first.len_utf8()),
            }
        } else if is_word(first) {
            self.word();
        } else {
            self.keep(first.len_utf8());
        }
    }

    /// Keeps a word whole, so that the `r` of a raw string is told from the end of a name.
    fn word(&mut self) {
        if let Some(length) = raw_string_length(self.rest) {
            return self.drop(length);
        }
        let length = self.rest.find(|character| !is_word(character)).unwrap_or(self.rest.len());
        self.keep(length);
    }

    fn keep(&mut self, length: usize) {
        let (head, rest) = self.rest.split_at(length);
        self.code.push_str(head);
        self.rest = rest;
    }

    fn drop(&mut self, length: usize) {
        let (head, rest) = self.rest.split_at(length);
        self.code.extend(head.chars().map(|character| if character == '\n' { '\n' } else { ' ' }));
        self.rest = rest;
    }
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Length of the block comment at the head of `text`; comments nest.
fn block_comment_length(text: &str) -> usize {
    let mut depth = 0_u32;
    let mut at = 0;
    while at < text.len() {
        let here = &text[at..];
        if here.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if here.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += here.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// Length of the string at the head of `text`, quotes included.
fn string_length(text: &str) -> usize {
    let mut escaped = true; // The opening quote closes nothing.
    for (at, character) in text.char_indices() {
        if escaped {
            escaped = false;
        } else if character == '\\' {
            escaped = true;
        } else if character == '"' {
            return at + 1;
        }
    }
    text.len()
}

/// Length of the raw string at the head of `text`, when one stands there.
fn raw_string_length(text: &str) -> Option<usize> {
    let prefix = ["r", "br", "cr"].into_iter().find(|prefix| {
        text.strip_prefix(prefix).is_some_and(|rest| rest.trim_start_matches('#').starts_with('"'))
    })?;
    let hashes = text[prefix.len()..].chars().take_while(|&character| character == '#').count();
    let opening = prefix.len() + hashes + 1;
    let closing = format!("\"{}", "#".repeat(hashes));
    let end = text[opening..].find(&closing).map(|at| opening + at + closing.len());
    Some(end.unwrap_or(text.len()))
}

/// Length of the character literal at the head of `text`; none for a lifetime.
fn character_length(text: &str) -> Option<usize> {
    let inside = text.strip_prefix('\'')?;
    let first = inside.chars().next()?;
    if first == '\\' {
        // The character after the backslash may be a quote itself.
        let escape = inside.char_indices().nth(2)?.0;
        return inside[escape..].find('\'').map(|at| 1 + escape + at + 1);
    }
    let after = first.len_utf8();
    inside[after..].starts_with('\'').then_some(1 + after + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_go_and_lines_stay() {
        assert_eq!(blank("a // b\nc"), "a     \nc");
        assert_eq!(blank("a /* b /* c */ d */ e"), "a                   e");
        assert_eq!(blank("/* a\nb */ c"), "    \n     c");
    }

    #[test]
    fn strings_hide_what_looks_like_code() {
        assert_eq!(blank(r#"f("{ // \" }"); g"#).replace(' ', ""), "f();g");
        assert_eq!(blank(r##"f(r#"a " b"#); g"##).replace(' ', ""), "f();g");
        assert_eq!(blank("f(b\"x\", br\"y\\\"); g").replace(' ', ""), "f(b,);g");
    }

    #[test]
    fn characters_are_told_from_lifetimes() {
        assert_eq!(blank("('{', '\\'', '\\u{7b}', b'\"')").replace(' ', ""), "(,,,b)");
        assert_eq!(blank("fn f<'a>(x: &'a str) {}"), "fn f<'a>(x: &'a str) {}");
    }

    #[test]
    fn a_name_that_ends_in_r_opens_no_raw_string() {
        assert_eq!(blank("for\"x\"y").replace(' ', ""), "fory");
    }

    #[test]
    fn test_items_are_cut_out_wherever_they_stand() {
        let source = "a\n#[cfg(test)]\nmod tests;\nb\n#[cfg(test)]\nmod more { fn f() { g({}); } }\nc";
        assert_eq!(without_tests(source).split_whitespace().collect::<Vec<_>>(), ["a", "b", "c"]);
    }
}
