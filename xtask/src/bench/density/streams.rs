//! What listeners to streams cost: conversations in samples of 24 kHz that come at the pace at which they play, on one core, beside a
//! client that only reads.
//!
//! The server (`claque-bench serve-streams`) is on the other core and tells how late it sent what; where it was late itself, a row says
//! so, for then it is the server that was measured.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use super::{
    children::{Measured, Server},
    clients::{Client, sources},
    limits::{Demand, Limits},
    process::{self, Core, look, pinned},
};
use crate::{
    bench::{reference, stop::Stop, usage::CpuTime},
    steps::{cargo, run as run_command},
    talk::{print, say},
    workspace::Workspace,
};

/// Audio of a piece and of an utterance, as the server has them.
const PIECE_SECONDS: f64 = 0.2;
const UTTERANCE_SECONDS: f64 = 10.0;
/// From the first piece of one utterance to the first of the next: two pieces must be there before it is heard.
const TURN_SECONDS: f64 = 10.2;
/// Time for what came with the last listener to be over: a turn.
const SETTLE: Duration = Duration::from_secs(11);
/// Listeners that must have been served, of those that were to be: else somebody is missing and the rest were measured.
const LEAST_SERVED: f64 = 0.97;
/// A server that is later than this sends no stream at the pace of playback.
const MOST_LATE_MS: f64 = 100.0;
/// Threads may wait to come until the client's threads have ended.
const PATIENCE: Duration = Duration::from_secs(120);

/// What is measured.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct StreamFlags {
    /// Listeners, one step after the other
    #[arg(long, value_delimiter = ',', default_value = "500,2000", value_parser = clap::value_parser!(u32).range(1..))]
    users: Vec<u32>,
    /// Seconds that count, after everybody has come and settled: a multiple of the 10.2 s of a turn is fairest
    #[arg(long, default_value_t = 51, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
    /// Listeners that come in a second
    #[arg(long, default_value_t = 250, value_parser = clap::value_parser!(u32).range(1..))]
    a_second: u32,
    /// Speak TLS
    #[arg(long)]
    tls: bool,
}

struct Row {
    client: Client,
    users: u32,
    outcome: Result<Figures, String>,
}

struct Figures {
    wall: Duration,
    cpu: CpuTime,
    server_cpu: CpuTime,
    resident_kib: u64,
    /// What the server counted.
    sent: Value,
    /// claque's own summary.
    summary: Option<Value>,
}

impl Figures {
    /// Seconds of audio that the server sent.
    fn audio_seconds(&self) -> f64 {
        self.sent["pieces"].as_f64().unwrap_or(0.0) * PIECE_SECONDS
    }

    fn cpu_s_per_1000_s(&self) -> f64 {
        self.cpu.total().as_secs_f64() * 1_000.0 / self.audio_seconds()
    }

    fn share(&self, cpu: CpuTime) -> f64 {
        cpu.total().as_secs_f64() / self.wall.as_secs_f64()
    }

    /// Listeners that so much audio is for.
    fn served(&self) -> f64 {
        self.audio_seconds() / self.wall.as_secs_f64() * TURN_SECONDS / UTTERANCE_SECONDS
    }

    fn late_p99_ms(&self) -> f64 {
        self.sent["late_ms"]["p99"].as_f64().unwrap_or(f64::NAN)
    }

    fn of_summary(&self, pointer: &str) -> Option<f64> {
        self.summary.as_ref()?.pointer(pointer)?.as_f64()
    }
}

/// Measures floor and claque at every step, tells a table, and prints all figures as JSON.
///
/// # Errors
/// When something cannot be built or run at all, or a signal comes. A client that fails is a row that says so.
pub(crate) fn run(flags: &StreamFlags) -> anyhow::Result<()> {
    ensure!(reference::cores() >= 2, "this bench needs a core for the client and another for the server");
    let target = Workspace::load()?.target;
    run_command(&mut cargo(&["build", "--release", "--package", "claque", "--package", "claque-bench"])?)?;
    let folder = target.join("bench").join("streams");
    fs::create_dir_all(&folder).with_context(|| format!("failed to create {}", folder.display()))?;
    let bench = Bench {
        flags,
        programs: target.join("release"),
        files: process::raise_file_limit()?,
        limits: Limits::read()?,
        stop: Stop::watch()?,
        folder,
    };
    let mut rows = Vec::new();
    for &users in &flags.users {
        for client in [Client::Floor, Client::Claque] {
            let outcome = match bench.refusal(users) {
                Some(reason) => Err(format!("not run: {reason}")),
                None => bench.measure(client, users).map_err(|error| format!("failed: {error:#}")),
            };
            rows.push(Row { client, users, outcome });
            bench.stop.check()?;
        }
    }
    say(&table(&rows));
    let figures = json!({
        "cores": reference::cores(),
        "seconds": flags.seconds,
        "tls": flags.tls,
        "rows": rows.iter().map(|row| row.to_json(&rows)).collect::<Vec<_>>(),
    });
    let text = serde_json::to_string_pretty(&figures).context("failed to write figures as JSON")?;
    let name = if flags.tls { "streams-tls.json" } else { "streams.json" };
    let path = target.join("bench").join(name);
    fs::write(&path, &text).with_context(|| format!("failed to write {}", path.display()))?;
    print(&text)
}

