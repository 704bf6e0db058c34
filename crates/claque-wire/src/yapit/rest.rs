//! Bodies of the gateway's and the identity service's REST calls, for either side.
//!
//! Unknown fields are passed over. Credentials are [`Secret`]s: here they serialise ([`exposed`]), but never print.

use claque_core::secret::Secret;
use serde::{Deserialize, Serialize};

/// A secret as it stands in a message or a file, for `#[serde(with = "...")]`.
pub mod exposed {
    use claque_core::secret::Secret;
    use serde::{Deserialize as _, Deserializer, Serializer};

    /// Writes the secret itself.
    ///
    /// # Errors
    /// The serializer's.
    pub fn serialize<S: Serializer>(secret: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(secret.expose())
    }

    /// Reads a text as a secret.
    ///
    /// # Errors
    /// It is no text.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
        String::deserialize(deserializer).map(Secret::from)
    }
}

/// Body of `POST /api/v1/documents/text`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentRequest {
    /// Markdown, 1 to 500,000 characters.
    pub content: String,
    /// Title; left out when not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

/// Answer 201 to a [`DocumentRequest`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentCreated {
    /// The document's UUID.
    pub id: String,
    /// Its title.
    #[serde(default)]
    pub title: Option<String>,
    /// Pages that could not be read; empty for text.
    #[serde(default)]
    pub failed_pages: Vec<u32>,
}

/// One member of the answer to `GET /api/v1/documents`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedDocument {
    /// The document's UUID.
    pub id: String,
    /// Its title.
    #[serde(default)]
    pub title: Option<String>,
    /// When it was created (RFC 3339).
    #[serde(default)]
    pub created: Option<String>,
    /// Whether everybody may see it.
    #[serde(default)]
    pub is_public: bool,
}

/// One member of the answer to `GET /api/v1/documents/{id}/blocks`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// Place in reading order, from 0.
    pub idx: u32,
    /// What is spoken.
    pub text: String,
    /// Estimated length in milliseconds: ceil(characters / 14 x 1000).
    #[serde(default, deserialize_with = "super::server_message::milliseconds")]
    pub est_duration_ms: Option<u64>,
}

/// One member of the answer to `GET /api/v1/models`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Model {
    /// Number in the server's database.
    pub id: i64,
    /// Name on the wire.
    pub slug: String,
    /// Name for people.
    pub name: String,
    /// Words about it.
    #[serde(default)]
    pub description: Option<String>,
    /// Its active voices.
    #[serde(default)]
    pub voices: Vec<Voice>,
}

/// Whether a text can be a document's id: a UUID, as the service makes them. Nothing else is put into a path or a file.
#[must_use]
pub fn is_document_id(text: &str) -> bool {
    text.len() == 36 && uuid::Uuid::try_parse(text).is_ok()
}

/// A voice of a [`Model`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Voice {
    /// Number in the server's database.
    pub id: i64,
    /// Name on the wire.
    pub slug: String,
    /// Name for people.
    pub name: String,
    /// Language tag.
    #[serde(default)]
    pub lang: Option<String>,
    /// Words about it.
    #[serde(default)]
    pub description: Option<String>,
}

/// Answer to `POST /api/v1/users/anonymous-session`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnonymousSession {
    /// The guest's UUID.
    pub id: String,
    /// Proves that the guest is the one.
    #[serde(with = "exposed")]
    pub token: Secret,
}

/// Body of the identity service's password sign-in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInRequest {
    /// The account.
    #[serde(with = "exposed")]
    pub email: Secret,
    /// Its password.
    #[serde(with = "exposed")]
    pub password: Secret,
}

/// Answer to a [`SignInRequest`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedIn {
    /// Short-lived token for every call.
    #[serde(with = "exposed")]
    pub access_token: Secret,
    /// Long-lived token for new access tokens.
    #[serde(with = "exposed")]
    pub refresh_token: Secret,
    /// Who it is.
    pub user_id: String,
}

/// Answer of the identity service's refresh call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refreshed {
    /// The new access token.
    #[serde(with = "exposed")]
    pub access_token: Secret,
}

/// Body of an unsuccessful answer, as any of the services words it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ErrorBody {
    /// 404 of something that has a name.
    Resource {
        /// Words.
        detail: String,
        /// What sort of thing.
        resource_type: String,
        /// Which one.
        resource_id: String,
    },
    /// Most refusals.
    Detail {
        /// Words.
        detail: String,
    },
    /// Refusals with a code, such as a full account (403).
    Coded {
        /// Code and words.
        detail: CodedDetail,
    },
    /// 422: complaints about the request body.
    Issues {
        /// One for each place.
        detail: Vec<Issue>,
    },
    /// The identity service's refusals.
    Stack {
        /// Code, in capitals.
        code: String,
        /// Words.
        error: String,
    },
    /// 429: too many calls.
    Error {
        /// Words.
        error: String,
    },
}

/// Code and words of a refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodedDetail {
    /// Code, in capitals: `STORAGE_LIMIT_EXCEEDED`.
    pub code: String,
    /// Words.
    pub message: String,
}

/// One complaint about a request body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issue {
    /// Sort of complaint: `missing`, `string_too_short`.
    pub r#type: String,
    /// Path to the place: names and indices.
    pub loc: Vec<serde_json::Value>,
    /// Words.
    pub msg: String,
    /// What stood there.
    pub input: serde_json::Value,
    /// The limit that was broken, if one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ctx: Option<serde_json::Value>,
}
