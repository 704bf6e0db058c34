//! What is published of the real service, beside what the models of its machines give: one model for each machine.
//!
//! `cargo xtask bench published` prints the table of docs/simulation.md with many seeds. As a test a few seeds hold the main rows.

mod machines;

use std::env;

use claque_core::time::Duration;

use self::machines::{Client, Machine, Ran, Shape, burst, single_request, throughput};

/// A row of the table.
struct Row {
    machine: &'static str,
    what: &'static str,
    /// From and to.
    published: (f64, f64),
    /// Whether the model was fitted to it.
    is_fitted: bool,
    simulated: f64,
    unit: &'static str,
}

impl Row {
    /// Simulated over published: over the middle of a range where it was fitted, else over the nearest of the range, which is 1 inside of it.
    fn ratio(&self) -> f64 {
        let (low, high) = self.published;
        if self.is_fitted {
            return self.simulated / f64::midpoint(low, high);
        }
        self.simulated / self.simulated.clamp(low, high)
    }
}

/// Seeds of the table; none where it is not to be printed.
#[expect(clippy::disallowed_methods, reason = "as the bench wants it")]
fn seeds() -> Option<u64> {
    env::var("CLAQUE_PUBLISHED_SEEDS").ok()?.parse().ok()
}

/// Single requests for a medium text on some threads.
fn threads() -> Vec<Row> {
    let rows = |machine, threads: &[(usize, f64)], model: fn(usize) -> Machine| -> Vec<Row> {
        threads
            .iter()
            .map(|&(count, ms)| Row {
                machine,
                what: ["1 thread", "2 threads", "3 threads", "4 threads", "", "6 threads", "", "8 threads"]
                    [count - 1],
                published: (ms, ms),
                is_fitted: true,
                simulated: single_request(&model(count), machines::MEDIUM) * 1_000.0,
                unit: "ms",
            })
            .collect()
    };
    let desktop = [(1, 5_229.0), (2, 2_941.0), (3, 2_349.0), (4, 1_806.0), (8, 2_212.0)];
    let shared = [(1, 8_423.0), (2, 4_570.0), (4, 2_635.0), (6, 2_074.0), (8, 1_674.0)];
    let mut all = rows("desktop i9", &desktop, machines::desktop);
    all.extend(rows("shared 8 vCPU", &shared, machines::shared_8));
    all
}

/// Workers of several threads on a machine of 16 virtual CPUs, which has the desktop's times: predicted by the desktop's model.
fn replicas() -> Vec<Row> {
    let row = |what, published, simulated, unit| Row {
        machine: "16 vCPU",
        what,
        published: (published, published),
        is_fitted: false,
        simulated,
        unit,
    };
    let (four, two) = (machines::desktop(4), machines::desktop(2));
    vec![
        row("4 workers x 4 threads", 2.2, throughput(&four, 4, machines::MEDIUM), "requests/s"),
        row("their time", 1_800.0, single_request(&four, machines::MEDIUM) * 1_000.0, "ms"),
        row("8 workers x 2 threads", 2.8, throughput(&two, 8, machines::MEDIUM), "requests/s"),
        row("their time", 2_900.0, single_request(&two, machines::MEDIUM) * 1_000.0, "ms"),
        row("300 characters at worst", 7.0, 2.0 * single_request(&two, 150), "s"),
    ]
}

/// Eight workers in production, fitted to the blocks that they make.
fn production() -> Vec<Row> {
    let row = |what, published, is_fitted, simulated, unit| Row {
        machine: "production",
        what,
        published,
        is_fitted,
        simulated,
        unit,
    };
    let machine = machines::production();
    let (depth, longest) = burst(&machine, 8, 300);
    let crowd = Shape { users: 20, blocks: 30, speed: 1_700 };
    let ample = Ran::of(&machines::without_overflow(machines::ample(&machine)), crowd, Client::Checks, 1);
    vec![
        row("8 workers", (2.1, 2.1), true, throughput(&machine, 8, machines::UNIFORM), "blocks/s"),
        row("20 listeners at 1.7 x want", (3.3, 6.7), false, 600.0 / ample.listening_s(), "blocks/s"),
        row("queue of a burst of 300", (260.0, 260.0), false, depth, "blocks"),
        row("its longest wait", (120.0, f64::INFINITY), false, longest, "s"),
    ]
}

