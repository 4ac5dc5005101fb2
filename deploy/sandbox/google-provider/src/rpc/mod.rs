//! Terraform's provider protocol 6 over HTTP/2: handshake, frames, messages, and which method does what.
//!
//! Only the Provider service answers; everything else is told 'unimplemented', which Terraform takes well.

mod answer;
mod grpc;
mod handshake;
mod messages;
mod schema_message;
#[cfg(test)]
mod tests;

pub use handshake::{ServeError, serve};
