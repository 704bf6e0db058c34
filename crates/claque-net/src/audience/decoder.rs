//! Listens to a sample of the compressed audio, on a thread beside the lanes: whether there is any sound in it.

use std::{
    sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    thread::{self, JoinHandle},
};

use claque_core::{
    ids::{BlockIdx, ListenerId},
    record::{Fact, SoundRecord},
    remark::Sound,
    rng::Seed,
};
use claque_wire::audio::Container;
use tokio::sync::mpsc;

use super::{decoding::SoundFinder, ledger::Batch};

/// Bodies that wait to be decoded. Lanes never wait for it: what finds no room is counted as missed.
const BODIES: usize = 32;

/// The first block of so many listeners is decoded whatever is drawn, so that the shortest run is listened to.
const ALWAYS: u32 = 4;

/// Which audio is decoded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Choice {
    /// Share of all, 0 to 1.
    share: f64,
    seed: Seed,
}

/// A body to be listened to.
#[derive(Debug)]
struct Body {
    listener: ListenerId,
    block: BlockIdx,
    container: Container,
    bytes: Vec<u8>,
}

/// The way to the thread that decodes. It ends when all lanes have dropped theirs.
#[derive(Clone, Debug)]
pub(super) struct Decoder {
    choice: Choice,
    give: SyncSender<Body>,
}

impl Decoder {
    /// Starts a thread that decodes `share` of all audio, and tells what it heard as facts.
    ///
    /// # Errors
    /// There is no thread.
    pub(super) fn start(
        share: f64,
        seed: Seed,
        facts: mpsc::Sender<Batch>,
    ) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (give, bodies) = sync_channel(BODIES);
        let thread =
            thread::Builder::new().name("decoder".to_owned()).spawn(move || decode(&bodies, &facts))?;
        Ok((Self { choice: Choice { share, seed }, give }, thread))
    }

    /// Whether the audio of this block is to be decoded.
    pub(super) fn chooses(&self, listener: ListenerId, block: BlockIdx) -> bool {
        self.choice.chooses(listener, block)
    }

    /// Has a body listened to, unless it was too long to be kept. Gives a fact instead if that cannot be.
    pub(super) fn listen(
        &self,
        (listener, block): (ListenerId, BlockIdx),
        container: Container,
        bytes: Option<Vec<u8>>,
    ) -> Option<Fact> {
        let missed =
            Some(Fact::Sound(SoundRecord { listener, block, sound: Sound::Missed, leading_silence: None }));
        let Some(bytes) = bytes else { return missed };
        match self.give.try_send(Body { listener, block, container, bytes }) {
            Ok(()) => None,
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => missed,
        }
    }
}

impl Choice {
    fn chooses(self, listener: ListenerId, block: BlockIdx) -> bool {
        let is_first = block == BlockIdx(0) && listener.0 < ALWAYS;
        let seed = self.seed.index(listener.0.into()).index(block.0.into());
        // Every block of a run is drawn for, and one draw needs no generator.
        let drawn = u32::try_from(seed.value() >> 32).unwrap_or(u32::MAX);
        is_first || f64::from(drawn) / 2_f64.powi(32) < self.share
    }
}

fn decode(bodies: &Receiver<Body>, facts: &mpsc::Sender<Batch>) {
    let mut finder = SoundFinder::default();
    for Body { listener, block, container, bytes } in bodies {
        let (sound, leading_silence) = finder.sound_of(container, bytes);
        let heard = Fact::Sound(SoundRecord { listener, block, sound, leading_silence });
        let batch = Batch { facts: vec![heard], ..Batch::default() };
        if facts.blocking_send(batch).is_err() {
            // Whoever wanted facts has gone.
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn about_the_share_is_chosen_and_the_same_each_time() {
        let choice = Choice { share: 0.05, seed: Seed::root(1).child("decode") };
        let chosen = |listener: u32| -> Vec<u32> {
            (0..20_000).filter(|block| choice.chooses(ListenerId(listener), BlockIdx(*block))).collect()
        };
        let some = chosen(7);
        assert!((900..=1_100).contains(&some.len()), "{} of 20,000", some.len());
        assert_eq!(some, chosen(7));
        assert_ne!(some, chosen(8));
    }

    #[test]
    fn the_first_blocks_of_some_listeners_are_always_chosen() {
        let choice = Choice { share: 1e-9, seed: Seed::root(1) };
        let chosen: Vec<u32> =
            (0..100).filter(|&listener| choice.chooses(ListenerId(listener), BlockIdx(0))).collect();
        assert_eq!(chosen, [0, 1, 2, 3]);
    }

    #[test]
    fn what_finds_no_room_is_told_as_missed() {
        let (give, waiting) = sync_channel(1);
        let decoder = Decoder { choice: Choice { share: 1.0, seed: Seed::root(1) }, give };
        let of = |block| (ListenerId(0), BlockIdx(block));
        assert_eq!(decoder.listen(of(0), Container::OggOpus, Some(vec![1])), None);
        let missed = |block| {
            Some(Fact::Sound(SoundRecord {
                listener: ListenerId(0),
                block: BlockIdx(block),
                sound: Sound::Missed,
                leading_silence: None,
            }))
        };
        assert_eq!(decoder.listen(of(1), Container::OggOpus, Some(vec![1])), missed(1));
        assert_eq!(decoder.listen(of(2), Container::OggOpus, None), missed(2), "it was too large to be kept");
        drop(waiting);
    }
}
