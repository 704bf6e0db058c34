//! A random service, and two ways to turn the clock for a player that listens to it.
//!
//! Times are whole milliseconds of a small range, so that many things happen at one moment.

use std::collections::BTreeMap;

use claque_core::{
    event::{Event, Failure, FailureClass, FailureScope, Phase, StatusKind},
    ids::{BlockIdx, ListenerId},
    listener::{Behaviour, Listener, ListenerConfig},
    player::{Input, Output, PlayerConfig, PlayerPolicy, PlayerState},
    record::Fact,
    remark::Findings,
    rng::Seed,
    time::{Duration, Instant, MediaTime, Speed},
};
/// Everything that decides a session.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) policy: PlayerPolicy,
    pub(crate) speed: Speed,
    pub(crate) timeout: Duration,
    pub(crate) starts_at: u64,
    /// From an order of the player until it is written.
    pub(crate) writing: u64,
    pub(crate) fates: Vec<Fate>,
    /// Something that happens to the session, whatever the blocks do.
    pub(crate) interruptions: Vec<(u64, Interruption)>,
    pub(crate) behaviour: Behaviour,
    pub(crate) seed: u64,
    /// Characters of every block.
    pub(crate) chars: u32,
    /// Time each dial takes and whether it succeeds, in turn.
    pub(crate) dials: Vec<(u64, bool)>,
}

/// What becomes of a block.
#[derive(Clone, Debug)]
pub(crate) struct Fate {
    /// Requests that are not heard.
    pub(crate) deaf_to: u32,
    /// Requests, after those, that are accepted and withdrawn.
    pub(crate) withdrawn: u32,
    /// From the request until it is accepted, and from then until it is settled or its audio begins.
    pub(crate) accepted_after: u64,
    pub(crate) begins_after: u64,
    pub(crate) course: Course,
    /// Whether all that is said of it is said twice.
    pub(crate) twice: bool,
}

/// How a block goes on once it is begun.
#[derive(Clone, Debug)]
pub(crate) enum Course {
    /// Pieces of audio: how long after the one before, and how long each is.
    Audio(Vec<(u64, u64)>),
    /// Pieces of audio, and then the end of it.
    Cut(Vec<(u64, u64)>),
    Skipped,
    Failed,
}

#[derive(Clone, Debug)]
pub(crate) enum Interruption {
    Foreign,
    Warning,
    Broken,
    Cut,
    Stop,
}

/// What a session left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Session {
    /// All the player was told, except that time has passed.
    pub(crate) inputs: Vec<(Instant, Input)>,
    pub(crate) facts: Vec<Fact>,
    pub(crate) asks: Vec<Vec<BlockIdx>>,
    pub(crate) dials: usize,
    /// Jumps and changes of voice, as the service is told of them.
    pub(crate) told: Vec<Output>,
    pub(crate) ends: usize,
}

impl World {
    fn listener(&self) -> Listener {
        let player = PlayerConfig {
            listener: ListenerId(0),
            document: "d".into(),
            chars: vec![self.chars; self.fates.len()].into(),
            speed: self.speed,
            policy: self.policy.into(),
            timeout: self.timeout,
            intended_at: Instant::START,
        };
        let (behaviour, seed) = (self.behaviour, Seed::root(self.seed));
        Listener::new(ListenerConfig { player, behaviour, voices: 3, seed })
    }

    /// Plays the session with wake-ups at exactly the times the player wants.
    pub(crate) fn play(&self) -> (Session, Listener) {
        let mut stage = Stage {
            world: self,
            player: self.listener(),
            queue: BTreeMap::new(),
            asked: BTreeMap::new(),
            pushed: 0,
            open: false,
            voice: 0,
            session: Session::default(),
        };
        stage.push(self.starts_at, Input::Start);
        for (at, interruption) in &self.interruptions {
            let input = match interruption {
                Interruption::Foreign => Input::Event(Event::Foreign),
                Interruption::Warning => Input::Event(Event::Warning { text: String::new() }),
                Interruption::Broken => Input::Event(failed(FailureScope::Session)),
                Interruption::Cut => Input::Event(Event::Closed(lost())),
                Interruption::Stop => Input::Stop,
            };
            stage.push(*at, input);
        }
        stage.run();
        (stage.session, stage.player)
    }

