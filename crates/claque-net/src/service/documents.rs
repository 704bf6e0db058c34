//! The REST calls about documents of text.

use claque_wire::yapit::{
    json,
    rest::{Block, DocumentCreated, DocumentRequest, ListedDocument, is_document_id},
};
use hyper::{Method, StatusCode};

use super::{
    Service, ServiceError,
    calls::no_id,
    error::not_understood,
    http::ConnectionChoice,
    patience::Pause,
    request::{bare, post_json},
};

/// Documents asked for in one call: the most that the service gives.
const PAGE: usize = 100;

/// Documents of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// The most recently used first.
    pub documents: Vec<ListedDocument>,
    /// Whether these are all there are.
    pub is_whole: bool,
}

impl Service {
    /// Makes a document of a Markdown text, in one attempt over a connection of its own, and gives its id.
    ///
    /// # Errors
    /// The service refuses, a limit among the reasons ([`ServiceError::limited`]), answers something else, or cannot be
    /// reached. [`ServiceError::is_surely_refused`] says whether there can be a document all the same.
    pub async fn create_document(&self, content: &str, title: &str) -> Result<String, ServiceError> {
        const ACTION: &str = "create a document";
        let body = DocumentRequest { content: content.to_owned(), title: Some(title.to_owned()) };
        let url = self.target.url("/api/v1/documents/text");
        let answer = self.call(ConnectionChoice::Fresh, || post_json(&url, &body)).await;
        let answer = answer.map_err(|failure| self.error(ACTION, failure))?;
        self.expect(ACTION, &answer, StatusCode::CREATED)?;
        let created: DocumentCreated = json::read(&answer.body)
            .map_err(|error| self.error(ACTION, not_understood("new document", &error)))?;
        if !is_document_id(&created.id) || !self.secrets().is_fit_name(&created.id) {
            return Err(self.error(ACTION, no_id()));
        }
        Ok(created.id)
    }

    /// The blocks that the service made of a document, as it lists them; none when there is no such document of ours.
    /// Limits and passing trouble are waited out by `wait`, which says whether to go on.
    ///
    /// # Errors
    /// The service refuses, answers something else, or cannot be reached.
    pub async fn blocks(
        &self,
        id: &str,
        wait: impl AsyncFn(Pause) -> bool,
    ) -> Result<Option<Vec<Block>>, ServiceError> {
        const ACTION: &str = "list the blocks of a document";
        let url = self.target.url(&format!("/api/v1/documents/{}/blocks", self.checked(ACTION, id)?));
        let answer = self.call_again(ACTION, || bare(Method::GET, &url), &wait).await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        self.expect(ACTION, &answer, StatusCode::OK)?;
        let blocks: Vec<Block> = json::read(&answer.body)
            .map_err(|error| self.error(ACTION, not_understood("list of blocks", &error)))?;
        Ok(Some(blocks))
    }

    /// The caller's documents, `most` of them at most, the most recently used first; none where the service has no list.
    /// Limits and passing trouble are waited out by `wait`.
    ///
    /// # Errors
    /// The service refuses, answers something else, or cannot be reached.
    pub async fn documents(
        &self,
        most: usize,
        wait: impl AsyncFn(Pause) -> bool,
    ) -> Result<Option<Listing>, ServiceError> {
        const ACTION: &str = "list the documents";
        let mut listing = Listing::default();
        while listing.documents.len() < most {
            let offset = listing.documents.len();
            let url = self.target.url(&format!("/api/v1/documents?offset={offset}&limit={PAGE}"));
            let answer = self.call_again(ACTION, || bare(Method::GET, &url), &wait).await?;
            if matches!(answer.status, StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED) {
                return Ok(None);
            }
            self.expect(ACTION, &answer, StatusCode::OK)?;
            let page: Vec<ListedDocument> = json::read(&answer.body)
                .map_err(|error| self.error(ACTION, not_understood("list of documents", &error)))?;
            if offset > 0 && page.first() == listing.documents.first() {
                // It knows no offset, and gives the same page again and again.
                break;
            }
            listing.is_whole = page.len() < PAGE;
            listing.documents.extend(page);
            if listing.is_whole {
                break;
            }
        }
        Ok(Some(listing))
    }

    /// Deletes a document. Gives whether it was there: one that is gone already, or somebody else's, is no error. Limits
    /// and passing trouble are waited out by `wait`, which says whether to go on.
    ///
    /// # Errors
    /// The service refuses or cannot be reached.
    pub async fn delete_document(
        &self,
        id: &str,
        wait: impl AsyncFn(Pause) -> bool,
    ) -> Result<bool, ServiceError> {
        const ACTION: &str = "delete a document";
        let url = self.target.url(&format!("/api/v1/documents/{}", self.checked(ACTION, id)?));
        let answer = self.call_again(ACTION, || bare(Method::DELETE, &url), &wait).await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(false);
        }
        self.expect(ACTION, &answer, StatusCode::NO_CONTENT)?;
        Ok(true)
    }
}

impl Listing {
    /// Ids of the documents of that title.
    pub fn titled<'a>(&'a self, title: &'a str) -> impl Iterator<Item = &'a str> {
        let is_titled = move |document: &&ListedDocument| document.title.as_deref() == Some(title);
        self.documents.iter().filter(is_titled).map(|document| document.id.as_str())
    }
}
