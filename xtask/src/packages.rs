//! What would be published: every crate is packed, and its package has what a stranger looks for.

use std::{collections::BTreeSet, path::Path, process::Command};

use anyhow::{Context as _, bail, ensure};

use crate::{
    steps::{cargo, run as run_command, succeeds},
    talk::say,
    workspace::{Package, Workspace},
};

/// What every package holds besides its sources.
const HELD: [&str; 4] = ["Cargo.toml", "LICENSE-APACHE", "LICENSE-MIT", "README.md"];

/// Packs every crate that is to be published, without building it, and looks into the packages.
///
/// # Errors
/// A crate cannot be packed, lacks metadata, or its package lacks a file.
pub(crate) fn run() -> anyhow::Result<()> {
    let workspace = Workspace::load()?;
    let published: Vec<_> = workspace.members().filter(|package| package.published).collect();
    let problems: Vec<_> = published.iter().flat_map(|package| lacking(package)).collect();
    ensure!(problems.is_empty(), "crates cannot be published:\n  {}", problems.join("\n  "));
    let mut pack = cargo(&["package", "--quiet", "--offline", "--no-verify", "--allow-dirty"])?;
    for package in &published {
        pack.args(["--package", &package.name]);
    }
    run_command(&mut pack)?;
    for package in &published {
        let file = format!("{}-{}", package.name, package.version);
        let held = held_by(&workspace.target.join("package").join(format!("{file}.crate")))?;
        for name in HELD {
            ensure!(held.contains(&format!("{file}/{name}")), "the package {file} holds no {name}");
        }
    }
    say(&format!("    {} crates packed, not built", published.len()));
    Ok(())
}

/// What a crate's manifest has to say before it can be published.
fn lacking(package: &Package) -> Vec<String> {
    let mut problems = Vec::new();
    let mut needs = |is_there: bool, what: &str| {
        if !is_there {
            problems.push(format!("{} has no {what}", package.name));
        }
    };
    needs(package.description.as_deref().is_some_and(|words| !words.is_empty()), "description");
    needs(package.license.is_some(), "license");
    needs(package.rust_version.is_some(), "rust-version");
    for dependency in package.declared.iter().filter(|dependency| dependency.by_path) {
        needs(dependency.requirement != "*", &format!("version for {}", dependency.name));
    }
    problems
}

fn held_by(package: &Path) -> anyhow::Result<BTreeSet<String>> {
    let output = Command::new("tar").arg("-tzf").arg(package).output().context("failed to start tar")?;
    ensure!(output.status.success(), "failed to read {}", package.display());
    Ok(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
}

/// Has the oldest compiler that the manifests name check everything, where it is installed or is the one in use.
///
/// # Errors
/// It does not compile there, or no manifest names one.
pub(crate) fn oldest_rust() -> anyhow::Result<()> {
    let workspace = Workspace::load()?;
    let stated: BTreeSet<_> = workspace.members().map(|package| package.rust_version.as_deref()).collect();
    let [Some(oldest)] = Vec::from_iter(stated)[..] else {
        bail!("the crates do not all state the same rust-version");
    };
    let output =
        Command::new("rustc").arg("--version").output().context("failed to run `rustc --version`")?;
    let used = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if used.split_whitespace().nth(1) == Some(oldest) {
        say(&format!("    every step runs with {used}, the oldest that the manifests promise"));
        return Ok(());
    }
    if !succeeds(Command::new("rustup").args(["run", oldest, "rustc", "--version"])) {
        say(&format!("    note: not checked: this is {used}, and Rust {oldest} is not installed"));
        say(&format!("    To install it: rustup toolchain install {oldest}"));
        return Ok(());
    }
    let folder = workspace.target.join("oldest-rust");
    let mut check = Command::new("rustup");
    check.args(["run", oldest, "cargo", "check", "--workspace", "--locked"]);
    run_command(check.env("CARGO_TARGET_DIR", folder).current_dir(workspace.root))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::{Declared, Kind};

    #[test]
    fn what_a_manifest_lacks_is_named() {
        let by_path = |requirement: &str| Declared {
            name: "claque-core".to_owned(),
            kind: Kind::Normal,
            requirement: requirement.to_owned(),
            by_path: true,
        };
        let mut package =
            Package { name: "a".to_owned(), declared: vec![by_path("*")], ..Package::default() };
        let all = ["a has no description", "a has no license", "a has no rust-version"];
        assert_eq!(lacking(&package), [&all[..], &["a has no version for claque-core"]].concat());
        package.description = Some("words".to_owned());
        package.license = Some("MIT".to_owned());
        package.rust_version = Some("1.95".to_owned());
        package.declared = vec![by_path("=0.2.0")];
        assert_eq!(lacking(&package), [""; 0]);
    }
}
