//! The typed half of each protocol, from a client's side: what a driver of virtual time feeds where one of sockets feeds bytes to a
//! [`session`](crate::session).
//!
//! There are two shapes of service. One has documents and says on a connection which blocks are ready: [`conversation`]. The other is
//! called for each block and answers with its audio: [`call`]. A protocol puts its half into the shape that it has, and is not named
//! beyond this crate and the module of the same name in `claque-front`.

/// Services that have documents and say which of their blocks are ready.
pub mod conversation {
    use claque_core::event::{Failure, FailureClass, FailureScope, Phase};

    pub use crate::yapit::{
        BlockReport, Consequence, Conversation, close, extraction::refused as document_refused,
        handshake_refused, http_failure, limit_window, session_error, usual_voice,
    };

    /// What a client makes of a text that is no message.
    #[must_use]
    pub fn undecodable(text: &str) -> Failure {
        let problem = crate::yapit::ServerMessage::decode(text).err();
        let text = problem.map_or_else(String::new, |problem| problem.to_string());
        let (phase, class) = (Phase::BeforeAudio, FailureClass::Protocol);
        Failure { phase, class, code: None, text, kills: FailureScope::Session }
    }
}

/// Services that are called for the speech of each block.
pub mod call {
    pub use crate::openai::{AnswerHead, Finished, RequestSettings, SpeechAnswer};
}
