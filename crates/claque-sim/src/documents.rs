//! Documents in virtual time: the conversations of `claque_core::extraction` against the gateway.

use claque_core::{
    extraction::{
        Accepted, AiTransform, Call, Created, DocumentFact, DocumentNo, Extraction, ExtractionConfig, Input,
        OnStop, Output, PollPolicy, Prepared, Reply, Status,
    },
    link::LinkProfile,
    rng::Seed,
    time::{Duration, Instant},
};
use claque_front::typed::conversation::{
    Caller, ContentHash, ExtractionEnd, ExtractionId, ExtractionStatus, Gateway, GatewayConfig, GatewayStats,
    Input as GatewayInput, PageDone, Refusal, Upload,
    extraction::{self, ExtractionEnding, Order},
};
use claque_gateway::DocumentId;
use claque_wire::typed::conversation::document_refused;

use crate::{queue::Queue, stage::listeners_user};

/// Address from which all documents come: a load generator has one.
const ADDRESS: &str = "documents";

/// A run over documents to simulate.
#[derive(Clone, Debug)]
pub struct DocumentsScenario {
    /// The files, in order of documents; all start at once.
    pub papers: Vec<SimulatedPaper>,
    /// Whether a language model is to rewrite the pages.
    pub ai_transform: AiTransform,
    /// How often progress is asked for.
    pub poll: PollPolicy,
    /// Longest wait for one answer, and longest time without a further page.
    pub patience: Duration,
    /// The service.
    pub gateway: GatewayConfig,
    /// The network between the two: its delay, and its rate to the service.
    pub link: LinkProfile,
    /// The root of the service's randomness: ids and all noise.
    pub seed: Seed,
}

/// A file, as far as virtual time needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimulatedPaper {
    /// Names its content: equal ones are answered from the cache.
    pub content: ContentHash,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its pages.
    pub pages: u32,
    /// Title of the document to be.
    pub title: String,
}

/// What a simulation leaves besides its facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentsSimulated {
    /// When the last conversation was over.
    pub ended_at: Instant,
    /// What the service held and had done then.
    pub gateway: GatewayStats,
    /// The gateway's own log of pages, in order of their ends.
    pub page_log: Vec<PageDone>,
}

/// Has documents extracted in virtual time, until the last conversation is over. `on_fact` is told each fact when it
/// becomes final.
///
/// # Panics
/// Never, unless a machine breaks its contract.
pub fn simulate_documents(
    scenario: &DocumentsScenario,
    on_fact: impl FnMut(DocumentFact),
) -> DocumentsSimulated {
    ExtractionWorld::new(scenario, on_fact).run()
}

struct ExtractionWorld<'a, F> {
    scenario: &'a DocumentsScenario,
    gateway: Gateway,
    caller: Caller,
    machines: Vec<Extraction>,
    queue: Queue<(usize, DocumentEvent)>,
    /// Orders whose answer is the document.
    waiting: Vec<(usize, ExtractionId)>,
    live: usize,
    ended_at: Instant,
    on_fact: F,
}

enum DocumentEvent {
    Starts,
    Wakes,
    /// Reaches the gateway.
    Call(Call),
    /// Reaches the client.
    Reply(Reply),
}

impl<'a, F: FnMut(DocumentFact)> ExtractionWorld<'a, F> {
    fn new(scenario: &'a DocumentsScenario, on_fact: F) -> Self {
        let mut queue = Queue::new();
        let mut machines = Vec::new();
        for ((paper, number), place) in scenario.papers.iter().zip(0..).zip(0..) {
            queue.push(Instant::START, (place, DocumentEvent::Starts));
            machines.push(Extraction::new(ExtractionConfig {
                document: DocumentNo(number),
                bytes: paper.bytes,
                pages: Some(paper.pages),
                ai_transform: scenario.ai_transform,
                poll: scenario.poll,
                patience: scenario.patience,
                intended_at: Instant::START,
                on_stop: OnStop::Leave,
            }));
        }
        Self {
            gateway: Gateway::new(scenario.gateway.clone(), scenario.seed),
            caller: Caller { user: listeners_user(), address: ADDRESS.to_owned() },
            live: machines.len(),
            machines,
            queue,
            waiting: Vec::new(),
            ended_at: Instant::START,
            scenario,
            on_fact,
        }
    }

