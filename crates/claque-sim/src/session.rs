//! A listener's side of one connection, for typed messages: what each notice leads to.
//!
//! The rules are those of `claque_wire::yapit::ClientSession`, which reads text frames; a property of this crate
//! holds the two together. Typed messages spare the simulator a round trip through JSON.

use std::sync::Arc;

use claque_core::{
    event::{Event, Failure, FailureClass, Kills, Phase, StatusKind},
    ids::BlockIdx,
};
use claque_gateway::{BlockNotice, BlockStatus, DocumentId, Notice, VariantHash};
use claque_wire::yapit::{block_error_class, session_error};

/// One listener's conversation about one document.
#[derive(Debug)]
pub(crate) struct Session {
    document: DocumentId,
    voice: Arc<str>,
    blocks: Vec<Standing>,
}

/// What follows from a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// Hand this to the player.
    Event(Event),
    /// Fetch this block's audio.
    Fetch { block: BlockIdx, variant: VariantHash },
}

/// Where a block stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Unasked,
    Asked,
    AskedAgain,
    Answered,
    Quiet,
}

impl Standing {
    const fn asked_once_more(self) -> Self {
        match self {
            Self::Unasked => Self::Asked,
            Self::Asked | Self::AskedAgain | Self::Answered | Self::Quiet => Self::AskedAgain,
        }
    }

    const fn is_awaited(self) -> bool {
        matches!(self, Self::Asked | Self::AskedAgain)
    }

    const fn answered(self) -> Self {
        match self {
            Self::Asked | Self::Answered => Self::Answered,
            Self::Unasked | Self::AskedAgain | Self::Quiet => Self::Quiet,
        }
    }
}

impl Session {
    pub(crate) fn new(document: DocumentId, voice: Arc<str>, blocks: usize) -> Self {
        Self { document, voice, blocks: vec![Standing::Unasked; blocks] }
    }

    pub(crate) const fn voice(&self) -> &Arc<str> {
        &self.voice
    }

    /// Nothing of these blocks is wanted until they are asked for again.
    pub(crate) fn forget(&mut self, blocks: &[BlockIdx]) {
        for block in blocks {
            if let Some(standing) = self.asked(*block) {
                *standing = Standing::Quiet;
            }
        }
    }

    /// Asks in another voice from now on.
    pub(crate) fn change_voice(&mut self, voice: Arc<str>) {
        self.voice = voice;
        let asked = self.blocks.iter_mut().filter(|standing| standing.is_awaited());
        asked.for_each(|standing| *standing = Standing::Quiet);
    }

    /// Notes that `blocks` are asked for.
    pub(crate) fn request(&mut self, blocks: &[BlockIdx]) {
        for block in blocks {
            if let Some(standing) = self.standing(*block) {
                *standing = standing.asked_once_more();
            }
        }
    }

    /// Takes a notice and appends what follows from it, in order.
    pub(crate) fn handle_notice(&mut self, notice: Notice, out: &mut Vec<News>) {
        match notice {
            Notice::Status(status) if status.document != self.document => out.push(foreign()),
            Notice::Status(status) => self.handle_status(status, out),
            Notice::Evicted { document, .. } if document != self.document => out.push(foreign()),
            Notice::Evicted { blocks, .. } => self.handle_evicted(&blocks, out),
            Notice::Error { text } => out.push(failed(session_error(&text))),
        }
    }

    fn standing(&mut self, block: BlockIdx) -> Option<&mut Standing> {
        self.blocks.get_mut(usize::try_from(block.0).ok()?)
    }

    fn asked(&mut self, block: BlockIdx) -> Option<&mut Standing> {
        self.standing(block).filter(|standing| **standing != Standing::Unasked)
    }

    fn handle_status(&mut self, status: BlockNotice, out: &mut Vec<News>) {
        let Some(block) = u32::try_from(status.block).ok().map(BlockIdx) else {
            out.push(unasked(status.block, "spoke of"));
            return;
        };
        if status.voice != self.voice {
            return;
        }
        if status.status == BlockStatus::Error {
            self.handle_error(block, status, out);
            return;
        }
        let Some(standing) = self.asked(block) else {
            out.push(unasked(status.block, "spoke of"));
            return;
        };
        if !standing.is_awaited() {
            let is_answer = matches!(status.status, BlockStatus::Cached | BlockStatus::Skipped);
            if is_answer && *standing == Standing::Answered {
                out.push(warning(format!("server answered block {block} more than once")));
            }
            return;
        }
        match (status.status, status.variant) {
            (BlockStatus::Queued, _) => out.push(said(block, StatusKind::Queued)),
            (BlockStatus::Processing, _) => out.push(said(block, StatusKind::Processing)),
            (BlockStatus::Skipped, _) => {
                *standing = standing.answered();
                out.push(said(block, StatusKind::Skipped));
            }
            (BlockStatus::Cached, Some(variant)) => {
                *standing = standing.answered();
                out.push(said(block, StatusKind::Ready));
                out.push(News::Fetch { block, variant });
            }
            (BlockStatus::Cached, None) => {
                *standing = standing.answered();
                let text = "server called the block ready without an audio_url".to_owned();
                out.push(failed(block_failure(FailureClass::Protocol, text, block)));
            }
            (BlockStatus::Error, _) => {}
        }
    }

    fn handle_error(&mut self, block: BlockIdx, status: BlockNotice, out: &mut Vec<News>) {
        if let Some(standing) = self.asked(block) {
            *standing = Standing::Quiet;
        }
        let words = status.error.unwrap_or_else(|| "the server gave no reason".to_owned());
        let failure = block_failure(block_error_class(&words, status.recoverable), words, block);
        out.push(News::Event(Event::BlockError { failure, recoverable: status.recoverable }));
    }

    fn handle_evicted(&mut self, indices: &[i64], out: &mut Vec<News>) {
        let mut blocks = Vec::new();
        let mut unknown = None;
        for index in indices {
            let block = u32::try_from(*index).ok().map(BlockIdx);
            match block.and_then(|block| self.asked(block).map(|standing| (block, standing))) {
                Some((block, standing)) => {
                    *standing = Standing::Quiet;
                    blocks.push(block);
                }
                None => unknown = unknown.or(Some(*index)),
            }
        }
        out.extend(unknown.map(|index| unasked(index, "withdrew")));
        if !blocks.is_empty() {
            out.push(News::Event(Event::Evicted { blocks }));
        }
    }
}

const fn block_failure(class: FailureClass, text: String, block: BlockIdx) -> Failure {
    Failure { phase: Phase::BeforeAudio, class, code: None, text, kills: Kills::Block(block) }
}

const fn failed(failure: Failure) -> News {
    News::Event(Event::Failed(failure))
}

const fn said(block: BlockIdx, kind: StatusKind) -> News {
    News::Event(Event::Status { block, kind })
}

fn unasked(block: i64, what: &str) -> News {
    warning(format!("server {what} block {block}, which was not asked for"))
}

const fn warning(text: String) -> News {
    News::Event(Event::Warning { text })
}

const fn foreign() -> News {
    News::Event(Event::Foreign)
}

#[cfg(test)]
mod tests;
