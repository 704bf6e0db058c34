//! A player alone in a room with a clock that the test turns. Times are milliseconds.

use crate::{
    event::{Event, Failure, FailureClass, FailureScope, Phase, StatusKind},
    ids::{BlockIdx, ListenerId},
    player::{Act, Input, Output, Player, PlayerConfig, PlayerPolicy, ReadyWhen},
    record::{BlockOutcome, BlockRecord, ErrorRecord, Fact, Incident, ListenerRecord},
    remark::Findings,
    time::{Duration, Instant, MediaTime, Speed},
};

/// The player and everything it has said.
pub(super) struct Room {
    pub(super) player: Player,
    /// Whether a connection comes about as soon as it is dialled.
    pub(super) connects: bool,
    /// When it was dialled.
    pub(super) dials: Vec<u64>,
    /// Jumps and changes of voice, as the service is told of them.
    pub(super) told: Vec<(u64, Output)>,
    /// What was cancelled, and when.
    pub(super) forgotten: Vec<(u64, Vec<u32>)>,
    /// When which blocks were asked for.
    pub(super) asks: Vec<(u64, Vec<u32>)>,
    pub(super) facts: Vec<Fact>,
    pub(super) ends: u32,
}

/// The player of today with one more wish.
pub(super) const STREAMING: PlayerPolicy =
    PlayerPolicy { readiness: ReadyWhen::FirstAudio, ..PlayerPolicy::WEB };

