//! The service as a whole: REST calls, and messages of connections in front of the pipeline.

mod advance;
mod extraction;
mod telling;

use std::{collections::VecDeque, sync::Arc};

use claque_core::{outputs::Outputs, rng::Seed, time::Instant};

pub use self::telling::GatewayStats;
use crate::{
    accounts::{Accounts, Credentials, SignedIn},
    blocks::Block,
    config::{Counting, GatewayConfig, QueuedVariant},
    documents::{DocumentInfo, Documents, ListedDocument},
    extraction::Extractions,
    faults::AudioFault,
    ids::{ConnId, DocumentId, UserId, VariantHash},
    limits::{RestGate, Route, Usage, Windows},
    message::{BlockNotice, BlockStatus, Input, Notice, Output, Request, Speech, TimeoutReason},
    pipeline::{Admission, Ask, Delivery, Pipeline, Subscriber},
    refusal::{GuestSession, Refusal, Resource},
    session::{BlockAsk, Sessions, Work},
    voices::ModelInfo,
    wording::{NO_DOCUMENT, QUEUE_FULL, TOO_FAST, USAGE_LIMIT, unknown_model, unknown_voice},
};

/// Accounts, documents, connections and the pipeline.
#[derive(Clone, Debug)]
pub struct Gateway {
    config: GatewayConfig,
    now: Instant,
    accounts: Accounts,
    documents: Documents,
    gate: RestGate,
    synthesis: Windows<UserId>,
    usage: Usage,
    sessions: Sessions,
    pipeline: Pipeline,
    extractions: Extractions,
    models: Vec<ModelInfo>,
    /// When all connections are to be closed, if that is still to come.
    cut_at: Option<Instant>,
    outputs: VecDeque<Output>,
}

/// Who makes a REST call, and from where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The user, from [`Gateway::authenticate`].
    pub user: UserId,
    /// Client address, as limits tell addresses apart.
    pub address: String,
}

impl Gateway {
    /// Makes a gateway at the run's start. Ids, tokens and all noise come from `seed`.
    #[must_use]
    pub fn new(config: GatewayConfig, seed: Seed) -> Self {
        let outage = config.faults.identity_outage;
        let (pipeline, faults) = (config.pipeline.clone(), config.faults.clone());
        Self {
            now: Instant::START,
            accounts: Accounts::new(config.auth.clone(), config.era, outage, seed.child("accounts")),
            documents: Documents::new(seed.child("documents")),
            gate: RestGate::new(config.rest_limits.clone(), config.era),
            synthesis: Windows::new(),
            usage: Usage::new(config.usage_limit),
            sessions: Sessions::default(),
            extractions: Extractions::new(config.extraction.clone(), &faults, seed.child("extraction")),
            pipeline: Pipeline::new(pipeline, &config.models, faults, seed.child("pipeline")),
            models: config.models.iter().map(|model| model.info.clone()).collect(),
            cut_at: config.faults.socket_outage.map(|outage| outage.from),
            outputs: VecDeque::new(),
            config,
        }
    }

    /// The configuration it was made with.
    #[must_use]
    pub const fn config(&self) -> &GatewayConfig {
        &self.config
    }