/// What all measurements have in common.
struct Bench<'a> {
    flags: &'a StreamFlags,
    programs: PathBuf,
    folder: PathBuf,
    /// Open files of a process.
    files: u64,
    limits: Limits,
    stop: Stop,
}

impl Bench<'_> {
    fn refusal(&self, users: u32) -> Option<String> {
        let connections = u64::from(users) + process::OTHER_FILES;
        if connections > self.files {
            return Some(format!("{connections} open files are needed and the system allows {}", self.files));
        }
        self.limits.refusal(Demand {
            connections,
            addresses: Client::Claque.addresses(users).into(),
            users_a_second: self.flags.a_second.into(),
            kib: u64::from(users) * Client::Claque.kib_per_user(),
        })
    }

    fn ramp(&self, users: u32) -> u32 {
        users.div_ceil(self.flags.a_second)
    }

    fn measure(&self, client: Client, users: u32) -> anyhow::Result<Figures> {
        let certificate = self.flags.tls.then(|| self.folder.join("truth.pem"));
        let mut server = Server::of_streams(&self.programs.join("claque-bench"), certificate.as_deref())?;
        let command = if client == Client::Floor {
            self.floor(users, &server.url, certificate.as_deref())
        } else {
            self.claque(users, &server.url, certificate.as_deref())
        };
        let mut measured = Measured::start(command, &self.stop)?;
        measured.last(Duration::from_secs(self.ramp(users).into()) + SETTLE)?;
        // What was before is not counted.
        server.counts()?;
        let (at, first, first_server) = (Instant::now(), look(measured.id())?, look(server.id())?);
        measured.last(Duration::from_secs(self.flags.seconds.into()))?;
        let sent = server.counts()?;
        let (wall, last, last_server) = (at.elapsed(), look(measured.id())?, look(server.id())?);
        let printed = measured.end(PATIENCE)?;
        let figures = Figures {
            wall,
            cpu: last.cpu.since(first.cpu),
            server_cpu: last_server.cpu.since(first_server.cpu),
            resident_kib: last.resident_kib,
            sent,
            summary: client.summary(&printed),
        };
        let served = figures.served();
        ensure!(
            served >= LEAST_SERVED * f64::from(users),
            "audio for {served:.0} listeners was sent while it was measured; the server was late by {:.0} ms (p99)",
            figures.late_p99_ms()
        );
        Ok(figures)
    }

    fn floor(&self, users: u32, url: &str, certificate: Option<&Path>) -> Command {
        let mut command = pinned(Core::Client, &self.programs.join("claque-bench"));
        let address = url.split_once("://").map_or(url, |(_, address)| address);
        command.args(["floor-streams", "--server", address, "--users", &users.to_string()]);
        command.args(["--ramp", &self.ramp(users).to_string()]);
        command.args(["--sources", &sources(Client::Claque.addresses(users))]);
        if let Some(path) = certificate {
            command.arg("--trust").arg(path);
        }
        command.stdin(Stdio::null());
        command
    }

    fn claque(&self, users: u32, url: &str, certificate: Option<&Path>) -> Command {
        let lasts = f64::from(self.ramp(users) + self.flags.seconds) + SETTLE.as_secs_f64();
        // Nobody is done before the end.
        let turns = (lasts / TURN_SECONDS).ceil() + 3.0;
        let mut command = pinned(Core::Client, &self.programs.join("claque"));
        command.args(["run", "--protocol", "openai", "--dialect", "openai", "--model", "tts-1"]);
        command.args(["--voice", "alloy", "--no-auth", "--json", "--quiet", "--no-report"]);
        command.args(["--listen", "turns", "--think", "0s", "--start-buffer", "400ms"]);
        command.args(["--base-url", url, "--users", &users.to_string(), "--blocks", &turns.to_string()]);
        command.args(["--source-address", &sources(Client::Claque.addresses(users))]);
        command.args(["--stagger", &self.ramp(users).to_string()]);
        command.arg("--output-dir").arg(self.folder.join("runs")).stdin(Stdio::null());
        if let Some(path) = certificate {
            command.env("SSL_CERT_FILE", path);
        }
        command
    }
}

