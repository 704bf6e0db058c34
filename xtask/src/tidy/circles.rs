//! Circles: modules at the top of a crate that import each other, two directly or more by a detour. Whoever reads one of them has
//! to read all, and none can move.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use super::{
    Report,
    files::SourceFile,
    is_test_code,
    rust_text::{blank, without_tests},
};
use crate::workspace::Workspace;

/// A module at the top of a crate, with those that it imports.
type Imports<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// Looks for circles in every member.
pub(crate) fn check(workspace: &Workspace, files: &[SourceFile], report: &mut Report) {
    for member in workspace.members() {
        let folder = member.folder.join("src");
        let sources: Vec<_> = files
            .iter()
            .filter(|file| file.is_rust() && !is_test_code(file))
            .filter_map(|file| {
                let path = workspace.root.join(&file.path);
                let path = path.strip_prefix(&folder).ok()?.to_str()?.to_owned();
                Some((path, without_tests(&blank(&file.text))))
            })
            .collect();
        let imports = imports(&sources);
        for (one, other) in circles(&imports) {
            report.fail(format!("in {} the modules {one} and {other} import each other", member.name));
        }
        for group in groups(&imports).iter().filter(|group| group.len() > 2) {
            let modules = group.iter().copied().collect::<Vec<_>>().join(", ");
            report.smell(format!("in {} each of the modules {modules} leads to all others", member.name));
        }
    }
}

/// What each module imports. `sources` are paths below `src` with their blanked code.
fn imports(sources: &[(String, String)]) -> Imports<'_> {
    let mut imports = Imports::new();
    for (path, code) in sources {
        let Some((module, depth)) = place(path) else { continue };
        imports.entry(module).or_default().extend(imported(code, depth));
    }
    imports
}

/// Pairs of modules that import each other, each once.
fn circles(imports: &Imports<'_>) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for (one, theirs) in imports {
        let back = theirs.iter().filter(|other| one < *other);
        let back = back.filter(|other| imports.get(*other).is_some_and(|of_other| of_other.contains(one)));
        found.extend(back.map(|other| ((*one).to_owned(), (*other).to_owned())));
    }
    found
}

/// Modules that lead to one another, directly or by a detour; each group once, and none of one module alone.
fn groups<'a>(imports: &Imports<'a>) -> BTreeSet<BTreeSet<&'a str>> {
    let reached: BTreeMap<&str, BTreeSet<&str>> =
        imports.keys().map(|module| (*module, reached(module, imports))).collect();
    let group = |one: &&'a str| -> BTreeSet<&'a str> {
        let both = |other: &&&'a str| reached[*one].contains(**other) && reached[**other].contains(*one);
        imports.keys().filter(both).copied().collect()
    };
    imports.keys().map(group).filter(|group| group.len() > 1).collect()
}

/// Every module that one leads to, itself only if it is in a circle.
fn reached<'a>(module: &str, imports: &Imports<'a>) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut waiting: Vec<&str> = vec![module];
    while let Some(next) = waiting.pop() {
        for other in imports.get(next).into_iter().flatten().filter(|other| **other != next) {
            if imports.contains_key(other) && reached.insert(*other) {
                waiting.push(other);
            }
        }
    }
    reached
}

/// The module at the top that a file belongs to, and how many `super` lead from it to the root of the crate. None for the root
/// itself.
fn place(path: &str) -> Option<(&str, usize)> {
    let parts: Vec<&str> = path.split('/').collect();
    let file = Path::new(path).file_stem()?.to_str()?;
    match parts.as_slice() {
        [_] if ["lib", "main"].contains(&file) => None,
        [only] => Some((only.strip_suffix(".rs")?, 1)),
        [first, ..] => Some((first, if file == "mod" { parts.len() - 1 } else { parts.len() })),
        [] => None,
    }
}

/// The names that blanked code takes from the root of its crate, by `crate::` or by as many `super::` as lead there.
fn imported(code: &str, depth: usize) -> Vec<&str> {
    let supers = "super::".repeat(depth);
    let mut names = Vec::new();
    for root in ["crate::", supers.as_str()] {
        for (at, _) in code.match_indices(root) {
            let before = code[..at].chars().next_back();
            if before.is_none_or(|sign| !sign.is_alphanumeric() && sign != '_' && sign != ':') {
                names.extend(heads(&code[at + root.len()..]));
            }
        }
    }
    names
}

/// The first name of a path, or of each path in a group of them.
fn heads(path: &str) -> Vec<&str> {
    let Some(group) = path.strip_prefix('{') else { return name(path).into_iter().collect() };
    let mut heads = Vec::new();
    let (mut depth, mut is_head) = (0_usize, true);
    for (at, sign) in group.char_indices() {
        match sign {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => is_head = true,
            _ if is_head && depth == 0 && !sign.is_whitespace() => {
                heads.extend(name(&group[at..]));
                is_head = false;
            }
            _ => {}
        }
    }
    heads
}

fn name(path: &str) -> Option<&str> {
    let end = path.find(|sign: char| !sign.is_alphanumeric() && sign != '_').unwrap_or(path.len());
    path.get(..end).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn circles_of(sources: &[(&str, &str)]) -> Vec<(String, String)> {
        let sources: Vec<_> =
            sources.iter().map(|(path, code)| ((*path).to_owned(), (*code).to_owned())).collect();
        circles(&imports(&sources)).into_iter().collect()
    }

    #[test]
    fn a_detour_is_a_circle_too_and_what_only_hangs_on_it_is_not() {
        let code = |names: &str| format!("use crate::{{{names}}};");
        let sources =
            [("a.rs", "b"), ("b.rs", "c::C"), ("c.rs", "a::{A, B}, d"), ("d.rs", "e"), ("e.rs", "x")];
        let sources: Vec<_> = sources.map(|(path, names)| (path.to_owned(), code(names))).into();
        let groups = groups(&imports(&sources));
        assert_eq!(groups.into_iter().map(Vec::from_iter).collect::<Vec<_>>(), [["a", "b", "c"]]);
    }

    fn pair(one: &str, other: &str) -> (String, String) {
        (one.to_owned(), other.to_owned())
    }

    #[test]
    fn two_that_import_each_other_are_a_circle_however_deep_their_files_lie() {
        let sources = [
            ("lib.rs", "mod a; mod b; pub use crate::{a::A, b::B};"),
            ("a/inner.rs", "use crate::{c::C, b::{self, D}};"),
            ("b.rs", "use super::a::A;"),
            ("c.rs", "use crate::unknown::X;"),
        ];
        assert_eq!(circles_of(&sources), [pair("a", "b")]);
    }

    #[test]
    fn one_way_is_none_and_neither_is_a_path_within_one_module() {
        let sources = [
            ("a/mod.rs", "use self::b::B; use super::c::C;"),
            ("a/b.rs", "use super::c::D; use crate::a::E;"),
            ("c.rs", "fn f() { other_crate::a::g(); }"),
        ];
        assert_eq!(circles_of(&sources), []);
    }

    #[test]
    fn a_path_in_the_middle_of_code_counts() {
        let sources = [("a.rs", "fn f() { crate::b::g(); }"), ("b/mod.rs", "fn g() { super::a::f(); }")];
        assert_eq!(circles_of(&sources), [pair("a", "b")]);
    }
}
