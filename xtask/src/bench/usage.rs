//! CPU time of finished children, as Linux counts it for this process.

use std::{fs, process::Command, time::Duration};

use anyhow::Context as _;

/// CPU time of all children waited for so far, theirs included.
///
/// # Errors
/// When `/proc` is not there (it is Linux's) or not as proc(5) describes it.
pub(crate) fn of_children() -> anyhow::Result<CpuTime> {
    let path = "/proc/self/stat";
    let text =
        fs::read_to_string(path).with_context(|| format!("failed to read {path}; this bench needs Linux"))?;
    let ticks = ticks_from(&text, 16).with_context(|| format!("failed to understand {path}"))?;
    ticks.span()
}

/// CPU time of a process that is at work, all its threads together.
///
/// # Errors
/// When it is gone, or `/proc` is not there.
pub(crate) fn of_process(pid: u32) -> anyhow::Result<CpuTime> {
    let path = format!("/proc/{pid}/stat");
    let text = fs::read_to_string(&path).with_context(|| format!("failed to read {path}"))?;
    let ticks = ticks_from(&text, 14).with_context(|| format!("failed to understand {path}"))?;
    ticks.span()
}

/// Time spent on CPUs, by mode.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CpuTime {
    pub(crate) user: Duration,
    pub(crate) system: Duration,
}

impl CpuTime {
    /// What was added since `earlier`.
    pub(crate) fn since(self, earlier: Self) -> Self {
        Self {
            user: self.user.saturating_sub(earlier.user),
            system: self.system.saturating_sub(earlier.system),
        }
    }

    /// Both modes together.
    pub(crate) fn total(self) -> Duration {
        self.user + self.system
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Ticks {
    user: u64,
    system: u64,
}

impl Ticks {
    fn span(&self) -> anyhow::Result<CpuTime> {
        let per_second = ticks_per_second()?;
        let span = |ticks: u64| Duration::from_nanos(ticks.saturating_mul(1_000_000_000) / per_second);
        Ok(CpuTime { user: span(self.user), system: span(self.system) })
    }
}

/// A field of proc(5) and the one after it: 14 is utime, 16 cutime, each followed by the system's. Counted from behind the
/// name, which may hold anything.
fn ticks_from(stat: &str, number: usize) -> Option<Ticks> {
    let (_, after_name) = stat.rsplit_once(')')?;
    // The first field after the name is number 3.
    let mut fields = after_name.split_whitespace().skip(number - 3);
    let user = fields.next()?.parse().ok()?;
    let system = fields.next()?.parse().ok()?;
    Some(Ticks { user, system })
}

fn ticks_per_second() -> anyhow::Result<u64> {
    let output =
        Command::new("getconf").arg("CLK_TCK").output().context("failed to run `getconf CLK_TCK`")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let ticks: u64 = text.trim().parse().with_context(|| format!("`getconf CLK_TCK` said {text:?}"))?;
    Ok(ticks.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_right_fields_are_read_whatever_the_name() {
        let stat = "42 (a ) b) R 1 2 3 4 5 6 7 8 9 10 111 112 213 214 20 0 1 0 99 0";
        assert_eq!(ticks_from(stat, 14), Some(Ticks { user: 111, system: 112 }));
        assert_eq!(ticks_from(stat, 16), Some(Ticks { user: 213, system: 214 }));
        assert_eq!(ticks_from("42 (short) R 1 2", 16), None);
    }
}
