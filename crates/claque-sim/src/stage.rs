//! Everything that is done before a run's start, outside of every measure: documents, the voice, a warm cache.

use std::sync::Arc;

use claque_core::{
    ids::ListenerId,
    pacing::{Answer, Limited, Next, Pacer, PacingStats},
    plan::Plan,
    script::Script,
    time::{Duration, Instant},
};
use claque_front::typed::conversation::{Caller, Gateway, GatewayConfig, Input, Refusal, Request};
use claque_gateway::{ConnId, DocumentId, Engine, Faults, UserId};
use claque_wire::typed::conversation::{limit_window, usual_voice};

use crate::scenario::{Scenario, SimError};

/// Blocks asked for at once to warm the cache, as a player would.
const WARMING_BATCH: u32 = 8;
/// Documents that a run makes at the same time.
const AT_ONCE: usize = 8;

/// A gateway made ready for an audience.
pub(crate) struct Stage {
    pub(crate) gateway: Gateway,
    /// How long the preparation took: the gateway's time at the run's start.
    pub(crate) took: Duration,
    /// How limits were in the way of it.
    pub(crate) pacing: PacingStats,
    pub(crate) model: Arc<str>,
    /// Everything there is to choose from; the first is the one to begin with.
    pub(crate) voices: Vec<Arc<str>>,
    /// One for each listener.
    pub(crate) seats: Vec<Seat>,
}

/// What a listener is given.
pub(crate) struct Seat {
    pub(crate) document: DocumentId,
    /// Characters of each block to hear.
    pub(crate) chars: Arc<[u32]>,
}

/// Every listener is the same user, as listeners are who share one account.
pub(crate) fn listeners_user() -> UserId {
    UserId::selfhost()
}

impl Stage {
    pub(crate) fn prepare(scenario: &Scenario) -> Result<Self, SimError> {
        let Scenario { plan, scripts, gateway: config, seed, .. } = scenario;
        if config.pipeline.engine == Engine::External {
            return Err(SimError::ExternalEngine);
        }
        let voices = choose_voices(plan, config)?;
        let mut gateway = Gateway::new(config.clone(), *seed);
        let unread = hears_one_voice(scenario).then(|| voices.first().cloned()).flatten();
        let (documents, created_at, pacing) =
            create_documents(&mut gateway, plan, scripts, unread.as_deref())?;
        let mut seats = Vec::with_capacity(documents.len());
        for (document, listener) in documents.into_iter().zip(plan.own().iter()) {
            seats.push(seat(&mut gateway, plan, document, listener)?);
        }
        let took = created_at.since(Instant::START);
        let mut stage = Self { gateway, took, pacing, model: plan.model.as_str().into(), voices, seats };
        if let Some(script) = scripts.first()
            && plan.use_cached
        {
            stage.warm_cache(script, plan.blocks);
        }
        Ok(stage)
    }

    pub(crate) fn voice(&self) -> Arc<str> {
        self.voices.first().cloned().unwrap_or_default()
    }

    /// Has all blocks of `script` made before the run. Each request comes from a user of its own, so that no limit on
    /// a user's requests is touched; what fails here will fail in front of the listeners.
    fn warm_cache(&mut self, script: &Script, blocks: u32) {
        let limit = self.gateway.config().synthesis_limit.map_or(u32::MAX, |limit| limit.limit.count);
        let batch = limit.clamp(1, WARMING_BATCH);
        let content = script.document();
        let began = Instant::START + self.took;
        for (conn, first) in (0..=u64::MAX).rev().map(ConnId).zip((0..blocks).step_by(as_count(batch))) {
            let user = UserId::new(&format!("warming-{first}"));
            let caller = Caller { user: user.clone(), address: user.as_str().to_owned() };
            let made = self.gateway.create_document(began, &caller, &content, None);
            let Ok(document) = made.map(|info| info.id) else { return };
            let blocks = (first..blocks.min(first + batch)).map(i64::from).collect();
            let (model, voice) = (Arc::clone(&self.model), self.voice());
            self.input(began, Input::Connected { conn, user });
            let request = Request::Synthesize { document, blocks, model, voice };
            self.input(began, Input::Request { conn, request });
        }
        let mut now = began;
        while let Some((at, _)) = self.gateway.poll_timeout() {
            now = at;
            self.input(now, Input::Wake);
        }
        for conn in (0..=u64::MAX).rev().map(ConnId).take(as_count(blocks.div_ceil(batch))) {
            self.input(now, Input::Disconnected { conn });
        }
        self.took = now.since(Instant::START);
    }

    /// Tells the gateway something to which no answer matters.
    fn input(&mut self, at: Instant, input: Input) {
        self.gateway.handle_input(at, input).for_each(drop);
    }
}

/// Whether nobody can come to ask for a text in another voice, and nothing that goes wrong tells of a text: then none need be kept.
fn hears_one_voice(Scenario { plan, gateway, .. }: &Scenario) -> bool {
    !plan.use_cached && plan.behaviour.voice <= 0.0 && gateway.faults == Faults::default()
}

