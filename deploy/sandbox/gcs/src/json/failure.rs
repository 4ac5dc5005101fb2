//! Failures in the shapes GCS gives them (<https://cloud.google.com/storage/docs/json_api/v1/status-codes>).

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde_json::json;

use crate::access::Failure;
use crate::serve::Severed;
use crate::store::Error;

/// A failure on its way to a client of the JSON API.
#[derive(Debug)]
pub(super) struct Refused(pub Failure);

impl<E: Into<Failure>> From<E> for Refused {
    fn from(failure: E) -> Self {
        Self(failure.into())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let (status, reason) = classify(&self.0);
        if let Failure::Severed = self.0 {
            return Severed::response();
        }
        if status == StatusCode::NOT_MODIFIED {
            return status.into_response();
        }
        let message = self.0.to_string();
        let detail = json!({"message": message, "domain": "global", "reason": reason});
        let body = json!({"error": {"code": status.as_u16(), "message": message, "errors": [detail]}});
        let mut response = (status, Json(body)).into_response();
        if let Failure::Later(seconds) = self.0 {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// A failure on its way to a client of the XML API.
#[derive(Debug)]
pub(super) struct XmlRefused(pub Failure);

impl<E: Into<Failure>> From<E> for XmlRefused {
    fn from(failure: E) -> Self {
        Self(failure.into())
    }
}

impl IntoResponse for XmlRefused {
    fn into_response(self) -> Response {
        let (status, _) = classify(&self.0);
        if let Failure::Severed = self.0 {
            return Severed::response();
        }
        if status == StatusCode::NOT_MODIFIED {
            return status.into_response();
        }
        let code = match &self.0 {
            Failure::Store(Error::NoSuchBucket(_)) => "NoSuchBucket",
            Failure::Store(Error::NoSuchObject { .. }) => "NoSuchKey",
            Failure::Store(Error::PreconditionFailed) => "PreconditionFailed",
            Failure::Store(Error::UnsatisfiableRange { .. }) => "InvalidRange",
            Failure::Store(Error::Invalid(_)) => "InvalidArgument",
            Failure::TooManyRequests => "SlowDown",
            _ => "ServiceUnavailable",
        };
        let body = format!("<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code></Error>");
        (status, [(header::CONTENT_TYPE, "application/xml; charset=UTF-8")], body).into_response()
    }
}

fn classify(failure: &Failure) -> (StatusCode, &'static str) {
    match failure {
        Failure::TooManyRequests => (StatusCode::TOO_MANY_REQUESTS, "rateLimitExceeded"),
        Failure::Unavailable | Failure::Later(_) | Failure::Severed | Failure::Stopping => {
            (StatusCode::SERVICE_UNAVAILABLE, "backendError")
        }
        Failure::Store(error) => match error {
            Error::NoSuchBucket(_) | Error::NoSuchObject { .. } | Error::NoSuchUpload(_) => {
                (StatusCode::NOT_FOUND, "notFound")
            }
            Error::BucketExists(_) | Error::BucketNotEmpty(_) => (StatusCode::CONFLICT, "conflict"),
            Error::PreconditionFailed => (StatusCode::PRECONDITION_FAILED, "conditionNotMet"),
            Error::NotModified => (StatusCode::NOT_MODIFIED, "notModified"),
            Error::UnsatisfiableRange { .. } => (StatusCode::RANGE_NOT_SATISFIABLE, "requestedRangeNotSatisfiable"),
            Error::Invalid(_) => (StatusCode::BAD_REQUEST, "invalid"),
            Error::Io { .. } => (StatusCode::SERVICE_UNAVAILABLE, "backendError"),
            Error::Damaged { .. } => (StatusCode::INTERNAL_SERVER_ERROR, "internalError"),
        },
    }
}
