//! Messages between the wire and the gateway.

use claque_gateway::DocumentId;
use claque_wire::yapit::{self, ClientMessage, Era, ServerMessage, Status, SynthesisMode};

use super::gateway::{BlockNotice, BlockStatus, Notice, Request};

/// What the gateway is asked; nothing for audio that the client makes itself.
pub(super) fn request(message: ClientMessage) -> Option<Request> {
    match message {
        ClientMessage::Synthesize { synthesis_mode: Some(SynthesisMode::Browser), .. } => None,
        ClientMessage::Synthesize { document_id, block_indices, model, voice, .. } => {
            let document = DocumentId::parse(&document_id)?;
            let (model, voice) = (model.into(), voice.into());
            Some(Request::Synthesize { document, blocks: block_indices, model, voice })
        }
        ClientMessage::CursorMoved { document_id, cursor } => {
            Some(Request::CursorMoved { document: DocumentId::parse(&document_id)?, cursor })
        }
    }
}

/// A message of the gateway as it goes over the wire.
#[must_use]
pub fn encode(notice: &Notice, era: Era) -> String {
    match notice {
        Notice::Status(status) => encode_status(status, era),
        Notice::Evicted { document, blocks } => {
            let document_id = document.to_string().into();
            ServerMessage::Evicted { document_id, block_indices: blocks.clone() }.encode(era)
        }
        Notice::Error { text } => ServerMessage::Error { error: text.as_str().into() }.encode(era),
    }
}

fn encode_status(status: &BlockNotice, era: Era) -> String {
    const NANOS_PER_MILLISECOND: u64 = 1_000_000;
    ServerMessage::Status(Status {
        document_id: status.document.to_string().into(),
        block_idx: status.block,
        status: block_status(status.status),
        audio_url: status.variant.map(|variant| format!("/v1/audio/{variant}").into()),
        error: status.error.as_deref().map(Into::into),
        recoverable: Some(status.recoverable),
        model_slug: Some((&*status.model).into()),
        voice_slug: Some((&*status.voice).into()),
        word_timestamps: None,
        duration_ms: status.duration.map(|media| media.as_nanos() / NANOS_PER_MILLISECOND),
    })
    .encode(era)
}

/// What the wire calls the state of a block.
#[must_use]
pub const fn block_status(status: BlockStatus) -> yapit::BlockStatus {
    match status {
        BlockStatus::Queued => yapit::BlockStatus::Queued,
        BlockStatus::Processing => yapit::BlockStatus::Processing,
        BlockStatus::Cached => yapit::BlockStatus::Cached,
        BlockStatus::Skipped => yapit::BlockStatus::Skipped,
        BlockStatus::Error => yapit::BlockStatus::Error,
    }
}
