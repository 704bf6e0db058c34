//! Splits a command line into words, as a shell would without any of its powers.

/// Words apart by spaces; quotes of either kind hold words together, a backslash takes the next character as it is
/// (not within single quotes). None when a quote is left open or the line ends in a backslash.
pub(crate) fn split(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some('"') | None, '\\') => word.get_or_insert_default().push(chars.next()?),
            (Some(_), c) => word.get_or_insert_default().push(c),
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (None, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn words_are_those_of_a_shell() {
        let words = |line| split(line).unwrap();
        assert_eq!(words("espeak-ng  --stdout -v {voice} "), ["espeak-ng", "--stdout", "-v", "{voice}"]);
        assert_eq!(words(r#"say "two words" 'a "b"' c\ d """#), ["say", "two words", "a \"b\"", "c d", ""]);
        assert_eq!(words(r#"C:\\speak.exe "\"x\"" '\'"#), [r"C:\speak.exe", "\"x\"", r"\"]);
        assert_eq!(words("   "), Vec::<String>::new());
        assert_eq!(split("say 'no end"), None);
        assert_eq!(split(r"say \"), None);
    }
}