    /// Takes news at `now`; an earlier `now` than before counts as the latest. Whatever was due until then is done
    /// first, in order of time, each at the time it was due. Messages of unknown connections are ignored.
    pub fn handle_input(&mut self, now: Instant, input: Input) -> Outputs<'_, Output> {
        self.advance(now);
        let now = self.now;
        match input {
            Input::Wake => {}
            Input::Connected { conn, user } => {
                let faults = &self.config.faults;
                self.sessions.connect(conn, user, |number| faults.connection(number).cloned());
            }
            Input::Request { conn, request } => self.handle_request(now, conn, request),
            Input::Disconnected { conn } => self.sessions.disconnect(conn),
            Input::Synthesized { job, result } => self.pipeline.synthesized(now, job, result),
        }
        self.advance(now);
        Outputs::new(&mut self.outputs)
    }

    /// When to wake the gateway at the latest, and why; none while only news can change anything.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<(Instant, TimeoutReason)> {
        if !self.outputs.is_empty() {
            return Some((self.now, TimeoutReason::OutputsWaiting));
        }
        let admission = self.sessions.next_admission().map(|at| (at, TimeoutReason::Admission));
        // With nobody connected there is nothing to be done about an outage.
        let cut_at = self.cut_at.filter(|_| self.sessions.len() > 0);
        let cut = cut_at.map(|at| (at, TimeoutReason::Outage));
        let (speech, page) = (self.pipeline.next_timer(), self.extractions.next_timer());
        [speech, page, admission, cut].into_iter().flatten().min()
    }

    /// Whether connections are accepted, which they are not during an injected outage. To be asked before each.
    #[must_use]
    pub fn accepts_connections(&self, now: Instant) -> bool {
        !self.config.faults.socket_outage.is_some_and(|outage| outage.covers(now))
    }

    /// Signs an account in by password.
    ///
    /// # Errors
    /// [`Refusal::WrongPassword`], [`Refusal::IdentityUnavailable`] while it is down by an injected fault, and
    /// [`Refusal::NoSuchRoute`] with authentication off.
    pub fn sign_in(&mut self, now: Instant, email: &str, password: &str) -> Result<SignedIn, Refusal> {
        self.accounts.sign_in(now, email, password)
    }

    /// Gives a new access token for a refresh token.
    ///
    /// # Errors
    /// [`Refusal::WrongRefreshToken`], and as for [`Gateway::sign_in`].
    pub fn refresh(&mut self, now: Instant, refresh: &str) -> Result<SignedIn, Refusal> {
        self.accounts.refresh(now, refresh)
    }

    /// Makes a guest.
    ///
    /// # Errors
    /// [`Refusal::NoSuchRoute`] in 2026-02, where guests name themselves; [`Refusal::RateLimited`].
    pub fn anonymous_session(&mut self, now: Instant, address: &str) -> Result<GuestSession, Refusal> {
        self.gate.pass(now, Route::AnonymousSession, address)?;
        self.accounts.anonymous_session()
    }

    /// Finds out who a caller is. Also to be asked before a connection is accepted.
    ///
    /// # Errors
    /// [`Refusal::Unauthenticated`] or [`Refusal::IdentityUnavailable`].
    pub fn authenticate(&mut self, now: Instant, credentials: &Credentials) -> Result<UserId, Refusal> {
        self.accounts.authenticate(now, credentials)
    }

    /// Stores a Markdown text as a document of the caller.
    ///
    /// # Errors
    /// [`Refusal::RateLimited`], [`Refusal::ContentInvalid`] or [`Refusal::StorageLimit`].
    pub fn create_document(
        &mut self,
        now: Instant,
        caller: &Caller,
        content: &str,
        title: Option<&str>,
    ) -> Result<DocumentInfo, Refusal> {
        self.gate.pass(now, Route::CreateDocument, &caller.address)?;
        self.documents.create(now, &self.config, &caller.user, content, title)
    }

    /// The blocks of a document of the caller.
    ///
    /// # Errors
    /// [`Refusal::RateLimited`] or [`Refusal::NotFound`], also for another user's document.
    pub fn blocks(&mut self, now: Instant, caller: &Caller, id: DocumentId) -> Result<&[Block], Refusal> {
        self.gate.pass(now, Route::Blocks, &caller.address)?;
        let missing = Refusal::NotFound { resource: Resource::DocumentBlocks, id: id.to_string() };
        if self.documents.blocks(&caller.user, id).is_some() {
            self.documents.touch(id);
        }
        self.documents.blocks(&caller.user, id).map(AsRef::as_ref).ok_or(missing)
    }

    /// The caller's documents, the most recently used first: `limit` of them after `offset`.
    ///
    /// # Errors
    /// [`Refusal::RateLimited`].
    pub fn documents(
        &mut self,
        now: Instant,
        caller: &Caller,
        offset: usize,
        limit: usize,
    ) -> Result<Vec<ListedDocument>, Refusal> {
        self.gate.pass(now, Route::Documents, &caller.address)?;
        Ok(self.documents.list(&caller.user, offset, limit))
    }

    /// Deletes a document of the caller.
    ///
    /// # Errors
    /// [`Refusal::RateLimited`] or [`Refusal::NotFound`], also for another user's document.
    pub fn delete_document(&mut self, now: Instant, caller: &Caller, id: DocumentId) -> Result<(), Refusal> {
        self.gate.pass(now, Route::DeleteDocument, &caller.address)?;
        self.documents.delete(&caller.user, id)
    }

    /// The models on offer, for anybody.
    ///
    /// # Errors
    /// [`Refusal::RateLimited`].
    pub fn models(&mut self, now: Instant, address: &str) -> Result<&[ModelInfo], Refusal> {
        self.gate.pass(now, Route::Models, address)?;
        Ok(&self.models)
    }

    /// The audio of a variant, for anybody.
    ///
    /// # Errors
    /// [`Refusal::RateLimited`], [`Refusal::NotFound`], and [`Refusal::ServerError`] by an injected fault.
    pub fn audio(
        &mut self,
        now: Instant,
        address: &str,
        variant: &VariantHash,
    ) -> Result<Arc<Speech>, Refusal> {
        self.gate.pass(now, Route::Audio, address)?;
        let missing = |resource| Err(Refusal::NotFound { resource, id: variant.to_string() });
        match self.pipeline.audio(variant) {
            Some((speech, None)) => Ok(Arc::clone(speech)),
            Some((_, Some(AudioFault::Missing))) => missing(Resource::AudioNotCached),
            Some((_, Some(AudioFault::ServerError))) => Err(Refusal::ServerError),
            None if self.pipeline.is_being_made(variant) => missing(Resource::AudioNotCached),
            None => missing(Resource::BlockVariant),
        }
    }

    /// Passes the pipeline's news on.
    fn pass_on(&mut self) {
        self.outputs.extend(core::iter::from_fn(|| self.pipeline.pop_call()));
        while let Some(Delivery { at, subscriber, variant, model, voice, result }) =
            self.pipeline.pop_delivery()
        {
            self.sessions.settle(subscriber, variant);
            let (status, duration, error) = match result {
                Ok(media) => (BlockStatus::Cached, Some(media), None),
                Err(text) => (BlockStatus::Error, None, Some(text)),
            };
            let Subscriber { conn, document, block } = subscriber;
            let variant = duration.map(|_| variant);
            let recoverable = true;
            let notice =
                BlockNotice { document, block, status, variant, duration, error, recoverable, model, voice };
            self.tell(at, conn, notice);
        }
    }

    fn handle_request(&mut self, at: Instant, conn: ConnId, request: Request) {
        let interval = self.config.accept_interval;
        match request {
            Request::Synthesize { document, blocks, model, voice } => {
                let asked = self.check(at, conn, document, &blocks, &model, &voice);
                match asked {
                    Ok(Some(ask)) => {
                        for block in blocks {
                            let work = Work::Block(BlockAsk { block, ..ask.clone() });
                            self.sessions.push(at, conn, work, interval);
                        }
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
    ) -> Result<Option<BlockAsk>, String> {
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
        let texts = self.documents.blocks(user, document).ok_or_else(|| NO_DOCUMENT.to_owned())?;
        let (pool, info) = self
            .models
            .iter()
            .enumerate()
            .find(|(_, info)| &*info.slug == model)
            .ok_or_else(|| unknown_model(self.config.era, model))?;
        let known = info.voices.iter().find(|known| &*known.slug == voice);
        let known = known.ok_or_else(|| unknown_voice(self.config.era, model, voice))?;
        let (model, voice) = (Arc::clone(&info.slug), Arc::clone(&known.slug));
        Ok(Some(BlockAsk { document, blocks: Arc::clone(texts), block: 0, pool, model, voice }))
    }

    fn admit_next(&mut self) {
        match self.sessions.pop_admission(self.config.accept_interval) {
            Some((at, conn, Work::Block(ask))) => self.admit(at, conn, ask),
            Some((at, conn, Work::Moved { document, cursor })) => {
                self.move_cursor(at, conn, document, cursor)
            }
            None => {}
        }
    }

    fn admit(&mut self, at: Instant, conn: ConnId, ask: BlockAsk) {
        let BlockAsk { document, blocks, block, pool, model, voice } = ask;
        let mut notice = BlockNotice {
            document,
            block,
            status: BlockStatus::Skipped,
            variant: None,
            duration: None,
            error: None,
            recoverable: true,
            model: Arc::clone(&model),
            voice: Arc::clone(&voice),
        };
        let text = usize::try_from(block).ok().and_then(|block| blocks.get(block));
        if let Some(text) = text.filter(|block| block.text.chars().any(char::is_alphanumeric)) {
            let variant = VariantHash::of(&text.text, &model, &voice);
            if !self.may_use(conn, variant, text.chars) {
                let (status, error) = (BlockStatus::Error, Some(USAGE_LIMIT.to_owned()));
                self.tell(at, conn, BlockNotice { status, error, recoverable: false, ..notice });
                return;
            }
            let subscriber = Subscriber { conn, document, block };
            let ask = Ask { variant, pool, voice, text: Arc::clone(&text.text), chars: text.chars };
            let admission = self.pipeline.ask(at, ask, subscriber);
            if admission == Admission::Waiting {
                self.sessions.add_pending(subscriber, variant);
            }
            self.describe(&mut notice, admission, variant);
        }
        self.tell(at, conn, notice);
    }

    /// Whether the user behind a connection has so many characters left. What is there already costs nothing.
    fn may_use(&mut self, conn: ConnId, variant: VariantHash, chars: u32) -> bool {
        let Some(user) = self.sessions.user(conn) else { return true };
        self.pipeline.audio(&variant).is_some() || self.usage.take(user, chars)
    }

    fn describe(&self, notice: &mut BlockNotice, admission: Admission, variant: VariantHash) {
        match admission {
            Admission::Cached(media) => {
                (notice.status, notice.variant) = (BlockStatus::Cached, Some(variant));
                notice.duration = Some(media);
            }
            Admission::Waiting => {
                notice.status = BlockStatus::Queued;
                notice.variant = match self.config.queued_variant {
                    QueuedVariant::Hidden => None,
                    QueuedVariant::Shown => Some(variant),
                };
            }
            Admission::Full => {
                (notice.status, notice.error) = (BlockStatus::Error, Some(QUEUE_FULL.to_owned()));
            }
        }
    }

    fn move_cursor(&mut self, at: Instant, conn: ConnId, document: DocumentId, cursor: i64) {
        let evicted = self.sessions.evict(conn, document, cursor, self.config.eviction);
        for (block, variant) in &evicted {
            self.pipeline.withdraw(at, variant, Subscriber { conn, document, block: *block });
        }
        let mut blocks: Vec<i64> = evicted.into_iter().map(|(block, _)| block).collect();
        blocks.dedup();
        if !blocks.is_empty() {
            self.sessions.send(&mut self.outputs, at, conn, Notice::Evicted { document, blocks });
        }
    }

    fn tell(&mut self, at: Instant, conn: ConnId, notice: BlockNotice) {
        let cross_talk = self.config.cross_talk;
        self.sessions.tell(&mut self.outputs, at, conn, Notice::Status(notice), cross_talk);
    }
}
