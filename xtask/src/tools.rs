//! What the tests need besides cargo, and how it comes to be there.
//!
//! Installs only as root on Debian, through apt; everywhere else it says what is wanted and stops.

use std::{path::Path, process::Command};

use anyhow::bail;

use crate::{
    clients::has_venv,
    steps::{cargo, run, succeeds},
    talk::say,
};

/// A program a test starts, and the Debian package that holds it.
#[derive(Clone, Copy, Debug)]
struct Tool {
    program: &'static str,
    package: &'static str,
}

const TOOLS: [Tool; 11] = [
    Tool { program: "chromium", package: "chromium" },
    Tool { program: "espeak-ng", package: "espeak-ng" },
    Tool { program: "node", package: "nodejs" },
    Tool { program: "npm", package: "npm" },
    Tool { program: "opusdec", package: "opus-tools" },
    Tool { program: "opusinfo", package: "opus-tools" },
    Tool { program: "pdfimages", package: "poppler-utils" },
    Tool { program: "pdfinfo", package: "poppler-utils" },
    Tool { program: "pdftotext", package: "poppler-utils" },
    Tool { program: "python3", package: "python3" },
    Tool { program: "valgrind", package: "valgrind" },
];

/// What makes environments for Python's packages; Debian has it apart.
const VENV: Tool = Tool { program: "python3 -m venv", package: "python3-venv" };

/// Cargo's own companions: (subcommand, how to get it).
const COMPONENTS: [(&str, &str); 2] =
    [("fmt", "rustup component add rustfmt"), ("clippy", "rustup component add clippy")];

/// Makes sure that every tool is there, installing what may be installed.
///
/// # Errors
/// When something is missing afterwards; the message says what to install.
pub(crate) fn install() -> anyhow::Result<()> {
    let packages = packages_of(&missing_tools());
    if !packages.is_empty() && may_install() {
        install_packages(&packages)?;
    }
    check()
}

/// Makes sure that every tool is there, installing nothing.
///
/// # Errors
/// When something is missing; the message says what to install.
pub(crate) fn check() -> anyhow::Result<()> {
    let mut wishes = Vec::new();
    for (subcommand, remedy) in COMPONENTS {
        if !succeeds(cargo(&[subcommand, "--version"])?.env_remove("RUSTFLAGS")) {
            wishes.push(format!("`cargo {subcommand}` is missing: {remedy}"));
        }
    }
    for tool in missing_tools() {
        wishes.push(format!(
            "`{}` is missing: on Debian and Ubuntu `sudo apt-get install {}`, elsewhere the package that holds it",
            tool.program, tool.package
        ));
    }
    if !wishes.is_empty() {
        bail!("the tests need more than is installed:\n  {}", wishes.join("\n  "));
    }
    Ok(())
}

/// Whether `cargo <subcommand>` can be used.
///
/// # Errors
/// When the workspace's root is not found.
pub(crate) fn has_cargo(subcommand: &str) -> anyhow::Result<bool> {
    Ok(succeeds(&mut cargo(&[subcommand, "--version"])?))
}

fn install_packages(packages: &[&str]) -> anyhow::Result<()> {
    // Lists may be stale or empty on a fresh image; when they cannot be renewed, the install itself decides.
    if let Err(error) = run(apt_get().arg("update")) {
        say(&format!("    going on with the package lists at hand: {error:#}"));
    }
    run(apt_get().args(["install", "--yes", "--no-install-recommends"]).args(packages))
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    // Another apt may be at work on a fresh machine: wait for its lock, two minutes at most.
    command.env("DEBIAN_FRONTEND", "noninteractive").args(["--quiet", "-o", "DPkg::Lock::Timeout=120"]);
    command
}

fn may_install() -> bool {
    let uid = Command::new("id").arg("-u").output();
    Path::new("/etc/debian_version").exists()
        && on_path("apt-get")
        && uid.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn missing_tools() -> Vec<Tool> {
    let mut missing: Vec<_> = TOOLS.into_iter().filter(|tool| !on_path(tool.program)).collect();
    if !has_venv() {
        missing.push(VENV);
    }
    missing
}

fn packages_of(tools: &[Tool]) -> Vec<&'static str> {
    let mut packages: Vec<_> = tools.iter().map(|tool| tool.package).collect();
    packages.sort_unstable();
    packages.dedup();
    packages
}

fn on_path(program: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_asked_for_once() {
        let packages =
            ["chromium", "espeak-ng", "nodejs", "npm", "opus-tools", "poppler-utils", "python3", "valgrind"];
        assert_eq!(packages_of(&TOOLS), packages);
    }

    #[test]
    fn programs_are_looked_for_on_the_path() {
        assert!(on_path("sh"));
        assert!(!on_path("no-program-of-this-name"));
    }
}
