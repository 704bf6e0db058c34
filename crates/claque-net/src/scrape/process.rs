//! A process of this machine, as the system tells of it (proc(5)), under the names of Prometheus' clients.

use std::fs;

use claque_core::series::SeriesKind;
use claque_wire::metrics::{Metrics, Sample};

/// Ticks a second of the times in `/proc` (proc(5), `USER_HZ`): the same on every machine that claque is built for.
const TICKS: f64 = 100.0;

/// A process that is looked at.
#[derive(Debug)]
pub(super) struct Process {
    pid: u32,
    /// When it was started, in the system's ticks: a number is given anew to others.
    started: Option<u64>,
}

/// What is read of `/proc/PID/stat`.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Stat {
    cpu_seconds: f64,
    threads: f64,
    started: u64,
    /// Nobody has asked for its exit code yet: its number is taken, and it takes nothing else.
    has_ended: bool,
}

impl Process {
    pub(super) const fn new(pid: u32) -> Self {
        Self { pid, started: None }
    }

    /// What it takes now.
    pub(super) fn look(&mut self) -> Result<Metrics, String> {
        let folder = format!("/proc/{}", self.pid);
        let gone = |_| format!("there is no process {}, or none that is told of", self.pid);
        let stat = fs::read_to_string(format!("{folder}/stat")).map_err(gone)?;
        let stat = Stat::read(&stat).ok_or_else(|| "the system tells of it in other words".to_owned())?;
        if *self.started.get_or_insert(stat.started) != stat.started {
            return Err(format!("process {} has ended, and another one has its number", self.pid));
        }
        if stat.has_ended {
            return Err(format!("process {} has ended", self.pid));
        }
        let mut found = Metrics::default();
        // What lacks is not there: a kernel thread has no memory of its own, and open files are told to their owner only.
        let mut add = |name: &str, unit: &str, kind, value: Option<f64>| {
            found.samples.extend(value.map(|value| Sample {
                name: name.to_owned(),
                labels: String::new(),
                unit: unit.to_owned(),
                kind,
                value,
            }));
        };
        add("process_cpu_seconds_total", "seconds", SeriesKind::Counter, Some(stat.cpu_seconds));
        add("process_threads", "threads", SeriesKind::Gauge, Some(stat.threads));
        let status = fs::read_to_string(format!("{folder}/status")).ok();
        add(
            "process_resident_memory_bytes",
            "bytes",
            SeriesKind::Gauge,
            status.as_deref().and_then(resident),
        );
        let files = fs::read_dir(format!("{folder}/fd")).ok().map(Iterator::count);
        let files = files.and_then(|files| u32::try_from(files).ok()).map(f64::from);
        add("process_open_fds", "files", SeriesKind::Gauge, files);
        Ok(found)
    }
}

impl Stat {
    /// The fields stand behind the name, which is in brackets and may hold any character.
    fn read(text: &str) -> Option<Self> {
        let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
        // The first of these is field 3 of proc(5).
        let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
        let ticks = u32::try_from(field(14)? + field(15)?).ok()?;
        let threads = u32::try_from(field(20)?).ok()?;
        Some(Self {
            cpu_seconds: f64::from(ticks) / TICKS,
            threads: f64::from(threads),
            started: field(22)?,
            has_ended: matches!(fields.first(), Some(&("Z" | "X"))),
        })
    }
}

/// Resident memory in bytes.
fn resident(status: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u32 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(f64::from(kib) * 1_024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_are_those_of_the_manual_whatever_the_name() {
        let text = "4242 (a) b (c) S 1 4242 4242 0 -1 4194304 100 0 0 0 250 50 0 0 20 0 7 0 98765 1000 200";
        let stat = Stat::read(text).unwrap();
        let expected = Stat { cpu_seconds: 3.0, threads: 7.0, started: 98_765, has_ended: false };
        assert_eq!(stat, expected);
        let ended = Stat::read(&text.replace(") S ", ") Z ")).unwrap();
        assert_eq!(ended, Stat { has_ended: true, ..expected });
        assert_eq!(Stat::read("4242 (a"), None);
        assert_eq!(resident("VmPeak:\t  9 kB\nVmRSS:\t    2048 kB\n"), Some(2_097_152.0));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_very_process_takes_memory_and_holds_files() {
        let mut process = Process::new(std::process::id());
        let found = process.look().unwrap();
        let names: Vec<_> = found.samples.iter().map(|sample| sample.name.as_str()).collect();
        let all = [
            "process_cpu_seconds_total",
            "process_threads",
            "process_resident_memory_bytes",
            "process_open_fds",
        ];
        assert_eq!(names, all);
        assert!(
            found.samples[1].value >= 1.0 && found.samples[2].value > 1e5 && found.samples[3].value >= 3.0
        );
        process.started = Some(1);
        assert!(process.look().unwrap_err().ends_with("another one has its number"));
        assert!(Process::new(u32::MAX).look().unwrap_err().starts_with("there is no process"));
    }
}
