//! Documents that are to be extracted.

use bytes::Bytes;
use claque_core::{
    extraction::{AiTransform, PollPolicy},
    rng::Seed,
    time::Duration,
};
use claque_stats::{CacheUse, DocumentsShape};

/// Documents to be extracted, decided.
#[derive(Clone, Debug)]
pub struct DocumentsPlan {
    /// Documents at a time.
    pub concurrent: u32,
    /// Where they come from.
    pub origin: Origin,
    /// Whether the service's cache is meant to answer.
    pub cache: CacheUse,
    /// Whether a language model is to rewrite the pages.
    pub ai_transform: AiTransform,
    /// How often progress is asked for.
    pub poll: PollPolicy,
    /// Longest wait for one answer, and longest time without a further page.
    pub patience: Duration,
    /// The root of all randomness.
    pub seed: Seed,
}

/// Where documents come from.
#[derive(Clone, Debug)]
pub enum Origin {
    /// Made for the run.
    Made(PaperShape),
    /// Files of the user's: name and content.
    Files(Vec<(String, Bytes)>),
}

impl DocumentsPlan {
    /// The denominators.
    pub const fn shape(&self) -> DocumentsShape {
        let pages = match &self.origin {
            Origin::Made(shape) => Some(shape.pages),
            Origin::Files(_) => None,
        };
        DocumentsShape { documents: self.concurrent, pages, cache: self.cache }
    }
}

/// What a file is to be like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaperShape {
    /// Pages, at least 1.
    pub pages: u32,
    /// Figures on each page, at most [`PaperShape::MOST_FIGURES`].
    pub figures_per_page: u32,
}

impl PaperShape {
    /// As many as find room beside some text.
    pub const MOST_FIGURES: u32 = 6;
}
