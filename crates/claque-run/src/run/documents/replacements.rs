//! Documents of those who will replace others, in a protocol that has documents. They are made while the audience listens and a bounded number
//! ahead of it: how many will come is not known beforehand, and a service is not to be asked for documents that nobody hears.

use std::{cell::RefCell, collections::BTreeSet};

use claque_core::{plan::Plan, record::Fact};
use claque_net::{audience::SeatFiller, service::ServiceError};
use tokio::sync::Notify;

use super::{AT_ONCE, Document, DocumentLedger, MakeOrder};
use crate::{
    interrupts::Interrupts,
    run::{accounts::SignedInAccounts, prepare::seat},
    watcher::{News, Watcher},
};

/// Documents of a place that are made before the audience comes: of the first listener, and of the one who replaces it.
const FIRST: usize = 2;
/// Documents of a place that are made ahead of the listener that is there, so that one who leaves soon keeps nobody waiting.
const AHEAD: usize = 2;
/// Documents in a row that must fail before no further one is asked for.
const ENOUGH: usize = 2 * AT_ONCE;
/// A failure is followed by a pause: a service that takes no document is not asked without one.
const PAUSE: tokio::time::Duration = tokio::time::Duration::from_secs(1);
/// At the end of a run what is under way is waited for so long. Of what is not answered by then the journal knows the title.
const LAST_CALLS: tokio::time::Duration = tokio::time::Duration::from_secs(10);

/// How many of a plan's documents are made before its audience comes: all, unless some replace others.
pub(crate) fn made_before(plan: &Plan) -> usize {
    let own = plan.own();
    match plan.schedule.replaced_until() {
        None => own.count(),
        Some(_) => own.count().min(own.known().len().saturating_mul(FIRST)),
    }
}

/// Makes them.
#[derive(Debug)]
pub(crate) struct Replacements<'a> {
    accounts: &'a SignedInAccounts,
    plan: &'a Plan,
    order: &'a MakeOrder<'a>,
    made: &'a DocumentLedger,
    watcher: DuringRun<'a>,
    filler: SeatFiller,
    stop: Interrupts,
    changed: Notify,
    chains: RefCell<Chains>,
    /// What was made, for what is to be said of it.
    documents: RefCell<Vec<Document>>,
}

impl<'a> Replacements<'a> {
    /// Nothing is made yet. The documents of the first places are there, but for those of `missing`.
    pub(crate) fn new(
        accounts: &'a SignedInAccounts,
        plan: &'a Plan,
        (order, made): (&'a MakeOrder<'a>, &'a DocumentLedger),
        missing: BTreeSet<usize>,
        filler: SeatFiller,
        watcher: &'a dyn Watcher,
    ) -> Self {
        let own = plan.own();
        Self {
            accounts,
            plan,
            order,
            made,
            watcher: DuringRun(watcher),
            filler,
            stop: Interrupts::of_nobody(),
            changed: Notify::new(),
            chains: RefCell::new(Chains::new(own.known().len(), made_before(plan), own.count(), missing)),
            documents: RefCell::default(),
        }
    }

    /// Notes who has ended and is replaced: another has the place now.
    pub(crate) fn note(&self, facts: &[Fact]) {
        let own = self.plan.own();
        let ended = facts.iter().filter_map(|fact| match fact {
            Fact::Listener(record) => Some(record),
            Fact::Block(_) | Fact::Stall(_) | Fact::Error(_) | Fact::Incident(_) | Fact::Sound(_) => None,
        });
        let replaced = ended.filter(|record| self.plan.schedule.successor(record).is_some());
        let mut chains = self.chains.borrow_mut();
        replaced.filter_map(|record| own.place(record.listener)).for_each(|place| chains.ended(place));
        self.changed.notify_one();
    }

    /// Nothing further is begun.
    pub(crate) fn close(&self) {
        self.stop.interrupt();
    }

    /// Ends the making of documents: what is under way is waited for, so that all that was made is known.
    pub(crate) async fn end(&self, making: Option<impl Future>) {
        self.close();
        if let Some(making) = making {
            let _noted_by_title = tokio::time::timeout(LAST_CALLS, making).await;
        }
    }

    /// What was made.
    pub(crate) fn into_documents(self) -> Vec<Document> {
        self.documents.into_inner()
    }

    /// Makes what will be needed soon, until nothing is left to make or [`Replacements::close`].
    pub(crate) async fn make(&self) {
        let mut failed_in_a_row = 0;
        while let Some(places) = self.next_places().await {
            let (stop, watcher) = (&self.stop, &self.watcher);
            let documents = match self.made.make(self.accounts, self.order, &places, stop, watcher).await {
                Ok(documents) => documents,
                Err(error) => return self.give_up(&error.to_string()),
            };
            let failed = documents.values().find_map(|made| made.as_ref().err()).cloned();
            failed_in_a_row = match &failed {
                Some(_) if documents.values().all(Result::is_err) => failed_in_a_row + documents.len(),
                Some(_) | None => 0,
            };
            documents.into_iter().for_each(|(place, made)| self.fill(place, made));
            let Some(error) = failed else { continue };
            if failed_in_a_row >= ENOUGH {
                return self.give_up(&error.to_string());
            }
            watcher.warn_of(&error);
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                () = self.stop.reached(1) => {}
            }
        }
    }

