//! Giving up a run that is hopeless.

use std::{
    cell::RefCell,
    task::{Context, Poll, Waker},
};

use claque_core::time::Instant;
use claque_net::audience::Progress;
use claque_stats::objective::{AbortRule, LiveCounts};

use crate::watcher::{News, Watcher, Wish};

/// The rules by which a run is given up, as a watcher of it.
#[derive(Debug)]
pub(crate) struct AbortRules<'a> {
    rules: &'a [AbortRule],
    /// Why, until that was heard.
    why: RefCell<Option<String>>,
    waker: RefCell<Option<Waker>>,
}

impl<'a> AbortRules<'a> {
    /// Rules of which none holds yet.
    pub(crate) const fn new(rules: &'a [AbortRule]) -> Self {
        Self { rules, why: RefCell::new(None), waker: RefCell::new(None) }
    }
}

impl Watcher for AbortRules<'_> {
    fn on_news(&self, news: News<'_>) {
        let News::Stands { now, goal, standing } = news else { return };
        if let Some(why) = reason(self.rules, goal.users, now, standing.progress) {
            *self.why.borrow_mut() = Some(why);
            self.waker.take().iter().for_each(Waker::wake_by_ref);
        }
    }

    fn poll_wish(&self, context: &mut Context<'_>) -> Poll<Wish> {
        match self.why.take() {
            Some(why) => Poll::Ready(Wish::GiveUp { why }),
            None => {
                *self.waker.borrow_mut() = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

/// Why a run of `users` listeners should stop at `now`, if it should: the first of `rules` that holds, with the counts.
fn reason(rules: &[AbortRule], users: u64, now: Instant, progress: Progress) -> Option<String> {
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
    use std::{
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
        },
        task::Wake,
    };

    use super::*;
    use crate::watcher::{RunGoal, Standing};

    /// Counts how often it was woken.
    #[derive(Default)]
    struct Wakes(AtomicUsize);

    impl Wake for Wakes {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn whoever_waits_is_woken_when_a_rule_holds_and_hears_why_once() {
        let lines = [AbortRule::parse("errors > 10").unwrap()];
        let rules = AbortRules::new(&lines);
        let wakes = Arc::new(Wakes::default());
        let waker = Waker::from(Arc::clone(&wakes));
        let mut context = Context::from_waker(&waker);
        let stands = |errors| {
            let progress = Progress { errors, ..Progress::default() };
            let (now, goal) = (Instant::from_millis(12_340), RunGoal { users: 4, blocks: 40 });
            rules.on_news(News::Stands { now, goal, standing: Standing { progress, ..Standing::default() } });
        };
        assert_eq!(rules.poll_wish(&mut context), Poll::Pending);
        stands(10);
        assert_eq!((rules.poll_wish(&mut context), wakes.0.load(Ordering::Relaxed)), (Poll::Pending, 0));
        stands(11);
        assert_eq!(wakes.0.load(Ordering::Relaxed), 1);
        let Poll::Ready(Wish::GiveUp { why }) = rules.poll_wish(&mut context) else {
            panic!("nothing is wanted")
        };
        assert!(why.starts_with("aborted: `errors > 10` held after 12.3 s (errors 11,"), "{why}");
        assert_eq!(rules.poll_wish(&mut context), Poll::Pending);
    }

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
