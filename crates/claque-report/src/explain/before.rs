//! What of the server's side rose before the first stall.

use claque_core::time::Instant;
use claque_stats::explain::BeforeStall;
use serde::Serialize;

use crate::series::{Drawn, Selection, plain};

/// Most figures of which a rise is told as text.
const MOST_TOLD: usize = 5;

/// What rose, and what did not.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct BeforeFirstStall {
    /// When the first stall began.
    pub(super) first_stall_ms: f64,
    /// Figures that were looked at: those of which a preset says that a rise tells something.
    pub(super) looked_at: usize,
    /// What rose, the earliest first.
    pub(super) rises: Vec<RiseRow>,
    /// Of which nothing can be said, for values lack.
    pub(super) unknown: Vec<String>,
}

/// A figure that rose.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct RiseRow {
    pub(super) name: String,
    pub(super) unit: String,
    pub(super) source: String,
    /// From where the rise began to the first stall.
    pub(super) lead_ms: f64,
    /// The lowest value before, and the value at the stall.
    pub(super) from: f64,
    pub(super) to: f64,
}

impl BeforeFirstStall {
    /// Of the figures that tell something; none where there are none.
    pub(super) fn of(selection: &Selection, stall: Instant) -> Option<Self> {
        let looked: Vec<&Drawn> = selection.drawn.iter().filter(|drawn| drawn.explains).collect();
        let (mut rises, mut unknown) = (Vec::new(), Vec::new());
        for drawn in &looked {
            match drawn.levels.before(stall) {
                BeforeStall::Rose(rise) => rises.push(RiseRow {
                    name: drawn.name.clone(),
                    unit: drawn.unit.clone(),
                    source: drawn.source.clone(),
                    lead_ms: rise.lead.as_secs_f64() * 1_000.0,
                    from: rise.from,
                    to: rise.to,
                }),
                BeforeStall::Calm => {}
                BeforeStall::Unknown => unknown.push(format!("{} ({})", drawn.name, drawn.source)),
            }
        }
        rises.sort_by(|one, other| other.lead_ms.total_cmp(&one.lead_ms));
        let (first_stall_ms, looked_at) = (stall.as_millis_f64(), looked.len());
        (looked_at > 0).then_some(Self { first_stall_ms, looked_at, rises, unknown })
    }

    /// The same for people: a sentence, and what it does not say.
    pub(super) fn words(&self) -> String {
        let seconds = |ms: f64| format!("{:.1} s", ms / 1_000.0);
        let at = seconds(self.first_stall_ms);
        let unknown = match self.unknown.len() {
            0 => String::new(),
            _ => format!(" Of {} nothing can be said: values lack.", self.unknown.join(", ")),
        };
        if self.rises.is_empty() {
            let figures = if self.looked_at == 1 {
                "the one figure".to_owned()
            } else {
                format!("{} figures", self.looked_at)
            };
            return format!(
                "Of {figures} of the server's side none rose before the first stall, at {at}.{unknown}"
            );
        }
        let mut told: Vec<String> = self
            .rises
            .iter()
            .take(MOST_TOLD)
            .zip(0..)
            .map(|(rise, place)| {
                let RiseRow { name, unit, source, lead_ms, from, to } = rise;
                let stall = if place == 0 { " before the first stall" } else { " before it" };
                format!(
                    "{name} rose {}{stall}, from {} to {} {unit} ({source})",
                    seconds(*lead_ms),
                    plain(*from),
                    plain(*to)
                )
            })
            .collect();
        if self.rises.len() > MOST_TOLD {
            told.push(format!("{} more rose", self.rises.len() - MOST_TOLD));
        }
        format!(
            "On the server's side {}. The stall began at {at}. What comes before need not be the cause.{unknown}",
            told.join("; ")
        )
    }
}

#[cfg(test)]
mod tests {
    use claque_core::time::Duration;
    use claque_stats::explain::Levels;

    use super::*;

    fn drawn(name: &str, values: Vec<Option<f64>>) -> Drawn {
        Drawn {
            name: name.to_owned(),
            unit: "blocks".to_owned(),
            source: "gateway".to_owned(),
            explains: true,
            levels: Levels { cell: Duration::from_millis(250), values },
        }
    }

    #[test]
    fn the_sentence_tells_what_rose_when_and_that_this_is_no_cause() {
        let mut queue = vec![Some(0.0); 10];
        queue.extend((1..=17).map(|level| Some(f64::from(level))));
        let still = vec![Some(3.0); 27];
        let mut holed = still.clone();
        holed[20] = None;
        let drawn =
            vec![drawn("queue depth", queue), drawn("busy workers", still.clone()), drawn("threads", holed)];
        let told = BeforeFirstStall::of(&Selection { drawn, more: 0, kept: 3 }, Instant::from_millis(6_500))
            .unwrap();
        assert_eq!(
            told.words(),
            "On the server's side queue depth rose 4.0 s before the first stall, from 0 to 17 blocks (gateway). The stall began at \
             6.5 s. What comes before need not be the cause. Of threads (gateway) nothing can be said: values lack."
        );
        let calm = Selection { drawn: vec![self::drawn("busy workers", still)], more: 0, kept: 1 };
        let told = BeforeFirstStall::of(&calm, Instant::from_millis(6_500)).unwrap();
        assert_eq!(
            told.words(),
            "Of the one figure of the server's side none rose before the first stall, at 6.5 s."
        );
        assert_eq!(BeforeFirstStall::of(&Selection::default(), Instant::START), None);
    }
}
