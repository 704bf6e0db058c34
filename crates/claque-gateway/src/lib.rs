//! The reference text-to-speech service as pure machines.
//!
//! [`Gateway`] holds documents, sessions and the synthesis pipeline. Time comes in as a value, messages
//! are typed, audio is a length with a seed or bytes of the host. It knows no clock, socket, JSON or HTTP: a host
//! maps [`Notice`] and [`Refusal`] to the wire. Hosted behind sockets it is the embedded service; driven by an
//! event heap it is the model in the simulator.

mod blocks;
mod config;
mod documents;
mod extraction;
mod faults;
mod gateway;
mod ids;
mod limits;
mod machine;
mod message;
mod models;
mod pipeline;
mod presets;
mod refusal;
pub mod scripted;
mod service;
mod session;
pub mod settings;
mod split;
mod streaming;
mod table;
mod voices;
mod wording;

pub use blocks::{Block, blocks_of};
pub use config::{
    Auth, AuthConfig, Counting, CrossTalk, Engine, EngineErrors, Era, EvictedKey, Eviction, GatewayConfig,
    OverflowConfig, PipelineConfig, QueuedVariant, RateLimit, RestLimits, SynthesisLimit,
};
pub use documents::{DocumentInfo, ListedDocument};
pub use extraction::{
    AcceptedExtraction, ContentHash, CreationAnswer, ExtractionConfig, ExtractionEnd, ExtractionId,
    ExtractionStats, ExtractionStatus, PageDone, PageEnd, PreparedUpload, Upload,
};
pub use faults::{
    AudioFault, AudioRule, BlockSelector, ConnectionEffect, ConnectionFault, ConnectionSelector, Effect,
    FaultRule, Faults, Outage, RequestEffect, RequestFault, Say, Selector, SocketOutage, Step, Turn,
};
pub use gateway::{Caller, FetchedAudio, Flaw, Gateway, GatewayStats};
pub use ids::{ConnId, DocumentId, JobId, UserId, VariantHash};
pub use limits::Route;
pub use machine::{Crashes, MachineModel, Neighbours, Tail};
pub use message::{
    AudioFormat, BlockNotice, BlockStatus, Input, NO_CLOSE_FRAME, Notice, Output, Request, Speech,
    SpeechBody, TimeoutReason,
};
pub use models::{ModelConfig, Workers};
pub use pipeline::{Load, ModelLoad, PipelineStats};
pub use refusal::{ContentFault, Refusal, Resource, Unauthenticated};
pub use service::{LengthModel, Quantiles, ServiceModel, Spread};
pub use streaming::{
    Abandoned, Batching, Hindrance, Piece, StreamAsk, StreamEffect, StreamFault, StreamId, StreamSelector,
    StreamingConfig, StreamingEngine, StreamingInput, StreamingOutput, StreamingStats, StreamingTimeout,
};
pub use voices::{ModelInfo, VoiceInfo};
