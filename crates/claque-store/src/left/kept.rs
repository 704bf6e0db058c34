//! Documents that were kept for other runs of the same text.
//!
//! What was kept is found again by this file alone, for it knows the text of each; whether a document is still there is
//! found out by asking for its blocks.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{error::StoreError, files};

/// A document that was kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptDocument {
    /// Address of the service.
    pub target: String,
    /// Who owns it, without a secret, as in a run's journal.
    pub owner: String,
    /// Number of the account that made it, from 0 in the order given.
    pub account: u32,
    /// SHA-256 of its text, in hexadecimal digits.
    pub text_hash: String,
    /// As the service names it.
    pub id: String,
    /// Its title.
    pub title: String,
}

/// All documents that were kept beside a folder of runs.
#[derive(Debug)]
pub struct KeptDocuments {
    path: PathBuf,
    documents: Vec<KeptDocument>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Line {
    Kept(KeptDocument),
    Forgotten { id: String },
}

impl KeptDocuments {
    /// Reads what is kept beside the runs in `parent`.
    ///
    /// # Errors
    /// The file cannot be read, or is damaged.
    pub fn read(parent: &Path) -> Result<Self, StoreError> {
        let path = parent.join(files::KEPT);
        let mut documents: Vec<KeptDocument> = Vec::new();
        for line in super::read(&path)?.unwrap_or_default() {
            match line {
                Line::Kept(document) => documents.push(document),
                Line::Forgotten { id } => documents.retain(|document| document.id != id),
            }
        }
        Ok(Self { path, documents })
    }

    /// Every document, in the order in which they were kept.
    #[must_use]
    pub fn documents(&self) -> &[KeptDocument] {
        &self.documents
    }

    /// Documents of that text at that service of that owner, in the order in which they were kept.
    pub fn of<'a>(
        &'a self,
        target: &'a str,
        owner: &'a str,
        text_hash: &'a str,
    ) -> impl Iterator<Item = &'a KeptDocument> {
        self.documents.iter().filter(move |document| {
            document.target == target && document.owner == owner && document.text_hash == text_hash
        })
    }

    /// Notes that a document was kept.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn keep(&mut self, document: KeptDocument) -> Result<(), StoreError> {
        self.append(&Line::Kept(document.clone()))?;
        self.documents.push(document);
        Ok(())
    }

    /// Notes that a document is gone. When none is left the file goes.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn forget(&mut self, id: &str) -> Result<(), StoreError> {
        self.append(&Line::Forgotten { id: id.to_owned() })?;
        self.documents.retain(|document| document.id != id);
        if self.documents.is_empty() {
            return fs::remove_file(&self.path)
                .map_err(|source| StoreError::io("remove", &self.path, source));
        }
        Ok(())
    }

    fn append(&self, line: &Line) -> Result<(), StoreError> {
        let file = fs::File::options().append(true).create(true).open(&self.path);
        let mut file = file.map_err(|source| StoreError::io("open", &self.path, source))?;
        super::append(&mut file, &self.path, line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(id: &str, owner: &str) -> KeptDocument {
        KeptDocument {
            target: "http://tts.example".to_owned(),
            owner: owner.to_owned(),
            account: 0,
            text_hash: "ab".to_owned(),
            id: id.to_owned(),
            title: "title".to_owned(),
        }
    }

    #[test]
    fn what_is_kept_is_found_again_by_service_owner_and_text() {
        let parent = tempfile::tempdir().unwrap();
        let mut kept = KeptDocuments::read(parent.path()).unwrap();
        assert!(kept.documents().is_empty());
        for (id, owner) in [("a", "u"), ("b", "u"), ("c", "v")] {
            kept.keep(document(id, owner)).unwrap();
        }
        kept.forget("a").unwrap();
        let mut kept = KeptDocuments::read(parent.path()).unwrap();
        let found = |kept: &KeptDocuments, hash| {
            kept.of("http://tts.example", "u", hash).map(|document| document.id.clone()).collect::<Vec<_>>()
        };
        assert_eq!(found(&kept, "ab"), ["b"]);
        assert!(found(&kept, "cd").is_empty() && kept.of("http://other.example", "u", "ab").next().is_none());
        kept.forget("b").unwrap();
        kept.forget("c").unwrap();
        assert!(!parent.path().join(files::KEPT).exists());
    }
}
