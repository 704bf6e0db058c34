//! What a recorded player did beside what ours did.

use core::fmt;

use serde_json::Value;

/// What is compared of each recording.
const FIELDS: [&str; 8] = ["dials", "requests", "moves", "given_up", "plays", "waits", "heard", "status"];

/// A difference that is no difference of players, with its reason.
struct Tolerated {
    player: Option<&'static str>,
    field: &'static str,
    /// Whether it explains that one stands where the other does.
    explains: fn(&Value, &Value) -> bool,
}

/// Every difference that is tolerated. The same lines, with their reasons, stand in docs/yapit.md.
const TOLERATED: [Tolerated; 1] = [
    // The player of 2026-02-05 drops a block without a word that the recorder could note; ours notes it.
    Tolerated {
        player: Some("feb05"),
        field: "given_up",
        explains: |recorded, _| recorded.as_array().is_some_and(Vec::is_empty),
    },
];

pub(crate) enum Verdict {
    Equal,
    /// By these lines of the table, from 1.
    Tolerated(Vec<usize>),
    Different(Vec<String>),
}

pub(crate) fn compare(recorded: &Value, ours: &Value, player: &str) -> Verdict {
    let (mut lines, mut differences) = (Vec::new(), Vec::new());
    for field in FIELDS {
        let (theirs, ours) = (&recorded[field], &ours[field]);
        if theirs == ours {
            continue;
        }
        let line = TOLERATED.iter().position(|line| {
            line.field == field
                && line.player.is_none_or(|only| only == player)
                && (line.explains)(theirs, ours)
        });
        match line {
            Some(line) => lines.push(line + 1),
            None => differences.push(format!(
                "{field}: recorded {theirs}\n{:>w$} {ours}",
                "ours",
                w = field.len() + 10
            )),
        }
    }
    if !differences.is_empty() {
        Verdict::Different(differences)
    } else if lines.is_empty() {
        Verdict::Equal
    } else {
        Verdict::Tolerated(lines)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Equal => f.write_str("equal"),
            Self::Tolerated(lines) => write!(f, "tolerated {lines:?}"),
            Self::Different(_) => f.write_str("DIFFERENT"),
        }
    }
}
