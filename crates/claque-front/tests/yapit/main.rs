//! A yapit gateway told through its front: calls and messages in, answers and messages out, with a clock that the test turns.

mod calls;
mod extraction;
mod sockets;
mod stage;