    /// Tells a fresh player what it was told in `session`, but wakes it only at `wakes` and long after everything.
    pub(crate) fn replay(&self, session: &Session, wakes: &[u64]) -> Session {
        let mut player = self.listener();
        let mut inputs: Vec<(Instant, Input)> = session.inputs.clone();
        inputs.extend(wakes.iter().map(|at| (Instant::from_millis(*at), Input::Wake)));
        inputs.push((Instant::from_nanos(u64::MAX / 2), Input::Wake));
        // Stable: what was told at one moment keeps its order, and wake-ups come after it.
        inputs.sort_by_key(|(at, _)| *at);
        let mut again = Session { inputs: session.inputs.clone(), ..Session::default() };
        for (at, input) in inputs {
            again.take(player.handle_input(at, input).collect());
        }
        again
    }
}

impl Session {
    fn take(&mut self, outputs: Vec<Output>) {
        for output in outputs {
            match output {
                Output::Dial => self.dials += 1,
                Output::Ask { blocks, voice: _ } => self.asks.push(blocks),
                Output::Move { .. } | Output::ChangeVoice { .. } => self.told.push(output),
                Output::Forget { .. } => {}
                Output::Fact(fact) => self.facts.push(fact),
                Output::Ended => self.ends += 1,
            }
        }
    }
}

struct Stage<'a> {
    world: &'a World,
    player: Listener,
    queue: BTreeMap<(Instant, usize), Input>,
    asked: BTreeMap<BlockIdx, u32>,
    pushed: usize,
    open: bool,
    voice: u32,
    session: Session,
}

impl Stage<'_> {
    fn push(&mut self, at: u64, input: Input) {
        self.push_at(Instant::from_millis(at), input);
    }

    fn push_at(&mut self, at: Instant, input: Input) {
        self.queue.insert((at, self.pushed), input);
        self.pushed += 1;
    }

    fn run(&mut self) {
        for _ in 0..100_000 {
            let next = self.queue.first_key_value().map(|(&(at, _), _)| at);
            match self.player.poll_timeout().map(|(due, _)| due) {
                Some(due) if next.is_none_or(|next| due <= next) => self.wake(due),
                _ => {
                    let Some(((at, _), input)) = self.queue.pop_first() else { return };
                    if self.player.state() == PlayerState::Done {
                        return;
                    }
                    if let Input::Event(Event::Closed(failure)) = &input {
                        // What is not there cannot be cut.
                        if failure.code.is_none() && !self.open {
                            continue;
                        }
                        self.hang_up();
                    }
                    self.open |= matches!(input, Input::Event(Event::Dialed { .. }));
                    self.session.inputs.push((at, input.clone()));
                    self.hand(at, input);
                }
            }
        }
        panic!("a session without end: {:?}", self.player);
    }

    /// Whatever a player says may wait must be nothing that anybody waits for.
    fn wake(&mut self, due: Instant) {
        let slack = self.player.poll_timeout().map_or(Duration::ZERO, |said| self.player.slack(said));
        if slack > Duration::ZERO {
            let mut player = self.player.clone();
            let late = due + slack.saturating_sub(Duration::from_nanos(1));
            let waited = player
                .handle_input(late, Input::Wake)
                .all(|output| matches!(output, Output::Fact(Fact::Block(_))));
            assert!(
                waited && player.state() == PlayerState::Playing,
                "{slack:?} after {due}: {:?}",
                self.player
            );
        }
        self.hand(due, Input::Wake);
    }

    fn hand(&mut self, at: Instant, input: Input) {
        let outputs: Vec<Output> = self.player.handle_input(at, input).collect();
        let mut dials = self.session.dials;
        for output in &outputs {
            match output {
                Output::Ask { blocks, voice } if *voice == self.voice => self.answer(at, blocks),
                Output::Dial => {
                    self.dial(at, dials);
                    dials += 1;
                }
                // Nothing of the old voice may arrive.
                Output::ChangeVoice { voice } => {
                    self.voice = *voice;
                    self.queue.retain(|_, input| !is_about_blocks(input));
                }
                Output::Ask { .. }
                | Output::Forget { .. }
                | Output::Move { .. }
                | Output::Fact(_)
                | Output::Ended => {}
            }
        }
        self.session.take(outputs);
    }

    fn dial(&mut self, at: Instant, number: usize) {
        let (after, succeeds) = self.world.dials[number % self.world.dials.len()];
        let connect = Duration::from_millis(after);
        let refused = Failure { code: Some(503), ..lost() };
        let event = if succeeds { Event::Dialed { connect } } else { Event::Closed(refused) };
        self.push_at(at + connect, Input::Event(event));
    }

    /// With the connection goes what would have been said over it; audio comes by another way.
    fn hang_up(&mut self) {
        self.open = false;
        self.queue.retain(|_, input| {
            !matches!(input, Input::Event(Event::Status { .. } | Event::Evicted { .. } | Event::Sent { .. }))
        });
    }

    /// Plans what the service does about a request.
    fn answer(&mut self, at: Instant, blocks: &[BlockIdx]) {
        let sent = at + Duration::from_millis(self.world.writing);
        self.push_at(sent, Input::Event(Event::Sent { blocks: blocks.to_vec() }));
        for &block in blocks {
            let index = usize::try_from(block.0).expect("few blocks");
            let fate = self.world.fates.get(index).expect("only blocks that exist are asked for");
            let asked = self.asked.entry(block).or_insert(0);
            *asked += 1;
            if *asked <= fate.deaf_to {
                continue;
            }
            let withdraw = *asked <= fate.deaf_to + fate.withdrawn;
            let times = if fate.twice { 2 } else { 1 };
            for (after, event) in fate.clone().events(block, withdraw) {
                for _ in 0..times {
                    self.push_at(sent + Duration::from_millis(after), Input::Event(event.clone()));
                }
            }
        }
    }
}

