//! The machine that follows a script.

mod notices;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
};

use claque_core::{
    outputs::Outputs,
    time::{Duration, Instant},
};
use claque_gateway::{ConnId, DocumentId, VariantHash};

use super::{
    Answer, BlockMilestone, DialScript, Dialled, EvictedOnJump, FetchEnd, Fetched, HandshakeOutage, Say,
    Script, ScriptedEffect, ScriptedEvent, ScriptedInput, ScriptedOutput, Step, StepTime, Trigger,
    workers::{Key, Workers},
};
use crate::yapit::gateway::{Notice, Request};

/// A service that does what a script says, for one listener: it speaks to the connection that was opened last.
#[derive(Clone, Debug)]
pub struct ScriptedServer {
    script: Script,
    conn: Option<ConnId>,
    dials: usize,
    down: Option<Refusing>,
    document: DocumentId,
    model: Arc<str>,
    last_voice: Arc<str>,
    workers: Workers,
    /// Blocks that somebody waits for.
    pending: BTreeSet<u32>,
    asked: BTreeMap<u32, usize>,
    fetched: BTreeMap<u32, usize>,
    counts: BTreeMap<(BlockMilestone, u32), u32>,
    fired: BTreeSet<usize>,
    variants: BTreeMap<VariantHash, u32>,
    tasks: BTreeMap<(Instant, u64), Task>,
    planned: u64,
    outputs: VecDeque<ScriptedOutput>,
}

#[derive(Clone, Copy, Debug)]
struct Refusing {
    until: Option<Instant>,
    with: u16,
}

/// What is due at some time.
#[derive(Clone, Debug)]
enum Task {
    EndHandshake {
        conn: ConnId,
        plan: DialScript,
        refused: Option<u16>,
    },
    CloseAgain {
        conn: ConnId,
        code: u16,
    },
    Fire(usize),
    Do(usize),
    Say {
        key: Key,
        say: Say,
    },
    /// A step of a script, which withdrawing the block cancels.
    Step {
        key: Key,
        say: Say,
    },
    Acknowledge {
        key: Key,
    },
    TakeWork,
    InWork {
        key: Key,
    },
    Finish {
        key: Key,
    },
    Withdraw {
        blocks: Vec<u32>,
    },
}

impl ScriptedServer {
    /// Makes a service whose time begins at the run's start.
    #[must_use]
    pub fn new(script: Script) -> Self {
        let mut server = Self {
            conn: None,
            dials: 0,
            down: None,
            document: DocumentId::from_seed(claque_core::rng::Seed::root(0)),
            model: Arc::default(),
            last_voice: Arc::default(),
            workers: Workers::new(script.workers.clone()),
            pending: BTreeSet::new(),
            asked: BTreeMap::new(),
            fetched: BTreeMap::new(),
            counts: BTreeMap::new(),
            fired: BTreeSet::new(),
            variants: BTreeMap::new(),
            tasks: BTreeMap::new(),
            planned: 0,
            outputs: VecDeque::new(),
            script,
        };
        let timed: Vec<_> = server.script.events.iter().enumerate().filter_map(at_a_moment).collect();
        for (index, at) in timed {
            server.plan(at, Task::Fire(index));
        }
        server
    }

