//! Lengths of files. Those of functions are clippy's: `settings` sees to its threshold.

use super::{Report, files::SourceFile};

/// Longest Rust file that passes, in lines.
const MOST_LINES: usize = 400;

/// Files that were longer before that was the limit, each with the lines it may have at most, in steps of fifty. The list only ever gets shorter: a
/// file that is no longer too long has to go from it.
const LONG: [(&str, usize); 1] = [("crates/claque-sim/src/world.rs", 450)];

/// First line of a file that is one long table; the reason follows, so that nobody has to guess.
const TABLE_MARK: &str = "// tidy: table, ";

/// Judges the length of every Rust file.
pub(crate) fn check(files: &[SourceFile], report: &mut Report) {
    judge(files, &LONG, report);
}

fn judge(files: &[SourceFile], long: &[(&str, usize)], report: &mut Report) {
    for file in files.iter().filter(|file| file.is_rust() && !is_table(file)) {
        let lines = file.text.lines().count();
        let known = long.iter().find(|(path, _)| *path == file.path).map(|(_, most)| *most);
        let most = known.unwrap_or(MOST_LINES);
        if lines > most {
            report.fail(format!("{} has {lines} lines, more than {most}", file.path));
        } else if lines > MOST_LINES {
            report.smell(format!("{} has {lines} lines, more than {MOST_LINES}", file.path));
        } else if known.is_some() {
            report.fail(format!("{} is no longer too long: take it off the list", file.path));
        }
    }
    for (path, _) in long.iter().filter(|(path, _)| !files.iter().any(|file| file.path == *path)) {
        report.fail(format!("{path} is on the list of long files, and is not there"));
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

    fn judged(file: SourceFile, long: &[(&str, usize)]) -> Report {
        let mut report = Report::default();
        judge(&[file], long, &mut report);
        report
    }

    #[test]
    fn the_limit_itself_passes_and_one_line_more_does_not() {
        assert!(judged(file("//", 400), &[]).failures.is_empty());
        assert_eq!(judged(file("//", 401), &[]).failures, ["a.rs has 401 lines, more than 400"]);
    }

    #[test]
    fn a_table_is_exempt_when_it_says_why() {
        assert!(judged(file("// tidy: table, one row per code", 900), &[]).failures.is_empty());
        assert_eq!(judged(file("// tidy: table, ", 900), &[]).failures.len(), 1);
    }

    #[test]
    fn a_file_that_is_known_to_be_long_may_not_grow_and_leaves_the_list_when_it_is_not() {
        let long = [("a.rs", 450)];
        let known = judged(file("//", 450), &long);
        assert!(known.failures.is_empty());
        assert_eq!(known.smells, ["a.rs has 450 lines, more than 400"]);
        assert_eq!(judged(file("//", 451), &long).failures, ["a.rs has 451 lines, more than 450"]);
        let mended = judged(file("//", 400), &long).failures;
        assert_eq!(mended, ["a.rs is no longer too long: take it off the list"]);
        let gone = judged(file("//", 9), &[("b.rs", 450)]).failures;
        assert_eq!(gone, ["b.rs is on the list of long files, and is not there"]);
    }
}