pub(super) const fn ms(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

pub(super) fn config(blocks: usize, policy: PlayerPolicy) -> PlayerConfig {
    PlayerConfig {
        listener: ListenerId(7),
        document: "d".into(),
        chars: vec![80; blocks].into(),
        speed: Speed::NORMAL,
        policy: policy.into(),
        timeout: Duration::from_secs(60),
        intended_at: Instant::START,
    }
}

impl Room {
    /// A listener of `blocks` blocks at normal speed who has been started at 0.
    pub(super) fn started(blocks: usize, policy: PlayerPolicy) -> Self {
        let mut room = Self::with(config(blocks, policy));
        room.input(0, Input::Start);
        room
    }

    pub(super) fn with(config: PlayerConfig) -> Self {
        Self {
            player: Player::new(config),
            connects: true,
            dials: Vec::new(),
            told: Vec::new(),
            forgotten: Vec::new(),
            asks: Vec::new(),
            facts: Vec::new(),
            ends: 0,
        }
    }

    /// Wakes the player exactly when it wants to be, until `at`.
    pub(super) fn pass_to(&mut self, at: u64) {
        while let Some((due, _)) = self.player.poll_timeout()
            && due <= ms(at)
        {
            self.input_at(due, Input::Wake);
        }
    }

    /// Wakes the player but once, at `at`, whatever it wanted before.
    pub(super) fn wake_late(&mut self, at: u64) {
        self.input_at(ms(at), Input::Wake);
    }

    pub(super) fn input(&mut self, at: u64, input: Input) {
        self.pass_to(at);
        self.input_at(ms(at), input);
    }

    pub(super) fn tell(&mut self, at: u64, event: Event) {
        self.input(at, Input::Event(event));
    }

    fn input_at(&mut self, at: Instant, input: Input) {
        let (mut sent, mut dialled) = (Vec::new(), false);
        let millis = at.as_nanos() / 1_000_000;
        for output in self.player.handle_input(at, input) {
            match output {
                Output::Dial => {
                    self.dials.push(millis);
                    dialled = self.connects;
                }
                Output::Ask { blocks, voice: _ } => sent.push(blocks),
                Output::Move { .. } | Output::ChangeVoice { .. } => self.told.push((millis, output)),
                Output::Fact(fact) => self.facts.push(fact),
                Output::Forget { blocks } => {
                    self.forgotten.push((millis, blocks.iter().map(|block| block.0).collect()));
                }
                Output::Ended => self.ends += 1,
            }
        }
        if dialled {
            self.input_at(at, Input::Event(Event::Dialed { connect: Duration::ZERO }));
        }
        for blocks in sent {
            let indices = blocks.iter().map(|block| block.0).collect();
            self.asks.push((millis, indices));
            self.input_at(at, Input::Event(Event::Sent { blocks }));
        }
    }

    pub(super) fn status(&mut self, at: u64, block: u32, kind: StatusKind) {
        self.tell(at, Event::Status { block: BlockIdx(block), kind });
    }

    pub(super) fn queued(&mut self, at: u64, blocks: core::ops::Range<u32>) {
        blocks.for_each(|block| self.status(at, block, StatusKind::Queued));
    }

    pub(super) fn audio(&mut self, at: u64, block: u32, delivered: u64) {
        let delivered = MediaTime::from_millis(delivered);
        self.tell(at, Event::Audio { block: BlockIdx(block), delivered, bytes: 100 });
    }

    pub(super) fn complete(&mut self, at: u64, block: u32, media: u64) {
        let media = MediaTime::from_millis(media);
        self.tell(at, Event::Complete { block: BlockIdx(block), media, findings: Findings::NONE });
    }

    /// A stream of so many pieces of a length, one every so often from `at` on; whole with the last.
    pub(super) fn stream(&mut self, at: u64, block: u32, pieces: u64, length: u64, every: u64) {
        for piece in 0..pieces {
            self.audio(at + piece * every, block, (piece + 1) * length);
        }
        self.complete(at + (pieces - 1) * every, block, pieces * length);
    }

    /// A block is called ready, fetched and whole, all at once.
    pub(super) fn ready(&mut self, at: u64, block: u32, media: u64) {
        self.status(at, block, StatusKind::Ready);
        self.audio(at, block, media);
        self.complete(at, block, media);
    }

    pub(super) fn skip(&mut self, at: u64, block: u32) {
        self.status(at, block, StatusKind::Skipped);
    }

    pub(super) fn fail(&mut self, at: u64, block: u32) {
        self.tell(at, Event::Failed(failure(FailureClass::Server, FailureScope::Block(BlockIdx(block)))));
    }

    /// The service says that it has failed a block.
    pub(super) fn refuse(&mut self, at: u64, block: u32, recoverable: bool) {
        let failure = failure(FailureClass::Server, FailureScope::Block(BlockIdx(block)));
        self.tell(at, Event::BlockError { failure, recoverable });
    }

    pub(super) fn break_session(&mut self, at: u64) {
        self.tell(at, Event::Failed(failure(FailureClass::Transport, FailureScope::Session)));
    }

    /// The connection is lost, as when a server is restarted.
    pub(super) fn lose(&mut self, at: u64) {
        self.tell(at, Event::Closed(failure(FailureClass::Transport, FailureScope::Session)));
    }

    pub(super) fn act(&mut self, at: u64, act: Act) {
        self.input(at, Input::Act(act));
    }

    /// What happened besides, and when.
    pub(super) fn incidents(&self) -> Vec<(u64, Incident)> {
        let incident = |fact: &Fact| match fact {
            Fact::Incident(record) => Some((record.at.as_nanos() / 1_000_000, record.incident.clone())),
            Fact::Block(_) | Fact::Stall(_) | Fact::Error(_) | Fact::Listener(_) | Fact::Sound(_) => None,
        };
        self.facts.iter().filter_map(incident).collect()
    }

    pub(super) fn evict(&mut self, at: u64, blocks: &[u32]) {
        let blocks = blocks.iter().copied().map(BlockIdx).collect();
        self.tell(at, Event::Evicted { blocks });
    }

    /// The block waited for, when the wait began, how long it was.
    pub(super) fn stalls(&self) -> Vec<(u32, u64, u128)> {
        let stall = |fact: &Fact| match fact {
            Fact::Stall(stall) => {
                Some((stall.block.0, stall.began_at.as_nanos() / 1_000_000, stall.waited.as_millis()))
            }
            Fact::Block(_) | Fact::Error(_) | Fact::Incident(_) | Fact::Listener(_) | Fact::Sound(_) => None,
        };
        self.facts.iter().filter_map(stall).collect()
    }

    pub(super) fn blocks(&self) -> Vec<&BlockRecord> {
        self.facts
            .iter()
            .filter_map(|fact| if let Fact::Block(record) = fact { Some(record) } else { None })
            .collect()
    }

    /// The record of a block that has one.
    #[track_caller]
    pub(super) fn only_record(&self, block: u32) -> &BlockRecord {
        let found: Vec<_> = self.blocks().into_iter().filter(|record| record.block.0 == block).collect();
        assert_eq!(found.len(), 1, "records of block {block}");
        found[0]
    }

    pub(super) fn errors(&self) -> Vec<&ErrorRecord> {
        self.facts
            .iter()
            .filter_map(|fact| if let Fact::Error(record) = fact { Some(record) } else { None })
            .collect()
    }

    pub(super) fn outcomes(&self) -> Vec<BlockOutcome> {
        self.blocks().iter().map(|record| record.outcome).collect()
    }

    /// When each block that was heard began, in milliseconds.
    pub(super) fn starts(&self) -> Vec<(u32, u64)> {
        let start = |record: &&BlockRecord| Some((record.block.0, record.started_at?.as_nanos() / 1_000_000));
        self.blocks().iter().filter_map(start).collect()
    }

    /// The listener's record, which must be the last fact and the only one of its kind.
    pub(super) fn end(&self) -> &ListenerRecord {
        assert_eq!(self.ends, 1, "one end");
        let ends = self.facts.iter().filter(|fact| matches!(fact, Fact::Listener(_))).count();
        assert_eq!(ends, 1, "one listener record");
        match self.facts.last() {
            Some(Fact::Listener(record)) => record,
            last => panic!("the last fact is {last:?}"),
        }
    }
}

pub(super) fn failure(class: FailureClass, kills: FailureScope) -> Failure {
    let text = "the server's own words".to_owned();
    Failure { phase: Phase::BeforeAudio, class, code: Some(500), text, kills }
}
