//! Documents and who they belong to.

use std::{collections::BTreeMap, sync::Arc};

use claque_core::rng::Seed;

use crate::{
    blocks::{Block, blocks_of},
    config::GatewayConfig,
    ids::{DocumentId, UserId},
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

/// All documents.
#[derive(Clone, Debug)]
pub(crate) struct Documents {
    seed: Seed,
    created: u64,
    by_id: BTreeMap<DocumentId, Document>,
    stored: BTreeMap<UserId, u64>,
}

#[derive(Clone, Debug)]
struct Document {
    owner: UserId,
    blocks: Arc<[Block]>,
    chars: u64,
}

impl Documents {
    pub(crate) const fn new(seed: Seed) -> Self {
        Self { seed, created: 0, by_id: BTreeMap::new(), stored: BTreeMap::new() }
    }

    pub(crate) fn create(
        &mut self,
        config: &GatewayConfig,
        owner: &UserId,
        content: &str,
        title: Option<&str>,
    ) -> Result<DocumentInfo, Refusal> {
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
        let id = DocumentId::from_seed(self.seed.index(self.created));
        self.created += 1;
        let blocks: Arc<[Block]> = blocks_of(content, config.max_block_chars).into();
        let info = DocumentInfo { id, title: title.map(str::to_owned), blocks: blocks.len() };
        self.stored.insert(owner.clone(), used + chars);
        self.by_id.insert(id, Document { owner: owner.clone(), blocks, chars });
        Ok(info)
    }

    /// The blocks of a document of that user.
    pub(crate) fn blocks(&self, user: &UserId, id: DocumentId) -> Option<&Arc<[Block]>> {
        self.by_id.get(&id).filter(|document| document.owner == *user).map(|document| &document.blocks)
    }

    pub(crate) fn delete(&mut self, user: &UserId, id: DocumentId) -> Result<(), Refusal> {
        if self.blocks(user, id).is_none() {
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
        let info = documents.create(&config, &me, "One.\n\nTwo.", Some("t")).unwrap();
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
        let mut create = |text: &str| documents.create(&config, &me, text, None);
        assert_eq!(create(""), Err(Refusal::ContentInvalid(ContentFault::TooShort)));
        let too_long = ContentFault::TooLong { max: 10 };
        assert_eq!(create("0123456789a"), Err(Refusal::ContentInvalid(too_long)));
        let first = create("0123456789").unwrap();
        assert_eq!(create("012"), Err(Refusal::StorageLimit { used: 10, limit: 12 }));
        documents.delete(&me, first.id).unwrap();
        documents.create(&config, &me, "012", None).unwrap();
    }
}
