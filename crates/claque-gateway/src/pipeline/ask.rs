//! What a pipeline is asked, and what it says in the end.

use std::sync::Arc;

use claque_core::time::{Instant, MediaTime};

use crate::{
    ids::{DocumentId, JobId, VariantHash},
    table::{Key, scatter},
};

/// Who waits for a variant, and as what: a block of a document, not a connection. A document has one owner, so it says
/// whose block it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subscriber {
    /// The document.
    pub document: DocumentId,
    /// The block as it was asked for.
    pub block: i64,
}

impl Key for Subscriber {
    fn scattered(self) -> u64 {
        scatter(self.document.low_bits() ^ self.block.cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }
}

/// What is to be spoken.
#[derive(Clone, Debug)]
pub struct Ask {
    /// Names the audio.
    pub variant: VariantHash,
    /// Index of the model.
    pub pool: usize,
    /// Slug of the voice.
    pub voice: Arc<str>,
    /// None where only a model makes its audio.
    pub text: Option<Arc<str>>,
    /// Characters of the text.
    pub chars: u32,
    /// Whether there is anything to make.
    pub content: Content,
}

/// Whether there is anything to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// There is.
    Something,
    /// Nothing can be spoken of it. That is found out by whoever tries.
    Nothing,
}

/// What became of an ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Its audio is there, of this length.
    Cached(MediaTime),
    /// It is being made; a [`Delivery`] follows.
    Waiting,
    /// The queue takes no more.
    Full,
}

/// The final news for a subscriber.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// When it happened.
    pub at: Instant,
    /// Whom it is for.
    pub subscriber: Subscriber,
    /// Names the audio.
    pub variant: VariantHash,
    /// Slug of the model.
    pub model: Arc<str>,
    /// Slug of the voice.
    pub voice: Arc<str>,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of a variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Its audio is there.
    Ready(MediaTime),
    /// There was nothing to speak.
    Silent,
    /// It failed, in these words.
    Failed(String),
}

/// Work for an engine outside, see [`Engine::External`](super::Engine::External); answered by [`Pipeline::synthesized`](super::Pipeline::synthesized).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineCall {
    /// Names the attempt.
    pub job: JobId,
    /// What to speak.
    pub text: Arc<str>,
    /// Slug of the model.
    pub model: Arc<str>,
    /// Slug of the voice.
    pub voice: Arc<str>,
    /// Characters of the text.
    pub chars: u32,
}

/// Why a pipeline wants to be stepped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PipelineTimeout {
    /// A worker finishes, or a request to the overflow provider ends.
    WorkEnds,
    /// A scan of the workers or of the queues is due.
    Scan,
}
