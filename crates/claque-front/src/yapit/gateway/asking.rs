//! The WebSocket's side: what connections ask for, what they are told of it, and what they hear when it is there.

use std::sync::Arc;

use claque_core::time::Instant;
use claque_gateway::{
    Admission, Ask, ConnId, Content, Delivery, DocumentId, Outcome, RequestEffect, Say, Step, Subscriber,
    UserId, VariantHash, request_effect,
};

use super::{
    Gateway,
    blocks::Asked,
    config::{CrossTalk, QueuedVariant},
    limits::Counting,
    message::{BlockNotice, BlockStatus, Notice, Output, Request},
    session::{Admitted, BlockRequest, Work},
    wording::{NO_DOCUMENT, QUEUE_FULL, TOO_FAST, USAGE_LIMIT, unknown_model, unknown_voice},
};

impl Gateway {
    /// Passes the pipeline's news on.
    pub(super) fn pass_on(&mut self) {
        self.outputs.extend(core::iter::from_fn(|| self.pipeline.pop_call().map(Output::Synthesize)));
        while let Some(Delivery { at, subscriber, variant, model, voice, outcome }) =
            self.pipeline.pop_delivery()
        {
            self.sessions.settle(subscriber);
            let Subscriber { document, block } = subscriber;
            let (status, variant, duration, error) = match outcome {
                Outcome::Ready(media) => (BlockStatus::Cached, Some(variant), Some(media), None),
                Outcome::Silent => (BlockStatus::Skipped, None, None, None),
                Outcome::Failed(text) => (BlockStatus::Error, None, None, Some(text)),
            };
            let recoverable = true;
            let notice =
                BlockNotice { document, block, status, variant, duration, error, recoverable, model, voice };
            let owner = match self.config.cross_talk {
                CrossTalk::None => None,
                CrossTalk::PerUser => self.documents.owner(document),
            };
            self.sessions.announce(
                &mut self.outputs,
                at,
                (document, owner),
                Notice::Status(notice),
                self.config.cross_talk,
            );
        }
    }

    pub(super) fn handle_request(&mut self, at: Instant, conn: ConnId, request: Request) {
        let interval = self.config.accept_interval;
        match request {
            Request::Synthesize { document, blocks, model, voice } => {
                self.sessions.listen(conn, document);
                let asked = self.check(at, conn, document, &blocks, &model, &voice);
                match asked {
                    Ok(Some(request)) => {
                        let work = Work::Blocks { request: Arc::new(request), blocks: blocks.into_iter() };
                        self.sessions.push(at, conn, work, interval);
                    }
                    Ok(None) => {}
                    Err(text) => {
                        self.sessions.send(&mut self.outputs, at, conn, Notice::Error { text });
                    }
                }
            }
            Request::CursorMoved { document, cursor } => {
                self.sessions.push(at, conn, Work::Moved { document, cursor }, interval);
            }
        }
    }

    /// What all blocks of a request have in common; none when there is nothing to answer, the words of the refusal
    /// when it is refused as a whole.
    fn check(
        &mut self,
        at: Instant,
        conn: ConnId,
        document: DocumentId,
        blocks: &[i64],
        model: &str,
        voice: &str,
    ) -> Result<Option<BlockRequest>, String> {
        let Some(user) = self.sessions.user(conn) else { return Ok(None) };
        if let Some(limit) = self.config.synthesis_limit {
            let amount = match limit.counting {
                Counting::Messages => 1,
                Counting::Blocks => u32::try_from(blocks.len()).unwrap_or(u32::MAX),
            };
            self.synthesis.take(at, user.clone(), amount, limit.limit).map_err(|_| TOO_FAST.to_owned())?;
        }
        if blocks.is_empty() {
            return Ok(None);
        }
        let blocks = self.documents.spoken(user, document).ok_or_else(|| NO_DOCUMENT.to_owned())?;
        let (pool, info) = self
            .models
            .iter()
            .enumerate()
            .find(|(_, info)| &*info.slug == model)
            .ok_or_else(|| unknown_model(self.config.era, model))?;
        let known = info.voices.iter().find(|known| &*known.slug == voice);
        let known = known.ok_or_else(|| unknown_voice(self.config.era, model, voice))?;
        let (model, voice) = (Arc::clone(&info.slug), Arc::clone(&known.slug));
        Ok(Some(BlockRequest { document, blocks: blocks.clone(), pool, model, voice }))
    }

    pub(super) fn admit_next(&mut self) {
        match self.sessions.pop_admission(self.config.accept_interval) {
            Some((at, conn, Admitted::Block(request, block))) => self.admit(at, conn, &request, block),
            Some((at, conn, Admitted::Moved { document, cursor })) => {
                self.move_cursor(at, conn, document, cursor)
            }
            None => {}
        }
    }

