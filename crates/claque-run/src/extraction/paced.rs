//! What is told of limits that calls wait for: a line a change, and not a line a wait.

use std::collections::BTreeMap;

use claque_core::{
    extraction::{DocumentNo, Step},
    time::Duration,
};

/// Counts waits, step by step.
#[derive(Debug, Default)]
pub(super) struct Paced {
    waits: BTreeMap<Step, u64>,
    last: Option<Step>,
}

impl Paced {
    /// Takes a wait down. Gives a line where there is news: another step waits than the last time, or there are twice as many
    /// waits as were told.
    pub(super) fn note(&mut self, document: DocumentNo, step: Step, wait: Duration) -> Option<String> {
        let waits = self.waits.entry(step).or_default();
        *waits += 1;
        let is_news = self.last.replace(step) != Some(step) || waits.is_power_of_two();
        let so_far = if *waits == 1 { String::new() } else { format!(" ({waits} waits so far)") };
        is_news.then(|| {
            format!(
                "the service limits how often it is asked to {step}: document {document} waits {} s{so_far}",
                wait.as_secs_f64().ceil()
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_waits_for_one_limit_are_a_few_lines() {
        let mut paced = Paced::default();
        let mut note = |number, step| paced.note(DocumentNo(number), step, Duration::from_secs(6));
        let told: Vec<_> = (0..20).filter_map(|number| note(number, Step::Prepare)).collect();
        assert_eq!(told.len(), 5, "{told:#?}");
        assert!(
            told[0].ends_with(" waits 6 s") && told[4].ends_with(" waits 6 s (16 waits so far)"),
            "{told:#?}"
        );
        assert!(note(3, Step::Create).is_some(), "another step");
        assert!(note(4, Step::Prepare).is_some_and(|line| line.ends_with("(21 waits so far)")));
    }
}
