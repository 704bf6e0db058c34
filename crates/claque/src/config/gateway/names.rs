//! Names of the gateway's closed sets.

use claque_gateway::{
    AudioFormat, Counting, CreationAnswer, CrossTalk, EngineErrors, Era, EvictedKey, QueuedVariant,
};

use super::units::Named;

impl Named for Era {
    const MEMBERS: &'static [(&'static str, Self)] =
        &[("2026-02", Self::Feb2026), ("current", Self::Current)];
}

impl Named for QueuedVariant {
    const MEMBERS: &'static [(&'static str, Self)] = &[("hidden", Self::Hidden), ("shown", Self::Shown)];
}

impl Named for CrossTalk {
    const MEMBERS: &'static [(&'static str, Self)] = &[("none", Self::None), ("per-user", Self::PerUser)];
}

impl Named for EngineErrors {
    const MEMBERS: &'static [(&'static str, Self)] = &[("report", Self::Report), ("retry", Self::Retry)];
}

impl Named for EvictedKey {
    const MEMBERS: &'static [(&'static str, Self)] = &[("freed", Self::Freed), ("kept", Self::Kept)];
}

impl Named for Counting {
    const MEMBERS: &'static [(&'static str, Self)] =
        &[("messages", Self::Messages), ("blocks", Self::Blocks)];
}

impl Named for CreationAnswer {
    const MEMBERS: &'static [(&'static str, Self)] =
        &[("accepted", Self::Accepted), ("document", Self::Document)];
}

impl Named for AudioFormat {
    const MEMBERS: &'static [(&'static str, Self)] =
        &[("ogg-opus", Self::OggOpus), ("wav", Self::Wav), ("mp3", Self::Mp3)];
}