impl Row {
    /// CPU per second of audio, as a multiple of the floor's at the same step.
    fn times_floor(&self, rows: &[Self]) -> Option<f64> {
        let floor = rows.iter().find(|row| (row.client, row.users) == (Client::Floor, self.users))?;
        let [mine, least] = [self, floor].map(|row| row.outcome.as_ref().map(Figures::cpu_s_per_1000_s));
        Some(mine.ok()? / least.ok()?)
    }

    fn cells(&self, rows: &[Self]) -> Vec<String> {
        let mut cells = vec![format!("{:<6}", self.client.as_str()), format!("{:>6}", self.users)];
        let figures = match &self.outcome {
            Ok(figures) => figures,
            Err(reason) => {
                cells.push(reason.clone());
                return cells;
            }
        };
        let or_dash =
            |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.2}"));
        let kib = u32::try_from(figures.resident_kib).map_or(f64::NAN, f64::from);
        cells.extend([
            format!("{:>7.0}", figures.audio_seconds() / figures.wall.as_secs_f64()),
            format!("{:>6.1}", figures.share(figures.cpu) * 100.0),
            format!("{:>8.3}", figures.cpu_s_per_1000_s()),
            format!("{:>6}", or_dash(self.times_floor(rows))),
            format!("{:>8.1}", kib / f64::from(self.users)),
            format!("{:>8}", or_dash(figures.of_summary("/summary/schedule_lag/p99_ms"))),
            format!("{:>9}", or_dash(figures.of_summary("/summary/underruns/count"))),
            format!("{:>8.1}", figures.share(figures.server_cpu) * 100.0),
            format!("{:>8.2}", figures.late_p99_ms()),
            if figures.late_p99_ms() > MOST_LATE_MS { "the server was late" } else { "" }.to_owned(),
        ]);
        cells
    }

    fn to_json(&self, rows: &[Self]) -> Value {
        let (client, users) = (self.client.as_str(), self.users);
        match &self.outcome {
            Err(reason) => json!({ "client": client, "users": users, "reason": reason }),
            Ok(figures) => json!({
                "client": client,
                "users": users,
                "wall_s": figures.wall.as_secs_f64(),
                "audio_s": figures.audio_seconds(),
                "cpu_user_s": figures.cpu.user.as_secs_f64(),
                "cpu_system_s": figures.cpu.system.as_secs_f64(),
                "cpu_share_of_core": figures.share(figures.cpu),
                "cpu_s_per_1000_s_of_audio": figures.cpu_s_per_1000_s(),
                "cpu_times_floor": self.times_floor(rows),
                "resident_kib": figures.resident_kib,
                "server": figures.sent,
                "server_share_of_core": figures.share(figures.server_cpu),
                "schedule_lag": figures.summary.as_ref().map(|summary| &summary["summary"]["schedule_lag"]),
                "underruns": figures.summary.as_ref().map(|summary| &summary["summary"]["underruns"]),
            }),
        }
    }
}

/// All rows, one below the other.
fn table(rows: &[Row]) -> String {
    let mut text =
        "client   users  audio/s  core %  s/1000 s   floor  KiB/user   lag p99  underruns  server %  late p99\n"
            .to_owned();
    for row in rows {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}", row.cells(rows).join("  ").trim_end());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(client: Client, seconds: u64, late: f64) -> Row {
        let cpu = |seconds| CpuTime { user: Duration::from_secs(seconds), system: Duration::ZERO };
        let figures = Figures {
            wall: Duration::from_secs(51),
            cpu: cpu(seconds),
            server_cpu: cpu(5),
            resident_kib: 4_000,
            // 1,000 listeners for five turns of 50 pieces.
            sent: json!({ "pieces": 250_000, "late_ms": { "p99": late } }),
            summary: None,
        };
        Row { client, users: 1_000, outcome: Ok(figures) }
    }

    #[test]
    fn a_cost_is_told_beside_the_floors() {
        let rows = [row(Client::Floor, 10, 1.0), row(Client::Claque, 15, 150.0)];
        let json = rows[1].to_json(&rows);
        let figure = |name: &str| json[name].as_f64().unwrap();
        assert!((figure("cpu_times_floor") - 1.5).abs() < 1e-9, "{json}");
        // 15 s for 50,000 s of audio.
        assert!((figure("cpu_s_per_1000_s_of_audio") - 0.3).abs() < 1e-9, "{json}");
        let served = rows[0].outcome.as_ref().unwrap().served();
        assert!((served - 1_000.0).abs() < 1e-9, "{served}");
        let table = table(&rows);
        assert_eq!(table.lines().filter(|line| line.ends_with("the server was late")).count(), 1, "{table}");
    }

    #[test]
    fn what_has_no_figures_says_why() {
        let row = Row { client: Client::Claque, users: 5, outcome: Err("failed: it left".to_owned()) };
        assert!(row.cells(&[]).join(" ").ends_with("failed: it left"));
    }
}