    fn admit(&mut self, at: Instant, conn: ConnId, request: &BlockRequest, block: i64) {
        let BlockRequest { document, pool, ref blocks, ref model, ref voice } = *request;
        let mut notice = BlockNotice {
            document,
            block,
            status: BlockStatus::Skipped,
            variant: None,
            duration: None,
            error: None,
            recoverable: true,
            model: Arc::clone(model),
            voice: Arc::clone(voice),
        };
        let Some(Asked { variant, chars, is_speech, text }) = blocks.ask(block, (model, voice)) else {
            // There is no such block.
            return self.answer(at, conn, notice);
        };
        let subscriber = Subscriber { document, block };
        let fault = self.request_fault(subscriber, variant).cloned();
        if let Some(RequestEffect::Answer(steps)) = &fault {
            return self.answer_later(at, conn, &notice, (variant, steps));
        }
        if !self.may_use(conn, variant, chars) {
            let (status, error) = (BlockStatus::Error, Some(USAGE_LIMIT.to_owned()));
            return self.answer(at, conn, BlockNotice { status, error, recoverable: false, ..notice });
        }
        let content = if is_speech { Content::Something } else { Content::Nothing };
        let ask = Ask { variant, pool, voice: Arc::clone(voice), text, chars, content };
        let admission = self.pipeline.ask(at, ask, subscriber);
        if admission == Admission::Waiting {
            self.sessions.add_pending(at, subscriber, self.config.pipeline.key_life);
            if fault == Some(RequestEffect::Unacknowledged) {
                return;
            }
        }
        self.describe(&mut notice, admission, variant);
        self.answer(at, conn, notice);
    }

    /// What an injected fault does to this request; counts it.
    fn request_fault(&mut self, subscriber: Subscriber, variant: VariantHash) -> Option<&RequestEffect> {
        let rules = &self.config.faults.requests;
        if rules.is_empty() {
            return None;
        }
        let asked = self.requests.entry(subscriber).or_default();
        let number = *asked;
        *asked = asked.saturating_add(1);
        request_effect(rules, (subscriber.block, variant), number, self.seed)
    }

    /// Sets the answers of a fault, in place of any work.
    fn answer_later(
        &mut self,
        at: Instant,
        conn: ConnId,
        notice: &BlockNotice,
        (variant, steps): (VariantHash, &[Step]),
    ) {
        let shown = self.queued_variant(variant);
        for step in steps {
            let status = |status| BlockNotice { status, ..notice.clone() };
            let said = match &step.say {
                Say::Queued => Notice::Status(BlockNotice { variant: shown, ..status(BlockStatus::Queued) }),
                Say::Processing => {
                    Notice::Status(BlockNotice { variant: shown, ..status(BlockStatus::Processing) })
                }
                Say::Skipped => Notice::Status(status(BlockStatus::Skipped)),
                Say::Evicted => Notice::Evicted { document: notice.document, blocks: vec![notice.block] },
                Say::Error { text, recoverable } => {
                    let (error, recoverable) = (Some(text.clone()), *recoverable);
                    Notice::Status(BlockNotice { error, recoverable, ..status(BlockStatus::Error) })
                }
            };
            self.sessions.say_later(at + step.after, conn, said);
        }
    }

    /// Whether the user behind a connection has so many characters left. What is there already costs nothing.
    fn may_use(&mut self, conn: ConnId, variant: VariantHash, chars: u32) -> bool {
        if self.usage.is_unlimited() {
            return true;
        }
        let Some(user) = self.sessions.user(conn) else { return true };
        self.pipeline.has_audio(&variant) || self.usage.take(user, chars)
    }

    fn describe(&self, notice: &mut BlockNotice, admission: Admission, variant: VariantHash) {
        match admission {
            Admission::Cached(media) => {
                (notice.status, notice.variant) = (BlockStatus::Cached, Some(variant));
                notice.duration = Some(media);
            }
            Admission::Waiting => {
                (notice.status, notice.variant) = (BlockStatus::Queued, self.queued_variant(variant));
            }
            Admission::Full => {
                (notice.status, notice.error) = (BlockStatus::Error, Some(QUEUE_FULL.to_owned()));
            }
        }
    }

    /// What `queued` says of the audio to come.
    const fn queued_variant(&self, variant: VariantHash) -> Option<VariantHash> {
        match self.config.queued_variant {
            QueuedVariant::Hidden => None,
            QueuedVariant::Shown => Some(variant),
        }
    }

    fn move_cursor(&mut self, at: Instant, conn: ConnId, document: DocumentId, cursor: i64) {
        let is_owner = |user: &UserId| self.documents.spoken(user, document).is_some();
        if !self.sessions.user(conn).is_some_and(is_owner) {
            return;
        }
        let evicted = self.sessions.evict(at, document, cursor, self.config.eviction);
        for &block in &evicted {
            self.pipeline.withdraw(at, Subscriber { document, block });
        }
        if !evicted.is_empty() {
            self.sessions.send(&mut self.outputs, at, conn, Notice::Evicted { document, blocks: evicted });
        }
    }

    /// Answers a request: the connection that asked alone hears it.
    fn answer(&mut self, at: Instant, conn: ConnId, notice: BlockNotice) {
        self.sessions.send(&mut self.outputs, at, conn, Notice::Status(notice));
    }
}