/// How the shared machine's tests may have gone, of which nothing is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Listeners' blocks are queued in turns, as recordings of the real server show them; no overflow.
    InTurns,
    /// Each listener's eight blocks are queued in a row.
    InARow,
    /// Results go to all, to a client that takes them all for its own.
    CrossTalk,
    /// Blocks that wait for 30 s go to the overflow.
    Overflow,
}

impl Way {
    const ALL: [Self; 4] = [Self::InTurns, Self::InARow, Self::CrossTalk, Self::Overflow];

    fn gateway(self) -> Machine {
        let mut preset = machines::feb_2026();
        if self == Self::InARow {
            preset.accept_interval = Duration::ZERO;
        }
        if self == Self::Overflow { preset } else { machines::without_overflow(preset) }
    }

    const fn client(self) -> Client {
        match self {
            Self::CrossTalk => Client::TakesAll,
            Self::InTurns | Self::InARow | Self::Overflow => Client::Checks,
        }
    }

    fn runs(self, shape: Shape, seeds: u64) -> Vec<Ran> {
        (1..=seeds).map(|seed| Ran::of(&self.gateway(), shape, self.client(), seed)).collect()
    }
}

/// A row of the shared machine.
struct Listened {
    what: &'static str,
    published: (f64, f64),
    shape: Shape,
    figure: fn(&Ran) -> f64,
}

/// Four workers of two threads on a shared machine of 16 virtual CPUs: the preset 2026-02. The first four are what it was fitted to.
fn shared_16() -> Vec<Listened> {
    let row = |what, published, (users, blocks, speed), figure| {
        let shape = Shape { users, blocks, speed };
        Listened { what, published, shape, figure }
    };
    vec![
        row("1 listener at 3 x: first block, s", (5.1, 5.7), (1, 20, 3_000), Ran::first_block_s),
        row("its first two blocks, s", (6.5, 8.2), (1, 20, 3_000), Ran::startup_s),
        row("its round trip, s", (10.4, 13.1), (1, 20, 3_000), Ran::round_trip_s),
        row("its underruns", (0.0, 0.0), (1, 20, 3_000), Ran::underruns),
        row("3 listeners: underruns, at 1.5 x", (6.0, 11.0), (3, 20, 1_500), Ran::underruns),
        row("at 2 x", (6.0, 11.0), (3, 20, 2_000), Ran::underruns),
        row("at 3 x", (6.0, 11.0), (3, 20, 3_000), Ran::underruns),
        row("5 listeners at 2 x: underruns", (28.0, 28.0), (5, 20, 2_000), Ran::underruns),
        row("stalled, s", (299.0, 299.0), (5, 20, 2_000), Ran::stalled_s),
        row("8 listeners: drain, s, of a block each", (10.4, 10.4), (8, 1, 1_000), Ran::last_ready_s),
        row("of all 20 blocks", (10.4, 10.4), (8, 20, 2_000), Ran::drain_s),
    ]
}

/// Mean and standard deviation.
fn spread(runs: &[Ran], figure: fn(&Ran) -> f64) -> (f64, f64) {
    let count = f64::from(u32::try_from(runs.len()).expect("few"));
    let mean = runs.iter().map(figure).sum::<f64>() / count;
    let squares = runs.iter().map(|ran| (figure(ran) - mean).powi(2)).sum::<f64>();
    (mean, (squares / (count - 1.0)).sqrt())
}

