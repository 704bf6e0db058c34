//! One request over HTTP and its answer: what is asked, and what the answer's parts mean for the listener.

use claque_core::{
    event::{Event, Failure, FailureClass, Kills, Phase},
    ids::BlockIdx,
    remark::Findings,
    time::MediaTime,
};

use super::{AnswerHead, Declared, download::Download};
use crate::{audio::Container, http1::WantedFields};

/// Redirects of one exchange that are followed: one to the store and one within it, and one more.
const MOST_REDIRECTS: u8 = 3;

/// One request and its answer, about one block.
#[derive(Debug)]
pub struct Exchange {
    block: BlockIdx,
    /// As the service gave it or the protocol has it, relative to the service's base or absolute.
    reference: String,
    redirects: u8,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// Audio that lies somewhere.
    Download(Download),
}

/// What is to be asked.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Header fields besides the host's, the length's and those of credentials.
    pub headers: &'a [(&'a str, &'a str)],
    /// What is posted; a request without is a GET.
    pub body: Option<&'a [u8]>,
}

/// Audio that is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivered {
    /// What it was packed in.
    pub container: Container,
    /// Its length.
    pub media: MediaTime,
    /// What was found out by looking at it.
    pub findings: Findings,
}

impl Exchange {
    /// Makes the exchange that fetches a block's audio from where the service said that it is.
    #[must_use]
    pub const fn download(block: BlockIdx, reference: String, declared: Declared) -> Self {
        Self { block, reference, redirects: 0, kind: Kind::Download(Download::new(declared)) }
    }

    /// The block it is about.
    #[must_use]
    pub const fn block(&self) -> BlockIdx {
        self.block
    }

    /// Where it leads: relative to the service's base, or absolute.
    #[must_use]
    pub fn reference(&self) -> &str {
        &self.reference
    }

    /// What is to be asked there.
    #[must_use]
    pub const fn request(&self) -> Request<'_> {
        match &self.kind {
            Kind::Download(_) => Request { headers: &[], body: None },
        }
    }

    /// Which fields of the answer's head are to be kept for [`Exchange::handle_head`].
    #[must_use]
    pub const fn wanted_fields(&self) -> WantedFields {
        match &self.kind {
            Kind::Download(_) => WantedFields::None,
        }
    }

    /// The request has been written. Gives what the listener hears of that: nothing where the block was asked for before.
    #[must_use]
    pub const fn handle_sent(&self) -> Option<Event> {
        match &self.kind {
            Kind::Download(_) => None,
        }
    }

    /// Whether the listener is told how long a connection for it took to make: where there is no channel that told.
    #[must_use]
    pub const fn tells_connecting(&self) -> bool {
        match &self.kind {
            Kind::Download(_) => false,
        }
    }

    /// What the listener hears before it hears that the audio is whole: nothing where the service said that it is ready.
    #[must_use]
    pub const fn ready(&self) -> Option<Event> {
        match &self.kind {
            Kind::Download(_) => None,
        }
    }

    /// The head of the answer came. Gives what the listener hears of it.
    #[must_use]
    pub fn handle_head(&mut self, head: &AnswerHead<'_>) -> Option<Event> {
        match &mut self.kind {
            Kind::Download(download) => {
                download.handle_head(head);
                None
            }
        }
    }

    /// Bytes of the answer's body came. `tell` is handed what the listener hears of them, `keep` what is audio among them.
    ///
    /// # Errors
    /// It is no audio, or it says no. The exchange is over then.
    pub fn handle_body(
        &mut self,
        bytes: &[u8],
        tell: impl FnMut(Event),
        keep: impl FnMut(&[u8]),
    ) -> Result<(), Failure> {
        let block = self.block;
        match &mut self.kind {
            Kind::Download(download) => download.handle_body(block, bytes, tell, keep),
        }
    }

    /// The answer is whole.
    ///
    /// # Errors
    /// It says no, or its audio is not whole.
    pub fn finish(&mut self) -> Result<Delivered, Failure> {
        let block = self.block;
        match &mut self.kind {
            Kind::Download(download) => download.finish(block),
        }
    }

    /// Goes on where a redirect leads to.
    ///
    /// # Errors
    /// It was redirected too often.
    pub fn redirect(&mut self, to: String) -> Result<(), Failure> {
        if self.redirects >= MOST_REDIRECTS {
            let text = format!("the audio was redirected more than {MOST_REDIRECTS} times, at last to {to}");
            return Err(failure(Phase::BeforeAudio, text));
        }
        self.redirects += 1;
        self.reference = to;
        Ok(())
    }

    /// Whether the head of an answer has come.
    #[must_use]
    pub const fn has_begun(&self) -> bool {
        match &self.kind {
            Kind::Download(download) => download.has_begun(),
        }
    }

    /// The failure of an answer that broke off or makes no sense; `why` is known to whoever read it.
    #[must_use]
    pub fn broken(&self, why: &str) -> Failure {
        match &self.kind {
            Kind::Download(download) => download.broken(self.block, why),
        }
    }

    /// What a listener hears of an exchange that failed.
    #[must_use]
    pub fn failed(&self, failure: Failure) -> Event {
        let failure = Failure { kills: Kills::Block(self.block), ..failure };
        match &self.kind {
            Kind::Download(download) if download.is_no_audio() => Event::NotAudio(failure),
            Kind::Download(_) => Event::Failed(failure),
        }
    }

    /// Forgets what came of an answer: it is asked again from the beginning.
    pub fn restart(&mut self) {
        match &mut self.kind {
            Kind::Download(download) => download.restart(),
        }
    }
}

/// A failure of an exchange; its block is filled in by [`Exchange::failed`].
pub(super) const fn failure(phase: Phase, text: String) -> Failure {
    Failure { phase, class: FailureClass::Protocol, code: None, text, kills: Kills::Session }
}
