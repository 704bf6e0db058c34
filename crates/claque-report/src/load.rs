//! How much the service had to do, in words.

use claque_stats::units::{counted, grouped, percent_or_na};
use claque_store::ModelLoadRow;

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
