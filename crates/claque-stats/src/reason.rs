//! Why figures cannot be trusted, or what is to be known of them: the closed list.

use serde::{Deserialize, Serialize};

/// One reason or note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Which, for programs; never renamed.
    pub id: ReasonId,
    /// The same for people, with the figures.
    pub text: String,
}

/// The closed list of reasons and notes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReasonId {
    /// Reason: messages of foreign documents came.
    CrossTalk,
    /// Reason: the generator itself was late.
    GeneratorLate,
    /// Reason: this machine ran out of something, so that failures are its own and not the service's.
    GeneratorExhausted,
    /// Reason: a rate or usage limit bit.
    RateLimit,
    /// Reason: the run did not come to its end.
    Interrupted,
    /// Reason: no listener began to play.
    NothingStarted,
    /// Reason: no audio arrived.
    NoAudio,
    /// Reason: audio was cut short, broken or without a sound.
    AudioCutOrSilent,
    /// Note, and reason above one block in a hundred: audio was silent, of a length its text cannot have, or of another than
    /// the service said.
    AudioInDoubt,
    /// Note: audio was odd and could be played all the same.
    OddAudio,
    /// Note: nobody told the rate of samples without a header, so that it was taken from what servers of the kind are known for.
    RateAssumed,
    /// Note: every block had the same audio, whatever its text.
    SameAudio,
    /// Note: nobody listened whether there is sound in the audio.
    SoundNotMeasured,
    /// Reason: the run was given up by a rule. Said by who gave it up; it is in no figure.
    Aborted,
    /// Note: blocks failed. They are counted, so the measurement stands.
    BlocksFailed,
    /// Note: sessions failed. They are counted, so the measurement stands.
    ListenersFailed,
    /// Note: messages were not understood.
    Warnings,
    /// Note: documents of earlier runs were heard again, so that a cache may have answered.
    DocumentsReused,
    /// Note: the generator did not run for some stretches, none of them long enough to be a reason.
    GeneratorGaps,
    /// Note: nobody measured whether the generator was late, which leaves the figures unverified.
    LagNotMeasured,
    /// Note: nobody looked whose messages were counted, which leaves the figures unverified.
    CrossTalkNotMeasured,
    /// Reason, of imported files: the client of their time counted other listeners' messages.
    CrossTalkSuspected,
    /// Reason, of imported files: the arrivals of different listeners were the same.
    Lockstep,
    /// Note, of imported files: what had to be inferred.
    Inferred,
    /// Reason: no page of any document was extracted.
    NothingExtracted,
    /// Note: pages failed. They are counted, so the measurement stands.
    PagesFailed,
    /// Note: documents failed. They are counted, so the measurement stands.
    DocumentsFailed,
    /// Note: calls waited for a limit, outside of every time.
    Paced,
    /// Note: a cache answered where every document should have been new.
    CachedPages,
    /// Note: the service does not say which pages a cache answered.
    CacheUnknown,
    /// Note, and reason above one listener in ten: listeners had no document, so that the others listened in a smaller
    /// audience. They are counted.
    PreparationFailed,
    /// Note, and reason above one block in ten: the service passed blocks over as nothing to be spoken, although claque's texts
    /// are all words. They count as delivered, and nobody heard them.
    BlocksSkipped,
    /// Note: no listener of the player's own page can play at that speed. Said by who knows the player; it is in no figure.
    SpeedBeyondPlayer,
    /// Note, and reason above one block in ten: the service made fewer blocks of the texts than were written, so that less was
    /// heard than was asked for. They are counted.
    BlocksUnmade,
    /// Note: somebody held arrivals back, brought some forward, or had listeners leave. It is not the audience that the
    /// scenario asks for.
    ByHand,
    /// Note: figures are about listeners of a part of the run alone, after its warm-up.
    SteadyState,
    /// Reason: the end of the warm-up could not be found, so that figures are not of a steady state.
    WarmUpNotLeft,
    /// Reason: an audience that was to be held at a number was not.
    HoldNotKept,
    /// Note: listeners came to the end of their text before they had heard as much as they meant to.
    TextsTooShort,
    /// Note: the service was reached through a proxy, so that the way through it is in every time.
    ThroughProxy,
    /// Note: no certificate was checked, because that was asked for.
    CertificatesUnchecked,
    /// Note: a name has several addresses, and connections went to all of them.
    SeveralAddresses,
    /// Reason, of what is shown again: it was changed since it was written, or its facts are another run's.
    FactsDiffer,
    /// Note: not everybody's facts were kept, so that figures cannot be computed anew.
    FactsNotKept,
    /// Note, and reason above one listener in a hundred: the service made blocks of other texts than were written.
    OtherTexts,
    /// Note: the model that was simulated was fitted to runs that it does not describe, or predicts badly.
    ModelInDoubt,
    /// Note: a secret is part of a name that the service gave, which is told without it.
    SecretInName,
    /// Note: the service's lists of blocks are odd, or its statuses name what nobody asked for.
    OddBlocks,
    /// Note: figures that others were to tell beside the audience did not all come, or not all were kept. No figure of listeners is made
    /// of them.
    ScrapeIncomplete,
}

