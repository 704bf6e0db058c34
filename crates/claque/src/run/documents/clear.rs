//! What is cleared away at the end of a run.

use std::collections::BTreeSet;

use claque_net::service::Service;
use claque_store::{DocumentJournal, LeftBehind, StoreError, Unresolved};
use futures_util::{StreamExt as _, stream};

use super::{AT_ONCE, Made};
use crate::{
    report::live::Live,
    run::{crew::Crew, interrupts::Interrupts, waiting::Waiting},
};

/// Documents of an account that are looked through for a title, at most.
pub(crate) const LOOKED_THROUGH: usize = 10_000;

/// What came of looking for documents by their title.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// These, as the service names them; none when it has none of that title.
    Documents(Vec<String>),
    /// Nobody knows: why, to follow "whether ... was made is not known:".
    Unknown(String),
}

impl Made {
    /// Deletes everything that is not kept, what was found only by its title included, and says what could not be. Gives
    /// whether anything is left.
    ///
    /// # Errors
    /// What is deleted could not be noted.
    pub(crate) async fn delete(
        &self,
        crew: &Crew,
        interrupts: &Interrupts,
        live: &Live,
    ) -> Result<bool, StoreError> {
        let waiting = Waiting::new(interrupts, live);
        let left = self.journal.borrow().as_ref().map(DocumentJournal::left).unwrap_or_default();
        let mut deletions = stream::iter(left.documents)
            .map(async |document| {
                let service = service_of(crew, document.account);
                let wait = async |pause| waiting.wait_to_clear(pause).await;
                let result = service.delete_document(&document.id, wait).await;
                (document.id, result)
            })
            .buffer_unordered(AT_ONCE);
        // What cannot be noted is deleted all the same.
        let mut unnoted = None;
        while let Some((id, result)) = deletions.next().await {
            match result {
                Ok(_) => unnoted = unnoted.or(self.note(|journal| journal.deleted(&id)).err()),
                Err(error) => live.warn(&format!("left behind on the service: document {id}: {error}")),
            }
        }
        for unresolved in &left.unresolved {
            let resolved = self.resolve(crew, unresolved, &waiting, live).await;
            unnoted = unnoted.or(resolved.err());
        }
        if let Some(error) = unnoted {
            live.warn(&format!("what was deleted cannot be noted: {error}"));
        }
        let Some(journal) = self.journal.borrow_mut().take() else { return Ok(false) };
        let left = journal.left();
        journal.close()?;
        Ok(left != LeftBehind::default())
    }

    /// Finds out whether a document was made whose creation was not answered, and deletes it if it was.
    async fn resolve(
        &self,
        crew: &Crew,
        unresolved: &Unresolved,
        waiting: &Waiting<'_>,
        live: &Live,
    ) -> Result<(), StoreError> {
        let service = service_of(crew, unresolved.account);
        let wait = async |pause| waiting.wait_to_clear(pause).await;
        let ids = match find_titled(service, &unresolved.title, wait).await {
            Found::Documents(ids) => ids,
            Found::Unknown(why) => {
                live.warn(&format!(
                    "a document may be left behind on the service: whether \"{}\" was made is not known: {why}",
                    unresolved.title
                ));
                return Ok(());
            }
        };
        for id in &ids {
            if let Err(error) = service.delete_document(id, wait).await {
                live.warn(&format!("left behind on the service: document {id}: {error}"));
                return Ok(());
            }
        }
        self.note(|journal| journal.gone(unresolved.number))
    }
}

/// Looks for documents of ours by their title, which no other has.
pub(crate) async fn find_titled(
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

fn service_of(crew: &Crew, account: u32) -> &Service {
    crew.through(usize::try_from(account).unwrap_or(usize::MAX), 0)
}
