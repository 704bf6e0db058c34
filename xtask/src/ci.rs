//! Everything a clean checkout must pass, in order of price.

use std::{path::Path, process::Command};

use crate::{
    bench::instructions,
    clients::Clients,
    deny, faults, packages,
    steps::{Steps, cargo, color_choice, run as run_command, run_watching},
    talk::say,
    tidy::{self, pure_crates},
    tools,
};

/// What happens about missing tools before the first step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Preparation {
    /// Install them where that is allowed.
    Install,
    /// Only say what is missing.
    CheckOnly,
}

/// Runs every step; the first failure ends it.
///
/// # Errors
/// The first failure, with the title of its step.
pub(crate) fn run(preparation: Preparation) -> anyhow::Result<()> {
    let mut steps = Steps::new();
    steps.run("tools", || match preparation {
        Preparation::Install => tools::install(),
        Preparation::CheckOnly => tools::check(),
    })?;
    let clients = Clients::locate()?;
    steps.run("clients of tests", || match preparation {
        Preparation::Install => clients.install(),
        Preparation::CheckOnly => clients.check(),
    })?;
    steps.run("format", || run_command(&mut cargo(&["fmt", "--all", "--check"])?))?;
    steps.run("tidy", tidy::run)?;
    steps.run("clippy", || {
        // The fuzz targets as programs, too: else nobody would notice that they no longer compile.
        let targets = ["--workspace", "--all-targets", "--features", "claque-fuzz/libfuzzer"];
        run_command(cargo(&["clippy"])?.args(targets).args(["--", "-D", "warnings"]))
    })?;
    steps.run("documentation", || {
        run_command(cargo(&["doc", "--workspace", "--no-deps"])?.env("RUSTDOCFLAGS", "-D warnings"))
    })?;
    steps.run("pure crates elsewhere", pure_crates_elsewhere)?;
    steps.run("oldest Rust", packages::oldest_rust)?;
    steps.run("packages", packages::run)?;
    let summary = steps.run("tests", || tests(&clients))?;
    steps.run("documentation tests", || run_command(&mut cargo(&["test", "--workspace", "--doc"])?))?;
    steps.run("instructions", instructions::hot_path)?;
    steps.run("dependencies", deny::run)?;
    // They wait for minutes and mind a busy machine, so that only who asks for them has them here.
    if faults::is_wanted() {
        steps.run("scripted faults", || faults::run(&[]))?;
    }
    // The test runner's own summary again, as it was, so that the count stands at the end.
    if let Some(summary) = summary {
        say(&summary);
    }
    say(&steps.conclusion());
    Ok(())
}

/// The pure crates compile for a machine without files, sockets, threads and clock, where its target is installed.
fn pure_crates_elsewhere() -> anyhow::Result<()> {
    const TARGET: &str = "wasm32-unknown-unknown";
    let output = Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]).output()?;
    let folder = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if !output.status.success() || !Path::new(&folder).is_dir() {
        say(&format!(
            "    note: {TARGET} is not installed; `cargo xtask tidy` has looked for effects in the sources"
        ));
        return Ok(());
    }
    let packages = pure_crates().iter().flat_map(|name| ["--package", name]);
    run_command(cargo(&["check", "--target", TARGET])?.args(packages))
}

fn tests(clients: &Clients) -> anyhow::Result<Option<String>> {
    if tools::has_cargo("nextest")? {
        let args = ["nextest", "run", "--workspace", "--profile", "ci", "--color", color_choice()];
        return run_watching(clients.name_to(&mut cargo(&args)?), "Summary [");
    }
    say(
        "    note: cargo-nextest is not installed, `cargo test` is used instead; time limits per test do not apply.",
    );
    say("    To install it: cargo install --locked cargo-nextest");
    run_command(clients.name_to(&mut cargo(&["test", "--workspace", "--lib", "--bins", "--tests"])?))?;
    Ok(None)
}