    /// Of two things at one moment the gateway's own comes first.
    fn run(mut self) -> DocumentsSimulated {
        while self.live > 0 {
            let gateway = self.gateway.poll_timeout().map(|(at, _)| at);
            let next = self.queue.next_at();
            if let Some(at) = gateway.filter(|at| next.is_none_or(|next| *at <= next)) {
                self.gateway.handle_input(at, GatewayInput::Wake).for_each(drop);
                self.answer_waiting(at);
            } else {
                let (now, (place, what)) =
                    self.queue.pop().expect("a conversation that is not over waits for something");
                match what {
                    DocumentEvent::Starts => self.tell(now, place, Input::Start),
                    DocumentEvent::Wakes => self.wake(now, place),
                    DocumentEvent::Call(call) => self.serve(now, place, &call),
                    DocumentEvent::Reply(reply) => {
                        if reply.is_let_through() {
                            self.tell_of_progress(now, place);
                        }
                        self.tell(now, place, Input::Reply(reply));
                    }
                }
            }
        }
        DocumentsSimulated {
            ended_at: self.ended_at,
            gateway: self.gateway.stats(),
            page_log: self.gateway.page_log().copied().collect(),
        }
    }

    /// Tells the others that a limit lets something through.
    fn tell_of_progress(&mut self, now: Instant, place: usize) {
        let others = self.machines.iter_mut().enumerate().filter(|(other, _)| *other != place);
        others.for_each(|(_, machine)| machine.handle_input(now, Input::Progress).for_each(drop));
    }

    fn wake(&mut self, now: Instant, place: usize) {
        if self.machines[place].poll_timeout().is_some_and(|(at, _)| at <= now) {
            self.tell(now, place, Input::Wake);
        }
    }

    fn tell(&mut self, now: Instant, place: usize, input: Input) {
        if self.machines[place].is_done() {
            return;
        }
        let link = self.scenario.link;
        for output in self.machines[place].handle_input(now, input) {
            match output {
                Output::Call(call) => {
                    let file = match &call {
                        Call::Prepare => self.scenario.papers[place].bytes,
                        Call::Create { .. } | Call::Poll(_) | Call::Cancel(_) | Call::Delete { .. } => 0,
                    };
                    let arrives = now + link.delay + link.up.map_or(Duration::ZERO, |up| up.time_of(file));
                    self.queue.push(arrives, (place, DocumentEvent::Call(call)));
                }
                Output::Paced { .. } | Output::Exists(_) | Output::Gone => {}
                Output::Fact(fact) => {
                    if let DocumentFact::Document(record) = &fact {
                        self.ended_at = self.ended_at.max(record.ended_at);
                    }
                    (self.on_fact)(fact);
                }
                Output::Ended => self.live -= 1,
            }
        }
        if let Some((at, _)) = self.machines[place].poll_timeout() {
            self.queue.push(at.max(now), (place, DocumentEvent::Wakes));
        }
    }

    /// A call has reached the gateway.
    fn serve(&mut self, now: Instant, place: usize, call: &Call) {
        let reply = match call {
            Call::Prepare => self.prepare(now, place),
            Call::Create { hash, ai_transform } => match self.create(now, hash, *ai_transform) {
                Ok(accepted) => accepted,
                Err(id) => {
                    self.waiting.push((place, id));
                    self.answer_waiting(now);
                    return;
                }
            },
            Call::Poll(going) => self.status(now, &going.accepted.extraction_id),
            Call::Cancel(going) => self.cancel(now, &going.accepted.extraction_id),
            Call::Delete { id } => self.delete(now, id),
        };
        self.send(now, place, reply);
        // What the call has made the gateway do at once is told.
        self.answer_waiting(now);
    }

