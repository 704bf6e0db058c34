//! Why a REST call is refused.

use claque_core::time::Duration;

use super::{era::Era, wording::too_many_calls};

/// Why a REST call is refused; [`Refusal::status`] is its HTTP status and its display the server's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such thing, or it belongs to somebody else.
    #[error("{}", resource.words(id))]
    NotFound {
        /// What was asked for.
        resource: Resource,
        /// Its name.
        id: String,
    },
    /// Credentials are missing, wrong or expired.
    #[error("{0}")]
    Unauthenticated(Unauthenticated),
    /// Too many calls from one address.
    #[error("{}", too_many_calls(*era, limit))]
    RateLimited {
        /// The limit in words, such as `10 per 1 minute`.
        limit: String,
        /// Whose words are used.
        era: Era,
        /// Time until calls are let through again. No server says it.
        retry_after: Duration,
    },
    /// The account is full. The wire code is `STORAGE_LIMIT_EXCEEDED`.
    #[error("Storage limit exceeded: {used} of {limit} characters used")]
    StorageLimit {
        /// Characters stored for the user.
        used: u64,
        /// Characters allowed.
        limit: u64,
    },
    /// The text of a document is not acceptable.
    #[error("{0}")]
    ContentInvalid(ContentFault),
    /// The identity service is down; worth another try.
    #[error("Authentication service temporarily unavailable")]
    IdentityUnavailable,
    /// No account with this e-mail address and password. The wire code is `EMAIL_PASSWORD_MISMATCH`.
    #[error("Wrong e-mail or password.")]
    WrongPassword,
    /// The refresh token is unknown.
    #[error("Refresh token not found or expired.")]
    WrongRefreshToken,
    /// This server has no such call.
    #[error("Not Found")]
    NoSuchRoute,
    /// The upload that is to be extracted was never made, or is forgotten.
    #[error("Document not prepared or expired; upload it again")]
    UploadUnknown,
    /// The user has used up what may be extracted. The wire code is `USAGE_LIMIT_EXCEEDED`.
    #[error("Usage limit exceeded: {used} of {limit} pages used")]
    PageLimit {
        /// Pages extracted for the user.
        used: u64,
        /// Pages allowed.
        limit: u64,
    },
    /// Too many extractions of one user at a time.
    #[error(
        "Too many concurrent document extractions. Maximum {limit} at a time; please wait for one to finish."
    )]
    TooManyExtractions {
        /// Extractions allowed.
        limit: u32,
    },
    /// No language model is there.
    #[error("AI transform not configured on this server")]
    AiTransformNotConfigured,
    /// An injected fault.
    #[error("Internal Server Error")]
    ServerError,
}

/// What was not found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    /// A document that was to be deleted; answered with `resource_type` and `resource_id`.
    Document,
    /// A document whose blocks were asked for; answered with plain words.
    DocumentBlocks,
    /// Audio that was never asked for; answered with `resource_type` and `resource_id`.
    BlockVariant,
    /// Audio that was asked for and is not there.
    AudioNotCached,
}

/// Why credentials were not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Unauthenticated {
    /// No credentials.
    #[error("not authenticated")]
    Missing,
    /// The token is unknown or its time is over.
    #[error("invalid or expired token")]
    Token,
    /// The guest is unknown or the guest's token is wrong.
    #[error("invalid anonymous session")]
    Guest,
}

/// What is wrong with the text of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum ContentFault {
    /// No text was given. Found by the host while it reads the body.
    #[error("Field required")]
    Missing,
    /// The text is empty.
    #[error("String should have at least 1 character")]
    TooShort,
    /// The text is too long.
    #[error("String should have at most {max} characters")]
    TooLong {
        /// Characters allowed.
        max: usize,
    },
}

impl Refusal {
    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::NotFound { .. } | Self::NoSuchRoute | Self::UploadUnknown => 404,
            Self::Unauthenticated(_) | Self::WrongRefreshToken => 401,
            Self::PageLimit { .. } => 402,
            Self::RateLimited { .. } | Self::TooManyExtractions { .. } => 429,
            Self::StorageLimit { .. } => 403,
            Self::ContentInvalid(_) => 422,
            Self::IdentityUnavailable | Self::AiTransformNotConfigured => 503,
            Self::WrongPassword => 400,
            Self::ServerError => 500,
        }
    }
}

impl Resource {
    fn words(self, id: &str) -> String {
        match self {
            Self::Document => format!("Document UUID('{id}') not found"),
            Self::DocumentBlocks => "Document not found".to_owned(),
            Self::BlockVariant => format!("BlockVariant '{id}' not found"),
            Self::AudioNotCached => "Audio not cached".to_owned(),
        }
    }
}
