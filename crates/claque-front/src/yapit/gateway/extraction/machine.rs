//! The machine behind extraction: who waits for which page.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use claque_core::{
    extraction::AiTransform,
    rng::Seed,
    time::{Instant, MediaTime},
};
use claque_gateway::{
    Admission, Ask, AudioFormat, Content, Delivery, DocumentId, Effect, Engine, FaultRule, Faults,
    LengthModel, MachineModel, ModelConfig, ModelInfo, Outcome, Pipeline, PipelineConfig, PipelineTimeout,
    Selector, ServiceModel, Subscriber, UserId,
};

use super::{
    AcceptedExtraction, ContentHash, ExtractionConfig, ExtractionEnd, ExtractionId, ExtractionStats,
    ExtractionStatus, PageDone, PageEnd, PreparedUpload, Upload,
};
use crate::yapit::gateway::{
    refusal::Refusal,
    wording::{ALL_PAGES_FAILED, CALLED_OFF, PAGE_UNREADABLE},
};

/// Uploads that are kept; the oldest go first.
const MOST_UPLOADS: usize = 10_000;
/// Extractions that are kept; the oldest that are over go first.
const MOST_EXTRACTIONS: usize = 10_000;
/// Pages whose end is on the log; the oldest go first.
const MOST_LOGGED: usize = 1_000_000;

/// The machine.
#[derive(Clone, Debug)]
pub(crate) struct Extractions {
    config: ExtractionConfig,
    seed: Seed,
    pipeline: Pipeline,
    uploads: BTreeMap<ContentHash, Upload>,
    /// In order of arrival.
    uploaded: VecDeque<ContentHash>,
    by_id: BTreeMap<ExtractionId, Extraction>,
    /// Those that are over, in order of their end.
    over: VecDeque<ExtractionId>,
    begun: u64,
    used: BTreeMap<UserId, u64>,
    whole: VecDeque<FinishedExtraction>,
    log: VecDeque<PageDone>,
    nothing: Arc<str>,
    stats: ExtractionStats,
}

#[derive(Clone, Debug)]
struct Extraction {
    owner: UserId,
    content: ContentHash,
    pages: u32,
    title: String,
    ordered_at: Instant,
    done: BTreeMap<u32, PageEnd>,
    end: Option<ExtractionEnd>,
}

/// An extraction whose pages are all done, to be made a document of.
#[derive(Clone, Debug)]
pub(crate) struct FinishedExtraction {
    pub(crate) id: ExtractionId,
    pub(crate) owner: UserId,
    pub(crate) title: String,
    /// Markdown.
    pub(crate) content: String,
}

impl Extractions {
    pub(crate) fn new(config: ExtractionConfig, faults: &Faults, seed: Seed) -> Self {
        let text = PAGE_UNREADABLE;
        let rule = |page: &u32| FaultRule {
            selector: Selector::Block(i64::from(*page)),
            effect: Effect::EngineError { times: None, text: text.to_owned() },
        };
        let jobs = faults.pages.iter().map(rule).collect();
        let pages = Faults { jobs, ..Faults::default() };
        let pipeline = PipelineConfig { engine: Engine::Modelled, ..config.pipeline.clone() };
        Self {
            pipeline: Pipeline::new(pipeline, &[detection(&config)], pages, seed.child("pages")),
            config,
            seed,
            uploads: BTreeMap::new(),
            uploaded: VecDeque::new(),
            by_id: BTreeMap::new(),
            over: VecDeque::new(),
            begun: 0,
            used: BTreeMap::new(),
            whole: VecDeque::new(),
            log: VecDeque::new(),
            nothing: Arc::from(""),
            stats: ExtractionStats::default(),
        }
    }

    pub(crate) fn prepare(&mut self, upload: Upload) -> PreparedUpload {
        let hash = upload.content.of_upload();
        let is_unknown = |page: &u32| !self.pipeline.has_audio(&upload.content.page(*page));
        let uncached = match self.config.ai_transform {
            Some(_) => (0..upload.pages).filter(is_unknown).collect(),
            None => Vec::new(),
        };
        if self.uploads.insert(hash, upload).is_none() {
            self.uploaded.push_back(hash);
            if self.uploaded.len() > MOST_UPLOADS
                && let Some(oldest) = self.uploaded.pop_front()
            {
                self.uploads.remove(&oldest);
            }
        }
        PreparedUpload { hash, uncached }
    }

