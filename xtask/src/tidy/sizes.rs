//! Lengths of files. Those of functions are clippy's: `settings` sees to its threshold.

use super::{Report, files::SourceFile};

/// Longest Rust file that passes, in lines.
const MOST_LINES: usize = 400;

/// First line of a file that is one long table; the reason follows, so that nobody has to guess.
const TABLE_MARK: &str = "// tidy: table, ";

/// Judges the length of every Rust file.
pub(crate) fn check(files: &[SourceFile], report: &mut Report) {
    for file in files.iter().filter(|file| file.is_rust() && !is_table(file)) {
        let lines = file.text.lines().count();
        if lines > MOST_LINES {
            report.fail(format!("{} has {lines} lines, more than {MOST_LINES}", file.path));
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

    fn file(first: &str, lines: usize) -> SourceFile {
        let text =
            std::iter::once(first).chain(std::iter::repeat_n("//", lines - 1)).collect::<Vec<_>>().join("\n");
        SourceFile { path: "a.rs".to_owned(), text }
    }

    fn judged(file: SourceFile) -> Report {
        let mut report = Report::default();
        check(&[file], &mut report);
        report
    }

    #[test]
    fn the_limit_itself_passes_and_one_line_more_does_not() {
        assert!(judged(file("//", 400)).failures.is_empty());
        assert_eq!(judged(file("//", 401)).failures, ["a.rs has 401 lines, more than 400"]);
    }

    #[test]
    fn a_table_is_exempt_when_it_says_why() {
        assert!(judged(file("// tidy: table, one row per code", 900)).failures.is_empty());
        assert_eq!(judged(file("// tidy: table, ", 900)).failures.len(), 1);
    }
}
