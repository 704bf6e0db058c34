//! Dead files: Rust under a member's `src/` that no `mod` leads to; and where a module with others in it lies: in its folder, as
//! `mod.rs`, so that a folder is whole.
//!
//! `#[path]` is not understood on purpose: a module lives where its name says.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use super::{Report, files::SourceFile, rust_text::blank};
use crate::workspace::Workspace;

/// Follows the modules of every member and reports the files left over.
pub(crate) fn check(workspace: &Workspace, files: &[SourceFile], report: &mut Report) {
    let sources: BTreeMap<PathBuf, &str> = files
        .iter()
        .filter(|file| file.is_rust())
        .map(|file| (workspace.root.join(&file.path), file.text.as_str()))
        .collect();
    for member in workspace.members() {
        let reached = reached(&member.roots, &sources);
        let folder = member.folder.join("src");
        for path in sources.keys().filter(|path| path.starts_with(&folder) && !reached.contains(*path)) {
            let path = relative(path, workspace);
            report.fail(format!("{} is dead: no `mod` leads to it", path.display()));
        }
        for path in sources.keys().filter(|path| path.starts_with(&folder)) {
            let own = path.with_extension("");
            if sources.keys().any(|other| other.parent() == Some(own.as_path())) {
                let (path, own) = (relative(path, workspace), relative(&own, workspace));
                report.fail(format!(
                    "{} has modules in {1}: it is {1}/mod.rs",
                    path.display(),
                    own.display()
                ));
            }
        }
    }
}

fn relative<'a>(path: &'a Path, workspace: &Workspace) -> &'a Path {
    path.strip_prefix(&workspace.root).unwrap_or(path)
}

/// Every file that can be reached from `roots`.
fn reached(roots: &[PathBuf], sources: &BTreeMap<PathBuf, &str>) -> BTreeSet<PathBuf> {
    let mut reached = BTreeSet::new();
    let mut waiting: Vec<(PathBuf, bool)> = roots.iter().map(|root| (root.clone(), true)).collect();
    while let Some((path, is_root)) = waiting.pop() {
        let Some(source) = sources.get(&path) else { continue };
        if !reached.insert(path.clone()) {
            continue;
        }
        let folder = folder_of_modules(&path, is_root);
        for module in declared(&blank(source)) {
            let module = folder.join(module);
            waiting.push((module.with_extension("rs"), false));
            waiting.push((module.join("mod.rs"), false));
        }
    }
    reached
}

fn folder_of_modules(path: &Path, is_root: bool) -> PathBuf {
    let folder = path.parent().unwrap_or(path);
    match path.file_stem() {
        Some(stem) if !is_root && stem != "mod" => folder.join(stem),
        _ => folder.to_owned(),
    }
}

/// The modules that blanked source names with `mod name;`, each as a path through the inline modules around it.
fn declared(code: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    // The names of open inline modules, and none for any other open brace.
    let mut open: Vec<Option<&str>> = Vec::new();
    let words = words(code);
    for (at, &word) in words.iter().enumerate() {
        match word {
            "{" => {
                let name = (at >= 2 && words[at - 2] == "mod").then(|| words[at - 1]);
                open.push(name);
            }
            "}" => {
                open.pop();
            }
            ";" if at >= 2 && words[at - 2] == "mod" => {
                found.push(open.iter().flatten().copied().chain([words[at - 1]]).collect());
            }
            _ => {}
        }
    }
    found
}

/// Names and single signs, in order.
fn words(code: &str) -> Vec<&str> {
    let is_name = |character: char| character.is_alphanumeric() || character == '_';
    let mut words = Vec::new();
    let mut rest = code.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if is_name(first) {
            rest.find(|character| !is_name(character)).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (word, after) = rest.split_at(length);
        words.push(word);
        rest = after.trim_start();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Package;

    fn failures(files: &[(&str, &str)]) -> Vec<String> {
        let workspace = Workspace {
            root: PathBuf::from("/repo"),
            packages: vec![Package {
                member: true,
                folder: PathBuf::from("/repo/a"),
                roots: vec![PathBuf::from("/repo/a/src/lib.rs")],
                ..Package::default()
            }],
            ..Workspace::default()
        };
        let files: Vec<_> = files
            .iter()
            .map(|&(path, text)| SourceFile { path: path.to_owned(), text: text.to_owned() })
            .collect();
        let mut report = Report::default();
        check(&workspace, &files, &mut report);
        report.failures
    }

    #[test]
    fn both_places_of_a_module_are_followed_all_the_way_down() {
        let files = [
            ("a/src/lib.rs", "pub mod b;\n#[cfg(test)]\nmod c;"),
            ("a/src/b/mod.rs", "pub(crate) mod d;"),
            ("a/src/b/d.rs", ""),
            ("a/src/c/mod.rs", "mod e;"),
            ("a/src/c/e.rs", ""),
        ];
        assert_eq!(failures(&files), Vec::<String>::new());
    }

    #[test]
    fn a_module_with_others_in_it_lies_in_its_folder() {
        let files = [("a/src/lib.rs", "mod b;"), ("a/src/b.rs", "mod c;"), ("a/src/b/c.rs", "")];
        assert_eq!(failures(&files), ["a/src/b.rs has modules in a/src/b: it is a/src/b/mod.rs"]);
    }

    #[test]
    fn a_file_nobody_names_is_dead() {
        let files = [("a/src/lib.rs", "mod b;"), ("a/src/b.rs", ""), ("a/src/old.rs", "mod b;")];
        assert_eq!(failures(&files), ["a/src/old.rs is dead: no `mod` leads to it"]);
    }

    #[test]
    fn a_name_in_a_comment_or_string_keeps_nothing_alive() {
        let files = [("a/src/lib.rs", "// mod old;\nconst X: &str = \"mod old;\";"), ("a/src/old.rs", "")];
        assert_eq!(failures(&files).len(), 1);
    }

    #[test]
    fn inline_modules_are_folders() {
        assert_eq!(
            declared("mod a { fn f() { } mod b { mod c; } mod d; } mod e;"),
            [PathBuf::from("a/b/c"), PathBuf::from("a/d"), PathBuf::from("e")]
        );
    }
}