    pub(crate) fn create(
        &mut self,
        at: Instant,
        owner: &UserId,
        hash: &ContentHash,
        ai_transform: AiTransform,
    ) -> Result<AcceptedExtraction, Refusal> {
        let upload = self.uploads.get(hash).cloned().ok_or(Refusal::UploadUnknown)?;
        if ai_transform == AiTransform::On && self.config.ai_transform.is_none() {
            return Err(Refusal::AiTransformNotConfigured);
        }
        let running =
            self.by_id.values().filter(|other| other.owner == *owner && other.end.is_none()).count();
        if let Some(limit) = self.config.max_concurrent
            && running >= usize::try_from(limit).unwrap_or(usize::MAX)
        {
            return Err(Refusal::TooManyExtractions { limit });
        }
        let used = self.used.entry(owner.clone()).or_default();
        if let Some(limit) = self.config.page_limit
            && *used + u64::from(upload.pages) > limit
        {
            return Err(Refusal::PageLimit { used: *used, limit });
        }
        *used += u64::from(upload.pages);
        let id = ExtractionId(DocumentId::from_seed(self.seed.child("id").index(self.begun)));
        self.begun += 1;
        self.stats.running += 1;
        let Upload { content, pages, title } = upload;
        let (owner, done) = (owner.clone(), BTreeMap::new());
        let extraction = Extraction { owner, content, pages, title, ordered_at: at, done, end: None };
        self.by_id.insert(id, extraction);
        for page in 0..pages {
            self.ask(at, id, (content, page), ai_transform);
        }
        if pages == 0 {
            self.look_whether_whole(id);
        }
        Ok(AcceptedExtraction { id, content, pages })
    }

    /// How far it is; none for one that is unknown, or somebody else's.
    pub(crate) fn status(&self, owner: &UserId, id: ExtractionId) -> Option<ExtractionStatus> {
        let extraction = self.by_id.get(&id).filter(|extraction| extraction.owner == *owner)?;
        let with = |wanted: PageEnd| {
            extraction.done.iter().filter(|(_, end)| **end == wanted).map(|(page, _)| *page).collect()
        };
        Some(ExtractionStatus {
            pages: extraction.pages,
            completed: with(PageEnd::Completed),
            failed: with(PageEnd::Failed),
            end: extraction.end.clone(),
        })
    }

    /// Calls an extraction off, if it goes on and is that user's. Pages that nobody else waits for leave the queue; those
    /// at work end, and nobody hears of it.
    pub(crate) fn cancel(&mut self, at: Instant, owner: &UserId, id: ExtractionId) {
        let Some(extraction) = self.by_id.get(&id) else { return };
        if extraction.owner != *owner || extraction.end.is_some() {
            return;
        }
        let Extraction { content, pages, .. } = *extraction;
        for page in (0..pages).filter(|page| !extraction.done.contains_key(page)) {
            let subscriber = Subscriber { document: id.0, block: i64::from(page) };
            self.pipeline.call_off(at, &content.page(page), subscriber);
        }
        self.stats.cancelled += 1;
        self.settle(id, ExtractionEnd::Failed { text: CALLED_OFF.to_owned() });
    }

    pub(crate) fn next_timer(&self) -> Option<(Instant, PipelineTimeout)> {
        self.pipeline.next_timer()
    }

    /// Does what is due first, at its own time.
    pub(crate) fn step(&mut self) {
        self.pipeline.step();
        while let Some(Delivery { at, subscriber: Subscriber { document, block }, outcome, .. }) =
            self.pipeline.pop_delivery()
        {
            let end = match outcome {
                Outcome::Ready(_) | Outcome::Silent => PageEnd::Completed,
                Outcome::Failed(_) => PageEnd::Failed,
            };
            self.page_done(at, ExtractionId(document), u32::try_from(block).unwrap_or(u32::MAX), end);
        }
    }

