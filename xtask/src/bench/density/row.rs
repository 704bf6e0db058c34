//! What came out, as a table for people and as JSON.

use std::{fmt::Write as _, time::Duration};

use serde_json::{Value, json};

use super::{super::usage::CpuTime, clients::Client, process::Core};

/// Who, on which cores, and how many users: what is measured once in each round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) client: Client,
    pub(super) core: Core,
    pub(super) users: u32,
}

/// One client at one step, in one round.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) place: Place,
    pub(super) round: u32,
    pub(super) outcome: Outcome,
}

/// What came of it.
#[derive(Debug)]
pub(super) enum Outcome {
    /// Figures.
    Measured(Box<Figures>),
    /// No figures, for it did not do its part.
    Failed { reason: String },
    /// Nothing, and why.
    NotRun { reason: String },
}

/// What was measured.
#[derive(Debug)]
pub(super) struct Figures {
    pub(super) wall: Duration,
    pub(super) cpu: CpuTime,
    pub(super) server_cpu: CpuTime,
    pub(super) resident_kib_first: u64,
    pub(super) resident_kib: u64,
    pub(super) proportional_kib: u64,
    /// What the server's log says.
    pub(super) seen: Value,
    /// How late claque says it acted.
    pub(super) lag: Option<Value>,
    /// How far claque's facts are from the server's log.
    pub(super) accuracy: Option<Value>,
}

/// Objective of every client: from a block called ready to its fetch, at the 99th percentile.
const MOST_REACTION_MS: f64 = 50.0;

impl Figures {
    fn blocks(&self) -> f64 {
        self.seen["blocks"].as_f64().unwrap_or(0.0)
    }

    pub(super) fn cpu_s_per_1000_blocks(&self) -> f64 {
        self.cpu.total().as_secs_f64() * 1_000.0 / self.blocks()
    }

    fn share(&self, cpu: CpuTime) -> f64 {
        cpu.total().as_secs_f64() / self.wall.as_secs_f64()
    }

    /// Whether the client kept up.
    pub(super) fn is_in_time(&self) -> bool {
        self.reaction_p99_ms().is_some_and(|ms| ms < MOST_REACTION_MS)
    }

    fn reaction_p99_ms(&self) -> Option<f64> {
        self.seen["reaction_ms"]["p99"].as_f64()
    }
}

impl Row {
    pub(super) const fn figures(&self) -> Option<&Figures> {
        match &self.outcome {
            Outcome::Measured(figures) => Some(figures),
            Outcome::Failed { .. } | Outcome::NotRun { .. } => None,
        }
    }

    /// CPU per block, as a multiple of the floor's at the same step in the same round.
    pub(super) fn times_floor(&self, rows: &[Self]) -> Option<f64> {
        let floor = Place { client: Client::Floor, ..self.place };
        Some(self.figures()?.cpu_s_per_1000_blocks() / self.cost_beside(floor, rows)?)
    }

    /// Blocks that both cores could play, as a multiple of what one could: twice the cost of one on one core, in shares of its
    /// cost on both. None of a row of one core.
    fn times_one_core(&self, rows: &[Self]) -> Option<f64> {
        (self.place.core == Core::Both).then_some(())?;
        let one = self.cost_beside(Place { core: Core::Client, ..self.place }, rows)?;
        Some(f64::from(self.place.core.count()) * one / self.figures()?.cpu_s_per_1000_blocks())
    }

    /// CPU per block somewhere else in the same round, where it was measured.
    fn cost_beside(&self, place: Place, rows: &[Self]) -> Option<f64> {
        let row = rows.iter().find(|row| (row.place, row.round) == (place, self.round))?;
        Some(row.figures()?.cpu_s_per_1000_blocks())
    }

    /// KiB that each user more has cost since the step before, where there is one.
    fn marginal_kib(&self, rows: &[Self]) -> Option<f64> {
        let Place { client, core, users } = self.place;
        let mine = self.figures()?.resident_kib;
        let before = rows
            .iter()
            .filter(|row| row.round == self.round && row.place.users < users)
            .filter(|row| (row.place.client, row.place.core) == (client, core))
            .filter_map(|row| Some((row.place.users, row.figures()?.resident_kib)))
            .max_by_key(|(users, _)| *users)?;
        let more = i32::try_from(i64::try_from(mine).ok()? - i64::try_from(before.1).ok()?).ok()?;
        Some(f64::from(more) / f64::from(users - before.0))
    }

    /// The row in words, while others are still to come.
    pub(super) fn line(&self, rows: &[Self]) -> String {
        format!("    {}", self.cells(rows).join("  "))
    }

    fn cells(&self, rows: &[Self]) -> Vec<String> {
        let users = self.place.users;
        let mut cells = vec![name(self.place.client, self.place.core), format!("{users:>6}")];
        let figures = match &self.outcome {
            Outcome::Failed { reason } => {
                cells.push(format!("failed: {reason}"));
                return cells;
            }
            Outcome::NotRun { reason } => {
                cells.push(format!("not run: {reason}"));
                return cells;
            }
            Outcome::Measured(figures) => figures,
        };
        let or_dash = |value: Option<f64>, digits: usize| {
            value.map_or_else(|| "-".to_owned(), |value| format!("{value:.digits$}"))
        };
        let reaction = figures.reaction_p99_ms();
        let late = reaction.is_some() && !figures.is_in_time();
        let lag = figures.lag.as_ref().and_then(|lag| lag["p99_ms"].as_f64());
        cells.extend([
            format!("{:>8.0}", figures.blocks() / figures.wall.as_secs_f64()),
            format!("{:>6.1}", figures.share(figures.cpu) * 100.0),
            format!("{:>7.3}", figures.cpu_s_per_1000_blocks()),
            format!("{:>6}", or_dash(self.times_floor(rows), 2)),
            format!("{:>8.1}", kib(figures.resident_kib) / f64::from(users)),
            format!("{:>8}", or_dash(self.marginal_kib(rows), 1)),
            format!("{:>9}", or_dash(reaction, 2)),
            format!("{:>8}", or_dash(lag, 2)),
            format!("{:>7.1}", figures.share(figures.server_cpu) * 100.0),
            self.times_one_core(rows).map_or_else(String::new, |times| format!("{times:.2} x one core")),
            if late { "too late".to_owned() } else { String::new() },
        ]);
        cells
    }

