//! The machine: calls in, replies out, with an engine behind.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use claque_core::{
    outputs::Outputs,
    rng::Seed,
    time::{Instant, MediaTime, SampleRate},
};
use claque_gateway::{
    Engine, Piece, StreamAsk, StreamEffect, StreamFault, StreamId, StreamingEngine, StreamingInput,
    StreamingOutput, StreamingStats,
};

use super::{
    CallId, Input, OpenaiConfig, Output, Reply, Request, TimeoutReason,
    answer::{AnswerState, SpeechAnswer, stream},
    error::{Complaint, ComplaintKind},
    lists::{self, List},
    request::{self, SpeechRequest},
};
use crate::{
    audio::{Container, Source, SpeechSound},
    exposition,
};

/// A service that answers calls.
#[derive(Debug)]
pub struct OpenaiFront {
    config: OpenaiConfig,
    rate: SampleRate,
    seed: Seed,
    sound: Arc<dyn SpeechSound>,
    now: Instant,
    engine: StreamingEngine,
    answers: BTreeMap<CallId, SpeechAnswer>,
    /// What the host is to speak when its turn comes, also for those who have left.
    texts: BTreeMap<CallId, (Arc<str>, Arc<str>)>,
    /// Requests for speech so far that had a valid key.
    requests: u64,
    outputs: VecDeque<Output>,
}

/// What a service holds and has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FrontStats {
    /// Requests for speech so far that had a valid key.
    pub requests: u64,
    /// Answers with speech that are under way.
    pub open: usize,
    /// The engine.
    pub engine: StreamingStats,
}

impl OpenaiFront {
    /// Makes a service at the run's start. All noise comes from `seed`, all sound from `sound`.
    #[must_use]
    pub fn new(config: OpenaiConfig, seed: Seed, sound: Arc<dyn SpeechSound>) -> Self {
        Self {
            rate: SampleRate::new(config.dialect.rate_hertz).unwrap_or(SampleRate::OPUS),
            engine: StreamingEngine::new(config.streaming.clone()),
            seed,
            sound,
            now: Instant::START,
            answers: BTreeMap::new(),
            texts: BTreeMap::new(),
            requests: 0,
            outputs: VecDeque::new(),
            config,
        }
    }

    /// Samples per second of its audio.
    #[must_use]
    pub const fn rate(&self) -> SampleRate {
        self.rate
    }

    /// What it holds now and has done.
    #[must_use]
    pub fn stats(&self) -> FrontStats {
        let (requests, open) = (self.requests, self.answers.len());
        FrontStats { requests, open, engine: self.engine.stats() }
    }

    /// Takes news at `now`; an earlier `now` than before counts as the latest. What was due until then is done first, each at the time
    /// it was due. News of unknown calls is ignored.
    pub fn handle_input(&mut self, now: Instant, input: Input<'_>) -> Outputs<'_, Output> {
        self.now = self.now.max(now);
        self.tell_engine(StreamingInput::Wake);
        match input {
            Input::Wake => {}
            Input::Call { call, request } => self.call(call, &request),
            Input::Left { call } => {
                self.answers.remove(&call);
                self.tell_engine(StreamingInput::Leave { stream: stream(call) });
            }
            Input::Spoken { call, result } => self.spoken(call, result),
        }
        Outputs::new(&mut self.outputs)
    }

    /// When to wake it at the latest, and why; none while only news can change anything.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<(Instant, TimeoutReason)> {
        if !self.outputs.is_empty() {
            return Some((self.now, TimeoutReason::OutputsWaiting));
        }
        self.engine.poll_timeout().map(|(at, reason)| (at, TimeoutReason::Engine(reason)))
    }

    fn call(&mut self, call: CallId, request: &Request<'_>) {
        let (dialect, now) = (self.config.dialect, self.now);
        let complaint = match self.answer(call, request) {
            Ok(Some(reply)) => return self.say(call, now, reply),
            Ok(None) => return,
            Err(complaint) => complaint,
        };
        let (status, body) = complaint.answer(dialect.errors);
        self.say(call, now, lists::reply(status, body));
    }

