//! One person of the audience, what there is to read and the voices to hear it in.

use std::sync::Arc;

use claque_core::{
    ids::BlockIdx, listener, plan::Plan, player::PlayerState, rng::Seed, script::Script, time::Instant,
};

use super::terms::Terms;
use crate::scenario::SimError;

/// One person of the audience.
pub(super) struct Listener {
    pub(super) person: listener::Listener,
    pub(super) text: ListenerText,
    /// The earliest wake-up in the queue. Others may be there, too; they are passed over.
    pub(super) wake_at: Option<Instant>,
    /// Answers under way, by their blocks.
    pub(super) calls: Vec<(BlockIdx, u64)>,
}

/// What a listener reads.
#[derive(Clone, Debug)]
pub(super) struct ListenerText {
    /// Each block.
    pub(super) blocks: Arc<[Box<str>]>,
    /// Characters of each.
    pub(super) chars: Arc<[u32]>,
}

/// What everybody reads, in order of listeners.
pub(super) struct TextLibrary {
    texts: Vec<ListenerText>,
}

/// The voices, by their numbers.
pub(super) struct VoiceList {
    voices: Vec<Voice>,
}

struct Voice {
    name: String,
    /// Where the noise of texts comes from that are spoken in it.
    texts: Seed,
}

impl Listener {
    pub(super) const fn is_done(&self) -> bool {
        matches!(self.person.state(), PlayerState::Done)
    }
}

impl ListenerText {
    fn of(script: &Script, blocks: u32) -> Self {
        let most = usize::try_from(blocks).unwrap_or(usize::MAX);
        let blocks: Arc<[Box<str>]> =
            script.blocks().into_iter().take(most).map(String::into_boxed_str).collect();
        let chars = |text: &str| u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
        let chars = blocks.iter().map(|text| chars(text)).collect();
        Self { blocks, chars }
    }

    /// The text of a block and its characters.
    pub(super) fn block(&self, block: BlockIdx) -> Option<(&str, u32)> {
        let index = usize::try_from(block.0).ok()?;
        Some((self.blocks.get(index)?, *self.chars.get(index)?))
    }
}

impl TextLibrary {
    /// # Errors
    /// A listener has no text, or too short a one.
    pub(super) fn of(plan: &Plan, scripts: &[Script]) -> Result<Self, SimError> {
        let users = plan.users;
        let mut texts = Vec::new();
        for (index, listener) in plan.own().iter().enumerate() {
            let none = || SimError::NoScript { listener, users };
            if let (true, Some(everybodys)) = (plan.use_cached, texts.first()) {
                texts.push(ListenerText::clone(everybodys));
                continue;
            }
            let text = ListenerText::of(scripts.get(index).ok_or_else(none)?, plan.blocks);
            let found = text.blocks.len();
            if u32::try_from(found).is_ok_and(|found| found < plan.blocks) {
                return Err(SimError::ShortDocument { listener, wanted: plan.blocks, found });
            }
            texts.push(text);
        }
        Ok(Self { texts })
    }

    /// Some text; none if nobody is to hear one.
    pub(super) fn example(&self) -> Option<&str> {
        self.texts.first()?.blocks.first().map(|text| &**text)
    }

    pub(super) fn into_texts(self) -> Vec<ListenerText> {
        self.texts
    }
}

impl VoiceList {
    pub(super) fn new(names: &[String], terms: &Terms, seed: Seed) -> Self {
        // As the service has it: the same words in the same voice have the same noise.
        let texts = |name: &str| seed.child("text").child(terms.voice_of_service(name));
        let voice = |name: &String| Voice { name: name.clone(), texts: texts(name) };
        Self { voices: names.iter().map(voice).collect() }
    }

    pub(super) fn count(&self) -> u32 {
        u32::try_from(self.voices.len()).unwrap_or(u32::MAX)
    }

    /// Where the noise of a text in that voice comes from.
    pub(super) fn speak(&self, voice: usize, text: &str) -> Seed {
        self.voice(voice).texts.child(text)
    }

    pub(super) fn name(&self, voice: usize) -> &str {
        &self.voice(voice).name
    }

    fn voice(&self, voice: usize) -> &Voice {
        self.voices.get(voice).expect("a listener chooses among the voices it was told of")
    }
}
