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
use claque_wire::yapit::session_error;

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
    Withdrawn,
    Settled,
    SettledLate,
    Lapsed,
}

impl Session {
    pub(crate) fn new(document: DocumentId, voice: Arc<str>, blocks: usize) -> Self {
        Self { document, voice, blocks: vec![Standing::Unasked; blocks] }
    }

    pub(crate) const fn voice(&self) -> &Arc<str> {
        &self.voice
    }

    /// Nothing is wanted any more but what is asked for from now on.
    pub(crate) fn cursor_moved(&mut self) {
        for standing in &mut self.blocks {
            *standing = match *standing {
                Standing::Unasked => Standing::Unasked,
                Standing::Asked | Standing::Withdrawn | Standing::Lapsed => Standing::Lapsed,
                Standing::Settled | Standing::SettledLate => Standing::SettledLate,
            };
        }
    }

    /// Asks in another voice from now on.
    pub(crate) fn change_voice(&mut self, voice: Arc<str>) {
        self.voice = voice;
        let asked = self.blocks.iter_mut().filter(|standing| **standing != Standing::Unasked);
        asked.for_each(|standing| *standing = Standing::Lapsed);
    }

    /// Notes that `blocks` are asked for.
    pub(crate) fn request(&mut self, blocks: &[BlockIdx]) {
        for block in blocks {
            if let Some(standing) = self.standing(i64::from(block.0)) {
                *standing = match *standing {
                    Standing::Unasked
                    | Standing::Asked
                    | Standing::Withdrawn
                    | Standing::SettledLate
                    | Standing::Lapsed => Standing::Asked,
                    Standing::Settled => Standing::Settled,
                };
            }
        }
    }

    /// Notes that a fetch failed: asking again may fetch again.
    pub(crate) fn fetch_failed(&mut self, block: BlockIdx) {
        if let Some(standing) = self.standing(i64::from(block.0)) {
            *standing = Standing::Lapsed;
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

    fn standing(&mut self, block: i64) -> Option<&mut Standing> {
        self.blocks.get_mut(usize::try_from(block).ok()?)
    }

    fn asked(&mut self, block: i64) -> Option<(BlockIdx, &mut Standing)> {
        let idx = u32::try_from(block).ok().map(BlockIdx)?;
        self.standing(block)
            .filter(|standing| **standing != Standing::Unasked)
            .map(|standing| (idx, standing))
    }

    fn handle_status(&mut self, status: BlockNotice, out: &mut Vec<News>) {
        let words = |error: Option<String>| error.unwrap_or_else(|| "the server gave no reason".to_owned());
        if status.status == BlockStatus::Error && !status.recoverable {
            out.push(failed(failure(FailureClass::Limit, words(status.error), Kills::Session)));
            return;
        }
        let is_old_voice = status.voice != self.voice;
        let Some((block, standing)) = self.asked(status.block) else {
            out.push(warning(format!("server spoke of block {}, which was not asked for", status.block)));
            return;
        };
        if is_old_voice {
            return;
        }
        let settled = match *standing {
            Standing::Asked => Standing::Settled,
            Standing::Withdrawn => Standing::SettledLate,
            Standing::Unasked | Standing::Settled | Standing::SettledLate | Standing::Lapsed => return,
        };
        match (status.status, status.variant) {
            (BlockStatus::Queued, _) => out.push(said(block, StatusKind::Queued)),
            (BlockStatus::Processing, _) => out.push(said(block, StatusKind::Processing)),
            (BlockStatus::Skipped, _) => {
                *standing = settled;
                out.push(said(block, StatusKind::Skipped));
            }
            (BlockStatus::Cached, Some(variant)) => {
                *standing = settled;
                out.push(said(block, StatusKind::Ready));
                out.push(News::Fetch { block, variant });
            }
            (BlockStatus::Cached, None) => {
                *standing = Standing::Lapsed;
                let text = "server called the block ready without an audio_url".to_owned();
                out.push(failed(failure(FailureClass::Protocol, text, Kills::Block(block))));
            }
            (BlockStatus::Error, _) => {
                *standing = Standing::Lapsed;
                out.push(failed(failure(FailureClass::Server, words(status.error), Kills::Block(block))));
            }
        }
    }

    fn handle_evicted(&mut self, indices: &[i64], out: &mut Vec<News>) {
        let mut blocks = Vec::with_capacity(indices.len());
        for index in indices {
            let Some((block, standing)) = self.asked(*index) else {
                out.push(warning(format!("server withdrew block {index}, which was not asked for")));
                continue;
            };
            *standing = match *standing {
                Standing::Unasked | Standing::Asked | Standing::Withdrawn => Standing::Withdrawn,
                Standing::Settled | Standing::SettledLate => Standing::SettledLate,
                Standing::Lapsed => Standing::Lapsed,
            };
            blocks.push(block);
        }
        if !blocks.is_empty() {
            out.push(News::Event(Event::Evicted { blocks }));
        }
    }
}

const fn failure(class: FailureClass, text: String, kills: Kills) -> Failure {
    Failure { phase: Phase::BeforeAudio, class, code: None, text, kills }
}

const fn failed(failure: Failure) -> News {
    News::Event(Event::Failed(failure))
}

const fn said(block: BlockIdx, kind: StatusKind) -> News {
    News::Event(Event::Status { block, kind })
}

const fn warning(text: String) -> News {
    News::Event(Event::Warning { text })
}

const fn foreign() -> News {
    News::Event(Event::Foreign)
}

#[cfg(test)]
mod tests;
