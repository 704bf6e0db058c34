//! What Linux says of a process, and lets us set for it.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::Context as _;

use super::super::usage::{CpuTime, of_process};
use crate::{steps::succeeds, talk::say};

/// Who has which core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Core {
    /// Whoever is measured.
    Client,
    /// Whoever is measured, on both.
    Both,
    /// The truth server, and this program beside it.
    Server,
}

impl Core {
    pub(super) const fn count(self) -> u32 {
        match self {
            Self::Client | Self::Server => 1,
            Self::Both => 2,
        }
    }
}

/// A program that will run on its cores only.
pub(super) fn pinned(core: Core, program: &Path) -> Command {
    let mut command = Command::new("taskset");
    let number = match core {
        Core::Client => "0",
        Core::Both => "0,1",
        Core::Server => "1",
    };
    command.args(["--cpu-list", number]).arg(program);
    command
}

/// Open files that every process started from here may have, after asking for as many as the system gives.
///
/// # Errors
/// When `/proc` does not tell.
pub(super) fn raise_file_limit() -> anyhow::Result<u64> {
    let most = read("/proc/sys/fs/nr_open")?.trim().to_owned();
    let mut raise = Command::new("prlimit");
    raise.arg(format!("--pid={}", std::process::id())).arg(format!("--nofile={most}:{most}"));
    let _refused = succeeds(&mut raise);
    let limits = read("/proc/self/limits")?;
    let hard = hard_limit(&limits).context("failed to understand /proc/self/limits")?;
    let mut soft = Command::new("prlimit");
    soft.arg(format!("--pid={}", std::process::id())).arg(format!("--nofile={hard}:{hard}"));
    let _refused = succeeds(&mut soft);
    say(&format!("    {hard} open files are allowed to a process"));
    Ok(hard)
}

/// Connections for audio, and files.
pub(super) const OTHER_FILES: u64 = 1_200;

/// Tables of open files that a server of so many connections needs.
pub(super) fn tables(connections: u64, files: u64) -> u32 {
    /// The system spreads connections over tables, not evenly.
    const LEFT_FREE: u64 = 4_000;
    if connections <= files {
        return 1;
    }
    let of_each = files.saturating_sub(LEFT_FREE).max(1);
    u32::try_from(connections.div_ceil(of_each)).unwrap_or(u32::MAX)
}

fn hard_limit(limits: &str) -> Option<u64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    let hard = line.split_whitespace().nth(1)?;
    if hard == "unlimited" { Some(u64::MAX) } else { hard.parse().ok() }
}

/// One look at a process.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    pub(super) cpu: CpuTime,
    /// Memory that is its own, KiB: its share of what is shared counted in parts.
    pub(super) proportional_kib: u64,
    /// Memory that is in RAM, KiB.
    pub(super) resident_kib: u64,
}

/// Looks at a process.
///
/// # Errors
/// When it is gone.
pub(super) fn look(pid: u32) -> anyhow::Result<Look> {
    let memory = read(&format!("/proc/{pid}/smaps_rollup"))?;
    let field =
        |name: &str| kib(&memory, name).with_context(|| format!("no {name} in /proc/{pid}/smaps_rollup"));
    Ok(Look { cpu: of_process(pid)?, proportional_kib: field("Pss:")?, resident_kib: field("Rss:")? })
}

/// A field of a file in `/proc` that has one on each line, in KiB.
pub(super) fn kib(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace().next()?.parse().ok()
}

/// Asks a process to stop. Not as Ctrl-C does: what is started in the background of a shell ignores that.
///
/// # Errors
/// When there is no `kill`.
pub(super) fn interrupt(pid: u32) -> anyhow::Result<()> {
    let mut kill = Command::new("kill");
    kill.args(["-TERM", &pid.to_string()]).stdout(Stdio::null());
    kill.status().map(drop).context("failed to start `kill`")
}

fn read(path: &str) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("failed to read {path}; this bench needs Linux"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_has_as_many_tables_as_it_needs() {
        assert_eq!((tables(19_000, 20_000), tables(51_200, 20_000), tables(51_200, 1_048_576)), (1, 4, 1));
    }

    #[test]
    fn what_proc_says_is_read() {
        assert_eq!(
            hard_limit("Max open files            1024                 4096                 files"),
            Some(4_096)
        );
        assert_eq!(
            hard_limit("Max open files            1024                 unlimited            files"),
            Some(u64::MAX)
        );
        assert_eq!(
            kib("Rss:                 900 kB\nPss:                 123 kB\nPss_Anon: 5 kB\n", "Pss:"),
            Some(123)
        );
    }
}