impl Fate {
    /// What is said of the block, and how long after the request.
    fn events(self, block: BlockIdx, withdraw: bool) -> Vec<(u64, Event)> {
        let status = |kind| Event::Status { block, kind };
        let mut at = self.accepted_after;
        let mut events = vec![(at, status(StatusKind::Queued))];
        at += self.begins_after;
        if withdraw {
            events.push((at, Event::Evicted { blocks: vec![block] }));
            return events;
        }
        let (pieces, is_cut) = match self.course {
            Course::Audio(pieces) => (pieces, false),
            Course::Cut(pieces) => (pieces, true),
            Course::Skipped => {
                events.push((at, status(StatusKind::Skipped)));
                return events;
            }
            Course::Failed => (Vec::new(), true),
        };
        events.push((at, status(StatusKind::Ready)));
        let mut delivered = 0;
        for (gap, length) in pieces {
            at += gap;
            delivered += length;
            let audio = Event::Audio { block, delivered: MediaTime::from_millis(delivered), bytes: length };
            events.push((at, audio));
        }
        let media = MediaTime::from_millis(delivered);
        events.push((
            at,
            if is_cut {
                failed(FailureScope::Block(block))
            } else {
                Event::Complete { block, media, findings: Findings::NONE }
            },
        ));
        events
    }
}

fn is_about_blocks(input: &Input) -> bool {
    match input {
        Input::Event(Event::Failed(failure)) => failure.kills != FailureScope::Session,
        Input::Event(
            Event::Status { .. }
            | Event::Sent { .. }
            | Event::Unsent { .. }
            | Event::Audio { .. }
            | Event::Complete { .. }
            | Event::BlockError { .. }
            | Event::NotAudio(_)
            | Event::Evicted { .. },
        ) => true,
        Input::Event(
            Event::Dialed { .. }
            | Event::Opened
            | Event::Connected { .. }
            | Event::Foreign
            | Event::Warning { .. }
            | Event::Closed(_),
        )
        | Input::OpenPage
        | Input::Start
        | Input::Act(_)
        | Input::Stop
        | Input::Wake => false,
    }
}

fn lost() -> Failure {
    let (phase, class) = (Phase::BeforeAudio, FailureClass::Transport);
    Failure { phase, class, code: None, text: String::new(), kills: FailureScope::Session }
}

fn failed(kills: FailureScope) -> Event {
    let (phase, class) = (Phase::BeforeAudio, FailureClass::Server);
    Event::Failed(Failure { phase, class, code: None, text: String::new(), kills })
}
