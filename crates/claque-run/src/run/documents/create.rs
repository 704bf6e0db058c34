//! The creation of documents: paced by the service's limits, each noted before it is asked for, and none made twice.

use std::collections::{BTreeMap, BTreeSet};

use claque_core::{
    event::{Failure, FailureClass, FailureScope, Phase},
    pacing::{Answer, Next, Pacer, Turn},
    script::Script,
    time::Duration,
};
use claque_net::{
    Clock,
    service::{Pause, Persistence, Service, ServiceError},
};
use claque_store::StoreError;
use futures_util::{StreamExt as _, stream::FuturesUnordered};

use super::{AT_ONCE, DocumentLedger, MakeOrder, NewDocument, STEP, TextDigest, count};
use crate::{interrupts::Interrupts, run::accounts::SignedInAccounts, waiting::Waiting, watcher::Watcher};

/// Documents that must fail, when none was made, before no further one is asked for: the service takes none.
const ENOUGH: usize = 2 * AT_ONCE;
/// Documents of the account among which one is looked for that was just asked for: the last used come first.
const LOOKED_THROUGH: usize = 500;

/// A document of a listener, or why it was not made.
type Creation = Result<NewDocument, ServiceError>;

impl DocumentLedger {
    /// Creates the documents of `numbers`, as fast as the service lets us. Gives each with its id, or why there is none.
    ///
    /// # Errors
    /// What is made could not be noted.
    pub(super) async fn create(
        &self,
        accounts: &SignedInAccounts,
        order: &MakeOrder<'_>,
        numbers: &[usize],
        interrupts: &Interrupts,
        watcher: &dyn Watcher,
    ) -> Result<BTreeMap<usize, Creation>, StoreError> {
        let clock = Clock::start();
        let waiting = Waiting::new(interrupts, watcher);
        let mut pacer = Pacer::new(numbers.len(), AT_ONCE, accounts.doors());
        let mut calls = FuturesUnordered::new();
        let mut settled = CreationsSoFar::default();
        let mut told = None;
        while !pacer.is_done() {
            if settled.is_hopeless() || interrupts.any() {
                pacer.stop();
                if pacer.is_done() {
                    break;
                }
            }
            while let Some(turn) = pacer.poll_turn(clock.now()) {
                let number = numbers.get(turn.call).copied().unwrap_or_default();
                let waiting = &waiting;
                calls.push(async move {
                    (turn, number, self.create_one(accounts, order, (number, turn), waiting).await)
                });
            }
            let due = pacer.poll_timeout();
            if let Some(until) = due.filter(|until| calls.is_empty() && told != Some(*until)) {
                told = Some(until);
                say_wait(watcher, until.since(clock.now()), self.stats().made);
            }
            tokio::select! {
                Some((turn, number, result)) = calls.next() => {
                    let limited = match &result {
                        Ok(creation) => creation.as_ref().err().and_then(ServiceError::limited),
                        Err(_) => None,
                    };
                    let answer = limited.map_or(Answer::Settled, Answer::Limited);
                    let next = pacer.handle_answer(clock.now(), turn, answer);
                    settled.take(number, result, next);
                    watcher.preparing(STEP, count(self.ids.borrow().len()), count(order.first));
                }
                () = clock.sleep_until(due.unwrap_or_default()), if due.is_some() => {}
                () = interrupts.reached(1), if !interrupts.any() => {}
            }
        }
        self.stats.borrow_mut().add_pacing(pacer.stats());
        settled.finish(numbers)
    }

    /// One document: noted before it is asked for, and asked for again after a stumble. Only a limit is told to the
    /// caller, who knows when calls are let through.
    ///
    /// # Errors
    /// What is made could not be noted.
    async fn create_one(
        &self,
        accounts: &SignedInAccounts,
        order: &MakeOrder<'_>,
        (number, turn): (usize, Turn),
        waiting: &Waiting<'_>,
    ) -> Result<Creation, StoreError> {
        const ACTION: &str = "create a document";
        let account = accounts.account_of(number);
        let service = accounts.through(account, turn.door);
        let text = order.scripts.get(number).map(Script::document).unwrap_or_default();
        let digest = TextDigest::of(&text);
        let title = order.title(number, digest);
        let mut noted = u32::try_from(number).unwrap_or(u32::MAX);
        let clock = Clock::start();
        let mut persistence = Persistence::new(clock.now());
        loop {
            let account = u32::try_from(account).unwrap_or(u32::MAX);
            self.note(|journal| journal.intend(noted, &title, account, service.owner()))?;
            let error = match service.create_document(&text, &title).await {
                Ok(id) => return self.created(service, noted, NewDocument { id, text: digest }),
                Err(error) => error,
            };
            if error.is_surely_refused() {
                self.note(|journal| journal.gone(noted))?;
            }
            if error.limited().is_some() {
                return Ok(Err(error));
            }
            let Some(span) = persistence.wait_after(clock.now(), &error) else { return Ok(Err(error)) };
            if !waiting.wait(Pause { action: ACTION, span, failure: error.failure.clone() }).await {
                return Ok(Err(error));
            }
            if !error.is_surely_refused() {
                // Whether it was made nobody said. The service's list does.
                if let Some(id) = self.find(service, &title, waiting).await {
                    return self.created(service, noted, NewDocument { id, text: digest });
                }
                // What may come of the first asking after all stays on record under its own number.
                noted = self.next_number(order);
            }
        }
    }

