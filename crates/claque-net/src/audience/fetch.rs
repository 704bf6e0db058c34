//! Fetching one block's audio: measured as its bytes pass, then dropped.

use std::{path::Path, rc::Rc};

use bytes::Bytes;
use claque_core::{
    event::{Event, Failure, FailureClass, Kills, Phase},
    ids::{BlockIdx, ListenerId},
    time::MediaTime,
};
use claque_wire::{
    audio::{AudioError, AudioMeter, Container},
    yapit::http_failure,
};
use http_body_util::{BodyExt as _, Limited};
use hyper::{Method, body::Incoming};

use super::{inbox::Inbox, lane::Lane, socket::nobody};
use crate::service::{bare, failure_of};

/// As much of an unsuccessful answer as is read for its words.
const MAX_WORDS: usize = 16 << 10;

/// One block's audio to be fetched.
#[derive(Debug)]
pub(super) struct Fetch {
    pub(super) listener: ListenerId,
    pub(super) block: BlockIdx,
    /// As the server gave it.
    pub(super) reference: String,
}

/// Fetches and puts what happens into `inbox`; ends with [`Event::Complete`] or [`Event::Failed`]. Gives the block if
/// it failed, so that it may be asked for again.
pub(super) async fn fetch(lane: Rc<Lane>, fetch: Fetch, inbox: Inbox) -> Option<BlockIdx> {
    let block = fetch.block;
    match fetch_whole(&lane, &fetch, &inbox).await {
        Ok(media) => {
            inbox.push(Event::Complete { block, media });
            None
        }
        Err(failure) => {
            inbox.push(Event::Failed(Failure { kills: Kills::Block(block), ..failure }));
            Some(block)
        }
    }
}

async fn fetch_whole(lane: &Rc<Lane>, fetch: &Fetch, inbox: &Inbox) -> Result<MediaTime, Failure> {
    let service = lane.service(fetch.listener).ok_or_else(nobody)?;
    let mut request = bare(Method::GET, &service.target().audio_url(&fetch.reference))?;
    // Audio that lies elsewhere is none of our credentials' business.
    if request.uri().host() == Some(service.target().host()) {
        service.access().sign(request.headers_mut());
    }
    let response = lane.http(service).send(request).await?;
    let status = response.status().as_u16();
    if status != 200 {
        let words = Limited::new(response.into_body(), MAX_WORDS).collect().await;
        let words = words.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        return Err(http_failure(status, &words, Kills::Block(fetch.block), Phase::BeforeAudio));
    }
    let mut sink = Sink {
        block: fetch.block,
        inbox,
        meter: AudioMeter::new(),
        delivered: MediaTime::ZERO,
        media_bytes: 0,
    };
    let kept = sink.read(response.into_body(), lane.keep_audio().is_some()).await?;
    let delivered = sink.delivered;
    let finished = sink.meter.finish().map_err(|error| audio_failure(&error, delivered))?;
    if let Some(folder) = lane.keep_audio() {
        keep(folder, fetch, finished.container, kept).await;
    }
    Ok(finished.media)
}

/// Where a body goes.
struct Sink<'a> {
    block: BlockIdx,
    inbox: &'a Inbox,
    meter: AudioMeter,
    delivered: MediaTime,
    media_bytes: u64,
}

impl Sink<'_> {
    /// Reads to the end. Gives the bytes if they are to be kept.
    async fn read(&mut self, mut body: Incoming, keep: bool) -> Result<Vec<u8>, Failure> {
        let mut kept = Vec::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| {
                let failure = failure_of(&error, self.phase());
                // A stream that is cut short is a failure of the audio, however the connection ended.
                Failure {
                    class: FailureClass::Protocol,
                    text: format!("the audio was cut short: {}", failure.text),
                    ..failure
                }
            })?;
            if let Ok(bytes) = frame.into_data() {
                self.take(&bytes)?;
                if keep {
                    kept.extend_from_slice(&bytes);
                }
            }
        }
        Ok(kept)
    }

    fn take(&mut self, bytes: &Bytes) -> Result<(), Failure> {
        let progress = self.meter.push(bytes).map_err(|error| audio_failure(&error, self.delivered))?;
        let new = progress.media_bytes - self.media_bytes;
        self.media_bytes = progress.media_bytes;
        self.delivered = progress.delivered;
        if new > 0 {
            self.inbox.push(Event::Audio { block: self.block, delivered: progress.delivered, bytes: new });
        }
        Ok(())
    }

    fn phase(&self) -> Phase {
        if self.media_bytes > 0 { Phase::MidAudio } else { Phase::BeforeAudio }
    }
}

fn audio_failure(error: &AudioError, delivered: MediaTime) -> Failure {
    let phase = match error {
        AudioError::Truncated { .. } | AudioError::Broken { .. } => Phase::MidAudio,
        AudioError::Empty | AudioError::UnknownFormat { .. } | AudioError::Unsupported { .. } => {
            if delivered > MediaTime::ZERO { Phase::MidAudio } else { Phase::BeforeAudio }
        }
    };
    Failure {
        phase,
        class: FailureClass::Protocol,
        code: None,
        text: error.to_string(),
        kills: Kills::Session,
    }
}

/// Writes a body into the folder. Trouble with it is told and changes nothing of the measurement.
async fn keep(folder: &Path, fetch: &Fetch, container: Container, bytes: Vec<u8>) {
    let extension = match container {
        Container::OggOpus => "ogg",
        Container::Wav => "wav",
        Container::Mp3 => "mp3",
    };
    let path = folder.join(format!("user-{}-block-{}.{extension}", fetch.listener, fetch.block));
    let shown = path.display().to_string();
    let written = tokio::task::spawn_blocking(move || std::fs::write(path, bytes)).await;
    match written {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!("failed to write {shown}: {error}; check --keep-audio"),
        Err(error) => tracing::warn!("failed to write {shown}: {error}"),
    }
}
