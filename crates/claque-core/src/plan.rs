//! What a run is to do, decided before anything is dialled.

use crate::{
    corpus::Corpus,
    ids::ListenerId,
    link::LinkMix,
    listener::Behaviour,
    player::PlayerPolicy,
    popularity::TextPopularity,
    rng::Seed,
    schedule::ArrivalSchedule,
    script::{Script, ScriptShape},
    share::{OwnListeners, Share},
    time::{Duration, Speed},
};

/// A complete order for a run. The same plan drives the sockets and the simulator, and is passed whole: what a machine has of it is its
/// share.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Listeners, at least 1.
    pub users: u32,
    /// Which of them are this machine's.
    pub share: Share,
    /// Blocks each listener sets out to hear, at least 1.
    pub blocks: u32,
    /// Model slug as the service names it.
    pub model: String,
    /// Voice slug; none takes the model's default.
    pub voice: Option<String>,
    /// Playback rate.
    pub speed: Speed,
    /// The player every listener has, and what it does about a lost connection.
    pub policy: PlayerPolicy,
    /// What listeners do besides listening.
    pub behaviour: Behaviour,
    /// When each listener is to start.
    pub schedule: ArrivalSchedule,
    /// How many texts there are and how popular each is; without it each listener has a text of its own.
    pub texts: Option<TextPopularity>,
    /// Whether all listeners share one text, so that the service's cache answers.
    pub use_cached: bool,
    /// Whether block lengths vary (10-300 characters) instead of following the text.
    pub varied_lengths: bool,
    /// What is between each listener and the service.
    pub network: LinkMix,
    /// Longest silence of the service while blocks are pending; then the session ends.
    pub timeout: Duration,
    /// The root of all randomness.
    pub seed: Seed,
}

impl Plan {
    /// This machine's listeners.
    #[must_use]
    pub fn own(&self) -> OwnListeners {
        self.share.in_plan(self.users, self.schedule.known_of(self.users))
    }

    /// Makes the script of each of this machine's listeners, in order of their places; with `use_cached` all are the same. `unique` makes the
    /// texts differ from those of other runs.
    #[must_use]
    pub fn scripts(&self, corpus: &Corpus, unique: Seed) -> Vec<Script> {
        let unique = (!self.use_cached).then_some(unique);
        let shape = ScriptShape { blocks: self.blocks, varied_lengths: self.varied_lengths, unique };
        let text = |ListenerId(listener)| {
            ListenerId(self.texts.map_or(listener, |texts| texts.text_of(self.seed, listener)))
        };
        self.own().iter().map(|listener| Script::new(corpus, shape, self.seed, text(listener))).collect()
    }
}
