//! Settings that every crate must share: lints, clippy's thresholds, and words at the head of each crate.

use toml::{Table, Value};

use super::{Report, files::SourceFile};
use crate::workspace::Workspace;

/// Longest function, in lines; clippy counts, this file sees that it counts to the right number.
const MOST_FUNCTION_LINES: i64 = 70;

/// Checks the manifests, each `clippy.toml` and the first line of every crate.
pub(crate) fn check(workspace: &Workspace, files: &[SourceFile], report: &mut Report) {
    for file in files {
        if file.path == "clippy.toml" || file.path.ends_with("/clippy.toml") {
            check_clippy(file, report);
        }
        if file.path == "Cargo.toml" {
            check_root_manifest(file, report);
        }
    }
    for member in workspace.members() {
        let folder = member.folder.strip_prefix(&workspace.root).unwrap_or(&member.folder);
        let folder = folder.to_string_lossy();
        let find = |name: &str| files.iter().find(|file| file.path == format!("{folder}/{name}"));
        match find("Cargo.toml") {
            Some(manifest) => check_manifest(manifest, report),
            None => report.fail(format!("{folder} has no manifest that git knows")),
        }
        match find("src/lib.rs").or_else(|| find("src/main.rs")) {
            Some(root) if !root.text.starts_with("//!") => {
                report.fail(format!("{} does not start with `//!` and the crate's purpose", root.path));
            }
            Some(_) => {}
            None => report.fail(format!("{folder} has neither src/lib.rs nor src/main.rs")),
        }
    }
}

/// A crate's own `clippy.toml` replaces the workspace's, so each must hold the threshold.
fn check_clippy(file: &SourceFile, report: &mut Report) {
    let threshold = read(file, report, &["too-many-lines-threshold"]).and_then(|value| value.as_integer());
    if threshold != Some(MOST_FUNCTION_LINES) {
        report.fail(format!("{} does not set too-many-lines-threshold = {MOST_FUNCTION_LINES}", file.path));
    }
}

fn check_root_manifest(file: &SourceFile, report: &mut Report) {
    let level = read(file, report, &["workspace", "lints", "clippy", "too_many_lines"]);
    if !level.is_some_and(|level| matches!(level.as_str(), Some("warn" | "deny" | "forbid"))) {
        report.fail("Cargo.toml does not switch on clippy's too_many_lines for the workspace".to_owned());
    }
}

fn check_manifest(file: &SourceFile, report: &mut Report) {
    if read(file, report, &["lints", "workspace"]) != Some(Value::Boolean(true)) {
        report.fail(format!("{} does not inherit the lints: `[lints] workspace = true`", file.path));
    }
}

/// The value at `path` in a TOML file, when the file can be read and holds one.
fn read(file: &SourceFile, report: &mut Report, path: &[&str]) -> Option<Value> {
    let table = match file.text.parse::<Table>() {
        Ok(table) => table,
        Err(error) => {
            report.fail(format!("{} is not TOML: {error}", file.path));
            return None;
        }
    };
    path.iter().try_fold(Value::Table(table), |value, key| value.get(key).cloned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Package;

    fn failures(files: &[(&str, &str)]) -> Vec<String> {
        let workspace = Workspace {
            root: "/repo".into(),
            packages: vec![Package { member: true, folder: "/repo/a".into(), ..Package::default() }],
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
    fn a_crate_in_order_passes() {
        let files = [
            ("Cargo.toml", "[workspace.lints.clippy]\ntoo_many_lines = \"warn\""),
            ("a/Cargo.toml", "[lints]\nworkspace = true"),
            ("a/clippy.toml", "too-many-lines-threshold = 70"),
            ("a/src/lib.rs", "//! Purpose."),
        ];
        assert_eq!(failures(&files), Vec::<String>::new());
    }

    #[test]
    fn each_missing_setting_is_named() {
        let files = [
            ("Cargo.toml", "[workspace.lints.clippy]\ntoo_many_lines = \"allow\""),
            ("a/Cargo.toml", "[lints]"),
            ("a/clippy.toml", "too-many-lines-threshold = 100"),
            ("a/src/main.rs", "fn main() {}"),
        ];
        assert_eq!(
            failures(&files),
            [
                "Cargo.toml does not switch on clippy's too_many_lines for the workspace",
                "a/clippy.toml does not set too-many-lines-threshold = 70",
                "a/Cargo.toml does not inherit the lints: `[lints] workspace = true`",
                "a/src/main.rs does not start with `//!` and the crate's purpose",
            ]
        );
    }
}
