//! What a connection asked for and waits to have admitted.

use std::{collections::VecDeque, sync::Arc, vec};

use claque_gateway::DocumentId;

use super::super::blocks::Spoken;

/// Something a connection asked for, in the order of its messages.
#[derive(Clone, Debug)]
pub(crate) enum Work {
    /// Blocks of a request, at least one.
    Blocks {
        request: Arc<BlockRequest>,
        blocks: vec::IntoIter<i64>,
    },
    Moved {
        document: DocumentId,
        cursor: i64,
    },
}

/// One thing of a connection's backlog, whose turn has come.
#[derive(Clone, Debug)]
pub(crate) enum Admitted {
    Block(Arc<BlockRequest>, i64),
    Moved { document: DocumentId, cursor: i64 },
}

/// What all blocks of a request have in common, as far as it was checked.
#[derive(Clone, Debug)]
pub(crate) struct BlockRequest {
    pub(crate) document: DocumentId,
    pub(crate) blocks: Spoken,
    /// Index of the model.
    pub(crate) pool: usize,
    pub(crate) model: Arc<str>,
    pub(crate) voice: Arc<str>,
}

/// What a connection waits for, in the order of its messages.
#[derive(Clone, Debug, Default)]
pub(super) struct Backlog(VecDeque<Work>);

impl Backlog {
    pub(super) fn push(&mut self, work: Work) {
        self.0.push_back(work);
    }

    pub(super) fn front(&self) -> Option<&Work> {
        self.0.front()
    }

    /// The first. Most connections wait for nothing most of the time, and keep no room for it then.
    pub(super) fn take(&mut self) -> Option<Admitted> {
        let admitted = match self.0.front_mut()? {
            Work::Blocks { request, blocks } => {
                let admitted = Admitted::Block(Arc::clone(request), blocks.next()?);
                if blocks.len() > 0 {
                    return Some(admitted);
                }
                admitted
            }
            Work::Moved { document, cursor } => Admitted::Moved { document: *document, cursor: *cursor },
        };
        self.0.pop_front();
        if self.0.is_empty() {
            self.0 = VecDeque::new();
        }
        Some(admitted)
    }
}
