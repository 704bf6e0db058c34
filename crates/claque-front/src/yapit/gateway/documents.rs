//! Documents and who they belong to.

use std::{collections::BTreeMap, sync::Arc};

use claque_core::{rng::Seed, time::Instant};
use claque_gateway::{DocumentId, UserId};

use super::{
    blocks::{Block, Spoken, blocks_of, digests_of},
    config::GatewayConfig,
    refusal::{ContentFault, Refusal, Resource},
};

/// A document that was created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentInfo {
    /// Its id.
    pub id: DocumentId,
    /// Its title, if it was given one.
    pub title: Option<String>,
    /// How many blocks it became.
    pub blocks: usize,
}

/// A document in the list of its owner's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedDocument {
    /// Its id.
    pub id: DocumentId,
    /// Its title, if it was given one.
    pub title: Option<String>,
    /// When it was created.
    pub created_at: Instant,
}

/// All documents.
#[derive(Clone, Debug)]
pub(crate) struct Documents {
    seed: Seed,
    created: u64,
    /// Counts uses, so that the most recently used can come first.
    uses: u64,
    by_id: BTreeMap<DocumentId, Document>,
    stored: BTreeMap<UserId, u64>,
}

#[derive(Clone, Debug)]
struct Document {
    owner: UserId,
    title: Option<String>,
    created_at: Instant,
    blocks: Spoken,
    chars: u64,
    /// The number of its last use.
    used: u64,
}

impl Documents {
    pub(crate) const fn new(seed: Seed) -> Self {
        Self { seed, created: 0, uses: 0, by_id: BTreeMap::new(), stored: BTreeMap::new() }
    }

    pub(crate) fn create(
        &mut self,
        at: Instant,
        config: &GatewayConfig,
        owner: &UserId,
        content: &str,
        title: Option<&str>,
    ) -> Result<DocumentInfo, Refusal> {
        let id = self.next_id();
        let chars = self.count(config, owner, content)?;
        let blocks: Arc<[Block]> = blocks_of(content, config.max_block_chars).into();
        let info = DocumentInfo { id, title: title.map(str::to_owned), blocks: blocks.len() };
        self.file((at, owner), info.clone(), chars, Spoken::Texts(blocks));
        Ok(info)
    }

    /// The same of a text of which only the audio in one voice will be asked for. Gives the characters of its blocks.
    pub(crate) fn create_digest(
        &mut self,
        at: Instant,
        config: &GatewayConfig,
        owner: &UserId,
        content: &str,
        voice: (&str, &str),
    ) -> Result<(DocumentId, Arc<[u32]>), Refusal> {
        let id = self.next_id();
        let counted = self.count(config, owner, content)?;
        let digests = digests_of(content, config.max_block_chars, voice);
        let chars = digests.iter().map(super::blocks::Digest::chars).collect();
        let info = DocumentInfo { id, title: None, blocks: digests.len() };
        self.file((at, owner), info, counted, Spoken::Digests(digests.into()));
        Ok((id, chars))
    }

    fn next_id(&self) -> DocumentId {
        DocumentId::from_seed(self.seed.index(self.created))
    }

    /// Counts a text's characters for its owner.
    fn count(&mut self, config: &GatewayConfig, owner: &UserId, content: &str) -> Result<u64, Refusal> {
        let length = content.chars().count();
        if length == 0 {
            return Err(Refusal::ContentInvalid(ContentFault::TooShort));
        }
        if length > config.max_content_chars {
            return Err(Refusal::ContentInvalid(ContentFault::TooLong { max: config.max_content_chars }));
        }
        let chars = u64::try_from(length).unwrap_or(u64::MAX);
        let used = self.stored.get(owner).copied().unwrap_or(0);
        if let Some(limit) = config.storage_limit
            && used + chars > limit
        {
            return Err(Refusal::StorageLimit { used, limit });
        }
        self.stored.insert(owner.clone(), used + chars);
        Ok(chars)
    }

    fn file(&mut self, (at, owner): (Instant, &UserId), info: DocumentInfo, chars: u64, blocks: Spoken) {
        let DocumentInfo { id, title, .. } = info;
        self.created += 1;
        self.uses += 1;
        let owner = owner.clone();
        let document = Document { owner, title, created_at: at, blocks, chars, used: self.uses };
        self.by_id.insert(id, document);
    }

    /// The blocks of a document of that user, where their texts were kept.
    pub(crate) fn blocks(&self, user: &UserId, id: DocumentId) -> Option<&Arc<[Block]>> {
        match self.spoken(user, id)? {
            Spoken::Texts(blocks) => Some(blocks),
            Spoken::Digests(_) => None,
        }
    }

