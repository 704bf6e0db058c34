//! Lengths of files. Those of functions are clippy's: `settings` sees to its threshold.

use super::{Report, files::SourceFile};

/// Longest Rust file that passes without a word, in lines.
const SMELL_LINES: usize = 400;

/// Longest Rust file that passes at all, in lines.
const MOST_LINES: usize = 800;

/// First line of a file that is one long table; the reason follows, so that nobody has to guess.
const TABLE_MARK: &str = "// tidy: table, ";

/// Judges the length of every Rust file.
pub(crate) fn check(files: &[SourceFile], report: &mut Report) {
    for file in files.iter().filter(|file| file.is_rust() && !is_table(file)) {
        let lines = file.text.lines().count();
        if lines > MOST_LINES {
            report.fail(format!("{} has {lines} lines, more than {MOST_LINES}", file.path));
        } else if lines > SMELL_LINES {
            report.smell(format!("{} has {lines} lines, more than {SMELL_LINES}", file.path));
        }
    }
}

fn is_table(file: &SourceFile) -> bool {
    let first = file.text.lines().next().unwrap_or_default();
    first.strip_prefix(TABLE_MARK).is_some_and(|reason| !reason.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(first: &str, lines: usize) -> Report {
        let text =
            std::iter::once(first).chain(std::iter::repeat_n("//", lines - 1)).collect::<Vec<_>>().join("\n");
        let mut report = Report::default();
        check(&[SourceFile { path: "a.rs".to_owned(), text }], &mut report);
        report
    }

    #[test]
    fn the_limits_themselves_pass() {
        assert!(judge("//", 400).smells.is_empty());
        assert!(judge("//", 800).failures.is_empty());
    }

    #[test]
    fn one_line_more_is_told() {
        assert_eq!(judge("//", 401).smells, ["a.rs has 401 lines, more than 400"]);
        assert_eq!(judge("//", 801).failures, ["a.rs has 801 lines, more than 800"]);
    }

    #[test]
    fn a_table_is_exempt_when_it_says_why() {
        assert!(judge("// tidy: table, one row per code", 900).failures.is_empty());
        assert_eq!(judge("// tidy: table, ", 900).failures.len(), 1);
    }
}
