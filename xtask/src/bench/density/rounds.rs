//! What several rounds say together. On a machine that others use, too, one differs from the next by a third.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::row::{Place, Row, name};

/// A client at a step, over all rounds that were measured.
#[derive(Debug)]
pub(super) struct Together {
    place: Place,
    rounds: usize,
    /// CPU seconds for 1,000 blocks.
    cost: Spread,
    /// The same as a multiple of the floor's in the same round.
    times_floor: Option<Spread>,
}

/// A figure over several rounds.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Spread {
    least: f64,
    median: f64,
    most: f64,
}

/// Everything that was measured more than once, in the order in which it was first measured.
pub(super) fn together(rows: &[Row]) -> Vec<Together> {
    let mut places: BTreeMap<usize, Vec<&Row>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.figures().is_some()) {
        let first = rows.iter().position(|other| other.place == row.place);
        places.entry(first.unwrap_or_default()).or_default().push(row);
    }
    let several = places.into_values().filter(|rounds| rounds.len() > 1);
    several.filter_map(|rounds| Together::of(&rounds, rows)).collect()
}

impl Together {
    fn of(rounds: &[&Row], rows: &[Row]) -> Option<Self> {
        let costs = rounds.iter().filter_map(|row| Some(row.figures()?.cpu_s_per_1000_blocks()));
        Some(Self {
            place: rounds.first()?.place,
            rounds: rounds.len(),
            cost: Spread::of(costs.collect())?,
            times_floor: Spread::of(rounds.iter().filter_map(|row| row.times_floor(rows)).collect()),
        })
    }

    /// In words.
    pub(super) fn line(&self) -> String {
        let Place { client, core, users } = self.place;
        let (client, rounds) = (name(client, core), self.rounds);
        let floor =
            self.times_floor.map_or_else(String::new, |times| format!(", {} x floor", times.words(2)));
        format!("{client}  {users:>6}  {rounds} rounds: {} s/1000b{floor}", self.cost.words(3))
    }

    /// Everything.
    pub(super) fn to_json(&self) -> Value {
        let Place { client, core, users } = self.place;
        json!({
            "client": client.as_str(),
            "cores": core.count(),
            "users": users,
            "rounds": self.rounds,
            "cpu_s_per_1000_blocks": self.cost.to_json(),
            "cpu_times_floor": self.times_floor.map(Spread::to_json),
        })
    }
}

impl Spread {
    /// None of nothing.
    fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        let (least, most) = (*values.first()?, *values.last()?);
        let (low, high) = (values[(values.len() - 1) / 2], values[values.len() / 2]);
        Some(Self { least, median: f64::midpoint(low, high), most })
    }

    fn words(self, digits: usize) -> String {
        let Self { least, median, most } = self;
        format!("{median:.digits$} ({least:.digits$} to {most:.digits$})")
    }

    fn to_json(self) -> Value {
        json!({ "least": self.least, "median": self.median, "most": self.most })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{
        super::{
            super::usage::CpuTime,
            clients::Client,
            process::Core,
            row::{Figures, Outcome},
        },
        *,
    };

    fn row(client: Client, round: u32, seconds: u64) -> Row {
        let cpu = CpuTime { user: Duration::from_secs(seconds), system: Duration::ZERO };
        let figures = Figures {
            wall: Duration::from_secs(40),
            cpu,
            server_cpu: cpu,
            resident_kib_first: 1,
            resident_kib: 1,
            proportional_kib: 1,
            seen: json!({ "blocks": 1_000 }),
            lag: None,
            accuracy: None,
        };
        Row {
            place: Place { client, core: Core::Client, users: 10 },
            round,
            outcome: Outcome::Measured(Box::new(figures)),
        }
    }

    #[test]
    fn each_round_has_its_own_floor() {
        let costs = [(10, 12), (20, 30), (10, 18)];
        let rows: Vec<_> = (1..)
            .zip(costs)
            .flat_map(|(round, (floor, claque))| {
                [row(Client::Floor, round, floor), row(Client::Claque, round, claque)]
            })
            .collect();
        let lines: Vec<_> = together(&rows).iter().map(Together::line).collect();
        assert_eq!(
            lines,
            [
                "floor          10  3 rounds: 10.000 (10.000 to 20.000) s/1000b, 1.00 (1.00 to 1.00) x floor",
                "claque         10  3 rounds: 18.000 (12.000 to 30.000) s/1000b, 1.50 (1.20 to 1.80) x floor",
            ]
        );
    }

    #[test]
    fn one_round_and_rounds_that_failed_say_nothing() {
        let failed = Row {
            place: Place { client: Client::Claque, core: Core::Client, users: 10 },
            round: 2,
            outcome: Outcome::Failed { reason: "it left".to_owned() },
        };
        assert!(together(&[row(Client::Claque, 1, 5), failed]).is_empty());
        assert_eq!(Spread::of(vec![4.0, 1.0]), Some(Spread { least: 1.0, median: 2.5, most: 4.0 }));
        assert_eq!(Spread::of(Vec::new()), None);
    }
}
