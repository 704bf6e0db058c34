//! Writes audio into the folder it is to be kept in, beside the loop.

use std::{
    path::PathBuf,
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread::{self, JoinHandle},
};

use claque_wire::audio::Container;

use super::fetch::Fetch;

/// Files that wait to be written. A lane that is ahead of the disk waits for it: audio is kept to be listened to, not to measure.
const FILES: usize = 64;

/// A thread that writes. Dropping it waits until everything is written.
#[derive(Debug)]
pub(super) struct Keeper {
    give: Option<SyncSender<(PathBuf, Vec<u8>)>>,
    thread: Option<JoinHandle<()>>,
    folder: PathBuf,
}

impl Keeper {
    /// # Errors
    /// There is no thread.
    pub(super) fn start(folder: PathBuf) -> std::io::Result<Self> {
        let (give, files) = sync_channel(FILES);
        let thread = thread::Builder::new().name("keep-audio".to_owned()).spawn(move || write(&files))?;
        Ok(Self { give: Some(give), thread: Some(thread), folder })
    }

    /// Has a body written. Trouble with it is told and changes nothing of the measurement.
    pub(super) fn keep(&self, fetch: &Fetch, container: Container, bytes: Vec<u8>) {
        let extension = container.extension();
        let name = format!("user-{}-block-{}.{extension}", fetch.listener, fetch.block);
        if let Some(give) = &self.give
            && give.send((self.folder.join(name), bytes)).is_err()
        {
            tracing::warn!("failed to keep audio: nobody writes it any more");
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.give.take();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::warn!("failed to keep audio: writing it panicked");
        }
    }
}

fn write(files: &Receiver<(PathBuf, Vec<u8>)>) {
    for (path, bytes) in files {
        if let Err(error) = std::fs::write(&path, bytes) {
            tracing::warn!("failed to write {}: {error}; check --keep-audio", path.display());
        }
    }
}