    /// The answer, unless it comes later.
    fn answer(&mut self, call: CallId, request: &Request<'_>) -> Result<Option<Reply>, Complaint> {
        let speech = self.config.dialect.speech_paths.iter().position(|path| *path == request.path);
        if let Some(path) = speech {
            method(request, "POST")?;
            self.key(request)?;
            return self.speech(call, request, path);
        }
        if request.path == exposition::PATH {
            method(request, "GET")?;
            return Ok(Some(lists::metrics(&self.stats())));
        }
        let none =
            || Complaint::new(ComplaintKind::NoSuchPath, None, format!("there is no {}", request.path));
        let list = List::of(request.path, &self.config).ok_or_else(none)?;
        method(request, "GET")?;
        if !list.is_open() {
            self.key(request)?;
        }
        list.answer(request, &self.config).map(Some).ok_or_else(|| {
            Complaint::new(ComplaintKind::UnknownModel(404), Some("model"), "there is no model of this name")
        })
    }

    /// # Errors
    /// It has no key that opens.
    fn key(&self, request: &Request<'_>) -> Result<(), Complaint> {
        let keys = &self.config.api_keys;
        let bearer = request.bearer();
        if keys.is_empty() || keys.iter().any(|key| bearer == Some(key.expose())) {
            return Ok(());
        }
        // What was sent is not repeated: it may be a key of another service.
        let words = match bearer {
            Some(_) => "Incorrect API key provided",
            None => "You didn't provide an API key; send it as `Authorization: Bearer KEY`",
        };
        Err(Complaint::new(ComplaintKind::Key(self.config.dialect.key_status), None, words))
    }

    fn speech(
        &mut self,
        call: CallId,
        request: &Request<'_>,
        path: usize,
    ) -> Result<Option<Reply>, Complaint> {
        let number = self.requests;
        self.requests += 1;
        let effect = StreamFault::effect(&self.config.faults, number, self.seed).cloned();
        if let Some(StreamEffect::Refuse { status, retry_after }) = effect {
            let words =
                if status == 429 { "Rate limit reached for requests" } else { "The server refuses this" };
            let complaint = Complaint::new(ComplaintKind::Injected(status), None, words);
            let (status, body) = complaint.answer(self.config.dialect.errors);
            let mut reply = lists::reply(status, body);
            if let (Reply::Whole { head, .. }, Some(after)) = (&mut reply, retry_after) {
                head.headers.push(("retry-after", after.as_secs().to_string()));
            }
            return Ok(Some(reply));
        }
        let wanted = request::read(request.body, path, &self.config)?;
        self.can_write(&wanted)?;
        let hindrance = effect.as_ref().and_then(StreamEffect::hindrance);
        // Where the noise of a text comes from: the same for the same words in the same voice.
        let seed = self.seed.child("text").child(&wanted.voice).child(&wanted.text);
        let answer = SpeechAnswer::new(call, wanted, effect, (&self.config, self.rate, seed));
        let chars = u32::try_from(answer.text.chars().count()).unwrap_or(u32::MAX);
        let speed = answer.speed;
        let silent = answer.is_silent();
        self.texts.insert(call, (Arc::clone(&answer.text), Arc::clone(&answer.voice)));
        self.answers.insert(call, answer);
        if silent {
            self.texts.remove(&call);
        }
        let stream = stream(call);
        let mut made = Vec::new();
        if !silent {
            let ask = StreamAsk { stream, chars, speed, seed, hindrance };
            made.extend(self.engine.handle_input(self.now, StreamingInput::Ask(ask)));
        }
        if !made.contains(&StreamingOutput::Refused { stream }) {
            let (head, mut say) = (self.config.head, Vec::new());
            if let Some(answer) = self.answers.get_mut(&call) {
                answer.taken(head, &mut say);
            }
            say.into_iter().for_each(|reply| self.say(call, self.now, reply));
        }
        self.after_engine(made);
        Ok(None)
    }

