//! Lines that fit a terminal of 80 columns: what is longer goes on below, under the words and not under what says what they are.

use crate::words::WIDTH;

/// What stands behind a number and is not parted from it.
const UNITS: [&str; 10] = ["%", "µs", "ms", "s", "min", "h", "x", "pp", "Hz", "MiB"];

/// Words that go on further to the right than this would have no room there.
const DEEPEST: usize = 50;

/// The line on as many lines as it takes. A word that is longer than a line, as a path is, stays whole.
pub fn folded(line: &str) -> Vec<String> {
    if width(line) <= WIDTH {
        return vec![line.to_owned()];
    }
    let hang = hang(&plain(line));
    let (head, body) = line.split_at(offset(line, hang));
    let mut lines = vec![head.to_owned()];
    let mut is_empty = true;
    for word in words(body) {
        let Some(last) = lines.last_mut() else { break };
        let gap = usize::from(!is_empty);
        if is_empty || width(last) + gap + width(&word) <= WIDTH {
            last.push_str(if is_empty { "" } else { " " });
            last.push_str(&word);
            is_empty = false;
        } else {
            lines.push(format!("{}{}", " ".repeat(hang), word.trim_start()));
        }
    }
    lines
}

/// Text of whole lines, each on as many as it takes.
pub(crate) fn folded_text(text: &str) -> String {
    text.lines().flat_map(folded).map(|line| format!("{line}\n")).collect()
}

/// Columns that are seen.
pub(crate) fn width(text: &str) -> usize {
    plain(text).chars().count()
}

/// Without what colours it.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\x1b') {
        plain.push_str(before);
        rest = after.split_once('m').map_or("", |(_, behind)| behind);
    }
    plain.push_str(rest);
    plain
}

/// The byte before which so many characters are seen, colours of what follows behind it.
fn offset(text: &str, columns: usize) -> usize {
    let (mut seen, mut is_colour) = (0, false);
    for (at, c) in text.char_indices() {
        match c {
            '\x1b' => is_colour = true,
            'm' if is_colour => is_colour = false,
            _ if is_colour => {}
            _ if seen == columns => return at,
            _ => seen += 1,
        }
    }
    text.len()
}

/// Where a line goes on: under its last column that is not too far to the right, or a little further in than it begins.
fn hang(plain: &str) -> usize {
    let chars: Vec<char> = plain.chars().collect();
    let begin = chars.iter().take_while(|c| **c == ' ').count();
    let is_column = |at: &usize| chars[*at] != ' ' && chars[at - 2..*at] == [' ', ' '];
    let most = chars.len().saturating_sub(1).min(DEEPEST);
    (begin + 3..=most).rev().find(is_column).unwrap_or(begin + 2)
}

/// Words with the spaces before them but one, numbers with their units, and short asides.
fn words(body: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in body.split(' ') {
        match words.last_mut() {
            Some(last) if last.trim_start().is_empty() || is_unit_of(last, word) || is_open(last) => {
                last.push(' ');
                last.push_str(word);
            }
            _ => words.push(word.to_owned()),
        }
    }
    words
}

/// Whether the word begins an aside, such as "(7 of 12)", and may be the half of a short one.
fn is_open(word: &str) -> bool {
    const SHORT: usize = 16;
    word.matches('(').count() > word.matches(')').count() && word.chars().count() < SHORT
}

fn is_unit_of(number: &str, word: &str) -> bool {
    let unit = plain(word);
    let unit = unit.trim_end_matches([',', ';', ':', '.', ')']);
    UNITS.contains(&unit) && plain(number).ends_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_stays_as_it_is() {
        let line = "x".repeat(80);
        assert_eq!(folded(&line), [line]);
    }

    #[test]
    fn a_figure_goes_on_under_itself_and_keeps_its_unit() {
        let line =
            "  service           kokoro: 2 workers, busy 100.0 %; 1,645 blocks queued at mo, 38 % on average";
        assert_eq!(
            folded(line),
            [
                "  service           kokoro: 2 workers, busy 100.0 %; 1,645 blocks queued at mo,",
                "                    38 % on average"
            ]
        );
    }

    #[test]
    fn colours_take_no_room_and_words_that_are_too_long_stay_whole() {
        let line =
            format!("  \x1b[2mgoodput\x1b[0m           \x1b[33m{}\x1b[0m", "word ".repeat(14).trim_end());
        let lines = folded(&line);
        assert_eq!(lines.len(), 2);
        assert!(lines.iter().all(|line| width(line) <= 80), "{lines:?}");
        assert!(lines[1].starts_with(&" ".repeat(20)) && lines[1].ends_with("word\x1b[0m"));
        let path = format!("  run folder        /{}", "deep/".repeat(20));
        assert_eq!(folded(&path), [path]);
    }

    #[test]
    fn a_line_without_columns_goes_on_a_little_further_in() {
        let lines = folded(&format!("  {}", "word ".repeat(20).trim_end()));
        assert_eq!(lines[1], format!("    {}", "word ".repeat(5).trim_end()));
    }
}
