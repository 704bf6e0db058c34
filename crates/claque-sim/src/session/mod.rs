//! A listener's side of one connection, for typed notices of the gateway: they go into the conversation of `claque_wire` as they are,
//! which spares the simulator a round trip through bytes.

use std::sync::Arc;

use claque_core::{event::Event, ids::BlockIdx};
use claque_front::typed::conversation::{BlockNotice, Notice, block_status};
use claque_gateway::{DocumentId, VariantHash};
use claque_wire::typed::conversation::{BlockReport, Consequence, Conversation, session_error};

/// What follows from a notice.
pub(crate) type NoticeConsequence = Consequence<VariantHash>;

/// Whether a client looks at whose document a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DocumentCheck {
    Checked,
    /// Every block is taken for one of its own.
    Unchecked,
}

/// One listener's conversation about one document.
#[derive(Debug)]
pub(crate) struct Session {
    document: DocumentId,
    check: DocumentCheck,
    voice: Arc<str>,
    conversation: Conversation,
}

impl Session {
    pub(crate) fn new(document: DocumentId, check: DocumentCheck, voice: Arc<str>) -> Self {
        Self { document, check, voice, conversation: Conversation::default() }
    }

    pub(crate) const fn voice(&self) -> &Arc<str> {
        &self.voice
    }

    /// Nothing of these blocks is wanted until they are asked for again.
    pub(crate) fn forget(&mut self, blocks: &[BlockIdx]) {
        self.conversation.forget(blocks);
    }

    /// Asks in another voice from now on.
    pub(crate) fn change_voice(&mut self, voice: Arc<str>) {
        self.voice = voice;
        self.conversation.forget_all();
    }

    /// Notes that `blocks` are asked for.
    pub(crate) fn request(&mut self, blocks: &[BlockIdx]) {
        blocks.iter().for_each(|block| self.conversation.ask(*block));
    }

    /// Takes a notice and appends what follows from it, in order.
    pub(crate) fn handle_notice(&mut self, notice: Notice, out: &mut Vec<NoticeConsequence>) {
        let mut tell = |news| out.push(news);
        match notice {
            Notice::Status(status) if self.is_foreign(status.document) => {
                tell(NoticeConsequence::Event(Event::Foreign))
            }
            Notice::Status(status) => self.handle_status(&status, &mut tell),
            Notice::Evicted { document, .. } if self.is_foreign(document) => {
                tell(NoticeConsequence::Event(Event::Foreign));
            }
            Notice::Evicted { blocks, .. } => self.conversation.handle_evicted(&blocks, &mut tell),
            Notice::Error { text } => tell(NoticeConsequence::Event(Event::Failed(session_error(&text)))),
        }
    }

    fn is_foreign(&self, document: DocumentId) -> bool {
        self.check == DocumentCheck::Checked && document != self.document
    }

    fn handle_status(&mut self, status: &BlockNotice, tell: &mut impl FnMut(NoticeConsequence)) {
        if *status.voice != *self.voice {
            // Asked for before the voice was changed.
            return;
        }
        let report = BlockReport {
            block: status.block,
            status: block_status(status.status),
            audio: status.variant,
            declared: None,
            error: status.error.as_deref(),
            recoverable: status.recoverable,
        };
        self.conversation.handle_report(report, tell);
    }
}

#[cfg(test)]
mod tests;
