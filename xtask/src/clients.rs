//! Other people's clients of speech, and a voice, for the tests that use them: Python and Node packages below the target folder.
//!
//! Which indexes they come from is the business of this machine's own pip and npm. What is pinned lies beside the tests.

use std::{
    fs,
    path::PathBuf,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};

use crate::{
    steps::{run, shown, succeeds},
    talk::say,
    workspace::Workspace,
};

/// Where the pinned lists are, from the workspace's root.
const LISTS: &str = "crates/claque/tests/clients";
/// One set of packages is installed within this time, or not at all.
const LONGEST: Duration = Duration::from_mins(8);

/// Packages of one language.
#[derive(Debug)]
struct Set {
    language: &'static str,
    /// The pinned list.
    list: PathBuf,
    /// Where they are installed.
    folder: PathBuf,
}

/// Everything that is installed here.
#[derive(Debug)]
pub(crate) struct Clients {
    python: Set,
    node: Set,
}

impl Clients {
    /// Where the packages are, or will be.
    ///
    /// # Errors
    /// When the workspace is not found.
    pub(crate) fn locate() -> anyhow::Result<Self> {
        let workspace = Workspace::load()?;
        let set = |language, list: &str| Set {
            language,
            list: workspace.root.join(LISTS).join(list),
            folder: workspace.target.join("test-clients").join(language),
        };
        Ok(Self { python: set("python", "requirements.txt"), node: set("node", "package.json") })
    }

    /// Installs what is not there, or not as the lists have it.
    ///
    /// # Errors
    /// When an index cannot be reached, or a list cannot be installed within minutes.
    pub(crate) fn install(&self) -> anyhow::Result<()> {
        for (set, install) in [(&self.python, install_python as fn(&Set) -> _), (&self.node, install_node)] {
            if !set.is_there()? {
                say(&format!("    installing the packages of {} for tests", set.list.display()));
                set.install_afresh(install)?;
            }
        }
        Ok(())
    }

    /// Makes sure that all is there, installing nothing.
    ///
    /// # Errors
    /// When it is not; the message says how to get it.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        for set in [&self.python, &self.node] {
            if !set.is_there()? {
                bail!("the packages of {} are not installed: `cargo xtask test` does it", set.list.display());
            }
        }
        Ok(())
    }

    /// Tells the tests where to find them.
    pub(crate) fn name_to<'a>(&self, tests: &'a mut Command) -> &'a mut Command {
        tests.env("CLAQUE_TEST_PYTHON", self.python.interpreter());
        tests.env("CLAQUE_TEST_NODE_MODULES", self.node.folder.join("node_modules"))
    }
}

impl Set {
    /// Whether what the list pins is what was installed.
    fn is_there(&self) -> anyhow::Result<bool> {
        let wanted =
            fs::read(&self.list).with_context(|| format!("failed to read {}", self.list.display()))?;
        Ok(fs::read(self.stamp()).is_ok_and(|installed| installed == wanted))
    }

    /// A copy of the list, written when all of it was installed.
    fn stamp(&self) -> PathBuf {
        self.folder.join("installed")
    }

    fn install_afresh(&self, install: fn(&Self) -> anyhow::Result<()>) -> anyhow::Result<()> {
        let folder = self.folder.display();
        if self.folder.exists() {
            fs::remove_dir_all(&self.folder).with_context(|| format!("failed to remove {folder}"))?;
        }
        fs::create_dir_all(&self.folder).with_context(|| format!("failed to create {folder}"))?;
        install(self).with_context(|| {
            format!(
                "failed to install what {} pins. The tests with other people's clients need it, once; its {} index must be \
                 reachable from here, directly or as this machine's own settings say",
                self.list.display(),
                self.language
            )
        })?;
        fs::copy(&self.list, self.stamp()).with_context(|| format!("failed to write into {folder}"))?;
        Ok(())
    }

    fn interpreter(&self) -> PathBuf {
        self.folder.join("bin").join("python")
    }
}

fn install_python(set: &Set) -> anyhow::Result<()> {
    run(Command::new("python3").args(["-m", "venv"]).arg(&set.folder))?;
    let mut pip = Command::new(set.interpreter());
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]);
    run_within(pip.arg("--requirement").arg(&set.list), LONGEST)
}

fn install_node(set: &Set) -> anyhow::Result<()> {
    fs::copy(&set.list, set.folder.join("package.json")).context("failed to copy the list")?;
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel", "error"]);
    run_within(npm.current_dir(&set.folder), LONGEST)
}

/// Whether `python3` can make environments, which some systems have in a package of its own.
pub(crate) fn has_venv() -> bool {
    succeeds(Command::new("python3").args(["-c", "import ensurepip, venv"]))
}

/// As [`run`], but ends what takes longer.
fn run_within(command: &mut Command, longest: Duration) -> anyhow::Result<()> {
    let shown = shown(command);
    say(&format!("    $ {shown}"));
    let mut child = command.spawn().with_context(|| format!("failed to start `{shown}`"))?;
    let began = Instant::now();
    loop {
        if let Some(status) = child.try_wait().with_context(|| format!("failed to wait for `{shown}`"))? {
            if !status.success() {
                bail!("`{shown}` ended with {status}");
            }
            return Ok(());
        }
        if began.elapsed() >= longest {
            child.kill().and_then(|()| child.wait()).with_context(|| format!("failed to end `{shown}`"))?;
            bail!("`{shown}` was not done after {} s and was ended", longest.as_secs());
        }
        thread::sleep(Duration::from_millis(100));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_too_long_is_ended() {
        let failed = run_within(Command::new("sleep").arg("60"), Duration::from_millis(1)).unwrap_err();
        assert_eq!(failed.to_string(), "`sleep 60` was not done after 0 s and was ended");
    }

    #[test]
    fn a_list_that_changed_is_installed_again() {
        let folder = std::env::temp_dir().join(format!("claque-clients-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let set = Set { language: "python", list: folder.join("list"), folder: folder.clone() };
        fs::write(&set.list, "a==1").unwrap();
        assert!(!set.is_there().unwrap(), "nothing was installed");
        fs::copy(&set.list, set.stamp()).unwrap();
        assert!(set.is_there().unwrap());
        fs::write(&set.list, "a==2").unwrap();
        assert!(!set.is_there().unwrap(), "another version was installed");
        fs::remove_dir_all(&folder).unwrap();
    }
}
