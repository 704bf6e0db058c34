//! The REST calls by which documents are extracted.

use claque_core::{extraction::AiTransform, time::Instant};
use claque_gateway::UserId;

use super::{
    Caller, Gateway,
    extraction::{
        AcceptedExtraction, ContentHash, ExtractionEnd, ExtractionId, ExtractionStatus, FinishedExtraction,
        PageDone, PreparedUpload, Upload,
    },
    limits::Route,
    refusal::Refusal,
};

impl Gateway {
    /// Takes a file in, to be extracted.
    ///
    /// # Errors
    /// [`Refusal::RateLimited`].
    pub fn prepare_upload(
        &mut self,
        now: Instant,
        caller: &Caller,
        upload: Upload,
    ) -> Result<PreparedUpload, Refusal> {
        self.advance(now);
        self.gate.pass(now, Route::PrepareUpload, &caller.address)?;
        Ok(self.extractions.prepare(upload))
    }

    /// Has an upload extracted for the caller. Its pages are queued: the gateway is to be woken as
    /// [`Gateway::poll_timeout`] now says.
    ///
    /// # Errors
    /// [`Refusal::RateLimited`], [`Refusal::UploadUnknown`], [`Refusal::AiTransformNotConfigured`],
    /// [`Refusal::TooManyExtractions`] or [`Refusal::PageLimit`].
    pub fn create_extraction(
        &mut self,
        now: Instant,
        caller: &Caller,
        hash: &ContentHash,
        ai_transform: AiTransform,
    ) -> Result<AcceptedExtraction, Refusal> {
        self.advance(now);
        self.gate.pass(now, Route::CreateExtraction, &caller.address)?;
        let accepted = self.extractions.create(self.now, &caller.user, hash, ai_transform)?;
        self.file_documents();
        Ok(accepted)
    }

    /// How far an extraction of the caller is; none for one that is unknown or another user's.
    ///
    /// # Errors
    /// [`Refusal::RateLimited`].
    pub fn extraction_status(
        &mut self,
        now: Instant,
        caller: &Caller,
        id: ExtractionId,
    ) -> Result<Option<ExtractionStatus>, Refusal> {
        self.advance(now);
        self.gate.pass(now, Route::ExtractionStatus, &caller.address)?;
        Ok(self.extractions.status(&caller.user, id))
    }

    /// Calls an extraction of the caller off: pages in flight end, others are skipped, and no document is made. What is
    /// over already, unknown, or another user's stays as it is.
    ///
    /// # Errors
    /// [`Refusal::RateLimited`].
    pub fn cancel_extraction(
        &mut self,
        now: Instant,
        caller: &Caller,
        id: ExtractionId,
    ) -> Result<(), Refusal> {
        self.advance(now);
        self.gate.pass(now, Route::CancelExtraction, &caller.address)?;
        self.extractions.cancel(self.now, &caller.user, id);
        Ok(())
    }

    /// How an extraction ended; none while it goes on, and for one that is unknown.
    #[must_use]
    pub fn extraction_end(&self, user: &UserId, id: ExtractionId) -> Option<ExtractionStatus> {
        self.extractions.status(user, id).filter(|status| status.end.is_some())
    }

    /// The pages that were done so far, in order: the gateway's own log, for comparison. The newest million are kept.
    pub fn page_log(&self) -> impl Iterator<Item = &PageDone> {
        self.extractions.log()
    }

    /// Makes documents of extractions that are whole.
    pub(super) fn file_documents(&mut self) {
        while let Some(FinishedExtraction { id, owner, title, content }) = self.extractions.pop_whole() {
            let end = match self.documents.create(self.now, &self.config, &owner, &content, Some(&title)) {
                Ok(info) => ExtractionEnd::Document { id: info.id, title },
                Err(refusal) => ExtractionEnd::Failed { text: refusal.to_string() },
            };
            self.extractions.settle(id, end);
        }
    }
}
