//! A client's side of OpenAI-compatible speech: what real servers were recorded to send, and what they are known to send.

mod answers;
mod dialects;
mod meters;
mod replay;
mod requests;
mod stream;
mod truth;