    /// The places whose documents are made next; none where all are made, or none is to be made any more.
    async fn next_places(&self) -> Option<Vec<usize>> {
        loop {
            if self.stop.any() || self.chains.borrow().is_done() {
                return None;
            }
            let places = self.chains.borrow_mut().begin(AT_ONCE);
            if !places.is_empty() {
                return Some(places);
            }
            tokio::select! {
                () = self.changed.notified() => {}
                () = self.stop.reached(1) => {}
            }
        }
    }

    fn fill(&self, place: usize, made: Result<Document, ServiceError>) {
        match made {
            Ok(document) => {
                let seat = seat(self.accounts, self.plan, place, &document);
                self.documents.borrow_mut().push(document);
                self.filler.fill([(place, Some(seat))]);
            }
            Err(_) => {
                self.chains.borrow_mut().failed(place);
                self.filler.fill([(place, None)]);
            }
        }
    }

    /// Nobody comes any more: whoever ends leaves an empty place.
    fn give_up(&self, why: &str) {
        let watcher: &dyn Watcher = &self.watcher;
        watcher.warn(&format!(
            "warning: no further documents are made, and nobody replaces those who end: {why}"
        ));
        self.filler.fill(self.chains.borrow_mut().rest().map(|place| (place, None)));
    }
}

/// How far each chain of listeners who have one place after each other has come. Places are those of seats: those of the first listeners come
/// first, then those of their successors in the same order, and so on.
#[derive(Debug)]
struct Chains {
    total: usize,
    chains: Vec<Chain>,
    /// Places without a document: whoever comes after has the place.
    failed: BTreeSet<usize>,
}

#[derive(Clone, Copy, Debug)]
struct Chain {
    /// The listener that is there, or is to come: its number in the chain.
    present: usize,
    /// The first whose document was not begun.
    next: usize,
}

impl Chains {
    fn new(width: usize, begun: usize, total: usize, failed: BTreeSet<usize>) -> Self {
        let next = |column: usize| begun.saturating_sub(column).div_ceil(width.max(1));
        let chains = (0..width).map(|column| Chain { present: 0, next: next(column) }).collect();
        Self { total, chains, failed }
    }

    fn place(&self, column: usize, number: usize) -> usize {
        number * self.chains.len() + column
    }

    /// The listener of a place has ended.
    fn ended(&mut self, place: usize) {
        let width = self.chains.len().max(1);
        if let Some(chain) = self.chains.get_mut(place % width) {
            chain.present = chain.present.max(place / width + 1);
        }
    }

    /// The listener of a place has no document: it is the same as if it had ended.
    fn failed(&mut self, place: usize) {
        self.failed.insert(place);
    }

    /// The number of the listener that has a column now, those passed over who have no document.
    fn present(&self, column: usize, chain: Chain) -> usize {
        let mut number = chain.present;
        while self.failed.contains(&self.place(column, number)) {
            number += 1;
        }
        number
    }

