//! What the service says when it refuses, word for word as each era does.

use super::era::Era;

/// Words for a user whose requests come too fast.
pub(crate) const TOO_FAST: &str = "Rate limit exceeded. Please slow down.";
/// Words for a document that is not there or not the user's.
pub(crate) const NO_DOCUMENT: &str = "Document not found or access denied";
/// Words for a block of a user who has used up what is paid for. An assumption: none was recorded.
pub(crate) const USAGE_LIMIT: &str = "Usage limit exceeded";
/// Words for an extraction that was called off. Our own.
pub(crate) const CALLED_OFF: &str = "Extraction cancelled";
/// Words for a block that a full queue does not take. Our own: the bound is ours too.
pub(crate) const QUEUE_FULL: &str = "Synthesis queue is full";

/// What became of a page by an injected fault. Our own.
pub(crate) const PAGE_UNREADABLE: &str = "Page could not be read";
/// Words for a document of which no page could be read. Our own.
pub(crate) const ALL_PAGES_FAILED: &str = "Extraction failed for all pages";

/// A limit on calls bit. Until 2026-02-21 the words named it; since then they name nothing.
pub(crate) fn too_many_calls(era: Era, limit: &str) -> String {
    match era {
        Era::Feb2026 => format!("Rate limit exceeded: {limit}"),
        Era::Current => "Too many requests. Please wait a moment and try again.".to_owned(),
    }
}

pub(crate) fn unknown_model(era: Era, model: &str) -> String {
    match era {
        Era::Feb2026 => format!("Model '{model}' not found"),
        Era::Current => format!("TTSModel '{model}' not found"),
    }
}

pub(crate) fn unknown_voice(era: Era, model: &str, voice: &str) -> String {
    match era {
        Era::Feb2026 => format!("Voice '{voice}' not found for model '{model}'"),
        Era::Current => format!("Voice '{voice}' not configured for model '{model}'"),
    }
}
