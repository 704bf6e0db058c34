//! Documents on the service: made before a run, deleted after it, whatever happens in between.

use std::cell::{Cell, RefCell};

use claque_core::{script::Script, time::Duration};
use claque_net::service::{Document, Service, ServiceError};
use futures_util::{StreamExt as _, stream};

use super::interrupts::Interrupts;
use crate::report::live::Live;

/// Documents made or deleted at the same time. The service's own limit (10 a minute) is waited out by each.
const AT_ONCE: usize = 8;
/// How the view calls it.
const STEP: &str = "making documents";

/// What this run has made and not yet deleted.
#[derive(Debug, Default)]
pub(crate) struct Made {
    ids: RefCell<Vec<String>>,
}

impl Made {
    /// What is there at this moment, as the service names it.
    pub(crate) fn ids(&self) -> Vec<String> {
        self.ids.borrow().clone()
    }

    /// Makes a document of every script, in order of scripts. After a failure or an interrupt no further one is begun,
    /// and what is under way is waited for, so that all that was made is known.
    ///
    /// # Errors
    /// The first failure; what was made by then stays on the list. None of them when interrupted.
    pub(crate) async fn make(
        &self,
        service: &Service,
        scripts: &[Script],
        interrupts: &Interrupts,
        live: &Live,
    ) -> Result<Vec<Document>, ServiceError> {
        let total = count(scripts.len());
        let failed = Cell::new(false);
        live.preparing(STEP, 0, total);
        let make_one = async |(number, script): (usize, &Script)| {
            if failed.get() || interrupts.any() {
                return Ok(None);
            }
            let title = format!("claque load test, listener {} of {total}", number + 1);
            let wait = async |span| self.wait(span, interrupts, live).await;
            match service.create_document(&script.document(), &title, wait).await {
                Ok(document) => {
                    self.ids.borrow_mut().push(document.id.clone());
                    live.preparing(STEP, count(self.ids.borrow().len()), total);
                    Ok(Some(document))
                }
                Err(error) => {
                    failed.set(true);
                    Err(error)
                }
            }
        };
        let made = stream::iter(scripts.iter().enumerate().map(make_one)).buffered(AT_ONCE);
        let made: Vec<Result<Option<Document>, ServiceError>> = made.collect().await;
        made.into_iter().filter_map(Result::transpose).collect()
    }

    /// Waits out a limit. Gives whether to go on.
    async fn wait(&self, span: Duration, interrupts: &Interrupts, live: &Live) -> bool {
        live.say(&format!(
            "the service limits how fast documents are made: waiting {} s, {} made so far",
            span.as_secs_f64().ceil(),
            self.ids.borrow().len()
        ));
        tokio::select! {
            () = tokio::time::sleep(span) => true,
            () = interrupts.reached(1) => false,
        }
    }

    /// Deletes everything. Gives what could not be deleted, and why.
    pub(crate) async fn delete(&self, service: &Service) -> Vec<(String, ServiceError)> {
        let ids = self.ids();
        let mut deletions = stream::iter(ids)
            .map(async |id| {
                let result = service.delete_document(&id).await;
                (id, result)
            })
            .buffer_unordered(AT_ONCE);
        let mut left = Vec::new();
        while let Some((id, result)) = deletions.next().await {
            match result {
                Ok(()) => self.ids.borrow_mut().retain(|made| *made != id),
                Err(error) => left.push((id, error)),
            }
        }
        left
    }
}

fn count(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}
