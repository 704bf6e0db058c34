//! Extraction of documents: what is asked of the gateway when a client names an upload or an extraction by its text.
//!
//! Whoever speaks HTTP and whoever speaks to the gateway in virtual time ask in the same way.

pub(super) mod calls;

use claque_core::{extraction::AiTransform, time::Instant};
use claque_gateway::{DocumentId, UserId};

use crate::yapit::gateway::{
    AcceptedExtraction, Caller, ContentHash, CreationAnswer, ExtractionEnd, ExtractionId, ExtractionStatus,
    Gateway, Refusal,
};

/// What comes of an order to extract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// It is answered at once: the extraction goes on.
    Accepted(AcceptedExtraction),
    /// It is answered when the extraction is over, by [`ending`].
    WhenOver(ExtractionId),
}

/// How an extraction ended whose end is the answer to its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExtractionEnding {
    /// With a document.
    Document {
        /// The document.
        id: DocumentId,
        /// Its title.
        title: String,
        /// Pages that could not be read, ascending.
        failed: Vec<u32>,
    },
    /// With nothing.
    Failed {
        /// The gateway's words.
        text: String,
    },
}

/// Has an upload extracted.
///
/// # Errors
/// As [`Gateway::create_extraction`]; a text that can name no upload names an unknown one.
pub fn order(
    gateway: &mut Gateway,
    now: Instant,
    caller: &Caller,
    hash: &str,
    ai_transform: AiTransform,
) -> Result<Order, Refusal> {
    let hash = ContentHash::parse(hash).ok_or(Refusal::UploadUnknown)?;
    let accepted = gateway.create_extraction(now, caller, &hash, ai_transform)?;
    Ok(match gateway.config().extraction.answer {
        CreationAnswer::Accepted => Order::Accepted(accepted),
        CreationAnswer::Document => Order::WhenOver(accepted.id),
    })
}

/// How far an extraction is; none for one that is unknown, another user's, or of no possible name.
///
/// # Errors
/// [`Refusal::RateLimited`].
pub fn status(
    gateway: &mut Gateway,
    now: Instant,
    caller: &Caller,
    id: &str,
) -> Result<Option<ExtractionStatus>, Refusal> {
    ExtractionId::parse(id).map_or(Ok(None), |id| gateway.extraction_status(now, caller, id))
}

/// Calls an extraction off. One that is over, unknown, or somebody else's is answered in the same way: a real server
/// leaves a note for its workers and looks at nothing.
///
/// # Errors
/// [`Refusal::RateLimited`].
pub fn cancel(gateway: &mut Gateway, now: Instant, caller: &Caller, id: &str) -> Result<(), Refusal> {
    ExtractionId::parse(id).map_or(Ok(()), |id| gateway.cancel_extraction(now, caller, id))
}

/// How an extraction ended; none while it goes on.
#[must_use]
pub fn ending(gateway: &Gateway, user: &UserId, id: ExtractionId) -> Option<ExtractionEnding> {
    let ExtractionStatus { failed, end, .. } = gateway.extraction_end(user, id)?;
    Some(match end? {
        ExtractionEnd::Document { id, title } => ExtractionEnding::Document { id, title, failed },
        ExtractionEnd::Failed { text } => ExtractionEnding::Failed { text },
    })
}