    fn send(&mut self, now: Instant, place: usize, reply: Reply) {
        self.queue.push(now + self.scenario.link.delay, (place, DocumentEvent::Reply(reply)));
    }

    fn prepare(&mut self, now: Instant, place: usize) -> Reply {
        let SimulatedPaper { content, pages, ref title, .. } = self.scenario.papers[place];
        let upload = Upload { content, pages, title: title.clone() };
        match self.gateway.prepare_upload(now, &self.caller, upload) {
            Ok(prepared) => Reply::Prepared(Prepared {
                hash: prepared.hash.to_string(),
                pages: Some(pages),
                uncached: Some(prepared.uncached),
            }),
            Err(refusal) => refusal_reply(&refusal),
        }
    }

    /// The answer, or the extraction whose end is to be the answer.
    fn create(&mut self, now: Instant, hash: &str, ai_transform: AiTransform) -> Result<Reply, ExtractionId> {
        match extraction::order(&mut self.gateway, now, &self.caller, hash, ai_transform) {
            Ok(Order::WhenOver(id)) => Err(id),
            Ok(Order::Accepted(accepted)) => Ok(Reply::Accepted(Accepted {
                extraction_id: accepted.id.to_string(),
                content_hash: accepted.content.to_string(),
                prompt_hash: None,
                pages: Some(accepted.pages),
            })),
            Err(refusal) => Ok(refusal_reply(&refusal)),
        }
    }

    fn status(&mut self, now: Instant, id: &str) -> Reply {
        match extraction::status(&mut self.gateway, now, &self.caller, id) {
            Err(refusal) => refusal_reply(&refusal),
            Ok(None) => Reply::Status(Status::default()),
            Ok(Some(ExtractionStatus { completed, failed, end, .. })) => {
                let (document, error) = match end {
                    None => (None, None),
                    Some(ExtractionEnd::Document { id, .. }) => (Some(id.to_string()), None),
                    Some(ExtractionEnd::Failed { text }) => (None, Some(text)),
                };
                Reply::Status(Status { found: true, pages: None, completed, failed, document, error })
            }
        }
    }

    fn cancel(&mut self, now: Instant, id: &str) -> Reply {
        match extraction::cancel(&mut self.gateway, now, &self.caller, id) {
            Ok(()) => Reply::Cancelled,
            Err(refusal) => refusal_reply(&refusal),
        }
    }

    fn delete(&mut self, now: Instant, id: &str) -> Reply {
        let Some(id) = DocumentId::parse(id) else { return Reply::Deleted };
        match self.gateway.delete_document(now, &self.caller, id) {
            Ok(()) | Err(Refusal::NotFound { .. }) => Reply::Deleted,
            Err(refusal) => refusal_reply(&refusal),
        }
    }

    /// Answers orders whose extraction is over.
    fn answer_waiting(&mut self, now: Instant) {
        for (place, id) in core::mem::take(&mut self.waiting) {
            let reply = match extraction::ending(&self.gateway, &self.caller.user, id) {
                None => {
                    self.waiting.push((place, id));
                    continue;
                }
                Some(ExtractionEnding::Document { id, failed, .. }) => {
                    Reply::Created(Created { id: id.to_string(), failed })
                }
                Some(ExtractionEnding::Failed { text }) => document_refused(500, None, text.as_bytes()),
            };
            self.send(now, place, reply);
        }
    }
}

/// What the client makes of a refusal, as over HTTP, where no server says how long to wait.
fn refusal_reply(refusal: &Refusal) -> Reply {
    document_refused(refusal.status(), None, refusal.to_string().as_bytes())
}
