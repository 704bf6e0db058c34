//! A document's machine, what it did so far, and what a service may say to it.

use super::super::*;
use crate::event::{FailureClass, FailureScope, Phase};

pub(super) const PAGES: u32 = 4;

pub(super) struct Talk {
    pub(super) machine: Extraction,
    pub(super) calls: Vec<(u64, Call)>,
    pub(super) facts: Vec<DocumentFact>,
    /// What was told to be on the service, and the step of the call after which it was told.
    pub(super) remains: Vec<(Option<Step>, Option<Leftover>)>,
    pub(super) ended: bool,
}

pub(super) fn config() -> ExtractionConfig {
    ExtractionConfig {
        document: DocumentNo(2),
        bytes: 100,
        pages: Some(PAGES),
        ai_transform: AiTransform::Off,
        poll: PollPolicy::STRESS_SCRIPT,
        patience: Duration::from_secs(60),
        intended_at: Instant::START,
        on_stop: OnStop::Clear,
    }
}

pub(super) fn at(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

impl Talk {
    pub(super) fn new(config: ExtractionConfig) -> Self {
        Self::with(Extraction::new(config))
    }

    pub(super) fn with(machine: Extraction) -> Self {
        let mut talk =
            Self { machine, calls: Vec::new(), facts: Vec::new(), remains: Vec::new(), ended: false };
        talk.input(0, Input::Start);
        talk
    }

    pub(super) fn input(&mut self, millis: u64, input: Input) {
        for output in self.machine.handle_input(at(millis), input).drain() {
            match output {
                Output::Call(call) => self.calls.push((millis, call)),
                Output::Fact(fact) => self.facts.push(fact),
                Output::Exists(what) => self.remains.push((last_step(&self.calls), Some(what))),
                Output::Gone => self.remains.push((last_step(&self.calls), None)),
                Output::Paced { .. } => {}
                Output::Ended => self.ended = true,
            }
        }
    }

    pub(super) fn reply(&mut self, millis: u64, reply: Reply) {
        self.input(millis, Input::Reply(reply));
    }

    /// Wakes the machine when it wants to be, and not a nanosecond sooner.
    pub(super) fn wake(&mut self) -> u64 {
        let (due, _) = self.machine.poll_timeout().expect("something is due");
        let millis = due.as_nanos() / 1_000_000;
        self.input(millis, Input::Wake);
        millis
    }

    /// When the next question is, or was just, asked.
    pub(super) fn next_poll(&mut self) -> u64 {
        match (self.machine.poll_timeout(), self.calls.last()) {
            (Some((_, TimeoutReason::Silence)), Some((millis, _))) => *millis,
            _ => self.wake(),
        }
    }

    /// Uploaded in 100 ms, accepted 50 ms later.
    pub(super) fn accepted(config: ExtractionConfig) -> Self {
        let mut talk = Self::new(config);
        talk.reply(100, prepared());
        talk.reply(150, Reply::Accepted(Accepted { extraction_id: "x".to_owned(), ..Accepted::default() }));
        talk
    }

    pub(super) fn steps(&self) -> Vec<(u64, Step)> {
        self.calls.iter().map(|(at, call)| (*at, call.step())).collect()
    }

    pub(super) fn pages(&self) -> Vec<(u32, u64, u64, PageOutcome)> {
        let millis = |at: Instant| at.as_nanos() / 1_000_000;
        let pages = self.facts.iter().filter_map(|fact| match fact {
            DocumentFact::Page(page) => {
                Some((page.page, millis(page.not_before), millis(page.seen_at), page.outcome))
            }
            DocumentFact::Error(_) | DocumentFact::Document(_) => None,
        });
        pages.collect()
    }

    pub(super) fn errors(&self) -> Vec<(Step, FailureClass)> {
        let errors = self.facts.iter().filter_map(|fact| match fact {
            DocumentFact::Error(error) => Some((error.step, error.failure.class)),
            DocumentFact::Page(_) | DocumentFact::Document(_) => None,
        });
        errors.collect()
    }

    #[track_caller]
    pub(super) fn record(&self) -> &DocumentRecord {
        assert!(self.ended && self.machine.is_done());
        assert_eq!(self.machine.poll_timeout(), None);
        match self.facts.last() {
            Some(DocumentFact::Document(record)) => record,
            other => panic!("the last fact is {other:?}"),
        }
    }
}

fn last_step(calls: &[(u64, Call)]) -> Option<Step> {
    calls.last().map(|(_, call)| call.step())
}

pub(super) fn prepared() -> Reply {
    let uncached = Some(vec![0, 1, 2]);
    Reply::Prepared(Prepared { hash: "h".to_owned(), pages: Some(PAGES), uncached })
}

pub(super) fn status(completed: &[u32], failed: &[u32]) -> Status {
    Status { found: true, completed: completed.to_vec(), failed: failed.to_vec(), ..Status::default() }
}

pub(super) fn done(failed: &[u32]) -> Reply {
    let completed: Vec<_> = (0..PAGES).filter(|page| !failed.contains(page)).collect();
    Reply::Status(Status { document: Some("d".to_owned()), ..status(&completed, failed) })
}

pub(super) fn refused(class: FailureClass, pace: Option<u64>) -> Reply {
    let failure = Failure {
        phase: Phase::BeforeAudio,
        class,
        code: (class == FailureClass::Limit).then_some(429),
        text: "no".to_owned(),
        kills: FailureScope::Session,
    };
    let limited = |seconds| Limited { retry_after: Some(Duration::from_secs(seconds)), window: None };
    Reply::Refused(Refused { failure, limit: pace.map(limited) })
}