impl ReasonId {
    /// The name used in files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CrossTalk => "cross-talk",
            Self::GeneratorLate => "generator-late",
            Self::GeneratorExhausted => "generator-exhausted",
            Self::RateLimit => "rate-limit",
            Self::Interrupted => "interrupted",
            Self::NothingStarted => "nothing-started",
            Self::NoAudio => "no-audio",
            Self::AudioCutOrSilent => "audio-cut-or-silent",
            Self::AudioInDoubt => "audio-in-doubt",
            Self::OddAudio => "odd-audio",
            Self::RateAssumed => "rate-assumed",
            Self::SameAudio => "same-audio",
            Self::SoundNotMeasured => "sound-not-measured",
            Self::Aborted => "aborted",
            Self::BlocksFailed => "blocks-failed",
            Self::ListenersFailed => "listeners-failed",
            Self::Warnings => "warnings",
            Self::DocumentsReused => "documents-reused",
            Self::GeneratorGaps => "generator-gaps",
            Self::LagNotMeasured => "lag-not-measured",
            Self::CrossTalkNotMeasured => "cross-talk-not-measured",
            Self::CrossTalkSuspected => "cross-talk-suspected",
            Self::Lockstep => "lockstep",
            Self::Inferred => "inferred",
            Self::NothingExtracted => "nothing-extracted",
            Self::PagesFailed => "pages-failed",
            Self::DocumentsFailed => "documents-failed",
            Self::Paced => "paced",
            Self::CachedPages => "cached-pages",
            Self::CacheUnknown => "cache-unknown",
            Self::PreparationFailed => "preparation-failed",
            Self::BlocksSkipped => "blocks-skipped",
            Self::SpeedBeyondPlayer => "speed-beyond-player",
            Self::BlocksUnmade => "blocks-unmade",
            Self::ByHand => "by-hand",
            Self::ThroughProxy => "through-proxy",
            Self::CertificatesUnchecked => "certificates-unchecked",
            Self::SeveralAddresses => "several-addresses",
            Self::SteadyState => "steady-state",
            Self::WarmUpNotLeft => "warm-up-not-left",
            Self::HoldNotKept => "hold-not-kept",
            Self::TextsTooShort => "texts-too-short",
            Self::FactsDiffer => "facts-differ",
            Self::FactsNotKept => "facts-not-kept",
            Self::OtherTexts => "other-texts",
            Self::ModelInDoubt => "model-in-doubt",
            Self::SecretInName => "secret-in-name",
            Self::OddBlocks => "odd-blocks",
            Self::ScrapeIncomplete => "scrape-incomplete",
        }
    }
}

pub(crate) fn counted(count: u64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}