/// A document that was made.
#[derive(Clone, Debug)]
struct Created {
    id: DocumentId,
    /// Characters of its blocks, where the gateway keeps no more of them.
    chars: Option<Arc<[u32]>>,
}

pub(crate) fn as_count(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// As for a run over sockets: the voice named, the model's usual one if it is on offer, or the first that is; and then
/// all others.
fn choose_voices(plan: &Plan, config: &GatewayConfig) -> Result<Vec<Arc<str>>, SimError> {
    let known = || config.models.iter().map(|model| model.info.slug.to_string()).collect();
    let model = config
        .models
        .iter()
        .find(|model| *model.info.slug == *plan.model)
        .ok_or_else(|| SimError::UnknownModel { model: plan.model.clone(), known: known() })?;
    let slugs = || model.info.voices.iter().map(|voice| &*voice.slug);
    if let Some(voice) = plan.voice.clone().filter(|voice| slugs().all(|slug| slug != voice)) {
        let known = slugs().map(str::to_owned).collect();
        return Err(SimError::UnknownVoice { voice, model: plan.model.clone(), known });
    }
    let voice = plan.voice.as_deref().or_else(|| usual_voice(&plan.model, slugs()));
    let voice = voice.ok_or_else(|| SimError::NoVoice { model: plan.model.clone() })?;
    Ok(core::iter::once(voice).chain(slugs().filter(|slug| *slug != voice)).map(Arc::from).collect())
}

fn script_of<'a>(plan: &Plan, scripts: &'a [Script], listener: ListenerId) -> Result<&'a Script, SimError> {
    let place = if plan.use_cached { Some(0) } else { plan.own().place(listener) };
    place.and_then(|place| scripts.get(place)).ok_or(SimError::NoScript { listener, users: plan.users })
}

/// Creates everybody's document from one address, as a run does, under the gateway's limits: what it waits for is the
/// decision of the same machine that paces a run. Gives when the last was made.
fn create_documents(
    gateway: &mut Gateway,
    plan: &Plan,
    scripts: &[Script],
    unread: Option<&str>,
) -> Result<(Vec<Created>, Instant, PacingStats), SimError> {
    let caller = Caller { user: listeners_user(), address: "preparation".to_owned() };
    let mut now = Instant::START;
    let own = plan.own();
    let mut pacer = Pacer::new(own.count(), AT_ONCE, 1);
    let mut documents = vec![None; own.count()];
    while !pacer.is_done() {
        while let Some(turn) = pacer.poll_turn(now) {
            let listener = own.listener(turn.call);
            let script = script_of(plan, scripts, listener)?;
            let content = script.document();
            let created = match unread {
                Some(voice) => gateway
                    .create_unread_document(now, &caller, &content, (&plan.model, voice))
                    .map(|(id, chars)| Created { id, chars: Some(chars) }),
                None => gateway
                    .create_document(now, &caller, &content, None)
                    .map(|info| Created { id: info.id, chars: None }),
            };
            let answer = match &created {
                // All that a client is told are the words.
                Err(refusal @ Refusal::RateLimited { .. }) => {
                    let window = limit_window(&refusal.to_string());
                    Answer::Limited(Limited { retry_after: None, window })
                }
                Ok(_) | Err(_) => Answer::Settled,
            };
            let next = pacer.handle_answer(now, turn, answer);
            match (created, next) {
                (Ok(document), _) => {
                    if let Some(place) = documents.get_mut(turn.call) {
                        *place = Some(document);
                    }
                }
                (Err(_), Next::WaitsUntil(_)) => {}
                (Err(refusal), Next::Settled | Next::GivenUp) => {
                    return Err(SimError::Document { listener, refusal });
                }
            }
        }
        now = pacer.poll_timeout().unwrap_or(now);
    }
    Ok((documents.into_iter().flatten().collect(), now, pacer.stats()))
}

/// Looks what blocks a listener's document became. Each is looked at from an address of its own: that costs a run
/// nothing that is worth a wait.
fn seat(
    gateway: &mut Gateway,
    plan: &Plan,
    Created { id: document, chars }: Created,
    listener: ListenerId,
) -> Result<Seat, SimError> {
    let wanted = as_count(plan.blocks);
    let chars: Arc<[u32]> = match chars {
        Some(chars) if chars.len() <= wanted => chars,
        Some(chars) => chars.iter().copied().take(wanted).collect(),
        None => {
            let caller = Caller { user: listeners_user(), address: format!("preparation-{listener}") };
            let refused = |refusal: Refusal| SimError::Document { listener, refusal };
            let blocks = gateway.blocks(Instant::START, &caller, document).map_err(refused)?;
            blocks.iter().map(|block| block.chars).take(wanted).collect()
        }
    };
    if chars.len() < as_count(plan.blocks) {
        return Err(SimError::ShortDocument { listener, wanted: plan.blocks, found: chars.len() });
    }
    Ok(Seat { document, chars })
}
