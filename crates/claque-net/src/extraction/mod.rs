//! Documents in real time: one loop per document, on the runtime that starts them.
//!
//! [`Conversations::start`] begins them; news come from [`Conversations::next_news`] until every document is done. What
//! a conversation decides is decided by the machine of `claque_core::extraction`; what is here moves bytes and tells it
//! the time.

mod client;
mod names;

use std::{future::Future, pin::Pin};

use bytes::Bytes;
use claque_core::{
    extraction::{
        AiTransform, DocumentFact, DocumentNo, DocumentRecord, Extraction, ExtractionConfig,
        ExtractionInProgress, Input, Leftover, OnStop, Output, PollPolicy, Reply, Step, TimeoutReason,
    },
    lag::LagHistogram,
    time::{Duration, Instant},
};
use tokio::{
    sync::{mpsc, oneshot, watch},
    task::JoinSet,
};

use self::{
    client::{Client, Form},
    names::NamesInUse,
};
use crate::{clock::Clock, service::Service};

/// News that wait to be taken at most; beyond this conversations wait with it.
const NEWS: usize = 1_024;

/// What is to be extracted, and how.
#[derive(Clone, Debug)]
pub struct ExtractionOrder {
    /// Where, and as whom.
    pub service: Service,
    /// The files, in order of documents; all start at once.
    pub papers: Vec<Paper>,
    /// Whether a language model is to rewrite the pages.
    pub ai_transform: AiTransform,
    /// How often progress is asked for.
    pub poll: PollPolicy,
    /// Longest wait for one answer, and longest time without a further page.
    pub patience: Duration,
    /// What a stop leaves to be done.
    pub on_stop: OnStop,
}

/// A file to be extracted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paper {
    /// Its name, without a folder.
    pub file_name: String,
    /// What it holds.
    pub content: Bytes,
    /// Its pages; none where nobody counted them.
    pub pages: Option<u32>,
}

/// What happens while documents are extracted.
#[derive(Debug)]
pub enum News {
    /// Things became final.
    Facts(Vec<DocumentFact>),
    /// A limit of the service bites.
    Paced {
        /// Whose call is put off.
        document: DocumentNo,
        /// In which step.
        step: Step,
        /// For how long.
        wait: Duration,
    },
    /// This is on the service from now on, in place of what was told of before; none any more. The conversation goes on
    /// when it is noted; if that is dropped instead, it breaks off.
    Remains {
        /// Of which document.
        document: DocumentNo,
        /// What.
        what: Option<Leftover>,
        /// To be told when it is written down.
        noted: oneshot::Sender<JournalAck>,
    },
}

/// Says that what was told is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JournalAck;

/// Documents under way.
#[derive(Debug)]
pub struct Conversations {
    clock: Clock,
    news: mpsc::Receiver<News>,
    stop: watch::Sender<bool>,
    tasks: JoinSet<LagHistogram>,
}

/// An extraction that a run has left, to be cleared away.
#[derive(Clone, Debug)]
pub struct ClearOrder {
    /// Where, and as whom.
    pub service: Service,
    /// What goes on there.
    pub going: ExtractionInProgress,
    /// How often progress is asked for.
    pub poll: PollPolicy,
    /// Longest wait for one answer, and longest time without a further page.
    pub patience: Duration,
}

/// Calls an extraction that goes on off, and deletes its document if there is one already. Gives its name as the service
/// has it; none where there is no document.
///
/// # Errors
/// Why something is left.
pub async fn clear(order: ClearOrder) -> Result<Option<String>, String> {
    let ClearOrder { service, going, poll, patience } = order;
    let clock = Clock::start();
    let document = DocumentNo(0);
    let config = ExtractionConfig {
        document,
        bytes: 0,
        pages: None,
        ai_transform: going.ai_transform,
        poll,
        patience,
        intended_at: Instant::START,
        on_stop: OnStop::Clear,
    };
    let (teller, mut news) = mpsc::channel(NEWS);
    // Held until the end, since its end would be no stop.
    let (_stop, stopped) = watch::channel(false);
    let client = Client { http: service.another_client(), service, form: Form::default() };
    let (names, progress) = (NamesInUse::default(), watch::Sender::new(0));
    let desk = ExtractionDriver { document, clock, client, teller, stopped, names, progress };
    let mut errors = Vec::new();
    let mut record = None;
    let listen = async {
        while let Some(news) = news.recv().await {
            match news {
                News::Facts(facts) => facts.into_iter().for_each(|fact| match fact {
                    DocumentFact::Error(error) => errors.push(error.failure.to_string()),
                    DocumentFact::Document(ended) => record = Some(ended),
                    DocumentFact::Page(_) => {}
                }),
                News::Remains { noted, .. } => drop(noted.send(JournalAck)),
                News::Paced { .. } => {}
            }
        }
    };
    tokio::join!(desk.converse(Extraction::clearing(config, going)), listen);
    match record {
        Some(DocumentRecord { left_behind: None, document_id, .. }) => Ok(document_id),
        Some(DocumentRecord { left_behind: Some(what), .. }) => {
            Err(errors.pop().map_or_else(|| what.clone(), |error| format!("{what}: {error}")))
        }
        None => Err("the conversation with the service broke off".to_owned()),
    }
}

