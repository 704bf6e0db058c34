//! What an answer should be, and what of its head matters.

use claque_core::time::{Duration, MediaTime};

use super::{AudioFormat, media_type::Samples};
use crate::{audio::PcmFormat, http1::Response};

/// What an answer should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The format asked for; none where that is one that nobody knows.
    pub format: Option<AudioFormat>,
    /// What samples without a container are, if nothing of more weight says otherwise.
    pub pcm: PcmFormat,
    /// Who says so.
    pub source: PcmSource,
}

impl Expected {
    /// Takes what an answer's head says of samples. Gives whether it can be believed, as far as it says anything.
    pub(super) fn learn_head(&mut self, samples: Samples, head: &AnswerHead<'_>) -> bool {
        let number = |text: Option<&str>| text.and_then(|text| text.trim().parse::<u32>().ok());
        let counted = || number(head.channels).and_then(|count| u16::try_from(count).ok());
        let rate = samples.rate.or_else(|| number(head.sample_rate));
        let channels = samples.channels.or_else(counted);
        self.learn(rate, channels, PcmSource::Header);
        let is_said = samples.is_said || head.sample_rate.is_some() || head.channels.is_some();
        let hertz = rate.unwrap_or_else(|| self.pcm.rate().hertz());
        let is_readable = rate.is_some() || channels.is_some();
        !is_said || is_readable && PcmFormat::new(hertz, channels.unwrap_or(1)).is_some()
    }

    /// Takes what `source` says of samples, unless somebody of more weight has spoken.
    pub(super) fn learn(&mut self, rate: Option<u32>, channels: Option<u16>, source: PcmSource) {
        let rate_here = rate.unwrap_or_else(|| self.pcm.rate().hertz());
        let said = PcmFormat::new(rate_here, channels.unwrap_or_else(|| self.pcm.channels()));
        if let Some(pcm) = said.filter(|_| self.source >= source) {
            self.pcm = pcm;
            // Whoever tells of channels alone does not vouch for the rate.
            if rate.is_some() {
                self.source = source;
            }
        }
    }
}

/// Who says what samples without a container are, of the most weight first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PcmSource {
    /// The user.
    Settings,
    /// A header field of the answer.
    Header,
    /// An event of the stream.
    Info,
    /// Nobody: it is what servers of the dialect are known for.
    Dialect,
}

impl PcmSource {
    /// The name used in files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::Header => "header",
            Self::Info => "info",
            Self::Dialect => "dialect",
        }
    }
}

/// What of an answer's head matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AnswerHead<'h> {
    /// HTTP status.
    pub status: u16,
    /// `content-type`.
    pub content_type: Option<&'h str>,
    /// `content-encoding`.
    pub content_encoding: Option<&'h str>,
    /// `retry-after`.
    pub retry_after: Option<&'h str>,
    /// `x-sample-rate`, which some servers tell.
    pub sample_rate: Option<&'h str>,
    /// `x-channels`.
    pub channels: Option<&'h str>,
    /// `x-duration-ms`: how long the service says that the audio is.
    pub duration_ms: Option<&'h str>,
}

impl<'h> AnswerHead<'h> {
    /// Header fields to be kept: for [`Response::with_fields`].
    pub const FIELDS: &'static [&'static str] =
        &["content-type", "content-encoding", "retry-after", "x-sample-rate", "x-channels", "x-duration-ms"];

    /// The head of an answer that kept [`FIELDS`](Self::FIELDS).
    #[must_use]
    pub fn of(status: u16, answer: &'h Response) -> Self {
        Self {
            status,
            content_type: answer.field("content-type"),
            content_encoding: answer.field("content-encoding"),
            retry_after: answer.field("retry-after"),
            sample_rate: answer.field("x-sample-rate"),
            channels: answer.field("x-channels"),
            duration_ms: answer.field("x-duration-ms"),
        }
    }

    /// The content coding of the body (RFC 9110 section 8.4), if it has one. None is asked for, and none is undone.
    pub(super) fn coding(&self) -> Option<&'h str> {
        let coding = self.content_encoding?.trim();
        let is_plain = coding
            .split(',')
            .map(str::trim)
            .all(|coding| coding.is_empty() || coding.eq_ignore_ascii_case("identity"));
        (!is_plain).then_some(coding)
    }

    /// How long the service says that the audio is; 0 says nothing.
    pub(super) fn declared(&self) -> Option<MediaTime> {
        let millis: f64 = self.duration_ms?.trim().parse().ok()?;
        let declared =
            Duration::try_from_secs_f64(millis / 1_000.0).ok().filter(|declared| !declared.is_zero())?;
        Some(MediaTime::from_nanos(u64::try_from(declared.as_nanos()).unwrap_or(u64::MAX)))
    }
}
