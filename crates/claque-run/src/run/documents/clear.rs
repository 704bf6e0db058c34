//! What is cleared away at the end of a run.

use std::collections::BTreeSet;

use claque_core::time::Duration;
use claque_net::service::Service;
use claque_store::{DocumentJournal, LeftBehind, StoreError, Unresolved};
use futures_util::{StreamExt as _, stream};

use super::{AT_ONCE, DocumentLedger};
use crate::{interrupts::Interrupts, run::accounts::SignedInAccounts, waiting::Waiting, watcher::Watcher};

/// Documents of an account that are looked through for a title, at most.
pub(crate) const LOOKED_THROUGH: usize = 10_000;

/// How long clearing away takes at most: a service that answers nothing costs three calls, and one that limits deletions to ten
/// a minute six seconds a document.
fn bound(call_timeout: Duration, documents: usize) -> Duration {
    let documents = u32::try_from(documents).unwrap_or(u32::MAX);
    (call_timeout * 3).saturating_add(Duration::from_secs(6).saturating_mul(documents))
}

/// Clearing away that takes longer is told of, with the moment at which it is given up.
const TOLD_AFTER: Duration = Duration::from_secs(5);

/// Lets the bound pass, and tells of it in time.
async fn pass(bound: Duration, documents: usize, watcher: &dyn Watcher) {
    let first = TOLD_AFTER.min(bound);
    tokio::time::sleep(first).await;
    let (seconds, plural) = (bound.as_secs_f64().ceil(), if documents == 1 { "" } else { "s" });
    watcher.say(&format!(
        "deleting {documents} document{plural}, {AT_ONCE} at a time; what is not deleted {seconds} s after the beginning is left"
    ));
    tokio::time::sleep(bound.saturating_sub(first)).await;
}

/// What came of looking for documents by their title.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// These, as the service names them; none when it has none of that title.
    Documents(Vec<String>),
    /// Nobody knows: why, to follow "whether ... was made is not known:".
    Unknown(String),
}

impl DocumentLedger {
    /// Deletes everything that is not kept, what was found only by its title included, and says what could not be. Gives
    /// whether anything is left.
    ///
    /// # Errors
    /// What is deleted could not be noted.
    pub(crate) async fn delete(
        &self,
        accounts: &SignedInAccounts,
        interrupts: &Interrupts,
        watcher: &dyn Watcher,
    ) -> Result<bool, StoreError> {
        let waiting = Waiting::new(interrupts, watcher);
        let left = self.journal.borrow().as_ref().map(DocumentJournal::left).unwrap_or_default();
        let documents = left.documents.len() + left.unresolved.len();
        let bound = bound(service_of(accounts, 0).network().call_timeout(), documents);
        let unnoted = tokio::select! {
            unnoted = self.delete_each(accounts, left, &waiting, watcher) => unnoted,
            () = pass(bound, documents, watcher) => {
                let seconds = bound.as_secs_f64().ceil();
                watcher.warn(&format!("not everything that the run made could be deleted within {seconds} s"));
                None
            }
        };
        if let Some(error) = unnoted {
            watcher.warn(&format!("what was deleted cannot be noted: {error}"));
        }
        let Some(journal) = self.journal.borrow_mut().take() else { return Ok(false) };
        let left = journal.left();
        journal.close()?;
        Ok(left != LeftBehind::default())
    }

    /// Deletes several at a time. Gives why it could not be noted; what cannot be noted is deleted all the same.
    async fn delete_each(
        &self,
        accounts: &SignedInAccounts,
        left: LeftBehind,
        waiting: &Waiting<'_>,
        watcher: &dyn Watcher,
    ) -> Option<StoreError> {
        let mut deletions = stream::iter(left.documents)
            .map(async |document| {
                let service = service_of(accounts, document.account);
                let wait = async |pause| waiting.wait_to_clear(pause).await;
                let result = service.delete_document(&document.id, wait).await;
                (document.id, result)
            })
            .buffer_unordered(AT_ONCE);
        let mut unnoted = None;
        while let Some((id, result)) = deletions.next().await {
            match result {
                Ok(_) => unnoted = unnoted.or(self.note(|journal| journal.deleted(&id)).err()),
                Err(error) => watcher.warn(&format!("left behind on the service: document {id}: {error}")),
            }
        }
        let mut resolutions = stream::iter(&left.unresolved)
            .map(|unresolved| self.resolve(accounts, unresolved, waiting, watcher))
            .buffer_unordered(AT_ONCE);
        while let Some(resolved) = resolutions.next().await {
            unnoted = unnoted.or(resolved.err());
        }
        unnoted
    }

    /// Finds out whether a document was made whose creation was not answered, and deletes it if it was.
    async fn resolve(
        &self,
        accounts: &SignedInAccounts,
        unresolved: &Unresolved,
        waiting: &Waiting<'_>,
        watcher: &dyn Watcher,
    ) -> Result<(), StoreError> {
        let service = service_of(accounts, unresolved.account);
        let wait = async |pause| waiting.wait_to_clear(pause).await;
        let ids = match find_titled(service, &unresolved.title, wait).await {
            Found::Documents(ids) => ids,
            Found::Unknown(why) => {
                watcher.warn(&format!(
                    "a document may be left behind on the service: whether \"{}\" was made is not known: {why}",
                    unresolved.title
                ));
                return Ok(());
            }
        };
        for id in &ids {
            if let Err(error) = service.delete_document(id, wait).await {
                watcher.warn(&format!("left behind on the service: document {id}: {error}"));
                return Ok(());
            }
        }
        self.note(|journal| journal.gone(unresolved.number))
    }
}

/// Looks for documents of ours by their title, which no other has.
pub async fn find_titled(
    service: &Service,
    title: &str,
    wait: impl AsyncFn(claque_net::service::Pause) -> bool,
) -> Found {
    let listing = match service.documents(LOOKED_THROUGH, wait).await {
        Ok(Some(listing)) => listing,
        Ok(None) => return Found::Unknown("the service has no list of documents to look in".to_owned()),
        Err(error) => return Found::Unknown(error.to_string()),
    };
    let ids: BTreeSet<String> = listing.titled(title).map(str::to_owned).collect();
    if ids.is_empty() && !listing.is_whole {
        return Found::Unknown(format!("it is not among the last {LOOKED_THROUGH} documents of the account"));
    }
    Found::Documents(ids.into_iter().collect())
}

fn service_of(accounts: &SignedInAccounts, account: u32) -> &Service {
    accounts.through(usize::try_from(account).unwrap_or(usize::MAX), 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_grows_with_what_there_is_to_delete() {
        let minute = Duration::from_secs(60);
        assert_eq!(bound(minute, 0), Duration::from_secs(180));
        assert_eq!(bound(minute, 20), Duration::from_secs(300));
    }
}
