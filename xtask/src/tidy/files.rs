//! The files of the repository, read once.

use std::{fs, path::Path, process::Command};

use anyhow::{Context as _, ensure};

/// One text file that is, or is about to be, tracked.
#[derive(Clone, Debug)]
pub(crate) struct SourceFile {
    /// Relative to the root, with forward slashes.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl SourceFile {
    /// Whether it is Rust.
    pub(crate) fn is_rust(&self) -> bool {
        Path::new(&self.path).extension().is_some_and(|extension| extension == "rs")
    }
}

/// Reads every text file that git tracks or would track. Files that are not UTF-8 are left out.
///
/// # Errors
/// When git does not answer or a file cannot be read.
pub(crate) fn read_tracked(root: &Path) -> anyhow::Result<Vec<SourceFile>> {
    let mut files = Vec::new();
    for path in tracked(root)? {
        let full = root.join(&path);
        // A file may be deleted and not yet committed as such.
        if !full.is_file() {
            continue;
        }
        let bytes = fs::read(&full).with_context(|| format!("failed to read {path}"))?;
        if let Ok(text) = String::from_utf8(bytes) {
            files.push(SourceFile { path, text });
        }
    }
    Ok(files)
}

fn tracked(root: &Path) -> anyhow::Result<Vec<String>> {
    let output = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .context("failed to start git, which knows the files to check")?;
    let words = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "failed to list the files to check: {}", words.trim());
    let list = String::from_utf8(output.stdout).context("a tracked file's name is not UTF-8")?;
    Ok(list.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect())
}
