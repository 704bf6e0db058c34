//! What a listener makes of what the service says of its document's blocks: the typed half of a session.
//!
//! [`super::ClientSession`] feeds it from text frames, the simulator directly; neither has rules of its own.

use claque_core::{
    event::{Event, Failure, FailureClass, FailureScope, Phase, StatusKind},
    ids::BlockIdx,
    time::MediaTime,
};

use super::{BlockStatus, failure::block_error_class};

/// One listener's conversation about one document.
///
/// It remembers what was asked for, so that a block reported twice is fetched once, and what is no longer wanted is not fetched.
/// Messages about other documents and in other voices are not for it.
#[derive(Clone, Debug, Default)]
pub struct Conversation {
    /// How blocks stand, by their number, up to the last that was asked for. A byte for each, for every listener of a crowd
    /// keeps one.
    blocks: Vec<BlockState>,
}

/// What the service says of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockReport<'a, R> {
    /// The block's number, as the service tells it.
    pub block: i64,
    /// What became of it.
    pub status: BlockStatus,
    /// Where its audio is, if that is told.
    pub audio: Option<R>,
    /// How long the service says that it is.
    pub declared: Option<MediaTime>,
    /// Why it failed, in the service's words.
    pub error: Option<&'a str>,
    /// Whether asking again may help.
    pub recoverable: bool,
}

/// What follows from what the service said. `R` is where audio is: a URL, or whatever stands for one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Consequence<R> {
    /// Hand this to the listener.
    Event(Event),
    /// Fetch this block's audio.
    Fetch {
        /// The block whose audio it is.
        block: BlockIdx,
        /// Where it is.
        audio: R,
        /// How long the service says that it is; none says nothing.
        declared: Option<MediaTime>,
    },
}

impl<R> Consequence<R> {
    /// The same, where what stands for audio is something else.
    pub fn map<S>(self, other: impl FnOnce(R) -> S) -> Consequence<S> {
        match self {
            Self::Event(event) => Consequence::Event(event),
            Self::Fetch { block, audio, declared } => {
                Consequence::Fetch { block, audio: other(audio), declared }
            }
        }
    }
}

/// Where a block stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BlockState {
    /// Never asked for.
    Unasked,
    /// Asked for once, and not answered for good.
    Asked,
    /// Asked for more than once, so that it may be answered as often, and not answered for good.
    AskedAgain,
    /// Asked for once and answered for good: a second answer is one too many.
    Answered,
    /// Answered for good, withdrawn, or no longer wanted: says nothing more until asked for again.
    Quiet,
}

impl BlockState {
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

impl Conversation {
    /// Notes that a block is asked for.
    pub fn ask(&mut self, block: BlockIdx) {
        let index = index(block);
        if index >= self.blocks.len() {
            self.blocks.resize(index + 1, BlockState::Unasked);
        }
        self.blocks[index] = self.blocks[index].asked_once_more();
    }

    /// Nothing of these blocks is wanted until they are asked for again.
    pub fn forget(&mut self, blocks: &[BlockIdx]) {
        for block in blocks {
            if let Some(standing) = self.standing(*block) {
                *standing = BlockState::Quiet;
            }
        }
    }

    /// Nothing of what was asked for is wanted any more.
    pub fn forget_all(&mut self) {
        self.blocks.iter_mut().filter(|standing| standing.is_awaited()).for_each(|standing| {
            *standing = BlockState::Quiet;
        });
    }

