//! How much the service had to do, and what went before, in words.

use claque_stats::units::{counted, grouped, percent_or_na, time};
use claque_store::{ModelLoadRow, Preparation};

/// "kokoro: 12 workers, busy 93.1 %; 236 blocks queued at most, 88.1 on average".
pub(crate) fn words(model: &ModelLoadRow) -> String {
    let busy = match model.workers {
        Some(workers) => {
            let share = percent_or_na(Some(100.0 * model.mean_busy / f64::from(workers.max(1))));
            format!("{}, busy {share}", counted(u64::from(workers), "worker"))
        }
        None => format!("workers without limit, {} busy on average", tenths(model.mean_busy)),
    };
    let queued = if model.most_queued == 0 {
        "nothing ever queued".to_owned()
    } else {
        let blocks = counted(u64::from(model.most_queued), "block");
        format!("{blocks} queued at most, {} on average", tenths(model.mean_queued))
    };
    format!("{}: {busy}; {queued}", model.model)
}

/// What went before the start: how long, what of it was waiting, and for what.
pub(crate) fn prepared(preparation: &Preparation) -> String {
    let mut words = time(preparation.preparation_ms);
    for (count, what) in [(preparation.documents_made, "made"), (preparation.documents_reused, "reused")] {
        if count > 0 {
            words.push_str(&format!(", {} {what}", counted(count, "document")));
        }
    }
    if preparation.limit_refusals > 0 {
        words.push_str(&format!(", {} waiting for a limit", time(preparation.limit_wait_ms)));
    }
    words
}

/// "1,521.4".
fn tenths(number: f64) -> String {
    let text = format!("{number:.1}");
    match text.split_once('.') {
        Some((whole, tenth)) => {
            whole.parse().map_or(text.clone(), |whole| format!("{}.{tenth}", grouped(whole)))
        }
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_and_queues_are_told_in_words() {
        let model = ModelLoadRow {
            model: "kokoro".to_owned(),
            workers: Some(12),
            most_queued: 1_236,
            mean_queued: 1_088.14,
            mean_busy: 11.172,
            ..ModelLoadRow::default()
        };
        assert_eq!(
            words(&model),
            "kokoro: 12 workers, busy 93.1 %; 1,236 blocks queued at most, 1,088.1 on average"
        );
        let model = ModelLoadRow { workers: None, most_queued: 0, ..model };
        assert_eq!(words(&model), "kokoro: workers without limit, 11.2 busy on average; nothing ever queued");
    }
}
