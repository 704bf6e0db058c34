//! The service for typed calls: documents, audio, limits and connections, in front of the pipeline of `claque-gateway`.
//!
//! [`Gateway`] is the machine. It knows no JSON and no HTTP: [`super::YapitFront`] maps [`Notice`] and [`Refusal`] to bytes,
//! and the simulator takes them as they are.

mod advance;
mod asking;
mod blocks;
mod config;
mod documents;
mod era;
mod extraction;
mod extraction_calls;
mod limits;
mod message;
mod presets;
mod refusal;
mod session;
mod split;
mod stats;
mod wording;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use claque_core::{
    outputs::Outputs,
    rng::Seed,
    time::{Instant, MediaTime},
};
use claque_gateway::{
    AudioFault, DocumentId, Faults, ModelInfo, Pipeline, SocketOutage, Speech, SpeechBody, Subscriber,
    UserId, VariantHash,
};

pub use self::{
    blocks::{Block, blocks_of},
    config::{Auth, AuthConfig, CrossTalk, Eviction, GatewayConfig, QueuedVariant},
    documents::{DocumentInfo, ListedDocument},
    era::Era,
    extraction::{
        AcceptedExtraction, ContentHash, CreationAnswer, ExtractionConfig, ExtractionEnd, ExtractionId,
        ExtractionStats, ExtractionStatus, PageDone, PageEnd, PreparedUpload, Upload,
    },
    limits::{Counting, RateLimit, RestLimits, Route, SynthesisLimit},
    message::{BlockNotice, BlockStatus, Input, NO_CLOSE_FRAME, Notice, Output, Request, TimeoutReason},
    refusal::{ContentFault, Refusal, Resource, Unauthenticated},
    stats::GatewayStats,
};
use self::{
    documents::Documents,
    extraction::Extractions,
    limits::{RestGate, Usage, Windows},
    session::Sessions,
};

/// Documents, connections and the pipeline.
#[derive(Clone, Debug)]
pub struct Gateway {
    config: GatewayConfig,
    now: Instant,
    documents: Documents,
    gate: RestGate,
    synthesis: Windows<UserId>,
    usage: Usage,
    sessions: Sessions,
    pipeline: Pipeline,
    extractions: Extractions,
    models: Vec<ModelInfo>,
    /// Outages whose begin is still to come, the next one first.
    cuts: VecDeque<SocketOutage>,
    /// Things done so far whose time had come.
    steps: u64,
    /// Handshakes so far.
    handshakes: u64,
    /// How often each block was asked for; counted only where a fault looks at it.
    requests: BTreeMap<Subscriber, u32>,
    seed: Seed,
    outputs: VecDeque<Output>,
}

/// Who makes a REST call, and from where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The user; who it is was found out before.
    pub user: UserId,
    /// Client address, as limits tell addresses apart.
    pub address: String,
}

/// Audio that is fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchedAudio {
    /// What it is to be.
    pub speech: Speech,
    /// How long it is, as messages say; by an injected fault it is of another length.
    pub declared: MediaTime,
    /// What is wrong with the body that is sent instead, by an injected fault.
    pub flaw: Option<BodyFlaw>,
}

/// What is wrong with a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyFlaw {
    /// Its second half is missing, and the connection breaks there.
    Cut,
    /// It is no audio.
    NotAudio,
}

impl BodyFlaw {
    /// A body that is no audio, as both hosts of a gateway give it.
    pub const NOT_AUDIO: &'static [u8] = b"this is not audio, whatever its type says";
}

impl Gateway {
    /// Makes a gateway at the run's start. Ids, tokens and all noise come from `seed`.
    #[must_use]
    pub fn new(config: GatewayConfig, seed: Seed) -> Self {
        let (pipeline, faults) = (config.pipeline.clone(), config.faults.clone());
        Self {
            now: Instant::START,
            documents: Documents::new(seed.child("documents")),
            gate: RestGate::new(config.rest_limits.clone(), config.era),
            synthesis: Windows::new(),
            usage: Usage::new(config.usage_limit),
            sessions: Sessions::default(),
            extractions: Extractions::new(config.extraction.clone(), &faults, seed.child("extraction")),
            pipeline: Pipeline::new(pipeline, &config.models, faults, seed.child("pipeline")),
            models: config.models.iter().map(|model| model.info.clone()).collect(),
            cuts: outages(&config.faults),
            steps: 0,
            handshakes: 0,
            requests: BTreeMap::new(),
            seed: seed.child("requests"),
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
            // What was due is done.
            Input::Wake => return Outputs::new(&mut self.outputs),
            Input::Connected { conn, user } => {
                let faults = &self.config.faults;
                self.sessions.connect(now, conn, user, |number| faults.connection(number).cloned());
            }
            Input::Request { conn, request } => self.handle_request(now, conn, request),
            Input::Disconnected { conn } => self.sessions.disconnect(conn),
            Input::Synthesized { job, result } => self.pipeline.synthesized(now, job, result),
        }
        self.advance(now);
        Outputs::new(&mut self.outputs)
    }