    /// Up to `most` places whose documents are needed next, the most urgent first. They are begun.
    fn begin(&mut self, most: usize) -> Vec<usize> {
        let mut wanted: Vec<(usize, usize)> = (0..)
            .zip(&self.chains)
            .filter(|(column, chain)| self.place(*column, chain.next) < self.total)
            .filter_map(|(column, chain)| {
                let ahead = chain.next.saturating_sub(self.present(column, *chain));
                (ahead <= AHEAD).then_some((ahead, column))
            })
            .collect();
        wanted.sort_unstable();
        wanted.truncate(most);
        let mut begun = Vec::with_capacity(wanted.len());
        for (_, column) in wanted {
            begun.push(self.place(column, self.chains[column].next));
            self.chains[column].next += 1;
        }
        begun
    }

    /// Whether all were begun.
    fn is_done(&self) -> bool {
        (0..).zip(&self.chains).all(|(column, chain)| self.place(column, chain.next) >= self.total)
    }

    /// All that were not begun. They are, then.
    fn rest(&mut self) -> impl Iterator<Item = usize> + use<> {
        let (width, total) = (self.chains.len(), self.total);
        let first: Vec<usize> = self.chains.iter().map(|chain| chain.next).collect();
        self.chains.iter_mut().for_each(|chain| chain.next = total);
        first.into_iter().enumerate().flat_map(move |(column, next)| {
            (next..).map(move |number| number * width + column).take_while(move |place| *place < total)
        })
    }
}

/// Tells what is worth saying, and no steps: nothing is being prepared for those who watch.
#[derive(Clone, Copy, Debug)]
struct DuringRun<'a>(&'a dyn Watcher);

impl DuringRun<'_> {
    fn warn_of(&self, error: &ServiceError) {
        let watcher: &dyn Watcher = self;
        watcher.warn(&format!("warning: a listener who was to replace another has no document: {error}"));
    }
}

impl Watcher for DuringRun<'_> {
    fn on_news(&self, news: News<'_>) {
        if !matches!(news, News::Preparing { .. }) {
            self.0.on_news(news);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three places, of whose twelve listeners the first six have documents.
    fn chains() -> Chains {
        Chains::new(3, 6, 12, BTreeSet::new())
    }

    #[test]
    fn so_many_are_made_ahead_and_no_more_until_somebody_ends() {
        let mut chains = chains();
        assert_eq!(chains.begin(8), [6, 7, 8], "two ahead of each of the first");
        assert_eq!(chains.begin(8), [0_usize; 0]);
        chains.ended(1);
        assert_eq!(chains.begin(8), [10]);
        chains.ended(1);
        assert_eq!(chains.begin(8), [0_usize; 0], "it was noted before");
        chains.ended(0);
        chains.ended(2);
        assert_eq!(chains.begin(1), [9]);
        assert!(!chains.is_done());
        assert_eq!(chains.begin(8), [11]);
        assert!(chains.is_done());
    }

    #[test]
    fn who_is_needed_soonest_comes_first() {
        let mut chains = chains();
        chains.ended(2);
        chains.ended(5);
        assert_eq!(chains.begin(8), [8, 6, 7]);
        assert_eq!(chains.begin(8), [11]);
    }

    #[test]
    fn whoever_has_no_document_is_passed_over() {
        let mut chains = Chains::new(3, 6, 12, BTreeSet::from([1, 4]));
        assert_eq!(chains.begin(8), [7, 6, 8], "the place of 1 and 4 waits for it");
        assert_eq!(chains.begin(8), [10]);
        chains.failed(7);
        assert!(chains.begin(8).is_empty(), "there is none after 10");
    }

    #[test]
    fn what_is_given_up_is_all_that_was_not_begun() {
        let mut chains = chains();
        chains.ended(0);
        assert_eq!(chains.begin(1), [6]);
        let mut rest: Vec<usize> = chains.rest().collect();
        rest.sort_unstable();
        assert_eq!(rest, [7, 8, 9, 10, 11]);
        assert!(chains.is_done());
        assert!(chains.begin(8).is_empty());
    }

    #[test]
    fn chains_of_one_length_more_have_what_is_left_over() {
        let mut chains = Chains::new(3, 3, 5, BTreeSet::new());
        assert_eq!(chains.begin(8), [3, 4]);
        assert!(chains.is_done());
    }
}