#[expect(clippy::print_stdout, reason = "it is what the bench is for")]
fn print_shared_16(seeds: u64) {
    println!(
        "\n| what | published | in turns | ratio | in a row | cross-talk | with overflow |\n|---|---|---|---|---|---|---|"
    );
    for row in shared_16() {
        let told = Way::ALL.map(|way| spread(&way.runs(row.shape, seeds), row.figure));
        let (low, high) = row.published;
        let published = if high > low { format!("{low} - {high}") } else { format!("{low}") };
        let mean = told[0].0;
        let ratio = match mean.clamp(low, high) {
            nearest if nearest > 0.0 => format!("{:.2}", mean / nearest),
            _ => "-".to_owned(),
        };
        let [turns, in_a_row, cross_talk, overflow] =
            told.map(|(mean, deviation)| format!("{mean:.1} ± {deviation:.1}"));
        println!(
            "| {} | {published} | {turns} | {ratio} | {in_a_row} | {cross_talk} | {overflow} |",
            row.what
        );
    }
}

#[expect(clippy::print_stdout, reason = "it is what the bench is for")]
fn print(rows: &[Row]) {
    println!("\n| machine | what | published | simulated | ratio |\n|---|---|---|---|---|");
    for row in rows {
        let (low, high) = row.published;
        let digits = if row.unit == "ms" { 0 } else { 1 };
        let published = match (low, high) {
            (low, f64::INFINITY) => format!("over {low:.digits$}"),
            (low, high) if high > low => format!("{low:.digits$} - {high:.digits$}"),
            (low, _) => format!("{low:.digits$}"),
        };
        let ratio = if row.published == (0.0, 0.0) { "-".to_owned() } else { format!("{:.2}", row.ratio()) };
        let fitted = if row.is_fitted { " (fitted)" } else { "" };
        println!(
            "| {} | {} | {published} {} | {:.digits$} {} | {ratio}{fitted} |",
            row.machine, row.what, row.unit, row.simulated, row.unit
        );
    }
}

#[test]
fn the_models_of_machines_give_what_is_published_of_them() {
    let known: Vec<Row> = [threads(), replicas(), production()].into_iter().flatten().collect();
    if seeds().is_some() {
        print(&known);
    }
    for row in &known {
        assert!((0.85..=1.15).contains(&row.ratio()), "{} {}: {}", row.machine, row.what, row.simulated);
    }
}

/// What the preset was fitted to, and what it was not: five listeners stall as long as is published, and one has no underrun.
#[test]
fn the_preset_of_february_is_as_slow_as_its_machine() {
    if let Some(seeds) = seeds() {
        print_shared_16(seeds);
    }
    let one = Way::InTurns.runs(Shape { users: 1, blocks: 20, speed: 3_000 }, 60);
    let five = Way::InTurns.runs(Shape { users: 5, blocks: 20, speed: 2_000 }, 10);
    let ratios = [
        spread(&one, Ran::first_block_s).0 / 5.4,
        spread(&one, Ran::startup_s).0 / 7.35,
        spread(&one, Ran::round_trip_s).0 / 11.75,
        spread(&five, Ran::stalled_s).0 / 299.0,
    ];
    assert!(ratios.iter().all(|ratio| (0.85..=1.15).contains(ratio)), "{ratios:?}");
    let without = one.iter().filter(|ran| ran.underruns() < 0.5).count();
    assert!(without >= 45, "{without} of 60 have no underrun");
}

/// How a service queues what several listeners ask for decides how often they stall, and hardly how long; cross-talk makes both worse.
#[test]
fn the_number_of_stalls_is_the_order_of_the_queue() {
    let five = Shape { users: 5, blocks: 20, speed: 2_000 };
    let of = |way: Way, figure| spread(&way.runs(five, 10), figure).0;
    let stalls = [of(Way::InARow, Ran::underruns), of(Way::InTurns, Ran::underruns)];
    assert!(stalls[0] < 28.0 && stalls[1] > 28.0, "28 are published: {stalls:?}");
    assert!(of(Way::CrossTalk, Ran::stalled_s) > of(Way::InTurns, Ran::stalled_s));
    assert!(of(Way::Overflow, Ran::stalled_s) < 0.6 * of(Way::InTurns, Ran::stalled_s));
}
