//! Keeps audio: in memory while it comes, then in the folder it is to be kept in, written beside the loop.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::{self, JoinHandle},
};

use claque_core::ids::{BlockIdx, ListenerId};
use claque_wire::audio::Container;

/// Files that wait to be written. A lane that is ahead of the disk waits for it: audio is kept to be listened to, not to measure.
const FILES: usize = 64;

/// Longest audio of a block that is kept: a minute and a half of the largest that is common, two channels of 48 kHz in 16 bits
/// without compression. Speech that is longer is no block's, and may have no end.
const MOST_OF_BLOCK: usize = 16 << 20;

/// Most audio of a lane that is in memory, on its way here or to the disk.
const MOST_OF_LANE: usize = 256 << 20;

/// A thread that writes. Dropping it waits until everything is written, and tells what was not kept.
#[derive(Debug)]
pub(super) struct AudioSaver {
    give: Option<SyncSender<(PathBuf, KeptAudio)>>,
    thread: Option<JoinHandle<()>>,
    folder: PathBuf,
    room: Arc<AudioMemory>,
}

/// How much there is in memory of how much there may be, and how much there was no room for.
#[derive(Debug)]
pub(super) struct AudioMemory {
    most: usize,
    taken: AtomicUsize,
    too_long: AtomicU64,
    too_many: AtomicU64,
}

/// A block's audio as far as it has come. Once there is too much of it, nothing of it is kept.
#[derive(Debug)]
pub(super) struct KeptAudio {
    bytes: Vec<u8>,
    room: Arc<AudioMemory>,
    is_given_up: bool,
}

impl KeptAudio {
    /// Nothing yet, in that memory.
    pub(super) const fn new(room: Arc<AudioMemory>) -> Self {
        Self { bytes: Vec::new(), room, is_given_up: false }
    }

    /// What there is of it; nothing once it was given up.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The same, which is counted no longer.
    pub(super) fn into_bytes(mut self) -> Vec<u8> {
        self.room.taken.fetch_sub(self.bytes.len(), Relaxed);
        std::mem::take(&mut self.bytes)
    }

    /// Whether there was too much of it.
    pub(super) const fn is_given_up(&self) -> bool {
        self.is_given_up
    }

    /// Takes bytes behind the others, if there is room for them.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        if self.is_given_up {
            return;
        }
        let taken = self.room.taken.fetch_add(bytes.len(), Relaxed) + bytes.len();
        self.bytes.extend_from_slice(bytes);
        if self.bytes.len() > MOST_OF_BLOCK {
            self.room.too_long.fetch_add(1, Relaxed);
            self.give_up();
        } else if taken > self.room.most {
            self.room.too_many.fetch_add(1, Relaxed);
            self.give_up();
        }
    }

    fn give_up(&mut self) {
        self.is_given_up = true;
        self.room.taken.fetch_sub(self.bytes.len(), Relaxed);
        self.bytes = Vec::new();
    }
}

impl Drop for KeptAudio {
    fn drop(&mut self) {
        self.room.taken.fetch_sub(self.bytes.len(), Relaxed);
    }
}

impl AudioSaver {
    /// # Errors
    /// There is no thread.
    pub(super) fn start(folder: PathBuf) -> std::io::Result<Self> {
        let (give, files) = sync_channel(FILES);
        let thread = thread::Builder::new().name("keep-audio".to_owned()).spawn(move || write(&files))?;
        Ok(Self {
            give: Some(give),
            thread: Some(thread),
            folder,
            room: Arc::new(AudioMemory::of(MOST_OF_LANE)),
        })
    }

    /// Begins to keep a block's audio.
    pub(super) fn begin(&self) -> KeptAudio {
        KeptAudio::new(Arc::clone(&self.room))
    }

    /// Has a body written. Trouble with it is told and changes nothing of the measurement.
    pub(super) fn keep(
        &self,
        (listener, block): (ListenerId, BlockIdx),
        container: Container,
        audio: KeptAudio,
    ) {
        if audio.is_given_up {
            return;
        }
        let extension = container.extension();
        let name = format!("user-{listener}-block-{block}.{extension}");
        if let Some(give) = &self.give
            && give.send((self.folder.join(name), audio)).is_err()
        {
            tracing::warn!("failed to keep audio: nobody writes it any more");
        }
    }
}

impl Drop for AudioSaver {
    fn drop(&mut self) {
        self.give.take();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::warn!("failed to keep audio: writing it panicked");
        }
        self.room.tell();
    }
}

impl AudioMemory {
    /// Room for so many bytes.
    pub(super) const fn of(most: usize) -> Self {
        let (too_long, too_many) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { most, taken: AtomicUsize::new(0), too_long, too_many }
    }

    /// Bytes in it now.
    pub(super) fn taken(&self) -> usize {
        self.taken.load(Relaxed)
    }

    fn tell(&self) {
        let too_long = self.too_long.load(Relaxed);
        if too_long > 0 {
            tracing::warn!(
                "--keep-audio: {too_long} without a file, for more than {} MiB came of a block",
                MOST_OF_BLOCK >> 20
            );
        }
        let too_many = self.too_many.load(Relaxed);
        if too_many > 0 {
            tracing::warn!(
                "--keep-audio: {too_many} without a file, for {} MiB of audio waited for the disk already",
                MOST_OF_LANE >> 20
            );
        }
    }
}

fn write(files: &Receiver<(PathBuf, KeptAudio)>) {
    for (path, audio) in files {
        if let Err(error) = std::fs::write(&path, &audio.bytes) {
            tracing::warn!("failed to write {}: {error}; check --keep-audio", path.display());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn audio_without_an_end_takes_no_more_than_a_block_may() {
        let folder = tempfile::tempdir().unwrap();
        let keeper = AudioSaver::start(folder.path().to_owned()).unwrap();
        let mut audio = keeper.begin();
        let mut most = 0;
        for _ in 0..1_000 {
            audio.push(&[0; 64 << 10]);
            most = most.max(keeper.room.taken.load(Relaxed));
        }
        assert!(most <= MOST_OF_BLOCK + (64 << 10), "{most} bytes were kept");
        assert_eq!(keeper.room.taken.load(Relaxed), 0);
        assert_eq!(keeper.room.too_long.load(Relaxed), 1);
    }

    #[test]
    fn a_lane_keeps_so_much_in_memory_and_no_block_in_part() {
        let folder = tempfile::tempdir().unwrap();
        let keeper = AudioSaver::start(folder.path().to_owned()).unwrap();
        let part = vec![0; MOST_OF_BLOCK];
        let mut all: Vec<_> = (0..20).map(|_| keeper.begin()).collect();
        all.iter_mut().for_each(|audio| audio.push(&part));
        let kept = all.iter().filter(|audio| !audio.is_given_up).count();
        assert_eq!(kept, MOST_OF_LANE / MOST_OF_BLOCK);
        assert_eq!(keeper.room.too_many.load(Relaxed), 4);
        assert!(all.iter().all(|audio| audio.is_given_up == audio.bytes.is_empty()));
        drop(all);
        assert_eq!(keeper.room.taken.load(Relaxed), 0);
    }
}
