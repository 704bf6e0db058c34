//! What a crate must not reach, however indirectly: the pure ones a runtime, a socket, OS entropy; others what they promise to
//! do without.
//!
//! Asked of `cargo tree`, one crate at a time. The graph of `cargo metadata` will not do: it unifies features over
//! the workspace, so that whatever another crate switches on in `rand` would be blamed on the pure ones.

use anyhow::{Context as _, ensure};

use super::Report;
use crate::{steps::cargo, workspace::Workspace};

/// Crates without runtime, socket, file or OS entropy.
const PURE: [&str; 6] =
    ["claque-core", "claque-stats", "claque-wire", "claque-gateway", "claque-front", "claque-sim"];

/// What would bring one of those in.
const IMPURE: [&str; 7] = ["tokio", "mio", "async-std", "smol", "hyper", "socket2", "getrandom"];

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