impl Conversations {
    /// Starts the clock and every conversation, on the runtime that this is called in.
    #[must_use]
    pub fn start(order: ExtractionOrder) -> Self {
        let ExtractionOrder { service, papers, ai_transform, poll, patience, on_stop } = order;
        let forms: Vec<_> = papers.into_iter().map(Form::new).collect();
        let clock = Clock::start();
        let (stop, stopped) = watch::channel(false);
        let (teller, news) = mpsc::channel(NEWS);
        let (names, progress) = (NamesInUse::default(), watch::Sender::new(0));
        let http = service.another_client();
        let mut tasks = JoinSet::new();
        for (form, number) in forms.into_iter().zip(0..) {
            let document = DocumentNo(number);
            let machine = Extraction::new(ExtractionConfig {
                document,
                bytes: form.bytes,
                pages: form.pages,
                ai_transform,
                poll,
                patience,
                intended_at: Instant::START,
                on_stop,
            });
            let client = Client { service: service.clone(), http: http.clone(), form };
            let (teller, stopped, progress) = (teller.clone(), stopped.clone(), progress.clone());
            let names = names.clone();
            let desk = ExtractionDriver { document, clock, client, teller, stopped, names, progress };
            tasks.spawn(desk.converse(machine));
        }
        Self { clock, news, stop, tasks }
    }

    /// The clock that facts are stamped by.
    #[must_use]
    pub const fn clock(&self) -> Clock {
        self.clock
    }

    /// The next news; none when every document is done.
    pub async fn next_news(&mut self) -> Option<News> {
        self.news.recv().await
    }

    /// Asks every conversation to stop; see [`OnStop`].
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// How late timed actions were, when every document is done.
    pub async fn finish(mut self) -> LagHistogram {
        let mut all = LagHistogram::default();
        // News that nobody takes must not hold anybody up.
        self.news.close();
        while let Some(ended) = self.tasks.join_next().await {
            match ended {
                Ok(lag) => all.merge(&lag),
                Err(error) => tracing::error!(%error, "a conversation's task has failed"),
            }
        }
        all
    }
}

/// One conversation with all it needs.
struct ExtractionDriver {
    document: DocumentNo,
    clock: Clock,
    client: Client,
    teller: mpsc::Sender<News>,
    stopped: watch::Receiver<bool>,
    /// What the service named, by all documents.
    names: NamesInUse,
    /// Calls of all documents that were let through and of which only so many are in a time.
    progress: watch::Sender<u64>,
}

type UnderWay = Pin<Box<dyn Future<Output = Reply> + Send>>;

impl ExtractionDriver {
    async fn converse(mut self, mut machine: Extraction) -> LagHistogram {
        let mut lag = LagHistogram::default();
        let mut under_way: Option<UnderWay> = None;
        let mut stopping = false;
        let mut progress = self.progress.subscribe();
        let mut input = Input::Start;
        // All are meant to start with the clock, so that even a run without a poll tells how late claque was.
        lag.record(self.clock.now().since(Instant::START));
        loop {
            let mut facts = Vec::new();
            let mut paced = None;
            let mut remains = Vec::new();
            for output in machine.handle_input(self.clock.now(), input) {
                match output {
                    Output::Call(call) => under_way = Some(Box::pin(self.client.clone().make(call))),
                    Output::Paced { step, wait } => paced = Some((step, wait)),
                    Output::Exists(what) => remains.push(Some(what)),
                    Output::Gone => remains.push(None),
                    Output::Fact(fact) => facts.push(fact),
                    Output::Ended => under_way = None,
                }
            }
            // Before the call, which is not made until it is waited for.
            let noted = self.note(remains).await;
            if !facts.is_empty() {
                self.tell(News::Facts(facts)).await;
            }
            if let Some((step, wait)) = paced {
                self.tell(News::Paced { document: self.document, step, wait }).await;
            }
            if machine.is_done() || noted.is_err() {
                return lag;
            }
            let due = machine.poll_timeout();
            input = tokio::select! {
                reply = answer(under_way.as_mut()) => {
                    under_way = None;
                    let reply = self.names.check(self.document, reply);
                    if reply.is_let_through() {
                        self.progress.send_modify(|calls| *calls += 1);
                    }
                    Input::Reply(reply)
                }
                // The sender is our own, so there is no end of it.
                _ = progress.changed() => Input::Progress,
                () = wait_until(self.clock, due.map(|(at, _)| at)) => {
                    if let Some((at, TimeoutReason::Poll | TimeoutReason::Pace)) = due {
                        lag.record(self.clock.now().since(at));
                    }
                    Input::Wake
                }
                () = stop(&mut self.stopped), if !stopping => {
                    stopping = true;
                    Input::Stop
                }
            };
        }
    }

    /// Has it noted what is on the service.
    ///
    /// # Errors
    /// It cannot be noted, so nothing must be made that would have to be.
    async fn note(&self, remains: Vec<Option<Leftover>>) -> Result<(), oneshot::error::RecvError> {
        for what in remains {
            let (noted, is_noted) = oneshot::channel();
            self.tell(News::Remains { document: self.document, what, noted }).await;
            let JournalAck = is_noted.await?;
        }
        Ok(())
    }

    /// Somebody who does not listen any more misses nothing.
    async fn tell(&self, news: News) {
        drop(self.teller.send(news).await);
    }
}

async fn answer(under_way: Option<&mut UnderWay>) -> Reply {
    match under_way {
        Some(call) => call.await,
        None => std::future::pending().await,
    }
}

async fn wait_until(clock: Clock, at: Option<Instant>) {
    match at {
        Some(at) => clock.sleep_until(at).await,
        None => std::future::pending().await,
    }
}

async fn stop(stopped: &mut watch::Receiver<bool>) {
    if stopped.wait_for(|stopped| *stopped).await.is_err() {
        // Nobody is there who could stop anything.
        std::future::pending::<()>().await;
    }
}
