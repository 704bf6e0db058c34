//! The documents a reader looks for first.

use super::{Report, files::SourceFile};

/// Documents that must be there.
const NEEDED: [&str; 2] = ["README.md", "CHANGELOG.md"];

/// The page of ideas; longer than this, nobody reads it.
const ARCHITECTURE: &str = "ARCHITECTURE.md";

/// Its longest, in lines.
const MOST_ARCHITECTURE_LINES: usize = 250;

/// Checks presence and length.
pub(crate) fn check(files: &[SourceFile], report: &mut Report) {
    let find = |path: &str| files.iter().find(|file| file.path == path);
    for path in NEEDED {
        if find(path).is_none() {
            report.fail(format!("{path} is missing"));
        }
    }
    let lines = find(ARCHITECTURE).map_or(0, |file| file.text.lines().count());
    if lines > MOST_ARCHITECTURE_LINES {
        report.fail(format!("{ARCHITECTURE} has {lines} lines, more than {MOST_ARCHITECTURE_LINES}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failures(files: &[(&str, usize)]) -> Vec<String> {
        let files: Vec<_> = files
            .iter()
            .map(|&(path, lines)| SourceFile { path: path.to_owned(), text: "x\n".repeat(lines) })
            .collect();
        let mut report = Report::default();
        check(&files, &mut report);
        report.failures
    }

    #[test]
    fn a_missing_document_is_named() {
        assert_eq!(failures(&[("README.md", 1)]), ["CHANGELOG.md is missing"]);
    }

    #[test]
    fn the_architecture_stays_short() {
        let with = |lines| failures(&[("README.md", 1), ("CHANGELOG.md", 1), ("ARCHITECTURE.md", lines)]);
        assert_eq!(with(250), Vec::<String>::new());
        assert_eq!(with(251), ["ARCHITECTURE.md has 251 lines, more than 250"]);
    }
}
