//! Filling a service's cache before a run that is to be answered from it.

use std::future::poll_fn;

use claque_core::{
    event::{Event, Failure, FailureClass, Kills, Phase, StatusKind},
    ids::BlockIdx,
    time::Duration,
};
use claque_wire::yapit::{ClientSession, SessionEvent};

use super::socket::{Request, Socket, SocketNews};
use crate::service::Service;

/// Blocks asked for at once: as many as the current era takes in one request.
const BATCH: usize = 32;

/// What is to be in the cache.
#[derive(Clone, Debug)]
pub struct WarmUp {
    /// A document of the text.
    pub document: String,
    /// Slug of the model.
    pub model: String,
    /// Slug of the voice.
    pub voice: String,
    /// Blocks of it, from the first.
    pub blocks: u32,
    /// Longest silence of the service.
    pub timeout: Duration,
}

/// Has every block made, a batch at a time, and fetches nothing. `on_ready` is told how many are settled so far.
/// Gives the number of blocks that failed, which a run would meet as well.
///
/// # Errors
/// The service refuses, cannot be reached, or falls silent.
pub async fn warm_up(service: &Service, order: WarmUp, on_ready: impl Fn(u32)) -> Result<u32, Failure> {
    let mut socket = Socket::dial(service).await?;
    let mut session = ClientSession::new(order.document, order.model, order.voice);
    let blocks: Vec<BlockIdx> = (0..order.blocks).map(BlockIdx).collect();
    let (mut settled, mut failed) = (0, 0);
    for batch in blocks.chunks(BATCH) {
        socket.push(Request { frame: session.request(batch), blocks: batch.to_vec() });
        let mut waiting = batch.len();
        while waiting > 0 {
            let news = tokio::time::timeout(order.timeout, poll_fn(|cx| socket.poll_news(cx)));
            match news.await.map_err(|_| silence(order.timeout))? {
                SocketNews::Sent(_) | SocketNews::NotText => {}
                SocketNews::Closed(failure) => return Err(failure),
                SocketNews::Text(text) => {
                    let (now_settled, now_failed) = settled_by(&mut session, &text)?;
                    waiting = waiting.saturating_sub(now_settled);
                    settled += u32::try_from(now_settled).unwrap_or(u32::MAX);
                    failed += now_failed;
                    on_ready(settled);
                }
            }
        }
    }
    Ok(failed)
}

/// How many blocks a message settled, and how many of those for the worse.
fn settled_by(session: &mut ClientSession, text: &str) -> Result<(usize, u32), Failure> {
    let mut events = Vec::new();
    session.handle_text(text, &mut events);
    let (mut settled, mut failed) = (0, 0);
    for event in events {
        match event {
            SessionEvent::Event(Event::Failed(failure)) => match failure.kills {
                Kills::Session => return Err(failure),
                Kills::Block(_) => {
                    settled += 1;
                    failed += 1;
                }
            },
            SessionEvent::Event(Event::Status { kind: StatusKind::Ready | StatusKind::Skipped, .. }) => {
                settled += 1;
            }
            SessionEvent::Event(_) | SessionEvent::Fetch { .. } => {}
        }
    }
    Ok((settled, failed))
}

fn silence(timeout: Duration) -> Failure {
    Failure {
        phase: Phase::BeforeAudio,
        class: FailureClass::Timeout,
        code: None,
        text: format!("nothing heard from the server for {} s", timeout.as_secs_f64()),
        kills: Kills::Session,
    }
}
