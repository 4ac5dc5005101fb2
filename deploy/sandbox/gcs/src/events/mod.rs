//! Tells subscribers what happened to objects, the way Eventarc does: `CloudEvents` in binary mode, at least once,
//! in no particular order, again and again with backoff until they are acknowledged or a day has passed.
//!
//! `event` makes the event, `outbox` keeps it on disk until it is acknowledged, `delivery` sends it.

mod delivery;
mod event;
mod outbox;
#[cfg(test)]
mod tests;

pub(crate) use delivery::Deliveries;
pub use delivery::Redelivery;
pub(crate) use event::CloudEvent;
pub(crate) use outbox::Outbox;
pub use outbox::Subscription;
