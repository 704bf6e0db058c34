//! The claque program.
fn main() {}
