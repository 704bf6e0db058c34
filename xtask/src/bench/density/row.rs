//! What came out, as a table for people and as JSON.

use std::{fmt::Write as _, time::Duration};

use serde_json::{Value, json};

use super::{super::usage::CpuTime, clients::Client};

/// One client at one step.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) client: Client,
    pub(super) users: u32,
    pub(super) outcome: Outcome,
}

/// What came of it.
#[derive(Debug)]
pub(super) enum Outcome {
    /// Figures.
    Measured(Box<Figures>),
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

    fn cpu_s_per_1000_blocks(&self) -> f64 {
        self.cpu.total().as_secs_f64() * 1_000.0 / self.blocks()
    }

    fn share(&self, cpu: CpuTime) -> f64 {
        cpu.total().as_secs_f64() / self.wall.as_secs_f64()
    }

    fn reaction_p99_ms(&self) -> Option<f64> {
        self.seen["reaction_ms"]["p99"].as_f64()
    }
}

impl Row {
    const fn figures(&self) -> Option<&Figures> {
        match &self.outcome {
            Outcome::Measured(figures) => Some(figures),
            Outcome::NotRun { .. } => None,
        }
    }

    /// CPU per block, as a multiple of the floor's at the same step.
    fn times_floor(&self, rows: &[Self]) -> Option<f64> {
        let floor = rows.iter().find(|row| row.client == Client::Floor && row.users == self.users)?;
        Some(self.figures()?.cpu_s_per_1000_blocks() / floor.figures()?.cpu_s_per_1000_blocks())
    }

    /// KiB that each user more has cost since the step before, where there is one.
    fn marginal_kib(&self, rows: &[Self]) -> Option<f64> {
        let mine = self.figures()?.resident_kib;
        let before = rows
            .iter()
            .filter(|row| row.client == self.client && row.users < self.users)
            .filter_map(|row| Some((row.users, row.figures()?.resident_kib)))
            .max_by_key(|(users, _)| *users)?;
        let more = i32::try_from(i64::try_from(mine).ok()? - i64::try_from(before.1).ok()?).ok()?;
        Some(f64::from(more) / f64::from(self.users - before.0))
    }

    /// The row in words, while others are still to come.
    pub(super) fn line(&self, rows: &[Self]) -> String {
        format!("    {}", self.cells(rows).join("  "))
    }

    fn cells(&self, rows: &[Self]) -> Vec<String> {
        let mut cells = vec![format!("{:<9}", self.client.as_str()), format!("{:>6}", self.users)];
        let figures = match &self.outcome {
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
        let late = reaction.is_some_and(|ms| ms >= MOST_REACTION_MS);
        let lag = figures.lag.as_ref().and_then(|lag| lag["p99_ms"].as_f64());
        cells.extend([
            format!("{:>8.0}", figures.blocks() / figures.wall.as_secs_f64()),
            format!("{:>6.1}", figures.share(figures.cpu) * 100.0),
            format!("{:>7.3}", figures.cpu_s_per_1000_blocks()),
            format!("{:>6}", or_dash(self.times_floor(rows), 2)),
            format!("{:>8.1}", kib(figures.resident_kib) / f64::from(self.users)),
            format!("{:>8}", or_dash(self.marginal_kib(rows), 1)),
            format!("{:>9}", or_dash(reaction, 2)),
            format!("{:>8}", or_dash(lag, 2)),
            format!("{:>7.1}", figures.share(figures.server_cpu) * 100.0),
            if late { "too late".to_owned() } else { String::new() },
        ]);
        cells
    }

    /// Everything.
    pub(super) fn to_json(&self, rows: &[Self]) -> Value {
        let (client, users) = (self.client.as_str(), self.users);
        match &self.outcome {
            Outcome::NotRun { reason } => json!({ "client": client, "users": users, "not_run": reason }),
            Outcome::Measured(figures) => json!({
                "client": client,
                "users": users,
                "wall_s": figures.wall.as_secs_f64(),
                "blocks": figures.seen["blocks"],
                "cpu_user_s": figures.cpu.user.as_secs_f64(),
                "cpu_system_s": figures.cpu.system.as_secs_f64(),
                "cpu_share_of_core": figures.share(figures.cpu),
                "cpu_s_per_1000_blocks": figures.cpu_s_per_1000_blocks(),
                "cpu_times_floor": self.times_floor(rows),
                "resident_kib_first": figures.resident_kib_first,
                "resident_kib": figures.resident_kib,
                "proportional_kib": figures.proportional_kib,
                "resident_kib_per_user": kib(figures.resident_kib) / f64::from(users),
                "resident_kib_per_further_user": self.marginal_kib(rows),
                "reaction_ms": figures.seen["reaction_ms"],
                "reaction_in_time": figures.reaction_p99_ms().map(|ms| ms < MOST_REACTION_MS),
                "schedule_lag": figures.lag,
                "accuracy": figures.accuracy,
                "server_share_of_core": figures.share(figures.server_cpu),
            }),
        }
    }
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
