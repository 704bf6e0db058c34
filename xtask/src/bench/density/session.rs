//! One call of the bench: what is built and installed for it, which client is measured when, and what came of each.

use std::{fs, path::PathBuf};

use anyhow::Context as _;

use super::{
    DensityFlags,
    clients::Client,
    limits::Limits,
    measure::{Scene, measure},
    peers::Peers,
    process::{self, Core},
    row::{Outcome, Place, Row},
    search::{Most, Search},
};
use crate::{
    bench::stop::Stop,
    steps::{cargo, run as run_command},
    talk::say,
    workspace::Workspace,
};

/// Threads of the truth server at most.
const MOST_TABLES: u32 = 64;

/// A call of the bench.
#[derive(Debug)]
pub(super) struct Session<'a> {
    flags: &'a DensityFlags,
    target: PathBuf,
    folder: PathBuf,
    peers: Peers,
    /// Open files of a table.
    files: u64,
    limits: Limits,
    stop: Stop,
    /// What was measured so far.
    pub(super) rows: Vec<Row>,
    /// What was searched for so far.
    pub(super) most: Vec<Most>,
}

impl<'a> Session<'a> {
    /// Builds and installs what is needed.
    ///
    /// # Errors
    /// When claque or the bench cannot be built, or `/proc` does not tell what the system allows.
    pub(super) fn prepare(flags: &'a DensityFlags) -> anyhow::Result<Self> {
        let target = Workspace::load()?.target;
        let packages = ["build", "--release", "--package", "claque", "--package", "claque-bench"];
        run_command(&mut cargo(&packages)?)?;
        let folder = target.join("bench").join("density");
        fs::create_dir_all(&folder).with_context(|| format!("failed to create {}", folder.display()))?;
        let peers = Peers::prepare(&folder, &flags.clients);
        let (files, limits) = (process::raise_file_limit()?, Limits::read()?);
        // Not before: a signal ends what builds and installs by itself.
        let stop = Stop::watch()?;
        Ok(Self { flags, target, folder, peers, files, limits, stop, rows: Vec::new(), most: Vec::new() })
    }

    /// Measures each client at each number of users.
    ///
    /// # Errors
    /// When a signal comes.
    pub(super) fn measure_steps(&mut self) -> anyhow::Result<()> {
        for &users in &self.flags.users {
            for round in 1..=self.flags.rounds {
                for &client in &self.flags.clients {
                    for &core in self.cores_of(client) {
                        self.measure(Place { client, core, users }, round)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Looks for the most users of each client.
    ///
    /// # Errors
    /// When a signal comes.
    pub(super) fn find_most(&mut self) -> anyhow::Result<()> {
        let guess = self.flags.users.first().copied().context("--users names no number to begin with")?;
        for &client in &self.flags.clients {
            for &core in self.cores_of(client) {
                let mut search = Search::from(guess);
                let (mut ended_by, mut failed) = (None, None);
                while let Some(users) = search.next().filter(|_| ended_by.is_none()) {
                    match self.measure(Place { client, core, users }, 1)? {
                        Outcome::Measured(figures) => search.tell(figures.is_in_time()),
                        Outcome::Failed { reason } => {
                            failed = Some(format!("failed: {reason}"));
                            search.tell(false);
                        }
                        Outcome::NotRun { reason } => ended_by = Some(format!("not run: {reason}")),
                    }
                }
                let (met, missed) = search.found();
                // Where nothing went well, it may not have been for the users that it went badly.
                let ended_by = ended_by.or(failed.filter(|_| met.is_none()));
                let most = Most { client, core, met, missed, ended_by };
                say(&most.line());
                self.most.push(most);
            }
        }
        Ok(())
    }

    /// Writes all figures where they are looked for.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(super) fn keep(&self, text: &str) -> anyhow::Result<()> {
        let name = match (self.flags.find_most, self.flags.tls) {
            (false, false) => "density.json",
            (false, true) => "density-tls.json",
            (true, false) => "density-most.json",
            (true, true) => "density-most-tls.json",
        };
        let path = self.target.join("bench").join(name);
        fs::write(&path, text).with_context(|| format!("failed to write {}", path.display()))
    }

    const fn cores_of(&self, client: Client) -> &'static [Core] {
        if self.flags.both_cores && client.has_threads() {
            &[Core::Client, Core::Both]
        } else {
            &[Core::Client]
        }
    }

    fn measure(&mut self, place: Place, round: u32) -> anyhow::Result<&Outcome> {
        let Place { client, core, users } = place;
        let connections = u64::from(users) * client.sockets_per_user() + process::OTHER_FILES;
        let scene = Scene {
            client,
            users,
            ramp: self.flags.ramp_of(users),
            seconds: self.flags.seconds,
            tls: self.flags.tls,
            tables: process::tables(connections, self.files),
            core,
            programs: self.target.join("release"),
            folder: self.folder.clone(),
        };
        let outcome = match self.refusal(&scene) {
            Some(reason) => Outcome::NotRun { reason },
            None => match measure(&scene, &self.peers, &self.stop) {
                Ok(figures) => Outcome::Measured(Box::new(figures)),
                Err(error) => Outcome::Failed { reason: format!("{error:#}") },
            },
        };
        self.stop.check()?;
        let row = Row { place, round, outcome };
        say(&row.line(&self.rows));
        self.rows.push(row);
        self.rows.last().map(|row| &row.outcome).context("a row that was just added is there")
    }

    /// Why a client is not run at a step; none if it can be.
    fn refusal(&self, scene: &Scene) -> Option<String> {
        let Scene { client, tables, .. } = *scene;
        let (files, needed) = (self.files, scene.demand().connections);
        // The server has as many tables as it needs; some clients have one, and there is a bound.
        let tables_at_hand = if client.has_threads() { MOST_TABLES } else { 1 };
        if tables > tables_at_hand {
            return Some(format!(
                "{needed} open files are needed and the system allows {files}; raise the hard limit (as root: `ulimit -Hn {needed}`)"
            ));
        }
        if scene.tls && !client.speaks_tls() {
            return Some("its scenario speaks no TLS".to_owned());
        }
        self.peers.refusal(client).or_else(|| self.limits.refusal(scene.demand()))
    }
}
