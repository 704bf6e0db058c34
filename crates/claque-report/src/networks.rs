//! What listeners of each network went through, as a table.

use claque_stats::{
    NetworkFigures,
    units::{NOT_MEASURED, grouped, time, time_or_na},
};

use crate::{
    paint::{NAME, Paint, Style},
    words::one_line,
};

/// Widths of the columns behind the name: listeners, and each figure.
const COUNT: usize = 10;
/// See `COUNT`.
const FIGURE: usize = 13;

/// Names of the columns behind the number of listeners.
const FIGURES: [&str; 4] = ["no underrun", "startup p50", "startup p95", "stalled"];

/// The lines of the table; none where nobody had a network of its own.
pub(crate) fn table(networks: &[NetworkFigures], paint: Paint) -> Vec<String> {
    if networks.is_empty() {
        return Vec::new();
    }
    let head: String = FIGURES.iter().map(|name| format!("{name:>FIGURE$}")).collect();
    let head = format!("  {:NAME$}{:>COUNT$}{head}", "networks", "n");
    let mut lines = vec![String::new(), paint.style(Style::Dim, &head)];
    for network in networks {
        let (name, figures) = (one_line(&network.name), figures(network));
        let columns: String = figures.iter().map(|figure| format!("{figure:>FIGURE$}")).collect();
        // A name that is a whole network stands in a line of its own.
        let name = if name.chars().count() <= NAME {
            name
        } else {
            lines.push(format!("  {name}"));
            String::new()
        };
        lines.push(format!("  {name:NAME$}{:>COUNT$}{columns}", grouped(network.listeners)));
    }
    lines
}

/// The figures of a network, in order of [`FIGURES`].
fn figures(network: &NetworkFigures) -> [String; 4] {
    let startup = network.startup_time.as_ref();
    let stalled = if network.started == 0 { NOT_MEASURED.to_owned() } else { time(network.stall_ms_total) };
    [
        format!("{} of {}", grouped(network.underrun_free), grouped(network.listeners)),
        time_or_na(startup.and_then(|startup| startup.p50_ms)),
        time_or_na(startup.and_then(|startup| startup.p95_ms)),
        stalled,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_suffered_is_seen_and_nothing_is_wider_than_a_screen() {
        let network = |name: &str, listeners, underrun_free| NetworkFigures {
            name: name.to_owned(),
            listeners,
            started: listeners,
            underrun_free,
            underruns: listeners - underrun_free,
            stall_ms_total: 1_250.0,
            startup_time: None,
        };
        let networks = [network("3g", 1_000, 12), network("delay=40ms down=2Mbit", 3, 3)];
        let lines = table(&networks, Paint::new(false));
        assert_eq!(
            lines[1..],
            [
                "  networks                 n  no underrun  startup p50  startup p95      stalled",
                "  3g                   1,000  12 of 1,000          N/A          N/A       1.25 s",
                "  delay=40ms down=2Mbit",
                "                           3       3 of 3          N/A          N/A       1.25 s",
            ]
        );
        assert!(lines.iter().all(|line| line.chars().count() <= 80));
        assert!(table(&[], Paint::new(false)).is_empty());
    }
}
