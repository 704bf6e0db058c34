//! One client at one number of users.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;

use super::{
    children::{Measured, Server},
    clients::Client,
    limits::Demand,
    peers::Peers,
    process::{Core, Look, OTHER_FILES, look},
    row::Figures,
};
use crate::bench::stop::Stop;

/// Time for what came with the last listener (its first two batches) to be over.
const SETTLE: Duration = Duration::from_secs(6);
/// A block's length.
const BLOCK_SECONDS: u32 = 5;
/// Blocks that a player has asked for and not heard: what it hears must not end before the measuring does.
const AHEAD: u32 = 20;

/// What is measured, and where.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    pub(super) client: Client,
    pub(super) users: u32,
    /// Seconds over which they come.
    pub(super) ramp: u32,
    /// Seconds that count.
    pub(super) seconds: u32,
    pub(super) tls: bool,
    /// Tables of open files that the server needs, and so threads.
    pub(super) tables: u32,
    /// Where the client runs.
    pub(super) core: Core,
    /// Where the programs are.
    pub(super) programs: PathBuf,
    /// Where to put what comes out.
    pub(super) folder: PathBuf,
}

impl Scene {
    /// Blocks for each listener, so that nobody is done before the end.
    pub(super) fn blocks(&self) -> u32 {
        let settle = u32::try_from(SETTLE.as_secs()).unwrap_or(u32::MAX);
        (self.ramp + settle + self.seconds).div_ceil(BLOCK_SECONDS) + AHEAD
    }

    /// Threads of a client that is told how many: no fewer than it has cores.
    pub(super) fn threads(&self) -> u32 {
        self.tables.max(self.core.count())
    }

    /// What it asks of the system.
    pub(super) fn demand(&self) -> Demand {
        let users = u64::from(self.users);
        Demand {
            connections: users * self.client.sockets_per_user() + OTHER_FILES,
            addresses: self.client.addresses(self.users).into(),
            users_a_second: users.div_ceil(self.ramp.max(1).into()),
            kib: users * self.client.kib_per_user(),
        }
    }

    pub(super) fn certificate(&self) -> PathBuf {
        self.folder.join("truth.pem")
    }

    pub(super) fn runs(&self) -> PathBuf {
        self.folder.join("runs")
    }

    fn log(&self) -> PathBuf {
        self.folder.join("truth.log")
    }

    /// How long everybody may take to come: documents are made before that.
    fn patience(&self) -> Duration {
        Duration::from_secs(u64::from(60 + 3 * self.ramp + self.users / 50))
    }
}

/// Starts server and client, watches for the stretch that counts, ends both, and reads what the server knows.
///
/// # Errors
/// When one of them does not do its part.
pub(super) fn measure(scene: &Scene, peers: &Peers, stop: &Stop) -> anyhow::Result<Figures> {
    let bench = scene.programs.join("claque-bench");
    remove(&scene.runs())?;
    let certificate = scene.tls.then(|| scene.certificate());
    let threads = ["--threads", &scene.tables.to_string()];
    let mut server = Server::start(&bench, &scene.log(), certificate.as_deref(), &threads)?;
    let mut client = Measured::start(scene.client.command(scene, &server.url, peers), stop)?;
    let began = Instant::now();
    let mut arrived = 0;
    while arrived < u64::from(scene.users) {
        client.last(Duration::from_millis(200))?;
        arrived = server.sockets()?;
        if began.elapsed() > scene.patience() {
            bail!("only {arrived} of its users had come after {:.0} s", began.elapsed().as_secs_f64());
        }
    }
    client.last(SETTLE)?;
    let first = Sample::take(&client, &server)?;
    client.last(Duration::from_secs(scene.seconds.into()))?;
    let last = Sample::take(&client, &server)?;
    let printed = client.end(scene.patience())?;
    stop.check()?;
    server.end()?;
    let stretch = ["--from".to_owned(), first.unix.to_string(), "--to".to_owned(), last.unix.to_string()];
    let seen = ask(Command::new(&bench).arg("figures").arg("--log").arg(scene.log()).args(stretch))?;
    let summary = scene.client.summary(&printed);
    let accuracy = summary.as_ref().map(|summary| accuracy(&bench, scene, summary)).transpose()?;
    ensure!(
        seen["blocks"].as_u64().is_some_and(|blocks| blocks > 0),
        "it fetched nothing while it was measured"
    );
    Ok(Figures {
        wall: last.at - first.at,
        cpu: last.client.cpu.since(first.client.cpu),
        server_cpu: last.server.cpu.since(first.server.cpu),
        resident_kib_first: first.client.resident_kib,
        resident_kib: last.client.resident_kib,
        proportional_kib: last.client.proportional_kib,
        seen,
        lag: summary.map(|mut summary| summary["summary"]["schedule_lag"].take()),
        accuracy,
    })
}

fn accuracy(bench: &Path, scene: &Scene, summary: &Value) -> anyhow::Result<Value> {
    let folder = summary["run_folder"].as_str().context("claque's summary names no run_folder")?;
    ask(Command::new(bench).arg("accuracy").arg("--log").arg(scene.log()).args(["--run", folder]))
}

/// Runs a verb of the bench's program and reads the line of JSON it prints.
fn ask(command: &mut Command) -> anyhow::Result<Value> {
    let output = command.output().context("failed to start the bench's program")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr).trim());
    serde_json::from_slice(&output.stdout).context("failed to read what the bench's program printed")
}

/// Both processes at one moment.
struct Sample {
    at: Instant,
    unix: u64,
    client: Look,
    server: Look,
}

impl Sample {
    fn take(client: &Measured, server: &Server) -> anyhow::Result<Self> {
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).context("the clock is before 1970")?;
        Ok(Self {
            at: Instant::now(),
            unix: u64::try_from(unix.as_nanos())?,
            client: look(client.id())?,
            server: look(server.id())?,
        })
    }
}

fn remove(folder: &Path) -> anyhow::Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("failed to empty {}", folder.display()))?;
    }
    // A pause, so that ports of the client before are free again; nothing waits on it.
    thread::yield_now();
    Ok(())
}