    /// What a document of that user has to speak.
    pub(crate) fn spoken(&self, user: &UserId, id: DocumentId) -> Option<&Spoken> {
        self.by_id.get(&id).filter(|document| document.owner == *user).map(|document| &document.blocks)
    }

    /// Notes that a document is used.
    pub(crate) fn touch(&mut self, id: DocumentId) {
        self.uses += 1;
        if let Some(document) = self.by_id.get_mut(&id) {
            document.used = self.uses;
        }
    }

    /// The documents of a user, the most recently used first: `limit` of them after `offset`.
    pub(crate) fn list(&self, user: &UserId, offset: usize, limit: usize) -> Vec<ListedDocument> {
        let mut own: Vec<_> = self.by_id.iter().filter(|(_, document)| document.owner == *user).collect();
        own.sort_by_key(|(_, document)| core::cmp::Reverse(document.used));
        let listed = |(id, document): (&DocumentId, &Document)| ListedDocument {
            id: *id,
            title: document.title.clone(),
            created_at: document.created_at,
        };
        own.into_iter().skip(offset).take(limit).map(listed).collect()
    }

    /// Whose document it is.
    pub(crate) fn owner(&self, id: DocumentId) -> Option<&UserId> {
        self.by_id.get(&id).map(|document| &document.owner)
    }

    pub(crate) fn delete(&mut self, user: &UserId, id: DocumentId) -> Result<(), Refusal> {
        if self.spoken(user, id).is_none() {
            return Err(Refusal::NotFound { resource: Resource::Document, id: id.to_string() });
        }
        if let Some(document) = self.by_id.remove(&id)
            && let Some(stored) = self.stored.get_mut(&document.owner)
        {
            *stored = stored.saturating_sub(document.chars);
        }
        Ok(())
    }

    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_its_owners_alone_and_is_deleted_once() {
        let (config, mut documents) = (GatewayConfig::current(), Documents::new(Seed::root(1)));
        let (me, other) = (UserId::new("me"), UserId::new("other"));
        let info = documents.create(Instant::START, &config, &me, "One.\n\nTwo.", Some("t")).unwrap();
        assert_eq!((info.blocks, info.title.as_deref()), (2, Some("t")));
        assert_eq!(documents.blocks(&me, info.id).unwrap()[1].text.as_ref(), "Two.");
        assert!(documents.blocks(&other, info.id).is_none());
        let gone = Refusal::NotFound { resource: Resource::Document, id: info.id.to_string() };
        assert_eq!(documents.delete(&other, info.id), Err(gone.clone()));
        assert_eq!(documents.delete(&me, info.id), Ok(()));
        assert_eq!(documents.delete(&me, info.id), Err(gone));
    }

    #[test]
    fn texts_that_are_empty_too_long_or_too_much_are_refused() {
        let config =
            GatewayConfig { max_content_chars: 10, storage_limit: Some(12), ..GatewayConfig::current() };
        let mut documents = Documents::new(Seed::root(1));
        let me = UserId::new("me");
        let mut create = |text: &str| documents.create(Instant::START, &config, &me, text, None);
        assert_eq!(create(""), Err(Refusal::ContentInvalid(ContentFault::TooShort)));
        let too_long = ContentFault::TooLong { max: 10 };
        assert_eq!(create("0123456789a"), Err(Refusal::ContentInvalid(too_long)));
        let first = create("0123456789").unwrap();
        assert_eq!(create("012"), Err(Refusal::StorageLimit { used: 10, limit: 12 }));
        documents.delete(&me, first.id).unwrap();
        documents.create(Instant::START, &config, &me, "012", None).unwrap();
    }

    #[test]
    fn everybody_has_a_list_of_his_own_with_the_last_used_first() {
        let (config, mut documents) = (GatewayConfig::current(), Documents::new(Seed::root(1)));
        let (me, other) = (UserId::new("me"), UserId::new("other"));
        let mut create =
            |user, title| documents.create(Instant::START, &config, user, "One.", Some(title)).unwrap().id;
        let ids = ["a", "b", "c"].map(|title| create(&me, title));
        create(&other, "d");
        documents.touch(ids[0]);
        let titles = |offset, limit| -> Vec<_> {
            documents.list(&me, offset, limit).into_iter().filter_map(|document| document.title).collect()
        };
        assert_eq!(titles(0, 50), ["a", "c", "b"]);
        assert_eq!((titles(1, 1), titles(3, 50)), (vec!["c".to_owned()], vec![]));
    }
}
