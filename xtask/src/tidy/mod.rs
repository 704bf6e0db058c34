//! The order of the house: what no compiler and no lint would notice.
//!
//! Each check goes from plain values (texts, the dependency graph) to findings, so that a test can make them up.

mod arrows;
mod circles;
mod documents;
mod files;
mod links;
mod modules;
mod protocols;
mod purity;
mod rust_text;
mod settings;
mod sizes;
mod texts;

pub(crate) use self::purity::pure_crates;
use anyhow::bail;

use crate::{
    talk::say,
    tidy::files::SourceFile,
    workspace::{Workspace, repository_root},
};

/// Makes every check and lists all findings before failing.
///
/// # Errors
/// When anything is out of order, or the workspace cannot be read.
pub(crate) fn run() -> anyhow::Result<()> {
    let workspace = Workspace::load()?;
    let files = files::read_tracked(repository_root()?)?;
    let mut report = Report::default();
    arrows::check(&workspace, &mut report);
    purity::check(&workspace, &mut report)?;
    purity::check_sources(&files, &mut report);
    modules::check(&workspace, &files, &mut report);
    circles::check(&workspace, &files, &mut report);
    protocols::check(&files, &mut report);
    settings::check(&workspace, &files, &mut report);
    documents::check(&files, &mut report);
    links::check(&files, |path| workspace.root.join(path).exists(), &mut report);
    sizes::check(&files, &mut report);
    texts::check(&files, &texts::machine_marks(), &mut report);
    report.tell()
}

/// What the checks found.
#[derive(Debug, Default)]
struct Report {
    /// Things that must not be.
    failures: Vec<String>,
    /// Things to look at some day.
    smells: Vec<String>,
}

impl Report {
    fn fail(&mut self, finding: String) {
        self.failures.push(finding);
    }

    fn smell(&mut self, finding: String) {
        self.smells.push(finding);
    }

    fn tell(&self) -> anyhow::Result<()> {
        for smell in &self.smells {
            say(&format!("    smell: {smell}"));
        }
        for failure in &self.failures {
            say(&format!("    fail: {failure}"));
        }
        match self.failures.len() {
            0 => Ok(()),
            1 => bail!("tidy found 1 thing out of order"),
            count => bail!("tidy found {count} things out of order"),
        }
    }
}

/// Whether `file` is Rust that nobody but tests runs.
fn is_test_code(file: &SourceFile) -> bool {
    file.path.ends_with("/tests.rs") || file.path.contains("/tests/") || file.path.contains("/benches/")
}
