//! Problem documents (RFC 9457), `application/problem+json`.
//!
//! A handler returns a [`Problem`]; [`render`] turns it into the document once, on the way out, when the request it
//! answers is known. `kind` is the catalogue of everything that can be answered, `of_command` the one mapping from the
//! errors of the core.

mod kind;
mod of_command;
mod render;

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, header};
use serde::Serialize;
use serde_json::{Map, Value};

pub use kind::{ALL, Kind, kinds};
pub(in crate::http) use of_command::retry_later;
pub(in crate::http) use render::render;

use crate::tenant::Problems;

/// The media type.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// Something that went wrong with a request, to be answered.
#[derive(Debug, Clone)]
pub struct Problem(Box<Content>);

#[derive(Debug, Clone)]
struct Content {
    kind: &'static Kind,
    detail: String,
    retryable: bool,
    members: Map<String, Value>,
    errors: Option<Problems>,
    headers: HeaderMap,
}

impl Problem {
    /// A problem of one kind, with what is wrong here and what to do about it.
    pub fn new(kind: &'static Kind, detail: impl Into<String>) -> Self {
        let content = Content {
            kind,
            detail: detail.into(),
            retryable: kind.status.is_server_error(),
            members: Map::new(),
            errors: None,
            headers: HeaderMap::new(),
        };
        Self(Box::new(content))
    }

    /// Its kind.
    pub fn kind(&self) -> &'static Kind {
        self.0.kind
    }

    /// What is wrong, for people.
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// Says whether the same request may succeed later, unchanged.
    #[must_use]
    pub fn retryable(mut self, retryable: bool) -> Self {
        self.0.retryable = retryable;
        self
    }

    /// Adds a variable of the message as a member.
    #[must_use]
    pub fn with(mut self, member: &str, value: impl Serialize) -> Self {
        // What goes in are ids, numbers and records of string keys: they always serialise.
        self.0.members.insert(member.to_owned(), serde_json::to_value(value).unwrap_or_default());
        self
    }

    /// Adds what is wrong with a definition.
    #[must_use]
    pub fn with_errors(mut self, errors: Problems) -> Self {
        self.0.errors = Some(errors);
        self
    }

    /// Says when to ask again: `Retry-After` in whole seconds, at least one (RFC 9110 §10.2.3).
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        let seconds = wait.as_millis().div_ceil(1000).max(1);
        let seconds = u64::try_from(seconds).unwrap_or(u64::MAX);
        self.0.headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        self.retryable(true).with("retryAfterSeconds", seconds)
    }

    /// Adds a header that belongs to the answer.
    #[must_use]
    pub fn with_header(mut self, name: http::HeaderName, value: HeaderValue) -> Self {
        self.0.headers.insert(name, value);
        self
    }

    /// The document. `instance` is the path that was asked for, as it was sent.
    fn document(&self, instance: &str) -> Value {
        let Content { kind, detail, retryable, members, errors, .. } = &*self.0;
        let mut document = members.clone();
        document.insert("type".to_owned(), kind.uri().into());
        document.insert("title".to_owned(), kind.title.into());
        document.insert("status".to_owned(), kind.status.as_u16().into());
        document.insert("detail".to_owned(), detail.clone().into());
        document.insert("instance".to_owned(), instance.into());
        document.insert("reason".to_owned(), kind.reason.into());
        document.insert("retryable".to_owned(), (*retryable).into());
        if let Some(errors) = errors {
            document.insert("errors".to_owned(), serde_json::to_value(errors).unwrap_or_default());
        }
        Value::Object(document)
    }
}

/// Only the status and the headers: [`render`] writes the body.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.0.kind.status.into_response();
        response.headers_mut().extend(self.0.headers.clone());
        response.extensions_mut().insert(self);
        response
    }
}
