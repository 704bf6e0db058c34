//! What a pipeline is asked, and what it says in the end.

use std::sync::Arc;

use claque_core::time::{Instant, MediaTime};

use crate::{
    ids::{DocumentId, VariantHash},
    table::{Key, scatter},
};

/// Who waits for a variant, and as what: a block of a document, not a connection. A document has one owner, so it says
/// whose block it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Subscriber {
    pub(crate) document: DocumentId,
    pub(crate) block: i64,
}

impl Key for Subscriber {
    fn scattered(self) -> u64 {
        scatter(self.document.low_bits() ^ self.block.cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }
}

/// What is to be spoken.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) variant: VariantHash,
    /// Index of the model.
    pub(crate) pool: usize,
    pub(crate) voice: Arc<str>,
    /// None where only a model makes its audio.
    pub(crate) text: Option<Arc<str>>,
    pub(crate) chars: u32,
    pub(crate) content: Content,
}

/// Whether there is anything to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    Something,
    /// Nothing can be spoken of it. That is found out by whoever tries.
    Nothing,
}

/// What became of an ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    Cached(MediaTime),
    Waiting,
    Full,
}

/// The final news for a subscriber.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Delivery {
    pub(crate) at: Instant,
    pub(crate) subscriber: Subscriber,
    pub(crate) variant: VariantHash,
    pub(crate) model: Arc<str>,
    pub(crate) voice: Arc<str>,
    pub(crate) outcome: Outcome,
}

/// What became of a variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Its audio is there.
    Ready(MediaTime),
    /// There was nothing to speak.
    Silent,
    /// It failed, in these words.
    Failed(String),
}
