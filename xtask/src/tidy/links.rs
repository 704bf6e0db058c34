//! Links of documents lead somewhere, paths that they name are there, and every page of `docs/` is in the book.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Component, Path, PathBuf},
};

use super::{Report, files::SourceFile};

/// The book's list of pages.
const SUMMARY: &str = "docs/SUMMARY.md";

/// Pages whose words in backquotes are looked at for paths: they lead whoever changes claque.
const NAMING_PATHS: [&str; 1] = ["CONTRIBUTING.md"];

/// What a path of this tree begins with.
const FOLDERS: [&str; 6] = ["bench/", "crates/", "deploy/", "docs/", "fuzz/", "xtask/"];

/// Checks every Markdown file; `exists` says whether a path from the root is there.
pub(crate) fn check(files: &[SourceFile], exists: impl Fn(&str) -> bool, report: &mut Report) {
    let pages: BTreeMap<&str, &str> = files
        .iter()
        .filter(|file| file.path.ends_with(".md"))
        .map(|file| (file.path.as_str(), file.text.as_str()))
        .collect();
    for (&path, text) in &pages {
        for link in links(text).filter(|link| !is_elsewhere(link)) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { path.to_owned() } else { resolve(path, file) };
            if !exists(&target) {
                report.fail(format!("{path} links to {link}, which is not there"));
            } else if !anchor.is_empty() && !pages.get(target.as_str()).is_some_and(|page| has(page, anchor))
            {
                report.fail(format!("{path} links to {link}, and {target} has no such heading"));
            }
        }
    }
    for path in NAMING_PATHS {
        let words = pages.get(path).into_iter().flat_map(|text| text.split('`').skip(1).step_by(2));
        for named in words.filter(|word| FOLDERS.iter().any(|folder| word.starts_with(folder))) {
            if !exists(named) {
                report.fail(format!("{path} names {named}, which is not there"));
            }
        }
    }
    check_book(&pages, report);
}

/// Every page beside the summary is in it.
fn check_book(pages: &BTreeMap<&str, &str>, report: &mut Report) {
    let Some(summary) = pages.get(SUMMARY) else { return };
    let listed: BTreeSet<_> = links(summary).map(|link| resolve(SUMMARY, link)).collect();
    for path in pages.keys().filter(|path| path.starts_with("docs/") && **path != SUMMARY) {
        if !listed.contains(*path) {
            report.fail(format!("{path} is not in {SUMMARY}"));
        }
    }
}

/// The targets of `[words](target)` outside of code.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let mut in_code = false;
    let prose = text.lines().filter(move |line| {
        let is_fence = line.trim_start().starts_with("```");
        in_code ^= is_fence;
        !in_code && !is_fence
    });
    prose.flat_map(|line| line.split('`').step_by(2)).flat_map(|words| {
        let targets = words.split("](").skip(1);
        targets.filter_map(|rest| rest.split([')', ' ']).next())
    })
}

fn is_elsewhere(link: &str) -> bool {
    ["https://", "http://", "mailto:"].iter().any(|scheme| link.starts_with(scheme))
}

/// A link in `page` as a path from the root.
fn resolve(page: &str, link: &str) -> String {
    let mut path = PathBuf::from(page);
    path.pop();
    for part in Path::new(link).components() {
        match part {
            Component::ParentDir => {
                path.pop();
            }
            Component::Normal(name) => path.push(name),
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
        }
    }
    path.to_string_lossy().replace('\\', "/")
}

/// Whether a page has the heading of this anchor, as GitHub makes it: lower case, spaces as hyphens, no other signs.
fn has(page: &str, anchor: &str) -> bool {
    let headings =
        page.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    headings.map(slug).any(|slug| slug == anchor)
}

fn slug(heading: &str) -> String {
    let signs = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    signs.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failures(files: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<_> = files
            .iter()
            .map(|&(path, text)| SourceFile { path: path.to_owned(), text: text.to_owned() })
            .collect();
        let mut report = Report::default();
        let exists = |path: &str| path == "crates/a" || files.iter().any(|file| file.path == path);
        check(&files, exists, &mut report);
        report.failures
    }

    #[test]
    fn a_link_that_leads_nowhere_is_named() {
        let found =
            failures(&[("a/b.md", "[x](c.md) [y](../d.md#e-f) [z](https://e.f)\n"), ("d.md", "## E `F`!\n")]);
        assert_eq!(found, ["a/b.md links to c.md, which is not there"]);
    }

    #[test]
    fn a_heading_that_is_gone_is_named() {
        let found = failures(&[("a.md", "# One\n[x](#one) [y](#two)\n")]);
        assert_eq!(found, ["a.md links to #two, and a.md has no such heading"]);
    }

    #[test]
    fn code_has_no_links() {
        assert_eq!(failures(&[("a.md", "`[x](y)`\n```text\n[x](y)\n```\n")]), [""; 0]);
    }

    #[test]
    fn a_page_outside_the_book_is_named() {
        let found = failures(&[(SUMMARY, "[a](a.md)\n"), ("docs/a.md", ""), ("docs/b.md", ""), ("c.md", "")]);
        assert_eq!(found, ["docs/b.md is not in docs/SUMMARY.md"]);
    }

    #[test]
    fn whoever_contributes_is_led_to_paths_that_are_there() {
        let found = failures(&[("CONTRIBUTING.md", "`crates/a` and `crates/b`, not crates/c\n")]);
        assert_eq!(found, ["CONTRIBUTING.md names crates/b, which is not there"]);
    }
}