    /// # Errors
    /// There is no encoder for the format.
    fn can_write(&self, wanted: &SpeechRequest) -> Result<(), Complaint> {
        let Some(coding) = Container::of(wanted.format).coding() else { return Ok(()) };
        let is_known = match self.config.streaming.engine {
            Engine::Modelled => self.sound.packet(coding, 0, 0).is_some(),
            Engine::External => false,
        };
        if is_known {
            return Ok(());
        }
        let words = format!(
            "response_format '{}' cannot be made here; ask for pcm, wav or flac",
            wanted.format.as_str()
        );
        Err(Complaint::new(ComplaintKind::Unsupported, Some("response_format"), words))
    }

    fn tell_engine(&mut self, input: StreamingInput) {
        let made: Vec<_> = self.engine.handle_input(self.now, input).collect();
        self.after_engine(made);
    }

    fn after_engine(&mut self, made: Vec<StreamingOutput>) {
        for output in made {
            match output {
                StreamingOutput::Started { stream, at } => self.started(CallId(stream.0), at),
                StreamingOutput::Piece(piece) => self.piece(piece),
                StreamingOutput::Refused { stream: StreamId(number) } => {
                    let words = "too many requests wait; try again later";
                    self.fail(CallId(number), &Complaint::new(ComplaintKind::Overloaded, None, words));
                }
            }
        }
    }

    fn started(&mut self, call: CallId, at: Instant) {
        let Some((text, voice)) = self.texts.remove(&call) else { return };
        if self.config.streaming.engine == Engine::External {
            self.say(call, at, Reply::Speak { text, voice });
        }
    }

    fn piece(&mut self, piece: Piece) {
        let call = CallId(piece.stream.0);
        let Some(answer) = self.answers.get(&call) else { return };
        let seed = answer.seed.value();
        let sound = Arc::clone(&self.sound);
        self.add(call, piece.at, Source::Modelled { sound: &*sound, seed }, (piece.media, piece.is_last));
    }

    fn spoken(&mut self, call: CallId, result: Result<Vec<i16>, String>) {
        match result {
            Ok(samples) => {
                let count = u64::try_from(samples.len()).unwrap_or(u64::MAX);
                let media = MediaTime::from_samples(count, self.rate);
                self.add(call, self.now, Source::Recorded(&samples), (media, true));
            }
            Err(words) => self.fail(call, &Complaint::new(ComplaintKind::Engine, None, words)),
        }
        self.tell_engine(StreamingInput::Made { stream: stream(call) });
    }

    fn add(&mut self, call: CallId, at: Instant, source: Source<'_>, made: (MediaTime, bool)) {
        let Some(answer) = self.answers.get_mut(&call) else { return };
        let mut say = Vec::new();
        let goes = answer.piece(source, made, &mut say);
        self.finish(call, at, say, goes);
    }

    fn fail(&mut self, call: CallId, complaint: &Complaint) {
        let Some(answer) = self.answers.get_mut(&call) else { return };
        let mut say = Vec::new();
        let goes = answer.fail(complaint, &mut say);
        self.texts.remove(&call);
        self.finish(call, self.now, say, goes);
    }

    fn finish(&mut self, call: CallId, at: Instant, say: Vec<Reply>, goes: AnswerState) {
        say.into_iter().for_each(|reply| self.say(call, at, reply));
        if goes == AnswerState::Ended {
            self.answers.remove(&call);
        }
    }

    fn say(&mut self, call: CallId, at: Instant, reply: Reply) {
        self.outputs.push_back(Output { call, at, reply });
    }
}

/// # Errors
/// It is another one.
fn method(request: &Request<'_>, wanted: &str) -> Result<(), Complaint> {
    if request.method == wanted {
        return Ok(());
    }
    let words = format!("{} is not allowed here; use {wanted}", request.method);
    Err(Complaint::new(ComplaintKind::WrongMethod, None, words))
}