    /// Takes what the service says of a block and tells what follows from it, in order.
    pub fn handle_report<R>(&mut self, report: BlockReport<'_, R>, tell: &mut impl FnMut(Consequence<R>)) {
        let Some(block) = u32::try_from(report.block).ok().map(BlockIdx) else {
            tell(unasked(report.block, "spoke of"));
            return;
        };
        if report.status == BlockStatus::Error {
            self.handle_error(block, &report, tell);
            return;
        }
        let Some(standing) = self.standing(block) else {
            tell(unasked(report.block, "spoke of"));
            return;
        };
        if !standing.is_awaited() {
            let is_answer = matches!(report.status, BlockStatus::Cached | BlockStatus::Skipped);
            if is_answer && *standing == BlockState::Answered {
                tell(warning(format!("server answered block {block} more than once")));
            }
            return;
        }
        match report.status {
            BlockStatus::Queued => tell(said(block, StatusKind::Queued)),
            BlockStatus::Processing => tell(said(block, StatusKind::Processing)),
            BlockStatus::Skipped => {
                *standing = standing.answered();
                tell(said(block, StatusKind::Skipped));
            }
            BlockStatus::Cached => {
                *standing = standing.answered();
                let Some(audio) = report.audio else {
                    let text = "server called the block ready without an audio_url".to_owned();
                    tell(failed(block_failure(FailureClass::Protocol, text, block)));
                    return;
                };
                tell(said(block, StatusKind::Ready));
                tell(Consequence::Fetch { block, audio, declared: report.declared });
            }
            BlockStatus::Error => {}
        }
    }

    /// A block cannot be had, for a reason of the protocol's.
    pub(super) fn fail<R>(&mut self, block: BlockIdx, text: String, tell: &mut impl FnMut(Consequence<R>)) {
        if let Some(standing) = self.standing(block).filter(|standing| standing.is_awaited()) {
            *standing = standing.answered();
            tell(failed(block_failure(FailureClass::Protocol, text, block)));
        }
    }

    /// A player remembers an error, whether or not it waits for that block.
    fn handle_error<R>(
        &mut self,
        block: BlockIdx,
        report: &BlockReport<'_, R>,
        tell: &mut impl FnMut(Consequence<R>),
    ) {
        if let Some(standing) = self.standing(block) {
            *standing = BlockState::Quiet;
        }
        let words = report.error.unwrap_or("the server gave no reason").to_owned();
        let failure = block_failure(block_error_class(&words, report.recoverable), words, block);
        tell(Consequence::Event(Event::BlockError { failure, recoverable: report.recoverable }));
    }

    /// Takes the numbers of blocks that the service withdraws and tells what follows from it.
    pub fn handle_evicted<R>(&mut self, indices: &[i64], tell: &mut impl FnMut(Consequence<R>)) {
        let mut blocks = Vec::new();
        // One for a message: there is room for a million in it.
        let mut unknown = None;
        for index in indices {
            let asked = u32::try_from(*index).ok().map(BlockIdx);
            match asked.and_then(|block| self.standing(block).map(|standing| (block, standing))) {
                Some((block, standing)) => {
                    *standing = BlockState::Quiet;
                    blocks.push(block);
                }
                None => unknown = unknown.or(Some(*index)),
            }
        }
        if let Some(index) = unknown {
            tell(unasked(index, "withdrew"));
        }
        if !blocks.is_empty() {
            tell(Consequence::Event(Event::Evicted { blocks }));
        }
    }

    /// How a block stands, if it was ever asked for.
    fn standing(&mut self, block: BlockIdx) -> Option<&mut BlockState> {
        self.blocks.get_mut(index(block)).filter(|standing| **standing != BlockState::Unasked)
    }
}

fn index(block: BlockIdx) -> usize {
    usize::try_from(block.0).expect("memory has more than 32 bits of addresses")
}

const fn block_failure(class: FailureClass, text: String, block: BlockIdx) -> Failure {
    Failure { phase: Phase::BeforeAudio, class, code: None, text, kills: FailureScope::Block(block) }
}

const fn failed<R>(failure: Failure) -> Consequence<R> {
    Consequence::Event(Event::Failed(failure))
}

const fn said<R>(block: BlockIdx, kind: StatusKind) -> Consequence<R> {
    Consequence::Event(Event::Status { block, kind })
}

fn unasked<R>(block: i64, what: &str) -> Consequence<R> {
    warning(format!("server {what} block {block}, which was not asked for"))
}

const fn warning<R>(text: String) -> Consequence<R> {
    Consequence::Event(Event::Warning { text })
}
