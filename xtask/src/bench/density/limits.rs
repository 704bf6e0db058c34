//! What the whole system allows, beside what it allows a process: each says by its name what a step is too large for.

use std::fs;

use anyhow::Context as _;

/// What a step asks of the system.
#[derive(Clone, Copy, Debug)]
pub(super) struct Demand {
    /// Connections at once, each with an end on either side.
    pub(super) connections: u64,
    /// Addresses they come from.
    pub(super) addresses: u64,
    /// Users that come in a second.
    pub(super) users_a_second: u64,
    /// KiB of memory that client, server and sockets take.
    pub(super) kib: u64,
}

/// The system's limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limits {
    /// Open files, and how many there are already (`fs.file-nr`, `fs.file-max`).
    files: u64,
    files_open: u64,
    /// Ports of one address (`net.ipv4.ip_local_port_range`).
    ports: u64,
    /// Connections that may wait to be taken (`net.core.somaxconn`).
    waiting: u64,
    /// Pages for the buffers of all TCP sockets (`net.ipv4.tcp_mem`).
    tcp_pages: u64,
    /// KiB (`MemAvailable`).
    available_kib: u64,
}

/// Open files that all the rest of the machine may come to need.
const FILES_LEFT: u64 = 10_000;

impl Limits {
    /// Reads them.
    ///
    /// # Errors
    /// When `/proc` is not as proc(5) describes it.
    pub(super) fn read() -> anyhow::Result<Self> {
        let numbers = |path: &str| -> anyhow::Result<Vec<u64>> {
            let text = fs::read_to_string(path)
                .with_context(|| format!("failed to read {path}; this bench needs Linux"))?;
            numbers(&text).with_context(|| format!("failed to understand {path}"))
        };
        let path = "/proc/meminfo";
        let memory = fs::read_to_string(path).with_context(|| format!("failed to read {path}"))?;
        Self::from(
            &numbers("/proc/sys/fs/file-nr")?,
            &numbers("/proc/sys/net/ipv4/ip_local_port_range")?,
            &numbers("/proc/sys/net/core/somaxconn")?,
            &numbers("/proc/sys/net/ipv4/tcp_mem")?,
            super::process::kib(&memory, "MemAvailable:").context("no MemAvailable in /proc/meminfo")?,
        )
        .context("failed to understand the system's limits in /proc/sys")
    }

    fn from(files: &[u64], ports: &[u64], waiting: &[u64], tcp: &[u64], available_kib: u64) -> Option<Self> {
        let (&[files_open, files_free, files], &[first, last]) = (files, ports) else { return None };
        Some(Self {
            files,
            files_open: files_open.saturating_sub(files_free),
            ports: (last + 1).saturating_sub(first),
            waiting: *waiting.first()?,
            tcp_pages: *tcp.get(2)?,
            available_kib,
        })
    }

    /// The first limit that a step would meet, and what can be done; none if there is none.
    pub(super) fn refusal(&self, demand: Demand) -> Option<String> {
        let Demand { connections, addresses, users_a_second, kib } = demand;
        let (files, ports) =
            (self.files_open + 2 * connections + FILES_LEFT, connections.div_ceil(addresses));
        let told = |needed: u64, what: &str, allowed: u64, remedy: &str| {
            (needed > allowed)
                .then(|| format!("{needed} {what} are needed and the system allows {allowed}; {remedy}"))
        };
        told(files, "open files of all processes", self.files, "raise fs.file-max (as root: `sysctl`)")
            .or_else(|| told(ports, "ports of one address", self.ports, "widen net.ipv4.ip_local_port_range"))
            .or_else(|| {
                let remedy = "raise net.core.somaxconn, or let users come more slowly with --ramp";
                told(users_a_second, "places for connections of one second that wait", self.waiting, remedy)
            })
            // Each end has a page when there is nothing to send, and more does not come to all at once.
            .or_else(|| {
                told(2 * connections, "pages for buffers of TCP", self.tcp_pages, "raise net.ipv4.tcp_mem")
            })
            .or_else(|| told(kib, "KiB of memory", self.available_kib, "end what else is running"))
    }
}

fn numbers(text: &str) -> Option<Vec<u64>> {
    text.split_whitespace().map(|word| word.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOMY: Demand = Demand { connections: 50_000, addresses: 10, users_a_second: 250, kib: 4_000_000 };

    fn limits() -> Limits {
        let files = numbers("1184\t0\t2466174\n").unwrap();
        let ports = numbers("32768\t60999\n").unwrap();
        Limits::from(&files, &ports, &[4_096], &[287_898, 383_866, 575_796], 20_000_000).unwrap()
    }

    #[test]
    fn what_proc_says_is_read() {
        assert_eq!((limits().files, limits().files_open, limits().ports), (2_466_174, 1_184, 28_232));
        assert_eq!(numbers("no number"), None);
        assert_eq!(Limits::from(&[1], &[1, 2], &[1], &[1, 2, 3], 1), None);
    }

    #[test]
    fn a_step_within_the_limits_is_not_refused() {
        assert_eq!(limits().refusal(ROOMY), None);
    }

    #[test]
    fn each_limit_is_told_by_its_name() {
        for (demand, name) in [
            (Demand { connections: 2_000_000, ..ROOMY }, "fs.file-max"),
            (Demand { addresses: 1, ..ROOMY }, "net.ipv4.ip_local_port_range"),
            (Demand { users_a_second: 5_000, ..ROOMY }, "net.core.somaxconn"),
            (Demand { connections: 300_000, addresses: 60, ..ROOMY }, "net.ipv4.tcp_mem"),
            (Demand { kib: 30_000_000, ..ROOMY }, "KiB of memory"),
        ] {
            let reason = limits().refusal(demand).unwrap();
            assert!(reason.contains(name), "{name} is not named by: {reason}");
        }
    }
}
