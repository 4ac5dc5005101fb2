//! What senders of events and tasks put into a request. Only a tenant id leaves this room (invariant 1): the rest of an
//! event may be late, doubled, or forged, and nothing is concluded from it.
//!
//! Senders take every answer but 2xx for 'deliver again', for a day (read in the documentation of Eventarc and Pub/Sub).
//! So an event that can never succeed is acknowledged and logged.

mod asset;
mod cloud_event;
mod delivery;
mod notification;
mod task;

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};

pub(in crate::http) use asset::asset_hint;
pub(in crate::http) use delivery::begin as begin_delivery;
pub(in crate::http) use task::task_hint;

use super::problem::{Problem, kinds, retry_later};
use crate::records::DefinitionObject;
use crate::store::ObjectName;
use crate::tenant::TenantId;
use crate::tenants::CommandError;

/// Whose events are taken: those of the definitions bucket.
#[derive(Debug, Clone)]
pub struct EventSource {
    bucket: Arc<str>,
}

/// What a request turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::http) enum Hint {
    /// This tenant is worth a look.
    Tenant(TenantId),
    /// About something that is none of ours.
    Ignored(String),
    /// No event that can be understood.
    Malformed(String),
}

/// An object of some bucket changed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ObjectChange {
    bucket: String,
    object: String,
    /// The object came, went or got a new content; otherwise only its metadata changed.
    content: bool,
}

impl EventSource {
    /// Events of this bucket.
    pub fn new(bucket: &str) -> Self {
        Self { bucket: bucket.into() }
    }

    /// Whom an event is about: a `CloudEvent` in binary or structured mode, or a bucket notification as Pub/Sub pushes it,
    /// wrapped or not.
    pub(in crate::http) fn hint(&self, headers: &HeaderMap, body: &[u8]) -> Hint {
        let change = if cloud_event::is_one(headers) {
            cloud_event::read(headers, body)
        } else {
            notification::read(headers, body)
        };
        match change {
            Ok(change) => self.concerned(&change),
            Err(why) => Hint::Malformed(why),
        }
    }

    fn concerned(&self, change: &ObjectChange) -> Hint {
        let ObjectChange { bucket, object, content } = change;
        if **bucket != *self.bucket {
            return Hint::Ignored(format!("it is about bucket '{bucket}'"));
        }
        if !content {
            return Hint::Ignored("only metadata changed".to_owned());
        }
        let definition = ObjectName::new(object).ok().as_ref().and_then(DefinitionObject::parse);
        match definition {
            Some(definition) => Hint::Tenant(definition.tenant),
            None => Hint::Ignored(format!("'{object}' is no definition")),
        }
    }
}

impl Hint {
    /// The tenant, if there is one; otherwise the log is told why not.
    pub(in crate::http) fn logged(self) -> Option<TenantId> {
        match self {
            Self::Tenant(tenant) => return Some(tenant),
            Self::Ignored(why) => tracing::debug!(why, "event ignored"),
            Self::Malformed(why) => {
                tracing::warn!(why, "not an event that can be understood; acknowledged all the same");
            }
        }
        None
    }
}

/// What a body that could not be read is: one that came too slowly may come whole the next time, and its sender is told so;
/// what else is wrong with one stays wrong.
pub(in crate::http) fn unread(problem: Problem) -> Result<Hint, Problem> {
    if problem.kind() == kinds::BODY_TOO_SLOW { Err(problem) } else { Ok(Hint::Malformed(problem.detail().to_owned())) }
}

/// The answer to a hint that was not followed: come again, or do not because it is recorded and that cannot help.
pub(in crate::http) fn acknowledge(error: CommandError, tenant: &TenantId) -> Response {
    let Some(wait) = retry_later(&error) else {
        tracing::warn!(%tenant, error = %error, "recorded; another delivery cannot help");
        return StatusCode::NO_CONTENT.into_response();
    };
    tracing::warn!(%tenant, error = %error, "put off");
    let problem = Problem::of_command(error, Some(tenant));
    let problem = if problem.kind().status == StatusCode::SERVICE_UNAVAILABLE {
        problem
    } else {
        Problem::new(kinds::DEPENDENCY_FAILED, problem.detail())
    };
    problem.retry_after(wait).into_response()
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests;