    /// Notes that a document was made.
    fn created(&self, service: &Service, noted: u32, document: NewDocument) -> Result<Creation, StoreError> {
        let id = &document.id;
        if self.ids.borrow().contains(id) {
            // It is noted under another number, and deleted by that.
            self.note(|journal| journal.gone(noted))?;
            return Ok(Err(given_twice(service, id)));
        }
        self.note(|journal| journal.created(noted, id))?;
        self.ids.borrow_mut().push(id.clone());
        self.stats.borrow_mut().made += 1;
        Ok(Ok(document))
    }

    /// The document of that title, if the service's list has one that is not known already.
    async fn find(&self, service: &Service, title: &str, waiting: &Waiting<'_>) -> Option<String> {
        let listing = service.documents(LOOKED_THROUGH, async |pause| waiting.wait(pause).await).await;
        let listing = listing.ok().flatten()?;
        let ids = self.ids.borrow();
        let found = listing.titled(title).find(|id| !ids.iter().any(|known| known == id));
        found.map(str::to_owned)
    }

    fn next_number(&self, order: &MakeOrder<'_>) -> u32 {
        let again = self.asked_again.get();
        self.asked_again.set(again + 1);
        u32::try_from(order.scripts.len()).unwrap_or(u32::MAX).saturating_add(again)
    }
}

/// What became of the calls so far.
#[derive(Default)]
struct CreationsSoFar {
    creations: BTreeMap<usize, Creation>,
    made: usize,
    failed: usize,
    /// Why no further document is asked for.
    given_up: Option<ServiceError>,
    unnoted: Option<StoreError>,
}

impl CreationsSoFar {
    fn take(&mut self, number: usize, result: Result<Creation, StoreError>, next: Next) {
        match result {
            Err(error) => drop(self.unnoted.get_or_insert(error)),
            Ok(Ok(document)) => {
                self.made += 1;
                self.creations.insert(number, Ok(document));
            }
            Ok(Err(error)) => {
                let is_over = match next {
                    Next::Settled | Next::GivenUp => true,
                    Next::WaitsUntil(_) => false,
                };
                if is_over {
                    self.failed += 1;
                    let serves_nobody = self.made == 0 && self.failed >= ENOUGH;
                    if next == Next::GivenUp || serves_nobody || is_given_twice(&error) {
                        self.given_up.get_or_insert(error.clone());
                    }
                    self.creations.insert(number, Err(error));
                }
            }
        }
    }

    const fn is_hopeless(&self) -> bool {
        self.given_up.is_some() || self.unnoted.is_some()
    }

    /// Everybody's document; those that were not asked for any more have failed as the one did that was the last straw.
    fn finish(self, numbers: &[usize]) -> Result<BTreeMap<usize, Creation>, StoreError> {
        let Self { mut creations, given_up, unnoted, .. } = self;
        if let Some(error) = unnoted {
            return Err(error);
        }
        if let Some(error) = given_up {
            if is_given_twice(&error) {
                // Whose document it is nobody can tell, so it is nobody's.
                creations.clear();
            }
            let asked: BTreeSet<usize> = creations.keys().copied().collect();
            let missing = numbers.iter().filter(|number| !asked.contains(number));
            creations.extend(missing.map(|number| (*number, Err(error.clone()))));
        }
        Ok(creations)
    }
}

const GIVEN_TWICE: &str = "the service gives one id to several documents";

fn given_twice(service: &Service, id: &str) -> ServiceError {
    ServiceError {
        action: "create a document",
        target: service.target().to_string(),
        failure: Failure {
            phase: Phase::BeforeAudio,
            class: FailureClass::Protocol,
            code: None,
            text: format!("{GIVEN_TWICE}: {id}"),
            kills: FailureScope::Session,
        },
        retry_after: None,
        credentials: None,
    }
}

fn is_given_twice(error: &ServiceError) -> bool {
    error.failure.text.starts_with(GIVEN_TWICE)
}

fn say_wait(watcher: &dyn Watcher, span: Duration, made: usize) {
    if span < Duration::from_secs(1) {
        return;
    }
    let seconds = span.as_secs_f64().ceil();
    watcher.say(&format!(
        "the service limits how fast documents are made: waiting {seconds} s, {made} made so far"
    ));
}
