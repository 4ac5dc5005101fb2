//! Requests in, problem documents out. Status codes live here and nowhere else.
//!
//! - [`problem`]: everything that can go wrong, as RFC 9457 documents; one mapping from each error of the core.
//! - [`negotiate`]: what a request says of itself: media types, preferences, preconditions, parameters.
//! - [`resource`]: what tenants, operations and lists look like on the wire.
//! - [`router`]: one readable list of routes, one controller a verb.
//! - [`events`]: what senders of events and tasks put into a request; only a tenant id leaves it.
//! - [`openapi`]: the document that describes all of it.
//! - [`serve`]: a socket or the Lambda runtime, until told to stop.

pub mod events;
mod follow;
pub mod identity;
pub mod negotiate;
pub mod openapi;
pub mod problem;
pub mod resource;
pub mod router;
pub mod serve;

mod access_log;
mod body_deadline;
mod links;
mod read_on;

#[cfg(test)]
mod tests;