    /// Things done so far because their time had come: what a simulation counts as the gateway's events.
    #[must_use]
    pub const fn steps(&self) -> u64 {
        self.steps
    }

    /// When to wake the gateway at the latest, and why; none while only news can change anything.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<(Instant, TimeoutReason)> {
        if !self.outputs.is_empty() {
            return Some((self.now, TimeoutReason::OutputsWaiting));
        }
        let admission = self.sessions.next_admission().map(|at| (at, TimeoutReason::Admission));
        // With nobody connected there is nothing to be done about an outage.
        let cut = self.cuts.front().filter(|_| self.sessions.len() > 0);
        let cut = cut.map(|outage| (outage.outage.from, TimeoutReason::Outage));
        let later = self.sessions.next_later().map(|at| (at, TimeoutReason::Fault));
        let work = [self.pipeline.next_timer(), self.extractions.next_timer()]
            .map(|timer| timer.map(|(at, why)| (at, why.into())));
        work.into_iter().chain([admission, cut, later]).flatten().min()
    }

    /// Whether a connection is accepted; to be asked before each, once.
    ///
    /// # Errors
    /// The HTTP status with which an injected fault refuses it.
    pub fn handshake(&mut self, now: Instant) -> Result<(), u16> {
        let number = self.handshakes;
        self.handshakes += 1;
        self.config.faults.refusal(now, number).map_or(Ok(()), Err)
    }

    /// Lets a call of somebody at an address through that the gateway itself does not answer.
    ///
    /// # Errors
    /// [`Refusal::RateLimited`].
    pub fn pass(&mut self, now: Instant, route: Route, address: &str) -> Result<(), Refusal> {
        self.gate.pass(now, route, address)
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

    /// Stores a text as a document of which only the audio in one voice (model and voice by slug) will be asked for, and of no
    /// engine but the modelled one. It keeps no text, so [`Gateway::blocks`] does not find it. Gives its id, and the characters of
    /// its blocks. What can be refused is refused as by [`Gateway::create_document`].
    ///
    /// # Errors
    /// As for [`Gateway::create_document`].
    pub fn create_unread_document(
        &mut self,
        now: Instant,
        caller: &Caller,
        content: &str,
        voice: (&str, &str),
    ) -> Result<(DocumentId, Arc<[u32]>), Refusal> {
        self.gate.pass(now, Route::CreateDocument, &caller.address)?;
        self.documents.create_digest(now, &self.config, &caller.user, content, voice)
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

    /// The audio of a variant, for anybody. Counts as a fetch of it.
    ///
    /// # Errors
    /// [`Refusal::RateLimited`], [`Refusal::NotFound`], and [`Refusal::ServerError`] by an injected fault.
    pub fn audio(
        &mut self,
        now: Instant,
        address: &str,
        variant: &VariantHash,
    ) -> Result<FetchedAudio, Refusal> {
        self.gate.pass(now, Route::Audio, address)?;
        let missing = |resource| Err(Refusal::NotFound { resource, id: variant.to_string() });
        let Some((speech, fault)) = self.pipeline.fetch(variant) else {
            let pending = self.pipeline.is_pending(variant);
            return missing(if pending { Resource::AudioNotCached } else { Resource::BlockVariant });
        };
        let declared = speech.media;
        let (speech, flaw) = match fault {
            None => (speech, None),
            Some(AudioFault::Cut) => (speech, Some(BodyFlaw::Cut)),
            Some(AudioFault::NotAudio) => (speech, Some(BodyFlaw::NotAudio)),
            Some(AudioFault::Silent) => (other_speech(&speech, declared, SpeechBody::Silence), None),
            Some(AudioFault::OneMillisecond) => {
                (other_speech(&speech, MediaTime::from_millis(1), SpeechBody::Synthetic { seed: 0 }), None)
            }
            Some(AudioFault::OtherLength) => {
                let third = MediaTime::from_nanos(declared.as_nanos() / 3);
                (other_speech(&speech, third, SpeechBody::Synthetic { seed: 0 }), None)
            }
            Some(AudioFault::Missing) => return missing(Resource::AudioNotCached),
            Some(AudioFault::ServerError) => return Err(Refusal::ServerError),
        };
        Ok(FetchedAudio { speech, declared, flaw })
    }
}

/// What is sent in place of speech, in a container that hosts can write.
fn other_speech(speech: &Speech, media: MediaTime, body: SpeechBody) -> Speech {
    let format = speech.format.rendered();
    Speech { media, body, format }
}

fn outages(faults: &Faults) -> VecDeque<SocketOutage> {
    let mut outages = faults.socket_outages.clone();
    outages.sort_by_key(|outage| outage.outage.from);
    outages.into()
}
