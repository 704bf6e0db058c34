//! Foreign words as people read them: on one line, with an end, and with nothing in them that could do harm.

use crate::printable::is_hidden;

/// Foreign words on one line: nothing in them can move the cursor, and they have an end.
pub fn one_line(words: &str) -> String {
    /// Longest quotation, in characters: one line of a wide terminal.
    const LONGEST: usize = 120;
    plain_words(words, LONGEST)
}

/// A sentence of ours, foreign words in it like those of [`one_line`]: its end may be what matters, so it is not cut where it is
/// only long.
pub fn sentence(words: &str) -> String {
    /// Longer than any, in characters.
    const LONGEST: usize = 1_000;
    plain_words(words, LONGEST)
}

fn plain_words(words: &str, longest: usize) -> String {
    let plain: String = words.chars().map(|c| if c.is_control() || is_hidden(c) { ' ' } else { c }).collect();
    let line = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= longest {
        return line;
    }
    line.chars().take(longest - 1).chain(['…']).collect()
}

/// Columns of a terminal that nobody has made wider.
pub const WIDTH: usize = 80;

/// A sentence behind what says what it is, on as many lines as it takes.
pub(crate) fn wrapped(kind: &str, words: &str) -> Vec<String> {
    let begin = format!("  {kind}");
    let indent = " ".repeat(begin.chars().count());
    let mut lines = vec![begin];
    for word in sentence(words).split(' ') {
        let Some(line) = lines.last_mut() else { break };
        let is_empty = line.chars().count() == indent.len();
        if is_empty || line.chars().count() + 1 + word.chars().count() <= WIDTH {
            line.push_str(if is_empty { "" } else { " " });
            line.push_str(word);
        } else {
            lines.push(format!("{indent}{word}"));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_words_stay_on_their_line() {
        assert_eq!(one_line("a\n\tb \u{1b}[31mred"), "a b [31mred");
        assert_eq!(one_line(&"x".repeat(500)).chars().count(), 120);
    }
}
