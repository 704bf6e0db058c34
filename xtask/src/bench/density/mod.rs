//! How many listeners one core carries, beside bare sockets and other generators, in the same minutes on the same machine.
//!
//! Each client has a core to itself and meets the truth server (`claque-bench serve`) on another. What it was sent, and how
//! soon it reacted, is told by the server's log, which is the same for all; CPU time and memory are what Linux counts.

pub(super) mod children;
mod clients;
mod measure;
mod peers;
mod process;
mod row;

use std::fs;

use anyhow::{Context as _, ensure};
use serde_json::json;

use self::{
    clients::Client,
    measure::{Scene, measure},
    peers::Peers,
    row::{Outcome, Row},
};
use super::reference;
use crate::{
    steps::{cargo, run as run_command},
    talk::{print, say},
    workspace::Workspace,
};

/// What is measured.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct DensityFlags {
    /// Listeners, one step after the other
    #[arg(long, value_delimiter = ',', default_value = "1000,5000,10000,25000,50000")]
    users: Vec<u32>,
    /// Seconds that count, after everybody has come and settled: a multiple of 40, in which each listener asks once; 1200 for the
    /// goal about memory
    #[arg(long, default_value_t = 40, value_parser = whole_batches)]
    seconds: u32,
    /// Seconds over which listeners come [default: one for each 250 of them, 4 at least]
    #[arg(long)]
    ramp: Option<u32>,
    /// Clients, one after the other
    #[arg(long, value_delimiter = ',', value_enum, default_values_t = Client::ALL)]
    clients: Vec<Client>,
    /// Speak TLS; of the clients, the floor and claque do
    #[arg(long)]
    tls: bool,
    /// Give the floor and claque the server's core as well: what a block costs on two threads
    #[arg(long)]
    both_cores: bool,
}

/// A batch of 8 blocks of 5 s lasts 40: in any other stretch some listeners would ask more often than others.
fn whole_batches(typed: &str) -> Result<u32, String> {
    const BATCH_SECONDS: u32 = 40;
    match typed.parse() {
        Ok(seconds) if seconds > 0 && u32::is_multiple_of(seconds, BATCH_SECONDS) => Ok(seconds),
        _ => Err("it must be a multiple of 40, in which each listener asks for one batch".to_owned()),
    }
}

impl DensityFlags {
    fn ramp_of(&self, users: u32) -> u32 {
        const A_SECOND: u32 = 250;
        const LEAST: u32 = 4;
        self.ramp.unwrap_or_else(|| users.div_ceil(A_SECOND).max(LEAST))
    }
}

/// Measures every client at every step, tells a table, and prints all figures as JSON.
///
/// # Errors
/// When something cannot be built or run at all. A client that fails is a row that says so.
pub(crate) fn run(flags: &DensityFlags) -> anyhow::Result<()> {
    ensure!(reference::cores() >= 2, "this bench needs a core for the client and another for the server");
    let target = Workspace::load()?.target;
    let packages = ["build", "--release", "--package", "claque", "--package", "claque-bench"];
    run_command(&mut cargo(&packages)?)?;
    let folder = target.join("bench").join("density");
    fs::create_dir_all(&folder).with_context(|| format!("failed to create {}", folder.display()))?;
    let peers = Peers::prepare(&folder, &flags.clients);
    let files = process::raise_file_limit()?;
    let mut rows: Vec<Row> = Vec::new();
    for &users in &flags.users {
        for &client in &flags.clients {
            let scene = Scene {
                client,
                users,
                ramp: flags.ramp_of(users),
                seconds: flags.seconds,
                tls: flags.tls,
                threads: process::tables(users, files),
                both_cores: flags.both_cores,
                programs: target.join("release"),
                folder: folder.clone(),
            };
            let outcome = match refusal(&scene, files, &peers) {
                Some(reason) => Outcome::NotRun { reason },
                None => match measure(&scene, &peers) {
                    Ok(figures) => Outcome::Measured(Box::new(figures)),
                    Err(error) => Outcome::NotRun { reason: format!("failed: {error:#}") },
                },
            };
            let row = Row { client, users, outcome };
            say(&row.line(&rows));
            rows.push(row);
        }
    }
    say(&row::table(&rows));
    let text = serde_json::to_string_pretty(&json!({
        "cores": reference::cores(),
        "seconds": flags.seconds,
        "tls": flags.tls,
        "both_cores": flags.both_cores,
        "rows": rows.iter().map(|row| row.to_json(&rows)).collect::<Vec<_>>(),
    }))
    .context("failed to write figures as JSON")?;
    let name = match (flags.tls, flags.both_cores) {
        (false, false) => "density.json",
        (true, false) => "density-tls.json",
        (false, true) => "density-both-cores.json",
        (true, true) => "density-tls-both-cores.json",
    };
    let path = target.join("bench").join(name);
    fs::write(&path, &text).with_context(|| format!("failed to write {}", path.display()))?;
    print(&text)
}

/// Why a client is not run at a step; none if it can be.
fn refusal(scene: &Scene, files: u64, peers: &Peers) -> Option<String> {
    let Scene { client, users, .. } = *scene;
    let needed = u64::from(users) * client.sockets_per_user() + process::OTHER_FILES;
    if needed > files && !client.has_tables() {
        return Some(format!(
            "{needed} open files are needed and the system allows {files}; raise the hard limit (as root: `ulimit -Hn {needed}`)"
        ));
    }
    if scene.tls && !client.speaks_tls() {
        return Some("its scenario speaks no TLS".to_owned());
    }
    peers.refusal(client)
}
