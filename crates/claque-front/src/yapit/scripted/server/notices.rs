//! What a scripted service says of blocks.

use std::sync::Arc;

use claque_core::time::Instant;
use claque_gateway::VariantHash;

use super::{BlockMilestone, Key, Say, ScriptedOutput, ScriptedServer};
use crate::yapit::gateway::{BlockNotice, BlockStatus, Era, Notice};

impl ScriptedServer {
    pub(super) fn say_of(&mut self, now: Instant, key: &Key, say: &Say) {
        let block = key.0;
        let (status, happening) = match say {
            Say::Queued => (BlockStatus::Queued, BlockMilestone::Queued),
            Say::Processing => (BlockStatus::Processing, BlockMilestone::Processing),
            Say::Cached => (BlockStatus::Cached, BlockMilestone::Cached),
            Say::Skipped => (BlockStatus::Skipped, BlockMilestone::Skipped),
            Say::Error { .. } => (BlockStatus::Error, BlockMilestone::Error),
            Say::Evicted => return self.say(self.evicted(&[block])),
        };
        if status.is_final() {
            self.pending.remove(&block);
        }
        let (error, recoverable) = match say {
            Say::Error { text, recoverable } => (text.clone(), *recoverable),
            Say::Queued | Say::Processing | Say::Cached | Say::Skipped | Say::Evicted => (None, true),
        };
        let names_audio = status == BlockStatus::Cached
            || (status == BlockStatus::Queued && self.script.era == Era::Current);
        let variant = names_audio.then(|| self.variant(key));
        self.say(Notice::Status(BlockNotice {
            document: self.document,
            block: block.into(),
            status,
            variant,
            duration: None,
            error,
            recoverable,
            model: Arc::clone(&self.model),
            voice: key.1.as_str().into(),
        }));
        self.count(now, happening, block);
    }

    fn variant(&mut self, (block, voice): &Key) -> VariantHash {
        let variant = VariantHash::of(&block.to_string(), &self.model, voice);
        self.variants.insert(variant, *block);
        variant
    }

    pub(super) fn evicted(&self, blocks: &[u32]) -> Notice {
        let blocks = blocks.iter().map(|block| i64::from(*block)).collect();
        Notice::Evicted { document: self.document, blocks }
    }

    /// An answer that falls due while there is no connection is lost.
    pub(super) fn say(&mut self, notice: Notice) {
        if let Some(conn) = self.conn {
            self.outputs.push_back(ScriptedOutput::Notice { conn, notice });
        }
    }
}