    /// Everything.
    pub(super) fn to_json(&self, rows: &[Self]) -> Value {
        let Place { client, core, users } = self.place;
        let (client, cores, round) = (client.as_str(), core.count(), self.round);
        let none = |what: &str, reason: &str| json!({ "client": client, "cores": cores, "users": users, "round": round, what: reason });
        match &self.outcome {
            Outcome::Failed { reason } => none("failed", reason),
            Outcome::NotRun { reason } => none("not_run", reason),
            Outcome::Measured(figures) => json!({
                "client": client,
                "cores": cores,
                "users": users,
                "round": round,
                "wall_s": figures.wall.as_secs_f64(),
                "blocks": figures.seen["blocks"],
                "cpu_user_s": figures.cpu.user.as_secs_f64(),
                "cpu_system_s": figures.cpu.system.as_secs_f64(),
                "cpu_share_of_core": figures.share(figures.cpu),
                "cpu_s_per_1000_blocks": figures.cpu_s_per_1000_blocks(),
                "cpu_times_floor": self.times_floor(rows),
                "capacity_times_one_core": self.times_one_core(rows),
                "resident_kib_first": figures.resident_kib_first,
                "resident_kib": figures.resident_kib,
                "proportional_kib": figures.proportional_kib,
                "resident_kib_per_user": kib(figures.resident_kib) / f64::from(users),
                "resident_kib_per_further_user": self.marginal_kib(rows),
                "reaction_ms": figures.seen["reaction_ms"],
                "reaction_in_time": figures.reaction_p99_ms().map(|_| figures.is_in_time()),
                "schedule_lag": figures.lag,
                "accuracy": figures.accuracy,
                "server_share_of_core": figures.share(figures.server_cpu),
            }),
        }
    }
}

/// What a client is called in the table.
pub(super) fn name(client: Client, core: Core) -> String {
    let cores = match core {
        Core::Client | Core::Server => "",
        Core::Both => " x2",
    };
    format!("{:<9}", format!("{}{cores}", client.as_str()))
}

/// All rows, one below the other.
pub(super) fn table(rows: &[Row]) -> String {
    let mut text = "client      users  blocks/s  core %  s/1000b  floor  KiB/user  +KiB/user  react p99  lag p99  server %\n".to_owned();
    for row in rows {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}", row.cells(rows).join("  ").trim_end());
    }
    text
}

fn kib(count: u64) -> f64 {
    u32::try_from(count).map_or(f64::NAN, f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first round's row of 10,000 blocks that cost so many seconds.
    fn row(client: Client, core: Core, seconds: u64, reaction: f64) -> Row {
        let cpu = |seconds| CpuTime { user: Duration::from_secs(seconds), system: Duration::ZERO };
        let figures = Figures {
            wall: Duration::from_secs(40),
            cpu: cpu(seconds),
            server_cpu: cpu(2),
            resident_kib_first: 20_000,
            resident_kib: 24_000,
            proportional_kib: 23_000,
            seen: json!({ "blocks": 10_000, "reaction_ms": { "p99": reaction } }),
            lag: None,
            accuracy: None,
        };
        Row {
            place: Place { client, core, users: 1_000 },
            round: 1,
            outcome: Outcome::Measured(Box::new(figures)),
        }
    }

    #[test]
    fn two_cores_are_told_beside_one() {
        let rows = [
            row(Client::Floor, Core::Client, 1, 1.0),
            row(Client::Claque, Core::Client, 2, 1.0),
            row(Client::Claque, Core::Both, 3, 60.0),
        ];
        let [_, one, both] = [0, 1, 2].map(|at| rows[at].to_json(&rows));
        assert_eq!((&one["cores"], &one["cpu_times_floor"]), (&json!(1), &json!(2.0)));
        assert_eq!((&both["cores"], &both["cpu_times_floor"]), (&json!(2), &Value::Null));
        assert!((both["capacity_times_one_core"].as_f64().unwrap() - 4.0 / 3.0).abs() < 1e-9);
        assert_eq!((&both["resident_kib_first"], &both["resident_kib"]), (&json!(20_000), &json!(24_000)));
        let line = rows[2].line(&rows);
        assert!(
            line.contains("claque x2") && line.contains("1.33 x one core") && line.contains("too late"),
            "{line}"
        );
    }

    #[test]
    fn what_has_no_figures_says_why() {
        for (outcome, words) in [
            (Outcome::Failed { reason: "it left".to_owned() }, "failed: it left"),
            (Outcome::NotRun { reason: "no room".to_owned() }, "not run: no room"),
        ] {
            let place = Place { client: Client::Locust, core: Core::Client, users: 5 };
            let row = Row { place, round: 1, outcome };
            assert!(row.line(&[]).ends_with(words));
        }
    }
}
