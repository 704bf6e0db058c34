//! Services as typed machines: what a driver of virtual time speaks to, where one of sockets has bytes. The other side is the module of
//! the same name in `claque-wire`, with the same two shapes. A protocol puts its service into the shape that it has, and the driver does
//! not know which it is.

/// Services that have documents and say which of their blocks are ready.
pub mod conversation {
    pub use crate::yapit::{
        GARBAGE, block_status, extraction,
        gateway::{
            BlockNotice, BodyFlaw, Caller, ContentHash, Era, ExtractionEnd, ExtractionId, ExtractionStatus,
            FetchedAudio, Gateway, GatewayConfig, GatewayStats, Input, NO_CLOSE_FRAME, Notice, Output,
            PageDone, Refusal, Request, Upload,
        },
        scripted,
    };
}

/// Services that are called for the speech of each block.
pub mod call {
    pub use crate::openai::{
        CallId, Head, HeadTime, Input, OpenaiConfig as ServiceConfig, OpenaiFront as Service, Reply, Request,
    };
}