    /// An extraction whose pages are all done, for which [`Extractions::settle`] is to be called.
    pub(crate) fn pop_whole(&mut self) -> Option<FinishedExtraction> {
        self.whole.pop_front()
    }

    /// Says what became of it.
    pub(crate) fn settle(&mut self, id: ExtractionId, end: ExtractionEnd) {
        match &end {
            ExtractionEnd::Document { .. } => self.stats.completed += 1,
            ExtractionEnd::Failed { .. } => self.stats.failed += 1,
        }
        self.stats.running -= 1;
        if let Some(extraction) = self.by_id.get_mut(&id) {
            extraction.end = Some(end);
            self.over.push_back(id);
        }
        if self.by_id.len() > MOST_EXTRACTIONS
            && let Some(oldest) = self.over.pop_front()
        {
            self.by_id.remove(&oldest);
        }
    }

    pub(crate) fn log(&self) -> impl Iterator<Item = &PageDone> {
        self.log.iter()
    }

    pub(crate) fn stats(&self) -> ExtractionStats {
        ExtractionStats { pipeline: self.pipeline.stats(), ..self.stats }
    }

    fn ask(
        &mut self,
        at: Instant,
        id: ExtractionId,
        (content, page): (ContentHash, u32),
        ai_transform: AiTransform,
    ) {
        let (voice, text) = (Arc::clone(&self.nothing), None);
        // The model's time per character is the language model's time per page; see `detection`.
        let chars = u32::from(ai_transform.as_bool());
        let (variant, content) = (content.page(page), Content::Something);
        let ask = Ask { variant, pool: 0, voice, text, chars, content };
        match self.pipeline.ask(at, ask, Subscriber { document: id.0, block: i64::from(page) }) {
            Admission::Waiting => {}
            Admission::Cached(_) => self.page_done(at, id, page, PageEnd::Completed),
            Admission::Full => self.page_done(at, id, page, PageEnd::Failed),
        }
    }

    fn page_done(&mut self, at: Instant, id: ExtractionId, page: u32, end: PageEnd) {
        let going = self.by_id.get_mut(&id).filter(|extraction| extraction.end.is_none());
        let Some(extraction) = going else { return };
        extraction.done.insert(page, end);
        match end {
            PageEnd::Completed => self.stats.pages_completed += 1,
            PageEnd::Failed => self.stats.pages_failed += 1,
        }
        if self.log.len() == MOST_LOGGED {
            self.log.pop_front();
        }
        let ordered_at = extraction.ordered_at;
        self.log.push_back(PageDone { extraction: id, page, ordered_at, done_at: at, outcome: end });
        self.look_whether_whole(id);
    }

    fn look_whether_whole(&mut self, id: ExtractionId) {
        let Some(extraction) = self.by_id.get(&id) else { return };
        let Extraction { owner, pages, title, done, .. } = extraction;
        if done.len() < usize::try_from(*pages).unwrap_or(usize::MAX) {
            return;
        }
        let read = done.iter().filter(|(_, end)| **end == PageEnd::Completed);
        let paragraphs: String = read.map(|(page, _)| format!("\n\nPage {}.", page + 1)).collect();
        if paragraphs.is_empty() {
            return self.settle(id, ExtractionEnd::Failed { text: ALL_PAGES_FAILED.to_owned() });
        }
        let content = format!("# {title}{paragraphs}");
        self.whole.push_back(FinishedExtraction { id, owner: owner.clone(), title: title.clone(), content });
    }
}

/// The workers and their time, as the pipeline knows workers: as those of a model.
fn detection(config: &ExtractionConfig) -> ModelConfig {
    ModelConfig {
        machine: MachineModel::default(),
        info: ModelInfo {
            id: 0,
            slug: "detection".into(),
            name: "Page detection".to_owned(),
            description: None,
            voices: Vec::new(),
        },
        workers: config.workers,
        service: ServiceModel::PerChar {
            overhead: config.page,
            per_char: config.ai_transform.unwrap_or_default(),
            sigma: config.sigma,
        },
        // Of no meaning for pages.
        length: LengthModel::Fixed(MediaTime::from_millis(1)),
        format: AudioFormat::OggOpus,
    }
}
