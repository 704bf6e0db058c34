//! Blocks a listener has left and may come back to: what was jumped over, and the audio of what was heard.
//!
//! Only listeners that do something besides listening have a shelf. Like a browser's, it keeps audio by block and
//! forgets what lies far behind; records of blocks that were not heard wait here for the end of the session.

use std::collections::BTreeMap;

use super::slot::{Progress, Slot};
use crate::{ids::BlockIdx, time::MediaTime};

#[derive(Clone, Debug, Default)]
pub(super) struct Shelf(BTreeMap<BlockIdx, Shelved>);

#[derive(Clone, Debug)]
enum Shelved {
    /// Left before it was heard to its end; its record is yet to be made. Without its audio it must be asked for anew.
    Unheard { slot: Box<Slot>, has_audio: bool },
    /// Recorded. Its audio, if that is still kept.
    Recorded { audio: Option<MediaTime> },
}

/// What is known of a block that comes into the window.
#[derive(Debug)]
pub(super) enum Return {
    /// It can be used as it is.
    Settled(Slot),
    /// It must be asked for; it was recorded before or not.
    ToAsk { recorded: bool },
}

impl Shelf {
    /// Puts away a block that was not heard to its end. What was merely asked for is wanted no more.
    pub(super) fn leave(&mut self, block: BlockIdx, slot: Slot) {
        let shelved = if slot.recorded {
            Shelved::Recorded { audio: kept_audio(&slot) }
        } else {
            Shelved::Unheard { has_audio: true, slot: Box::new(slot) }
        };
        self.0.insert(block, shelved);
    }

    /// Keeps the audio of a block that is done with.
    pub(super) fn keep(&mut self, block: BlockIdx, slot: &Slot) {
        self.0.insert(block, Shelved::Recorded { audio: kept_audio(slot) });
    }

    /// Forgets the audio of all blocks before `first`.
    pub(super) fn forget_before(&mut self, first: BlockIdx) {
        self.0.range_mut(..first).for_each(|(_, shelved)| shelved.drop_audio());
    }

    /// Forgets all audio.
    pub(super) fn forget_all(&mut self) {
        self.0.values_mut().for_each(Shelved::drop_audio);
    }

    /// Takes a block out, to be heard or asked for.
    pub(super) fn take(&mut self, block: BlockIdx, renewed: impl FnOnce(MediaTime) -> Slot) -> Return {
        match self.0.remove(&block) {
            Some(Shelved::Unheard { slot, has_audio: true }) if slot.is_settled() => Return::Settled(*slot),
            Some(Shelved::Recorded { audio: Some(media) }) => Return::Settled(renewed(media)),
            Some(Shelved::Recorded { audio: None }) => Return::ToAsk { recorded: true },
            Some(Shelved::Unheard { .. }) | None => Return::ToAsk { recorded: false },
        }
    }

    /// Whether a block can be heard without being asked for.
    pub(super) fn is_settled(&self, block: BlockIdx) -> bool {
        match self.0.get(&block) {
            Some(Shelved::Unheard { slot, has_audio }) => *has_audio && slot.is_settled(),
            Some(Shelved::Recorded { audio }) => audio.is_some(),
            None => false,
        }
    }

    /// A block whose audio is still being fetched.
    pub(super) fn arriving(&mut self, block: BlockIdx) -> Option<&mut Slot> {
        match self.0.get_mut(&block) {
            Some(Shelved::Unheard { slot, has_audio: true }) if slot.is_pending() && slot.is_settled() => {
                Some(slot)
            }
            Some(Shelved::Unheard { .. } | Shelved::Recorded { .. }) | None => None,
        }
    }

    /// What was never heard to its end, in reading order.
    pub(super) fn into_unheard(self) -> impl Iterator<Item = Slot> {
        self.0.into_values().filter_map(|shelved| match shelved {
            Shelved::Unheard { slot, .. } => Some(*slot),
            Shelved::Recorded { .. } => None,
        })
    }
}

impl Shelved {
    fn drop_audio(&mut self) {
        match self {
            Self::Unheard { has_audio, .. } => *has_audio = false,
            Self::Recorded { audio } => *audio = None,
        }
    }
}

fn kept_audio(slot: &Slot) -> Option<MediaTime> {
    (slot.progress == Progress::Complete).then_some(slot.record.media)
}
