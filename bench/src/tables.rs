//! Tables of open files: the system limits how many files are open in one, and a thread may have its own.

/// Sockets for audio, and files.
const OTHERS: u64 = 1_200;

/// Tables that hold a socket of each user, where each has room for so many files.
pub(crate) fn needed(users: u32, files: u64) -> u32 {
    let room = files.saturating_sub(OTHERS).max(1);
    u32::try_from(u64::from(users).div_ceil(room).max(1)).unwrap_or(u32::MAX)
}

/// Gives this thread a table of its own, with what is open now in it.
///
/// # Errors
/// The system's, or it is none that has this.
#[cfg(target_os = "linux")]
pub(crate) fn take_own() -> anyhow::Result<()> {
    use anyhow::Context as _;
    use nix::sched::{CloneFlags, unshare};
    unshare(CloneFlags::CLONE_FILES).context("failed to give a thread its own table of open files")
}

/// Gives this thread a table of its own, with what is open now in it.
///
/// # Errors
/// Always: no system but Linux has this.
#[cfg(not(target_os = "linux"))]
pub(crate) fn take_own() -> anyhow::Result<()> {
    anyhow::bail!("more than one thread needs Linux")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_tables_as_hold_the_users() {
        assert_eq!((needed(0, 20_000), needed(18_800, 20_000), needed(18_801, 20_000)), (1, 1, 2));
        assert_eq!(needed(50_000, 20_000), 3);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_a_thread_opens_in_its_own_table_is_in_no_other() {
        use std::{fs, path::Path, thread};
        let path = std::env::temp_dir().join(format!("claque-bench-table-{}", std::process::id()));
        let holds = |table: &str, file: &Path| {
            let links = fs::read_dir(table).unwrap();
            links.filter_map(|link| fs::read_link(link.unwrap().path()).ok()).any(|target| target == file)
        };
        thread::scope(|scope| {
            scope.spawn(|| {
                take_own().unwrap();
                let _file = fs::File::create(&path).unwrap();
                assert!(holds("/proc/thread-self/fd", &path));
                assert!(!holds("/proc/self/fd", &path));
            });
        });
        fs::remove_file(&path).unwrap();
    }
}
