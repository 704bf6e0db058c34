//! What was asked for again and what was given up, in words; every report says the same ones.

use claque_stats::{
    ConnectionTrouble, GiveUpFigures, Resends, Summary,
    units::{NOT_MEASURED, counted, grouped},
};

/// "222 times for 120 blocks (60.0 %)", "none", "N/A".
pub(super) fn resends(summary: &Summary) -> String {
    match (summary.resends, summary.trouble) {
        (Some(Resends { count: 0, .. }), _) => "none".to_owned(),
        (Some(Resends { count, blocks, blocks_wanted, blocks_pct }), _) => {
            let again = BlockShare { blocks, wanted: blocks_wanted, pct: blocks_pct };
            format!("{} for {}{}", counted(count, "time"), counted(blocks, "block"), again.share(summary))
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
        (Some(GiveUpFigures { count: 0, .. }), _) => "none".to_owned(),
        (Some(GiveUpFigures { count, blocks, blocks_wanted, blocks_pct, healed }), _) => {
            let again = BlockShare { blocks, wanted: blocks_wanted, pct: blocks_pct };
            let mut words = format!("{}{}", counted(blocks, "block"), again.share(summary));
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
        (None, Some(ConnectionTrouble { blocks_given_up: 0, .. })) => "none".to_owned(),
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
        (trouble.resends_failed, "came to nothing before"),
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

/// Blocks of which something is true, as a share of those wanted.
struct BlockShare {
    blocks: u64,
    wanted: Option<u64>,
    pct: Option<f64>,
}

impl BlockShare {
    /// " (60.0 %)" where it is a share of these blocks; " (60 of the 74 wanted, 81.1 %)" where listeners gave some of them up; nothing where
    /// it says nothing, or nobody counted of which blocks it is a share.
    fn share(&self, summary: &Summary) -> String {
        let Some(pct) = self.pct else { return String::new() };
        match self.wanted {
            Some(wanted) if wanted != self.blocks => {
                format!(
                    " ({} of the {} wanted, {pct:.1} %)",
                    grouped(wanted),
                    grouped(summary.blocks.wanted())
                )
            }
            None if summary.blocks.forgone > 0 => String::new(),
            Some(_) | None => format!(" ({pct:.1} %)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use claque_stats::{RunShape, summarise};

    use super::*;

    #[test]
    fn a_percentage_belongs_to_the_number_before_it() {
        let mut summary = summarise(RunShape { users: 10, blocks_per_user: 20 }, &[], None);
        summary.blocks.forgone = 126;
        // 60 of 74 are 81.1 %; 105 of 200 are not.
        let resends = Resends { count: 263, blocks: 105, blocks_wanted: Some(60), blocks_pct: Some(81.1) };
        summary.resends = Some(resends);
        assert_eq!(super::resends(&summary), "263 times for 105 blocks (60 of the 74 wanted, 81.1 %)");
        summary.resends = Some(Resends { blocks_wanted: None, ..resends });
        assert_eq!(super::resends(&summary), "263 times for 105 blocks", "of which blocks is on no record");
        summary.resends = Some(Resends { blocks_wanted: Some(105), blocks_pct: Some(52.5), ..resends });
        assert_eq!(super::resends(&summary), "263 times for 105 blocks (52.5 %)");
    }
}
