//! What was asked for again and what was given up, in words; every report says the same ones.

use claque_stats::{
    GiveUps, Resends, Summary, Trouble,
    units::{NOT_MEASURED, counted, grouped},
};

/// "222 times for 120 blocks (60.0 %)", "none", "N/A".
pub(super) fn resends(summary: &Summary) -> String {
    match (summary.resends, summary.trouble) {
        (Some(Resends { count: 0, .. }), _) => "none".to_owned(),
        (Some(Resends { count, blocks, blocks_pct }), _) => {
            format!("{} for {}{}", counted(count, "time"), counted(blocks, "block"), share(blocks_pct))
        }
        // A file of before: for how many blocks it was is not in it.
        (None, Some(trouble)) if trouble.resends() == 0 => "none".to_owned(),
        (None, Some(trouble)) => counted(trouble.resends(), "time"),
        (None, None) => NOT_MEASURED.to_owned(),
    }
}

/// "6 blocks (3.0 %), 2 of them delivered after all", "none", "N/A".
pub(super) fn given_up(summary: &Summary) -> String {
    match (summary.given_up, summary.trouble) {
        (Some(GiveUps { count: 0, .. }), _) => "none".to_owned(),
        (Some(GiveUps { count, blocks, blocks_pct, healed }), _) => {
            let mut words = format!("{}{}", counted(blocks, "block"), share(blocks_pct));
            if count > blocks {
                words.push_str(&format!(", {} in all", counted(count, "time")));
            }
            match healed {
                0 => {}
                all if all == blocks => words.push_str(", delivered after all"),
                some => words.push_str(&format!(", {} of them delivered after all", grouped(some))),
            }
            words
        }
        (None, Some(Trouble { blocks_given_up: 0, .. })) => "none".to_owned(),
        (None, Some(trouble)) => counted(trouble.blocks_given_up, "time"),
        (None, None) => NOT_MEASURED.to_owned(),
    }
}

/// Why blocks were asked for again: "150 acknowledged and then overdue, 30 never acknowledged"; empty where none were.
pub(super) fn reasons(summary: &Summary) -> String {
    let Some(trouble) = summary.trouble else { return String::new() };
    let overdue = trouble.resends_unacknowledged;
    let (acknowledged, never, either) = match trouble.resends_acknowledged {
        Some(acknowledged) => (acknowledged, overdue.saturating_sub(acknowledged), 0),
        None => (0, 0, overdue),
    };
    let reasons = [
        (acknowledged, "acknowledged and then overdue"),
        (never, "never acknowledged"),
        (either, "overdue"),
        (trouble.resends_failed, "failed before"),
        (trouble.resends_reconnected, "after an outage"),
        (trouble.resends_withdrawn, "withdrawn"),
    ];
    let told = reasons.into_iter().filter(|(count, _)| *count > 0);
    told.map(|(count, why)| format!("{} {why}", grouped(count))).collect::<Vec<_>>().join(", ")
}

/// All of it in two sentences.
pub(super) fn sentence(summary: &Summary) -> String {
    let reasons = reasons(summary);
    let why = if reasons.is_empty() { String::new() } else { format!(": {reasons}") };
    format!("Asked again: {}{why}. Given up: {}.", resends(summary), given_up(summary))
}

/// " (60.0 %)", or nothing where it says nothing.
fn share(percent: Option<f64>) -> String {
    percent.map_or_else(String::new, |percent| format!(" ({percent:.1} %)"))
}
