//! Who is measured, and how each is started.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use serde_json::Value;

use super::{
    measure::Scene,
    peers::Peers,
    process::{Core, pinned},
};

/// A client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Client {
    /// Bare sockets: the least there can be
    Floor,
    /// claque
    Claque,
    /// Python's asyncio with websockets and aiohttp
    Asyncio,
    /// The same on uvloop
    Uvloop,
    /// Locust
    Locust,
    /// Grafana k6
    K6,
    /// Artillery
    Artillery,
}

impl Client {
    pub(super) const ALL: [Self; 7] =
        [Self::Floor, Self::Claque, Self::Asyncio, Self::Uvloop, Self::Locust, Self::K6, Self::Artillery];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Floor => "floor",
            Self::Claque => "claque",
            Self::Asyncio => "asyncio",
            Self::Uvloop => "uvloop",
            Self::Locust => "locust",
            Self::K6 => "k6",
            Self::Artillery => "artillery",
        }
    }

    /// Those that do not share connections for audio hold another one for each user.
    pub(super) const fn sockets_per_user(self) -> u64 {
        match self {
            Self::Floor | Self::Claque | Self::Asyncio | Self::Uvloop | Self::Artillery => 1,
            Self::Locust | Self::K6 => 2,
        }
    }

    /// Those that have threads, as many as they need, each with its own table of open files: the limit of one table is none on
    /// their users, and a second core is of use to them.
    pub(super) const fn has_threads(self) -> bool {
        match self {
            Self::Floor | Self::Claque => true,
            Self::Asyncio | Self::Uvloop | Self::Locust | Self::K6 | Self::Artillery => false,
        }
    }

    /// Memory for each user, KiB, and more rather than less: its own, its sockets', and what the server keeps of it.
    pub(super) const fn kib_per_user(self) -> u64 {
        match self {
            Self::Floor | Self::Claque | Self::Asyncio | Self::Uvloop => 64,
            Self::Locust | Self::K6 | Self::Artillery => 512,
        }
    }

    /// Addresses that so many users come from: those of the others have one, and 28,000 ports.
    pub(super) fn addresses(self, users: u32) -> u32 {
        if self.has_threads() { users.div_ceil(USERS_PER_ADDRESS).max(1) } else { 1 }
    }

    pub(super) const fn speaks_tls(self) -> bool {
        match self {
            Self::Floor | Self::Claque => true,
            Self::Asyncio | Self::Uvloop | Self::Locust | Self::K6 | Self::Artillery => false,
        }
    }

    /// The command that starts it against a server, on the core that is its own.
    pub(super) fn command(self, scene: &Scene, url: &str, peers: &Peers) -> Command {
        let mut command = match self {
            Self::Floor => floor(scene, url),
            Self::Claque => claque(scene, url),
            Self::Asyncio => script(&peers.python(), "asyncio_client.py"),
            Self::Uvloop => script(&peers.python(), "asyncio_client.py"),
            Self::Locust => {
                let mut command = on_core(&peers.locust());
                command.args(["--headless", "--only-summary", "--skip-log-setup", "--locustfile"]);
                command.arg(peers.scenario("locustfile.py"));
                let rate = f64::from(scene.users) / f64::from(scene.ramp);
                command.args(["--users", &scene.users.to_string(), "--spawn-rate", &rate.to_string()]);
                command
            }
            Self::K6 => {
                let mut command = on_core(Path::new("k6"));
                command.args(["run", "--quiet"]).arg(peers.scenario("k6.js"));
                command
            }
            Self::Artillery => {
                let mut command = on_core(Path::new("node"));
                command.arg(peers.artillery()).args(["run", "--quiet"]).arg(peers.scenario("artillery.yml"));
                command
            }
        };
        if self == Self::Uvloop {
            command.env("UVLOOP", "1");
        }
        command.env("BENCH_URL", url).env("BENCH_USERS", scene.users.to_string());
        command.env("BENCH_RAMP", scene.ramp.to_string()).env("NODE_PATH", peers.node_modules());
        command.stdin(Stdio::null());
        command
    }

    /// claque's summary of its own, from what it printed.
    pub(super) fn summary(self, printed: &str) -> Option<Value> {
        (self == Self::Claque).then(|| serde_json::from_str(printed).ok()).flatten()
    }
}

/// Users that come from one address. It has 28,000 ports to one server, and Linux looks through half of them, in vain, for each
/// new connection once that half is taken; audio needs some, too, and those of the client before are not free at once.
const USERS_PER_ADDRESS: u32 = 5_000;

/// Addresses to come from.
pub(super) fn sources(addresses: u32) -> String {
    (1..=addresses).map(|last| format!("127.0.0.{last}")).collect::<Vec<_>>().join(",")
}

fn floor(scene: &Scene, url: &str) -> Command {
    let mut command = pinned(scene.core, &scene.programs.join("claque-bench"));
    let address = url.split_once("://").map_or(url, |(_, address)| address);
    command.args(["floor", "--server", address, "--users", &scene.users.to_string()]);
    command.args([
        "--ramp",
        &scene.ramp.to_string(),
        "--sources",
        &sources(scene.client.addresses(scene.users)),
    ]);
    command.args(["--threads", &scene.threads().to_string()]);
    if scene.tls {
        command.arg("--trust").arg(scene.certificate());
    }
    command
}

fn claque(scene: &Scene, url: &str) -> Command {
    let mut command = pinned(scene.core, &scene.programs.join("claque"));
    command.args(["run", "--no-auth", "--allow-rate-limit", "--json", "--quiet", "--no-report"]);
    command.args(["--base-url", url, "--source-address", &sources(scene.client.addresses(scene.users))]);
    command.args(["--users", &scene.users.to_string(), "--blocks", &scene.blocks().to_string()]);
    command.args(["--stagger", &scene.ramp.to_string()]);
    command.arg("--output-dir").arg(scene.runs());
    if scene.tls {
        command.env("SSL_CERT_FILE", scene.certificate());
    }
    command
}

fn script(python: &Path, name: &str) -> Command {
    let mut command = on_core(python);
    command.arg(Peers::folder().join(name));
    command
}

/// A program on the core that is the client's.
fn on_core(program: &Path) -> Command {
    pinned(Core::Client, program)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crowd_comes_from_as_many_addresses_as_it_needs() {
        assert_eq!(sources(Client::Claque.addresses(20)), "127.0.0.1");
        assert_eq!(sources(Client::Floor.addresses(12_000)), "127.0.0.1,127.0.0.2,127.0.0.3");
        assert_eq!(Client::Asyncio.addresses(12_000), 1);
    }
}
