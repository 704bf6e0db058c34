//! What a crate must not reach, however indirectly: the pure ones a runtime, a socket, OS entropy; others what they promise to
//! do without.
//!
//! Asked of `cargo tree`, one crate at a time. The graph of `cargo metadata` will not do: it unifies features over
//! the workspace, so that whatever another crate switches on in `rand` would be blamed on the pure ones.

use anyhow::{Context as _, ensure};

use super::{
    Report,
    files::SourceFile,
    is_test_code,
    rust_text::{blank, without_tests},
};
use crate::{steps::cargo, workspace::Workspace};

/// Crates without runtime, socket, file or OS entropy.
const PURE: [&str; 6] =
    ["claque-core", "claque-stats", "claque-wire", "claque-gateway", "claque-front", "claque-sim"];

/// What would bring one of those in.
const IMPURE: [&str; 7] = ["tokio", "mio", "async-std", "smol", "hyper", "socket2", "getrandom"];

/// Parts of the standard library that reach out of a function's arguments.
const EFFECTS: [&str; 7] = ["env", "fs", "net", "os", "process", "thread", "time"];

/// Names of the pure crates.
pub(crate) const fn pure_crates() -> &'static [&'static str] {
    &PURE
}

/// Looks for effects in the sources of pure crates, tests aside.
pub(crate) fn check_sources(files: &[SourceFile], report: &mut Report) {
    let is_pure = |file: &&SourceFile| {
        PURE.iter().any(|name| file.path.starts_with(&format!("crates/{name}/src/"))) && !is_test_code(file)
    };
    for file in files.iter().filter(|file| file.is_rust()).filter(is_pure) {
        for effect in effects(&without_tests(&blank(&file.text))) {
            report.fail(format!("{}: pure crates do not use std::{effect}", file.path));
        }
    }
}

/// The effects that code names, by a path or in a group of imports.
fn effects(code: &str) -> Vec<&str> {
    let behind = code.match_indices("std::").map(|(at, std)| &code[at + std.len()..]);
    let names = behind.flat_map(|rest| match rest.strip_prefix('{') {
        Some(group) => first_names(group),
        None => vec![name(rest)],
    });
    names.filter(|name| EFFECTS.contains(name)).collect()
}

/// The first name of each path of a group of imports, which ends with its brace.
fn first_names(group: &str) -> Vec<&str> {
    let (mut depth, mut start, mut names) = (0_usize, 0, Vec::new());
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                names.push(name(group[start..at].trim_start()));
                start = at + 1;
            }
            _ => {}
        }
        if character == '}' && start > at {
            break;
        }
    }
    names
}

fn name(path: &str) -> &str {
    path.split(|character: char| !character.is_alphanumeric() && character != '_').next().unwrap_or_default()
}

/// What other crates keep out: what would have them drive a run, or draw on a terminal.
const KEPT_OUT: [(&str, &[&str]); 2] = [
    ("claque-report", &["tokio", "mio", "hyper", "clap", "ratatui", "crossterm", "indicatif"]),
    ("claque-run", &["clap", "ratatui", "crossterm", "indicatif"]),
];

/// Follows the normal dependencies of every crate that keeps anything out.
///
/// # Errors
/// When cargo does not tell them.
pub(crate) fn check(workspace: &Workspace, report: &mut Report) -> anyhow::Result<()> {
    let pure = PURE.into_iter().map(|name| (name, &IMPURE[..]));
    for (name, kept_out) in pure.chain(KEPT_OUT) {
        if workspace.members().any(|member| member.name == name) {
            check_tree(&tree(name)?, kept_out, report);
        }
    }
    Ok(())
}

fn tree(package: &str) -> anyhow::Result<String> {
    let mut command =
        cargo(&["tree", "--edges", "normal", "--prefix", "depth", "--format", "{p}", "--package"])?;
    let output = command.arg(package).output().context("failed to start `cargo tree`")?;
    let words = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "failed to read the dependencies of {package}: {}", words.trim());
    String::from_utf8(output.stdout).context("`cargo tree` printed something that is not UTF-8")
}

/// Reports the first way to each crate that is kept out, in a tree of lines such as `2getrandom v0.4.3`.
fn check_tree(tree: &str, kept_out: &[&str], report: &mut Report) {
    let mut found = Vec::new();
    let mut way: Vec<&str> = Vec::new();
    for line in tree.lines() {
        let Some((depth, name)) = depth_and_name(line) else { continue };
        way.truncate(depth);
        way.push(name);
        if kept_out.contains(&name) && !found.contains(&name) {
            found.push(name);
            report.fail(format!("a crate reaches {name}, which it is to keep out: {}", way.join(" -> ")));
        }
    }
}

/// A crate's name does not start with a digit, so the depth ends where the name starts.
fn depth_and_name(line: &str) -> Option<(usize, &str)> {
    let (depth, package) = line.split_at(line.find(|character: char| !character.is_ascii_digit())?);
    Some((depth.parse().ok()?, package.split_whitespace().next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failures(tree: &str) -> Vec<String> {
        let mut report = Report::default();
        check_tree(tree, &IMPURE, &mut report);
        report.failures
    }

    #[test]
    fn the_way_to_an_impure_crate_is_told_once() {
        let tree = "0claque-sim v0.1.0 (a folder)\n1claque-core v0.1.0\n2thiserror v2.0.0\n2rand v0.10.0\n\
                    3getrandom v0.4.0\n1other v1.0.0\n2getrandom v0.4.0 (*)\n";
        assert_eq!(
            failures(tree),
            [
                "a crate reaches getrandom, which it is to keep out: claque-sim -> claque-core -> rand -> getrandom"
            ]
        );
    }

    #[test]
    fn effects_are_found_by_path_and_in_groups_of_imports() {
        for (code, found) in [
            ("use std::fs;", vec!["fs"]),
            (
                "use std::{\n    collections::{BTreeMap, VecDeque},\n    net::IpAddr,\n    sync::Arc,\n};\nfs::read()",
                vec!["net"],
            ),
            ("let at = std::time::Instant::now();", vec!["time"]),
            ("use std::{collections::{hash_map::Entry, fs}, sync::Arc};", vec![]),
            ("use core::time::Duration; use std::fsx; use claque::net;", vec![]),
        ] {
            assert_eq!(effects(code), found, "{code}");
        }
    }

    #[test]
    fn names_are_compared_whole() {
        assert_eq!(failures("0claque-core v0.1.0\n1tokio-like v1.0.0\n"), Vec::<String>::new());
    }

    #[test]
    fn cargo_answers_in_the_shape_that_is_read() {
        let tree = tree("xtask").unwrap();
        let packages: Vec<_> = tree.lines().filter_map(depth_and_name).collect();
        assert_eq!(packages.first(), Some(&(0, "xtask")));
        assert!(packages.contains(&(1, "anyhow")), "{tree}");
    }
}
