//! Engines of a reference text-to-speech service as pure machines, and what is to go wrong with it.
//!
//! [`Pipeline`] makes speech block by block: dedup, queues, workers, lost workers, retries, overflow, cache. [`StreamingEngine`]
//! makes it in pieces, for many streams at once. Time comes in as a value, audio is a length with a seed or bytes of
//! the host. No protocol is known here, and neither are documents, accounts or connections: those are `claque-front`'s, which
//! stands before either engine.

mod faults;
mod ids;
mod machine;
mod models;
mod pipeline;
mod service;
pub mod settings;
mod speech;
mod streaming;
mod table;
mod voices;

pub use faults::{
    AudioFault, AudioRule, BlockSelector, ConnectionEffect, ConnectionFault, ConnectionSelector, Effect,
    FaultRule, Faults, Outage, RequestEffect, RequestFault, Say, Selector, SocketOutage, Step, Turn,
    request_effect,
};
pub use ids::{ConnId, DocumentId, JobId, UserId, VariantHash};
pub use machine::{Crashes, MachineModel, Neighbours, Tail, Threads};
pub use models::{ModelConfig, Workers, by_slug as models_by_slug};
pub use pipeline::{
    Admission, Ask, Content, Delivery, Engine, EngineCall, EngineErrors, EvictedKey, Load, ModelLevels,
    ModelLoad, Outcome, OverflowConfig, Pipeline, PipelineConfig, PipelineStats, PipelineTimeout, Subscriber,
};
pub use service::{LengthModel, Quantiles, ServiceModel, Spread};
pub use speech::{AudioFormat, Speech, SpeechBody};
pub use streaming::{
    Abandoned, Batching, EngineFault, Piece, StreamAsk, StreamEffect, StreamFault, StreamId, StreamSelector,
    StreamingConfig, StreamingEngine, StreamingInput, StreamingOutput, StreamingStats, StreamingTimeout,
};
pub use table::{Key, Table};
pub use voices::{ModelInfo, VoiceInfo, inworld, kokoro};
