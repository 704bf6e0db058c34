//! Giving up a run that is hopeless.

use claque_core::time::Instant;
use claque_net::audience::Progress;
use claque_stats::objective::{AbortRule, LiveCounts};

/// Why a run of `users` listeners should stop at `now`, if it should: the first of `rules` that holds, with the counts.
pub(super) fn reason(rules: &[AbortRule], users: u64, now: Instant, progress: Progress) -> Option<String> {
    let Progress { errors, underruns, stalled, .. } = progress;
    let rule = rules.iter().find(|rule| rule.holds(LiveCounts { users, errors, underruns, stalled }))?;
    let seconds = now.as_millis_f64() / 1_000.0;
    Some(format!(
        "aborted: `{}` held after {seconds:.1} s (errors {errors}, underruns {underruns}, stalled {stalled} of {users})",
        rule.text()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_rule_that_holds_is_told_with_the_counts() {
        let rules = ["errors > 10", "listeners stalled >= 50 %"].map(|line| AbortRule::parse(line).unwrap());
        let at = |errors, stalled| {
            let progress = Progress { errors, stalled, ..Progress::default() };
            reason(&rules, 4, Instant::from_millis(12_340), progress)
        };
        assert_eq!(at(10, 1), None);
        assert_eq!(
            at(11, 2).unwrap(),
            "aborted: `errors > 10` held after 12.3 s (errors 11, underruns 0, stalled 2 of 4)"
        );
        assert!(at(0, 2).unwrap().starts_with("aborted: `listeners stalled >= 50 %` held"));
    }
}
