//! One request over HTTP and its answer: what is asked, and what the answer's parts mean for the listener.

use claque_core::{
    event::{Event, Failure, FailureClass, FailureScope, Phase},
    ids::BlockIdx,
    remark::Findings,
    time::MediaTime,
};

use super::{Declared, SpeechProtocol, download::Download, speech::Speech};
use crate::{
    audio::{Container, PcmFormat},
    http1::Response,
    openai,
};

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
    /// Speech, which is asked for here.
    Speech(Box<Speech>),
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

    /// Makes the exchange that asks for a block's speech.
    #[must_use]
    pub(super) fn speech(
        protocol: &SpeechProtocol,
        request: openai::SpeechRequest,
        answer: openai::SpeechAnswer,
    ) -> Self {
        let openai::SpeechRequest { block, path, body } = request;
        let kind = Kind::Speech(Box::new(Speech::new(protocol, body, answer)));
        let reference = protocol.path.clone().unwrap_or_else(|| path.to_owned());
        Self { block, reference, redirects: 0, kind }
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
    pub fn request(&self) -> Request<'_> {
        match &self.kind {
            Kind::Download(_) => Request { headers: &[], body: None },
            Kind::Speech(speech) => speech.request(),
        }
    }

    /// Makes what reads the answer to it.
    #[must_use]
    pub const fn response(&self) -> Response {
        match &self.kind {
            Kind::Download(_) => Response::new(),
            Kind::Speech(_) => Response::with_fields(openai::AnswerHead::FIELDS),
        }
    }

    /// The request has been written. Gives what the listener hears of that: nothing where the block was asked for before.
    #[must_use]
    pub fn handle_sent(&self) -> Option<Event> {
        match &self.kind {
            Kind::Download(_) => None,
            Kind::Speech(speech) => Some(speech.handle_sent()),
        }
    }

    /// Whether the listener is told how long a connection for it took to make: where there is no channel that told.
    #[must_use]
    pub const fn tells_connecting(&self) -> bool {
        match &self.kind {
            Kind::Download(_) => false,
            Kind::Speech(_) => true,
        }
    }

    /// The head of the answer came, which `answer` has read. `tell` is handed what the listener hears of it.
    pub fn handle_head(&mut self, status: u16, answer: &Response, tell: impl FnMut(Event)) {
        match &mut self.kind {
            Kind::Download(download) => download.handle_head(status),
            Kind::Speech(speech) => speech.handle_head(status, answer, tell),
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
            Kind::Speech(speech) => speech.handle_body(bytes, tell, keep),
        }
    }

    /// The answer is whole. `tell` is handed what the listener hears of it: that its audio is whole, at last.
    ///
    /// # Errors
    /// It says no, or its audio is not whole.
    pub fn finish(&mut self, mut tell: impl FnMut(Event)) -> Result<Delivered, Failure> {
        let block = self.block;
        match &mut self.kind {
            Kind::Download(download) => {
                let delivered = download.finish(block)?;
                let Delivered { media, findings, .. } = delivered;
                tell(Event::Complete { block, media, findings });
                Ok(delivered)
            }
            Kind::Speech(speech) => speech.finish(tell),
        }
    }

    /// Goes on where a redirect leads to.
    ///
    /// # Errors
    /// It was redirected too often, or is none that is sent elsewhere unasked.
    pub fn redirect(&mut self, to: String) -> Result<(), Failure> {
        if let Kind::Speech(_) = self.kind {
            let text = format!("the service sends requests for speech on to {to}; give that address");
            return Err(failure(Phase::BeforeAudio, text));
        }
        if self.redirects >= MOST_REDIRECTS {
            let text = format!("the audio was redirected more than {MOST_REDIRECTS} times, at last to {to}");
            return Err(failure(Phase::BeforeAudio, text));
        }
        self.redirects += 1;
        self.reference = to;
        Ok(())
    }

    /// Whether what was asked for is whole although the body may go on. [`finish`](Self::finish) may be called then.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        match &self.kind {
            Kind::Download(_) => false,
            Kind::Speech(speech) => speech.is_done(),
        }
    }

    /// What samples without a container are, where that is what may come.
    #[must_use]
    pub const fn pcm_format(&self) -> Option<PcmFormat> {
        match &self.kind {
            Kind::Download(_) => None,
            Kind::Speech(speech) => Some(speech.pcm_format()),
        }
    }

    /// Whether the head of an answer has come.
    #[must_use]
    pub const fn has_begun(&self) -> bool {
        match &self.kind {
            Kind::Download(download) => download.has_begun(),
            Kind::Speech(speech) => speech.has_begun(),
        }
    }

    /// Whether the head of the answer has said no. What is left of it are words about that.
    #[must_use]
    pub const fn is_refused(&self) -> bool {
        match &self.kind {
            Kind::Download(download) => download.is_refused(),
            Kind::Speech(speech) => speech.is_refused(),
        }
    }

    /// The failure of an answer that broke off or makes no sense; `why` is known to whoever read it.
    #[must_use]
    pub fn broken(&self, why: &str) -> Failure {
        match &self.kind {
            Kind::Download(download) => download.broken(self.block, why),
            Kind::Speech(speech) => speech.broken(why),
        }
    }

    /// What a listener hears of an exchange that failed.
    #[must_use]
    pub fn failed(&self, failure: Failure) -> Event {
        let failure = Failure { kills: FailureScope::Block(self.block), ..failure };
        match &self.kind {
            Kind::Download(download) if download.is_no_audio() => Event::NotAudio(failure),
            Kind::Download(_) => Event::Failed(failure),
            Kind::Speech(speech) => speech.failed(failure),
        }
    }
}

/// A failure of an exchange; its block is filled in by [`Exchange::failed`].
pub(super) const fn failure(phase: Phase, text: String) -> Failure {
    Failure { phase, class: FailureClass::Protocol, code: None, text, kills: FailureScope::Session }
}
