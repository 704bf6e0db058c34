//! What can be wrong with a body of audio.

/// Why a body could not be measured.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AudioError {
    /// The body had no bytes, or headers and no audio.
    #[error("the audio is empty")]
    Empty,
    /// The first bytes belong to no container known here.
    #[error("the audio is of an unknown format (it begins with the bytes {head:08x})")]
    UnknownFormat {
        /// The first four bytes, the first one highest.
        head: u32,
    },
    /// The container is known, but not this use of it.
    #[error("the audio cannot be measured: {what}")]
    Unsupported {
        /// The feature met.
        what: &'static str,
    },
    /// The bytes break the container's rules.
    #[error("the audio is broken: {what}")]
    Broken {
        /// The rule broken.
        what: &'static str,
    },
    /// The body ended before its container did.
    #[error("the audio is cut short in {what}")]
    Truncated {
        /// Where it ended.
        what: &'static str,
    },
}

impl AudioError {
    pub(crate) const fn broken(what: &'static str) -> Self {
        Self::Broken { what }
    }

    pub(crate) const fn unsupported(what: &'static str) -> Self {
        Self::Unsupported { what }
    }

    pub(crate) const fn truncated(what: &'static str) -> Self {
        Self::Truncated { what }
    }
}