    /// Takes news; whatever was due before is done first.
    pub fn handle_input(&mut self, now: Instant, input: ScriptedInput) -> Outputs<'_, ScriptedOutput> {
        self.advance(now);
        match input {
            ScriptedInput::Dial { conn } => self.dial(now, conn),
            ScriptedInput::Request { conn, request } if self.conn == Some(conn) => self.receive(now, request),
            ScriptedInput::Disconnected { conn } if self.conn == Some(conn) => self.conn = None,
            ScriptedInput::Request { .. } | ScriptedInput::Disconnected { .. } | ScriptedInput::Wake => {}
        }
        // What is due at once is due now.
        self.advance(now);
        Outputs::new(&mut self.outputs)
    }

    /// When to wake it at the latest.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.tasks.first_key_value().map(|(&(at, _), _)| at)
    }

    /// What a call for audio is answered; none where there is no such audio.
    pub fn fetch(&mut self, variant: &VariantHash) -> Option<Fetched> {
        let block = *self.variants.get(variant)?;
        let calls = self.fetched.entry(block).or_default();
        let plan = self.script.fetches.get(&block);
        let end = plan.map_or(FetchEnd::Audio, |plan| plan.fetches.get(*calls).copied().unwrap_or(plan.rest));
        *calls += 1;
        let after = plan.and_then(|plan| plan.after).unwrap_or(self.script.audio_after);
        let media = self.script.audio_of.get(&block).copied().unwrap_or(self.script.audio);
        Some(Fetched { after, end, media, block })
    }

    fn plan(&mut self, at: Instant, task: Task) {
        self.tasks.insert((at, self.planned), task);
        self.planned += 1;
    }

    fn advance(&mut self, now: Instant) {
        while let Some((&(at, _), _)) = self.tasks.first_key_value().filter(|((at, _), _)| *at <= now) {
            if let Some((_, task)) = self.tasks.pop_first() {
                self.perform(at, task);
            }
        }
    }

    fn perform(&mut self, at: Instant, task: Task) {
        match task {
            Task::EndHandshake { conn, plan, refused } => self.end_handshake(at, conn, &plan, refused),
            Task::CloseAgain { conn, code } if self.conn == Some(conn) => self.close(code, String::new()),
            Task::CloseAgain { .. } => {}
            Task::Fire(index) => self.fire(at, index),
            Task::Do(index) => self.do_deed(at, index),
            Task::Say { key, say } | Task::Step { key, say } => self.say_of(at, &key, &say),
            Task::Acknowledge { key } if self.pending.contains(&key.0) => self.say_of(at, &key, &Say::Queued),
            Task::Acknowledge { .. } => {}
            Task::TakeWork => self.take_work(at),
            Task::InWork { key } if self.workers.is_in_hand(&key) => self.say_of(at, &key, &Say::Processing),
            Task::InWork { .. } => {}
            Task::Finish { key } => {
                self.workers.finish(&key);
                if self.pending.remove(&key.0) {
                    self.say_of(at, &key, &Say::Cached);
                }
                self.take_work(at);
            }
            Task::Withdraw { blocks } => self.say(self.evicted(&blocks)),
        }
    }

    fn dial(&mut self, now: Instant, conn: ConnId) {
        let plan = self.script.dials.get(self.dials).unwrap_or(&self.script.later_dials).clone();
        self.dials += 1;
        let down = self.down.filter(|down| down.until.is_none_or(|until| now < until));
        let refused = plan.refuse.or(down.map(|down| down.with));
        let after = if refused.is_some() && plan.refuse.is_none() { None } else { plan.after };
        let at = now + after.unwrap_or(self.script.handshake);
        self.plan(at, Task::EndHandshake { conn, plan, refused });
    }

    fn end_handshake(&mut self, at: Instant, conn: ConnId, plan: &DialScript, refused: Option<u16>) {
        let end = match refused {
            Some(status) => Dialled::Refused(status),
            None => {
                self.conn = Some(conn);
                self.pending.clear();
                if let Some((after, code)) = plan.close {
                    self.plan(at + after, Task::CloseAgain { conn, code });
                }
                Dialled::Open
            }
        };
        self.outputs.push_back(ScriptedOutput::Dialled { conn, end });
    }

    fn receive(&mut self, now: Instant, request: Request) {
        match request {
            Request::Synthesize { document, blocks, model, voice } => {
                self.document = document;
                if *self.model != *model {
                    self.model = model;
                }
                self.last_voice = Arc::clone(&voice);
                for block in blocks.into_iter().filter_map(|block| u32::try_from(block).ok()) {
                    self.ask(now, (block, voice.to_string()));
                }
            }
            Request::CursorMoved { cursor, .. } => self.withdraw(now, cursor),
        }
    }

    fn ask(&mut self, now: Instant, key: Key) {
        let block = key.0;
        let nth = self.asked.entry(block).or_default();
        let index = *nth;
        *nth += 1;
        self.count(now, BlockMilestone::Asked, block);
        let own = self.script.blocks.get(&block);
        let answer = own.map(|own| own.requests.get(index).unwrap_or(&own.rest));
        let steps = match (answer, &self.script.default) {
            (Some(Answer::Steps(steps)), _) => Some(steps.clone()),
            // The queue by name leaves it to whatever answers all requests.
            (Some(Answer::Queue) | None, default) => default.clone(),
        };
        match steps {
            Some(steps) => {
                self.pending.insert(block);
                self.follow(now, &key, &steps);
            }
            None => self.work(now, key),
        }
    }

    fn follow(&mut self, now: Instant, key: &Key, steps: &[Step]) {
        let mut since = Duration::ZERO;
        for Step { at, say, times, every } in steps {
            since = match *at {
                StepTime::SinceRequest(since) => since,
                StepTime::SinceLast(gap) => since + gap,
            };
            for time in 0..*times {
                let task = Task::Step { key: key.clone(), say: say.clone() };
                self.plan(now + since + *every * time, task);
            }
        }
    }

    fn work(&mut self, now: Instant, key: Key) {
        let at = now + self.script.acknowledged_after;
        if self.workers.is_done(&key) {
            self.plan(at, Task::Say { key, say: Say::Cached });
            return;
        }
        self.pending.insert(key.0);
        if self.script.acknowledges {
            self.plan(at, Task::Acknowledge { key: key.clone() });
        }
        if self.workers.add(&key) {
            self.plan(at, Task::TakeWork);
        }
    }

    fn take_work(&mut self, now: Instant) {
        while let Some((key, service)) = self.workers.take() {
            if let Some(every) = self.workers.config().processing_every.filter(|every| !every.is_zero()) {
                let mut after = every;
                while after < service {
                    self.plan(now + after, Task::InWork { key: key.clone() });
                    after += every;
                }
            }
            self.plan(now + service, Task::Finish { key });
        }
    }

    /// What a jump has withdrawn is no longer made, unless it is in hand.
    fn withdraw(&mut self, now: Instant, cursor: i64) {
        let kept = match self.script.withdraws {
            EvictedOnJump::Nothing => return,
            EvictedOnJump::All => 0..0,
            EvictedOnJump::OutsideWindow => cursor - 8..cursor + 17,
        };
        let blocks: Vec<u32> =
            self.pending.iter().copied().filter(|block| !kept.contains(&i64::from(*block))).collect();
        if blocks.is_empty() {
            return;
        }
        blocks.iter().for_each(|block| self.forget(*block));
        self.plan(now + self.script.acknowledged_after, Task::Withdraw { blocks });
    }

    fn forget(&mut self, block: u32) {
        self.pending.remove(&block);
        self.tasks.retain(|_, task| !matches!(task, Task::Step { key, .. } if key.0 == block));
        self.workers.forget(block);
    }

    fn fire(&mut self, now: Instant, index: usize) {
        if !self.fired.insert(index) {
            return;
        }
        let after = self.script.events[index].after;
        if after.is_zero() { self.do_deed(now, index) } else { self.plan(now + after, Task::Do(index)) }
    }

    fn do_deed(&mut self, now: Instant, index: usize) {
        match self.script.events[index].deed.clone() {
            ScriptedEffect::Close { code, reason, down, down_with } => {
                if let Some(down) = down {
                    let until = match down {
                        HandshakeOutage::For(span) => Some(now + span),
                        HandshakeOutage::ForGood => None,
                    };
                    self.down = Some(Refusing { until, with: down_with });
                }
                self.close(code, reason);
            }
            ScriptedEffect::Error { text } => self.say(Notice::Error { text }),
            ScriptedEffect::Evict { blocks } => {
                blocks.iter().for_each(|block| self.forget(*block));
                self.say(self.evicted(&blocks));
            }
            ScriptedEffect::Status { block, say } => {
                let key = (block, self.last_voice.to_string());
                self.say_of(now, &key, &say);
            }
        }
    }

    fn close(&mut self, code: u16, reason: String) {
        if let Some(conn) = self.conn.take() {
            self.outputs.push_back(ScriptedOutput::Close { conn, code, reason });
        }
    }

    fn count(&mut self, now: Instant, happening: BlockMilestone, block: u32) {
        let count = self.counts.entry((happening, block)).or_default();
        *count += 1;
        let trigger = Trigger::On { happening, block, nth: *count };
        let events = self.script.events.iter().enumerate();
        let waiting: Vec<usize> =
            events.filter(|(_, event)| event.trigger == trigger).map(|(index, _)| index).collect();
        for index in waiting {
            self.fire(now, index);
        }
    }
}

fn at_a_moment((index, event): (usize, &ScriptedEvent)) -> Option<(usize, Instant)> {
    match event.trigger {
        Trigger::At(at) => Some((index, at)),
        Trigger::On { .. } => None,
    }
}
