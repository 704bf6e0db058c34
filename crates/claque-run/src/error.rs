//! Why there is no run, or none that goes on.

use std::io;

use claque_core::event::Failure;
use claque_net::{
    audience::AudienceError,
    host::HostError,
    service::{ServiceError, TargetError},
};
use claque_store::StoreError;

use crate::usage::UsageError;

/// Why claque cannot go on. What a service did is no error but a run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// What was asked for cannot be done as asked.
    #[error(transparent)]
    Usage(#[from] UsageError),
    /// There will be no audience, and it is not the service's doing.
    #[error(transparent)]
    Unprepared(#[from] Unprepared),
    /// A folder cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A gateway of our own cannot be started.
    #[error(transparent)]
    Host(#[from] HostError),
    /// A gateway of our own is nowhere.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// Listeners cannot be seated.
    #[error(transparent)]
    Audience(#[from] AudienceError),
    /// A folder cannot be made.
    #[error("{words}")]
    Folder {
        /// Which, and what the user can do.
        words: String,
        /// Why not, where the system said so.
        source: Option<io::Error>,
    },
    /// A suite cannot be put into its file.
    #[error("failed to encode the suite")]
    Encode(#[from] serde_json::Error),
    /// The thread that made a document came to a bad end.
    #[error("failed to make a document")]
    Paper(#[from] tokio::task::JoinError),
    /// A gateway that speaks has no documents.
    #[error("a gateway of speech extracts no documents; leave what asks for speech out")]
    NothingToExtract,
    /// The user has had enough before there was anything to save.
    #[error("interrupted before the first document was sent")]
    Interrupted,
}

/// Why there will be no audience.
#[derive(Debug, thiserror::Error)]
pub enum Unprepared {
    /// The service refuses or fails.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// The model is not on offer.
    #[error("failed to find the model `{model}` at {target}; it offers {offered}")]
    UnknownModel {
        /// What was asked for.
        model: String,
        /// Where.
        target: String,
        /// What there is, for people.
        offered: String,
    },
    /// The model does not have the voice that was asked for.
    #[error("failed to find the voice `{voice}` of the model `{model}` at {target}; it has {offered}")]
    UnknownVoice {
        /// What was asked for.
        voice: String,
        /// Of which model.
        model: String,
        /// Where.
        target: String,
        /// What there is, for people.
        offered: String,
    },
    /// A model has no voice and none was named.
    #[error("failed to choose a voice for the model `{model}`, which lists none; name one with --voice")]
    NoVoice {
        /// The model.
        model: String,
    },
    /// The audience would ask for more than its accounts are allowed.
    #[error("{0}")]
    RateLimit(String),
    /// What is made there cannot be noted.
    #[error(transparent)]
    Store(StoreError),
    /// The cache could not be warmed.
    #[error("failed to warm the cache: {0}; leave --use-cached out to listen without it")]
    WarmUp(Failure),
    /// What is wanted cannot be had in that way.
    #[error(transparent)]
    Usage(UsageError),
    /// The user has had enough.
    #[error("interrupted before the first listener started")]
    Interrupted,
}

impl Unprepared {
    /// Whether the user must ask for something else, as opposed to a service in trouble.
    pub(crate) const fn is_usage(&self) -> bool {
        match self {
            Self::Service(error) => error.is_usage(),
            Self::UnknownModel { .. }
            | Self::UnknownVoice { .. }
            | Self::NoVoice { .. }
            | Self::Usage(_)
            | Self::RateLimit(_) => true,
            Self::Store(_) | Self::WarmUp(_) | Self::Interrupted => false,
        }
    }

    /// What the service did, if it was the service.
    pub(crate) const fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Service(error) => Some(&error.failure),
            Self::WarmUp(failure) => Some(failure),
            Self::UnknownModel { .. }
            | Self::UnknownVoice { .. }
            | Self::NoVoice { .. }
            | Self::RateLimit(_)
            | Self::Usage(_)
            | Self::Store(_)
            | Self::Interrupted => None,
        }
    }
}
